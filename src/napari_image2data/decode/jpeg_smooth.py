"""What a JPEG's pixels showed before: positions estimated with their neighbours.

Detail is taken off in bands, from fine to wide. A band is kept where it holds more energy than the
noise of JPEG puts there, and dropped where it does not: smooth places are averaged over tens of
pixels, edges and texture stay.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from napari_image2data.decode.filters import by_strips
from napari_image2data.decode.jpeg import shows_cells
from napari_image2data.threads import in_threads

BAND_NOISE = (0.75, 0.42, 0.35)
"""What JPEG's noise leaves in each band of a smooth field, as a share of noise / slope."""

CERTAINTY = 1.8
"""A band counts as detail from this many times the amplitude that noise has there."""

WIDTH = 1.6
"""Gaussian width of a band, in pixels of its level; each level has half as many a side."""

LIVELY = 1.6
"""Energy of the finest band, in its quietest quarter, from which a picture is all texture."""


def smooth_positions(
    position: np.ndarray,
    distance: np.ndarray,
    slope: np.ndarray,
    clean: np.ndarray,
    *,
    least_noise: float = 0.0,
) -> np.ndarray:
    """Positions estimated with their neighbours: shrunk bands of detail, edges kept.

    The noise of one colour channel, ``n``, is what the colours miss the scale by; through the slope
    of the scale it gives that of a position, ``b = n / |dC/du|``, at most 0.08. Each band (three,
    about 2, 3 and 6 pixels wide) is weighted by ``1 / (1 + (t / E)^3)``, with ``E`` the
    local energy of the band in units of ``b^2`` and ``t`` what noise has there. Where the finest
    band is kept, it is taken from a bilateral filter, so that edges lose their noise too; a picture
    that is lively everywhere is spared that. In a picture of cells, whose corners bands would
    round, the bilateral filter is all.

    Parameters
    ----------
    position, distance, slope : (h, w) float32 ndarray
        As in `Reading`.
    clean : (h, w) bool ndarray
        Pixels that show data; the others neither change nor count.
    least_noise : float
        Noise of a channel, in levels, known from elsewhere; the colours of a grey scale tell none.

    Returns
    -------
    (h, w) float32 ndarray

    Notes
    -----
    The bands are those of a Gaussian applied three times to what it left, ``1 - (1 - G)^3``, which
    keeps parabolas as they are (J. W. Tukey, Exploratory Data Analysis, 1977: "twicing"). Weights
    from local energies are Wiener's, as J. S. Lee, "Digital image enhancement and noise filtering
    by use of local statistics", IEEE Trans. PAMI 2 (1980) 165-168, has them. Bilateral filter:
    C. Tomasi and R. Manduchi, "Bilateral filtering for gray and color images", ICCV 1998.
    """
    if not clean.any():
        return position
    noise = max(float(np.sqrt(np.median(distance[clean] ** 2) / 1.39)), least_noise)
    if shows_cells(position, clean):
        # the greys of a grey picture tell no noise
        width = _range_width(noise, slope, 0.005 if noise > 0.5 else 0.01)
        return _bilateral(position, width, clean, np.ones_like(clean))
    unit = np.clip(max(noise, 0.35) / np.maximum(slope, 1e-3), 1e-5, 0.08).astype(np.float32)
    weight = clean.astype(np.float32)
    known = np.where(clean, position, np.float32(0))
    even, detail = _split(known, weight)
    energy = _energy(detail, unit, weight, BAND_NOISE[0])
    keep = _share(energy)
    lively = float(np.quantile(energy[clean][::7], 0.25)) / LIVELY
    fine = position
    if lively < 2:
        width = _range_width(noise, slope, 0.01)
        filtered = _bilateral(position, width, clean, keep > 0.02)
        fine = position + np.float32(1 / (1 + lively**4)) * (filtered - position)
    out = even + keep * (fine - even) + _wider_change(even, weight, unit, 1)
    return np.where(clean, out, position).astype(np.float32)


def _wider_change(even: np.ndarray, weight: np.ndarray, unit: np.ndarray, level: int) -> np.ndarray:
    """What taking the noise out of the wider bands changes, at the resolution of ``even``."""
    if level == len(BAND_NOISE) or min(even.shape) < 8:
        return np.zeros_like(even)
    coarse_weight = _halved(weight)
    coarse = _halved(even * weight) / np.maximum(coarse_weight, np.float32(1e-3))
    coarse_unit = _halved(unit)
    smooth, detail = _split(coarse, coarse_weight)
    keep = _share(_energy(detail, coarse_unit, coarse_weight, BAND_NOISE[level]))
    change = (keep - 1) * detail + _wider_change(smooth, coarse_weight, coarse_unit, level + 1)
    return _doubled(change, even.shape)


def _gaussian(array: np.ndarray, width: float) -> np.ndarray:
    def smooth(part: np.ndarray) -> np.ndarray:
        return np.asarray(ndimage.gaussian_filter(part, width, mode="nearest", truncate=3.0))

    return by_strips(smooth, array, int(3 * width + 0.5))


def _split(values: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Smooth part and detail; pixels without weight get what their neighbours say."""
    whole = bool(weight.min() >= 1)
    share = None if whole else np.maximum(_gaussian(weight, WIDTH), np.float32(1e-3))
    detail = values
    for _ in range(3):
        if share is None:
            detail = detail - _gaussian(detail, WIDTH)
        else:
            detail = detail - _gaussian(detail * weight, WIDTH) / share
    return values - detail, detail


def _energy(detail: np.ndarray, unit: np.ndarray, weight: np.ndarray, noise: float) -> np.ndarray:
    """Local energy of a band against that of noise: about 1 in smooth places."""
    square = detail / (np.float32(noise) * unit)
    square *= square
    if weight.min() >= 1:
        return _gaussian(square, 2.5)
    share = np.maximum(_gaussian(weight, 2.5), np.float32(1e-3))
    return np.asarray(_gaussian(square * weight, 2.5) / share)


def _share(energy: np.ndarray) -> np.ndarray:
    """Share of a band that is kept."""
    ratio = np.float32(CERTAINTY**2) / np.maximum(energy, np.float32(1e-4))
    return np.asarray(1 / (1 + ratio * ratio * ratio), np.float32)


def _halved(array: np.ndarray) -> np.ndarray:
    """Means of 2 x 2 pixels; an odd last row or column counts twice."""
    height, width = array.shape
    if height % 2 or width % 2:
        array = np.pad(array, ((0, height % 2), (0, width % 2)), mode="edge")
    total = array[::2, ::2] + array[1::2, ::2] + array[::2, 1::2] + array[1::2, 1::2]
    return np.asarray(total * np.float32(0.25))


def _doubled(array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Bilinear interpolation to twice as many pixels: the inverse layout of `_halved`."""
    for axis in (0, 1):
        array = np.moveaxis(array, axis, 0)
        before = np.concatenate([array[:1], array[:-1]])
        after = np.concatenate([array[1:], array[-1:]])
        near = np.float32(0.75) * array
        both = np.stack([near + np.float32(0.25) * before, near + np.float32(0.25) * after], axis=1)
        array = np.moveaxis(both.reshape(-1, array.shape[1]), 0, axis)
    return np.asarray(array[: shape[0], : shape[1]])


def _range_width(noise: float, slope: np.ndarray, least: float) -> np.ndarray:
    """Difference of position that two pixels of one value may show, ``2.5 n / |dC/du|``."""
    width = np.clip(2.5 * noise / np.maximum(slope, 1e-3), least, 0.08)
    return np.asarray(width, np.float32)


def _bilateral(
    position: np.ndarray,
    width: np.ndarray,
    clean: np.ndarray,
    needed: np.ndarray,
    *,
    radius: int = 3,
    spatial: float = 2.0,
    side: int = 128,
) -> np.ndarray:
    """Bilateral filter, 7 x 7, in those tiles of 128 x 128 pixels that hold a needed pixel."""
    height, length = position.shape
    padded = np.pad(position, radius, mode="edge")
    weight = np.pad(clean.astype(np.float32), radius)
    out = position.copy()

    whole = bool(clean.all())
    steps = np.arange(-radius, radius + 1, dtype=np.float32)
    near = np.exp(-(steps**2) / (2 * spatial**2))

    def tile(corner: tuple[int, int]) -> None:
        top, left = corner
        part = (slice(top, top + side), slice(left, left + side))
        if not needed[part].any():
            return
        center = position[part]
        narrow = -0.5 / width[part] ** 2
        total, count = np.zeros_like(center), np.zeros_like(center)
        change, share = np.empty_like(center), np.empty_like(center)
        rows, cols = center.shape
        for dy in range(2 * radius + 1):
            for dx in range(2 * radius + 1):
                window = (slice(top + dy, top + dy + rows), slice(left + dx, left + dx + cols))
                np.subtract(padded[window], center, out=change)
                np.multiply(change, change, out=share)
                share *= narrow
                np.exp(share, out=share)
                share *= near[dy] * near[dx]
                if not whole:
                    share *= weight[window]
                count += share
                share *= change
                total += share
        moved = center + total / np.maximum(count, 1e-6)
        out[part] = np.where(clean[part], moved, center)

    corners = [(y, x) for y in range(0, height, side) for x in range(0, length, side)]
    in_threads(tile, corners)
    return out
