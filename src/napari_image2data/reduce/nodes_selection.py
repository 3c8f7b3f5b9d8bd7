"""Which of many candidates are the nodes of a field of planes: fewest that explain it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_image2data.errors import ReductionError
from napari_image2data.reduce.mesh import sums_by

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_image2data.reduce.mesh import Mesh
    from napari_image2data.reduce.moving_mesh import MovingMesh

    Float = NDArray[np.float64]
    Index = NDArray[np.intp]
    Mask = NDArray[np.bool_]

SWEEPS = 6
"""How often points are added, then dropped."""
BATCHES = 60
"""How many batches of points are tried in a sweep, either way."""


class Selection:
    """Points of a mesh switched on and off, in place and height as they are.

    Extra points do not only cost: they make other triangles than the nodes do, which needs more
    extra points. So few points that are nodes for certain come first, and the others are asked
    whether they help those. What a point changes is felt in its star only (the triangles around
    it), so that points whose stars are apart are tried at once.

    Parameters
    ----------
    surface : MovingMesh
        The points; its `misfit_of` says how much a residual counts.
    rank : (N,) float ndarray
        The higher, the more a point looks like a node: those are tried first.
    on : (N,) bool ndarray
        The points to begin with.
    cost : float
        What a point costs, in units of the misfit of the pixels that the surface looks at.
    """

    def __init__(
        self,
        surface: MovingMesh,
        rank: Float,
        on: Mask,
        *,
        cost: float,
    ) -> None:
        self.surface, self.rank, self.cost = surface, rank, cost
        self.row, self.col, self.height = surface.row, surface.col, surface.height
        self._place = np.column_stack([self.row, self.col])
        values = surface.values[np.isfinite(surface.values)]
        self._lost = float(surface.misfit_of(np.array(np.ptp(values))))
        self._turn = 0
        self._misfit = np.zeros(0)
        self._changed = np.zeros(surface.values.size, np.intp)
        self._tried = np.full(len(on), -1)
        self._look_with(on | surface.fixed)

    @property
    def score(self) -> float:
        """Misfit over the pixels looked at, and the cost of the points; small is good."""
        return float(self._misfit.sum() + self.cost * self.on.sum())

    def settle(self) -> Mask:
        """Add what helps and drop what does not until neither changes; the points that stay."""
        best, score = self.on, np.inf
        for _ in range(SWEEPS):
            self._add()
            self._drop()
            if self.score >= score:
                break
            best, score = self.on, self.score
        self._look_with(best)
        return best

    def _add(self) -> None:
        """Switch on, best first, the points that take more off the misfit than they cost."""
        gains = np.zeros(len(self.on))
        batches = 0
        while True:
            while batches < BATCHES and len(picked := self._worth_a_try()):
                batches += 1
                trial = self.on.copy()
                trial[picked] = True
                mesh, triangle, pixel, after = self._look(trial)
                corners = np.sort(_numbers(trial, picked)[mesh.triangles], axis=1)
                # of two that share a triangle the second waits: effects are not told apart
                alone = np.ones(len(picked), bool)
                alone[corners[corners[:, 1] >= 0, 2]] = False
                alone[corners[corners[:, 0] >= 0, 1]] = False
                off = self._misfit - after
                gains[picked] = _sums_in_stars(corners[:, 2], triangle, pixel, off, len(picked))
                self._tried[picked[alone]] = self._turn
            good = np.flatnonzero(~self.on & (gains > self.cost))
            if not len(good):
                return
            good = good[np.argsort(-self.rank[good], kind="stable")]
            best = self._triangles_apart(good, self._mesh.delaunay.find_simplex(self._place[good]))
            gains[best] = 0.0
            batches += 1
            self._switch(best, on=True)

    def _drop(self) -> None:
        """Switch off the points without which the misfit grows by less than they cost."""
        for _ in range(BATCHES):
            picked = self._worth_dropping()
            if not len(picked):
                return
            trial = self.on.copy()
            trial[picked] = False
            star = _numbers(self.on, picked)[self._mesh.triangles].max(axis=1)
            try:
                *_, after = self._look(trial)
            except ReductionError:  # too few points are left to span an area
                return
            change = after - self._misfit
            loss = _sums_in_stars(star, self._triangle, self._pixel, change, len(picked))
            self._tried[picked] = self._turn
            self._switch(picked[loss < self.cost], on=False)

    def _switch(self, points: Index, *, on: bool) -> None:
        if len(points):
            which = self.on.copy()
            which[points] = on
            self._look_with(which)

    def _look_with(self, on: Mask) -> None:
        """Make these points the ones that are on, and note where that changes the surface."""
        before = self._misfit if self._turn else None
        self.on = on
        self._mesh, self._triangle, self._pixel, self._misfit = self._look(on)
        self._turn += 1
        self._changed[slice(None) if before is None else before != self._misfit] = self._turn

    def _look(self, on: Mask) -> tuple[Mesh, Index, Index, Float]:
        """The mesh, its triangles and pixels as listed, and the misfit at every pixel."""
        surface = self.surface
        surface.look(self.row[on], self.col[on], self.height[on])
        misfit = np.zeros(surface.values.size)
        grid = np.ix_(surface.mesh.grid_rows, surface.mesh.grid_cols)
        misfit.reshape(surface.values.shape)[grid] = self._lost
        misfit[~surface.known] = 0.0
        misfit[surface.pixel] = surface.misfit_of(surface.residual)
        return surface.mesh, surface.triangle, surface.pixel, misfit

    def _newest(self) -> Index:
        """The turn in which each triangle's pixels changed last."""
        newest = np.zeros(len(self._mesh.triangles), np.intp)
        np.maximum.at(newest, self._triangle, self._changed[self._pixel])
        return newest

    def _worth_a_try(self) -> Index:
        """Points, by rank and some triangles apart, where the misfit around can pay for them."""
        mesh = self._mesh
        order = np.flatnonzero(~self.on)
        order = order[np.argsort(-self.rank[order], kind="stable")]
        inside = mesh.delaunay.find_simplex(self._place[order])
        sums = sums_by(self._triangle, self._misfit[self._pixel], len(mesh.triangles))
        around = sums + np.append(sums, 0.0)[mesh.neighbors].sum(axis=1)
        newest = self._newest()
        newest = np.maximum(newest, np.append(newest, 0)[mesh.neighbors].max(axis=1))
        worth = (inside >= 0) & (around[inside] > self.cost)
        worth &= newest[inside] > self._tried[order]
        return self._triangles_apart(order[worth], inside[worth])

    def _triangles_apart(self, points: Index, inside: Index) -> Index:
        """Points of which no two lie in one triangle or in two side by side, first come first."""
        neighbors = self._mesh.neighbors
        used = np.zeros(len(neighbors) + 1, bool)
        picked = []
        for point, triangle in zip(points, inside, strict=True):
            if not used[triangle]:
                picked.append(point)
                used[triangle] = True
                used[neighbors[triangle]] = True
                used[-1] = False
        return np.array(picked, np.intp)

    def _worth_dropping(self) -> Index:
        """Points around which something is new, lowest rank first, no two joined by an edge."""
        mesh = self._mesh
        start, beside = mesh.delaunay.vertex_neighbor_vertices
        number = np.cumsum(self.on) - 1
        newest = np.zeros(int(self.on.sum()), np.intp)
        np.maximum.at(newest, mesh.triangles, self._newest()[:, None])
        order = np.flatnonzero(self.on & ~self.surface.fixed)
        order = order[newest[number[order]] > self._tried[order]]
        taken = np.zeros(len(newest), bool)
        picked = []
        for point in order[np.argsort(self.rank[order], kind="stable")]:
            i = number[point]
            if not taken[beside[start[i] : start[i + 1]]].any():
                picked.append(point)
                taken[i] = True
        return np.array(picked, np.intp)


def _numbers(on: Mask, picked: Index) -> Index:
    """For every point that is on, its number in ``picked``, or -1."""
    number = np.full(len(on), -1)
    number[picked] = np.arange(len(picked))
    return number[on]


def _sums_in_stars(star: Index, triangle: Index, pixel: Index, amount: Float, many: int) -> Float:
    """Sum of ``amount`` over the pixels of each star; ``star`` says whose each triangle is."""
    owner = star[triangle]
    inside = owner >= 0
    return sums_by(owner[inside], amount[pixel[inside]], many)
