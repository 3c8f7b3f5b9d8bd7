"""One value a cell: pictures of cell grids (pcolormesh, correlation matrices, coarse images)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from napari_image2data.errors import FigureError

if TYPE_CHECKING:
    import pandas as pd

    from napari_image2data.decode.field import Field

_SMALLEST = 2.5  # pixels: the narrowest cell that leaves a clean pixel
_GAP = 3  # pixels of unread rim between two cells that are still bridged


@dataclass(frozen=True, eq=False)
class CellGrid:
    """A picture of cells, one value each.

    Attributes
    ----------
    values : (n, m) float32 ndarray
        Median of each cell's clean centre; NaN where a cell shows no clean pixel.
    sigma : (n, m) float32 ndarray
        Standard uncertainty of the value.
    share : (n, m) float32 ndarray
        Share of the cell's centre that could be read, 0..1.
    x, y : (m,) and (n,) float64 ndarray
        Coordinates of the cells' centres, as the field's (axis values, else pixels).
    x_edges, y_edges : (m + 1,) and (n + 1,) float64 ndarray
        Borders of the cells in pixels of the field, its left or upper edge being 0. Outer rows and
        columns without any value (padding around the data) are left out.
    regular : (bool, bool)
        Whether columns and rows are evenly spaced.
    """

    values: np.ndarray
    sigma: np.ndarray
    share: np.ndarray
    x: np.ndarray
    y: np.ndarray
    x_edges: np.ndarray
    y_edges: np.ndarray
    regular: tuple[bool, bool]

    @property
    def shape(self) -> tuple[int, int]:
        """Number of rows and columns of cells."""
        return (len(self.y), len(self.x))

    def table(self) -> pd.DataFrame:
        """One row a cell: row, col, x, y, value, sigma, share; as `save_points` writes it."""
        import pandas as pd

        row, col = np.indices(self.shape)
        return pd.DataFrame(
            {
                "row": row.ravel(),
                "col": col.ravel(),
                "x": np.asarray(self.x)[col.ravel()],
                "y": np.asarray(self.y)[row.ravel()],
                "value": self.values.ravel(),
                "sigma": self.sigma.ravel(),
                "share": self.share.ravel(),
            }
        )


def find_cells(field: Field) -> CellGrid:
    """Find the cell grid of a blocky field and give one value a cell.

    Parameters
    ----------
    field : Field
        A decoded picture of cells of at least 2.5 pixels; rims of mixed colour between cells, text
        and lines may lie over them.

    Returns
    -------
    CellGrid

    Raises
    ------
    FigureError
        When the field changes from pixel to pixel rather than from cell to cell.

    Notes
    -----
    The mean jump of the values across each pixel border is a profile with one peak a cell border.
    Peaks that lie on a comb give pitch and phase by least squares, and the comb gives the borders
    between cells that happen to be equal; of all combs the widest that holds the peaks is taken.
    Uneven peaks are taken as they are.

    Examples
    --------
    >>> from napari_image2data import ColorScale, decode
    >>> scale = ColorScale.from_name("viridis", vmin=0, vmax=1)
    >>> cells = np.random.default_rng(0).random((4, 6))
    >>> picture = scale.to_color(np.kron(cells, np.ones((12, 15))))
    >>> grid = find_cells(decode(picture, scale))
    >>> grid.shape, bool(abs(grid.values - cells).max() < 0.01)
    ((4, 6), True)
    """
    values = np.asarray(field.values, float)
    scale = field.scale
    compared = np.log10(values) if scale is not None and scale.norm == "log" else values
    finite = compared[np.isfinite(compared)]
    if len(finite) == 0:
        raise FigureError("The field holds no value, so it has no cells; check scale and box.")
    spread = float(np.percentile(finite, 98) - np.percentile(finite, 2))
    if spread == 0:
        raise FigureError("The field has one value everywhere, so the borders of cells are unseen.")
    x_found, y_found = _borders(compared / spread), _borders(compared.T / spread)
    if x_found is None or y_found is None or len(x_found[0]) == len(y_found[0]) == 2:
        raise FigureError(
            "The field has no cells: its values change from pixel to pixel; use the field itself."
        )
    (x_edges, x_regular), (y_edges, y_regular) = x_found, y_found
    middle, sigma, share = _medians(values, np.asarray(field.sigma, float), x_edges, y_edges)
    rows, columns = (_with_values(np.isfinite(middle).any(axis=axis)) for axis in (1, 0))
    x_edges = x_edges[columns.start : columns.stop + 1]
    y_edges = y_edges[rows.start : rows.stop + 1]
    return CellGrid(
        middle[rows, columns].astype(np.float32),
        sigma[rows, columns].astype(np.float32),
        share[rows, columns].astype(np.float32),
        x=_centers(x_edges, field.x),
        y=_centers(y_edges, field.y),
        x_edges=x_edges,
        y_edges=y_edges,
        regular=(x_regular, y_regular),
    )


def _with_values(known: np.ndarray) -> slice:
    """From the first to the last that has a value: padding around the data is no cell."""
    at = np.flatnonzero(known)
    return slice(int(at[0]), int(at[-1]) + 1) if len(at) else slice(0, len(known))


def _borders(values: np.ndarray) -> tuple[np.ndarray, bool] | None:
    """Borders of the columns, from 0 to the width, and whether they are even; None for no cells."""
    width = values.shape[1]
    profile = _jumps(values)
    if profile.mean() < 1e-4:
        return np.array([0.0, width]), True
    peaks, heights = _peaks(profile)
    if len(peaks) == 0:
        return None
    strong = heights >= 0.35 * np.percentile(heights, 90)
    comb = _comb(peaks[strong], heights[strong], width)
    if comb is None:
        comb = _comb(peaks, heights, width)
    inner = comb if comb is not None else peaks[np.diff(peaks, prepend=-9) >= _SMALLEST]
    at = np.round(inner).astype(int)
    near = np.zeros(len(profile), bool)
    for side in (-1, 0, 1):
        near[np.clip(at + side, 0, width)] = True
    share = profile[near].sum() / profile.sum()
    flat = profile[~near]
    if comb is None and (share < 0.9 or near.mean() > 0.7):
        return None
    if len(flat) and heights[strong].mean() < (4 if comb is None else 2) * flat.mean():
        return None
    return np.concatenate([[0.0], inner, [float(width)]]), comb is not None


def _jumps(values: np.ndarray) -> np.ndarray:
    """Mean jump (capped) at each of the width + 1 column borders; unread rims are bridged."""
    height, width = values.shape
    profile = np.zeros(width + 1)
    for mirrored in (False, True):
        row = values[:, ::-1] if mirrored else values
        filled = row.copy()
        for _ in range(_GAP):
            before = np.concatenate([np.full((height, 1), np.nan), filled[:, :-1]], axis=1)
            filled = np.where(np.isnan(filled), before, filled)
        jump = np.minimum(abs(np.diff(filled, axis=1)), 0.2)
        known = np.isfinite(jump)
        if known.any():  # what moves within cells (JPEG) is no border
            jump = np.maximum(jump - 4 * np.median(jump[known]), 0)
        count = np.maximum(known.sum(axis=0), 0.02 * height)
        total = np.where(known, jump, 0.0).sum(axis=0) / count
        profile[1:-1] += total[::-1] / 2 if mirrored else total / 2
    return profile


def _peaks(profile: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Places, to a part of a pixel, and heights of the profile's peaks."""
    inside = profile[1:-1]
    floor = float(np.median(inside))
    scatter = float(np.median(abs(inside - floor)))
    limit = max(floor + 8 * scatter, 0.12 * float(inside.max()), 1e-3)
    high = profile > limit
    start = np.flatnonzero(high & ~np.append(False, high[:-1]))
    stop = np.flatnonzero(high & ~np.append(high[1:], False)) + 1
    places: list[float] = []
    heights: list[float] = []
    for first, last in zip(start.tolist(), stop.tolist(), strict=True):
        weight = profile[first:last]
        if last - first <= 3:
            places.append(float((np.arange(first, last) * weight).sum() / weight.sum()))
            heights.append(float(weight.sum()))
            continue
        left, right = np.append(-1.0, weight[:-1]), np.append(weight[1:], -1.0)
        top = np.flatnonzero((weight >= left) & (weight > right))
        places += [float(first + k) for k in top]
        heights += [float(weight[k]) for k in top]
    return np.array(places), np.array(heights)


def _comb(peaks: np.ndarray, heights: np.ndarray, width: int) -> np.ndarray | None:
    """Inner borders of the widest even grid that holds the peaks, or None."""
    if len(peaks) == 1:
        place = peaks[0]
        return peaks if abs(place - width / 2) < 1 else None
    gaps = np.diff(peaks)
    wide = gaps[gaps >= _SMALLEST]
    if len(wide) == 0:
        return None
    typical = [float(np.median(wide)), float(np.percentile(wide, 10)), float(wide.min())]
    tried = sorted({gap / part for gap in typical for part in (1, 2, 3)}, reverse=True)
    for pitch in tried:
        if pitch < _SMALLEST:
            continue
        fit = _fit_comb(peaks, heights, pitch)
        if fit is None:
            continue
        phase, step = fit
        first = int(np.ceil((0.3 * step - phase) / step))
        last = int(np.floor((width - 0.3 * step - phase) / step))
        teeth = phase + step * np.arange(first, last + 1)
        if len(teeth) == 0:
            continue
        seen = (abs(teeth[:, None] - peaks[None]).min(axis=1) < 1.0).mean()
        if seen >= 0.5:
            return teeth
    return None


def _fit_comb(peaks: np.ndarray, heights: np.ndarray, pitch: float) -> tuple[float, float] | None:
    """Phase and pitch by least squares, growing from the strongest peak outward."""
    start = peaks[int(np.argmax(heights))]
    phase, step = start, pitch
    order = np.argsort(abs(peaks - start))
    for n_used in sorted({min(len(peaks), 2**k + 1) for k in range(1, 14)}):
        near = peaks[order[:n_used]]
        index = np.round((near - phase) / step)
        if np.ptp(index) == 0:
            return None
        slope, intercept = np.polyfit(index, near, 1)
        phase, step = float(intercept), float(slope)
    off = abs(peaks - phase - step * np.round((peaks - phase) / step))
    held = heights[off <= 0.8].sum() / heights.sum()
    return (phase, step) if held >= 0.95 and step >= _SMALLEST else None


def _medians(
    values: np.ndarray, sigma: np.ndarray, x_edges: np.ndarray, y_edges: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    columns, rows = _centre_slices(x_edges), _centre_slices(y_edges)
    shape = (len(rows), len(columns))
    middle, spread, share = np.full(shape, np.nan), np.full(shape, np.nan), np.zeros(shape)
    for i, row in enumerate(rows):
        for j, column in enumerate(columns):
            cell = values[row, column]
            clean = cell[np.isfinite(cell)]
            share[i, j] = len(clean) / max(cell.size, 1)
            if len(clean):
                middle[i, j] = np.median(clean)
                scatter = 1.4826 * np.median(abs(clean - middle[i, j]))
                own = np.nanmedian(sigma[row, column])
                spread[i, j] = np.hypot(own, scatter / np.sqrt(len(clean)))
    return middle, spread, share


def _centre_slices(edges: np.ndarray) -> list[slice]:
    """Whole pixels of each cell that keep clear of its borders."""
    slices = []
    for low, high in pairwise(edges):
        rim = min(max(1.0, 0.2 * (high - low)), max(0.0, (high - low - 1) / 2))
        first = int(np.ceil(low + rim - 0.25))
        slices.append(slice(first, max(int(np.floor(high - rim + 0.25)), first + 1)))
    return slices


def _centers(edges: np.ndarray, coordinates: np.ndarray) -> np.ndarray:
    middle = (edges[:-1] + edges[1:]) / 2
    pixel = np.arange(len(coordinates)) + 0.5
    slope = np.diff(coordinates[[0, -1]])[0] / max(len(coordinates) - 1, 1)
    inside = np.interp(middle, pixel, coordinates)
    beyond = middle - middle.clip(pixel[0], pixel[-1])
    return np.asarray(inside + beyond * slope)
