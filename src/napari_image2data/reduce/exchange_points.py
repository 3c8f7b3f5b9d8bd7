"""Points of a mesh exchanged for others: some left out, as many placed anew, kept if that pays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_image2data.reduce.goal import settle, to_number

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from napari_image2data.reduce.growing_mesh import GrowingMesh

TRIES = 50
"""Exchanges tried."""
MOST_POINTS = 500
"""The more points there are, the longer exchanges take and the less they help."""
LOOKED_AT = 15_000
"""Pixels looked at in each, at least."""
SHARE = 0.02
"""Share of the points that are left out at once: so many, twice or three times as many."""


def exchange(
    growth: GrowingMesh,
    n_points: int,
    step: Callable[[], None],
    told: Callable[[float], object],
) -> None:
    """Look for a better mesh of as many points than greedy insertion and small moves find.

    In every try a few points, scattered or side by side, are left out, the mesh grows again
    where it is worst and its points move; the better mesh stays.

    Parameters
    ----------
    growth : GrowingMesh
        A mesh of that many points.
    n_points : int
        The number of points.
    step, told : callable
        Called before each batch of points (it may raise to end the work), and with the share done
        after each try.
    """
    if not growth.fit or growth.exact or n_points > MOST_POINTS:
        return
    looked_at = min(growth.n_clean, max(LOOKED_AT, 50 * n_points))
    start, before = growth.state(), growth.errors()[0]
    rng = np.random.default_rng(0)
    growth.look_coarsely(looked_at)
    best, least = start, growth.error
    for done in range(TRIES):
        growth.leave_out(_some(growth, rng))
        to_number(growth, n_points, step)
        settle(growth, n_points, step)
        if growth.error < least:
            best, least = growth.state(), growth.error
        else:
            growth.restore(best)
        told((done + 1) / TRIES)
    growth.look_coarsely(None)
    settle(growth, n_points, step)
    if growth.errors()[0] >= before:
        growth.restore(start)


def _some(growth: GrowingMesh, rng: np.random.Generator) -> NDArray[np.intp]:
    """A few points inside of the hull, scattered or around one of them."""
    inner = growth.inside_hull()
    if not len(inner):
        return inner
    many = min(len(inner), max(1, int(rng.integers(1, 4) * max(1.0, SHARE * growth.number))))
    if rng.random() < 0.5:
        return rng.choice(inner, many, replace=False)
    center = rng.choice(inner)
    away = np.hypot(
        growth.rows[inner] - growth.rows[center], growth.cols[inner] - growth.cols[center]
    )
    near: NDArray[np.intp] = inner[np.argsort(away, kind="stable")[:many]]
    return near
