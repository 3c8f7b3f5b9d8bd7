"""The sites of a nearest-neighbour field, from the borders of its flat cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Float = NDArray[np.float64]
    Index = NDArray[np.intp]

SMALLEST_CELL = 4
"""Smaller patches of one value are noise or a smooth field, not Voronoi cells."""
ROUNDS = 30
SOFT = 1.0
"""Border places much further than this from their bisector (pixels) hardly count."""
MARGIN = 0.02
"""Pixels that a border keeps away from the centers of pixels on its two sides, in the end."""
CONVEX = (0.95, 0.965)
"""A Voronoi cell is convex and fills its convex hull, on pixels nearly. Cells that fill less than
this are looked for in turn, the clearest first: their neighbours fit once they are split."""
MENDS = 8
"""How often places that still go to a wrong cell get a site of their own."""
LEAST_OWN = 0.3
"""Once sites are fitted to the borders, at least this share of the pixels is in the cell of its own
site (seen: 0.77 and more), else the cells are no Voronoi cells (streaks: less than 0.05)."""
LOOKED_AT = 20_000
"""Pixels looked at for that."""
STRANGE = 0.03
"""Share of a cell's pixels nearer to another site that makes it suspect."""


def nearest_nodes(
    values: Float, *, asked: Callable[[], object] = lambda: None
) -> tuple[Float, Float, Float] | None:
    """Rows, columns and values of the sites of a field of flat cells; None where it has none.

    Parameters
    ----------
    values : (h, w) float ndarray
        The field, NaN where nothing is known.
    asked : callable, optional
        Called without arguments between steps; may raise `CancelledError`.

    Returns
    -------
    tuple of (N,) float ndarray, or None
        Row and column (pixel indices, broken) and value of each site; None when the field is not
        made of flat cells with steps between them.
    """
    from skimage.measure import label

    known = np.isfinite(values)
    levels, code = np.unique(values[known], return_inverse=True)
    if len(levels) > known.sum() / SMALLEST_CELL:
        return None
    codes = np.zeros(values.shape, np.int64)
    codes[known] = code + 1
    cells = label(codes, background=0, connectivity=1)
    size = np.bincount(cells.ravel())
    large = size >= SMALLEST_CELL
    large[0] = False
    if large.sum() < 3 or size[large].sum() < 0.9 * known.sum():
        return None
    if _smooth(codes):
        return None
    cells = np.where(large, np.cumsum(large), 0)[cells]
    first, second, at_row, at_col = _borders(cells, codes)
    if not len(first):
        return None
    for convex in (*CONVEX, None):
        asked()
        rows, cols = np.nonzero(cells > 0)
        owner = cells[rows, cols] - 1
        count = np.bincount(owner)
        sites = np.column_stack(
            [np.bincount(owner, weights=rows) / count, np.bincount(owner, weights=cols) / count]
        )
        sites = _solve(sites, first, second, at_row, at_col)
        if convex is None:
            break
        if convex == CONVEX[0] and _in_own_cell(sites, rows, cols, owner) < LEAST_OWN:
            return None
        for cell in _merged_cells(cells, sites, convex):
            _split(cells, cell)
        first, second, at_row, at_col = _borders(cells, codes)
    marks = np.zeros(len(sites), np.int64)
    marks[owner] = codes[rows, cols]
    sites, marks = _mend(codes, levels, sites, marks, asked)
    return sites[:, 0], sites[:, 1], levels[marks - 1]


def _in_own_cell(sites: Float, rows: Index, cols: Index, owner: Index) -> float:
    """Share of the pixels (some of them) that are nearest to the site of their own cell."""
    from scipy.spatial import KDTree

    some = np.s_[:: max(1, len(rows) // LOOKED_AT)]
    _, nearest = KDTree(sites).query(np.column_stack([rows[some], cols[some]]))
    return float(np.mean(nearest == owner[some]))


def _mend(
    codes: NDArray[np.int64],
    levels: Float,
    sites: Float,
    marks: NDArray[np.int64],
    asked: Callable[[], object],
) -> tuple[Float, NDArray[np.int64]]:
    """Add sites where the sites rebuild the field wrongly, drop those that make it wrong.

    ``codes`` are the field's values by number (0: nothing known), ``levels`` the values of the
    codes 1, 2, ..., ``marks`` the codes of the sites. Splitting cells of one value guesses their
    halves; here each pixel belongs to the nearest site of its own value, whatever cell that site
    came from, and the sites are fitted to the borders again.
    """
    pixels = np.argwhere(codes > 0)
    truth = codes[codes > 0]
    least = max(2 * SMALLEST_CELL, int(0.02 * len(pixels) / len(sites)))
    best = np.inf, sites, marks
    for _ in range(MENDS):
        asked()
        sites, marks = _drop_harmful(pixels, levels[truth - 1], levels, sites, marks)
        cells = _own_cells(codes, pixels, truth, sites, marks)
        sites = _solve(sites, *_borders(cells, codes))
        error = _errors(pixels, levels[truth - 1], levels[marks - 1], sites)
        square = float(np.sum(error**2))
        if square < best[0]:
            best = square, sites, marks
        new_sites, new_marks = _wrong_areas(codes, error, least)
        if not len(new_sites):
            break
        sites, marks = np.vstack([sites, new_sites]), np.append(marks, new_marks)
    square, sites, marks = best
    cells = _own_cells(codes, pixels, truth, sites, marks)
    tight = _solve(sites, *_borders(cells, codes), tight=True)
    if np.sum(_errors(pixels, levels[truth - 1], levels[marks - 1], tight) ** 2) < square:
        sites = tight
    return _drop_harmful(pixels, levels[truth - 1], levels, sites, marks)


def _errors(pixels: Index, truth: Float, heights: Float, sites: Float) -> Float:
    """Rebuilt minus true value at every pixel."""
    from scipy.spatial import KDTree

    _, nearest = KDTree(sites).query(pixels)
    error: Float = heights[nearest] - truth
    return error


def _own_cells(
    codes: NDArray[np.int64],
    pixels: Index,
    truth: NDArray[np.int64],
    sites: Float,
    marks: NDArray[np.int64],
) -> NDArray[np.int64]:
    """For every pixel the number (from 1) of the nearest site of its value, 0 without one."""
    from scipy.spatial import KDTree

    owner = np.zeros(len(pixels), np.int64)
    order = np.argsort(truth, kind="stable")
    ends = np.searchsorted(truth[order], np.arange(truth.max() + 2))
    for mark in np.unique(marks):
        mine = order[ends[mark] : ends[mark + 1]]
        of_value = np.flatnonzero(marks == mark)
        _, nearest = KDTree(sites[of_value]).query(pixels[mine])
        owner[mine] = of_value[nearest] + 1
    cells = np.zeros(codes.shape, np.int64)
    cells[codes > 0] = owner
    return cells


def _drop_harmful(
    pixels: Index, truth: Float, levels: Float, sites: Float, marks: NDArray[np.int64]
) -> tuple[Float, NDArray[np.int64]]:
    """Leave out sites without which the squared error is no larger, no two neighbors at once."""
    from scipy.spatial import KDTree

    while len(sites) > 3:
        heights = levels[marks - 1]
        _, near = KDTree(sites).query(pixels, k=2)
        gain = (heights[near[:, 1]] - truth) ** 2 - (heights[near[:, 0]] - truth) ** 2
        cost = np.bincount(near[:, 0], weights=gain, minlength=len(sites))
        rank = np.full(len(sites), len(sites))
        order = np.argsort(cost, kind="stable")
        order = order[cost[order] <= 0]
        rank[order] = np.arange(len(order))
        # of two that share pixels the less harmful one stays for now
        first, second = rank[near].T
        both = (first < len(sites)) & (second < len(sites))
        rank[order[np.maximum(first, second)[both]]] = len(sites)
        going = np.flatnonzero(rank < len(sites))
        if not len(going):
            break
        sites, marks = np.delete(sites, going, axis=0), np.delete(marks, going)
    return sites, marks


def _wrong_areas(
    codes: NDArray[np.int64], error: Float, least: int
) -> tuple[Float, NDArray[np.int64]]:
    """Centers and codes of the patches of one value, this large, that are rebuilt wrongly."""
    from skimage.measure import label

    wrong = np.zeros(codes.shape, np.int64)
    known = codes > 0
    wrong[known] = np.where(error != 0, codes[known], 0)
    areas = label(wrong, background=0, connectivity=1)
    pixels = np.argwhere(areas > 0)
    owner = areas[areas > 0]
    count = np.bincount(owner, minlength=1)
    big = np.flatnonzero(count >= least)
    centers = np.column_stack(
        [np.bincount(owner, weights=axis, minlength=1)[big] for axis in pixels.T]
    )
    code = np.zeros(len(count), np.int64)
    code[owner] = codes[areas > 0]
    return centers / count[big, None], code[big]


def _merged_cells(cells: NDArray[np.int64], sites: Float, convex: float) -> list[int]:
    """Cells that are two of one value grown together: not convex, and not nearest to their site."""
    from scipy.spatial import KDTree
    from skimage.measure import regionprops

    rows, cols = np.nonzero(cells > 0)
    own = cells[rows, cols] - 1
    _, nearest = KDTree(sites).query(np.column_stack([rows, cols]))
    strange = np.bincount(own, weights=nearest != own) / np.bincount(own) > STRANGE
    return [
        region.label
        for region in regionprops(np.where(np.append(False, strange)[cells], cells, 0))
        if region.solidity < convex
    ]


def _split(cells: NDArray[np.int64], cell: int) -> None:
    """Give half of a cell, by two-means from its long axis, the next free number."""
    pixels = np.argwhere(cells == cell).astype(float)
    middle = pixels - pixels.mean(axis=0)
    axis = np.linalg.svd(middle, full_matrices=False)[2][0]
    side = middle @ axis > 0
    for _ in range(20):
        a, b = middle[side].mean(axis=0), middle[~side].mean(axis=0)
        new = np.sum((middle - a) ** 2, axis=1) < np.sum((middle - b) ** 2, axis=1)
        if (new == side).all() or new.all() or not new.any():
            break
        side = new
    rows, cols = pixels[side].astype(int).T
    cells[rows, cols] = cells.max() + 1


def _smooth(codes: NDArray[np.int64]) -> bool:
    """Whether most steps between patches are single table steps: a smooth field in 8 bits."""
    jumps = []
    for axis in (0, 1):
        difference = np.abs(np.diff(codes, axis=axis))
        either = np.minimum(
            *(np.take(codes, range(i, codes.shape[axis] - 1 + i), axis=axis) for i in (0, 1))
        )
        jumps.append(difference[(difference > 0) & (either > 0)])
    steps = np.concatenate(jumps)
    few = codes.max() < 8  # with so few values single steps are no sign of smoothness
    return not few and bool(np.mean(steps == 1) > 0.5)


def _borders(
    cells: NDArray[np.int64], codes: NDArray[np.int64]
) -> tuple[Index, Index, Float, Float]:
    """Pairs of touching cells and the place between their pixels, one entry a pixel side.

    Cells are counted from 0 here. Between two cells of one value there is no border to see.
    """
    found: list[list[NDArray[Any]]] = []
    for down, right in ((1, 0), (0, 1)):
        a = cells[: cells.shape[0] - down, : cells.shape[1] - right]
        b = cells[down:, right:]
        step = codes[: cells.shape[0] - down, : cells.shape[1] - right] != codes[down:, right:]
        row, col = np.nonzero(step & (a > 0) & (b > 0))
        found.append([a[row, col] - 1, b[row, col] - 1, row + down / 2, col + right / 2])
    first, second, at_row, at_col = (np.concatenate(part) for part in zip(*found, strict=True))
    return first.astype(np.intp), second.astype(np.intp), at_row, at_col


def _solve(
    sites: Float, first: Index, second: Index, at_row: Float, at_col: Float, *, tight: bool = False
) -> Float:
    """Move the sites until every border place is as far from one as from the other.

    A place is half-way between two pixels, but the border may pass anywhere between them. With
    ``tight`` a place counts only where the border passes beside them, and by how far, so that in
    the end each pixel is on its own side.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.linalg import spsolve

    place = np.column_stack([at_row, at_col])
    line = np.arange(len(first))
    many = 2 * len(sites)
    for turn in range(ROUNDS):
        a, b = sites[first], sites[second]
        between = np.maximum(np.linalg.norm(b - a, axis=1), 1e-6)
        # signed distance of the place from the bisector of a and b
        away = (np.sum((place - a) ** 2, axis=1) - np.sum((place - b) ** 2, axis=1)) / (2 * between)
        if tight:
            across = np.where(at_row % 1 > 0, (b - a)[:, 0], (b - a)[:, 1])
            room = np.maximum(np.abs(across) / between / 2 - MARGIN, 0.0)
            away = np.sign(away) * np.maximum(np.abs(away) - room, 0.0)
        # Places that disagree stop counting, but not before the sites have settled.
        soft = SOFT * (0.3 if tight else max(1.0, 6.0 - turn))
        weight = 1.0 / (1.0 + (away / soft) ** 2)
        to_a = (a - place) / between[:, None] + (away / between**2)[:, None] * (b - a)
        to_b = (place - b) / between[:, None] - (away / between**2)[:, None] * (b - a)
        entries = np.concatenate([to_a.ravel(), to_b.ravel()]) * np.tile(np.repeat(weight, 2), 2)
        columns = np.concatenate(
            [(2 * first[:, None] + [0, 1]).ravel(), (2 * second[:, None] + [0, 1]).ravel()]
        )
        jacobian = coo_array(
            (entries, (np.tile(np.repeat(line, 2), 2), columns)), shape=(len(line), many)
        ).tocsr()
        normal = jacobian.T @ jacobian
        # sites that nothing holds (cells without a border) stay where they are
        damping = 1e-3 * normal.diagonal() + 1e-6
        normal = normal + coo_array(
            (damping, (np.arange(many), np.arange(many))), shape=(many, many)
        )
        step = -spsolve(normal.tocsc(), jacobian.T @ (away * weight)).reshape(-1, 2)
        length = np.linalg.norm(step, axis=1, keepdims=True)
        step *= np.minimum(1.0, 10.0 / np.maximum(length, 1e-9))
        sites = sites + step
        if length.max() < 1e-3:
            break
    return sites
