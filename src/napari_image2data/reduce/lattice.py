"""DBSCAN on a pixel grid, exact: counts are running sums, clusters are connected components."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def lattice_clusters(
    kept: NDArray[np.bool_], eps: float, min_samples: int, spacing: tuple[float, float]
) -> NDArray[np.int32]:
    """Clusters of the kept pixels as `cluster` describes them.

    Parameters
    ----------
    kept : (h, w) bool ndarray
        The pixels to cluster, at least one.
    eps : float
        Radius of the neighbourhood, in the units of ``spacing``.
    min_samples : int
        Kept pixels within ``eps``, the pixel itself counted, that make a core pixel.
    spacing : (float, float)
        Size ``(dy, dx)`` of a pixel.

    Returns
    -------
    (h, w) int32 ndarray
        Clusters from 1 on, 0 elsewhere.
    """
    half_widths = _half_widths(kept.shape, eps, spacing)
    core = kept
    if min_samples > 1:
        core = kept & (_neighbour_counts(kept, half_widths) >= min_samples)
    labels = _link(core, half_widths)
    if min_samples > 1:
        _join_border(labels, kept & ~core, half_widths)
    return labels


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
