"""From points back to a field, by the usual interpolations of scattered data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from napari_image2data.errors import ReductionError
from napari_image2data.reduce.cell_edges import edges_of
from napari_image2data.reduce.inputs import (
    choice,
    picture_shape,
    pixel_size,
    real_numbers,
    whole_number,
)
from napari_image2data.reduce.mesh import Mesh
from napari_image2data.reduce.points import SPACING

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    from napari_image2data.reduce.cell_edges import CellEdges

    Float = NDArray[np.float64]
    Index = NDArray[np.intp]

Method = Literal["linear", "cubic", "nearest", "rbf"]
"""How values between the points are found; see `reconstruct`."""


def reconstruct(
    points: pd.DataFrame,
    shape: tuple[int, int],
    *,
    method: Method | None = None,
    outside: Literal["nearest", "nan"] = "nearest",
    mask: ArrayLike | None = None,
    neighbors: int = 32,
    spacing: tuple[float, float] | None = None,
) -> NDArray[np.float32]:
    """Rebuild a field from points.

    Points of a picture of flat cells (`reduce_adaptive`) hold the edges of the cells in
    ``points.attrs["cells"]``. Then the interpolation goes from cell to cell, in whole cells, and
    each cell takes the one value it has there.

    Parameters
    ----------
    points : DataFrame
        Columns ``row``, ``col`` (pixel indices, whole or broken) and ``value``; points whose
        value is NaN are left out, of several points at one place the mean counts.
    shape : (h, w)
        Shape of the field.
    method : {"linear", "cubic", "nearest", "rbf"}, optional
        By default what the points are for, ``points.attrs["method"]``, else "linear".

        - ``"linear"``: planes over the Delaunay triangles of the points; continuous, never
          beyond the points' values.
        - ``"cubic"``: Clough-Tocher's piecewise cubic over the same triangles [1]_, smooth (C1).
        - ``"nearest"``: the value of the nearest point (Voronoi cells).
        - ``"rbf"``: thin-plate splines through the ``neighbors`` nearest points of each pixel
          [2]_; smooth, slow on many pixels.
    outside : {"nearest", "nan"}
        Pixels outside of the points' convex hull: the value at the nearest place of the hull
        ("linear" and "cubic"; the other two methods go on by themselves), or NaN.
    mask : (h, w) array_like of bool, optional
        Where the field exists; the others become NaN. Give ``np.isfinite(field.values)`` to
        keep holes open.
    neighbors : int
        Points that each pixel looks at in "rbf".
    spacing : (float, float), optional
        Size ``(dy, dx)`` of a pixel (or a cell), where distances along the two axes differ; by
        default what the points were placed for, ``points.attrs["spacing"]``, else 1 and 1.

    Returns
    -------
    (h, w) float32 ndarray
        The rebuilt field.

    Raises
    ------
    ReductionError
        No point, too few points or points on one line for the method, a column missing, a shape
        or a mask that does not fit, edges of cells that are none.

    References
    ----------
    .. [1] P. Alfeld, "A trivariate Clough-Tocher scheme for tetrahedral data", *Computer Aided
       Geometric Design* 1, 1984, 169-181; as implemented by scipy.
    .. [2] G. E. Fasshauer, *Meshfree Approximation Methods with MATLAB*, World Scientific, 2007.

    Examples
    --------
    >>> import pandas as pd
    >>> corners = pd.DataFrame({"row": [0, 0, 2, 2], "col": [0, 2, 0, 2], "value": [0, 2, 2, 4.0]})
    >>> reconstruct(corners, (3, 3))
    array([[0., 1., 2.],
           [1., 2., 3.],
           [2., 3., 4.]], dtype=float32)
    """
    _check_table(points)
    if method is None:
        method = points.attrs.get("method", "linear")
    if spacing is None:
        spacing = points.attrs.get(SPACING, (1.0, 1.0))
    choice("method", method, "linear", "cubic", "nearest", "rbf")
    choice("value outside", outside, "nearest", "nan")
    shape, spacing = picture_shape(shape), pixel_size(spacing)
    neighbors = whole_number("neighbors", neighbors, 1)
    grid = edges_of(points)
    rows, cols, value = _clean_points(points, grid)
    extent = shape if grid is None else grid.shape
    if method == "linear":
        image = _linear(rows, cols, value, extent, outside, spacing)
    elif method == "cubic":
        image = _cubic(rows, cols, value, extent, outside, spacing)
    elif method == "nearest":
        image = _nearest(rows, cols, value, extent, spacing)
    else:
        image = _rbf(rows, cols, value, extent, neighbors, spacing)
    if grid is not None:
        image = grid.paint(image, shape)
    if method in ("nearest", "rbf") and outside == "nan":
        image[~inside_hull(points, shape)] = np.nan
    if mask is not None:
        keep = real_numbers("The mask", mask).astype(bool)
        if keep.shape != image.shape:
            raise ReductionError(
                f"The mask has the shape {keep.shape}, the field {image.shape}; they must be the "
                "same."
            )
        image[~keep] = np.nan
    return image


def inside_hull(points: pd.DataFrame, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Pixels inside of the points' convex hull, where values are interpolated.

    Parameters
    ----------
    points : DataFrame
        Columns ``row``, ``col``, ``value``.
    shape : (h, w)
        Shape of the field.

    Returns
    -------
    (h, w) bool ndarray
        True inside and on the hull; outside of it `reconstruct` extrapolates.

    Raises
    ------
    ReductionError
        Fewer than 3 points, or all on one line.

    Examples
    --------
    >>> import pandas as pd
    >>> three = pd.DataFrame({"row": [0, 0, 2], "col": [0, 2, 0], "value": [1, 1, 1]})
    >>> inside_hull(three, (3, 3)).astype(int)
    array([[1, 1, 1],
           [1, 1, 0],
           [1, 0, 0]])
    """
    _check_table(points)
    shape, grid = picture_shape(shape), edges_of(points)
    rows, cols, _ = _clean_points(points, grid)
    inside = np.zeros(shape if grid is None else grid.shape, bool)
    inside.ravel()[Mesh(rows, cols, inside.shape).pixel] = True
    return inside if grid is None else grid.paint(inside, shape)


def _check_table(points: pd.DataFrame) -> None:
    """Say so where the points are no table with the columns row, col and value."""
    if not (hasattr(points, "columns") and hasattr(points, "attrs")):
        raise ReductionError(
            f"The points are of the type {type(points).__name__}; give a table (pandas DataFrame) "
            "with the columns row, col and value, as centroids returns it."
        )
    missing = {"row", "col", "value"} - set(points.columns)
    if missing:
        raise ReductionError(
            f"The points have no column {sorted(missing)[0]!r}; they need row, col and value."
        )


def _clean_points(points: pd.DataFrame, grid: CellEdges | None) -> tuple[Float, Float, Float]:
    """Rows, columns and values: finite, one a place, sorted (so that the mesh is one and only).

    With a grid they are the rows and columns of the cells that the points lie in.
    """
    columns = [real_numbers(f"The column {c!r}", points[c]) for c in ("row", "col", "value")]
    table = np.column_stack(columns).astype(np.float64)
    table = table[np.isfinite(table).all(axis=1)]
    if not len(table):
        raise ReductionError("There is no point with a value to rebuild a field from.")
    if grid is not None:
        table[:, :2] = np.column_stack(grid.cell_of(table[:, 0], table[:, 1]))
    places, group = np.unique(table[:, :2], axis=0, return_inverse=True)
    group = group.ravel()
    value = np.bincount(group, weights=table[:, 2]) / np.bincount(group)
    return places[:, 0], places[:, 1], value


def _linear(
    rows: NDArray[np.float64],
    cols: NDArray[np.float64],
    value: NDArray[np.float64],
    shape: tuple[int, int],
    outside: str,
    spacing: tuple[float, float],
) -> NDArray[np.float32]:
    mesh = Mesh(rows, cols, shape, spacing=spacing)
    image = mesh.render(value)
    if outside == "nearest":
        _fill_beyond_hull(
            image, mesh, lambda a, b, along: value[a] * (1 - along) + value[b] * along
        )
    return image


def _fill_beyond_hull(
    image: NDArray[np.float32],
    mesh: Mesh,
    value_on_edge: Callable[[Index, Index, Float], Float],
) -> None:
    """Give pixels beyond the hull the value at its nearest place, ``along`` the edge a to b."""
    pixels, edge, along = mesh.beyond_hull()
    a, b = mesh.hull_edges[edge].T
    image.ravel()[pixels] = value_on_edge(a, b, along)


def _cubic(
    rows: NDArray[np.float64],
    cols: NDArray[np.float64],
    value: NDArray[np.float64],
    shape: tuple[int, int],
    outside: str,
    spacing: tuple[float, float],
) -> NDArray[np.float32]:
    from scipy.interpolate import CloughTocher2DInterpolator

    mesh = Mesh(rows, cols, shape, spacing=spacing)
    plane = np.column_stack([rows * spacing[0], cols * spacing[1]])
    surface = CloughTocher2DInterpolator(mesh.delaunay, value)
    image = np.full(shape, np.nan, np.float32)
    inside = np.unique(mesh.pixel)
    y, x = np.divmod(inside, shape[1])
    image.ravel()[inside] = surface(y * spacing[0], x * spacing[1])
    if outside == "nearest":
        center = plane.mean(axis=0)

        def on_edge(a: Index, b: Index, along: Float) -> Float:
            at = plane[a] + (plane[b] - plane[a]) * along[:, None]
            # a hair inside: on the hull itself rounding may put a place outside
            found: Float = surface(at + (center - at) * 1e-6)
            return found

        _fill_beyond_hull(image, mesh, on_edge)
        holes = np.isnan(image)  # pixels on the very hull that rounding put outside
        image[holes] = _linear(rows, cols, value, shape, outside, spacing)[holes]
    return image


def _nearest(
    rows: NDArray[np.float64],
    cols: NDArray[np.float64],
    value: NDArray[np.float64],
    shape: tuple[int, int],
    spacing: tuple[float, float],
) -> NDArray[np.float32]:
    from scipy.spatial import KDTree

    tree = KDTree(np.column_stack([rows * spacing[0], cols * spacing[1]]))
    _, index = tree.query(_grid(shape, spacing))
    image: NDArray[np.float32] = value[index].reshape(shape).astype(np.float32)
    return image


def _rbf(
    rows: NDArray[np.float64],
    cols: NDArray[np.float64],
    value: NDArray[np.float64],
    shape: tuple[int, int],
    neighbors: int,
    spacing: tuple[float, float],
) -> NDArray[np.float32]:
    from scipy.interpolate import RBFInterpolator

    if len(value) < 3:
        raise ReductionError(
            f"Thin-plate splines need 3 points or more and there are {len(value)}; keep more "
            "points or choose method='nearest'."
        )
    plane = np.column_stack([rows * spacing[0], cols * spacing[1]])
    try:
        surface = RBFInterpolator(plane, value, neighbors=min(max(3, neighbors), len(value)))
        found = surface(_grid(shape, spacing))
    except np.linalg.LinAlgError as error:
        raise ReductionError(
            "Thin-plate splines cannot pass through points that lie on one line; raise neighbors, "
            "keep points off that line or choose method='nearest'."
        ) from error
    image: NDArray[np.float32] = found.reshape(shape).astype(np.float32)
    return image


def _grid(shape: tuple[int, int], spacing: tuple[float, float]) -> NDArray[np.float64]:
    y, x = np.indices(shape, dtype=np.float64)
    return np.column_stack([y.ravel() * spacing[0], x.ravel() * spacing[1]])
