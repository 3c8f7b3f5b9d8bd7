"""How uncertain a value is: colour noise through the local slope of the scale."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

if TYPE_CHECKING:
    from napari_image2data.decode.curve import Curve, Reading


def color_spread(distance: np.ndarray) -> float:
    """Upper quartile of the pixels' colour distance to the scale, in levels; ink does not count."""
    close = distance[distance < 40]
    return float(np.percentile(close, 75)) if close.size else 0.0


def position_uncertainty(
    position: np.ndarray, reading: Reading, curve: Curve, clean: np.ndarray, *, noisy: bool
) -> np.ndarray:
    """Estimate the standard uncertainty of the positions.

    Three parts, added in squares: the width of a table entry (a uniform distribution:
    step / sqrt(12)), the colour noise divided by the slope of the scale (the noise is what the
    colours miss the scale by), and a tenth of the local change per pixel (cells and edges that a
    renderer placed between pixels).
    """
    slope = np.maximum(reading.slope, 1e-3)
    bins = max(curve.step, 0.0) / np.sqrt(12)
    rounding = 0.29 / slope
    miss = np.where(clean, np.minimum(reading.distance, 60.0) ** 2, 0.0).astype(np.float32)
    weight = clean.astype(np.float32)
    local = ndimage.uniform_filter(miss, 9) / np.maximum(ndimage.uniform_filter(weight, 9), 1e-3)
    if noisy:
        total = miss.sum() / max(1.0, float(weight.sum()))
        noise = 2.5 * np.sqrt(max(0.0, total / 2 - 0.2)) / slope
        change = np.zeros(1)
    else:
        noise = 2.0 * np.sqrt(np.maximum(0.0, local / 2 - 0.2)) / slope
        gradient = local_gradient(position)
        change = 0.1 * gradient
    spread = np.sqrt(np.maximum(bins, rounding) ** 2 + noise**2 + change**2)
    return np.asarray(spread)


def local_gradient(position: np.ndarray) -> np.ndarray:
    """Change of position per pixel; zero along an axis of one pixel."""
    square = np.zeros_like(position)
    for axis, length in enumerate(position.shape):
        if length > 1:
            square += np.gradient(position, axis=axis) ** 2
    return np.asarray(np.sqrt(square))
