"""How uncertain a value is: colour noise through the local slope of the scale."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_image2data.color.spaces import luma_chroma_matrix
from napari_image2data.decode.filters import local_mean

if TYPE_CHECKING:
    from napari_image2data.decode.curve import Curve, Reading

EXACT_BIN = 1 / 400 / np.sqrt(12)
"""Width of a table entry, as a standard deviation, above which it rules the uncertainty."""

HALF_LEVEL = 0.45
"""Colour noise, in levels, where a picture's colours are not those of the table."""

LEAST_NOISE = 0.22
"""Noise of a JPEG's colours, in levels, below which rounding to 8 bits is all there is."""

LUMA_SHARE = 0.8
"""Noise of a JPEG's luma as a share of that of its chroma, as pixels show them."""

NOISE_LEFT = 1.35
"""Error of a smoothed position in units of noise / slope: blocks err as one, so it averages out
no more than noise across the scale underrates it."""

CELL_LEFT, CELL_LEAST, CELL_STAIRS = 0.8, 0.6, 0.3
"""The same for the position of a cell; levels of noise that do not show; and error in units of the
change from cell to cell per pixel, for what quantising took from cells of a few pixels."""

STAIRS = 1.35
"""Error of a position in units of its change per pixel, where JPEG makes stairs out of slopes."""

MOST_STAIRS = 4.0
"""The largest such error, in units of noise / slope: what a step of quantisation hides."""

STEPS_AVERAGED = 4.0
"""Pixels over which smoothing averages a scale's steps."""

_FROM_YCC = np.array([[1.0, 0.0, 1.402], [1.0, -0.344, -0.714], [1.0, 1.772, 0.0]])
_COMPONENT_POWER = np.array([LUMA_SHARE**2, 1.0, 1.0])


def color_spread(distance: np.ndarray) -> float:
    """Upper quartile of the pixels' colour distance to the scale, in levels; ink does not count."""
    close = distance[distance < 40]
    return float(np.percentile(close, 75)) if close.size else 0.0


def component_noise(distance: np.ndarray, position: np.ndarray, curve: Curve) -> float:
    """Noise of a JPEG's colour components, from how far its colours miss the scale.

    Of noise in Y, Cb and Cr only the part across the scale is seen, and where a channel of the
    scale is 0 or 255, only the half that points inward. What noise of one level in Cb and in Cr and
    of 0.8 in Y would show is known for each colour of the scale; the squared distances are
    compared with that. The tenth of the pixels that miss it most (ink, edges) does not count.

    Parameters
    ----------
    distance, position : (n,) float32 ndarray
        Of pixels that show data, as in `Reading`.
    curve : Curve

    Returns
    -------
    float
        Standard deviation of Cb and Cr in levels, at least 0.2.
    """
    if not distance.size:
        return LEAST_NOISE
    count = len(curve.colors)
    tangent = np.gradient(curve.colors, 1 / (count - 1), axis=0)
    metric = luma_chroma_matrix()
    along = tangent @ metric.T
    # how far each component moves the position: least squares in the metric of `read_positions`
    moved = along @ (metric @ _FROM_YCC) / np.maximum((along**2).sum(axis=1), 1.0)[:, None]
    across = _FROM_YCC - tangent[:, :, None] * moved[:, None, :]
    clipped = (curve.colors < 1.5) | (curve.colors > 253.5)
    seen = (across**2 @ _COMPONENT_POWER * np.where(clipped, 0.5, 1.0)).sum(axis=1)
    entry = np.rint(position * (count - 1)).astype(np.intp).clip(0, count - 1)
    ratio = distance.astype(float) ** 2 / np.maximum(seen, 0.3)[entry]
    usual = ratio[ratio <= np.quantile(ratio, 0.9)].mean()
    # the lower nine tenths of a distribution like chi squared's hold 0.65 of its mean
    return float(np.sqrt(max(LEAST_NOISE**2, usual / 0.65 - 0.1)))


def position_uncertainty(
    position: np.ndarray,
    reading: Reading,
    curve: Curve,
    clean: np.ndarray,
    *,
    noisy: bool,
    least_noise: float = 0.0,
    cell_change: np.ndarray | None = None,
) -> np.ndarray:
    """Estimate the standard uncertainty of the positions.

    Parts that add in squares: the width of the table entry (uniform: width / sqrt(12); at the ends
    of the scale, where values beyond are clipped to its end, width / 2); the noise of the colours
    through the local slope of the scale, where the noise is what they miss the scale by; and the
    local change per pixel, for cells and edges that a renderer placed between pixels, and for
    slopes that a JPEG drew as stairs. docs/method/sigma.md gives the factors and how they were
    measured.

    Parameters
    ----------
    position : (h, w) float32 ndarray
        The positions whose uncertainty is asked for.
    reading : Reading
        The pixels' own positions, colour distances and slopes.
    curve : Curve
    clean : (h, w) bool ndarray
        Pixels that show data.
    noisy : bool
        True for a JPEG.
    least_noise : float
        Noise of a JPEG's lightness, in levels, known from elsewhere.
    cell_change : (h, w) float ndarray, optional
        Of a JPEG of cells: change per pixel from cell to cell, NaN where a pixel kept its own
        position (see `even_cells`).

    Returns
    -------
    (h, w) float ndarray
    """
    slope = np.maximum(reading.slope, 1e-3)
    if noisy:
        return _of_jpeg(position, reading, curve, clean, slope, least_noise, cell_change)
    width = curve.entry_width(position)
    # a first or last colour stands for values that end halfway across it, and for all beyond
    ends = ((position <= 0) | (position >= 1)) & (not (curve.cyclic or curve.discrete))
    bins = np.where(ends, width / 2, width / np.sqrt(12))
    miss = np.where(clean, np.minimum(reading.distance, 60.0) ** 2, 0.0).astype(np.float32)
    weight = clean.astype(np.float32)
    local = local_mean(miss, 9) / np.maximum(local_mean(weight, 9), 1e-3)
    noise = 2.0 * np.sqrt(np.maximum(0.0, local / 2 - 0.2)) / slope
    # an entry that is met exactly and is wider than an edge's error is a uniform distribution
    met = (reading.distance < 0.3) & (bins > EXACT_BIN)
    # colours beside the table's came about by rounding twice, or by cutting; which, none knows
    rounding = np.where(reading.distance < 0.3, 0.29, HALF_LEVEL) / slope
    change = np.where(met, 0.0, 0.1 * local_gradient(position))
    noise = np.where(met, 0.0, noise)
    rounding = np.where(met, 0.0, rounding)
    return np.asarray(np.sqrt(bins**2 + rounding**2 + noise**2 + change**2))


def _of_jpeg(
    position: np.ndarray,
    reading: Reading,
    curve: Curve,
    clean: np.ndarray,
    slope: np.ndarray,
    least_noise: float,
    cell_change: np.ndarray | None,
) -> np.ndarray:
    """Uncertainty of the smoothed positions of a JPEG."""
    change = local_gradient(position)
    even = np.zeros(position.shape, bool)
    if cell_change is not None:  # a cell has no slope of its own
        even = np.isfinite(cell_change)
        change = np.where(even, CELL_STAIRS / STAIRS * cell_change, change)
    width = curve.entry_width(position)
    # where the scale's steps follow each other closely, smoothing averaged them
    bins = width / np.sqrt(12 * (1 + (STEPS_AVERAGED * change / width) ** 2))
    if curve.is_gray and least_noise == 0:
        # grey pixels never miss a grey scale: how busy the picture is has to tell
        return np.asarray(np.sqrt(bins**2 + (0.29 / slope) ** 2 + (0.5 * change) ** 2))
    if curve.is_gray:
        # told by the file: grey moves all three channels, and smoothing takes half of it
        noise = np.sqrt(3) / 2 * least_noise / NOISE_LEFT
    else:
        noise = component_noise(reading.distance[clean], reading.position[clean], curve)
    unit = noise / slope
    stairs = np.minimum(STAIRS * change, MOST_STAIRS * unit)
    left = np.where(even, CELL_LEFT * np.hypot(noise, CELL_LEAST), NOISE_LEFT * noise) / slope
    return np.asarray(np.sqrt(bins**2 + left**2 + stairs**2))


def local_gradient(position: np.ndarray) -> np.ndarray:
    """Change of position per pixel; zero along an axis of one pixel."""
    square = np.zeros_like(position)
    for axis, length in enumerate(position.shape):
        if length > 1:
            square += np.gradient(position, axis=axis) ** 2
    return np.asarray(np.sqrt(square))
