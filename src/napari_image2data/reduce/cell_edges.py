"""The grid of a picture of flat cells, on which a field has one pixel a cell."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_image2data.errors import ReductionError
from napari_image2data.reduce.cells import borders_along
from napari_image2data.reduce.points import CELLS

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Float = NDArray[np.float64]
    Index = NDArray[np.intp]
    Numbers = NDArray[np.floating[Any] | np.integer[Any]]

MOST_CELLS = 0.7
"""With more cells a pixel than this, cells are no simpler than pixels."""
NUMBERS_A_POINT = 3
"""Numbers that a point takes: row, column, value."""


@dataclass(frozen=True)
class CellEdges:
    """Rows and columns of flat cells.

    Attributes
    ----------
    row_edges, col_edges : (N + 1,) float ndarray
        Edges of the rows and of the columns of cells in pixel indices, rising (the first pixel
        spans -0.5 to 0.5). What lies beyond the first or last edge belongs to the cell there.
    """

    row_edges: Float
    col_edges: Float

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of cells."""
        return len(self.row_edges) - 1, len(self.col_edges) - 1

    @cached_property
    def centers(self) -> tuple[Float, Float]:
        """Rows and columns of the cells' centers, in pixel indices."""
        rows, cols = ((e[1:] + e[:-1]) / 2 for e in (self.row_edges, self.col_edges))
        return rows, cols

    @property
    def costs(self) -> int:
        """How many points take as many numbers as the grid.

        Along an axis two numbers (the first edge and the width) where the cells are of even width
        but for the rounding to pixels, else one an edge between two cells.
        """
        numbers = sum(_numbers(edges[1:-1]) for edges in (self.row_edges, self.col_edges))
        return -(-numbers // NUMBERS_A_POINT)

    def cell_of(self, rows: Numbers, cols: Numbers) -> tuple[Index, Index]:
        """Row and column of the cells that places (pixel indices) lie in."""
        row = np.searchsorted(self.row_edges[1:-1], rows)
        col = np.searchsorted(self.col_edges[1:-1], cols)
        return row, col

    def paint(self, cells: NDArray[Any], shape: tuple[int, int]) -> NDArray[Any]:
        """A picture of this shape in which each cell has its one value."""
        row, col = self.cell_of(np.arange(float(shape[0])), np.arange(float(shape[1])))
        painted: NDArray[Any] = cells[np.ix_(row, col)]
        return painted

    def as_attribute(self) -> dict[str, list[float]]:
        """The edges as `points.attrs` hold them."""
        return {"rows": self.row_edges.tolist(), "cols": self.col_edges.tolist()}


def edges_of(points: pd.DataFrame) -> CellEdges | None:
    """The grid of cells that points are for, None where they are for pixels.

    Raises
    ------
    ReductionError
        Edges that are no rising numbers.
    """
    told = points.attrs.get(CELLS)
    if told is None:
        return None
    try:
        edges = [np.asarray(told[axis], np.float64) for axis in ("rows", "cols")]
        good = all(e.ndim == 1 and len(e) > 1 and (np.diff(e) > 0).all() for e in edges)
    except (TypeError, ValueError, KeyError, IndexError):
        good = False
    if not good:
        raise ReductionError(
            "The points are for cells whose edges are not two lists of rising numbers, 'rows' and "
            f"'cols'; take {CELLS!r} out of their attrs to rebuild from pixel to pixel."
        )
    return CellEdges(*edges)


def find_edges(values: Float) -> CellEdges | None:
    """The grid of the flat cells of a field; None where it has none.

    Lines of blended pixels between cells are cells of their own.

    Parameters
    ----------
    values : (h, w) float ndarray
        The field, NaN where nothing is known.
    """
    edges = []
    for axis, length in enumerate(values.shape):
        borders = borders_along(values, axis, blends=True)
        edges.append(np.concatenate([[-0.5], borders, [length - 0.5]]))
    grid = CellEdges(*edges)
    if min(grid.shape) < 2 or np.prod(grid.shape) > MOST_CELLS * values.size:
        return None
    return grid


def _numbers(borders: Float) -> int:
    """Numbers it takes to write these borders down."""
    if len(borders) < 3:
        return len(borders)
    line = np.polynomial.Polynomial.fit(np.arange(len(borders)), borders, 1)
    off = borders - line(np.arange(len(borders)))
    return 2 if np.ptp(off) <= 1.0 else len(borders)
