"""Sites with flat cells around them: which of them to leave out, take back or mend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_image2data.reduce.points import points_table

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from numpy.typing import NDArray

    Float = NDArray[np.float64]
    Index = NDArray[np.intp]

SHARE = 0.04
"""At most this share of the sites is left out at a time; larger shares choose worse."""
LARGE_SHARE = 0.08
"""The same for so many sites that the difference does not show, ..."""
VERY_MANY = 20_000
"""... which are these."""
SWAPS = 30
"""How often, at most, some sites left out are taken back for as many others, while that pays."""
SWAP_PIXELS = 4_000_000
"""Pixels looked at in all those swaps together: it bounds the time for large pictures."""
SWAP = 0.1
"""Share of the sites that are swapped at once, to begin with."""
SWAP_GAIN = 0.002
"""Fewer are swapped at once where that takes less than this share off the error."""
MENDS = 12
"""How often, at most, pixels that are off get sites of their own."""
MENDED = 1.5
"""Sites may become this many times as many by that."""


class Sites:
    """Sites with flat cells around them (nearest-neighbour interpolation), fewer step by step.

    Parameters
    ----------
    rows, cols, heights : (N,) float ndarray
        The sites and their values.
    pixels : (M, 2) float ndarray
        Rows and columns of the pixels that count.
    truth : (M,) float ndarray
        The field at these pixels.
    largest : bool
        Whether the largest error counts, else the sum of squares; for the latter each site has
        the mean of its pixels as its value.
    settled : bool
        Whether these are all sites that are wanted: then nobody asks who is second nearest.
    """

    def __init__(
        self,
        rows: Float,
        cols: Float,
        heights: Float,
        pixels: Float,
        truth: Float,
        *,
        largest: bool,
        settled: bool = False,
    ) -> None:
        self.place = np.column_stack([rows, cols])
        self.heights = heights
        self._own = heights.copy()  # what each site would say of its own cell
        self.pixels = pixels
        self.truth = truth
        self.largest = largest
        self.active = np.ones(len(rows), bool)
        self.owner = np.zeros(len(pixels), np.intp)
        self.second = np.zeros(len(pixels), np.intp)
        if settled:
            self.settle()
        else:
            self._look(np.arange(len(pixels)))
        empty = np.flatnonzero(np.bincount(self.owner, minlength=len(rows)) == 0)
        if settled and len(empty):
            self.active[empty] = False
            self.settle()
        else:
            self._drop(empty)
            self.refit()

    @property
    def number(self) -> int:
        """Sites that are left."""
        return int(self.active.sum())

    def error(self) -> float:
        """Rmse, or largest error, over the pixels."""
        away = self.heights.astype(np.float32)[self.owner] - self.truth
        if self.largest:
            return float(np.abs(away).max(initial=0.0))
        return float(np.mean(away**2) ** 0.5)

    def thin(
        self, *, n_points: int | None, tolerance: float | None, step: Callable[[], None]
    ) -> None:
        """Leave out the sites that cost least until the number, or the tolerance, is reached."""
        least = n_points if n_points is not None else 1
        share = 1.0
        while self.number > least:
            step()
            before = self._state()
            share = min(share, SHARE if self.number < VERY_MANY else LARGE_SHARE)
            wanted = min(self.number - least, max(1, int(share * self.number)))
            going = self._cheapest(wanted, tolerance)
            if not len(going):
                return
            self._drop(going)
            self.refit()
            if tolerance is not None and self.error() > tolerance:
                self.active, self.owner, self.second, self.heights = before
                if len(going) == 1:
                    return
                share = 0.3 * len(going) / self.number

    def swap(self, step: Callable[[], None]) -> None:
        """Take sites back that would help most and leave out as many that help least."""
        share = SWAP
        home = self._homes()
        for _ in range(min(SWAPS, SWAP_PIXELS // len(self.pixels) + 1)):
            step()
            before, error, number = self._state(), self.error(), self.number
            self._take_back(self._missed(max(1, int(share * number)), home))
            self.refit()
            while self.number > number:
                step()
                self._drop(self._cheapest(self.number - number, None))
                self.refit()
            if self.error() > (1 - SWAP_GAIN) * error:
                if self.error() >= error:
                    self.active, self.owner, self.second, self.heights = before
                share /= 3
                if share * number < 1:
                    return

    def mend(self, tolerance: float, step: Callable[[], None]) -> bool:
        """Mend pixels that are off by more; whether that came to an end.

        Sites that were left out and lie no further than the owner are taken back. Where there is
        none, the pixel gets a site of its own. Such a site takes pixels beside it away from
        others; those that are off by that get one too, which is nearer to what lies behind them:
        two or three of them make a border.
        """
        from scipy.spatial import KDTree

        most = MENDED * self.number
        for _ in range(MENDS):
            step()
            self.settle()
            away = np.abs(self.heights.astype(np.float32)[self.owner] - self.truth)
            off = np.flatnonzero(away > tolerance)
            if not len(off):
                return True
            out = np.flatnonzero(~self.active)
            back = np.zeros(len(off), bool)
            if len(out):
                distance, near = KDTree(self.place[out]).query(self.pixels[off], workers=-1)
                own = np.linalg.norm(self.pixels[off] - self.place[self.owner[off]], axis=1)
                back = distance <= own + 1e-6
                self.active[out[near[back]]] = True
            off = off[~back]
            if self.number + len(off) > most:
                return False
            self.place = np.vstack([self.place, self.pixels[off]])
            self.heights = np.append(self.heights, self.truth[off])
            self._own = np.append(self._own, self.truth[off])
            self.active = np.append(self.active, np.ones(len(off), bool))
        return False

    def look_at(self, pixels: Float, truth: Float) -> None:
        """Let other pixels count."""
        self.pixels, self.truth = pixels, truth
        self.owner = np.zeros(len(pixels), np.intp)
        self.second = np.zeros(len(pixels), np.intp)
        self.ask_anew()

    def ask_anew(self) -> None:
        """The nearest and the second nearest site of every pixel, and the heights of those."""
        self._look(np.arange(len(self.pixels)))
        self.refit()

    def settle(self) -> None:
        """Ask every pixel anew, as `reconstruct` does: it decides places as far from two sites."""
        from scipy.spatial import KDTree

        left = np.flatnonzero(self.active)
        _, near = KDTree(self.place[left]).query(self.pixels, workers=-1)
        self.owner = left[near]
        self.refit()

    def table(self, field: Any) -> pd.DataFrame:
        """The sites that are left as a table of points."""
        left = np.flatnonzero(self.active)
        many = len(self.heights)
        size = np.bincount(self.owner, minlength=many)[left]
        away = (self.heights[self.owner] - self.truth) ** 2
        square = np.bincount(self.owner, weights=away, minlength=many)[left]
        sigma = np.sqrt(square / np.maximum(size, 1))
        rows, cols = self.place[left].T
        return points_table(rows, cols, self.heights[left], field, sigma=sigma, size=size)

    def _state(self) -> tuple[NDArray[np.bool_], Index, Index, Float]:
        return self.active.copy(), self.owner.copy(), self.second.copy(), self.heights.copy()

    def _homes(self) -> Index:
        """For every pixel the nearest of all sites, left out or not."""
        from scipy.spatial import KDTree

        _, home = KDTree(self.place).query(self.pixels, workers=-1)
        return np.asarray(home, np.intp)

    def _missed(self, wanted: int, home: Index) -> Index:
        """Sites left out that would take off most of the squared error, one in each site's area.

        Only a site left out that is the nearest of all can be nearer to a pixel than its owner.
        """
        taken = np.flatnonzero(~self.active[home])
        site, owner, truth = home[taken], self.owner[taken], self.truth[taken]
        gain = (self.heights[owner] - truth) ** 2 - (self._own[site] - truth) ** 2
        many = len(self.heights)
        total = np.bincount(site, weights=gain, minlength=many)
        area = np.full(many, -1)
        area[site] = owner
        order = np.argsort(-total, kind="stable")
        order = order[total[order] > 0]
        _, first = np.unique(area[order], return_index=True)
        best: Index = order[np.sort(first)][:wanted]
        return best

    def _take_back(self, coming: Index) -> None:
        """Sites left out come back; pixels to which they are nearer than the second are theirs."""
        from scipy.spatial import KDTree

        if not len(coming):
            return
        self.active[coming] = True
        self.heights[coming] = self._own[coming]
        away, _ = KDTree(self.place[coming]).query(self.pixels, workers=-1)
        second = np.linalg.norm(self.pixels - self.place[self.second], axis=1)
        self._look(np.flatnonzero((away <= second) | (self.owner == self.second)))

    def _cheapest(self, wanted: int, tolerance: float | None) -> Index:
        """Sites to leave out, the cheapest first, no two of them side by side."""
        many = len(self.heights)
        after = self.heights[self.second] - self.truth
        cost = np.zeros(many)
        if self.largest:
            np.maximum.at(cost, self.owner, np.abs(after))
        else:
            gain = after**2 - (self.heights[self.owner] - self.truth) ** 2
            cost += np.bincount(self.owner, weights=gain, minlength=many)
        candidates = np.flatnonzero(self.active)
        if tolerance is not None:
            room = tolerance
            if not self.largest:
                room = len(self.truth) * (tolerance**2 - self.error() ** 2)
            candidates = candidates[cost[candidates] <= room]
        order: Index = np.argsort(cost[candidates], kind="stable")[: 2 * wanted]
        rank = np.full(many, many)
        rank[candidates[order]] = np.arange(len(order))
        a, b = rank[self.owner], rank[self.second]
        both = (a < many) & (b < many)
        loses = np.zeros(len(order), bool)
        loses[np.maximum(a[both], b[both])] = True
        chosen = candidates[order[~loses]][:wanted]
        if tolerance is not None and not self.largest:
            chosen = chosen[np.cumsum(np.maximum(cost[chosen], 0.0)) <= room]
        return chosen

    def _drop(self, going: Index) -> None:
        if not len(going):
            return
        gone = np.zeros(len(self.active), bool)
        gone[going] = True
        self.active &= ~gone
        self._look(np.flatnonzero(gone[self.owner] | gone[self.second]))

    def _look(self, pixels: Index) -> None:
        """The nearest and the second nearest site of these pixels."""
        from scipy.spatial import KDTree

        if not len(pixels):
            return
        index = np.flatnonzero(self.active)
        tree = KDTree(self.place[index])
        _, near = tree.query(self.pixels[pixels], k=min(2, len(index)), workers=-1)
        near = near.reshape(len(pixels), -1)
        self.owner[pixels] = index[near[:, 0]]
        self.second[pixels] = index[near[:, -1]]

    def refit(self) -> None:
        """Give each site the mean of its pixels, where squared errors count."""
        if self.largest:
            return
        count = np.bincount(self.owner, minlength=len(self.heights))
        total = np.bincount(self.owner, weights=self.truth, minlength=len(self.heights))
        filled = count > 0
        self.heights[filled] = total[filled] / count[filled]
