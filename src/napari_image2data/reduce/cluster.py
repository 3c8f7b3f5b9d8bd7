"""DBSCAN of the pixels of a mask, in space or in space and value, and of scattered points."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Literal

import numpy as np

from napari_image2data.errors import ReductionError
from napari_image2data.reduce.inputs import (
    FARTHEST,
    choice,
    finite_number,
    pixel_size,
    real_numbers,
    whole_number,
)
from napari_image2data.reduce.lattice import lattice_clusters

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

MANY_POINTS = 200_000
"""From this many points on, the clustering that does not use the grid warns that it is slow."""


def cluster(
    mask: ArrayLike,
    *,
    eps: float,
    min_samples: int,
    values: ArrayLike | None = None,
    value_eps: float | None = None,
    spacing: tuple[float, float] = (1.0, 1.0),
) -> NDArray[np.int32]:
    """Cluster the kept pixels of a mask with DBSCAN.

    DBSCAN [1]_: a kept pixel with at least ``min_samples`` kept pixels within ``eps`` (itself
    among them) is a core pixel; core pixels within ``eps`` of one another belong to one cluster;
    a kept pixel that is no core pixel but has one within ``eps`` is a border pixel of that
    cluster; the others are noise. Pixels lie on a grid, so the counts are running sums over rows
    and the clusters are connected components: the result is exact, the time grows with
    pixels x eps and the memory with the pixels alone.

    Parameters
    ----------
    mask : (h, w) array_like of bool
        The pixels to cluster.
    eps : float
        Radius of the neighbourhood, in the units of ``spacing``; a pixel at that distance
        exactly is inside. More than 0.
    min_samples : int
        Kept pixels within ``eps``, the pixel itself counted, that make a core pixel. At least 1.
    values : (h, w) array_like of float, optional
        Cluster in space and value: two pixels are as far apart as
        ``hypot(distance, eps * difference / value_eps)``. This leaves the grid and uses
        scikit-learn's DBSCAN, whose time and memory grow with eps squared. Kept pixels whose
        value is NaN stay without a cluster.
    value_eps : float, optional
        The difference in value that counts as much as the distance ``eps``; by default 5 % of
        the range of the kept values.
    spacing : (float, float)
        Size ``(dy, dx)`` of a pixel.

    Returns
    -------
    (h, w) int32 ndarray
        0 where there is no cluster (not kept, or noise); clusters are numbered 1, 2, ... in the
        order in which their first core pixel appears row by row.

    Raises
    ------
    ReductionError
        ``eps`` or ``spacing`` not positive, ``min_samples`` below 1, a mask that is not 2-D or
        keeps no pixel, values of another shape.

    Warns
    -----
    UserWarning
        ``values`` is given and the mask keeps more than `MANY_POINTS` pixels.

    Notes
    -----
    Border rule: a border pixel within ``eps`` of several clusters joins the one with the lowest
    number. With the numbering above this is what scikit-learn's DBSCAN does when it gets the
    pixels row by row, so the labels are its labels plus one, border pixels included.

    References
    ----------
    .. [1] M. Ester, H.-P. Kriegel, J. Sander, X. Xu, "A density-based algorithm for discovering
       clusters in large spatial databases with noise", *Proc. KDD-96*, 1996, 226-231.

    Examples
    --------
    >>> import numpy as np
    >>> mask = np.array([[1, 1, 0, 0, 0, 1, 1], [1, 1, 0, 0, 0, 0, 1]], bool)
    >>> cluster(mask, eps=1.5, min_samples=3)
    array([[1, 1, 0, 0, 0, 2, 2],
           [1, 1, 0, 0, 0, 0, 2]], dtype=int32)
    """
    eps = finite_number("eps", eps, "a distance above 0 (1 links the four neighbours of a pixel)")
    min_samples = whole_number("min_samples", min_samples, 1)
    spacing = pixel_size(spacing)
    kept = _mask(mask)
    if values is not None:
        return _cluster_values(kept, values, value_eps, eps, min_samples, spacing)
    return lattice_clusters(kept, eps, min_samples, spacing)


def cluster_points(
    coordinates: ArrayLike,
    *,
    eps: float | None = None,
    min_samples: int = 5,
    method: Literal["dbscan", "hdbscan"] = "dbscan",
) -> NDArray[np.int32]:
    """Cluster scattered points with scikit-learn's DBSCAN or HDBSCAN.

    Parameters
    ----------
    coordinates : (N, D) array_like of float
        The points, one in a row; columns in comparable units.
    eps : float, optional
        Radius of the neighbourhood (``"dbscan"``: needed; ``"hdbscan"``: the distance below
        which clusters are merged, by default 0).
    min_samples : int
        Points in the neighbourhood that make a core point, the point itself counted.
    method : {"dbscan", "hdbscan"}
        HDBSCAN [1]_ needs no radius and finds clusters of different densities.

    Returns
    -------
    (N,) int32 ndarray
        Cluster of every point from 1 on, 0 for noise and for points with a NaN coordinate.

    Raises
    ------
    ReductionError
        Not a table of points, no finite point, ``eps`` missing or not positive.

    Warns
    -----
    UserWarning
        More than `MANY_POINTS` points.

    References
    ----------
    .. [1] R. Campello, D. Moulavi, J. Sander, "Density-based clustering based on hierarchical
       density estimates", *Proc. PAKDD*, 2013, 160-172.

    Examples
    --------
    >>> cluster_points([[0, 0], [0, 1], [1, 0], [9, 9]], eps=1.5, min_samples=2)
    array([1, 1, 1, 0], dtype=int32)
    """
    choice("method", method, "dbscan", "hdbscan")
    points = real_numbers("Points to cluster", coordinates).astype(np.float64)
    if points.ndim != 2 or not points.shape[1]:
        raise ReductionError(
            f"Points to cluster need the shape (N, D), one point in a row, not {points.shape}."
        )
    good = np.isfinite(points).all(axis=1)
    if not good.any():
        raise ReductionError("There is no point to cluster; keep more pixels or points first.")
    if np.abs(points[good]).max() > FARTHEST:
        raise ReductionError(
            f"Points to cluster lie beyond {FARTHEST:g}, where distances overflow; "
            "divide them by a constant."
        )
    min_samples = whole_number("min_samples", min_samples, 1)
    if eps is not None or method == "dbscan":
        eps = finite_number("eps", eps, "a distance above 0")
    if method == "hdbscan" and good.sum() < max(2, min_samples):
        raise ReductionError(
            f"HDBSCAN with min_samples {min_samples} needs {max(2, min_samples)} points and there "
            f"are {good.sum()}; lower min_samples or keep more points."
        )
    _warn_when_many(int(good.sum()))
    found: NDArray[np.intp]
    if method == "hdbscan":
        from sklearn.cluster import HDBSCAN

        found = HDBSCAN(
            min_samples=min_samples,
            min_cluster_size=max(2, min_samples),
            cluster_selection_epsilon=float(eps or 0.0),
            copy=True,
        ).fit_predict(points[good])
    else:
        from sklearn.cluster import DBSCAN

        found = DBSCAN(eps=eps, min_samples=min_samples).fit_predict(points[good])
    labels = np.zeros(len(points), np.int32)
    # scikit-learn marks noise -1 (HDBSCAN also -2, -3 for infinite and missing values)
    labels[good] = np.maximum(found, -1) + 1
    return labels


def _mask(mask: ArrayLike) -> NDArray[np.bool_]:
    given = real_numbers("The mask", mask)
    if given.ndim != 2:
        raise ReductionError(f"The mask has the shape {given.shape}; give one 2-D mask.")
    if given.dtype.kind == "f" and np.isnan(given).any():
        raise ReductionError("The mask holds NaN; give True and False, as gradient_mask does.")
    kept = np.ascontiguousarray(given, dtype=bool)
    if not kept.any():
        raise ReductionError(
            "The mask keeps no pixel, so there is nothing to cluster; raise the gradient tolerance."
        )
    return kept


def _cluster_values(
    kept: NDArray[np.bool_],
    values: ArrayLike,
    value_eps: float | None,
    eps: float,
    min_samples: int,
    spacing: tuple[float, float],
) -> NDArray[np.int32]:
    heights = real_numbers("values", getattr(values, "values", values)).astype(np.float64)
    if heights.shape != kept.shape:
        raise ReductionError(
            f"values have the shape {heights.shape}, the mask {kept.shape}; they must be the same."
        )
    rows, columns = np.nonzero(kept & np.isfinite(heights))
    if not len(rows):
        raise ReductionError(
            "Every kept pixel is NaN in values, so there is nothing to cluster; "
            "use the field that the mask was made from."
        )
    z = heights[rows, columns]
    if value_eps is None:
        value_eps = float(0.05 * np.ptp(z)) or 1.0
    advice = "a difference in value above 0"
    value_eps = finite_number("value_eps", value_eps, advice)
    with np.errstate(over="ignore"):
        heights = (z - z.min()) / value_eps * eps
    if not np.abs(heights).max() < FARTHEST:
        raise ReductionError(
            f"value_eps is {value_eps}, so small against values that differ by {np.ptp(z):g} that "
            "distances overflow; give a larger one."
        )
    points = np.column_stack([rows * spacing[0], columns * spacing[1], heights])
    labels = np.zeros(kept.shape, np.int32)
    labels[rows, columns] = cluster_points(points, eps=eps, min_samples=min_samples)
    return labels


def _warn_when_many(number: int) -> None:
    if number > MANY_POINTS:
        warnings.warn(
            f"Clustering {number} points off the pixel grid can take minutes and many gigabytes; "
            "keep fewer pixels (a smaller tolerance), lower eps, or leave values out.",
            stacklevel=4,
        )
