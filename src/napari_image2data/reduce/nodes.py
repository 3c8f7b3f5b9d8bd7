"""Find the scattered samples that a field was interpolated from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from napari_image2data.errors import CancelledError, ReductionError
from napari_image2data.reduce.compare import clean_pixels
from napari_image2data.reduce.inputs import as_field_array
from napari_image2data.reduce.points import points_table
from napari_image2data.reduce.reconstruct import reconstruct

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from numpy.typing import NDArray

GOOD_FIT = 0.01
"""Linear nodes count as found when they rebuild the field this closely: rmse over its range."""
CLEARLY_BETTER = 0.7
"""Largest rmse of linear nodes, as a share of that of as many points of `reduce_adaptive`."""
FEW_WRONG = 0.03
"""Sites of flat cells count as found when at most this share of the pixels goes to another cell."""


@dataclass(frozen=True)
class Nodes:
    """What `find_nodes` found.

    Attributes
    ----------
    kind : {"nearest", "linear", "none"}
        The interpolation that the field was drawn with, as far as its nodes could be found; it is
        the ``method`` that `reconstruct` rebuilds the field with.
    points : DataFrame
        The nodes, columns as of `centroids`; ``row`` and ``col`` are broken numbers. Empty when
        the kind is "none".
    rmse, relative_rmse : float
        Root mean square difference between the rebuilt field and the field over the clean
        pixels, in value units and as a fraction of the field's range; NaN when the kind is
        "none".
    message : str
        One sentence for people.
    """

    kind: Literal["nearest", "linear", "none"]
    points: pd.DataFrame
    rmse: float
    relative_rmse: float
    message: str


def find_nodes(
    field: Any,
    *,
    progress: Callable[[float], object] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> Nodes:
    r"""Find the samples that a field was interpolated from, when its interpolation shows them.

    Cells that stand in rows and columns (heat maps) have one node each. Other
    nearest-neighbour fields are made of flat Voronoi cells. Their sites are found from the cells'
    borders: each border pixel is as far from one site as from the other, which is solved by
    Gauss-Newton from the cells' centroids [1]_; sites are added where the field is not rebuilt
    and dropped where it is without them, until hardly a pixel is on the wrong side. Linear
    fields are planes over Delaunay triangles. Their nodes are found in three steps: pixels where
    a growing mesh fits worst are candidates; a candidate is a node when the field around it is a
    cone with its tip there (linear along every ray) but no roof (planes on the two sides of one
    line); then positions and heights of
    all nodes are fitted together by damped least squares, points are added where the field is not
    rebuilt, and of all points those are selected that explain it with the fewest others.

    Parameters
    ----------
    field : Field or (h, w) array_like of float
        A field decoded from a lossless picture: JPEG noise hides the folds between the planes.
    progress : callable, optional
        Called with the share of the work done, 0 to 1.
    cancel : callable, optional
        Asked between steps; when it returns True the work ends with `CancelledError`.

    Returns
    -------
    Nodes
        The kind of interpolation, the nodes, and how well they rebuild the field. The kind is
        "none", without points, when the sites of flat cells rebuild less than 97 % of the
        pixels and linear nodes do so with an rmse above 1 % of the range, or not clearly better
        than as many points of `reduce_adaptive`: smooth fields (cubic, splines) have no folds.

    Raises
    ------
    ReductionError
        Fewer than 3 clean pixels, all of them on one line, or a field of one value.
    CancelledError
        ``cancel`` said so.

    References
    ----------
    .. [1] D. G. Evans, S. M. Jones, "Detecting Voronoi (area-of-influence) polygons",
       *Mathematical Geology* 19, 1987, 523-537.

    Examples
    --------
    >>> import numpy as np
    >>> y, x = np.mgrid[:40, :60]
    >>> sites = np.array([[10, 10], [30, 15], [12, 45], [30, 50]])
    >>> away = [(y - r) ** 2 + (x - c) ** 2 for r, c in sites]
    >>> found = find_nodes(np.array([1.0, 2.0, 4.0, 3.0])[np.argmin(away, axis=0)])
    >>> found.kind, len(found.points)
    ('nearest', 4)
    """
    from napari_image2data.reduce.nodes_linear import linear_nodes
    from napari_image2data.reduce.nodes_nearest import nearest_nodes

    values = as_field_array(field).astype(np.float64)
    clean = clean_pixels(field)
    values[~clean] = np.nan
    if clean.sum() < 3:
        raise ReductionError(f"The field has {clean.sum()} clean pixels; decode more of it.")
    span = float(np.ptp(values[clean]))
    if span == 0:
        raise ReductionError("The whole field has one value, so there are no nodes to find in it.")

    def step(share: float) -> None:
        if cancel is not None and cancel():
            raise CancelledError("The search for nodes was stopped before it was done.")
        if progress is not None:
            progress(share)

    step(0.0)
    judge = partial(_judge, field, values, clean, span, lambda: step(0.95))
    grid = _regular_grid(values)
    if grid is not None and (result := judge("nearest", *grid)) is not None:
        step(1.0)
        rows, cols = (len(np.unique(axis)) for axis in grid[:2])
        return replace(
            result,
            message=f"The field is made of cells on a grid of {rows} rows and {cols} columns: "
            f"one node a cell rebuilds it with an rmse of {100 * result.relative_rmse:.2g} % "
            "of its range.",
        )
    found = nearest_nodes(values, asked=lambda: step(0.05))
    if found is not None and (result := judge("nearest", *found)) is not None:
        step(1.0)
        return result
    step(0.1)
    linear = linear_nodes(values, step=lambda share: step(0.1 + 0.85 * share))
    if linear is not None and (result := judge("linear", *linear)) is not None:
        step(1.0)
        return result
    step(1.0)
    none = np.empty(0)
    return Nodes(
        kind="none",
        points=points_table(none, none, none, field, sigma=none, size=none.astype(int)),
        rmse=float("nan"),
        relative_rmse=float("nan"),
        message="No nodes were found: the field shows neither flat cells nor folds between "
        "planes; a reduction to a stated error or number of points still gives few points.",
    )


def _regular_grid(
    values: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]] | None:
    """One site a cell where the cells stand in rows and columns, two of each at least."""
    from napari_image2data.reduce.cells import grid_sites

    grid = grid_sites(values)
    if grid is None or min(len(np.unique(axis)) for axis in grid[:2]) < 2:
        return None
    return grid


def _judge(
    field: Any,
    values: NDArray[np.float64],
    clean: NDArray[np.bool_],
    span: float,
    asked: Callable[[], object],
    kind: Literal["nearest", "linear"],
    rows: NDArray[np.float64],
    cols: NDArray[np.float64],
    heights: NDArray[np.float64],
) -> Nodes | None:
    """The nodes with the error of the field they rebuild, or None where that is not good."""
    nan = float("nan")
    points = points_table(rows, cols, heights, field, sigma=nan, size=1)
    points.attrs["method"] = kind
    error = (reconstruct(points, (values.shape[0], values.shape[1]), method=kind) - values)[clean]
    rmse = float(np.mean(error**2) ** 0.5)
    if kind == "nearest":
        # a border off by a pixel is a large error at few pixels
        good = bool(np.mean(np.abs(error) > GOOD_FIT * span) <= FEW_WRONG)
    elif rmse > GOOD_FIT * span:
        good = False
    else:
        from napari_image2data.reduce.nodes_linear import blind_error

        # Any smooth field can be meshed well; true nodes do better than as many placed blindly.
        good = rmse < CLEARLY_BETTER * blind_error(values, len(points), asked)
    if not good:
        return None
    # each node answers for the pixels nearest to it
    from scipy.spatial import KDTree

    _, owner = KDTree(np.column_stack([rows, cols])).query(np.argwhere(clean))
    size = np.bincount(owner, minlength=len(rows))
    square = np.bincount(owner, weights=error**2, minlength=len(rows))
    points["sigma"] = np.sqrt(square / np.maximum(size, 1))
    points["size"] = size
    return Nodes(
        kind=kind,
        points=points,
        rmse=rmse,
        relative_rmse=rmse / span,
        message=f"The field was interpolated from samples ({kind}): {len(points)} nodes rebuild "
        f"it with an rmse of {100 * rmse / span:.2g} % of its range.",
    )
