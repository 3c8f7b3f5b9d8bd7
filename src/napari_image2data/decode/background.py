"""Colours that are not data: given by the user, or suggested by the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_image2data.color.image import as_rgb
from napari_image2data.decode.curve import Curve, read_positions
from napari_image2data.decode.overlay import distance_limit
from napari_image2data.errors import ScaleError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_image2data.color.scale import ColorScale


def background_color(
    image: np.ndarray, scale: ColorScale, *, share: float = 0.005
) -> tuple[int, int, int] | None:
    """Find the most common colour of a picture that is not on the scale.

    A suggestion for ``decode(..., no_data=[...])``; `decode` never uses it by itself.

    Parameters
    ----------
    image : ndarray
        Any picture that `decode` takes.
    scale : ColorScale
    share : float
        Least share of the picture that the colour must cover.

    Returns
    -------
    tuple of int or None
        Red, green and blue, 0..255.

    Examples
    --------
    >>> from napari_image2data import ColorScale
    >>> scale = ColorScale.from_colors([[0, 0, 1], [1, 0, 0]], [0, 1])
    >>> picture = np.zeros((20, 20, 3), np.uint8)
    >>> picture[..., 2] = 255
    >>> picture[:5] = 200
    >>> background_color(picture, scale)
    (200, 200, 200)
    """
    rgb, _ = as_rgb(image)
    reading = read_positions(rgb, Curve.of(scale))
    off = rgb[reading.distance > max(4.0, distance_limit(reading.distance))]
    if len(off) < share * rgb.shape[0] * rgb.shape[1]:
        return None
    colors, counts = np.unique(off, axis=0, return_counts=True)
    best = int(counts.argmax())
    if counts[best] < share * rgb.shape[0] * rgb.shape[1]:
        return None
    red, green, blue = (int(level) for level in colors[best])
    return red, green, blue


def has_color(
    rgb: np.ndarray, colors: Sequence[Sequence[float] | str], *, tolerance: float
) -> np.ndarray:
    """Pixels of one of the given colours.

    Parameters
    ----------
    rgb : (h, w, 3) uint8 ndarray
    colors : sequence
        Each a name or "#rrggbb", or red, green, blue in 0..255.
    tolerance : float
        Largest RGB distance, in levels.

    Returns
    -------
    (h, w) bool ndarray

    Raises
    ------
    ScaleError
        When a colour is not one.

    Examples
    --------
    >>> has_color(np.full((1, 2, 3), 255, np.uint8), ["white"], tolerance=1).tolist()
    [[True, True]]
    """
    from cmap import Color

    out = np.zeros(rgb.shape[:2], bool)
    for color in colors:
        try:
            levels = (
                np.array(Color(color).rgba8[:3], float)
                if isinstance(color, str)
                else np.asarray(color, float)[:3]
            )
        except (ValueError, TypeError) as failure:
            raise ScaleError(f"{color!r} is not a colour; give a name or (r, g, b).") from failure
        if levels.shape != (3,) or not ((levels >= 0) & (levels <= 255)).all():
            raise ScaleError(f"A no-data colour is three numbers in 0..255, not {color!r}.")
        out |= ((rgb - levels) ** 2).sum(axis=2) <= tolerance**2
    return out
