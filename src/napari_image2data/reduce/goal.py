"""A growing mesh on its way to a stated error or a number of points."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_image2data.reduce.tiles import Tiles, tiles

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_image2data.reduce.growing_mesh import GrowingMesh
    from napari_image2data.reduce.sites import Sites

    Step = Callable[[], None]
    Part = Callable[[float], object]
    Told = Part | None

NEAR = 1.5
"""Points move from when the error is half as large again as the one wanted."""
MOVES = 4
"""Steps in which the points of a mesh find better places at a time."""
MOST_MOVES = 30
"""How often they do so, at most, while the mesh grows to a stated error."""
MOST_MOVED = 20_000
"""More points than this do not move: it takes too long."""
LAST = 3
"""How often they move once a wanted number is there."""
MOST_STEPS = 240_000
"""Points times steps of those last moves, at most: it bounds the time for very many points."""
SLOWLY = 0.25
"""Once it stalls, the fitted error of a mesh falls with about this power of the number of points,
seen in cells of noise; ..."""
SETTLED = 0.9
"""... and to this much when the points move in the end."""
SETTLED_ONCE = 0.95
"""The same for more points than MOST_MOVED, which move but once."""
MOST_WORK = 500_000
"""Points of all meshes on the way, together, after which tiles are taken for a mesh."""
TILE_STEPS = 28
"""Steps that tiles take, about."""
FASTEST = 1.5
"""The error is taken to fall with this power of the number of points at most, ..."""
FITTED = 0.3
"""... and to as much of that of a mesh through the field once points move."""
MANY_CELLS = 5000
"""With fewer flat cells it is not worth while to guess that the mesh will need more points."""


def part_of(told: Part, start: float, end: float) -> Part:
    """Tell the share of a part of the work as one of the whole."""
    return lambda share: told(start + (end - start) * share)


def steps_told(step: Step, told: Told, many: int) -> Step:
    """A step that tells, too, a guess of the share done: nearly all after so many steps."""
    done = 0

    def on() -> None:
        nonlocal done
        step()
        done += 1
        if told is not None:
            told(float(1.0 - np.exp(-2.0 * done / many)))

    return on


def to_error(
    growth: GrowingMesh,
    tolerance: float,
    cells: Sites | None,
    step: Step,
    told: Told = None,
    *,
    or_tiles: bool,
) -> Sites | Tiles | None:
    """Grow until the error is kept; the cells or tiles that need fewer points, None without.

    Parameters
    ----------
    growth : GrowingMesh
        The mesh.
    tolerance : float
        The error to keep.
    cells : Sites or None
        Flat cells that keep it.
    step, told : callable
        Called before each batch (it may raise to end the work), and with the share done after it.
    or_tiles : bool
        End with tiles (or the cells) where the mesh takes too long: noise in every pixel.
    """
    start, error, moves, work = 0.0, 0.0, MOST_MOVES if growth.fit else 0, 0
    while not growth.done(tolerance, None):
        step()
        if or_tiles and work + growth.number > MOST_WORK:
            largest = growth.norm == "max"
            done = _share(error, start, tolerance) if work else 0.0
            rest = None if told is None else part_of(told, done, 1.0)
            going = steps_told(step, rest, TILE_STEPS)
            found = tiles(growth.field, tolerance=tolerance, largest=largest, step=going)
            return cells if cells is not None and cells.number <= found.number else found
        if cells is not None and growth.number + growth.costs >= cells.number:
            return cells
        work += growth.number
        error = growth.grow(tolerance, None)
        if moves and growth.number <= MOST_MOVED and error < NEAR * tolerance:
            growth.move(MOVES, lambda share: step())
            moves -= 1
        start = start or error
        if told is not None:
            told(_share(error, start, tolerance))
        if cells is not None and cells.number > MANY_CELLS:
            best = FITTED * error * (growth.number / cells.number) ** FASTEST
            if best > tolerance:
                return cells
    return cells if cells is not None and cells.number <= growth.number + growth.costs else None


def _share(error: float, start: float, tolerance: float) -> float:
    """A guess of the work done: errors fall in a geometric series."""
    if not tolerance or error <= 0 or start <= tolerance:
        return 0.0 if error > 0 else 1.0
    return float(np.clip(np.log(start / error) / np.log(start / tolerance), 0.0, 1.0))


def to_number(
    growth: GrowingMesh,
    n_points: int,
    step: Step,
    told: Told = None,
    *,
    rival: float = np.inf,
) -> bool:
    """Grow until the number of points is there; ``step`` and ``told`` as of `to_error`.

    It ends, and returns False, where the error falls so slowly that it will not come below that
    of a ``rival``.
    """
    while not growth.done(None, n_points):
        step()
        growth.grow(None, n_points)
        if told is not None:
            told(min(1.0, growth.number / n_points))  # large meshes take the time
        if np.isfinite(rival) and growth.stalled():
            ahead = (growth.number / n_points) ** SLOWLY if growth.norm == "rmse" else 1.0
            if SETTLED * ahead * growth.error > rival:
                return False
    return True


def settle(
    growth: GrowingMesh,
    n_points: int,
    step: Step,
    told: Told = None,
    *,
    rival: float = np.inf,
    turns: int = LAST,
) -> None:
    """Move the points of a fitted mesh to better places; ``step`` and ``told`` as of `to_error`.

    They stay where that will not bring the rmse below that of a ``rival``. They move ``turns``
    times, very many points once.
    """
    many, race = n_points > MOST_MOVED, bool(np.isfinite(rival))
    if race and (SETTLED_ONCE if many else SETTLED) * growth.error > rival:
        return
    steps = max(1, min(MOVES, MOST_STEPS // n_points))
    turns = (1 if many else turns) if growth.fit and not growth.exact else 0
    for turn in range(turns):

        def during(share: float, turn: int = turn) -> None:
            step()
            if told is not None:
                told((turn + share) / turns)

        before = growth.error if race else 0.0
        if not growth.move(steps, during):
            break
        # a move takes off half as much as the one before at most
        left = 1 - 0.5 ** (turns - 1 - turn)
        if race and growth.error - left * (before - growth.error) > rival:
            break
    step()
    to_number(growth, n_points, step)  # two points in one pixel became one
