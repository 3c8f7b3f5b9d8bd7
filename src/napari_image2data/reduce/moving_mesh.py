"""A mesh whose points move, in place and height, until it fits a field best."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_image2data.reduce.mesh import Mesh, Runs, sums_by

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Float = NDArray[np.float64]

TRIES = 6
"""How often a step that makes the fit worse is tried again, shorter."""
FARTHEST_MOVE = 3.0
"""Pixels that a point moves at most in one step."""
LEAST_GAIN = 1e-3
"""A step that takes a smaller share off the misfit is the last."""
ROUGHLY = 0.1
"""How far the equations of a step are solved: the next step starts from a new mesh anyway."""


class MovingMesh:
    """A piecewise linear surface over the Delaunay triangles of points that can move.

    Parameters
    ----------
    values : (h, w) float ndarray
        The field; NaN where ``known`` is False.
    known : (h, w) bool ndarray
        The pixels that count.
    row, col, height : (N,) float ndarray
        The points.
    fixed : (N,) bool ndarray
        Points that stay in place; their heights change.
    step : int
        Look at every ``step``-th row and column only.
    """

    def __init__(
        self,
        values: Float,
        known: NDArray[np.bool_],
        row: Float,
        col: Float,
        height: Float,
        fixed: NDArray[np.bool_],
        *,
        step: int = 1,
    ) -> None:
        self.values = values
        self.known = known.ravel()
        self.row, self.col, self.height, self.fixed = row, col, height, fixed
        self.step = step
        self.soft = np.inf  # residuals well above this hardly count in a fit
        self.rough = False  # whether `fit` solves its equations roughly, in a quarter of the time
        self.damping = 1e-3  # what steps are damped by in the beginning
        self.on_known = False  # whether points stay on known pixels
        self.weights: Float | None = None  # what the residual of each pixel counts, else 1
        self.spacing = (1.0, 1.0)  # size of a pixel, which decides on the triangles

    def look(self, row: Float, col: Float, height: Float, *, mesh: Mesh | None = None) -> None:
        """Mesh the points (but for one given) and compare with the field at every known pixel."""
        shape = self.values.shape[0], self.values.shape[1]
        if mesh is None:
            mesh = Mesh(row, col, shape, step=self.step, spacing=self.spacing)
        self.mesh = mesh
        self.inside = self.known[self.mesh.pixel]
        self.triangle = self.mesh.px_triangle[self.inside]
        self.pixel = self.mesh.pixel[self.inside]
        self.residual = self.mesh.on_pixels(height)[self.inside] - self.values.ravel()[self.pixel]

    def fit(
        self,
        steps: int,
        *,
        mesh: Mesh | None = None,
        during: Callable[[float], None] | None = None,
    ) -> None:
        """Move points and heights by damped least squares (Levenberg-Marquardt).

        It begins with ``mesh``, where one of these points is there, and calls ``during`` with the
        share done before every step and every try of one.

        The misfit of a pixel is soft^2 log(1 + (residual / soft)^2), its square where ``soft`` is
        infinite. With barycentric weights w_k and a plane of slope (g_y, g_x), the surface at a
        pixel changes by w_k with the height of corner k and by -w_k g with its place, so that the
        normal equations are sums over triangles.
        """
        from scipy.sparse import coo_array

        during = during or (lambda share: None)
        self.look(self.row, self.col, self.height, mesh=mesh)
        square = self._misfit()
        damping = self.damping
        many = 3 * len(self.row)
        diagonal = np.arange(many)
        for done in range(steps):
            during(done / steps)
            normal, gradient = self._normal_equations()
            scale = normal.diagonal().reshape(-1, 3)
            typical = np.median(scale[:, 1:][scale[:, 1:] > 0]) if scale[:, 1:].any() else 1.0
            for tried in range(TRIES):
                during((done + (1 + tried) / (1 + TRIES)) / steps)
                extra = damping * (scale + 0.1 * typical) + 1e-12
                extra[:, 0] = 1e-6 * scale[:, 0] + 0.05
                extra[self.fixed, 1:] = 1e12 * typical + 1e6
                system = normal + coo_array((extra.ravel(), (diagonal, diagonal)), (many, many))
                move = self._solve(system, -gradient.ravel()).reshape(-1, 3)
                row, col = self._moved(move)
                self.look(row, col, self.height + move[:, 0])
                new_square = self._misfit()
                if new_square < square:
                    break
                damping *= 8
            else:
                self.look(self.row, self.col, self.height)
                return
            self.row, self.col, self.height = row, col, self.height + move[:, 0]
            gain = (square - new_square) / square
            square, damping = new_square, max(damping / 4, 1e-6)
            if gain < LEAST_GAIN:
                return

    def _moved(self, move: Float) -> tuple[Float, Float]:
        far = np.maximum(np.hypot(move[:, 1], move[:, 2]) / FARTHEST_MOVE, 1.0)
        height, width = self.values.shape
        row = np.clip(self.row + move[:, 1] / far, 0, height - 1)
        col = np.clip(self.col + move[:, 2] / far, 0, width - 1)
        row[self.fixed], col[self.fixed] = self.row[self.fixed], self.col[self.fixed]
        if self.on_known:
            pixel = np.round(row).astype(np.intp) * width + np.round(col).astype(np.intp)
            lost = ~self.known[pixel]
            row[lost], col[lost] = self.row[lost], self.col[lost]
        return row, col

    def _solve(self, system: Any, right: Float) -> Float:
        from scipy.sparse.linalg import cg, spsolve

        if not self.rough:
            exact: Float = spsolve(system.tocsc(), right)
            return exact
        scale = 1.0 / np.sqrt(system.diagonal())
        even = system.multiply(scale[:, None]).multiply(scale[None, :]).tocsr()
        found, _ = cg(even, right * scale, rtol=ROUGHLY, maxiter=200)
        nearly: Float = found * scale
        return nearly

    def misfit_of(self, residual: Float) -> Float:
        """How much residuals count: their squares, or less where they are above ``soft``."""
        square = residual**2
        if np.isfinite(self.soft):
            square = self.soft**2 * np.log1p(square / self.soft**2)
        return square

    def _misfit(self) -> float:
        square = self.misfit_of(self.residual)
        if self.weights is not None:
            square = square * self.weights.ravel()[self.pixel]
        return float(np.sum(square))

    def _normal_equations(self) -> tuple[Any, Float]:
        """The sparse matrix of the normal equations and the gradient of the squares."""
        from scipy.sparse import coo_array

        shared, pulls = self._sums()
        corners = self.mesh.triangles
        number, many = len(corners), len(self.row)
        _, per_row, per_col = self.mesh.planes(self.height)
        slope = np.column_stack([np.ones(number), -per_row, -per_col])
        gradient = np.zeros((many, 3))
        entries, rows, cols = [], [], []
        for i in range(3):
            for a in range(3):
                gradient[:, a] += sums_by(corners[:, i], pulls[i] * slope[:, a], many)
            for j in range(3):
                for a in range(3):
                    for b in range(3):
                        entries.append(shared[min(i, j), max(i, j)] * slope[:, a] * slope[:, b])
                        rows.append(3 * corners[:, i] + a)
                        cols.append(3 * corners[:, j] + b)
        place = (np.concatenate(rows), np.concatenate(cols))
        size = (3 * many, 3 * many)
        return coo_array((np.concatenate(entries), place), shape=size).tocsr(), gradient

    def _sums(self) -> tuple[dict[tuple[int, int], Float], list[Float]]:
        """Sums over each triangle: of weights i times j (i <= j), of weight i times residual.

        The three weights of a pixel add up to 1, so that two of them tell the sums of the third.
        """
        first, second = (w[self.inside] for w in self.mesh.weights()[:2])
        pull = self.residual
        runs = Runs(self.triangle, len(self.mesh.triangles))
        one, two = first, second
        if np.isfinite(self.soft) or self.weights is not None:
            trust = 1.0 / (1.0 + (self.residual / self.soft) ** 2)
            if self.weights is not None:
                trust *= self.weights.ravel()[self.pixel]
            one, two, pull = trust * first, trust * second, trust * pull
            whole = runs.sums(trust)
        else:
            whole = runs.sums(np.ones(len(pull)))
        a, b = runs.sums(one), runs.sums(two)
        aa, ab, bb = runs.sums(one * first), runs.sums(one * second), runs.sums(two * second)
        ac, bc = a - aa - ab, b - ab - bb
        shared = {(0, 0): aa, (0, 1): ab, (0, 2): ac, (1, 1): bb, (1, 2): bc}
        shared[2, 2] = np.maximum(whole - a - b - ac - bc, 0.0)
        pulls = [runs.sums(pull * first), runs.sums(pull * second)]
        return shared, [*pulls, runs.sums(pull) - pulls[0] - pulls[1]]
