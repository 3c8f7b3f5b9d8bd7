"""The nodes of a linearly interpolated field, from the folds between its planes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_image2data.errors import ReductionError
from napari_image2data.reduce.growing_mesh import GrowingMesh
from napari_image2data.reduce.mesh import Mesh, sums_by
from napari_image2data.reduce.moving_mesh import MovingMesh
from napari_image2data.reduce.nodes_selection import Selection

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Float = NDArray[np.float64]
    Index = NDArray[np.intp]

MOST_CANDIDATES = 4000
CANDIDATE_ROOM = 25
"""Pixels for a candidate, at least."""
RADII = (6, 10)
"""Radii (pixels) of the discs that a candidate is judged in."""
TIP = 1.7
"""Misfit of the best roof over the misfit of the best cone that makes a candidate a node."""
ROUNDS = 18
SELECT_AFTER = (10, 14, 18)
"""Rounds of adding points after which those are selected that are needed."""
LEAST_ROOM = 50
"""Pixels for a point: where more points are needed the field is smooth, or noise."""
FIRST_TIPS = (1.3, 1.5, 1.7)
"""How clear the tips are that selections start from; the best selection is taken."""
APART = 10.0
"""Pixels between those tips: beside a node a cone fits better than a roof, too."""
MOST_SELECTIONS = 3
"""How often they are selected and fitted, one after the other, while that helps, ..."""
LEAST_GAIN = 0.005
"""... which it does when it takes this share off misfit and cost."""
COST = 60.0
"""What a point has to explain to be kept: squared noise, summed over pixels."""
TRUST = 3.0
"""Pixels that are off by much more than this many times the noise hardly move a node: they show
that one is missing or too many, which bending its neighbours does not mend."""


def linear_nodes(
    values: Float, *, step: Callable[[float], None]
) -> tuple[Float, Float, Float] | None:
    """Rows, columns and heights of the nodes of a field of planes; None where it has none.

    Parameters
    ----------
    values : (h, w) float ndarray
        The field, NaN where nothing is known.
    step : callable
        Called with the share of the work done, many times; may raise `CancelledError`.

    Returns
    -------
    tuple of (N,) float ndarray, or None
        Row and column (pixel indices, broken) and height of each node; None when no point looks
        like the tip of a cone.
    """
    known = np.isfinite(values)
    span = float(np.ptp(values[known]))
    noise = _table_step(values[known], span) / 12**0.5
    share = 0.0

    def asked() -> None:
        step(share)

    surface = _candidates(values, known, span, asked)
    surface.asked = asked
    share = 0.1
    surface.rough = True  # so many points, most of which go
    surface.fit(12)
    surface.rough = False
    share = 0.2
    tips = _tips(values, surface, noise)
    order = _spread(surface, tips, 3.0)
    surface.keep(order[tips[order] > TIP])
    surface.soft = TRUST * noise
    if np.sum(~surface.fixed) < 1:
        return None
    surface.fit(12)
    score = np.inf
    for turn in range(ROUNDS):
        share = 0.3 + 0.65 * turn / ROUNDS
        if len(surface.row) * LEAST_ROOM > known.sum():
            return None
        bad = surface.insert_worst(noise)
        surface.fit(6)
        _merge_near(values, surface, noise, 2.5)
        _prune(surface, noise, span, passes=3)
        surface.fit(4)
        if bad and turn + 1 not in SELECT_AFTER:
            continue
        for _ in range(MOST_SELECTIONS):
            _select(values, surface, noise)
            new = surface.score(COST * noise**2)
            if new > (1 - LEAST_GAIN) * score:
                break
            score, best = new, surface.state()
        if turn < SELECT_AFTER[0] and surface.rmse > blind_error(values, len(surface.row), asked):
            return None
        if not bad:
            break
    surface.restore(best)
    _prune(surface, noise, span, passes=4)
    surface.soft = np.inf
    surface.fit(8)
    return surface.row, surface.col, surface.height


def blind_error(values: Float, n_points: int, asked: Callable[[], object]) -> float:
    """Rmse of as many points of a mesh that grows where it is worst: of any, not of the nodes."""
    growth = GrowingMesh(values, norm="rmse", fit=True)
    while not growth.done(None, n_points):
        asked()
        growth.grow(None, n_points)
    return growth.errors()[0]


def _table_step(values: Float, span: float) -> float:
    """Step between the values of a field in 8 bits, at least that of a table of 256."""
    levels = np.unique(values)
    if len(levels) > 4096:
        return span / 256
    return max(span / 256, float(np.median(np.diff(levels))))


def _candidates(
    values: Float, known: NDArray[np.bool_], span: float, asked: Callable[[], object]
) -> _Surface:
    """The points of a mesh grown at its worst pixels, with the corners of the field's hull."""
    from scipy.spatial import ConvexHull
    from skimage.measure import approximate_polygon

    growth = GrowingMesh(values, norm="max", fit=False)
    pixels = np.argwhere(known)
    hull = pixels[ConvexHull(pixels).vertices]
    # the hull of pixels is a staircase: corners that stand out by less than a pixel are its steps
    corners = approximate_polygon(np.vstack([hull, hull[:1]]), 0.9)[:-1].astype(int)
    width = values.shape[1]
    fixed = np.unique(corners[:, 0] * width + corners[:, 1])
    if len(fixed) >= 3:
        growth.start_from(fixed)
    tolerance = 2.5 * _table_step(values[known], span)
    most = min(MOST_CANDIDATES, int(known.sum() / CANDIDATE_ROOM))
    while not growth.done(tolerance, None) and growth.number < most:
        asked()
        growth.grow(tolerance, None)
    return _Surface(
        values, known, growth.rows, growth.cols, growth.own, np.isin(growth.points, fixed)
    )


class _Surface(MovingMesh):
    """A moving mesh whose points come and go; ``asked`` is called at every look at it."""

    asked: Callable[[], object] = staticmethod(lambda: None)

    def look(self, row: Float, col: Float, height: Float, *, mesh: Mesh | None = None) -> None:
        self.asked()
        super().look(row, col, height, mesh=mesh)

    def score(self, cost: float) -> float:
        """Misfit over the known pixels, and the cost of the points; small is good."""
        lost = self.misfit_of(np.array(np.ptp(self.values[np.isfinite(self.values)])))
        seen = np.zeros(self.values.size, bool)
        seen[self.pixel] = True
        return self._misfit() + float(lost) * np.sum(self.known & ~seen) + cost * len(self.row)

    def state(self) -> tuple[Float, Float, Float, NDArray[np.bool_]]:
        """The points, to come back to."""
        return self.row, self.col, self.height, self.fixed

    def restore(self, state: tuple[Float, Float, Float, NDArray[np.bool_]]) -> None:
        """Come back to the points of this state."""
        self.row, self.col, self.height, self.fixed = state
        self.look(self.row, self.col, self.height)

    @property
    def rmse(self) -> float:
        """Root mean square residual over the pixels of the mesh."""
        return float(np.mean(self.residual**2) ** 0.5)

    def keep(self, which: Index | NDArray[np.bool_]) -> None:
        self.row, self.col = self.row[which], self.col[which]
        self.height, self.fixed = self.height[which], self.fixed[which]

    def insert_worst(self, noise: float) -> int:
        """Add the worst pixel of every triangle that does not fit; return how many did not."""
        from scipy.spatial import KDTree

        number = len(self.mesh.triangles)
        error = np.abs(self.residual)
        worst = np.zeros(number)
        np.maximum.at(worst, self.triangle, error)
        square = sums_by(self.triangle, error**2, number)
        count = np.bincount(self.triangle, minlength=number)
        bad = (worst > 5 * noise) & (square > np.maximum(3 * count, 60) * noise**2)
        rank = np.append(np.where(bad, square, -1.0), -1.0)
        leads = bad & ~(rank[self.mesh.neighbors] > rank[:-1, None]).any(axis=1)
        hits = np.flatnonzero((error == worst[self.triangle]) & leads[self.triangle])
        where = np.full(number, -1, np.intp)
        where[self.triangle[hits]] = self.pixel[hits]
        new = np.unique(where[where >= 0])
        row, col = np.divmod(new, self.values.shape[1])
        away, _ = KDTree(np.column_stack([self.row, self.col])).query(np.column_stack([row, col]))
        new, row, col = new[away > 1.5], row[away > 1.5], col[away > 1.5]
        self.row, self.col = np.append(self.row, row), np.append(self.col, col)
        self.height = np.append(self.height, self.values.ravel()[new])
        self.fixed = np.append(self.fixed, np.zeros(len(new), bool))
        return int(bad.sum())


def _merge_near(values: Float, surface: _Surface, noise: float, radius: float) -> None:
    """Of points this near to one another keep the clearest tip."""
    from scipy.spatial import KDTree

    place = np.column_stack([surface.row, surface.col])
    near = np.unique(KDTree(place).query_pairs(radius, output_type="ndarray"))
    if len(near):
        surface.keep(_spread(surface, _tips(values, surface, noise, near), radius))


def _tips(values: Float, surface: _Surface, noise: float, which: Index | None = None) -> Float:
    """How much more a cone with its tip at the point explains than a roof through it.

    In discs around each point: root mean square residual of the best roof (a plane and a fold in
    one direction, at the point or up to 1.4 pixels beside it), over that of the best cone (linear
    along 18 rays, hat functions between them). About 1 in a plane, on a fold and off a node; well
    above at a node. Corners of the hull, which are nodes by themselves, get 1000 more. Points
    that are not among ``which`` (all by default) get 0.
    """
    best = np.zeros(len(surface.row))
    # where steps are coarser only larger discs show a fold, the more pixels the better
    coarse = min(2.0, (noise * 12**0.5 * 256 / np.ptp(values[np.isfinite(values)])) ** 0.5)
    for radius in (round(coarse * radius) for radius in RADII):
        for turn, i in enumerate(np.arange(len(best)) if which is None else which):
            if turn % 100 == 0:
                surface.asked()
            tip = _tip(values, surface.row[i], surface.col[i], radius, noise)
            best[i] = max(best[i], tip)
    best[surface.fixed] += 1e3
    return best


def _tip(values: Float, row: float, col: float, radius: int, noise: float) -> float:
    rays, folds = 18, 24
    top, left = max(0, int(row) - radius), max(0, int(col) - radius)
    window = values[top : int(row) + radius + 2, left : int(col) + radius + 2]
    at = np.indices(window.shape)
    y, x = at[0] + (top - row), at[1] + (left - col)
    distance = np.hypot(y, x)
    near = (distance <= radius) & np.isfinite(window)
    z, y, x, distance = window[near], y[near], x[near], distance[near]
    number = len(z)
    if number < rays + 8:
        return 0.0
    basis, _ = np.linalg.qr(np.column_stack([np.ones(number), y, x]))
    rest = z - basis @ (basis.T @ z)
    angle, offset = np.arange(folds) * np.pi / folds, np.zeros(folds)
    whole = float(rest @ rest)
    roof_misfit = whole
    for width in (1.0, 0.3, 0.1):
        roof = np.abs(np.outer(y, np.cos(angle)) + np.outer(x, np.sin(angle)) - offset)
        roof -= basis @ (basis.T @ roof)
        gain = (roof.T @ rest) ** 2 / np.maximum(np.sum(roof**2, axis=0), 1e-12)
        best = np.argmax(gain)
        roof_misfit = min(roof_misfit, max(0.0, whole - float(gain[best])))
        # look closer around the best fold: it may pass beside the point
        turns = angle[best] + width * np.pi / folds * np.linspace(-0.6, 0.6, 5)
        shifts = offset[best] + width * np.linspace(-1.0, 1.0, 5)
        angle, offset = np.repeat(turns, 5), np.tile(shifts, 5)
    roof_misfit /= number

    turn = (np.arctan2(x, y) / (2 * np.pi) * rays) % rays
    ray = np.floor(turn).astype(int) % rays
    share = turn - np.floor(turn)
    cone = np.zeros((number, rays + 1))
    line = np.arange(number)
    cone[:, rays] = 1.0
    cone[line, ray] += distance * (1 - share)
    cone[line, (ray + 1) % rays] += distance * share
    # a little ridge keeps empty rays at the rim of the field solvable
    normal = cone.T @ cone + 1e-9 * number * np.eye(rays + 1)
    left_over = z - cone @ np.linalg.solve(normal, cone.T @ z)
    cone_misfit = float(left_over @ left_over) / max(1, number - rays - 1)
    return float(np.sqrt(roof_misfit) / max(np.sqrt(cone_misfit), 0.9 * noise))


def _select(values: Float, surface: _Surface, noise: float) -> None:
    """Leave the points that explain the field with the fewest others, and fit them."""
    tips = _tips(values, surface, noise)
    order = _spread(surface, tips, APART)
    pixels = int(surface.known.sum())
    look_at = max(40_000, 150 * len(tips))
    surface.step = max(1, int((pixels / look_at) ** 0.5))
    best = None
    for least in FIRST_TIPS:
        on = np.zeros(len(tips), bool)
        on[order[tips[order] > least]] = True
        cost = COST * noise**2 / surface.step**2
        one = Selection(surface, tips, on, cost=cost)
        one.settle()
        if best is None or one.score < best.score:
            best = one
    surface.step = 1
    if best is not None:
        surface.keep(best.on)
        surface.fit(10)


def _spread(surface: _Surface, rank: Float, radius: float) -> Index:
    """Points in order of falling rank, without those within ``radius`` of a higher one."""
    from scipy.spatial import KDTree

    place = np.column_stack([surface.row, surface.col])
    near = KDTree(place).query_ball_point(place, radius)
    free = np.ones(len(place), bool)
    chosen = []
    for i in np.argsort(-rank, kind="stable"):
        if free[i]:
            chosen.append(i)
            free[near[i]] = False
    return np.array(chosen, np.intp)


def _prune(surface: _Surface, noise: float, span: float, *, passes: int) -> None:
    """Drop points whose absence the surface does not feel, some apart from one another a pass."""
    for _ in range(passes):
        surface.look(surface.row, surface.col, surface.height)
        picked = _apart(surface)
        if not len(picked):
            return
        before_mesh, triangle, pixel = surface.mesh, surface.triangle, surface.pixel
        mark = np.full(len(surface.row), -1)
        mark[picked] = np.arange(len(picked))
        star = mark[before_mesh.triangles].max(axis=1)[triangle]
        inside = star >= 0
        star, pixel, before = star[inside], pixel[inside], surface.residual[inside] ** 2
        rest = mark < 0
        try:
            surface.look(surface.row[rest], surface.col[rest], surface.height[rest])
        except ReductionError:  # too few points are left to span an area
            return
        # a pixel that lost its triangle counts as wholly wrong
        image = np.full(surface.values.size, 1e3 * span**2)
        image[surface.pixel] = surface.residual**2
        many = len(picked)
        count = np.bincount(star, minlength=many)
        allowed = np.maximum(1.1 * sums_by(star, before, many), 2.5 * count * noise**2)
        useless = sums_by(star, image[pixel], many) <= allowed + 30 * noise**2
        gone = np.zeros(len(mark), bool)
        gone[picked[useless]] = True
        surface.keep(~gone)
        if not useless.any():
            break
    surface.look(surface.row, surface.col, surface.height)


def _apart(surface: _Surface) -> Index:
    """Movable points, flattest surroundings first, no two of them joined by an edge."""
    mesh = surface.mesh
    many = len(surface.row)
    _, per_row, per_col = mesh.planes(surface.height)
    area = np.bincount(surface.triangle, minlength=len(per_row)).astype(float)
    moments = np.zeros((many, 6))
    for i in range(3):
        for k, part in enumerate((1, per_row, per_col, per_row**2, per_row * per_col, per_col**2)):
            moments[:, k] += sums_by(mesh.triangles[:, i], area * part, many)
    total = np.maximum(moments[:, :1], 1.0)
    _, m_row, m_col, rr, rc, cc = (moments / total).T
    rr, rc, cc = rr - m_row**2, rc - m_row * m_col, cc - m_col**2
    # the smaller spread of the slopes around: 0 in a plane and on a single fold
    half = (rr + cc) / 2
    smaller = half - np.sqrt(np.maximum(half**2 - (rr * cc - rc**2), 0.0))
    movable = np.flatnonzero(~surface.fixed)
    rank = np.sqrt(np.maximum(smaller, 0.0) * total[:, 0])[movable]
    order = movable[np.argsort(rank, kind="stable")][: max(1, 2 * len(movable) // 3)]
    start, beside = mesh.delaunay.vertex_neighbor_vertices
    taken = np.zeros(many, bool)
    picked = []
    for point in order:
        if not taken[beside[start[point] : start[point + 1]]].any():
            picked.append(point)
            taken[point] = True
    return np.array(picked, np.intp)
