"""A JPEG of cells: the pixels of a cell had one value, and take one."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from napari_image2data.color.spaces import LUMA
from napari_image2data.decode.cell_borders import find_borders
from napari_image2data.decode.cell_pixels import medians, unrest

if TYPE_CHECKING:
    from napari_image2data.decode.curve import Curve

LINES = 320
"""Rows, and columns, that are asked for borders: those of cells run on over all of them."""

UNREST = 0.14
"""Change within cells, as a share of the step to the next, from which they are no cells."""

MIXED = 0.1
"""Share of a step by which a pixel at a border changes as the border of the even grid moves by a
pixel, from which pixels are mixtures; pixels that belong to one cell or the other do not."""

_STEP = 4.0  # levels of lightness between two cells, from which their border is seen
_MOVED = 0.08  # of a step: what another pixel border must hold more than the nearest, to be it
_FARTHEST = 0.75  # of a pixel: what a border found is off that of the even grid, to be believed


class Evened(NamedTuple):
    """Positions of a picture of cells, one a cell.

    Attributes
    ----------
    position : (h, w) float32 ndarray
    change : (h, w) float ndarray or None
        How much the position changes per pixel from cell to cell; NaN where a pixel kept its own
        position, None where there are no cells.
    borders : (ndarray, ndarray) or None
        Where the columns and the rows of cells begin and end, in pixels.
    """

    position: np.ndarray
    change: np.ndarray | None
    borders: tuple[np.ndarray, np.ndarray] | None


def even_cells(position: np.ndarray, rgb: np.ndarray, curve: Curve, clean: np.ndarray) -> Evened:
    """Give the pixels of a cell one position, where a JPEG shows a grid of cells.

    Parameters
    ----------
    position : (h, w) float32 ndarray
        Smoothed positions.
    rgb : (h, w, 3) uint8 ndarray
    curve : Curve
    clean : (h, w) bool ndarray
        Pixels that show data.

    Returns
    -------
    Evened
        The positions as they were where the picture is not made of cells.

    Notes
    -----
    A picture that was drawn in its own size has each border between two pixels: of the three pixel
    borders nearest to that of the even grid, the one that holds most of the step in lightness. How
    much of the step lies before and behind it does not hang on where the even grid's border lies.
    In a resampled picture it does: there pixels within one of a border are mixtures, as the values
    beneath are, and stay as they are.

    Examples
    --------
    >>> from napari_image2data import ColorScale
    >>> from napari_image2data.decode.curve import Curve
    >>> curve = Curve.of(ColorScale.from_name("viridis", vmin=0, vmax=1))
    >>> truth = np.kron(np.random.default_rng(0).random((9, 12)), np.ones((10, 9)))
    >>> noise = np.random.default_rng(1).normal(0, 0.01, truth.shape)
    >>> rgb = np.rint(curve.color(truth)).astype(np.uint8)
    >>> found = even_cells(truth + noise, rgb, curve, np.ones(truth.shape, bool))
    >>> bool(np.abs(found.position - truth).max() < 0.01)
    True
    """
    grid = _grid(position, clean)
    if grid is None:
        return Evened(position, None, None)
    x_edges, y_edges = grid
    values = np.where(clean, position, np.nan).astype(float)
    middle = medians(values, values, x_edges, y_edges)[0]
    luma = np.where(clean, rgb @ LUMA, np.nan)
    light = np.where(np.isfinite(middle), curve.color(np.nan_to_num(middle)) @ LUMA, np.nan)
    column, row = _cell_of(x_edges, luma.shape[1]), _cell_of(y_edges, luma.shape[0])
    x_found, x_shares = _between_pixels(luma, light[row], x_edges)
    y_found, y_shares = _between_pixels(luma.T, light.T[column], y_edges)
    if len(x_shares) + len(y_shares) == 0:
        return Evened(position, None, None)
    if _moves_along([x_shares, y_shares]) < MIXED:
        x_edges, y_edges = x_found, y_found
        middle = medians(values, values, x_edges, y_edges)[0]
        column, row = _cell_of(x_edges, luma.shape[1]), _cell_of(y_edges, luma.shape[0])
        inside = clean
    else:
        away_x, away_y = (_from_border(edges) for edges in (x_edges, y_edges))
        inside = clean & (away_x >= 1)[None] & (away_y >= 1)[:, None]
    of_cell = middle[row[:, None], column[None]]
    even = inside & np.isfinite(of_cell)
    change = np.where(even, _change(middle, x_edges, y_edges)[row[:, None], column[None]], np.nan)
    one_a_cell = np.where(even, of_cell, position).astype(np.float32)
    return Evened(one_a_cell, change, (x_edges, y_edges))


def _grid(position: np.ndarray, clean: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Borders of columns and of rows, where they are even and what lies between is."""
    if not clean.any():
        return None
    values = np.where(clean, position, np.nan).astype(float)
    low, high = np.nanpercentile(values[:: max(1, len(values) // LINES)], (2, 98))
    if low == high:
        return None
    values /= high - low
    found = []
    for turned in (values, values.T):
        borders = find_borders(_some_lines(turned))
        if borders is None or not borders[1] or len(borders[0]) < 3:
            return None
        if _are_blocks(borders[0]):
            return None
        found.append(borders[0])
    x_edges, y_edges = found
    return (x_edges, y_edges) if unrest(values, x_edges, y_edges) <= UNREST else None


def _are_blocks(edges: np.ndarray) -> bool:
    """Whether borders are as far from each other as those of JPEG's blocks, or a third of it."""
    if len(edges) < 5:
        return False
    pitch = float(np.diff(edges[1:-1]).mean())
    return any(abs(pitch - of_block) * len(edges) < 1 for of_block in (8 / 3, 8.0, 16.0))


def _some_lines(values: np.ndarray, strips: int = 5) -> np.ndarray:
    """Rows in a few strips all over a large picture; neighbours stay neighbours."""
    height = len(values)
    if height <= LINES:
        return values
    size = LINES // strips
    starts = np.linspace(0, height - size, strips).astype(int)
    return np.concatenate([values[start : start + size] for start in starts])


def _change(middle: np.ndarray, x_edges: np.ndarray, y_edges: np.ndarray) -> np.ndarray:
    """Change of the cells' positions per pixel; the mean of the steps to either side counts."""
    square = np.zeros(middle.shape)
    for axis, edges in enumerate((y_edges, x_edges)):
        step = np.abs(np.diff(middle, axis=axis))
        pad = [(0, 0), (0, 0)]
        pad[axis] = (1, 1)
        both = np.pad(step, pad, constant_values=np.nan)
        count = middle.shape[axis]
        pair = np.stack([both.take(range(count), axis), both.take(range(1, count + 1), axis)])
        known = np.isfinite(pair)
        mean = np.where(known, pair, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
        square += (mean / ((edges[-1] - edges[0]) / count)) ** 2
    return np.asarray(np.sqrt(square))


def _cell_of(edges: np.ndarray, length: int) -> np.ndarray:
    """Number of the cell that each pixel's middle lies in."""
    return np.searchsorted(edges[1:-1], np.arange(length) + 0.5)


def _from_border(edges: np.ndarray) -> np.ndarray:
    """Distance of each pixel's middle from the nearest inner border."""
    middle = np.arange(round(float(edges[-1]))) + 0.5
    after = np.searchsorted(edges[1:-1], middle)
    padded = np.concatenate([[-np.inf], edges[1:-1], [np.inf]])
    return np.asarray(np.minimum(middle - padded[after], padded[after + 1] - middle))


def _between_pixels(
    luma: np.ndarray, light: np.ndarray, edges: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Borders moved to whole pixels, and what the pixels beside them show.

    Parameters
    ----------
    luma : (h, w) ndarray
        Lightness of the pixels; NaN where they show no data.
    light : (h, n) ndarray
        Lightness of the cells along each row of pixels.
    edges : (n + 1,) ndarray

    Returns
    -------
    moved : (n + 1,) ndarray
    shares : (m, 4) ndarray
        Of borders that are seen: how far the even grid's border lies behind the moved one, the
        share of the step that the pixel before and the one behind have made, and the sum of the
        squared steps.
    """
    step = np.diff(light, axis=1)
    step = np.where(np.abs(step) > _STEP, step, 0.0)  # also where a cell is not known
    last = luma.shape[1] - 1

    def share(pixel: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        made = luma[:, pixel.clip(0, last)] - light[:, :-1]
        known = np.isfinite(made)
        weight = np.where(known, step**2, 0.0).sum(axis=0)
        return np.where(known, made * step, 0.0).sum(axis=0) / np.maximum(weight, 1e-9), weight

    nearest = np.rint(edges[1:-1]).astype(int)
    held = np.array([share(nearest + k)[0] - share(nearest + k - 1)[0] for k in (-1, 0, 1)])
    best = np.where(held.max(axis=0) > held[1] + _MOVED, held.argmax(axis=0), 1)
    places = nearest + best - 1
    if (np.diff(np.concatenate([[0], places, [last + 1]])) < 1).any():
        places = nearest
    moved = np.concatenate([edges[:1], places, edges[-1:]]).astype(float)
    (before, weight), (behind, other) = share(places - 1), share(places)
    off = edges[1:-1] - places
    shares = np.stack([off, before, behind, np.minimum(weight, other)], axis=1)
    return moved, shares[(shares[:, 3] > 0) & (np.abs(off) <= _FARTHEST)]


def _moves_along(shares: list[np.ndarray]) -> float:
    """By how much less of a step pixels have made where the border lies a pixel farther on."""
    together = apart = 0.0
    for off, before, behind, weight in (one.T for one in shares if len(one)):
        away = off - np.average(off, weights=weight)
        for made in (before, behind):
            together -= float((weight * away * made).sum())
            apart += float((weight * away**2).sum())
    return together / max(apart, 1e-9)
