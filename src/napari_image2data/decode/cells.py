"""One value a cell: pictures of cell grids (pcolormesh, correlation matrices, coarse images)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from napari_image2data.color.flags import Flag
from napari_image2data.decode.ambiguity import has_rivals
from napari_image2data.decode.cell_borders import find_borders
from napari_image2data.decode.cell_pixels import (
    center_slices,
    medians,
    share_of,
    unrest,
    whole_slices,
)
from napari_image2data.decode.curve import Curve
from napari_image2data.decode.lookup import lookup
from napari_image2data.errors import FigureError

if TYPE_CHECKING:
    import pandas as pd

    from napari_image2data.decode.field import Field

_HALF = 0.5  # of a cell's centre: less than that is read again, more must be of one colour
_ONE_COLOR = 0.01  # of the range: values that are the same colour but for its noise
_SAME_COLOR = 1.5  # levels: colours that rounding makes rivals
_NEXT = 0.004, 0.02  # of the range: beyond rounding, and near enough to be one branch
_UNREST = 0.13  # of the step to the next cell: what values change within a cell at most


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
        Share of the cell's centre that could be read, 0..1; filled pixels were not.
    flags : (n, m) uint8 ndarray
        Bits of `Flag` that half of the pixels have which gave the value; without a value, those
        that half of the centre has, or else the commonest.
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
    flags: np.ndarray
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


def find_cells(
    field: Field, image: np.ndarray | None = None, *, shape: tuple[int, int] | None = None
) -> CellGrid:
    """Find the cell grid of a blocky field and give one value a cell.

    Parameters
    ----------
    field : Field
        A decoded picture of cells of at least 2.2 pixels; rims of mixed colour between cells, text
        and lines may lie over them.
    image : (H, W), (H, W, 3) or (H, W, 4) array, optional
        The picture that the field was decoded from. With it a cell that was masked as ink, but is
        mostly of one colour of the scale, is read again: a lone dark cell looks like a letter.
    shape : (int, int), optional
        Numbers of rows and columns of an even grid that fills the field, where they are known: no
        grid is looked for, and none is refused.

    Returns
    -------
    CellGrid

    Raises
    ------
    FigureError
        When the field changes from pixel to pixel rather than from cell to cell, its cells are no
        rectangles, or the shape that is told has more cells than there are pixels.

    Notes
    -----
    Jumps that persist along the side of a cell make a profile with one peak a cell border. A comb
    on the peaks gives pitch and phase and the borders between cells that happen to be equal; uneven
    peaks are taken as they are. A grid whose cells are not of one value each is refused.

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
    if field.cells is not None:
        return field.cells
    flags = np.asarray(field.flags)
    filled = (flags & Flag.FILLED) > 0
    values = np.where(filled, np.nan, np.asarray(field.values, float))
    if shape is None:
        x_found, y_found = _found_edges(values, field)
    else:
        x_found, y_found = _told_edges(field.shape, shape)
    (x_edges, x_regular), (y_edges, y_regular) = x_found, y_found
    deviation = np.asarray(field.sigma, float)
    middle, sigma, share = medians(values, deviation, x_edges, y_edges)
    if image is not None and field.scale is not None and field.mixture is None:
        lacking = share_of((flags & Flag.NO_DATA) > 0, x_edges, y_edges) > _HALF
        again = _read_again(image, field, values, x_edges, y_edges, np.where(lacking, 1, share))
        for found, better in zip((middle, sigma, share), again, strict=True):
            np.copyto(found, better, where=np.isfinite(again[0]))
        middle = _nearest_of_one_color(image, field, middle, x_edges, y_edges)
    if filled.any():
        stand_in = np.where(filled, np.asarray(field.values, float), np.nan)
        guess, unsure, _ = medians(stand_in, deviation, x_edges, y_edges)
        unread = np.isnan(middle)
        np.copyto(middle, guess, where=unread)
        np.copyto(sigma, unsure, where=unread)
    known = np.isfinite(middle)
    rows, columns = slice(None), slice(None)
    if shape is None:
        ink = share_of((flags & Flag.OVERLAY) > 0, x_edges, y_edges)
        rows, columns = (
            _with_values(known.any(axis=axis) | (ink.mean(axis=axis) > 0.5)) for axis in (1, 0)
        )
        x_edges = x_edges[columns.start : columns.stop + 1]
        y_edges = y_edges[rows.start : rows.stop + 1]
    return CellGrid(
        middle[rows, columns].astype(np.float32),
        sigma[rows, columns].astype(np.float32),
        share[rows, columns].astype(np.float32),
        _flags_of(flags, np.isfinite(values), known[rows, columns], x_edges, y_edges),
        x=_centers(x_edges, field.x),
        y=_centers(y_edges, field.y),
        x_edges=x_edges,
        y_edges=y_edges,
        regular=(x_regular, y_regular),
    )


def one_value_a_cell(
    field: Field, image: np.ndarray, cells: bool | tuple[int, int] = True
) -> Field:
    """Field of one value a cell, from one of pixels; ``cells`` may tell its shape.

    Colour distance and light are, like the values, medians of the cells' centres.
    """
    grid = find_cells(field, image, shape=None if isinstance(cells, bool) else cells)
    places = grid.x_edges, grid.y_edges

    def middle(pixels: np.ndarray) -> np.ndarray:
        return medians(np.asarray(pixels, float), pixels, *places)[0].astype(np.float32)

    mixture = field.mixture
    if mixture is not None and mixture.light is not None:
        mixture = replace(mixture, light=middle(mixture.light))
    return replace(
        field,
        values=grid.values,
        distance=middle(field.distance),
        sigma=grid.sigma,
        flags=grid.flags,
        x=grid.x,
        y=grid.y,
        mixture=mixture,
        cells=grid,
    )


def _found_edges(
    values: np.ndarray, field: Field
) -> tuple[tuple[np.ndarray, bool], tuple[np.ndarray, bool]]:
    """Borders of columns and rows, and whether they are even, as the values show them."""
    scale = field.scale
    compared = np.log10(values) if scale is not None and scale.norm == "log" else values
    finite = compared[np.isfinite(compared)]
    if len(finite) == 0:
        raise FigureError("The field holds no value, so it has no cells; check scale and box.")
    spread = float(np.percentile(finite, 98) - np.percentile(finite, 2))
    if spread == 0:
        raise FigureError("The field has one value everywhere, so the borders of cells are unseen.")
    x_found, y_found = find_borders(compared / spread), find_borders(compared.T / spread)
    if x_found is None or y_found is None or len(x_found[0]) == len(y_found[0]) == 2:
        raise FigureError(
            "The field has no cells: its values change from pixel to pixel; use the field itself."
        )
    if unrest(compared / spread, x_found[0], y_found[0]) > _UNREST:
        raise FigureError(
            "The field has no rectangular cells: its values also change within the cells of the "
            "grid that fits best; use the field itself."
        )
    return x_found, y_found


def _told_edges(
    pixels: tuple[int, ...], shape: tuple[int, int]
) -> tuple[tuple[np.ndarray, bool], tuple[np.ndarray, bool]]:
    """Borders of columns and rows of an even grid that fills the field."""
    (height, width), (rows, columns) = pixels, shape
    if rows > height or columns > width:
        raise FigureError(
            f"{rows} x {columns} cells do not fit into {height} x {width} pixels; give the numbers "
            "of rows and columns."
        )
    x_edges, y_edges = np.linspace(0, width, columns + 1), np.linspace(0, height, rows + 1)
    return (x_edges, True), (y_edges, True)


def _with_values(known: np.ndarray) -> slice:
    """From the first to the last that shows something: padding around the data is no cell."""
    at = np.flatnonzero(known)
    return slice(int(at[0]), int(at[-1]) + 1) if len(at) else slice(0, len(known))


def _read_again(
    image: np.ndarray,
    field: Field,
    values: np.ndarray,
    x_edges: np.ndarray,
    y_edges: np.ndarray,
    share: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Value, sigma and share of cells little of which was read, though they are of one colour."""
    assert field.scale is not None
    x0, y0, x1, y1 = field.box or (0, 0, *np.shape(image)[1::-1])
    pixels = lookup(np.asarray(image)[y0:y1, x0:x1], field.scale, max_distance=np.inf)
    if pixels.shape != field.shape:
        raise FigureError("The picture is not the one that the field was decoded from.")
    clean = np.isfinite(values)
    if not clean.any():
        return np.full(share.shape, np.nan), share, share
    limit = max(3.0, 2 * float(np.percentile(pixels.distance[clean], 95)))
    value = np.where(pixels.distance <= limit, pixels.values.astype(float), np.nan)
    log = field.scale.norm == "log"
    compared = np.log10(value) if log else value
    reach = _ONE_COLOR * float(np.nanmax(compared) - np.nanmin(compared))
    columns, rows = center_slices(x_edges), center_slices(y_edges)
    whole_columns, whole_rows = whole_slices(x_edges), whole_slices(y_edges)
    found = np.full((3, *share.shape), np.nan)
    for i, j in np.argwhere(share < _HALF):
        centre = compared[rows[i], columns[j]]
        whole = compared[whole_rows[i], whole_columns[j]]
        ordered = np.sort(centre[np.isfinite(centre)])
        if len(ordered) == 0:
            continue
        last = np.searchsorted(ordered, ordered + reach, side="right")
        first = int(np.argmax(last - np.arange(len(ordered))))
        usual = float(np.median(ordered[first : last[first]]))
        in_centre, in_whole = abs(centre - usual) <= reach, abs(whole - usual) <= reach
        if in_centre.mean() >= _HALF and in_whole.mean() >= 0.4 and in_whole.sum() >= 4:
            own = float(np.median(pixels.sigma[rows[i], columns[j]][in_centre]))
            found[:, i, j] = 10**usual if log else usual, own, in_centre.mean()
    return found[0], found[1], found[2]


def _nearest_of_one_color(
    image: np.ndarray,
    field: Field,
    middle: np.ndarray,
    x_edges: np.ndarray,
    y_edges: np.ndarray,
) -> np.ndarray:
    """Values of cells of one colour, chosen among rivals that are next to one another on the scale.

    Neighbouring pixels are continued straight to choose a branch; within a flat cell that says
    nothing of a branch's own next colours, of which the nearest is meant.
    """
    assert field.scale is not None
    if not has_rivals(field.scale.colors * 255, _SAME_COLOR):
        return middle
    x0, y0, x1, y1 = field.box or (0, 0, *np.shape(image)[1::-1])
    pixels = lookup(np.asarray(image)[y0:y1, x0:x1], field.scale, max_distance=np.inf)
    value = pixels.values.astype(float)
    nearest, spread, _ = medians(value, np.zeros(value.shape), x_edges, y_edges)
    ends = np.array([field.scale.vmin, field.scale.vmax], float)
    with np.errstate(invalid="ignore", divide="ignore"):
        places = np.log10([nearest, middle]) if field.scale.norm == "log" else [nearest, middle]
    span = abs(float(np.diff(np.log10(ends) if field.scale.norm == "log" else ends)[0]))
    gap = abs(places[0] - places[1]) / span
    gap = np.minimum(gap, abs(1 - gap)) if Curve.of(field.scale).cyclic else gap
    low, high = _NEXT
    return np.where((spread == 0) & (gap > low) & (gap < high), nearest, middle)


def _flags_of(
    flags: np.ndarray,
    clean: np.ndarray,
    known: np.ndarray,
    x_edges: np.ndarray,
    y_edges: np.ndarray,
) -> np.ndarray:
    """Flags of the pixels that gave each cell its value, or that kept it from having one."""
    out = np.zeros(known.shape, np.uint8)
    rows, columns = center_slices(y_edges), center_slices(x_edges)
    for i, j in np.argwhere(share_of(flags > 0, x_edges, y_edges) > 0):
        cell, read = flags[rows[i], columns[j]], clean[rows[i], columns[j]]
        if known[i, j]:  # by pixels that were read, else by filled ones, else by reading again
            cell = cell[read] if read.any() else cell[(cell & Flag.FILLED) > 0]
            if not cell.size:
                continue
        share = np.unpackbits(cell.ravel()[:, None], axis=1).mean(axis=0)
        most = share >= _HALF if known[i, j] else share >= min(_HALF, share.max())
        out[i, j] = np.packbits(most)[0]
    return out


def _centers(edges: np.ndarray, coordinates: np.ndarray) -> np.ndarray:
    middle = (edges[:-1] + edges[1:]) / 2
    pixel = np.arange(len(coordinates)) + 0.5
    slope = np.diff(coordinates[[0, -1]])[0] / max(len(coordinates) - 1, 1)
    inside = np.interp(middle, pixel, coordinates)
    beyond = middle - middle.clip(pixel[0], pixel[-1])
    return np.asarray(inside + beyond * slope)
