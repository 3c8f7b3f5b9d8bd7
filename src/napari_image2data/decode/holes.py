"""Patches without data, in a grey that is on the scale but that their surroundings contradict."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from napari_image2data.decode.filters import local_maximum, local_minimum

SQUARE = np.ones((3, 3), bool)
LEAST_STEP = 12  # levels; two colours closer than that are no cliff, wherever they lie on the scale


def find_holes(
    rgb: np.ndarray,
    position: np.ndarray,
    hidden: np.ndarray,
    *,
    noisy: bool = False,
    gray_scale: bool = False,
    smallest: int = 150,
    jump: float = 0.08,
) -> np.ndarray:
    """Find patches of "no data" painted in a grey (white, as a rule) that is on the scale too.

    A hole is a connected patch of one neutral grey that
    - has other positions all around (more than ``jump`` away at 60 % of its ring, half as far as
      the rest of the picture in the median), of several colours: a clipped top of a smooth field
      has its like around it, a checkerboard one colour; where the patch explains 70 % of the
      picture's cliffs, 40 % of the ring are enough, for data of its colour may touch it;
    - explains the picture's cliffs: at least half of all jumps from one flat side to another have
      this grey on one side (85 % in a JPEG, whose greys are less exact). Where cells or classes
      make cliffs everywhere, a grey one is a cell, unless it is as large as 25 of them.

    Parameters
    ----------
    rgb : (h, w, 3) uint8 ndarray
    position : (h, w) float32 ndarray
    hidden : (h, w) bool ndarray
        Pixels known not to show data.
    noisy : bool
        True for a JPEG: greys within 3 levels count as one, if they are flat inside.
    gray_scale : bool
        True for a scale of greys, on which every cell or band is a patch of one grey: in a JPEG,
        where cells are not told by their size, only what explains the cliffs is a hole.
    smallest : int
        Least area of a hole, in pixels.
    jump : float
        Difference of position that makes a cliff.

    Returns
    -------
    (h, w) bool ndarray
    """
    out = np.zeros(hidden.shape, bool)
    tolerance, gap = (3, 6) if noisy else (0, 1)
    low = rgb.min(axis=2).astype(np.int16)
    high = rgb.max(axis=2).astype(np.int16)
    gray = (high - low <= 2 * tolerance) & ~hidden
    counts = np.bincount(low[gray], minlength=256)
    cliffs = _cliffs(low, position, hidden, jump=jump, tolerance=tolerance, gap=gap)
    for _ in range(4):
        level = int(counts.argmax())
        counts[max(0, level - tolerance) : level + tolerance + 1] = 0
        alike = gray & (np.abs(low - level) <= tolerance)
        if np.count_nonzero(alike) < smallest:
            continue
        explained = _explained(alike, cliffs)
        if noisy and gray_scale and explained < 0.85:
            continue
        least = (
            smallest
            if explained >= (0.85 if noisy else 0.5)
            else 25 * _plateau(rgb, alike | hidden) ** 2
        )
        enough = 0.4 if explained >= 0.7 and not noisy else 0.6
        usual = np.abs(position - np.median(position[alike]))[~alike & ~hidden]
        contrast = max(jump, 0.5 * float(np.median(usual))) if usual.size else 1.0
        labels = _joined(alike, hidden, np.abs(low - level) < 12 * tolerance)
        sizes = np.bincount(labels.ravel())
        for label, where in enumerate(ndimage.find_objects(labels), start=1):
            if sizes[label] < max(least, smallest):
                continue
            grown = tuple(slice(max(0, s.start - gap - 4), s.stop + gap + 4) for s in where)
            patch = labels[grown] == label
            if noisy and not _flat(rgb[grown], patch):
                continue
            ring = local_maximum(patch, 2 * gap + 7)
            ring &= ~local_maximum(patch, 2 * gap + 3) & ~hidden[grown]
            place, shade = position[grown], low[grown]
            apart = np.abs(place - np.median(place[patch]))[ring]
            far = (apart > jump) & (np.abs(shade - level)[ring] > LEAST_STEP)
            step = apart[far] if enough < 0.5 else apart
            if far.sum() < 20 or far.mean() <= enough or np.median(step) < contrast:
                continue
            if len(np.unique(np.round(place[ring][far], 3))) > 3:
                out[grown] |= patch
        if noisy:
            near = np.abs(low - level) < 12 * tolerance
            out |= local_maximum(out, 9) & near
    return out


def even_off_scale(
    rgb: np.ndarray, distance: np.ndarray, *, limit: float = 12.0, size: int = 9
) -> np.ndarray:
    """Even patches of a JPEG in a colour that is not on the scale, however near: land, paper.

    JPEG's noise is a matter of edges: where ``size`` x ``size`` pixels are even to 3 levels,
    nothing but the rounding of the blocks' means is left of it, at most 6 levels at quality 30.  So
    a colour farther from the scale than twice that shows no data, however noisy the rest of the
    picture is.  The patch reaches as far beyond as pixels keep its colour through the ripples at
    its edge.

    Parameters
    ----------
    rgb : (h, w, 3) uint8 ndarray
    distance : (h, w) float32 ndarray
        Colour distance of the pixels to the scale, in levels.
    limit : float
        Distance from which an even patch is off the scale.
    size : int
        Side of the square that has to be even.

    Returns
    -------
    (h, w) bool ndarray
    """
    even = distance > limit
    for channel in np.moveaxis(rgb, 2, 0):
        if even.any():
            span = local_maximum(channel, size) - local_minimum(channel, size)
            even &= span <= 3
    if not even.any():
        return np.asarray(even)
    far, (rows, cols) = ndimage.distance_transform_edt(~even, return_indices=True)
    apart = np.abs(rgb.astype(np.int16) - rgb[rows, cols]).max(axis=2)
    return np.asarray(even | ((far <= size // 2 + 8) & (apart < 24) & (distance > 0.5 * limit)))


def _joined(alike: np.ndarray, hidden: np.ndarray, nearly: np.ndarray) -> np.ndarray:
    """Number the patches of one grey; a thin line, and its halo in a JPEG, does not part them."""
    near = local_maximum(alike, 7)
    labels, _ = ndimage.label(alike | (near & (hidden | nearly)))
    return np.asarray(np.where(alike, labels, 0))


def _flat(rgb: np.ndarray, patch: np.ndarray, *, depth: int = 8) -> bool:
    """One colour, but for a level, wherever no edge is near: what JPEG leaves of an even patch."""
    inside = rgb[ndimage.binary_erosion(patch, SQUARE, iterations=depth)].astype(np.int16)
    if len(inside) < 32:
        return False
    level = np.median(inside, axis=0)
    return bool((np.abs(inside - level).max(axis=1) <= 1).mean() > 0.8 and np.ptp(level) <= 2)


def _plateau(rgb: np.ndarray, ignored: np.ndarray) -> float:
    """Typical side of a patch of one colour: pixels a step, along rows and columns."""
    sides: list[float] = []
    for axis in (0, 1):
        color = np.moveaxis(rgb, axis, 0)
        skip = np.moveaxis(ignored, axis, 0)
        both = ~(skip[1:] | skip[:-1])
        steps = int(((color[1:] != color[:-1]).any(axis=2) & both).sum())
        sides.append(int(both.sum()) / max(1, steps))
    return float(np.sqrt(sides[0] * sides[1]))


def _cliffs(
    level: np.ndarray,
    position: np.ndarray,
    hidden: np.ndarray,
    *,
    jump: float,
    tolerance: int,
    gap: int,
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Indices of the pixels on either side of jumps between flat sides, along both axes."""
    index = np.arange(level.size).reshape(level.shape)
    found = []
    for turn in (lambda a: a, np.transpose):
        shade, place, ink, at = (turn(a) for a in (level, position, hidden, index))
        flat = np.abs(np.diff(shade, axis=1)) <= tolerance
        flat &= np.abs(np.diff(place, axis=1)) < jump / 8
        before, after = flat[:, : -gap - 1], flat[:, gap + 1 :]
        height = np.abs(place[:, 1 + gap : -1] - place[:, 1 : -1 - gap])
        step = np.abs(shade[:, 1 + gap : -1] - shade[:, 1 : -1 - gap]) > LEAST_STEP
        dark = ink[:, 1 + gap : -1] | ink[:, 1 : -1 - gap]
        cliff = before & after & (height > jump) & step & ~dark
        found.append((at[:, 1 : -1 - gap][cliff], at[:, 1 + gap : -1][cliff]))
    return found


def _explained(alike: np.ndarray, cliffs: list[tuple[np.ndarray, np.ndarray]]) -> float:
    """Share of all cliffs that have a pixel of the grey on one side."""
    flat = alike.ravel()
    touching = sum(int((flat[a] | flat[b]).sum()) for a, b in cliffs)
    return touching / max(1, sum(len(a) for a, _ in cliffs))
