"""Which mesh carries a field best: over pixels or cells, and with what length of triangles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_image2data.reduce.cell_mesh import CellMesh, cell_mesh
from napari_image2data.reduce.exchange_points import MOST_POINTS, exchange
from napari_image2data.reduce.goal import part_of, settle, to_error, to_number
from napari_image2data.reduce.growing_mesh import GrowingMesh
from napari_image2data.reduce.long_triangles import lengthen
from napari_image2data.reduce.thin_sites import flat_cells

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_image2data.reduce.growing_mesh import Norm
    from napari_image2data.reduce.sites import Sites
    from napari_image2data.reduce.tiles import Tiles

    Step = Callable[[], None]
    Told = Callable[[float], object]

WITHIN = 0.5
"""Exchanges of points hardly take more than half off a mesh's error."""
AFFORDABLE = 0.25
"""Share of the points that the edges of cells may take for a mesh over cells alone to be grown."""
FEWER = 12
"""One in so many points is left out at a time where fewer may do."""
CHEAP = 0.05
"""If they take a larger share than this, a mesh over pixels is grown as well."""
ROUNDING = 1e-6
"""Cells are flat but for rounding when no pixel is farther than this share of the range off."""
FLAT = 0.02
"""Cells whose values differ by less than this share of a mesh's error are flat."""


def mesh_of_number(
    field: Any,
    n_points: int,
    *,
    norm: Norm,
    fit: bool,
    plain: bool,
    rival: float,
    step: Step,
    told: Told,
) -> GrowingMesh | None:
    """A mesh of so many points; None where its error will not come below that of a rival.

    Parameters
    ----------
    field : Field or (h, w) array_like of float
        The field.
    n_points : int
        The number of points, from which those that the edges of cells take are taken off.
    norm, fit
        As of `GrowingMesh`.
    plain : bool
        A mesh over pixels only.
    rival : float
        The error to come below.
    step, told : callable
        Called before each batch (it may raise to end the work), and with the share done after it.
    """
    best, least = None, np.inf
    meshes = _meshes(field, norm=norm, fit=fit, plain=plain)
    if len(meshes) > 1 and meshes[0].costs > AFFORDABLE * n_points:
        del meshes[0]
    fewer = fit and n_points <= MOST_POINTS  # most of the time goes into their exchange
    grown, settled = (0.1, 0.2) if fewer else (0.4, 1.0)
    for mesh in meshes:
        wanted = n_points - mesh.costs
        mesh.leave_out_to(wanted)
        lengthen(mesh, wanted, step)
        if to_number(mesh, wanted, step, part_of(told, 0.0, grown), rival=min(rival, least)):
            settling = part_of(told, grown, settled)
            settle(mesh, wanted, step, settling, rival=min(rival, least))
            error = mesh.errors()[0 if norm == "rmse" else 1]
            if error < least:
                best, least = mesh, error
            if mesh.unseen[0] <= FLAT * error and mesh.costs <= CHEAP * n_points:
                break
    if best is not None and norm == "rmse" and WITHIN * least < rival:
        exchange(best, n_points - best.costs, step, part_of(told, 0.2, 1.0))
    return best


def mesh_within(
    field: Any,
    tolerance: float,
    *,
    norm: Norm,
    fit: bool,
    plain: bool,
    cells: Sites | None,
    step: Step,
    told: Told,
) -> GrowingMesh | Sites | Tiles:
    """A mesh that keeps an error, or the flat cells or tiles that do with fewer points.

    Parameters
    ----------
    field, norm, fit, plain, step, told
        As of `mesh_of_number`.
    tolerance : float
        The error to keep.
    cells : Sites or None
        Flat cells that keep it.
    """
    kind = 0 if norm == "rmse" else 1
    best: GrowingMesh | Sites | Tiles | None = None
    for mesh in _meshes(field, norm=norm, fit=fit, plain=plain):
        if mesh.unseen[kind] > tolerance / 2:
            continue
        lengthen(mesh, None, step)
        found = to_error(mesh, tolerance, cells, step, told, or_tiles=not plain) or mesh
        if isinstance(found, CellMesh) and found.errors()[kind] > tolerance:
            continue
        if best is None or _size(found) < _size(best):
            best = found
        flat = mesh.unseen[kind] <= FLAT * tolerance
        if not isinstance(found, CellMesh) or (flat and found.costs <= AFFORDABLE * _size(found)):
            break
    assert best is not None
    return best


def mesh_over_flat_cells(field: Any, *, norm: Norm, fit: bool) -> GrowingMesh | None:
    """A mesh over the cells of a picture of them, all of one value each but for rounding."""
    mesh = cell_mesh(field, norm=norm, fit=fit)
    if mesh is None or mesh.unseen[1] > ROUNDING * np.ptp(mesh.values[mesh.clean]):
        return None
    return mesh


def with_fewer(
    field: Any, tolerance: float, sites: Sites, *, step: Step, told: Told
) -> GrowingMesh | Sites:
    """Fewer sites, or a mesh of fewer points, that keep an rmse as well.

    Sites are left out one after the other for a stated error; for a stated number they are also
    swapped and moved, and the points of a mesh exchanged, so that fewer may do.

    Parameters
    ----------
    field, step, told
        As of `mesh_of_number`.
    tolerance : float
        The rmse to keep.
    sites : Sites
        Sites that keep it.
    """
    best: GrowingMesh | Sites = sites
    while 3 < _size(best) <= MOST_POINTS:
        number = _size(best) - max(1, _size(best) // FEWER)
        flat = flat_cells(field, n_points=number, tolerance=None, largest=False, step=step)
        if flat is not None and flat.error() <= tolerance:
            best = flat
            continue
        mesh = mesh_of_number(
            field, number, norm="rmse", fit=True, plain=False, rival=np.inf, step=step, told=told
        )
        if mesh is None or mesh.errors()[0] > tolerance:
            break
        best = mesh
    return best


def _meshes(field: Any, *, norm: Norm, fit: bool, plain: bool) -> list[GrowingMesh]:
    """A mesh over the cells of a picture of flat cells, and one over the pixels."""
    mesh = GrowingMesh(field, norm=norm, fit=fit)
    on_cells = None if plain else cell_mesh(field, norm=norm, fit=fit)
    return [mesh] if on_cells is None else [on_cells, mesh]


def _size(found: GrowingMesh | Sites | Tiles) -> int:
    return found.number + (found.costs if isinstance(found, GrowingMesh) else 0)
