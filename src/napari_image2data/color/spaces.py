"""Colour spaces in which colours are compared.

Every space is scaled so that the distance between black and white is about 255 to 441, and a
number of levels means about the same in all of them.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from napari_image2data.errors import ScaleError

Metric = Literal["auto", "rgb", "luma-chroma", "oklab", "cielab"]
METRICS: tuple[str, ...] = ("rgb", "luma-chroma", "oklab", "cielab")

CHROMA_WEIGHT = 0.5
"""Weight of colour differences against lightness differences in ``"luma-chroma"``."""

LUMA = np.array([0.299, 0.587, 0.114])
"""Weights of R', G', B' in the luma of ITU-R BT.601, the one that JPEG uses."""

_LINEAR_TO_XYZ = np.array(
    [
        [0.4123908, 0.3575843, 0.1804808],
        [0.2126390, 0.7151687, 0.0721923],
        [0.0193308, 0.1191948, 0.9505322],
    ]
)
_WHITE = _LINEAR_TO_XYZ.sum(axis=1)

_LINEAR_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_LMS_TO_OKLAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def luma_chroma_matrix(chroma_weight: float = CHROMA_WEIGHT) -> np.ndarray:
    """Matrix that keeps a colour's luma part and scales what is left by ``chroma_weight``.

    A colour is its luma along the grey axis plus its colour difference; JPEG with 4:2:0
    subsampling stores the second at a quarter of the resolution and coarser, so it deserves less
    weight. Distances keep the scale of RGB for equal changes of R, G and B.

    Returns
    -------
    (3, 3) float64 ndarray
        To be applied from the left to column vectors of levels.

    Examples
    --------
    >>> (luma_chroma_matrix(0.5) @ np.array([10.0, 10, 10])).round(9).tolist()
    [10.0, 10.0, 10.0]
    """
    gray = np.tile(LUMA, (3, 1))
    return np.asarray(gray + chroma_weight * (np.eye(3) - gray))


def to_space(levels: np.ndarray, metric: str) -> np.ndarray:
    """Colours in the space of a metric.

    Parameters
    ----------
    levels : (..., 3) ndarray
        sRGB in levels of 255.
    metric : {"rgb", "luma-chroma", "oklab", "cielab"}

    Returns
    -------
    (..., 3) float64 ndarray
        Euclidean distances between its rows are the metric's colour differences: in levels for
        ``"rgb"`` and ``"luma-chroma"``, 255 times the usual unit for ``"oklab"`` and 2.55 times
        for ``"cielab"``, so that black to white is 255 there.

    Raises
    ------
    ScaleError
        When no metric has that name.

    References
    ----------
    Oklab: B. Ottosson, "A perceptual color space for image processing", 2020,
    https://bottosson.github.io/posts/oklab/. CIELAB: CIE 15:2004, white point D65.

    Examples
    --------
    >>> white = np.array([255.0, 255, 255])
    >>> [float(to_space(white, name)[0].round(3)) for name in ("rgb", "oklab", "cielab")]
    [255.0, 255.0, 255.0]
    """
    colors = np.asarray(levels, float)
    if metric == "rgb":
        return colors
    if metric == "luma-chroma":
        return np.asarray(colors @ luma_chroma_matrix().T)
    if metric == "oklab":
        lms = np.cbrt(srgb_to_linear(colors / 255) @ _LINEAR_TO_LMS.T)
        return np.asarray(255 * (lms @ _LMS_TO_OKLAB.T))
    if metric == "cielab":
        ratio = srgb_to_linear(colors / 255) @ _LINEAR_TO_XYZ.T / _WHITE
        f = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio * (29 / 6) ** 2 / 3 + 4 / 29)
        x, y, z = np.moveaxis(f, -1, 0)
        return 2.55 * np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)
    raise ScaleError(f"A metric is one of auto, {', '.join(METRICS)}, not {metric!r}.")


def srgb_to_linear(srgb: np.ndarray) -> np.ndarray:
    """Light intensity of sRGB components 0..1 (IEC 61966-2-1).

    Examples
    --------
    >>> srgb_to_linear(np.array([0.0, 0.5, 1.0])).round(4).tolist()
    [0.0, 0.214, 1.0]
    """
    array = np.asarray(srgb, float)
    return np.where(array <= 0.04045, array / 12.92, ((array + 0.055) / 1.055) ** 2.4)
