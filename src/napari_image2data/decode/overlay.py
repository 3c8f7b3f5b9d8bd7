"""Ink over the data: frames, ticks, text, markers, contours, coastlines, and their soft rims."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from napari_image2data.color.spaces import LUMA
from napari_image2data.decode.filters import local_maximum, local_minimum
from napari_image2data.decode.frame import edge_ticks, frame_depths
from napari_image2data.decode.grid_lines import find_grid_lines
from napari_image2data.decode.holes import even_off_scale, find_holes
from napari_image2data.decode.ink import thin_ink, unlike_surroundings
from napari_image2data.decode.jpeg_ink import (
    bridge_ink,
    dense_ink,
    off_in_lightness,
    rims_in_lightness,
)
from napari_image2data.decode.strokes import (
    find_band_strokes,
    find_strange_patches,
    find_strokes,
)

if TYPE_CHECKING:
    from napari_image2data.decode.curve import Curve, Reading

SQUARE = np.ones((3, 3), bool)
SOFTEST = 4
"""Pixels from a pixel at a soft edge of the data to either side of it."""


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


def distance_limit(distance: np.ndarray, *, noisy: bool = False) -> float:
    """Colour distance from which a pixel is off the scale, from the picture's own noise.

    Lossless: 1.5 levels more than two and a half medians, and 2.5 at least, above all rounding.
    JPEG: eight medians and three levels, which clean pixels reach and pale ink exceeds.

    Examples
    --------
    >>> distance_limit(np.full(9, 0.2))
    2.5
    >>> distance_limit(np.full(9, 2.0), noisy=True)
    19.0
    """
    median = min(float(np.median(distance)), 7.0 if noisy else 12.0)
    return 8.0 * median + 3.0 if noisy else max(2.5, 2.5 * median + 1.5)


def find_overlay(
    rgb: np.ndarray,
    reading: Reading,
    curve: Curve,
    empty: np.ndarray,
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
    empty : (h, w) bool ndarray
        Pixels known to hold no data.
    limit : float
        Colour distance, in levels, from which a pixel is off the scale (see `distance_limit`).
    noisy : bool
        True for a JPEG, where ink bleeds two pixels wide.

    Returns
    -------
    Masks
    """
    core = (reading.distance > limit) & ~empty
    height, width = core.shape[0], core.shape[1]
    frame = np.zeros((height, width), bool)
    top, bottom, left, right = depths = frame_depths(rgb, noisy=noisy)
    frame[:top] = frame[height - bottom :] = True
    frame[:, :left] = frame[:, width - right :] = True
    frame |= edge_ticks(rgb, depths, noisy=noisy)
    if noisy:
        core = _surely_off_scale(rgb, reading, core, frame, limit)
        core |= even_off_scale(rgb, reading.distance) & ~empty
    else:
        core &= ~soft_edges(core, _between_neighbors(rgb, core))
    grid = find_grid_lines(rgb, frame | empty, noisy=noisy)
    # what looks for thin shapes sees the data without the grid, which would cut it into strips
    seen, place = _without(grid, rgb, reading.position)
    known = (core & ~grid) | frame | empty
    hole = find_holes(seen, place, known, noisy=noisy, gray_scale=curve.is_gray) | empty
    known |= hole
    ink = grid | thin_ink(seen, place, curve.colors, known, limit=limit, noisy=noisy)
    if curve.discrete and not curve.cyclic:
        bands = np.rint(place * (len(curve.colors) - 1)).astype(np.int32)
        ink |= find_band_strokes(bands, known)
        ink |= find_strange_patches(bands, known | ink, noisy=noisy)
    elif not curve.cyclic:
        ink |= find_strokes(place, known, noisy=noisy)
    if noisy and not curve.discrete:
        if not curve.cyclic:
            ink |= dense_ink(seen, place, curve.colors, known)
        ink |= off_in_lightness(seen, curve.colors, known | ink)
        ink |= bridge_ink(rgb, core | frame | ink)
    hidden = core | frame | hole | ink
    rims = _rims(reading.position, hidden, reach=2 if noisy else 1)
    if noisy:
        rims |= rims_in_lightness(rgb, hidden | rims)
    rims |= _islands(reading.position, hidden | rims)
    thick = ndimage.binary_opening(core, SQUARE, iterations=5)
    thick = local_maximum(thick, 15) & core
    return Masks(
        core & thick,
        ((core & ~thick) | frame | ink | rims) & ~empty,
        hole & (empty | ~(core | frame)),
    )


def _without(grid: np.ndarray, *pictures: np.ndarray) -> list[np.ndarray]:
    """Pictures in which the nearest data stand in place of a grid."""
    if not grid.any():
        return list(pictures)
    rows, cols = ndimage.distance_transform_edt(grid, return_distances=False, return_indices=True)
    return [picture[rows, cols] for picture in pictures]


def _between_neighbors(rgb: np.ndarray, core: np.ndarray) -> np.ndarray:
    """Off-scale pixels whose colour is a mix of two data pixels on either side: a soft data edge.

    Cells and bands that a renderer smoothed, or that a screenshot resampled, show such colours at
    their borders.  Ink is no mix of the two colours beside it.  Sides more than two pixels away
    must be flat and far apart: a line across a slope is a mix of what lies beyond it, too.
    """
    out = np.zeros(core.shape, bool)
    rows, cols = np.nonzero(core)
    if len(rows) > core.size // 3:
        return out
    for down, right in ((0, 1), (1, 0), (1, 1), (1, -1)):
        for near, far in product(range(1, SOFTEST + 1), repeat=2):
            wide = max(near, far) > 2
            beyond = 2 if wide else 0  # pixels past the sides, to see that they are flat
            first, last = near + beyond, far + beyond
            at = ~out[rows, cols]
            at &= (rows >= down * first) & (rows < core.shape[0] - down * last)
            low, high = (first, last) if right >= 0 else (last, first)
            at &= (cols >= abs(right) * low) & (cols < core.shape[1] - abs(right) * high)
            row, col = rows[at], cols[at]
            hidden = core[row - near * down, col - near * right]
            hidden |= core[row + far * down, col + far * right]
            row, col = row[~hidden], col[~hidden]
            steps = np.array([0, -near, far, -first, last])[:, None]
            line = rgb[row + steps * down, col + steps * right].astype(np.float32)
            color, start, stop = line[:3]
            mixed = _is_mix(color, start, stop, least=60.0 if wide else 8.0)
            if wide:
                change = np.linalg.norm(line[3:] - line[1:3], axis=2).max(axis=0)
                mixed &= change < 4.0 + 0.1 * np.linalg.norm(stop - start, axis=1)
            out[row[mixed], col[mixed]] = True
    return out


def soft_edges(
    core: np.ndarray, mixed: np.ndarray, *, share: float = 0.7, least: int = 3
) -> np.ndarray:
    """Mixed pixels that are edges of the data, not pieces of a line along such an edge.

    Where a dark line follows the border of two bands, its rim happens to be a mix of both.  So
    a patch of which more than a ``share``, and at least ``least`` pixels, are no mix is ink whole,
    if most mixed pixels of the picture lie in such: in a resampled one they do not.

    Parameters
    ----------
    core, mixed : (h, w) bool ndarray
        Pixels off the scale, and those of them that are a mix of the data on either side.
    share : float
        Of a patch that is no mix.
    least : int
        Such pixels in a patch.

    Returns
    -------
    (h, w) bool ndarray
        Mixed pixels that show data.
    """
    labels, count = ndimage.label(core, SQUARE)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    sure = np.bincount(labels[core & ~mixed], minlength=count + 1)
    lines = (sure > share * sizes) & (sure >= least)
    lines[0] = False
    of_line = mixed & lines[labels]
    if 2 * np.count_nonzero(of_line) < np.count_nonzero(mixed):
        return mixed
    return np.asarray(mixed & ~of_line)


def _is_mix(color: np.ndarray, start: np.ndarray, stop: np.ndarray, *, least: float) -> np.ndarray:
    """Whether colours (n, 3) lie on the way between two others that are ``least`` levels apart."""
    chord = stop - start
    length = np.linalg.norm(chord, axis=1)
    along = ((color - start) * chord).sum(axis=1) / np.maximum(length, 1e-3) ** 2
    away = np.linalg.norm(color - start - along[:, None] * chord, axis=1)
    return np.asarray(
        (length > least) & (along > -0.15) & (along < 1.15) & (away < 3.0 + 0.02 * length)
    )


def _rims(position: np.ndarray, hidden: np.ndarray, *, reach: int) -> np.ndarray:
    """Pixels beside ink whose value no clean pixel around can explain.

    A rim leaves the range of the clean positions in 9 x 9 by more than 0.02 and twice the local
    change per pixel.
    """
    near = np.asarray(local_maximum(hidden, 2 * reach + 1) & ~hidden)
    if not near.any():
        return near
    return np.asarray(near & unlike_surroundings(position, ~(hidden | near)))


def _surely_off_scale(
    rgb: np.ndarray, reading: Reading, core: np.ndarray, frame: np.ndarray, limit: float
) -> np.ndarray:
    """Off-scale pixels of a JPEG without those that its noise may have taken off the scale.

    Sure are pixels amid others, far off the scale, in a lightness that no clean pixel around has,
    or in a position that none has.  The others are ink where most of their patch is sure: a line
    that crosses a slope of the data meets its own position somewhere.
    """
    within, overshoot = _within_neighbors(rgb, core)
    core = core & ~within
    if not core.any():
        return core
    sure = core & (local_minimum(core, 9) | (reading.distance >= 3 * limit))
    sure |= core & (overshoot >= 1)
    sure |= core & unlike_surroundings(reading.position, ~core)
    # the frame is sure, what it touches is not for that
    patches = core & ~local_maximum(frame, 9)
    labels, count = ndimage.label(patches, SQUARE)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    most = np.bincount(labels[sure & patches], minlength=count + 1) > 0.5 * sizes
    most[0] = False
    return np.asarray(sure | most[labels])


def _within_neighbors(
    rgb: np.ndarray, core: np.ndarray, *, size: int = 9
) -> tuple[np.ndarray, np.ndarray]:
    """Off-scale pixels of a JPEG that lie within the colours of the data around them.

    Where two data colours meet, JPEG smears their chroma over several pixels, off the scale.
    Lightness, blue and red difference then all stay between those of the clean pixels around;
    ink leaves that range, in lightness as a rule.  Also returned: how far lightness leaves the
    range, in units of what ripples beside an edge of the data do (8 levels and a quarter of it).
    """
    overshoot = np.zeros(core.shape, np.float32)
    if not core.any() or core.all():
        return np.zeros_like(core), overshoot
    pixels = rgb.astype(np.float32)
    luma = pixels @ LUMA.astype(np.float32)
    within = core.copy()
    for channel in (luma, pixels[..., 2] - luma, pixels[..., 0] - luma):
        low = local_minimum(np.where(core, np.float32(1e3), channel), size)
        high = local_maximum(np.where(core, np.float32(-1e3), channel), size)
        margin = 2.0 + 0.05 * (high - low)
        within &= (channel >= low - margin) & (channel <= high + margin)
        if channel is luma:
            over = np.maximum(low - luma, luma - high) / (8.0 + 0.25 * (high - low))
            overshoot = np.where(high >= low, over, 0)
    return within, overshoot


def _islands(position: np.ndarray, hidden: np.ndarray, *, largest: int = 120) -> np.ndarray:
    """Patches that ink encloses and whose values are not those around it: faces of markers."""
    labels, count = ndimage.label(~hidden)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    sizes[0] = largest + 1
    small = np.asarray((sizes <= largest)[labels])
    if not small.any():
        return small
    strange = small & unlike_surroundings(position, ~(hidden | small), size=17)
    odd = np.bincount(labels[strange], minlength=count + 1)
    return np.asarray((odd > 0.5 * sizes)[labels] & small)
