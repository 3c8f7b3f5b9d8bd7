"""The few points that stand for a field: one for every cluster of flat pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_image2data.errors import ReductionError
from napari_image2data.reduce.inputs import as_field_array, real_numbers

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

CELLS = "cells"
"""Key of the edges of the cells that points are for, in their table's ``attrs``."""
SPACING = "spacing"
"""Key of the size of a pixel (or cell) that points were placed for, in the same."""


def centroids(labels: ArrayLike, field: Any) -> pd.DataFrame:
    """One point for every cluster: the cluster's pixel nearest to its centroid.

    Parameters
    ----------
    labels : (h, w) array_like of int
        Cluster of every pixel from 1 on, 0 for none (`cluster`).
    field : Field or (h, w) array_like of float
        The field the labels were made from; an array has the pixel grid as its coordinates.

    Returns
    -------
    DataFrame
        One row a cluster, in the order of the labels:

        - ``row``, ``col`` (int): the pixel of the cluster nearest to its centroid (the first one
          row by row where several are);
        - ``x``, ``y`` (float): its centre in the field's axes;
        - ``value`` (float): median of the cluster's values, in value units;
        - ``sigma`` (float): standard uncertainty of the value: the median sigma of the cluster's
          pixels and their scatter (1.4826 x median absolute deviation), added in squares; NaN
          where the field has no sigma and the cluster one pixel;
        - ``size`` (int): pixels in the cluster.

    Raises
    ------
    ReductionError
        No cluster, no cluster with a value, or labels of another shape than the field.

    Examples
    --------
    >>> import numpy as np
    >>> labels = np.array([[1, 1, 1], [0, 0, 2]])
    >>> centroids(labels, np.array([[4.0, 4.0, 5.0], [0.0, 0.0, 9.0]]))[["row", "col", "value"]]
       row  col  value
    0    0    1    4.0
    1    1    2    9.0
    """
    values = as_field_array(field)
    marks = real_numbers("The labels", labels)
    if marks.shape != values.shape:
        raise ReductionError(
            f"The labels have the shape {marks.shape}, the field {values.shape}; "
            "make the clusters from this field."
        )
    rows, cols = np.nonzero((marks > 0) & np.isfinite(values))
    if not len(rows):
        raise ReductionError(
            "There is no cluster; lower min_samples, raise eps, or keep more flat pixels "
            "with a higher tolerance."
        )
    _, group = np.unique(marks[rows, cols], return_inverse=True)
    size = np.bincount(group)
    center_row = np.bincount(group, weights=rows) / size
    center_col = np.bincount(group, weights=cols) / size
    away = (rows - center_row[group]) ** 2 + (cols - center_col[group]) ** 2
    # stable sorts: the first pixel row by row wins a tie, rounding of the mean aside
    nearest = np.lexsort((np.round(away, 9), group))[np.cumsum(size) - size]
    row, col = rows[nearest], cols[nearest]

    value = values[rows, cols].astype(np.float64)
    median = _median_by_group(value, group, size)
    scatter = 1.4826 * _median_by_group(np.abs(value - median[group]), group, size)
    sigma = getattr(field, "sigma", None)
    if sigma is None:
        spread = np.where(size > 1, scatter, np.nan)
    else:
        own = np.nan_to_num(np.asarray(sigma, np.float64)[rows, cols])
        spread = np.hypot(_median_by_group(own, group, size), scatter)
    return points_table(row, col, median, field, sigma=spread, size=size)


def points_table(
    row: ArrayLike,
    col: ArrayLike,
    value: ArrayLike,
    field: Any,
    *,
    sigma: ArrayLike,
    size: ArrayLike,
) -> pd.DataFrame:
    """The table of points that all of this stage speaks: row, col, x, y, value, sigma, size."""
    import pandas as pd

    rows, cols = np.asarray(row), np.asarray(col)
    x, y = pixel_coordinates(field)
    return pd.DataFrame(
        {
            "row": rows,
            "col": cols,
            "x": np.interp(cols, np.arange(len(x)), x),
            "y": np.interp(rows, np.arange(len(y)), y),
            "value": np.asarray(value, np.float64),
            "sigma": np.broadcast_to(np.asarray(sigma, np.float64), rows.shape),
            "size": np.broadcast_to(np.asarray(size), rows.shape),
        }
    )


def pixel_coordinates(field: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """``field.x`` and ``field.y``, or the pixel grid (centres at i + 0.5) of a bare array."""
    if hasattr(field, "x") and hasattr(field, "y"):
        return np.asarray(field.x, np.float64), np.asarray(field.y, np.float64)
    height, width = np.shape(field)
    return np.arange(width) + 0.5, np.arange(height) + 0.5


def _median_by_group(
    value: NDArray[np.float64], group: NDArray[np.intp], size: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Median of ``value`` for every group 0, 1, ... (the mean of the middle two where even)."""
    ordered = value[np.lexsort((value, group))]
    start = np.cumsum(size) - size
    middle: NDArray[np.float64] = (
        ordered[start + (size - 1) // 2] + ordered[start + size // 2]
    ) / 2
    return middle
