"""Sites of tiles of a pixel or more, for fields that hardly fewer points than pixels rebuild."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_image2data.reduce.compare import clean_pixels
from napari_image2data.reduce.inputs import as_field_array
from napari_image2data.reduce.points import points_table

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from numpy.typing import NDArray

    Float = NDArray[np.float64]
    Index = NDArray[np.intp]
    Bool = NDArray[np.bool_]

LARGEST = 40
"""Largest side of a square tile, in pixels."""
BISECTIONS = 30
PAIRS = (((0, 1), (2, 3)), ((0, 2), (1, 3)))
"""The two ways to make pairs of the pixels of a 2 x 2 block: side by side, one above the other."""


@dataclass(frozen=True)
class Tiles:
    """A field cut into tiles, each with one value.

    Attributes
    ----------
    pixels : (M,) int ndarray
        The clean pixels (flat indices).
    owner : (M,) int ndarray
        The number of the tile that each is in.
    row, col, value : (N,) float ndarray
        The middle of each tile (pixel indices, broken) and its value.
    """

    pixels: Index
    owner: Index
    row: Float
    col: Float
    value: Float

    @property
    def number(self) -> int:
        """Tiles that there are."""
        return len(self.value)

    def table(self, field: Any) -> pd.DataFrame:
        """The tiles as a table of points."""
        truth = as_field_array(field).ravel()[self.pixels]
        size = np.bincount(self.owner, minlength=self.number)
        square = np.bincount(self.owner, (self.value[self.owner] - truth) ** 2, self.number)
        return points_table(
            self.row, self.col, self.value, field, sigma=np.sqrt(square / size), size=size
        )


def tiles(
    field: Any, *, tolerance: float, largest: bool, step: Callable[[], None] = lambda: None
) -> Tiles:
    """The fewest tiles of one value that keep an error; the nearest site rebuilds them.

    Squares of one size, from 2 x 2 pixels on, or single pixels, pairs and 2 x 2 squares side by
    side: each pixel of those is nearer to the middle of its own tile than to that of any other.

    Parameters
    ----------
    field : Field or (h, w) array_like of float
        The field.
    tolerance : float
        The rmse or the largest error to keep, over the clean pixels.
    largest : bool
        Which of the two.
    step : callable
        Called now and then; it may raise to end the work.
    """
    values = as_field_array(field).astype(np.float64)
    clean = clean_pixels(field)
    # a rebuilt field is rounded to single precision
    margin = 2.0 * float(np.spacing(np.float32(np.abs(values[clean]).max(initial=0.0))))
    room = max(0.0, tolerance - margin)
    found = None
    for side in range(2, max(2, min(LARGEST, min(values.shape) // 4)) + 1):
        step()
        wider = _squares(values, clean, side)
        away = np.abs(wider.value[wider.owner] - values.ravel()[wider.pixels])
        error = away.max() if largest else np.mean(away**2) ** 0.5
        if error > room:
            break
        found = wider
    return _mixed(values, clean, room, step, largest=largest) if found is None else found


def _squares(values: Float, clean: Bool, side: int) -> Tiles:
    """Tiles of one size; their values are means, which largest errors bear nearly as well."""
    across = -(-values.shape[1] // side)
    pixels = np.flatnonzero(clean)
    row, col = np.divmod(pixels, values.shape[1])
    number, owner = _numbered(row // side * across + col // side)
    total = np.bincount(owner, values.ravel()[pixels])
    at = np.divmod(number, across)
    middle = (side - 1) / 2
    return Tiles(
        pixels, owner, at[0] * side + middle, at[1] * side + middle, total / np.bincount(owner)
    )


def _mixed(
    values: Float, clean: Bool, room: float, step: Callable[[], None], *, largest: bool
) -> Tiles:
    """Single pixels, pairs and squares of four: joined where that costs least for a point saved.

    Every block of 2 x 2 pixels stays four points or becomes three (a pair), two (both pairs, side
    by side or one above the other) or one.
    """
    height, width = values.shape
    padded = np.full((height + height % 2, width + width % 2), np.nan)
    padded[:height, :width] = np.where(clean, values, np.nan)
    block = np.stack([padded[y::2, x::2].ravel() for y in (0, 1) for x in (0, 1)])
    pairs = [[_cost(block[list(pair)], largest=largest) for pair in way] for way in PAIRS]
    both = [np.maximum(*way) if largest else way[0] + way[1] for way in pairs]
    upright = both[1] < both[0]
    first, second = (np.where(upright, pairs[1][i], pairs[0][i]) for i in (0, 1))
    swap = second < first
    none = np.zeros(len(upright))
    lower, whole = np.minimum(first, second), _cost(block, largest=largest)
    costs = np.stack([none, lower, np.minimum(*both), whole])
    if largest:
        costs = np.where(costs <= room, 0.0, np.inf)
        state = _cheapest(costs, 1.0)
    else:
        # the most that a saved point may cost, halved and doubled until the room is filled
        low, high = 0.0, float(np.max(costs[np.isfinite(costs)], initial=0.0)) + 1e-300
        for _ in range(BISECTIONS):
            step()
            middle = (low + high) / 2
            state = _cheapest(costs, middle)
            spent = np.take_along_axis(costs, state[None], axis=0).sum()
            low, high = (middle, high) if spent <= room**2 * clean.sum() else (low, middle)
        state = _cheapest(costs, low)
    step()
    # the part that each of the four pixels of a block belongs to: its own, or an earlier one's
    part = np.repeat(np.arange(4)[:, None], len(state), axis=1)
    for way, pair in enumerate(PAIRS):
        for i, (a, b) in enumerate(pair):
            joined = (upright == bool(way)) & ((state == 2) | ((state == 1) & (swap == bool(i))))
            part[b, joined] = a
    part[:, state == 3] = 0
    number = np.arange(padded.size).reshape(padded.shape)
    pixel = np.stack([number[y::2, x::2].ravel() for y in (0, 1) for x in (0, 1)])
    group = np.empty(padded.size, np.intp)
    group[pixel] = np.take_along_axis(pixel, part, axis=0)
    at = np.flatnonzero(np.isfinite(padded))
    step()
    _, owner = _numbered(group[at])
    count = np.bincount(owner)
    rows, cols = np.divmod(at, padded.shape[1])
    row, col = (np.bincount(owner, axis) / count for axis in (rows, cols))
    truth = padded.ravel()[at]
    if largest:
        highest, lowest = np.full(len(count), -np.inf), np.full(len(count), np.inf)
        np.maximum.at(highest, owner, truth)
        np.minimum.at(lowest, owner, truth)
        value = (highest + lowest) / 2
    else:
        value = np.bincount(owner, truth) / count
    return Tiles(rows * width + cols, owner, row, col, value)


def _numbered(group: Index) -> tuple[Index, Index]:
    """The groups there are, and the place among them of each entry's: `numpy.unique`, unsorted."""
    there = np.zeros(group.max(initial=0) + 1, bool)
    there[group] = True
    return np.flatnonzero(there), (np.cumsum(there) - 1)[group]


def _cost(parts: Float, *, largest: bool) -> Float:
    """What one value for these pixels costs: half their range, or their squares about the mean."""
    if largest:
        cost: Float = np.ptp(parts, axis=0) / 2
    else:
        cost = np.sum((parts - parts.mean(axis=0)) ** 2, axis=0)
    cost[np.isnan(cost)] = np.inf  # one of them is not clean
    return cost


def _cheapest(costs: Float, price: float) -> Index:
    """The states 0 to 3, which save as many points, with the lowest cost less their price."""
    state: Index = np.argmin(costs - price * np.arange(4)[:, None], axis=0)
    return state
