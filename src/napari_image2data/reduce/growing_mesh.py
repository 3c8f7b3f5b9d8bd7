"""A mesh that grows where it fits a field worst, with heights of least squares."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from napari_image2data.errors import ReductionError
from napari_image2data.reduce.compare import clean_pixels
from napari_image2data.reduce.inputs import as_field_array
from napari_image2data.reduce.mesh import Mesh, sums_by
from napari_image2data.reduce.moving_mesh import MovingMesh
from napari_image2data.reduce.points import points_table

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Float = NDArray[np.float64]

Norm = Literal["rmse", "max"]
"""The error that is kept: root mean square, or the largest, over the clean pixels."""

PIXELS_PER_POINT = 50
"""Pixels looked at per point while the mesh grows; the result is judged on all of them."""

PIXELS_TO_MOVE = 150_000
"""Pixels looked at, at least, while points find better places."""


class GrowingMesh:
    """A Delaunay mesh that grows at the pixels where it fits a field worst.

    Parameters
    ----------
    field : Field or (h, w) array_like of float
        The field.
    norm : {"rmse", "max"}
        What "worst" means: the triangle's sum of squares, or its largest error.
    fit : bool
        Whether errors are those of the least-squares heights or of the field's own values.
    """

    def __init__(self, field: Any, *, norm: Norm, fit: bool) -> None:
        self.field = field
        self.norm = norm
        self.fit = fit
        self.values = as_field_array(field).astype(np.float64)
        self.clean = clean_pixels(field)
        self.n_clean = int(self.clean.sum())
        self.exact = False  # no pixel is left that differs from the mesh
        self._mesh: _Fitted | None = None
        self.start_from(self._first_points())

    def start_from(self, pixels: NDArray[np.intp]) -> None:
        """Begin with points at these pixels (flat indices)."""
        rows, cols = np.divmod(np.unique(pixels), self.values.shape[1])
        self._place(rows.astype(np.float64), cols.astype(np.float64), self.values[rows, cols])

    def _place(self, rows: Float, cols: Float, own: Float) -> None:
        """Points in the order, and one a place, as `reconstruct` has them."""
        place, first = np.unique(np.column_stack([rows, cols]), axis=0, return_index=True)
        self.rows, self.cols = np.ascontiguousarray(place.T)
        self.own = own[first]  # what a point says that no pixel asks
        self._mesh = None

    @property
    def number(self) -> int:
        """Points that there are."""
        return len(self.rows)

    @property
    def points(self) -> NDArray[np.intp]:
        """The pixels that the points are in (flat indices)."""
        pixels: NDArray[np.intp] = (self.rows * self.values.shape[1] + self.cols).astype(np.intp)
        return pixels

    def state(self) -> tuple[Float, Float, Float, bool]:
        """The points, to come back to."""
        return self.rows, self.cols, self.own, self.exact

    def restore(self, state: tuple[Float, Float, Float, bool]) -> None:
        """Come back to the points of this state."""
        self.rows, self.cols, self.own, self.exact = state
        self._mesh = None

    def move(self, steps: int) -> bool:
        """Let the points inside of the hull find better pixels; whether that helped.

        Where it did not, all is as it was.

        The least-squares heights and the places are fitted together, so that the points say no
        longer what their own pixels do. Two that end in one pixel become one.
        """
        mesh, before = self._current(), self.state()
        error = self._plain_error(mesh.residual(mesh.heights))
        hull = np.zeros(self.number, bool)
        hull[np.unique(mesh.mesh.hull_edges)] = True
        fine = int((self.n_clean / PIXELS_TO_MOVE) ** 0.5)
        moving = MovingMesh(
            self.values,
            self.clean,
            self.rows,
            self.cols,
            mesh.heights,
            hull,
            step=max(1, min(mesh.step, fine)),
        )
        moving.rough = moving.on_known = True
        moving.fit(steps)
        # who comes into a pixel second stays where it was
        rows, cols = np.round(moving.row), np.round(moving.col)
        _, first = np.unique(rows * self.values.shape[1] + cols, return_index=True)
        late = np.ones(self.number, bool)
        late[first] = False
        rows[late], cols[late] = self.rows[late], self.cols[late]
        self._place(rows, cols, moving.height)
        after = self._current()
        if self._plain_error(after.residual(after.heights)) < error:
            return True
        self.restore(before)
        return False

    def _first_points(self) -> NDArray[np.intp]:
        """The clean pixels nearest to the four corners of the clean area."""
        rows, cols = np.nonzero(self.clean)
        if len(rows) < 3:
            raise ReductionError(
                f"The field has {len(rows)} clean pixels and a mesh needs 3; decode more of it."
            )
        width = self.clean.shape[1]
        found = []
        for corner_row in (rows.min(), rows.max()):
            for corner_col in (cols.min(), cols.max()):
                nearest = np.argmin((rows - corner_row) ** 2 + (cols - corner_col) ** 2)
                found.append(rows[nearest] * width + cols[nearest])
        # A third direction where the corners coincide or lie in line
        across = np.abs(
            (cols - cols[0]) * float(rows[-1] - rows[0])
            - (rows - rows[0]) * float(cols[-1] - cols[0])
        )
        if not across.any():
            raise ReductionError(
                "All clean pixels lie on one line, so they span no area; decode more of the field."
            )
        far = int(np.argmax(across))
        points = np.unique(found)
        y, x = np.divmod(points, width)
        if len(points) < 3 or np.linalg.matrix_rank(np.column_stack([y - y[0], x - x[0]])) < 2:
            ends = [rows[i] * width + cols[i] for i in (0, far, len(rows) - 1)]
            points = np.unique(np.concatenate([points, ends]))
        return points

    def done(self, tolerance: float | None, n_points: int | None) -> bool:
        """Whether the wanted number of points is there, or the error kept on every clean pixel."""
        if self.exact:
            return True
        if n_points is not None:
            return self.number >= n_points
        assert tolerance is not None
        # A mesh through the field is looked at first: the fit rarely halves its error, and all
        # pixels are asked only when the coarse look promises success.
        mesh = self._current()
        plain = self._plain_error(mesh.residual(self.own))
        if plain > tolerance and not (self.fit and plain < 2.5 * tolerance):
            return False
        if mesh.step > 1 and self._plain_error(mesh.residual(mesh.heights)) > tolerance:
            return False
        rmse, worst = self.errors()
        return (rmse if self.norm == "rmse" else worst) <= tolerance

    def errors(self) -> tuple[float, float]:
        """Rmse and largest error over all clean pixels, of what `reconstruct` would give."""
        difference = (self._full().image() - self.values)[self.clean]
        return float(np.mean(difference**2) ** 0.5), float(np.abs(difference).max())

    def grow(self, tolerance: float | None, n_points: int | None) -> float:
        """Insert one batch of points; return the error before it."""
        mesh = self._current()
        plain = mesh.residual(self.own)
        free = ~np.isin(mesh.pixel, self.points)  # no two points in one pixel
        worst, where = mesh.worst(np.abs(plain) * free)
        order = mesh.sums(plain**2) if self.norm == "rmse" else worst
        error = self._plain_error(plain)
        limit = 0.0
        if tolerance is not None and self.norm == "max":
            # a rebuilt field is rounded to single precision: nobody may be that near the limit
            largest = np.abs(self.values[self.clean]).max()
            limit = max(0.0, tolerance - 2.0 * float(np.spacing(np.float32(largest))))
        wanted = self._batch(error, tolerance, n_points)
        chosen = mesh.spread_out(order, (worst > limit) & (where >= 0), wanted)
        new = where[chosen]
        if len(new) == 0 and mesh.step > 1:
            self._fine = True  # the coarse look sees nothing any more
        elif len(new) == 0:
            told = self.values.ravel()[self.points]
            self.exact = bool((self.own == told).all())
            self.own = told  # moved points said otherwise
        if n_points is not None:
            new = new[: n_points - self.number]
        if len(new):
            rows, cols = np.divmod(new, self.values.shape[1])
            self._place(
                np.append(self.rows, rows),
                np.append(self.cols, cols),
                np.append(self.own, self.values[rows, cols]),
            )
        self._mesh = None
        return error

    def table(self) -> pd.DataFrame:
        """The points as a table."""
        mesh = self._full()
        nearest, residual = mesh.nearest_point()
        size = np.bincount(nearest, minlength=self.number)
        square = np.bincount(nearest, weights=residual**2, minlength=self.number)
        sigma = np.sqrt(square / np.maximum(size, 1))
        rows, cols = np.divmod(self.points, self.values.shape[1])
        return points_table(rows, cols, mesh.heights, self.field, sigma=sigma, size=size)

    _fine = False

    def _stride(self) -> int:
        if self._fine:
            return 1
        return max(1, int((self.n_clean / (PIXELS_PER_POINT * self.number)) ** 0.5))

    def _current(self) -> _Fitted:
        if self._mesh is None:
            self._mesh = _Fitted(self, self._stride())
        return self._mesh

    def _full(self) -> _Fitted:
        if self._current().step > 1:
            self._mesh = _Fitted(self, 1)
        return self._current()

    def _plain_error(self, residual: NDArray[np.float64]) -> float:
        if not len(residual):
            return 0.0
        if self.norm == "rmse":
            return float(np.mean(residual**2) ** 0.5)
        return float(np.abs(residual).max())

    def _batch(self, error: float, tolerance: float | None, n_points: int | None) -> int:
        """Points to insert at once: half as many again, less when the goal is near."""
        have = self.number
        batch = max(4, have // 2)
        if n_points is not None:
            left = n_points - have
            # the last points are placed in small batches, each seeing what the last one did
            return min(left, batch, max(4, left // 2, have // 20))
        if tolerance and self.norm == "rmse":
            # the error of a linear mesh falls as 1 / points; the fit takes a third off it
            left = int(have * ((0.65 if self.fit else 1.0) * error / tolerance - 1.0))
            return max(1, min(batch, max(4, have // 40, left // 2)))
        return batch


class _Fitted:
    """The mesh of one moment with its clean pixels, inside and beyond the hull, and heights."""

    def __init__(self, growth: GrowingMesh, step: int) -> None:
        self.growth = growth
        self.step = step
        values, clean = growth.values, growth.clean.ravel()
        self.mesh = Mesh(growth.rows, growth.cols, values.shape, step=step)
        self.inside = clean[self.mesh.pixel]
        beyond, edge, along = self.mesh.beyond_hull()
        keep = clean[beyond]
        self.beyond, self.edge, self.along = beyond[keep], edge[keep], along[keep]
        flat = values.ravel()
        self.truth = np.concatenate([flat[self.mesh.pixel[self.inside]], flat[self.beyond]])
        # cells: the triangles, then the hull's edges with what lies beyond them
        self.cell = np.concatenate(
            [self.mesh.px_triangle[self.inside], len(self.mesh.triangles) + self.edge]
        )
        self.pixel = np.concatenate([self.mesh.pixel[self.inside], self.beyond])
        self.n_cells = len(self.mesh.triangles) + len(self.mesh.hull_edges)

    @cached_property
    def heights(self) -> NDArray[np.float64]:
        """Heights of the points: fitted, or the field's own."""
        return self._fit() if self.growth.fit else self.growth.own

    def residual(self, heights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Mesh minus field at every clean pixel looked at."""
        a, b = self.mesh.hull_edges[self.edge].T
        beyond = heights[a] * (1 - self.along) + heights[b] * self.along
        inside = self.mesh.on_pixels(heights)[self.inside]
        difference: NDArray[np.float64] = np.concatenate([inside, beyond]) - self.truth
        return difference

    def sums(self, amount: NDArray[np.float64]) -> NDArray[np.float64]:
        return sums_by(self.cell, amount, self.n_cells)

    def worst(self, amount: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
        """Largest amount in every cell, and the pixel it is at (-1: the cell has none)."""
        worst = np.zeros(self.n_cells)
        where = np.full(self.n_cells, -1, np.intp)
        np.maximum.at(worst, self.cell, amount)
        hits = np.flatnonzero(amount == worst[self.cell])[::-1]
        where[self.cell[hits]] = self.pixel[hits]
        return worst, where

    def spread_out(
        self, order: NDArray[np.float64], allowed: NDArray[np.bool_], wanted: int
    ) -> NDArray[np.intp]:
        """Up to ``wanted`` cells of the largest ``order``, none beside a larger one of them."""
        candidates = np.flatnonzero(allowed)
        if len(candidates) > wanted:
            top = np.argpartition(order[candidates], -wanted)[-wanted:]
            candidates = candidates[top]
        chosen = np.zeros(self.n_cells + 1, bool)  # the last entry stands for "no neighbour"
        chosen[candidates] = True
        rank = np.append(order, -1.0)
        triangles = candidates[candidates < len(self.mesh.triangles)]
        beside = self.mesh.neighbors[triangles]
        larger = chosen[beside] & (rank[beside] > rank[triangles][:, None])
        chosen[triangles[larger.any(axis=1)]] = False
        found = np.flatnonzero(chosen[:-1])
        return found[np.argsort(-order[found], kind="stable")]

    def _fit(self) -> NDArray[np.float64]:
        """Heights of least squares over the clean pixels.

        Each point holds on to its own value with the weight of a twentieth of a pixel:
        that decides where no pixel does, and nothing elsewhere.
        """
        from scipy.sparse import coo_array
        from scipy.sparse.linalg import cg

        number, own = self.growth.number, self.growth.own
        hold = 0.05
        weights = [w[self.inside] for w in self.mesh.weights()]
        triangle = self.mesh.px_triangle[self.inside]
        corners = self.mesh.triangles
        truth = self.truth[: len(triangle)]
        many = len(corners)
        entries: list[NDArray[np.float64]] = []
        rows: list[NDArray[np.intp]] = []
        cols: list[NDArray[np.intp]] = []
        right = hold * own
        for i in range(3):
            sums = sums_by(triangle, weights[i] * truth, many)
            right += np.bincount(corners[:, i], weights=sums, minlength=number)
            for j in range(i, 3):
                sums = sums_by(triangle, weights[i] * weights[j], many)
                for a, b in {(i, j), (j, i)}:
                    entries.append(sums)
                    rows.append(corners[:, a])
                    cols.append(corners[:, b])
        ends = self.mesh.hull_edges[self.edge]
        pair = np.column_stack([1 - self.along, self.along])
        truth = self.truth[len(triangle) :]
        for i in range(2):
            right += np.bincount(ends[:, i], weights=pair[:, i] * truth, minlength=number)
            for j in range(2):
                entries.append(pair[:, i] * pair[:, j])
                rows.append(ends[:, i])
                cols.append(ends[:, j])
        entries.append(np.full(number, hold))
        rows.append(np.arange(number))
        cols.append(np.arange(number))
        matrix = coo_array(
            (np.concatenate(entries), (np.concatenate(rows), np.concatenate(cols))),
            shape=(number, number),
        ).tocsr()
        scale = 1.0 / np.sqrt(matrix.diagonal())
        matrix = matrix.multiply(scale[:, None]).multiply(scale[None, :]).tocsr()
        solution, _ = cg(matrix, right * scale, x0=own / scale, rtol=1e-7, maxiter=500)
        heights: NDArray[np.float64] = solution * scale
        # what `reconstruct` will read from a table of ordinary numbers
        return heights

    def image(self) -> NDArray[np.float64]:
        """The rebuilt field, as `reconstruct` gives it."""
        image = self.mesh.render(self.heights).astype(np.float64)
        a, b = self.mesh.hull_edges[self.edge].T
        beyond = self.heights[a] * (1 - self.along) + self.heights[b] * self.along
        # rounded as a rebuilt field is: a tolerance is kept to the last digit of that
        image.ravel()[self.beyond] = beyond.astype(np.float32)
        return image

    def nearest_point(self) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """For every clean pixel: the corner of its cell with the largest weight, its residual."""
        weights = np.stack([w[self.inside] for w in self.mesh.weights()])
        corner = self.mesh.triangles[self.mesh.px_triangle[self.inside], np.argmax(weights, axis=0)]
        end = self.mesh.hull_edges[self.edge, (self.along > 0.5).astype(int)]
        return np.concatenate([corner, end]), self.residual(self.heights)
