"""Between the steps of a scale: the border of two bands is a known value, and fields are smooth."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import ndimage
from scipy.linalg import solve_banded

from napari_image2data.threads import in_threads

WIDEST_GAP = 7.0
"""Pixels of ink across which two neighbouring bands still fix where their border lies."""


class Refined(NamedTuple):
    """Values between the steps.

    Attributes
    ----------
    values : (h, w) float64 ndarray
    sigma : (h, w) float64 ndarray
        Standard uncertainty, in the values' unit.
    """

    values: np.ndarray
    sigma: np.ndarray


def dequantize(bands: np.ndarray, edges: np.ndarray, clean: np.ndarray) -> Refined:
    """Read a smooth field finer than the steps of its scale.

    Along every row and every column the borders between bands are places of known value. A natural
    cubic spline goes through them; the row's and the column's estimate are averaged with weights
    ``1 / g**2``, ``g`` the distance between the two borders around the pixel; a Gaussian of one
    pixel evens out that borders lie at whole pixels. No value leaves its band.

    Parameters
    ----------
    bands : (h, w) integer ndarray
        Number of each pixel's band, 0..N-1.
    edges : (N + 1,) ndarray
        Values at the borders of the bands, rising or falling.
    clean : (h, w) bool ndarray
        Pixels whose band is known.

    Returns
    -------
    Refined
        NaN where not clean.

    Examples
    --------
    >>> ramp = np.tile(np.linspace(0, 1, 100, endpoint=False), (20, 1))
    >>> bands = (ramp * 5).astype(int)
    >>> fine = dequantize(bands, np.linspace(0, 1, 6), np.ones(bands.shape, bool))
    >>> bool(np.abs(fine.values - ramp)[:, 20:80].max() < 0.006)
    True
    """
    edges = np.asarray(edges, float)
    low, high = (
        np.minimum(edges[bands], edges[bands + 1]),
        np.maximum(edges[bands], edges[bands + 1]),
    )
    middle, step = (low + high) / 2, high - low

    def estimate(axes: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
        value, gap = _along_rows(bands.transpose(axes), edges, clean.transpose(axes))
        return np.clip(value.transpose(axes), low, high), gap.transpose(axes)

    (across, wide), (down, tall) = in_threads(estimate, ((0, 1), (1, 0)))
    weights = wide**-2.0, tall**-2.0
    total = weights[0] + weights[1]
    known = total > 0
    mean = (across * weights[0] + down * weights[1]) / np.where(known, total, 1)
    mean = np.where(known, mean, middle)
    share = np.where(clean, 1.0, 0.0)
    even = ndimage.gaussian_filter(np.where(clean, mean, 0), 1.0)
    even = even / np.maximum(ndimage.gaussian_filter(share, 1.0), 1e-9)
    values = np.clip(even, low, high)
    # a border is known to within a pixel, and two directions that disagree know less
    gap = np.minimum(wide, tall)
    apart = np.where(np.isfinite(wide) & np.isfinite(tall), np.abs(across - down), 0.3 * step)
    sigma = np.sqrt(
        (0.15 * step / np.maximum(gap, 1)) ** 2 + (0.45 * apart) ** 2 + (0.03 * step) ** 2
    )
    sigma = np.minimum(np.where(known, sigma, np.inf), step / np.sqrt(12))
    return Refined(np.where(clean, values, np.nan), np.where(clean, sigma, np.nan))


def has_smooth_bands(bands: np.ndarray, clean: np.ndarray) -> bool:
    """Tell whether the bands are those of a smooth field, so that their borders mean values.

    They are not where neighbours often differ by more than one band (cells, edges, noise), or where
    all borders lie in few rows and columns (cells again), or where bands are a pixel or two wide.

    Examples
    --------
    >>> ramp = np.add.outer(np.arange(60), np.arange(80)) // 12
    >>> has_smooth_bands(ramp, np.ones(ramp.shape, bool))
    True
    >>> cells = np.kron(ramp[::15, ::15], np.ones((15, 15), int))
    >>> has_smooth_bands(cells, np.ones(cells.shape, bool))
    False
    """
    changes, jumps, places = 0, 0, []
    if not clean.any():
        return False
    if not clean.all():  # ink as a rule lies on the borders: each of its pixels joins the nearest
        rows, cols = ndimage.distance_transform_edt(
            ~clean, return_distances=False, return_indices=True
        )
        bands, clean = bands[rows, cols], np.ones_like(clean)
    for turn in (lambda a: a, np.transpose):
        number, known = turn(bands).astype(np.int64), turn(clean)
        change = np.abs(np.diff(number, axis=1)) * (known[:, 1:] & known[:, :-1])
        changes += int((change > 0).sum())
        jumps += int((change > 1).sum())
        lines = np.sort((change > 0).sum(axis=0))[::-1]
        half = lines[: max(1, len(lines) // 3)].sum() / max(1, lines.sum())
        places.append(half)
    if changes == 0 or jumps > 0.15 * changes or min(places) > 0.9:
        return False
    return bool(changes < 0.7 * np.count_nonzero(clean))


def _along_rows(
    bands: np.ndarray, edges: np.ndarray, clean: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Splines through the borders met along each row, and the distance between those borders.

    The distance is infinite where a row says nothing: in a run with fewer than two borders, a run
    being what no jump over bands and no wide ink breaks.
    """
    height, width = bands.shape
    row, col = np.nonzero(clean)
    number = bands[row, col]
    same_row = row[1:] == row[:-1]
    near = same_row & (col[1:] - col[:-1] <= WIDEST_GAP)
    change = np.abs(number[1:] - number[:-1])
    knot = near & (change >= 1) & (change <= 2)
    broken = ~near | (change > 2)
    # knots in reading order, and the number of the unbroken run that each belongs to
    run = np.concatenate([[0], np.cumsum(broken)])
    place = np.flatnonzero(knot)
    if len(place) < 2:
        return np.zeros((height, width)), np.full((height, width), np.inf)
    x = (col[place] + col[place + 1] + 1) / 2
    first, second = number[place], number[place + 1]
    value = (edges[np.maximum(first, second)] + edges[np.minimum(first, second) + 1]) / 2
    owner = run[place]
    curvature = _spline_curvature(x, value, owner)
    # the knot before each clean pixel, if it lies in the same run
    before = np.concatenate([[0], np.cumsum(knot)]) - 1
    after = before + 1
    inside = (before >= 0) & (after < len(x))
    inside[inside] = (owner[before[inside]] == run[inside]) & (owner[after[inside]] == run[inside])
    a, b = before[inside], after[inside]
    gap = x[b] - x[a]
    t = (col[inside] + 0.5 - x[a]) / gap
    s = 1 - t
    bend = (t**3 - t) * curvature[b] + (s**3 - s) * curvature[a]
    out = np.zeros((height, width))
    wide = np.full((height, width), np.inf)
    out[row[inside], col[inside]] = s * value[a] + t * value[b] + bend * gap**2 / 6
    wide[row[inside], col[inside]] = gap
    # beyond the first or last border of a run the spline goes on straight, and soon means little
    for end, inner in ((before, -1), (after, 1)):
        outside = ~inside & (end >= 0) & (end < len(x)) & (end + inner >= 0)
        outside &= end + inner < len(x)
        at = np.where(outside, end, 0)
        beside = np.where(outside, end + inner, 0)
        outside &= (owner[at] == run) & (owner[beside] == run)
        at, beside = at[outside], beside[outside]
        span = x[at] - x[beside]
        slope = (value[at] - value[beside]) / span + curvature[beside] * span / 6
        away = col[outside] + 0.5 - x[at]
        out[row[outside], col[outside]] = value[at] + slope * away
        wide[row[outside], col[outside]] = np.abs(span) + 4 * np.abs(away)
    return out, wide


def _spline_curvature(x: np.ndarray, value: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """Second derivatives at the knots of natural cubic splines, one spline an owner."""
    count = len(x)
    if count < 3:
        return np.zeros(count)
    joined = owner[1:] == owner[:-1]
    step = np.where(joined, np.diff(x), 1.0)
    slope = np.diff(value) / step
    inner = np.zeros(count, bool)
    inner[1:-1] = joined[1:] & joined[:-1]
    bands = np.zeros((3, count))
    bands[1] = 1.0
    right = np.zeros(count)
    at = np.flatnonzero(inner)
    bands[1, at] = 2 * (step[at - 1] + step[at])
    bands[0, at + 1] = step[at]
    bands[2, at - 1] = step[at - 1]
    right[at] = 6 * (slope[at] - slope[at - 1])
    return np.asarray(solve_banded((1, 1), bands, right))
