"""Move sites of flat cells a little, while that takes something off the squared error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from napari_image2data.reduce.sites import Sites

    Float = NDArray[np.float64]
    Index = NDArray[np.intp]

NUDGES = 120
"""How often, at most, sites are moved."""
NUDGE_PIXELS = 30_000_000
"""Pixels looked at in all those moves together: it bounds the time for large pictures."""
FEWEST = 12
"""Fewer moves than this are not begun."""
ANEW = 6
"""The owners of all pixels are asked anew after so many moves."""
AROUND = 6
"""Sites around a pixel that may become its owner in between."""
LEAST_GAIN = 5e-4
"""So many moves that take a smaller share off the error are idle."""
MOST_IDLE = 3
"""It ends after so many idle ones in a row."""
REACH = (1.0, 2.0, 4.0)
"""How near to a border (pixels) a pixel is to have a say in where its sites go, in turns."""


def nudge(sites: Sites, step: Callable[[], None]) -> bool:
    """Move sites for a lower squared error, one by one, many that are no neighbors at a time.

    Each goes a random way along the direction in which the borders around it would move to the
    advantage of the pixels beside them, and stays there if its pixels, and those it takes, are
    told better by that.

    Parameters
    ----------
    sites : Sites
        The sites; squared errors count.
    step : callable
        Called before each move; it may raise to end the work.

    Returns
    -------
    bool
        Whether sites were moved; with very many pixels they are not.
    """
    rng = np.random.default_rng(0)
    many = len(sites.heights)
    best: tuple[float, Float] = (np.inf, sites.place)
    idle = 0
    turns = min(NUDGES, NUDGE_PIXELS // len(sites.pixels))
    for turn in range(turns if turns >= FEWEST else 0):
        step()
        if turn % ANEW == 0:
            around = _around(sites)
            sites.owner, sites.second = around[0], around[1]
            sites.refit()
            error = sites.error()
            idle = idle + 1 if error > (1 - LEAST_GAIN) * best[0] else 0
            if idle == MOST_IDLE:
                break
            if error < best[0]:
                best = error, sites.place
        chosen = _apart(sites, rng)
        way = _way(sites, chosen, REACH[turn % len(REACH)], loss_only=bool(turn % 2), rng=rng)
        width = np.sqrt(np.bincount(sites.owner, minlength=many))
        length = 0.3 * width * np.exp(0.7 * rng.normal(size=many))
        place = sites.place + np.where(chosen[:, None], way * length[:, None], 0.0)
        owner = _nearest(sites.pixels, place, around)
        differs = np.flatnonzero(owner != sites.owner)
        new, old = owner[differs], sites.owner[differs]
        truth = sites.truth[differs]
        change = (sites.heights[new] - truth) ** 2 - (sites.heights[old] - truth) ** 2
        who = np.where(chosen[new], new, old)
        good = chosen & (np.bincount(who, weights=change, minlength=many) < 0)
        sites.place = np.where(good[:, None], place, sites.place)
        moved = differs[good[who]]
        sites.owner[moved] = owner[moved]
        sites.refit()
    if not np.isfinite(best[0]):
        return False
    sites.ask_anew()
    if sites.error() > best[0]:
        sites.place = best[1]
        sites.ask_anew()
    return True


def _around(sites: Sites) -> list[Index]:
    """The sites nearest to every pixel, the nearest first: one of them will be, for a while."""
    from scipy.spatial import KDTree

    left = np.flatnonzero(sites.active)
    _, near = KDTree(sites.place[left]).query(sites.pixels, k=min(AROUND, len(left)), workers=-1)
    near = near.reshape(len(sites.pixels), -1)
    return [left[near[:, min(k, near.shape[1] - 1)]] for k in range(max(2, near.shape[1]))]


def _nearest(pixels: Float, place: Float, around: list[Index]) -> Index:
    """The nearest of the sites around each pixel, with the sites at these places."""
    y, x = pixels.T
    rows, cols = np.ascontiguousarray(place.T)
    nearest = around[0].copy()
    least = (rows[nearest] - y) ** 2 + (cols[nearest] - x) ** 2
    for other in around[1:]:
        away = (rows[other] - y) ** 2 + (cols[other] - x) ** 2
        closer = away < least
        np.copyto(least, away, where=closer)
        np.copyto(nearest, other, where=closer)
    return nearest


def _apart(sites: Sites, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Random sites, no two of them side by side."""
    rank = rng.random(len(sites.heights))
    highest = np.zeros(len(rank))
    a, b = sites.owner, sites.second
    np.maximum.at(highest, a, np.where(a == b, 0.0, rank[b]))
    np.maximum.at(highest, b, np.where(a == b, 0.0, rank[a]))
    apart: NDArray[np.bool_] = sites.active & (rank > highest)
    return apart


def _way(
    sites: Sites,
    chosen: NDArray[np.bool_],
    reach: float,
    *,
    loss_only: bool,
    rng: np.random.Generator,
) -> Float:
    """The direction of each chosen site that helps the pixels beside its borders, and some chance.

    A pixel's distance from the border between its owner a and the second nearest site b changes
    with the place of a by (pixel - a) / |b - a|, and with that of b by the opposite.
    """
    beside = np.flatnonzero(chosen[sites.owner] | chosen[sites.second])
    a, b, pixels = sites.owner[beside], sites.second[beside], sites.pixels[beside]
    to_a, to_b = pixels - sites.place[a], pixels - sites.place[b]
    between = np.maximum(np.linalg.norm(sites.place[a] - sites.place[b], axis=1), 1e-6)
    away = (np.sum(to_b**2, axis=1) - np.sum(to_a**2, axis=1)) / (2 * between)
    near = away < reach
    a, b, truth = a[near], b[near], sites.truth[beside][near]
    gain = (sites.heights[b] - truth) ** 2 - (sites.heights[a] - truth) ** 2
    if loss_only:
        gain = np.minimum(gain, 0.0)
    gain /= between[near]
    many = len(sites.heights)
    way = np.stack(
        [
            np.bincount(a, weights=gain * to_a[near, k], minlength=many)
            - np.bincount(b, weights=gain * to_b[near, k], minlength=many)
            for k in (0, 1)
        ],
        axis=1,
    )
    way = way / np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-12)
    spread: Float = way + 0.3 * rng.normal(size=way.shape)
    return spread
