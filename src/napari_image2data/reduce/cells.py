"""Pictures of cells (heat maps, pcolor): the rows and columns of their grid, one site a cell."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float = NDArray[np.float64]
    Index = NDArray[np.intp]

FEW_STEPS = 0.05
"""A line between two columns is a border of cells when at least this share of the most steps that
any line has lies on it; ink and antialiased corners leave fewer."""
HIDDEN = 0.05
"""A row or column with at most this share of the most known pixels lies under a line of ink."""
NARROWEST = 1.6
"""Cells are this many pixels wide and high at least (mean); finer ones look like any field."""


def grid_sites(values: Float) -> tuple[Float, Float, Float] | None:
    """Sites of the cells of a rectangular grid: one a cell, with which "nearest" rebuilds them.

    Parameters
    ----------
    values : (h, w) float ndarray
        The field, NaN where nothing is known.

    Returns
    -------
    tuple of (N,) float ndarray, or None
        Row and column (pixel indices, broken) and value (mean of its known pixels) of every cell
        with a known pixel; None where the picture does not consist of such cells.

    Notes
    -----
    Values in such a picture change between certain rows and certain columns only. Along either
    axis a site stands where the middle between it and the next is the border of their cells,
    within half a pixel; where no places do that for all borders (cells of very different widths)
    those with the least sum of misses are taken (a linear program).
    """
    borders = [borders_along(values, axis) for axis in (0, 1)]
    for axis, lines in enumerate(borders):
        if (len(lines) + 1) * NARROWEST > values.shape[axis]:
            return None
    if not len(borders[0]) and not len(borders[1]):
        return None
    rows, cols = (_sites(lines, values.shape[axis]) for axis, lines in enumerate(borders))
    row_of = np.searchsorted(borders[0], np.arange(values.shape[0]))
    col_of = np.searchsorted(borders[1], np.arange(values.shape[1]))
    known = np.isfinite(values)
    y, x = np.nonzero(known)
    cell = row_of[y] * len(cols) + col_of[x]
    count = np.bincount(cell, minlength=len(rows) * len(cols))
    total = np.bincount(cell, weights=values[known], minlength=len(count))
    filled = np.flatnonzero(count)
    at_row, at_col = np.divmod(filled, len(cols))
    return rows[at_row], cols[at_col], total[filled] / count[filled]


def borders_along(values: Float, axis: int, *, blends: bool = False) -> Float:
    """Borders of the cells along the axis, in pixel indices: half-way between two pixels.

    With ``blends`` a single line of blended pixels between two cells counts as a cell.
    """
    along = np.moveaxis(values, axis, 0)
    known = np.isfinite(along).sum(axis=1)
    # lines of ink hide the borders under them: look from the line before to the line after
    seen = np.flatnonzero(known > HIDDEN * known.max())
    step = np.diff(along[seen], axis=0)
    steps = np.sum(np.isfinite(step) & (step != 0), axis=1)
    at = np.flatnonzero(steps > FEW_STEPS * steps.max(initial=0))
    lines: Float = (seen[at] + seen[at + 1]) / 2
    widths = np.diff(lines)
    if not blends and len(widths) and np.median(widths) >= 3:
        # a single line of blended pixels between two cells (antialiasing) is no cell
        thin = np.flatnonzero(widths == 1)
        lines[thin] += 0.5
        lines = np.delete(lines, thin + 1)
    return lines


def _sites(borders: Float, length: int) -> Float:
    """One place a cell so that the middle between neighbours is their border, nearly."""
    from scipy.optimize import linprog
    from scipy.sparse import coo_array, hstack, vstack

    ends = np.concatenate([[-0.5], borders, [length - 0.5]])
    centers: Float = (ends[1:] + ends[:-1]) / 2
    many, between = len(centers), len(borders)
    if not between:
        return centers
    # a cell cut off by the frame has its site where the whole cell would have it
    if many > 2:
        centers[0] = min(centers[0], 2 * ends[1] - centers[1])
        centers[-1] = max(centers[-1], 2 * ends[-2] - centers[-2])
    line = np.arange(between)
    middle = coo_array(
        (np.full(2 * between, 0.5), (np.tile(line, 2), np.concatenate([line, line + 1]))),
        shape=(between, many),
    )
    one, own = coo_array(np.eye(between)), coo_array(np.eye(many))
    none = coo_array((between, many))
    nothing = coo_array((many, between))
    # unknown: the sites, by how much each border is missed, how far each site is off its centre
    limits = vstack(
        [
            hstack([middle, -one, none]),
            hstack([-middle, -one, none]),
            hstack([own, nothing, -own]),
            hstack([-own, nothing, -own]),
        ]
    ).tocsr()
    reach = 0.45
    bound = np.concatenate([borders + reach, reach - borders, centers, -centers])
    cost = np.concatenate([np.zeros(many), np.ones(between), np.full(many, 1e-3)])
    span: list[tuple[float | None, float | None]] = [
        (float(a), float(b)) for a, b in pairwise(ends)
    ]
    span[0] = (None, span[0][1])
    span[-1] = (span[-1][0], None)
    found = linprog(
        cost, A_ub=limits, b_ub=bound, bounds=span + [(0, None)] * (between + many), method="highs"
    )
    places: Float = np.asarray(found.x[:many], np.float64) if found.success else centers
    return places
