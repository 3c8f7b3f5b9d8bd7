"""Leave out sites of flat cells whose neighbours say nearly the same, within a stated error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_image2data.reduce.cells import grid_sites
from napari_image2data.reduce.compare import clean_pixels
from napari_image2data.reduce.inputs import as_field_array
from napari_image2data.reduce.nodes_nearest import nearest_nodes
from napari_image2data.reduce.nudge_sites import nudge
from napari_image2data.reduce.sites import VERY_MANY, Sites

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Float = NDArray[np.float64]

MANY_CELLS = 10_000
"""So many cells take long to leave out, ..."""
BANDS = 0.2
"""... and are none where values change on less than this share of their borders (seen: 0.5 and more
in heat maps, less than 0.08 in filled contours)."""
FAR = 2
"""While there are more than this many times the sites wanted, ..."""
FAR_PIXELS = 4
"""... so many pixels are looked at for each of them ..."""
STAGE = 3
"""... at the beginning, and again when there are so many times fewer sites."""
RESERVES = (1.0, 0.97, 0.9, 0.0)
"""Shares of the tolerance that sites are left out within, until the result keeps all of it."""
PIXELS_PER_SITE = 50
"""Pixels looked at per site while sites are left out; the result is judged on all of them."""
FEWER_PIXELS = 30
"""The same for very many sites."""


def flat_cells(
    field: Any,
    *,
    n_points: int | None,
    tolerance: float | None,
    largest: bool,
    step: Callable[[], None],
) -> Sites | None:
    """The sites of a field of flat cells, as few as asked for; None where it is not made of such.

    Parameters
    ----------
    field : Field or (h, w) array_like of float
        The field: cells of a rectangular grid, or Voronoi cells of scattered sites.
    n_points, tolerance : int or float, optional
        How many sites to leave, or the error to keep over all clean pixels.
    largest : bool
        Whether the largest error counts, else the rmse.
    step : callable
        Called before each batch; it may raise to end the work.
    """
    values = as_field_array(field).astype(np.float64)
    clean = clean_pixels(field)
    values[~clean] = np.nan
    if not clean.any():
        return None
    found = grid_sites(values)
    if (
        found is not None
        and len(found[0]) > MANY_CELLS
        and _steps_on_borders(values, found) < BANDS
    ):
        found = None  # borders of bands fall on many rows and columns
    step()
    if found is None:
        found = nearest_nodes(values)
    if found is None:
        return None
    step()
    # sorted, and one a place, as `reconstruct` has them: it decides who gets a pixel between two
    _, order = np.unique(np.column_stack(found[:2]), axis=0, return_index=True)
    rows, cols, heights = (part[order] for part in found)
    pixels, truth = np.argwhere(clean).astype(np.float64), values[clean]
    few = _thinned_coarsely(
        (rows, cols, heights), pixels, truth, n_points, tolerance, largest=largest, step=step
    )
    if few is not None:
        step()
        rest = few.active
        sites = Sites(
            few.place[rest, 0],
            few.place[rest, 1],
            few.heights[rest],
            pixels,
            truth,
            largest=largest,
            settled=True,
        )
        if tolerance is None:
            # on all pixels: some of them would be obeyed too well
            if not largest and nudge(sites, step):
                sites.settle()
            return sites
        if sites.error() <= tolerance:
            return sites
    step()
    # Many pixels of a grid are as far from one site as from another, and who gets them is decided
    # in the end: where that costs the tolerance, a little of it is kept in reserve.
    for reserve in RESERVES:
        aim = None if tolerance is None else tolerance * reserve
        sites = Sites(rows, cols, heights.copy(), pixels, truth, largest=largest)
        sites.thin(n_points=n_points, tolerance=aim, step=step)
        if n_points is not None and not largest:
            sites.swap(step)
            nudge(sites, step)
        sites.settle()
        if tolerance is None or sites.error() <= tolerance:
            return sites
        if largest and sites.mend(tolerance, step):
            return sites
    return None


def _steps_on_borders(values: Float, found: tuple[Float, Float, Float]) -> float:
    """Share of the places on the borders of a grid of cells on which the value changes."""
    between = [len(np.unique(places)) - 1 for places in found[:2]]
    room = between[0] * values.shape[1] + between[1] * values.shape[0]
    steps = 0
    for axis in (0, 1):
        change = np.diff(values, axis=axis)
        steps += int(np.sum(np.isfinite(change) & (change != 0)))
    return float(steps / max(room, 1))


def _thinned_coarsely(
    found: tuple[Float, Float, Float],
    pixels: Float,
    truth: Float,
    n_points: int | None,
    tolerance: float | None,
    *,
    largest: bool,
    step: Callable[[], None],
) -> Sites | None:
    """Sites left out by a look at some pixels, fewer the fewer sites there are.

    None where there are hardly more pixels than a good look needs.
    """

    def some(per_site: int, number: int) -> tuple[int, Float, Float]:
        stride = int((len(pixels) / (per_site * number)) ** 0.5)
        if stride < 2:
            return 1, pixels, truth
        looked = ((pixels % stride) == stride // 2).all(axis=1)
        return stride, pixels[looked], truth[looked]

    number = len(found[0])
    goal = number if n_points is None else n_points
    far = goal < number / FAR
    good = PIXELS_PER_SITE if goal <= VERY_MANY else FEWER_PIXELS
    stride, seen, told = some(FAR_PIXELS if far else good, number)
    if stride < 2 and (not far or some(good, goal)[0] < 2):
        return None
    sites = Sites(found[0], found[1], found[2].copy(), seen, told, largest=largest)
    while sites.number > FAR * goal:
        sites.thin(n_points=max(FAR * goal, sites.number // STAGE), tolerance=None, step=step)
        step()
        sites.look_at(*some(FAR_PIXELS, sites.number)[1:])
    if far:
        step()
        sites.look_at(*some(good, goal)[1:])
    sites.thin(n_points=n_points, tolerance=tolerance, step=step)
    if n_points is not None and not largest:
        sites.swap(step)
    return sites
