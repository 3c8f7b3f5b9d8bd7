"""A Delaunay mesh over a pixel grid: which pixels each triangle covers, and its planes on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_image2data.errors import ReductionError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Float = NDArray[np.float64]
    Index = NDArray[np.intp]

LONG_RUNS = 16
"""Runs of more entries than this are summed as slices; `numpy.bincount` sums short ones faster."""


class Mesh:
    """Delaunay triangles of scattered points, and their pixels on a grid.

    Parameters
    ----------
    rows, cols : (N,) array_like of float
        The points in pixel indices (the centre of the first pixel is 0).
    shape : (h, w)
        Shape of the pixel grid.
    step : int
        Use every ``step``-th row and column only, and the last: a coarse look at a large grid.
    spacing : (float, float)
        Size ``(dy, dx)`` of a pixel: it decides which triangles are Delaunay's.

    Raises
    ------
    ReductionError
        Fewer than 3 points, or all of them on one line.

    Notes
    -----
    Triangles are turned into pixels row by row (scan conversion): each row of a triangle is one
    span of columns. All spans of all triangles are handled as flat arrays, ordered by triangle,
    so that sums and maxima of a triangle are reductions over a slice. A pixel on an edge shared
    by two triangles appears in both; the planes agree there.
    """

    def __init__(
        self,
        rows: ArrayLike,
        cols: ArrayLike,
        shape: tuple[int, int],
        *,
        step: int = 1,
        spacing: tuple[float, float] = (1.0, 1.0),
    ) -> None:
        from scipy.spatial import Delaunay, QhullError

        self.rows = np.asarray(rows, np.float64)
        self.cols = np.asarray(cols, np.float64)
        self.shape = shape
        if len(self.rows) < 3:
            raise ReductionError(
                f"A mesh needs 3 points or more and there are {len(self.rows)}; keep more points "
                "or choose method='nearest'."
            )
        plane = np.column_stack([self.rows * spacing[0], self.cols * spacing[1]])
        try:
            self.delaunay = Delaunay(plane)
        except QhullError as error:
            raise ReductionError(
                "The points lie on one line, so they span no area; keep points off that line or "
                "choose method='nearest'."
            ) from error
        self.triangles: Index = self.delaunay.simplices.astype(np.intp)
        self.neighbors: Index = self.delaunay.neighbors
        self.hull_edges: Index = self.delaunay.convex_hull
        self._plane = plane
        self._spacing = spacing
        self._fill(step)

    def _fill(self, step: int) -> None:
        """Spans, then pixels: ``pixel`` (flat index), ``px_row``, ``px_col``, ``start``."""
        height, width = self.shape
        slack = 1e-9 * max(height, width)
        self.grid_rows, self.grid_cols = _grid_lines(height, step), _grid_lines(width, step)
        owner, line, low, high = self._spans(step, slack)
        left = _first_line(self.grid_cols, low - slack, step)
        right = _last_line(self.grid_cols, high + slack, step)
        length = np.maximum(right - left + 1, 0)
        # number all pixels through; a span begins at its left end with the number it comes to
        shift = left - (np.cumsum(length) - length)
        column = np.arange(length.sum()) + np.repeat(shift, length)
        row = np.repeat(self.grid_rows[line], length)
        self.px_row = row
        self.px_col = column.astype(np.int32) if step == 1 else self.grid_cols[column]
        self.pixel = row.astype(np.intp) * width
        self.pixel += self.px_col
        self.px_triangle = np.repeat(owner, length)
        counts = np.bincount(owner, weights=length, minlength=len(self.triangles)).astype(np.intp)
        self.start = np.concatenate([[0], np.cumsum(counts)[:-1]])
        self.counts = counts

    def _spans(self, step: int, slack: float) -> tuple[Index, Index, Float, Float]:
        """The triangle, the grid row and the two ends of every span, ordered by triangle.

        The long side of a triangle, from its upper corner to its lower one, is one end of all its
        spans; the other end lies on the upper short side as far as the corner between, then on
        the lower one.
        """
        y, x = self.rows[self.triangles], self.cols[self.triangles]
        order = np.argsort(y, axis=1, kind="stable")
        y, x = np.take_along_axis(y, order, axis=1), np.take_along_axis(x, order, axis=1)
        first = _first_line(self.grid_rows, y[:, 0] - slack, step)
        last = _last_line(self.grid_rows, y[:, 2] + slack, step)
        owner, line = _ranges(first, last)
        row = self.grid_rows[line].astype(np.float64)
        # sides from corner to corner: the long ones, and the upper, then the lower short ones
        long = _Sides(y[:, 0], y[:, 2], x[:, 0], x[:, 2], slack)
        short = _Sides(
            np.append(y[:, 0], y[:, 1]),
            np.append(y[:, 1], y[:, 2]),
            np.append(x[:, 0], x[:, 1]),
            np.append(x[:, 1], x[:, 2]),
            slack,
        )
        below = row >= y[owner, 1] - slack
        one, other = long.at(owner, row), short.at(owner + len(y) * below, row)
        low, high = np.minimum(one, other), np.maximum(one, other)
        level = np.flatnonzero((y[:, 2] - y[:, 0] < slack)[owner])
        low[level], high[level] = x[owner[level]].min(axis=1), x[owner[level]].max(axis=1)
        return owner, line, low, high

    def beyond_hull(self) -> tuple[Index, Index, Float]:
        """Pixels that no triangle covers, and the place of the hull nearest to each.

        Returns the flat pixels, the number of the nearest hull edge, and how far along it (0..1)
        the nearest place lies.
        """
        width = self.shape[1]
        covered = np.zeros(self.shape, bool)
        covered.ravel()[self.pixel] = True
        grid = np.zeros(self.shape, bool)
        grid[np.ix_(self.grid_rows, self.grid_cols)] = True
        pixels = np.flatnonzero(grid & ~covered)
        y, x = np.divmod(pixels, width)
        y, x = y * self._spacing[0], x * self._spacing[1]
        nearest = np.full(len(pixels), np.inf)
        edge = np.zeros(len(pixels), np.intp)
        along = np.zeros(len(pixels))
        for number, (a, b) in enumerate(self._plane[self.hull_edges]):
            dy, dx = b - a
            t = np.clip(((y - a[0]) * dy + (x - a[1]) * dx) / (dy * dy + dx * dx), 0.0, 1.0)
            away = (y - a[0] - t * dy) ** 2 + (x - a[1] - t * dx) ** 2
            better = away < nearest
            nearest[better], edge[better], along[better] = away[better], number, t[better]
        return pixels, edge, along

    def planes(self, heights: ArrayLike) -> tuple[Float, Float, Float]:
        """``(constant, per row, per column)`` of the plane over every triangle.

        A triangle without area (three points in line) gets a plane of slope 0.
        """
        z = np.asarray(heights, np.float64)[self.triangles]
        y, x = self.rows[self.triangles], self.cols[self.triangles]
        ay, by = y[:, 1] - y[:, 0], y[:, 2] - y[:, 0]
        ax, bx = x[:, 1] - x[:, 0], x[:, 2] - x[:, 0]
        az, bz = z[:, 1] - z[:, 0], z[:, 2] - z[:, 0]
        area = ax * by - ay * bx
        with np.errstate(divide="ignore", invalid="ignore"):
            per_col = np.where(np.abs(area) > 1e-9, (az * by - bz * ay) / area, 0.0)
            per_row = np.where(np.abs(area) > 1e-9, (ax * bz - bx * az) / area, 0.0)
        return z[:, 0] - per_row * y[:, 0] - per_col * x[:, 0], per_row, per_col

    def on_pixels(self, heights: ArrayLike) -> Float:
        """The interpolated value at every entry of ``pixel``."""
        constant, per_row, per_col = self.planes(heights)
        t = self.px_triangle
        value: Float = per_row[t] * self.px_row
        value += per_col[t] * self.px_col
        value += constant[t]
        return value

    def weights(self) -> list[Float]:
        """The three barycentric weights at every entry of ``pixel``."""
        unit = np.eye(3)
        found = []
        y, x = self.rows[self.triangles], self.cols[self.triangles]
        area = (x[:, 1] - x[:, 0]) * (y[:, 2] - y[:, 0]) - (y[:, 1] - y[:, 0]) * (x[:, 2] - x[:, 0])
        safe = np.where(np.abs(area) > 1e-9, area, np.inf)
        t = self.px_triangle
        for k in range(2):
            i, j = (k + 1) % 3, (k + 2) % 3
            per_col = (y[:, i] - y[:, j]) / safe
            per_row = (x[:, j] - x[:, i]) / safe
            constant = unit[k, k] - per_col * x[:, k] - per_row * y[:, k]
            found.append(constant[t] + per_col[t] * self.px_col + per_row[t] * self.px_row)
        found.append(1.0 - found[0] - found[1])
        return found

    def render(self, heights: ArrayLike) -> NDArray[np.float32]:
        """The interpolated field on the whole grid; NaN outside of the points' convex hull."""
        image = np.full(self.shape, np.nan, np.float32)
        image.ravel()[self.pixel] = self.on_pixels(heights)
        # a pixel that a point is in has the point's height, to the last digit
        row, col = self.rows.astype(np.intp), self.cols.astype(np.intp)
        there = (row == self.rows) & (col == self.cols)
        there &= (row >= 0) & (row < self.shape[0]) & (col >= 0) & (col < self.shape[1])
        image[row[there], col[there]] = np.asarray(heights, np.float64)[there]
        return image

    def sum_by_triangle(self, amount: Float) -> Float:
        """Sum over the pixels of every triangle; 0 where it covers none."""
        return sums_by(self.px_triangle, amount, len(self.triangles))

    def worst_by_triangle(self, amount: Float) -> tuple[Float, Index]:
        """Largest ``amount`` in every triangle and the flat pixel it is at (-1: no pixel)."""
        worst = np.zeros(len(self.triangles))
        where = np.full(len(self.triangles), -1, np.intp)
        filled = np.flatnonzero(self.counts)
        if len(filled):
            worst[filled] = np.maximum.reduceat(amount, self.start[filled])
            hits = np.flatnonzero(amount == worst[self.px_triangle])
            where[self.px_triangle[hits[::-1]]] = self.pixel[hits[::-1]]
        return worst, where


class _Sides:
    """Sides of triangles, each from its upper end to its lower one."""

    def __init__(self, top: Float, bottom: Float, start: Float, end: Float, slack: float) -> None:
        rise = bottom - top
        self.top, self.rise, self.start = top, rise, start
        level = rise < slack
        self.slope = np.where(level, 0.0, (end - start) / np.where(level, 1.0, rise))

    def at(self, side: Index, row: Float) -> Float:
        """The column at which these sides cross these rows."""
        down = np.clip(row - self.top[side], 0.0, self.rise[side])
        across: Float = self.start[side] + self.slope[side] * down
        return across


def _first_line(lines: NDArray[np.int32], place: Float, step: int) -> Index:
    """The first of the grid's lines at or after each place: `numpy.searchsorted`, but faster."""
    first = np.where(place > lines[-1], len(lines), np.ceil(place / step))
    return np.clip(first, 0, len(lines)).astype(np.intp)


def _last_line(lines: NDArray[np.int32], place: Float, step: int) -> Index:
    """The last of the grid's lines at or before each place; -1 where there is none."""
    last = np.where(place >= lines[-1], len(lines) - 1, np.floor(place / step))
    return np.clip(last, -1, len(lines) - 1).astype(np.intp)


def _grid_lines(length: int, step: int) -> NDArray[np.int32]:
    """Every ``step``-th line and the last one: a mesh may end in slivers along the rim."""
    return np.unique(np.append(np.arange(0, length, step), length - 1)).astype(np.int32)


def _ranges(first: Index, last: Index) -> tuple[Index, Index]:
    """Every integer first[i] .. last[i] (none where last < first), and the i it belongs to."""
    length = np.maximum(last - first + 1, 0)
    owner = np.repeat(np.arange(len(first)), length)
    offset = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
    return owner, first[owner] + offset


class Runs:
    """Sums over runs of entries of one group each, ordered by group.

    Parameters
    ----------
    group : (M,) int ndarray
        The group of every entry, rising.
    number : int
        Groups 0 .. number - 1; some may have no entry.
    """

    def __init__(self, group: Index, number: int) -> None:
        self.group, self.number = group, number
        self.long = len(group) > LONG_RUNS * number
        if self.long:
            changes = np.flatnonzero(group[1:] != group[:-1]) + 1
            self.start = np.concatenate([[0], changes])
            self.filled = group[self.start]

    def sums(self, amount: Float) -> Float:
        """Sum of ``amount`` for each group."""
        if not self.long:
            return sums_by(self.group, amount, self.number)
        total = np.zeros(self.number)
        total[self.filled] = np.add.reduceat(amount, self.start)
        return total


def sums_by(group: Index, amount: Float, number: int) -> Float:
    """Sum of ``amount`` for each group 0 .. number - 1."""
    return np.bincount(group, weights=amount, minlength=number).astype(np.float64, copy=False)
