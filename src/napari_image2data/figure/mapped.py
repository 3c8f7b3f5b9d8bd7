"""Whether an area is colour-mapped or a photo, a drawing, a page."""

from __future__ import annotations

import numpy as np

_CELL = 16  # levels: colours are counted in cells of this size
_MOST_IN_ONE = 0.75  # of the pixels: more of one colour is paper with something on it
_FEWEST_CELLS, _MOST_CELLS = 9, 160  # that hold 95 % of the pixels: a curve has some dozens
_GREY = 20.0  # levels between channels: any grey picture would look colour-mapped
_EXPLAINED, _SPAN = 0.5, 0.25


def is_color_mapped(area: np.ndarray) -> bool:
    """Whether the colours of a picture lie along one known colour map.

    The colours of a mapped field lie on a curve, fill it smoothly, and no colour fills the
    picture; the colours of a photo fill a volume, and those of a drawing are a few spots.

    Parameters
    ----------
    area : (H, W, 3) uint8 ndarray

    Examples
    --------
    >>> from napari_image2data.color.catalog import colormap_table
    >>> table = (colormap_table("viridis")[0] * 255).round().astype(np.uint8)
    >>> field = np.add.outer(np.arange(120), np.arange(130))
    >>> is_color_mapped(table[field]), is_color_mapped(np.full((90, 90, 3), 255, np.uint8))
    (True, False)
    """
    if min(area.shape[:2]) < 8:
        return False
    pixels = area.reshape(-1, 3).astype(int)
    if np.percentile(np.ptp(pixels, axis=1), 90) < _GREY:
        return False
    _, count = np.unique(pixels // _CELL @ np.array([1, 16, 256]), return_counts=True)
    share = np.sort(count)[::-1] / len(pixels)
    n_cells = int(np.searchsorted(np.cumsum(share), 0.95)) + 1
    if share[0] > _MOST_IN_ONE or not _FEWEST_CELLS <= n_cells <= _MOST_CELLS:
        return False
    from napari_image2data.color.identify import identify_colormap

    return any(
        match.explained > _EXPLAINED and match.used[1] - match.used[0] > _SPAN
        for match in identify_colormap(area, n_matches=3)
    )
