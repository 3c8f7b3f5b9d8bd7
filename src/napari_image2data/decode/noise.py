"""How uncertain a value is: colour noise through the local slope of the scale."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from napari_image2data.decode.jpeg import shows_cells

if TYPE_CHECKING:
    from napari_image2data.decode.curve import Curve, Reading

EXACT_BIN = 1 / 400 / np.sqrt(12)
"""Width of a table entry, as a standard deviation, above which it rules the uncertainty."""

HALF_LEVEL = 0.45
"""Colour noise, in levels, where a picture's colours are not those of the table."""


def color_spread(distance: np.ndarray) -> float:
    """Upper quartile of the pixels' colour distance to the scale, in levels; ink does not count."""
    close = distance[distance < 40]
    return float(np.percentile(close, 75)) if close.size else 0.0


def position_uncertainty(
    position: np.ndarray, reading: Reading, curve: Curve, clean: np.ndarray, *, noisy: bool
) -> np.ndarray:
    """Estimate the standard uncertainty of the positions.

    Parts that add in squares: the width of the table entry (uniform: width / sqrt(12)); the noise
    of the colours through the local slope of the scale, where the noise is what they miss the
    scale by; and the local change per pixel, for cells and edges that a renderer placed between
    pixels. docs/method/sigma.md gives the factors and how they were measured.

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

    Returns
    -------
    (h, w) float ndarray
    """
    slope = np.maximum(reading.slope, 1e-3)
    bins = curve.entry_width(position) / np.sqrt(12)
    rounding = 0.29 / slope
    miss = np.where(clean, np.minimum(reading.distance, 60.0) ** 2, 0.0).astype(np.float32)
    weight = clean.astype(np.float32)
    local = ndimage.uniform_filter(miss, 9) / np.maximum(ndimage.uniform_filter(weight, 9), 1e-3)
    if noisy:
        total = miss.sum() / max(1.0, float(weight.sum()))
        noise = np.sqrt(max(0.0, total / 2 - 0.2)) / slope
        edge = 0.3
        if curve.is_gray:
            edge = 0.5  # grey pixels never miss a grey scale: how busy the picture is has to tell
        elif _is_averaged(position, reading.position, noise, clean):
            noise, edge = 0.5 * noise, 0.15
        change = edge * local_gradient(position)
    else:
        noise = 2.0 * np.sqrt(np.maximum(0.0, local / 2 - 0.2)) / slope
        # an entry that is met exactly and is wider than an edge's error is a uniform distribution
        met = (reading.distance < 0.3) & (bins > EXACT_BIN)
        # colours beside the table's came about by rounding twice, or by cutting; which, none knows
        rounding = np.where(reading.distance < 0.3, rounding, HALF_LEVEL / slope)
        change = np.where(met, 0.0, 0.1 * local_gradient(position))
        noise = np.where(met, 0.0, noise)
        rounding = np.where(met, 0.0, rounding)
    spread = np.sqrt(bins**2 + rounding**2 + noise**2 + change**2)
    return np.asarray(spread)


def _is_averaged(
    position: np.ndarray, alone: np.ndarray, noise: np.ndarray, clean: np.ndarray
) -> bool:
    """Tell whether smoothing took much of the noise: it moved the pixels of a smooth field."""
    if not clean.any():
        return False
    moved = np.abs(position - alone)[clean]
    return bool(np.median(moved) > 0.15 * np.median(noise[clean])) and not shows_cells(alone, clean)


def local_gradient(position: np.ndarray) -> np.ndarray:
    """Change of position per pixel; zero along an axis of one pixel."""
    square = np.zeros_like(position)
    for axis, length in enumerate(position.shape):
        if length > 1:
            square += np.gradient(position, axis=axis) ** 2
    return np.asarray(np.sqrt(square))
