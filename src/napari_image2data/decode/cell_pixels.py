"""What the pixels of cells say: medians, shares and unrest of the cells' centers."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator


def medians(
    values: np.ndarray, sigma: np.ndarray, x_edges: np.ndarray, y_edges: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Median of the clean pixels of each cell's centre, its sigma, and the share of them."""
    shape = (len(y_edges) - 1, len(x_edges) - 1)
    middle, spread, share = np.full(shape, np.nan), np.full(shape, np.nan), np.zeros(shape)
    for cells, pixels in _centers(shape, x_edges, y_edges, values.shape):
        inside = values[pixels].reshape(*middle[cells].shape, -1)
        known = np.isfinite(inside)
        count = known.sum(axis=-1)
        typical = _median(inside, count)
        scatter = 1.4826 * _median(abs(inside - typical[..., None]), count)
        own = np.where(known, sigma[pixels].reshape(inside.shape), np.nan)
        own = _median(own, np.isfinite(own).sum(axis=-1))
        middle[cells] = typical
        spread[cells] = np.hypot(own, scatter / np.sqrt(np.maximum(count, 1)))
        share[cells] = count / inside.shape[-1]
    return middle, spread, share


def share_of(what: np.ndarray, x_edges: np.ndarray, y_edges: np.ndarray) -> np.ndarray:
    """Share of each cell's centre where something is so."""
    shape = (len(y_edges) - 1, len(x_edges) - 1)
    share = np.zeros(shape)
    for cells, pixels in _centers(shape, x_edges, y_edges, what.shape):
        share[cells] = what[pixels].mean(axis=(2, 3))
    return share


def unrest(values: np.ndarray, x_edges: np.ndarray, y_edges: np.ndarray) -> float:
    """How much values change within the cells' centres, relative to the step to the next cell."""
    shape = (len(y_edges) - 1, len(x_edges) - 1)
    middle = np.full(shape, np.nan)
    within = []
    for cells, pixels in _centers(shape, x_edges, y_edges, values.shape):
        inside = values[pixels].reshape(*middle[cells].shape, -1)
        known = np.isfinite(inside)
        count = known.sum(axis=-1)
        middle[cells] = _median(inside, count)
        away = np.where(known, abs(inside - middle[cells][..., None]), 0).sum(axis=-1)
        within.append((away / np.maximum(count, 1))[count > 3])
    steps = np.concatenate([abs(np.diff(middle, axis=axis)).ravel() for axis in (0, 1)])
    steps = steps[np.isfinite(steps)]
    changes = np.concatenate(within) if within else np.empty(0)
    return float(changes.mean() / steps.mean()) if len(changes) and steps.any() else 0.0


def center_slices(edges: np.ndarray) -> list[slice]:
    """Whole pixels of each cell that keep clear of its borders."""
    slices = []
    for low, high in pairwise(edges):
        rim = min(max(1.0, 0.2 * (high - low)), max(0.0, (high - low - 1) / 2))
        first = int(np.ceil(low + rim - 0.25))
        slices.append(slice(first, max(int(np.floor(high - rim + 0.25)), first + 1)))
    return slices


def whole_slices(edges: np.ndarray) -> list[slice]:
    """Whole pixels of each cell."""
    at = np.round(edges).astype(int)
    return [slice(low, max(high, low + 1)) for low, high in pairwise(at.tolist())]


def _median(values: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Median along the last axis of the ``count`` values there that are not NaN."""
    ordered = np.sort(values, axis=-1)  # NaN comes last
    low = np.take_along_axis(ordered, np.maximum((count - 1) // 2, 0)[..., None], axis=-1)
    high = np.take_along_axis(ordered, np.minimum(count // 2, values.shape[-1] - 1)[..., None], -1)
    return np.asarray(((low + high) / 2)[..., 0])


def _centers(
    shape: tuple[int, int], x_edges: np.ndarray, y_edges: np.ndarray, pixels: tuple[int, ...]
) -> Iterator[tuple[tuple[np.ndarray, ...], tuple[np.ndarray, ...]]]:
    """Indices of cells whose centres are equally large, and of the pixels of these centres."""
    by_size = []
    for edges, length in ((y_edges, pixels[0]), (x_edges, pixels[1])):
        sizes: dict[int, list[tuple[int, int]]] = {}
        for number, place in enumerate(center_slices(edges)):
            start, stop = place.start, min(place.stop, length)
            if stop > start:
                sizes.setdefault(stop - start, []).append((number, start))
        by_size.append(sizes)
    for height, rows in by_size[0].items():
        row, top = np.array(rows).T
        for width, columns in by_size[1].items():
            column, left = np.array(columns).T
            down = (top[:, None] + np.arange(height))[:, None, :, None]
            across = (left[:, None] + np.arange(width))[None, :, None, :]
            yield np.ix_(row, column), (down, across)
