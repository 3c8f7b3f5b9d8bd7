"""How long the triangles of a mesh should be, where values change more along one axis."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_image2data.reduce.goal import to_number

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_image2data.reduce.growing_mesh import GrowingMesh

UNEQUAL = 1.5
"""Triangles may be long where steps along one axis are so many times those along the other."""
LONGER = 2.0
"""They are tried so many times as long, ..."""
LONGEST = 6
"""... so often at most, ..."""
TRIED = 300
"""... in meshes of so many points, ..."""
WORTH = 0.985
"""... and are taken where that brings the error to this share at most."""


def lengthen(growth: GrowingMesh, n_points: int | None, step: Callable[[], None]) -> None:
    """Choose the ``spacing`` of a mesh: Delaunay triangles of the picture stretched by it.

    Where values change more along one axis than along the other, triangles do best that are
    longer along the other [1]_, by how much is tried in small meshes. The mesh starts anew.

    Parameters
    ----------
    growth : GrowingMesh
        The mesh.
    n_points : int, optional
        The number of points that it will have.
    step : callable
        Called before each batch of points; it may raise to end the work.

    References
    ----------
    .. [1] R. B. Simpson, "Anisotropic mesh transformations and optimal error control", *Applied
       Numerical Mathematics* 14, 1994, 183-198.
    """
    down, across = (_step(growth, axis) for axis in (0, 1))
    if max(down, across) <= UNEQUAL * min(down, across):
        return
    many = TRIED if n_points is None else min(n_points, TRIED)
    start, best = growth.state(), growth.spacing

    def error(spacing: tuple[float, float]) -> float:
        growth.spacing = spacing
        growth.restore(start)
        to_number(growth, many, step)
        return growth.error

    least = error(best)
    for _ in range(LONGEST):
        row, col = best
        longer = (row * LONGER, col) if down > across else (row, col * LONGER)
        found = error(longer)
        if found > WORTH * least:
            break
        best, least = longer, found
    growth.spacing = best
    growth.restore(start)


def _step(growth: GrowingMesh, axis: int) -> float:
    """Root mean square of the steps between neighbors along an axis."""
    values = np.where(growth.clean, growth.values, np.nan)
    steps = np.diff(values, axis=axis)
    steps = steps[np.isfinite(steps)]
    return float(np.mean(steps**2) ** 0.5) if len(steps) else 0.0
