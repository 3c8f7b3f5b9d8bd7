"""DBSCAN of the pixels of a mask: exact, in linear time, because pixels lie on a grid."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from napari_image2data.errors import ReductionError

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
    kept = np.ascontiguousarray(mask, dtype=bool)
    _check(kept, eps, min_samples, spacing)
    if values is not None:
        return _cluster_values(kept, values, value_eps, eps, min_samples, spacing)
    half_widths = _half_widths(kept.shape, eps, spacing)
    core = kept
    if min_samples > 1:
        core = kept & (_neighbour_counts(kept, half_widths) >= min_samples)
    labels = _link(core, half_widths)
    if min_samples > 1:
        _join_border(labels, kept & ~core, half_widths)
    return labels


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
    points = np.asarray(coordinates, dtype=np.float64)
    if points.ndim != 2:
        raise ReductionError(
            f"Points to cluster need the shape (N, D), one point in a row, not {points.shape}."
        )
    good = np.isfinite(points).all(axis=1)
    if not good.any():
        raise ReductionError("There is no point to cluster; keep more pixels or points first.")
    if min_samples < 1:
        raise ReductionError(f"min_samples is {min_samples}; give 1 or more.")
    if (eps is None and method == "dbscan") or (eps is not None and not eps > 0):
        raise ReductionError(f"eps is {eps}; give a distance above 0.")
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
    elif method == "dbscan":
        from sklearn.cluster import DBSCAN

        found = DBSCAN(eps=eps, min_samples=min_samples).fit_predict(points[good])
    else:
        raise ReductionError(f"Unknown method {method!r}; choose 'dbscan' or 'hdbscan'.")
    labels = np.zeros(len(points), np.int32)
    # scikit-learn marks noise -1 (HDBSCAN also -2, -3 for infinite and missing values)
    labels[good] = np.maximum(found, -1) + 1
    return labels


def _check(kept: NDArray[np.bool_], eps: float, min_samples: int, spacing: object) -> None:
    if kept.ndim != 2:
        raise ReductionError(f"The mask has the shape {kept.shape}; give one 2-D mask.")
    if not eps > 0:
        raise ReductionError(
            f"eps is {eps}; give a distance above 0 (1 links the four neighbours of a pixel)."
        )
    if min_samples < 1:
        raise ReductionError(f"min_samples is {min_samples}; give 1 or more.")
    steps = np.asarray(spacing, dtype=float)
    if steps.shape != (2,) or not (steps > 0).all() or not np.isfinite(steps).all():
        raise ReductionError(f"spacing is {spacing}; give two pixel sizes (dy, dx) above 0.")
    if not kept.any():
        raise ReductionError(
            "The mask keeps no pixel, so there is nothing to cluster; raise the gradient tolerance."
        )


def _half_widths(
    shape: tuple[int, ...], eps: float, spacing: tuple[float, float]
) -> NDArray[np.intp]:
    """Columns to either side within eps, for each row offset 0, 1, ... that reaches within eps."""
    height, width = shape
    dy, dx = (float(s) for s in spacing)
    limit = float(eps) * float(eps)
    rows = np.arange(min(height, int(min(eps / dy, height)) + 2), dtype=np.float64) * dy
    across = np.sqrt(np.maximum(limit - rows * rows, 0.0)) / dx
    half = np.minimum(across, width).astype(np.intp)
    # Rounding must not move a pixel that lies at eps exactly: settle it by the squared distance.
    for candidate in (half + 1, half):
        reach = candidate * dx
        fits = reach * reach + rows * rows <= limit
        half = np.where(fits, np.maximum(half, candidate), np.minimum(half, candidate - 1))
    return np.minimum(half[(rows * rows <= limit) & (half >= 0)], width - 1)


def _neighbour_counts(kept: NDArray[np.bool_], half_widths: NDArray[np.intp]) -> NDArray[Any]:
    """Kept pixels within the footprint around every pixel, by running sums along the rows."""
    height, width = kept.shape
    # Differences of running sums stay right when the sums wrap around, so the type needs to hold
    # the footprint only; half the bytes are half the time.
    footprint = 2 * int((2 * half_widths + 1).sum())
    kind = np.uint16 if footprint < 2**16 else np.uint32
    running = np.zeros((height, width + 1), kind)
    np.cumsum(kept, axis=1, dtype=kind, out=running[:, 1:])
    counts = np.zeros((height, width), kind)
    window = np.empty((height, width), kind)
    previous = -1
    for offset, half in enumerate(half_widths):
        if half != previous:
            _window_sum(running, int(half), window)
            previous = half
        counts[: height - offset] += window[offset:]
        if offset:
            counts[offset:] += window[: height - offset]
    return counts


def _window_sum(running: NDArray[Any], half: int, out: NDArray[Any]) -> None:
    """Sum of columns x - half .. x + half from running sums with a leading zero column."""
    width = out.shape[1]
    inner = width - 1 - half  # columns from here on have their window cut off on the right
    out[:, :inner] = running[:, half + 1 : width]
    out[:, inner:] = running[:, width:]
    out[:, half + 1 :] -= running[:, 1 : width - half]


def _row_neighbours(
    labels: NDArray[np.int32], reach: int
) -> list[tuple[NDArray[np.uint16], NDArray[np.int32]]]:
    """For every pixel the nearest core pixel to its left and to its right, itself included.

    For each side the distance in columns (cut off beyond ``reach``) and the core pixel's label.
    """
    width = labels.shape[1]
    core = labels > 0
    columns = np.arange(width, dtype=np.int32)
    far = np.int32(2 * width + reach)
    left = np.where(core, columns, -far)
    np.maximum.accumulate(left, axis=1, out=left)
    right = np.where(core, columns, far)
    np.minimum.accumulate(right[:, ::-1], axis=1, out=right[:, ::-1])
    starts = np.arange(labels.shape[0], dtype=np.int32)[:, None] * np.int32(width)
    sides = []
    for nearest, distance in ((left, columns - left), (right, right - columns)):
        np.clip(nearest, 0, width - 1, out=nearest)
        nearest += starts
        np.minimum(distance, np.int32(min(reach + 1, 65535)), out=distance)
        sides.append((distance.astype(np.uint16), np.take(labels.ravel(), nearest)))
    return sides


def _link(core: NDArray[np.bool_], half_widths: NDArray[np.intp]) -> NDArray[np.int32]:
    """Number the core pixels: one number for all that are linked by steps within the footprint.

    Touching pixels are joined first (one pass in C). What is left to join are gaps: within a
    row, and between rows up to eps apart. There it is enough to ask every core pixel for the
    nearest core pixel to its left and to its right in the other row: all others within reach on
    that side lie closer to that one than the footprint is wide in their own row, so they are in
    its cluster already.
    """
    from scipy.ndimage import label

    touching = np.zeros((3, 3), bool)
    touching[1, 1] = True
    if half_widths[0] >= 1:
        touching[1, :] = True
    if len(half_widths) > 1:
        touching[:, 1] = True
        if half_widths[1] >= 1:
            touching[:] = True
    labels = np.empty(core.shape, np.int32)
    number = label(core, structure=touching, output=labels)
    if number < 2 or (len(half_widths) <= 2 and half_widths.max() <= 1):
        return labels
    pairs = _gaps(labels, half_widths)
    if not len(pairs):
        return labels
    merged = _merge(number, pairs)
    merged[0] = 0
    return np.take(merged, labels)


def _gaps(labels: NDArray[np.int32], half_widths: NDArray[np.intp]) -> NDArray[np.int64]:
    """Pairs of different labels that have core pixels within the footprint of one another."""
    height = labels.shape[0]
    found: list[NDArray[np.int64]] = []
    waiting = 0
    near = _row_neighbours(labels, int(half_widths.max()))
    core = labels > 0
    many = np.int64(labels.max()) + 1
    for offset, half in enumerate(half_widths):
        for side, (distance, beside) in enumerate(near):
            if offset == 0:
                # each pixel is its own nearest one here; ask from the next column on, one way
                if side == 0:
                    continue
                here = slice(None), slice(None, -1)
                there = slice(None), slice(1, None)
                close = distance[there] < half
            else:
                here = slice(None, height - offset), slice(None)
                there = slice(offset, None), slice(None)
                close = distance[there] <= half
            close &= core[here]
            close &= labels[here] != beside[there]
            if close.any():
                first, second = labels[here][close], beside[there][close]
                keys = first * many + second
                # neighbours in a row mostly tell the same
                found.append(keys[np.append(True, keys[1:] != keys[:-1])])
                waiting += len(found[-1])
        if waiting > labels.size:
            found = [np.unique(np.concatenate(found))]
            waiting = 0
    if not found:
        return np.empty((0, 2), np.int64)
    keys = np.concatenate(found)
    return np.column_stack(np.divmod(keys, many))


def _merge(number: int, pairs: NDArray[np.int64]) -> NDArray[np.int32]:
    """New number of the labels 0..number once the pairs are joined; first label, first number."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array(
        (np.ones(len(pairs), bool), (pairs[:, 0] - 1, pairs[:, 1] - 1)), shape=(number, number)
    )
    _, component = connected_components(graph, directed=False)
    _, first, inverse = np.unique(component, return_index=True, return_inverse=True)
    order = np.empty(len(first), np.int32)
    order[np.argsort(first)] = np.arange(1, len(first) + 1, dtype=np.int32)
    merged = np.zeros(number + 1, np.int32)
    merged[1:] = order[inverse]
    return merged


def _join_border(
    labels: NDArray[np.int32], border: NDArray[np.bool_], half_widths: NDArray[np.intp]
) -> None:
    """Give every border pixel the lowest label within the footprint (0 stays where there is none).

    As in `_link`, the nearest core pixel on either side speaks for all of them on that side.
    """
    rows, columns = np.nonzero(border)
    if not len(rows):
        return
    height = labels.shape[0]
    none = np.iinfo(np.int32).max
    best = np.full(len(rows), none, np.int32)
    near = _row_neighbours(labels, int(half_widths.max()))
    for offset, half in enumerate(half_widths):
        for other in {offset, -offset}:
            target = rows + other
            inside = (target >= 0) & (target < height)
            for distance, beside in near:
                r, c = target[inside], columns[inside]
                candidate = np.where(distance[r, c] <= half, beside[r, c], none)
                best[inside] = np.minimum(best[inside], candidate)
    labels[rows, columns] = np.where(best == none, 0, best)


def _cluster_values(
    kept: NDArray[np.bool_],
    values: ArrayLike,
    value_eps: float | None,
    eps: float,
    min_samples: int,
    spacing: tuple[float, float],
) -> NDArray[np.int32]:
    heights = np.asarray(getattr(values, "values", values), dtype=np.float64)
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
    if not value_eps > 0:
        raise ReductionError(f"value_eps is {value_eps}; give a difference in value above 0.")
    points = np.column_stack([rows * spacing[0], columns * spacing[1], z * (eps / value_eps)])
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
