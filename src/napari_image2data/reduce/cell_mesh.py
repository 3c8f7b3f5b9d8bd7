"""A growing mesh over the cells of a picture of flat cells: one pixel a cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_image2data.errors import ReductionError
from napari_image2data.reduce.cell_edges import CellEdges, find_edges
from napari_image2data.reduce.compare import clean_pixels
from napari_image2data.reduce.growing_mesh import GrowingMesh
from napari_image2data.reduce.inputs import as_field_array
from napari_image2data.reduce.points import CELLS, points_table

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from napari_image2data.reduce.growing_mesh import Norm

    Float = NDArray[np.float64]

UNEVEN = 0.01
"""Cells are flat when the rmse within them is at most this share of the field's range."""


class CellMesh(GrowingMesh):
    """A mesh over a field of one pixel a cell, whose errors are those of the pixels.

    Parameters
    ----------
    field : Field or (h, w) array_like of float
        The field.
    grid : CellEdges
        Its cells.
    norm, fit
        As of `GrowingMesh`.

    Raises
    ------
    ReductionError
        Fewer than 3 cells with a clean pixel, or all of them on one line.
    """

    def __init__(self, field: Any, grid: CellEdges, *, norm: Norm, fit: bool) -> None:
        values, clean = as_field_array(field).astype(np.float64), clean_pixels(field)
        self.edges = grid
        self.costs = grid.costs
        self._pixels, self._clean_pixels = values, clean
        truth = values[clean]
        row, col = grid.cell_of(*np.nonzero(clean))
        cell, many = row * grid.shape[1] + col, grid.shape[0] * grid.shape[1]
        count = np.bincount(cell, minlength=many).astype(np.float64)
        if norm == "rmse":
            with np.errstate(invalid="ignore"):
                flat = np.bincount(cell, weights=truth, minlength=many) / count
        else:
            low, high = np.full(many, np.inf), np.full(many, -np.inf)
            np.minimum.at(low, cell, truth)
            np.maximum.at(high, cell, truth)
            with np.errstate(invalid="ignore"):
                flat = np.where(count > 0, (low + high) / 2, np.nan)
        cells = flat.astype(np.float32)
        super().__init__(
            cells.reshape(grid.shape), norm=norm, fit=fit, weights=count.reshape(grid.shape)
        )
        self.field = field
        away = cells[cell] - truth
        self.unseen = float(np.mean(away**2) ** 0.5), float(np.abs(away).max())

    def errors_of(self, image: Float) -> tuple[float, float]:
        """Rmse and largest error of the cells painted, over all clean pixels."""
        shape = self._pixels.shape[0], self._pixels.shape[1]
        difference = (self.edges.paint(image, shape) - self._pixels)[self._clean_pixels]
        return float(np.mean(difference**2) ** 0.5), float(np.abs(difference).max())

    def table(self) -> pd.DataFrame:
        """The points, each in the middle of its cell, and the edges of the cells with them."""
        inner = super().table()
        rows, cols = self.edges.centers
        table = points_table(
            rows[inner["row"].to_numpy()],
            cols[inner["col"].to_numpy()],
            inner["value"],
            self.field,
            sigma=np.hypot(inner["sigma"], self.unseen[0]),
            size=inner["size"],
        )
        table.attrs |= {**inner.attrs, CELLS: self.edges.as_attribute()}
        return table


def cell_mesh(field: Any, *, norm: Norm, fit: bool) -> CellMesh | None:
    """A mesh over the flat cells of a field; None where it is not made of such."""
    values = as_field_array(field).astype(np.float64)
    values[~clean_pixels(field)] = np.nan
    grid = find_edges(values)
    if grid is None:
        return None
    try:
        mesh = CellMesh(field, grid, norm=norm, fit=fit)
    except ReductionError:  # cells on one line
        return None
    span = float(np.ptp(values[np.isfinite(values)]))
    return mesh if mesh.unseen[0] <= UNEVEN * span else None
