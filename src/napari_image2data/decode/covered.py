"""Parts of a plot area that hold no data: a colour bar laid over it, and its labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_image2data.color.image import as_rgb

if TYPE_CHECKING:
    from collections.abc import Sequence


def without(image: np.ndarray, covered: Sequence[tuple[float, float, float, float]]) -> np.ndarray:
    """A picture whose covered parts are transparent, so that decoding takes them for no data.

    Parameters
    ----------
    image : (H, W), (H, W, 3) or (H, W, 4) ndarray
        A picture, as `decode` takes it.
    covered : sequence of (x0, y0, x1, y1)
        Pixel edges, as `Panel.covered` has them; every pixel that a box touches is covered.

    Returns
    -------
    (H, W, 4) uint8 ndarray
        The picture itself, unchanged, where nothing is covered.

    Examples
    --------
    >>> picture = np.full((20, 30, 3), 90, np.uint8)
    >>> without(picture, [(5, 5, 15.5, 10)])[..., 3].sum() // 255, without(picture, ()) is picture
    (np.uint64(545), True)
    """
    if not len(covered):
        return image
    rgb, opacity = as_rgb(image)
    seen = np.full(rgb.shape[:2], 255, np.uint8) if opacity is None else opacity.copy()
    for x0, y0, x1, y1 in covered:
        left, top = max(0, int(np.floor(x0))), max(0, int(np.floor(y0)))
        seen[top : int(np.ceil(y1)), left : int(np.ceil(x1))] = 0
    return np.dstack([rgb, seen])
