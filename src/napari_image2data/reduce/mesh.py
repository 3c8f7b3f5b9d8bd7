"""A Delaunay mesh over a pixel grid: which pixels each triangle covers, and its planes on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_image2data.errors import ReductionError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Float = NDArray[np.float64]
    Index = NDArray[np.intp]


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
        y = self.rows[self.triangles]
        x = self.cols[self.triangles]
        slack = 1e-9 * max(height, width)
        self.grid_rows, self.grid_cols = _grid_lines(height, step), _grid_lines(width, step)
        first = np.searchsorted(self.grid_rows, y.min(axis=1) - slack)
        last = np.searchsorted(self.grid_rows, y.max(axis=1) + slack, side="right") - 1
        owner, line = _ranges(first, last)
        row = self.grid_rows[line].astype(np.float64)
        low = np.full(len(owner), np.inf)
        high = np.full(len(owner), -np.inf)
        for a, b in ((0, 1), (1, 2), (2, 0)):
            ya, yb = y[owner, a], y[owner, b]
            xa, xb = x[owner, a], x[owner, b]
            crosses = (row >= np.minimum(ya, yb) - slack) & (row <= np.maximum(ya, yb) + slack)
            rise = yb - ya
            level = np.abs(rise) < slack
            with np.errstate(divide="ignore", invalid="ignore"):
                t = np.clip((row - ya) / rise, 0.0, 1.0)
            at = np.where(level, np.minimum(xa, xb), xa + t * (xb - xa))
            low = np.where(crosses, np.minimum(low, at), low)
            at = np.where(level, np.maximum(xa, xb), at)
            high = np.where(crosses, np.maximum(high, at), high)
        good = low <= high
        owner, line, low, high = owner[good], line[good], low[good], high[good]
        left = np.searchsorted(self.grid_cols, low - slack)
        right = np.searchsorted(self.grid_cols, high + slack, side="right") - 1
        span, column = _ranges(left, right)
        self.px_row = self.grid_rows[line[span]]
        self.px_col = self.grid_cols[column]
        self.pixel = self.px_row.astype(np.intp) * width + self.px_col
        self.px_triangle = owner[span]
        counts = np.bincount(self.px_triangle, minlength=len(self.triangles))
        self.start = np.concatenate([[0], np.cumsum(counts)[:-1]])
        self.counts = counts

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


def _grid_lines(length: int, step: int) -> NDArray[np.int32]:
    """Every ``step``-th line and the last one: a mesh may end in slivers along the rim."""
    return np.unique(np.append(np.arange(0, length, step), length - 1)).astype(np.int32)


def _ranges(first: Index, last: Index) -> tuple[Index, Index]:
    """Every integer first[i] .. last[i] (none where last < first), and the i it belongs to."""
    length = np.maximum(last - first + 1, 0)
    owner = np.repeat(np.arange(len(first)), length)
    offset = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
    return owner, first[owner] + offset


def sums_by(group: Index, amount: Float, number: int) -> Float:
    """Sum of ``amount`` for each group 0 .. number - 1."""
    return np.bincount(group, weights=amount, minlength=number).astype(np.float64, copy=False)
