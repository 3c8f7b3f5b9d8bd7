"""Values for hidden pixels, from their surroundings, and how far off such values are."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from napari_image2data.threads import in_threads

REACH = (1.5, 2.5, 4.5, 8.5, 16.5, np.inf)
"""Upper ends of the classes of distance to the nearest clean pixel, in pixels."""

SHIFTS = ((7, 11), (-13, 5), (9, -17), (-23, -19))
"""Rows and columns by which a mask is moved to try the filling on known pixels."""

EDGE = 8
"""Pixels from the picture's edge where filling has data on one side only."""


def fill_positions(
    position: np.ndarray, wanted: np.ndarray, clean: np.ndarray, *, sweeps: int = 40
) -> np.ndarray:
    """Positions of hidden pixels, as even as their surroundings allow.

    The wanted pixels solve Laplace's equation, each the mean of its four neighbours, with the clean
    pixels as the boundary and nothing flowing through pixels that are neither.  A pyramid of means
    gives the start, ``sweeps`` of relaxation the shape.

    Parameters
    ----------
    position : (h, w) float32 ndarray
    wanted : (h, w) bool ndarray
        Pixels to fill.
    clean : (h, w) bool ndarray
        Pixels to fill from; not overlapping ``wanted``.

    Returns
    -------
    (h, w) float32 ndarray
        ``position`` with the wanted pixels replaced; unchanged when no pixel is clean.

    Notes
    -----
    The pyramid is the pull-push of S. J. Gortler et al., "The lumigraph", SIGGRAPH 1996.

    Examples
    --------
    >>> ramp = np.tile(np.linspace(0, 1, 11, dtype=np.float32), (5, 1))
    >>> hidden = np.zeros(ramp.shape, bool)
    >>> hidden[:, 4:6] = True
    >>> filled = fill_positions(np.where(hidden, 0, ramp), hidden, ~hidden)
    >>> bool(np.abs(filled - ramp).max() < 0.01)
    True
    """
    if not wanted.any() or not clean.any():
        return position
    out = np.where(wanted, _pull_push(position, clean), position).astype(np.float32)
    rows, cols = np.nonzero(wanted)
    height, width = position.shape
    usable = clean | wanted
    neighbors = []
    for dy, dx in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        r, c = rows + dy, cols + dx
        inside = (r >= 0) & (r < height) & (c >= 0) & (c < width)
        r, c = r.clip(0, height - 1), c.clip(0, width - 1)
        neighbors.append((r * width + c, (inside & usable[r, c]).astype(np.float32)))
    count = np.maximum(sum(weight for _, weight in neighbors), 1e-6)
    alone = count < 0.5
    flat, own = out.ravel(), rows * width + cols
    for _ in range(sweeps):
        mean = sum(flat[at] * weight for at, weight in neighbors) / count
        flat[own] = np.where(alone, flat[own], mean)
    return flat.reshape(position.shape)


def _pull_push(position: np.ndarray, clean: np.ndarray) -> np.ndarray:
    """Means of ever larger squares where the smaller ones hold no clean pixel."""
    weight = clean.astype(np.float32)
    total = np.where(clean, position, 0).astype(np.float32)
    levels = []
    while True:
        levels.append((total, weight))
        if min(total.shape) < 2 or weight.min() > 0:
            break
        total, weight = _halved(total), np.minimum(_halved(weight), 1e6)
    above: np.ndarray = np.zeros((1, 1), np.float32)
    for depth, (total, weight) in enumerate(reversed(levels)):
        own = total / np.maximum(weight, 1e-6)
        if depth:
            scale = np.array(total.shape) / above.shape
            at = [(np.arange(n) + 0.5) / s - 0.5 for n, s in zip(total.shape, scale, strict=True)]
            grid = np.meshgrid(*at, indexing="ij")
            above = np.asarray(ndimage.map_coordinates(above, grid, order=1, mode="nearest"))
        else:
            above = np.full_like(own, own[weight > 0].mean() if (weight > 0).any() else 0.0)
        above = np.asarray(np.where(weight > 0, own, above))
    return above


def _halved(array: np.ndarray) -> np.ndarray:
    """Sums of 2 x 2 pixels; an odd last line stands alone."""
    padded: np.ndarray = np.pad(array, [(0, n % 2) for n in array.shape])
    quarters = padded[::2, ::2] + padded[1::2, ::2] + padded[::2, 1::2] + padded[1::2, 1::2]
    return np.asarray(quarters)


def fill_error(position: np.ndarray, wanted: np.ndarray, clean: np.ndarray) -> np.ndarray:
    """Standard error of filled positions, measured by filling clean pixels of the same picture.

    The mask is laid over the picture again, shifted, so that it covers pixels whose position is
    known; these are filled, and their errors collected by their distance to the nearest clean
    pixel. Along the picture's edge, where filling has data on one side only, the trial hides the
    whole margin.

    Parameters
    ----------
    position, wanted, clean : (h, w) ndarray
        As in `fill_positions`.

    Returns
    -------
    (h, w) float32 ndarray
        Root mean square error in positions for the wanted pixels; 0 elsewhere.
    """
    near_edge = np.ones(wanted.shape, bool)
    near_edge[EDGE:-EDGE, EDGE:-EDGE] = False
    out = np.zeros(position.shape, np.float32)
    trials = [
        (~near_edge, [np.roll(wanted, s, (0, 1)) & clean & ~near_edge for s in SHIFTS]),
        (near_edge, [clean & near_edge]),
    ]
    distance = ndimage.distance_transform_edt(~clean)
    for part, masks in trials:
        rms = _trial_errors(position, masks, clean)
        here = wanted & part
        out[here] = rms[np.searchsorted(REACH, distance[here])]
    return out


def nearest_value(array: np.ndarray, clean: np.ndarray) -> np.ndarray:
    """Value of the nearest clean pixel; the array itself where none is clean."""
    if not clean.any():
        return array
    rows, cols = ndimage.distance_transform_edt(~clean, return_distances=False, return_indices=True)
    return np.asarray(array[rows, cols])


def _trial_errors(position: np.ndarray, masks: list[np.ndarray], clean: np.ndarray) -> np.ndarray:
    """Root mean square errors of filling clean pixels under masks, by class of `REACH`."""
    classes = len(REACH)

    def collect(trial: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
        rest = clean & ~trial
        if not trial.any() or not rest.any():
            return None
        filled = fill_positions(position, trial, rest, sweeps=20)
        error = (filled - position)[trial]
        reach = np.searchsorted(REACH, ndimage.distance_transform_edt(~rest)[trial])
        return np.bincount(reach, error**2, classes), np.bincount(reach, minlength=classes)

    square, count = np.zeros(classes), np.zeros(classes)
    for found in in_threads(collect, masks):
        if found is not None:
            square += found[0]
            count += found[1]
    # a class that few trial pixels fell in is at least as uncertain as the nearer ones
    rms = np.sqrt(square / np.maximum(count, 1))
    rms[count < 20] = 0 if count.sum() >= 20 else 0.29
    return np.asarray(np.maximum.accumulate(rms))
