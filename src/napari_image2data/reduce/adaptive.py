"""The fewest points that rebuild a field within a stated error: greedy insertion into a mesh."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from napari_image2data.errors import CancelledError, ReductionError
from napari_image2data.reduce.best_mesh import (
    mesh_of_number,
    mesh_over_flat_cells,
    mesh_within,
    with_fewer,
)
from napari_image2data.reduce.few_points import FEW, FewPoints
from napari_image2data.reduce.goal import part_of, settle, steps_told, to_number
from napari_image2data.reduce.growing_mesh import PIXELS_PER_POINT, GrowingMesh
from napari_image2data.reduce.inputs import choice, number, whole_number
from napari_image2data.reduce.long_triangles import lengthen
from napari_image2data.reduce.points import points_table
from napari_image2data.reduce.sites import Sites
from napari_image2data.reduce.thin_sites import flat_cells

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pandas as pd

    from napari_image2data.reduce.growing_mesh import Norm
    from napari_image2data.reduce.tiles import Tiles

CELLS = 0.5
"""Share of the work that is done when flat cells are thinned out, ..."""
CELL_STEPS = 60
"""... which takes about so many steps."""
CURVE_MOVES = 2
"""How often points move for a curve: a third time takes off 1 to 2 %."""
CURVE_PIXELS = 50_000
"""Pixels looked at, at least, while they do so."""


def reduce_adaptive(
    field: Any,
    *,
    tolerance: float | None = None,
    n_points: int | None = None,
    norm: Norm = "rmse",
    fit: bool = True,
    method: Literal["auto", "linear", "nearest"] = "auto",
    progress: Callable[[float], object] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> pd.DataFrame:
    """The few points from which interpolation rebuilds a field within an error.

    Greedy insertion [1]_: a Delaunay mesh over the points so far is compared with the field, and
    the worst pixels of the worst triangles become points, a batch of triangles that do not
    touch at a time, until the error is met. With ``fit`` places and values of the points are then
    those of the mesh that fits the field best (least squares), which for a curved field has
    less than half the error of a mesh through the field.

    A picture of flat cells (heat map, pcolor, nearest-neighbour interpolation) has steps that no
    linear mesh over pixels can follow. Where the cells are those of a smooth field, the mesh is
    grown over the cells instead, and each is painted with its one value; what their edges take
    is taken off ``n_points``. Else one site a cell, rebuilt with the value of the nearest site,
    is exact; sites whose neighbours say nearly the same are left out, the cheapest first, some
    are taken back for others, and others moved, while that pays. Where one value keeps the
    tolerance, one point ("nearest") is enough.

    With up to 500 points (``n_points``) some are then exchanged for others while that pays, which
    takes some seconds. Up to 8 points may also be those of a thin-plate spline: their places are
    searched from many random starts.

    Parameters
    ----------
    field : Field or (h, w) array_like of float
        The field. Points are placed on clean pixels only (finite, not FILLED), and only those
        count in the error; holes need no points.
    tolerance : float, optional
        The error to keep, in value units. Give this or ``n_points``.
    n_points : int, optional
        The number of points to place, 3 or more; fewer are returned where fewer rebuild the
        field exactly.
    norm : {"rmse", "max"}
        The error: root mean square or largest, over the clean pixels.
    fit : bool
        Fit the places and values of the points (norm "rmse" only). Without, each value is that of
        the point's own pixel; sites of flat cells always have the mean of their pixels.
    method : {"auto", "linear", "nearest"}
        The interpolation that the points are for: a linear mesh, sites of flat cells, or what of
        the two (of a mesh over cells, and of a spline, see above) has the lower error (with
        ``n_points``) or fewer points (with ``tolerance``). "linear" is a mesh over pixels.
    progress : callable, optional
        Called with the share of the work done, 0 to 1, after every batch.
    cancel : callable, optional
        Asked after every batch; when it returns True the work ends with `CancelledError`.

    Returns
    -------
    DataFrame
        Columns row, col, x, y, value, sigma, size, as of `centroids`; ``size`` is the number of
        clean pixels that lie nearest to the point, ``sigma`` the rms difference between field and
        rebuilt field over these. ``points.attrs["method"]`` is "linear", "nearest" or "rbf";
        `reconstruct` rebuilds with it unless told otherwise, and the error promised is that of
        ``reconstruct(points, field.shape)``. It also follows ``points.attrs["cells"]`` (edges of
        cells, ``{"rows": [...], "cols": [...]}`` in pixel indices) and ``["spacing"]`` (the size
        of a pixel that the triangles are Delaunay's in), where these are. Sites ("nearest"),
        points of a spline ("rbf") and points in the middle of cells have broken rows and columns.

    Raises
    ------
    ReductionError
        Neither or both of ``tolerance`` and ``n_points``, a tolerance below 0, fewer than 3 clean
        pixels or all of them on one line, an unknown norm or method, or "nearest" for a field
        that is not made of flat cells or whose cells do not keep the tolerance.
    CancelledError
        ``cancel`` said so.

    References
    ----------
    .. [1] M. Garland, P. S. Heckbert, "Fast polygonal approximation of terrains and height
       fields", Carnegie Mellon University, CMU-CS-95-181, 1995.

    Examples
    --------
    >>> import numpy as np
    >>> y, x = np.mgrid[:60, :80]
    >>> roof = np.minimum(x, 80 - x).astype(float)
    >>> points = reduce_adaptive(roof, tolerance=1e-6)
    >>> 4 < len(points) < 12
    True
    """
    if (tolerance is None) == (n_points is None):
        raise ReductionError("Give either a tolerance or a number of points, not both or neither.")
    if tolerance is not None:
        tolerance = number("The tolerance", tolerance, "an error of 0 or more", above=False)
    if n_points is not None:
        n_points = whole_number("n_points", n_points, 3)
    choice("norm", norm, "rmse", "max")
    choice("method", method, "auto", "linear", "nearest")

    def step() -> None:
        if cancel is not None and cancel():
            raise CancelledError("The reduction was stopped before it was done; nothing was kept.")

    shown = 0.0

    def told(share: float) -> None:
        nonlocal shown
        if progress is not None and share > shown:
            shown = min(share, 1.0)
            progress(shown)

    fit = fit and norm == "rmse"
    growth = GrowingMesh(field, norm=norm, fit=fit)  # says what is wrong with the field, too
    if tolerance is not None and method == "auto":
        one = _one_point(growth, tolerance)
        if one is not None:
            told(1.0)
            return one
    cells = None
    if method != "linear":
        cells = flat_cells(
            field,
            n_points=n_points,
            tolerance=tolerance,
            largest=norm == "max",
            step=steps_told(step, part_of(told, 0.0, CELLS), CELL_STEPS),
        )
    if method == "nearest" and cells is None:
        raise ReductionError(
            "The field is not made of flat cells that keep this tolerance, as method 'nearest' "
            "needs; choose 'linear' or 'auto', or raise the tolerance."
        )
    few = n_points is not None and n_points <= FEW and method == "auto" and fit
    best: GrowingMesh | Sites | Tiles | None = cells
    start = 0.0 if cells is None else CELLS
    end = (start + 1.0) / 2 if few else 1.0
    options: dict[str, Any] = {
        "norm": norm,
        "fit": fit,
        "plain": method == "linear",
        "step": step,
        "told": part_of(told, start, end),
    }
    error = np.inf if cells is None else cells.error()
    if method == "nearest":
        pass
    elif tolerance is not None:
        best = mesh_within(field, tolerance, cells=cells, **options)
        if fit and method == "auto" and isinstance(best, Sites):
            best = with_fewer(field, tolerance, best, step=step, told=part_of(told, 0.2, 0.9))
    elif n_points is not None:
        mesh = mesh_of_number(field, n_points, rival=error, **options)
        reached = np.inf if mesh is None else mesh.errors()[0 if norm == "rmse" else 1]
        if mesh is not None and (reached < error or cells is None):
            best, error = mesh, reached
    assert best is not None
    step()
    points = best.table() if isinstance(best, GrowingMesh) else best.table(field)
    points.attrs["method"] = "linear" if isinstance(best, GrowingMesh) else "nearest"
    if few and n_points is not None and error > 0:
        spline = FewPoints(field, n_points, step, part_of(told, end, 1.0))
        if spline.error() < error:
            points = spline.table(field)
    told(1.0)
    return points


def _one_point(growth: GrowingMesh, tolerance: float) -> pd.DataFrame | None:
    """The pixel in the middle with one value for all, where that keeps the tolerance."""
    pixels, truth = np.argwhere(growth.clean), growth.values[growth.clean]
    if growth.norm == "rmse":
        value = np.float32(truth.mean())
    else:
        value = np.float32((truth.min() + truth.max()) / 2)
    rmse = float(np.mean((value - truth) ** 2) ** 0.5)
    if (rmse if growth.norm == "rmse" else np.abs(value - truth).max()) > tolerance:
        return None
    away = np.sum((pixels - pixels.mean(axis=0)) ** 2, axis=1)
    row, col = pixels[[np.argmin(away)]].T
    table = points_table(row, col, [float(value)], growth.field, sigma=rmse, size=len(truth))
    table.attrs["method"] = "nearest"
    return table


def reduction_curve(
    field: Any,
    *,
    n_points: Iterable[int] | None = None,
    norm: Norm = "rmse",
    progress: Callable[[float], object] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> pd.DataFrame:
    """Error of meshes against their number of points, to choose from.

    The points move twice only, so that `reduce_adaptive` is a percent or two better still.
    Where the field is made of flat cells the mesh is one over cells, whose edges count as points
    as in `reduce_adaptive`. Up to 500 points that does better than its place on the curve: it
    exchanges points, and takes sites of cells or a spline where these have less error.

    Parameters
    ----------
    field : Field or (h, w) array_like of float
        The field.
    n_points : iterable of int, optional
        Numbers of points; by default 12 of them, evenly spaced in their logarithm from 10 to a
        tenth of the clean pixels, 10 000 or the number of cells, whichever is least.
    norm : {"rmse", "max"}
        The error that the points are placed by.
    progress, cancel : callable, optional
        As of `reduce_adaptive`.

    Returns
    -------
    DataFrame
        Columns ``n_points``, ``rmse``, ``max`` (value units), ``relative_rmse`` (of the range of
        the clean values), ``compression`` (clean pixels per point), one row a number of points.

    Raises
    ------
    ReductionError
        As of `reduce_adaptive`.
    CancelledError
        ``cancel`` said so.

    Examples
    --------
    >>> import numpy as np
    >>> y, x = np.mgrid[-1:1:60j, -1:1:80j]
    >>> curve = reduction_curve(np.exp(-3 * (x**2 + y**2)), n_points=[10, 40, 160])
    >>> bool(curve["rmse"].is_monotonic_decreasing)
    True
    """
    import pandas as pd

    choice("norm", norm, "rmse", "max")

    def step() -> None:
        if cancel is not None and cancel():
            raise CancelledError("The curve was stopped before it was done.")

    def told(points: float) -> None:
        if progress is not None:
            progress(min(1.0, points / wanted[-1]))

    whole = GrowingMesh(field, norm=norm, fit=norm == "rmse")
    growth = mesh_over_flat_cells(field, norm=norm, fit=norm == "rmse") or whole
    if n_points is None:
        most = max(10, min(10_000, whole.n_clean // 10, growth.n_clean + growth.costs))
        n_points = np.unique(np.geomspace(min(10, most), most, 12).round().astype(int))
    wanted = sorted({whole_number("n_points", n, 3) for n in np.ravel(np.asarray(n_points))})
    if not wanted:
        raise ReductionError("There is no number of points for a curve; give one, 3 or more.")
    rows: list[dict[str, float]] = []
    span = float(np.ptp(whole.values[whole.clean]))
    lengthen(growth, wanted[-1], step)
    for many in wanted:
        number = max(3, many - growth.costs)
        to_number(growth, number, step)
        if rows and growth.number + growth.costs == rows[-1]["n_points"]:
            break  # the field is exact already; more points change nothing
        here = growth.state()
        growth.look_coarsely(min(whole.n_clean, max(CURVE_PIXELS, PIXELS_PER_POINT * number)))
        before = rows[-1]["n_points"] if rows else 0.0
        settle(growth, number, step, part_of(told, before, many), turns=CURVE_MOVES)
        growth.look_coarsely(None)
        rmse, worst = growth.errors()
        rows.append(
            {
                "n_points": growth.number + growth.costs,
                "rmse": rmse,
                "max": worst,
                "relative_rmse": rmse / span if span else 0.0,
                "compression": whole.n_clean / (growth.number + growth.costs),
            }
        )
        growth.restore(here)
        told(many)
    return pd.DataFrame(rows)
