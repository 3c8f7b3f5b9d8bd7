"""A mesh that grows where it fits a field worst, with heights of least squares."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from napari_image2data.errors import ReductionError
from napari_image2data.reduce.compare import clean_pixels
from napari_image2data.reduce.fitted_mesh import FittedMesh
from napari_image2data.reduce.inputs import as_field_array
from napari_image2data.reduce.moving_mesh import MovingMesh
from napari_image2data.reduce.points import SPACING, points_table

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from numpy.typing import NDArray

    Float = NDArray[np.float64]

Norm = Literal["rmse", "max"]
"""The error that is kept: root mean square, or the largest, over the clean pixels."""

PIXELS_PER_POINT = 50
"""Pixels looked at per point while the mesh grows; the result is judged on all of them."""

FEWER_PIXELS = 10
"""The same for very many points: 0.1 % more error than with twice as many."""
VERY_MANY = 20_000
"""So many points are very many."""
MANY = 5_000
"""From so many points on it matters whether the error still falls, ..."""
LOOK_BACK = 1.3
"""... seen since there were this many times fewer points, ..."""
SLOW = 0.4
"""... and with this power of their number at least: with 1 in smooth fields."""
PASSES = 3
"""How often a batch is then filled up with triangles that do not touch those chosen already."""

EVEN = 0.1
"""Very many points fill up batches, too, where the misfit is as even as in that share of all
triangles: not where the triangles along a few steps hold it."""

PIXELS_TO_MOVE = 150_000
"""Pixels looked at, at least, while points find better places."""


DAMPED = 0.04
"""What the moves of very many points are damped by: longer ones are tried in vain."""


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
    spacing : (float, float)
        Size ``(dy, dx)`` of a pixel, which decides on the triangles.
    weights : (h, w) float ndarray, optional
        What the square of each pixel's error counts; without, 1.
    """

    costs = 0
    """Points that what is needed beside the points takes."""
    unseen = (0.0, 0.0)
    """Rmse and largest error of what the field itself does not show."""

    def __init__(
        self,
        field: Any,
        *,
        norm: Norm,
        fit: bool,
        spacing: tuple[float, float] = (1.0, 1.0),
        weights: Float | None = None,
    ) -> None:
        self.field = field
        self.spacing = spacing
        self.weights = weights
        self.norm = norm
        self.fit = fit
        self.values = as_field_array(field).astype(np.float64)
        self.clean = clean_pixels(field)
        self.n_clean = int(self.clean.sum())
        self.exact = False  # no pixel is left that differs from the mesh
        self._course: list[tuple[int, float]] = []  # points and fitted error before each batch
        self._mesh: FittedMesh | None = None
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

    def move(self, steps: int, during: Callable[[float], None] | None = None) -> bool:
        """Let the points inside of the hull find better pixels; whether that helped.

        Where it did not, all is as it was. ``during`` is called with the share done, now and then.

        The least-squares heights and the places are fitted together, so that the points say no
        longer what their own pixels do. Two that end in one pixel become one.
        """
        mesh, before = self._current(), self.state()
        error = mesh.error_of(mesh.residual(mesh.heights))
        hull = np.ones(self.number, bool)
        hull[self.inside_hull()] = False
        fine = int((self.n_clean / (self._looked_at or PIXELS_TO_MOVE)) ** 0.5)
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
        moving.weights, moving.spacing = self.weights, self.spacing
        if self.number > VERY_MANY:
            moving.damping = DAMPED
        moving.fit(steps, mesh=mesh.mesh if moving.step == mesh.step else None, during=during)
        # who comes into a pixel second stays where it was
        rows, cols = np.round(moving.row), np.round(moving.col)
        _, first = np.unique(rows * self.values.shape[1] + cols, return_index=True)
        late = np.ones(self.number, bool)
        late[first] = False
        rows[late], cols[late] = self.rows[late], self.cols[late]
        self._place(rows, cols, moving.height)
        after = self._current()
        if after.error_of(after.residual(after.heights)) < error:
            return True
        self.restore(before)
        return False

    def inside_hull(self) -> NDArray[np.intp]:
        """The numbers of the points inside of the hull."""
        inside = np.ones(self.number, bool)
        inside[np.unique(self._current().mesh.hull_edges)] = False
        return np.flatnonzero(inside)

    def leave_out(self, which: NDArray[np.intp]) -> None:
        """Leave out the points of these numbers."""
        rest = np.ones(self.number, bool)
        rest[which] = False
        self._place(self.rows[rest], self.cols[rest], self.own[rest])

    def leave_out_to(self, number: int) -> None:
        """Leave out, one by one, points that the error hardly grows without, until so many stay."""
        while self.number > number:
            start, tried = self.state(), []
            for which in range(self.number):
                self.leave_out(np.array([which]))
                with suppress(ReductionError):  # where the rest lies on one line
                    tried.append((self.error, which))
                self.restore(start)
            self.leave_out(np.array([min(tried)[1]]))

    def look_coarsely(self, pixels: int | None) -> None:
        """Look at this many pixels only, whatever the number of points; None: as ever."""
        self._looked_at = pixels
        self._mesh = None

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
        plain = mesh.error_of(mesh.residual(self.own))
        if plain > tolerance and not (self.fit and plain < 2.5 * tolerance):
            return False
        return mesh.error <= tolerance and self._full().error <= tolerance

    @property
    def error(self) -> float:
        """The error over the pixels looked at."""
        return self._current().error

    def errors(self) -> tuple[float, float]:
        """Rmse and largest error over all clean pixels, of what `reconstruct` would give."""
        return self._full().errors

    def grow(self, tolerance: float | None, n_points: int | None) -> float:
        """Insert one batch of points; return the error before it."""
        mesh = self._current()
        plain = mesh.residual(self.own)
        free = ~np.isin(mesh.pixel, self.points)  # no two points in one pixel
        worst, where = mesh.worst(np.abs(plain) * free)
        order = mesh.sums(plain**2) if self.norm == "rmse" else worst
        error = mesh.error_of(plain)
        limit = 0.0
        if tolerance is not None and self.norm == "max":
            # a rebuilt field is rounded to single precision: nobody may be that near the limit
            largest = np.abs(self.values[self.clean]).max()
            rounding = 2.0 * float(np.spacing(np.float32(largest)))
            limit = max(0.0, tolerance - self.unseen[1] - rounding)
        self._course.append((self.number, error))
        stalled = n_points is None and self.stalled()
        wanted = self._batch(mesh, error, tolerance, n_points, stalled=stalled)
        fit = (worst > limit) & (where >= 0)
        passes = PASSES if stalled else 1
        if n_points is not None and self.number > VERY_MANY:
            last = n_points - self.number < self.number // 64
            even = np.sum(order) ** 2 > EVEN * len(order) * np.sum(order**2)
            if last or (even and self.number > 2 * VERY_MANY):
                passes = 2
        chosen = mesh.spread_out(order, fit, wanted, passes=passes)
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
        # a pixel on the edge of two triangles is in both, and counts once
        last = np.zeros(self.values.size, np.intp)
        last[mesh.pixel] = np.arange(len(mesh.pixel))
        weight = (last[mesh.pixel] == np.arange(len(mesh.pixel))).astype(np.float64)
        if mesh.weight is not None:
            weight *= mesh.weight
        size = np.bincount(nearest, weights=weight, minlength=self.number).astype(np.intp)
        square = np.bincount(nearest, weights=weight * residual**2, minlength=self.number)
        sigma = np.sqrt(square / np.maximum(size, 1))
        rows, cols = np.divmod(self.points, self.values.shape[1])
        table = points_table(rows, cols, mesh.heights, self.field, sigma=sigma, size=size)
        if self.spacing != (1.0, 1.0):
            table.attrs[SPACING] = self.spacing
        return table

    _fine = False
    _looked_at: int | None = None

    def _stride(self) -> int:
        if self._looked_at is not None:
            return max(1, int((self.n_clean / self._looked_at) ** 0.5))
        if self._fine:
            return 1
        many = PIXELS_PER_POINT if self.number <= VERY_MANY else FEWER_PIXELS
        return max(1, int((self.n_clean / (many * self.number)) ** 0.5))

    def _current(self) -> FittedMesh:
        if self._mesh is None:
            self._mesh = FittedMesh(self, self._stride())
        return self._mesh

    def _full(self) -> FittedMesh:
        if self._current().step > 1:
            self._mesh = FittedMesh(self, 1)
        return self._current()

    def rmse_of(self, residual: Float, weight: Float | None) -> float:
        """Root of the mean square of residuals, and of what is not seen."""
        if weight is None:
            seen = float(np.mean(residual**2)) if len(residual) else 0.0
        else:
            seen = float(np.sum(weight * residual**2) / max(np.sum(weight), 1.0))
        return float((seen + self.unseen[0] ** 2) ** 0.5)

    def errors_of(self, image: Float) -> tuple[float, float]:
        """Rmse and largest error of a rebuilt field over all clean pixels."""
        difference = (image - self.values)[self.clean]
        return float(np.mean(difference**2) ** 0.5), float(np.abs(difference).max())

    def largest_of(self, residual: Float) -> float:
        """The largest residual, with what is not seen at worst."""
        return float(np.abs(residual).max(initial=0.0)) + self.unseen[1]

    def _batch(
        self,
        mesh: FittedMesh,
        error: float,
        tolerance: float | None,
        n_points: int | None,
        *,
        stalled: bool,
    ) -> int:
        """Points to insert at once: half as many again, less when the goal is near."""
        have = self.number
        batch = max(4, have // 2)
        if n_points is not None:
            left = n_points - have
            # the last points are placed in small batches, each seeing what the last one did
            few = have // (20 if n_points <= VERY_MANY else 8)
            return min(left, batch, max(4, left // 2, few))
        if tolerance and self.norm == "rmse":
            # the error of a linear mesh falls as 1 / points; the fit takes a third off it
            left = int(have * ((0.65 if self.fit else 1.0) * error / tolerance - 1.0))
            if stalled and self.fit:
                left = int(have * ((max(1.0, mesh.error / tolerance) ** (1.0 / SLOW)) - 1.0))
            return max(1, min(batch, max(4, have // 40, left // 2)))
        return batch

    def stalled(self) -> bool:
        """Whether the error hardly falls any more, as where every few pixels are noise.

        Small batches, each of which sees what the last one did, would never end there.
        """
        if self.number < MANY:
            return False
        for before, larger in reversed(self._course):
            if self.number > LOOK_BACK * before:
                return bool(larger < self._course[-1][1] * (self.number / before) ** SLOW)
        return False
