"""The mesh of one moment with the pixels that it covers, and its heights of least squares."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from napari_image2data.reduce.mesh import Mesh, sums_by

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_image2data.reduce.growing_mesh import GrowingMesh


class FittedMesh:
    """The mesh of one moment with its clean pixels, inside and beyond the hull, and heights."""

    def __init__(self, growth: GrowingMesh, step: int) -> None:
        self.growth = growth
        self.step = step
        values, clean = growth.values, growth.clean.ravel()
        self.mesh = Mesh(growth.rows, growth.cols, values.shape, step=step, spacing=growth.spacing)
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
        weights = growth.weights
        self.weight = None if weights is None else weights.ravel()[self.pixel]

    @cached_property
    def heights(self) -> NDArray[np.float64]:
        """Heights of the points: fitted, or the field's own."""
        return self._fit() if self.growth.fit else self.growth.own

    @cached_property
    def error(self) -> float:
        """The error with these heights, over the pixels looked at."""
        if self.step > 1:
            return self.error_of(self.residual(self.heights))
        return self.errors[0 if self.growth.norm == "rmse" else 1]

    def error_of(self, residual: NDArray[np.float64]) -> float:
        """The error of such residuals of the pixels looked at."""
        if self.growth.norm == "rmse":
            return self.growth.rmse_of(residual, self.weight)
        return self.growth.largest_of(residual)

    @cached_property
    def errors(self) -> tuple[float, float]:
        """Rmse and largest error over all pixels (step 1)."""
        return self.growth.errors_of(self.image())

    def residual(self, heights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Mesh minus field at every clean pixel looked at."""
        a, b = self.mesh.hull_edges[self.edge].T
        beyond = heights[a] * (1 - self.along) + heights[b] * self.along
        inside = self.mesh.on_pixels(heights)[self.inside]
        difference: NDArray[np.float64] = np.concatenate([inside, beyond]) - self.truth
        return difference

    def sums(self, amount: NDArray[np.float64]) -> NDArray[np.float64]:
        """The sum of the amount in every cell, each pixel with its weight."""
        weighed = amount if self.weight is None else self.weight * amount
        return sums_by(self.cell, weighed, self.n_cells)

    def worst(self, amount: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
        """Largest amount in every cell, and the pixel it is at (-1: the cell has none)."""
        worst = np.zeros(self.n_cells)
        where = np.full(self.n_cells, -1, np.intp)
        np.maximum.at(worst, self.cell, amount)
        hits = np.flatnonzero(amount == worst[self.cell])[::-1]
        where[self.cell[hits]] = self.pixel[hits]
        return worst, where

    def spread_out(
        self, order: NDArray[np.float64], allowed: NDArray[np.bool_], wanted: int, *, passes: int
    ) -> NDArray[np.intp]:
        """Up to ``wanted`` cells of the largest ``order``, none beside a larger one of them."""
        candidates = np.flatnonzero(allowed)
        most = min(passes, 2) * wanted  # about half of them lie beside a larger one
        if len(candidates) > most:
            top = np.argpartition(order[candidates], -most)[-most:]
            candidates = candidates[top]
        chosen = np.zeros(self.n_cells + 1, bool)  # the last entry stands for "no neighbour"
        chosen[candidates] = True
        rank = np.append(order, -1.0)
        triangles = candidates[candidates < len(self.mesh.triangles)]
        chosen[triangles] = False
        # in later passes those beside a larger one that is itself beside one that is chosen
        for _ in range(passes):
            waiting = np.zeros(self.n_cells + 1, bool)
            waiting[triangles] = True
            beside = self.mesh.neighbors[triangles]
            larger = waiting[beside] & (rank[beside] > rank[triangles][:, None])
            chosen[triangles[~larger.any(axis=1)]] = True
            rest = ~chosen[triangles] & ~chosen[beside].any(axis=1)
            triangles = triangles[rest]
        found = np.flatnonzero(chosen[:-1])
        return found[np.argsort(-order[found], kind="stable")][:wanted]

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
        ends = self.mesh.hull_edges[self.edge]
        pair = np.column_stack([1 - self.along, self.along])
        inside, many = len(triangle), len(corners)
        # by weight of the pixel, on one side of each product
        weighed, pair_weighed = weights, pair
        if self.weight is not None:
            weighed = [self.weight[:inside] * w for w in weights]
            pair_weighed = self.weight[inside:, None] * pair
        entries: list[NDArray[np.float64]] = []
        rows: list[NDArray[np.intp]] = []
        cols: list[NDArray[np.intp]] = []
        right = hold * own
        for i in range(3):
            sums = sums_by(triangle, weighed[i] * self.truth[:inside], many)
            right += np.bincount(corners[:, i], weights=sums, minlength=number)
            for j in range(i, 3):
                sums = sums_by(triangle, weighed[i] * weights[j], many)
                for a, b in {(i, j), (j, i)}:
                    entries.append(sums)
                    rows.append(corners[:, a])
                    cols.append(corners[:, b])
        for i in range(2):
            pull = pair_weighed[:, i] * self.truth[inside:]
            right += np.bincount(ends[:, i], weights=pull, minlength=number)
            for j in range(2):
                entries.append(pair_weighed[:, i] * pair[:, j])
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
