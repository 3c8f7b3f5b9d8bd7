"""Ink over the data: frames, ticks, text, markers, contours, coastlines, and their soft rims."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from napari_image2data.decode.frame import frame_depths

if TYPE_CHECKING:
    from napari_image2data.decode.curve import Curve, Reading

SQUARE = np.ones((3, 3), bool)


@dataclass(frozen=True, eq=False)
class Masks:
    """What does not show data in a picture; three boolean arrays of its shape.

    Attributes
    ----------
    off_scale : ndarray
        The colour is not on the scale, and the pixel belongs to something too thick to be a line:
        land, background, a legend.
    overlay : ndarray
        Ink: lines, text, markers, the frame of the axes, and their rims.
    hole : ndarray
        A patch of one grey that its surroundings contradict: no data, although on the scale.
    """

    off_scale: np.ndarray
    overlay: np.ndarray
    hole: np.ndarray

    @property
    def hidden(self) -> np.ndarray:
        """Any of the three."""
        return np.asarray(self.off_scale | self.overlay | self.hole)


def distance_limit(distance: np.ndarray) -> float:
    """Colour distance from which a pixel is off the scale, from the picture's own noise.

    Eight medians and three levels: the clean pixels of a JPEG reach that far, those of a lossless
    picture never do, and even pale ink lies farther out.

    Examples
    --------
    >>> distance_limit(np.full(9, 0.2))
    4.6
    """
    median = float(np.median(distance))
    return max(4.0, 8.0 * min(median, 12.0) + 3.0)


def find_overlay(
    rgb: np.ndarray,
    reading: Reading,
    curve: Curve,
    *,
    limit: float,
    noisy: bool = False,
) -> Masks:
    """Find what hides the data.

    Parameters
    ----------
    rgb : (h, w, 3) uint8 ndarray
    reading : Reading
        Positions and colour distances of the pixels.
    curve : Curve
    limit : float
        Colour distance, in levels, from which a pixel is off the scale (see `distance_limit`).
    noisy : bool
        True for a JPEG, where ink bleeds two pixels wide.

    Returns
    -------
    Masks
    """
    core = reading.distance > limit
    if not noisy:
        core &= ~_between_neighbors(rgb, core)
    height, width = core.shape[0], core.shape[1]
    frame = np.zeros((height, width), bool)
    top, bottom, left, right = frame_depths(rgb)
    frame[:top] = frame[height - bottom :] = True
    frame[:, :left] = frame[:, width - right :] = True
    hole = _holes(rgb, reading.position, core | frame) if not noisy else np.zeros_like(core)
    hidden = core | frame | hole
    rims = _rims(reading.position, hidden, reach=2 if noisy else 1)
    thick = ndimage.binary_opening(core, SQUARE, iterations=5)
    thick = ndimage.binary_dilation(thick, SQUARE, iterations=7) & core
    return Masks(core & thick, (core & ~thick) | frame | (rims & ~hole), hole & ~core & ~frame)


def _between_neighbors(rgb: np.ndarray, core: np.ndarray) -> np.ndarray:
    """Off-scale pixels whose colour is a mix of two data pixels on either side: a soft data edge.

    Cells and bands that a renderer smoothed, or that a screenshot resampled, show such colours at
    their borders.  Ink is no mix of the two colours beside it.
    """
    out = np.zeros(core.shape, bool)
    rows, cols = np.nonzero(core)
    if len(rows) == 0 or len(rows) > core.size // 3:
        return out
    height, width = core.shape
    color = rgb[rows, cols].astype(np.float32)
    found = np.zeros(len(rows), bool)
    for dy, dx in ((0, 1), (1, 0), (1, 1), (1, -1)):
        for near, far in ((1, 1), (1, 2), (2, 1), (2, 2)):
            before = (rows - near * dy, cols - near * dx)
            after = (rows + far * dy, cols + far * dx)
            inside = (before[0] >= 0) & (after[0] < height)
            inside &= (np.minimum(before[1], after[1]) >= 0) & (
                np.maximum(before[1], after[1]) < width
            )
            before = (before[0].clip(0, height - 1), before[1].clip(0, width - 1))
            after = (after[0].clip(0, height - 1), after[1].clip(0, width - 1))
            start = rgb[before].astype(np.float32)
            chord = rgb[after].astype(np.float32) - start
            length = (chord**2).sum(axis=1)
            along = ((color - start) * chord).sum(axis=1) / np.maximum(length, 1e-6)
            away = np.linalg.norm(color - start - along[:, None] * chord, axis=1)
            found |= (
                inside
                & ~core[before]
                & ~core[after]
                & (length > 64)
                & (along > 0)
                & (along < 1)
                & (away < 3.0 + 0.02 * np.sqrt(length))
            )
    out[rows, cols] = found
    return out


def _rims(position: np.ndarray, hidden: np.ndarray, *, reach: int) -> np.ndarray:
    """Pixels beside ink whose value no clean pixel around can explain.

    A rim leaves the range of the clean positions in 9 x 9 by more than 0.02 and twice the local
    change per pixel.
    """
    near = np.asarray(ndimage.binary_dilation(hidden, SQUARE, iterations=reach) & ~hidden)
    if not near.any():
        return near
    clean = ~(hidden | near)
    low = ndimage.minimum_filter(np.where(clean, position, 2.0), 9)
    high = ndimage.maximum_filter(np.where(clean, position, -1.0), 9)
    slope = _local_change(position, clean)
    margin = 0.02 + 2.0 * slope
    known = low <= high
    return np.asarray(near & known & ((position < low - margin) | (position > high + margin)))


def _local_change(position: np.ndarray, clean: np.ndarray) -> np.ndarray:
    """Mean change of position per pixel among the clean pixels of 9 x 9."""
    total = np.zeros(position.shape, np.float32)
    count = np.zeros(position.shape, np.float32)
    for axis in (0, 1):
        change = np.abs(np.diff(position, axis=axis))
        both = clean[1:] & clean[:-1] if axis == 0 else clean[:, 1:] & clean[:, :-1]
        pad = [(0, 0), (0, 0)]
        pad[axis] = (0, 1)
        total += np.pad(np.where(both, change, 0), pad)
        count += np.pad(both.astype(np.float32), pad)
    return np.asarray(
        ndimage.uniform_filter(total, 9) / np.maximum(ndimage.uniform_filter(count, 9), 1e-3)
    )


def _holes(
    rgb: np.ndarray, position: np.ndarray, taken: np.ndarray, *, smallest: int = 150
) -> np.ndarray:
    """Patches of one exact grey that their surroundings contradict: no data."""
    out = np.zeros(taken.shape, bool)
    values = rgb.astype(np.int16)
    gray = (np.ptp(values, axis=2) <= 6) & ~taken
    if not gray.any():
        return out
    levels, counts = np.unique(values[gray][:, 1], return_counts=True)
    for level in levels[counts >= smallest]:
        labels, _ = ndimage.label(gray & (values[..., 1] == level))
        sizes = np.bincount(labels.ravel())
        for label, where in enumerate(ndimage.find_objects(labels), start=1):
            if sizes[label] < smallest:
                continue
            grown = tuple(slice(max(0, s.start - 4), s.stop + 4) for s in where)
            patch = labels[grown] == label
            ring = (
                ndimage.binary_dilation(patch, SQUARE, iterations=4)
                & ~ndimage.binary_dilation(patch, SQUARE, iterations=2)
                & ~taken[grown]
            )
            if ring.sum() < 20:
                continue
            inside = np.median(position[grown][patch])
            if (np.abs(position[grown][ring] - inside) > 0.08).mean() > 0.6:
                out[grown] |= patch
    return out
