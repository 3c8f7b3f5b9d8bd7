"""A handful of points for a thin-plate spline, from a search of all the places they may have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_image2data.errors import ReductionError
from napari_image2data.reduce.compare import clean_pixels
from napari_image2data.reduce.inputs import as_field_array
from napari_image2data.reduce.points import SPACING, points_table
from napari_image2data.reduce.reconstruct import reconstruct

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from numpy.typing import NDArray

    Float = NDArray[np.float64]

FEW = 8
"""For more points the search takes long, and greedy insertion does well."""
LOOKED_AT = 1200
"""Pixels looked at while places are searched."""
FITTED_TO = 20_000
"""Pixels that the values in the end are fitted to."""
STARTS = 96
"""Random places that the search starts from, ..."""
FIRST_STEPS = 10
"""... how far each is followed at first, ..."""
FOLLOWED = 16
"""... and how many of them, the best, are followed to the end, ..."""
STEPS = 80
"""... of so many steps at most."""
APART = 0.005
"""Points nearer to one another than this share of the longer side would hang on the last digits
of their places; other places are taken then."""
STRETCH = 1.4
"""The logarithm by which a pixel is stretched one way and shrunk the other at most."""
HOLD = 1e-9
"""What keeps the equations solvable where two points come together."""


class FewPoints:
    """Points of a thin-plate spline that fits a field best, as far as the search found.

    Bending energy r^2 log r and a plane [1]_; for given places the values are those of least
    squares, so that only the places are searched (variable projection), by quasi-Newton steps
    from many random starts.

    Parameters
    ----------
    field : Field or (h, w) array_like of float
        The field.
    n_points : int
        How many points, 3 to `FEW`.
    step, told : callable
        Called before each start (it may raise to end the work), and with the share done after it.

    References
    ----------
    .. [1] J. Duchon, "Splines minimizing rotation-invariant semi-norms in Sobolev spaces",
       *Constructive Theory of Functions of Several Variables*, Springer, 1977, 85-100.
    """

    def __init__(
        self,
        field: Any,
        n_points: int,
        step: Callable[[], None],
        told: Callable[[float], object],
    ) -> None:
        self.field = field
        values, clean = as_field_array(field).astype(np.float64), clean_pixels(field)
        self._values, self._clean = values, clean
        size = float(max(values.shape))
        pixels, truth = _some(values, clean, LOOKED_AT)
        places, self.spacing = _searched(pixels / size, truth, n_points, step, told)
        pixels, truth = _some(values, clean, FITTED_TO)
        heights = _fitted(pixels / size * self.spacing, truth, places * self.spacing)[0]
        self.row, self.col = places.T * size
        self.value = heights
        rebuilt = self._rebuilt()
        self.away = np.full(int(clean.sum()), np.inf) if rebuilt is None else rebuilt

    def error(self) -> float:
        """Rmse of what `reconstruct` gives, over the clean pixels; infinite where it fails."""
        return float(np.mean(self.away**2) ** 0.5)

    def table(self, field: Any) -> pd.DataFrame:
        """The points as a table."""
        from scipy.spatial import KDTree

        _, owner = KDTree(np.column_stack([self.row, self.col])).query(np.argwhere(self._clean))
        size = np.bincount(owner, minlength=len(self.row))
        square = np.bincount(owner, weights=self.away**2, minlength=len(self.row))
        sigma = np.sqrt(square / np.maximum(size, 1))
        table = points_table(self.row, self.col, self.value, field, sigma=sigma, size=size)
        table.attrs |= {"method": "rbf", SPACING: self.spacing}
        return table

    def _rebuilt(self) -> Float | None:
        points = points_table(self.row, self.col, self.value, self.field, sigma=np.nan, size=1)
        shape = self._values.shape[0], self._values.shape[1]
        try:
            again = reconstruct(points, shape, method="rbf", spacing=self.spacing)
        except ReductionError:  # points that came to lie on one line
            return None
        away: Float = (again - self._values)[self._clean]
        return away


def _some(values: Float, clean: NDArray[np.bool_], many: int) -> tuple[Float, Float]:
    """Clean pixels of every few rows and columns, about so many, and their values."""
    pixels = np.argwhere(clean)
    stride = max(1, int((len(pixels) / many) ** 0.5))
    seen = pixels[((pixels % stride) == stride // 2).all(axis=1)]
    if len(seen) < min(many, len(pixels)) / 4:  # the clean pixels are where no grid looks
        seen = pixels[:: max(1, len(pixels) // many)]
    return seen.astype(np.float64), values[seen[:, 0], seen[:, 1]]


def _searched(
    pixels: Float,
    truth: Float,
    number: int,
    step: Callable[[], None],
    told: Callable[[float], object],
) -> tuple[Float, tuple[float, float]]:
    """Places, and the size of a pixel that the spline bends least in."""
    from scipy.optimize import minimize
    from scipy.spatial.distance import pdist

    rng = np.random.default_rng(0)
    low, high = pixels.min(axis=0), pixels.max(axis=0)
    bounds = [(float(a), float(b)) for a, b in zip(low, high, strict=True)] * number
    bounds.append((-STRETCH, STRETCH))
    around = truth - truth.mean()

    def misfit(unknown: Float) -> tuple[float, Float]:
        return misfit_of(pixels, around, unknown)

    def followed(unknown: Float, steps: int) -> tuple[float, Float]:
        step()
        found = minimize(
            misfit, unknown, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": steps}
        )
        return float(found.fun), np.asarray(found.x, np.float64)

    starts = [(low + rng.random((number, 2)) * (high - low)).ravel() for _ in range(STARTS)]
    starts = [np.append(places, 0.0) for places in starts]
    work, done = STARTS * FIRST_STEPS + FOLLOWED * STEPS, 0
    first, last = [], []
    for start in starts:
        first.append(followed(start, FIRST_STEPS))
        done += FIRST_STEPS
        told(done / work)
    first.sort(key=lambda one: one[0])
    for _, unknown in first[:FOLLOWED]:
        last.append(followed(unknown, STEPS))
        done += STEPS
        told(done / work)
    last.sort(key=lambda one: one[0])
    ends = [(one[:-1].reshape(number, 2), _spacing(one)) for _, one in last]
    return next((end for end in ends if pdist(end[0]).min() > APART), ends[0])


def _spacing(unknown: Float) -> tuple[float, float]:
    stretch = float(np.exp(unknown[-1]))
    return stretch, 1.0 / stretch


def misfit_of(pixels: Float, truth: Float, unknown: Float) -> tuple[float, Float]:
    """Rmse of the best spline with these places and this stretch, and how it changes with them.

    The spline is sum_j w_j bend(|x - p_j|) and a plane, with sum_j w_j = 0 and sum_j w_j p_j = 0;
    w and the plane minimize the squares under these constraints, so that only what depends on
    the places outright changes them (Lagrange).
    """
    spacing = np.array(_spacing(unknown))
    number = len(unknown) // 2
    at, places = pixels * spacing, unknown[:-1].reshape(number, 2) * spacing
    away = at[:, None] - places
    square = np.maximum(np.sum(away**2, axis=2), 1e-12)
    slope = np.log(square) + 1.0  # of r^2 log r^2, with r^2
    basis = np.column_stack([square * (slope - 1.0), np.ones(len(at)), at])
    normal = np.zeros((number + 6, number + 6))
    normal[:-3, :-3] = basis.T @ basis
    sides = np.column_stack([np.ones(number), places])
    normal[:number, -3:], normal[-3:, :number] = sides, sides.T
    hold = HOLD * np.trace(normal) / len(normal)
    normal[np.arange(number), np.arange(number)] += hold
    right = np.append(basis.T @ truth, np.zeros(3))
    solution = np.linalg.lstsq(normal, right, rcond=None)[0]
    residual = basis @ solution[:-3] - truth
    bends, force = solution[:number], solution[-2:]
    pull = residual[:, None] * bends * slope
    gradient = np.empty(len(unknown))
    by_place = -2.0 * np.einsum("ij,ijk->jk", pull, away) + bends[:, None] * force
    gradient[:-1] = (by_place * spacing).ravel()
    gradient[-1] = 2.0 * np.sum(pull * (away[:, :, 0] ** 2 - away[:, :, 1] ** 2))
    rmse = float(np.mean(residual**2) ** 0.5)
    return rmse, gradient / max(len(truth) * rmse, 1e-300)


def _bent(square: Float) -> Float:
    """r^2 log r^2 of squared distances."""
    bent: Float = square * np.log(np.maximum(square, 1e-12))
    return bent


def _fitted(pixels: Float, truth: Float, places: Float) -> tuple[Float, float]:
    """Values at the places, and the rmse of the spline through them."""
    number = len(places)
    size = number + 3
    bend = np.empty((len(pixels), size))
    bend[:, :number] = _bent(
        (pixels[:, :1] - places[:, 0]) ** 2 + (pixels[:, 1:] - places[:, 1]) ** 2
    )
    bend[:, number] = 1.0
    bend[:, number + 1 :] = pixels
    system = np.zeros((size, size))
    system[:number, :number] = _bent(np.sum((places[:, None] - places) ** 2, axis=2))
    system[:number, number] = system[number, :number] = 1.0
    system[:number, number + 1 :] = places
    system[number + 1 :, :number] = places.T
    system[np.arange(size), np.arange(size)] += HOLD
    weights = bend @ np.linalg.inv(system)[:, :number]
    normal = weights.T @ weights
    normal[np.arange(number), np.arange(number)] += HOLD * np.trace(normal)
    heights: Float = np.linalg.solve(normal, weights.T @ truth)
    return heights, float(np.mean((weights @ heights - truth) ** 2) ** 0.5)
