"""Where colours lie on a scale: projection onto its curve, and the best far-away rival.

A scale is a curve through colour space. A colour is matched with the nearest point of the whole
curve, between neighbouring colours too, so every branch that comes near competes; on a discrete
scale it is matched with the nearest class. What makes it fast is that all distances of a batch of
colours to pieces of the curve are two small matrix products in float32 that stay in cache, and that
colours of one small cell of colour space are only compared with the parts of the curve that their
common distance bounds leave; the winner is then worked out again in float64.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_image2data.color.spaces import to_space

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_image2data.color.scale import ColorScale

BLOCKS = 40
"""Parts into which a curve is cut; a rival lies at least one part away from the best match."""

BATCH = 256
"""Colours searched at a time: their distances to some 300 pieces fit a second-level cache."""

SOME = 32 * BATCH
"""Colours matched at a time, so that a million of them need little memory."""

CELL = 16
"""Levels a channel spanned by a cell, whose colours share the parts of the curve to be searched."""

FEW = 24
"""Colours in a cell below which bounding the search costs more than it saves."""

NEAR = 2.0
"""Levels of 255 by which rounding can move a colour off its scale (sqrt(3) and a little)."""


@dataclass(frozen=True, eq=False)
class Match:
    """Where ``n`` colours lie on a scale.

    Attributes
    ----------
    index : (n,) float64 ndarray
        Place in the table of colours: 0 is its first, N - 1 its last, fractions lie between.
    position : (n,) float64 ndarray
        Position along the scale, 0 at vmin, 1 at vmax.
    distance : (n,) float64 ndarray
        RGB distance to the scale's colour there, in levels of 255.
    rival_position : (n,) float64 ndarray
        The best position far away from ``position`` (about 1/40 of the scale or more; on a
        discrete scale, another class). NaN where the scale is too short to have one.
    rival_distance : (n,) float64 ndarray
        RGB distance to the scale's colour at the rival; infinite where there is none.
    """

    index: np.ndarray
    position: np.ndarray
    distance: np.ndarray
    rival_position: np.ndarray
    rival_distance: np.ndarray


class ColorCurve:
    """A scale made ready for matching.

    Parameters
    ----------
    scale : ColorScale
    metric : {"auto", "rgb", "luma-chroma", "oklab", "cielab"}
        Space in which the nearest point is searched; see `color.spaces.to_space`. ``"auto"`` is
        RGB for colours within NEAR levels of the scale, which nothing but rounding has moved, and
        luma-chroma for those farther off, which JPEG has moved.

    Notes
    -----
    A colour that equals a table colour, rounded to 8 bits or cut down to 8 bits (renderers do
    either), is that table entry: projection never moves an exact hit off its bin's centre.

    Examples
    --------
    >>> from napari_image2data.color.scale import ColorScale
    >>> scale = ColorScale.from_colors([[0, 0, 0], [1, 1, 1]], [0, 1])
    >>> ColorCurve(scale).match(np.array([[51, 51, 51]])).position.round(6).tolist()
    [0.2]
    """

    def __init__(self, scale: ColorScale, metric: str = "auto") -> None:
        self.scale = scale
        self._nearby = ColorCurve(scale, "rgb") if metric == "auto" else None
        self.metric = metric = "luma-chroma" if metric == "auto" else metric
        levels, index = _without_repeats(np.asarray(scale.colors) * 255)
        positions = scale.positions
        if not scale.discrete:
            levels, index = _subdivided(levels, index, positions, straight=metric in _LINEAR)
        vertices = to_space(levels, metric)
        self._center = vertices.mean(axis=0)
        vertices = vertices - self._center
        last = slice(None) if scale.discrete else slice(None, -1)
        first = slice(None) if scale.discrete else slice(1, None)
        # piece p runs from start[p] by chord[p]; a class is a piece of no length
        self._start, self._chord = vertices[last], vertices[first] - vertices[last]
        self._levels = levels[last], levels[first] - levels[last]
        self._index = index[last], index[first] - index[last]
        self._vertex_ends = index[0], index[-1]
        self._size2 = (self._chord**2).sum(axis=1)
        self._prepare_products()
        self._prepare_hits()

    def match(self, colors: np.ndarray) -> Match:
        """Match colours with the scale.

        Parameters
        ----------
        colors : (n, 3) ndarray
            sRGB in levels of 255, integers or not.

        Returns
        -------
        Match
        """
        levels = np.asarray(colors, float).reshape(-1, 3)
        parts = [
            self._some(levels[first : first + SOME]) for first in range(0, len(levels), SOME)
        ] or [self._some(levels)]
        index, distance, rival_index, rival_distance = (
            np.concatenate(column) for column in zip(*parts, strict=True)
        )
        match = Match(
            index, self._position(index), distance, self._position(rival_index), rival_distance
        )
        # what lies farther off than this cannot come near by a better-weighted foot
        close = distance <= 2 * NEAR
        if self._nearby is not None and close.any():
            other = self._nearby.match(levels[close])
            better = other.distance <= NEAR
            where = np.flatnonzero(close)[better]
            for name in Match.__dataclass_fields__:
                getattr(match, name)[where] = getattr(other, name)[better]
        return match

    @property
    def ends(self) -> tuple[float, float]:
        """Largest index of the first colour, and smallest index of the last."""
        table = np.rint(np.asarray(self.scale.colors) * 255)
        other = np.flatnonzero((table != table[0]).any(axis=1))
        first = (other[0] - 1) / 2 if len(other) else 0.0
        other = np.flatnonzero((table != table[-1]).any(axis=1))
        last = (other[-1] + len(table)) / 2 if len(other) else len(table) - 1.0
        return float(max(first, self._vertex_ends[0])), float(min(last, self._vertex_ends[1]))

    def step_and_slope(self, index: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Width of the table entry at an index, and how fast the colour changes there.

        Returns
        -------
        step : ndarray
            In positions: half the way to both neighbours.
        slope : ndarray
            RGB levels per unit of position.
        """
        positions, table = self.scale.positions, np.asarray(self.scale.colors) * 255
        gap = np.diff(positions)
        steep = np.linalg.norm(np.diff(table, axis=0), axis=1) / gap
        gap = np.concatenate([gap[:1], gap, gap[-1:]])
        steep = np.concatenate([steep[:1], steep, steep[-1:]])
        at = np.arange(len(table))
        # over two pieces, since 8-bit colours take steps of whole levels
        slope = np.sqrt((steep[:-1] ** 2 + steep[1:] ** 2) / 2)
        return np.interp(index, at, (gap[:-1] + gap[1:]) / 2), np.interp(index, at, slope)

    def _position(self, index: np.ndarray) -> np.ndarray:
        table = self.scale.positions
        return np.asarray(np.interp(index, np.arange(len(table)), table))

    def _prepare_products(self) -> None:
        count = len(self._start)
        blocks = min(BLOCKS, count)
        edges = np.arange(blocks + 1) * count // blocks
        self._per_block = int(np.diff(edges).max())
        padded = np.minimum(edges[:-1, None] + np.arange(self._per_block), edges[1:, None] - 1)
        padded = padded.ravel()
        self._block_of = np.repeat(np.arange(blocks), np.diff(edges))
        start, chord = self._start[padded], self._chord[padded]
        size = np.sqrt(self._size2[padded])
        with np.errstate(invalid="ignore", divide="ignore"):
            unit = np.where(size[:, None] > 0, chord / size[:, None], 0)
        ones = np.ones((len(padded), 1))
        to_start = np.hstack([-2 * start, (start**2).sum(axis=1, keepdims=True), ones])
        along = np.hstack([unit, -(start * unit).sum(axis=1, keepdims=True), 0 * ones])
        self._to_start, self._along = to_start.astype(np.float32), along.astype(np.float32)
        self._size = size.astype(np.float32)[:, None]
        bits = int(count - 1).bit_length()
        self._piece_mask = np.int32((1 << bits) - 1)
        self._piece = padded.astype(np.int32)[:, None]
        self._blocks = blocks
        steps = np.array([0] if self.scale.discrete else [-1, 0, 1])
        beside = np.arange(blocks) + steps[:, None]
        self._beside = beside % blocks if self.scale.cyclic else beside.clip(0, blocks - 1)

    def _prepare_hits(self) -> None:
        """8-bit codes of the table's colours and the middle of the entries that share each."""
        table = np.asarray(self.scale.colors) * 255
        codes: list[np.ndarray] = []
        middles: list[np.ndarray] = []
        for rounded in (np.rint(table), np.floor(table + 1e-6)):
            code = (rounded @ _BYTES).astype(np.int64)
            starts = np.flatnonzero(np.append(True, np.diff(code) != 0))
            ends = np.append(starts[1:], len(code)) - 1
            codes.append(code[starts])
            middles.append((starts + ends) / 2)
        # np.unique keeps the first of each: rounded before cut down, the lower entry first
        self._hit_code, where = np.unique(np.concatenate(codes), return_index=True)
        self._hit_index = np.concatenate(middles)[where]

    def _some(self, levels: np.ndarray) -> tuple[np.ndarray, ...]:
        point = to_space(levels, self.metric) - self._center
        hit, hit_index = self._hits(levels)
        known = np.where(hit, self._block_of[self._piece_of(hit_index)], -1)
        best, rival = np.empty((2, len(levels)), np.int32)
        # memory that is used again stays in cache; fresh memory costs more than the sums
        scratch = np.empty(3 * len(self._to_start) * BATCH, np.float32)
        for members, blocks in self._cells(levels, point, known):
            for first in range(0, len(members), BATCH):
                part = members[first : first + BATCH]
                best[part], rival[part] = self._search(point[part], known[part], blocks, scratch)
        index, distance = self._foot(best, point, levels)
        index[hit], distance[hit] = hit_index[hit], 0.0
        for offset in self.scale.offsets:
            index, hit = self._near_hits(levels, index, hit, offset)
        alone = rival < 0
        rival_index, rival_distance = self._foot(np.maximum(rival, 0), point, levels)
        rival_index[alone], rival_distance[alone] = np.nan, np.inf
        return index, distance, rival_index, rival_distance

    def _cells(
        self, levels: np.ndarray, point: np.ndarray, known: np.ndarray
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Groups of colours, and the blocks among which their best and rival pieces are.

        All colours of a cell lie within its radius r of its center. So does every distance differ
        by at most r from the center's: a block farther from the center than another by more than
        2 r is nearest to no colour of the cell. For the rival the same holds among the blocks that
        are not beside the best, whichever block that is.
        """
        every = np.arange(self._blocks)
        code = (levels // CELL).clip(-1, 255 // CELL + 1) @ (_SIDE ** np.arange(3.0))
        code = code.astype(np.int16)
        order = np.argsort(code, kind="stable")
        starts = np.flatnonzero(np.diff(code[order], prepend=-(1 << 14)))
        counts = np.diff(np.append(starts, len(order)))
        many = counts >= FEW
        if self._blocks <= 2 * len(self._beside) or not many.any():
            yield np.arange(len(levels)), every
            return
        scattered = order[np.repeat(~many, counts)]
        if len(scattered):
            yield scattered, every
        order, counts = order[np.repeat(many, counts)], counts[many]
        starts = np.cumsum(counts) - counts
        low = np.minimum.reduceat(point[order], starts, axis=0)
        high = np.maximum.reduceat(point[order], starts, axis=0)
        center, radius = (low + high) / 2, np.linalg.norm(high - low, axis=1) / 2
        away = np.sqrt(self._squares(center)).reshape(self._blocks, self._per_block, -1)
        away = away.min(axis=1)
        # what float32 rounds off
        reach = 2 * radius + 1e-3 * (1 + away.max(axis=0))
        beside = np.zeros((self._blocks, self._blocks), bool)
        beside[every, self._beside] = True
        others = np.where(beside[:, :, None], np.inf, away).min(axis=1)
        nearest = away <= away.min(axis=0) + reach
        owner = np.repeat(np.arange(len(counts)), counts)
        settled = known[order] >= 0
        nearest[known[order][settled], owner[settled]] = True
        kept = away <= np.where(nearest, others, 0).max(axis=0) + reach
        kept |= nearest
        for cell, members in enumerate(np.split(order, starts[1:])):
            yield members, np.flatnonzero(kept[:, cell])

    def _squares(
        self,
        point: np.ndarray,
        pieces: np.ndarray | slice = slice(None),
        scratch: np.ndarray | None = None,
    ) -> np.ndarray:
        """Squared distances ``(pieces, points)`` in float32."""
        query = np.empty((5, len(point)), np.float32)
        query[:3] = point.T
        query[3] = 1
        query[4] = (point**2).sum(axis=1)
        to_start, size = self._to_start[pieces], self._size[pieces]
        room = 3 * len(to_start) * len(point)
        scratch = np.empty(room, np.float32) if scratch is None else scratch[:room]
        square, reach, inside = scratch.reshape(3, -1, len(point))
        np.matmul(to_start, query, out=square)
        np.matmul(self._along[pieces], query, out=reach)
        np.minimum(reach, size, out=inside)
        np.maximum(inside, _ZERO, out=inside)
        # |c - a|^2 - (2 s - t) t is the squared distance to a piece whose foot lies t along it
        reach += reach
        reach -= inside
        reach *= inside
        square -= reach
        np.maximum(square, _ZERO, out=square)
        return square

    def _search(
        self, point: np.ndarray, known: np.ndarray, blocks: np.ndarray, scratch: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Nearest piece of each colour, and the nearest one far from it (-1: there is none).

        ``known`` is a colour's block where that is settled already, else -1; ``blocks`` are those
        that are searched.
        """
        pieces: np.ndarray | slice = slice(None)
        if len(blocks) < self._blocks:
            pieces = (blocks[:, None] * self._per_block + np.arange(self._per_block)).ravel()
        # floats above zero sort as their bits do: the low bits can carry the piece's number
        keys = self._squares(point, pieces, scratch).view(np.int32)
        keys &= ~self._piece_mask
        keys |= self._piece[pieces]
        # one row more, for all blocks that are not searched
        nearest = np.full((len(blocks) + 1, len(point)), _FAR)
        keys.reshape(len(blocks), self._per_block, -1).min(axis=1, out=nearest[:-1])
        best = nearest.min(axis=0) & self._piece_mask
        block = np.where(known >= 0, known, self._block_of[best])
        row = np.full(self._blocks, len(blocks))
        row[blocks] = np.arange(len(blocks))
        columns = np.arange(len(point))
        for beside in row[self._beside]:
            nearest[beside[block], columns] = _FAR
        rival = nearest.min(axis=0)
        return best, np.where(rival < _FAR, rival & self._piece_mask, -1)

    def _foot(
        self, piece: np.ndarray, point: np.ndarray, levels: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Index of, and RGB distance to, the nearest point on a piece or its neighbours."""
        count = len(self._start)
        best_square = np.full(len(piece), np.inf)
        best_piece, best_along = piece, np.zeros(len(piece))
        for step in (0,) if self.scale.discrete else (0, -1, 1):
            at = (piece + step).clip(0, count - 1)
            offset, chord, size2 = point - self._start[at], self._chord[at], self._size2[at]
            along = np.einsum("ij,ij->i", offset, chord) / np.where(size2 > 0, size2, 1)
            along = along.clip(0, 1)
            miss = offset - along[:, None] * chord
            square = np.einsum("ij,ij->i", miss, miss)
            closer = square < best_square - 1e-9
            best_square = np.where(closer, square, best_square)
            best_piece = np.where(closer, at, best_piece)
            best_along = np.where(closer, along, best_along)
        color = self._levels[0][best_piece] + best_along[:, None] * self._levels[1][best_piece]
        distance = np.sqrt(((levels - color) ** 2).sum(axis=1))
        index = self._index[0][best_piece] + best_along * self._index[1][best_piece]
        return index, distance

    def _hits(self, levels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Colours that are table entries, and the entries' indices."""
        whole = (levels == np.rint(levels)).all(axis=1)
        code = np.where(whole, levels @ _BYTES, -1).astype(np.int64)
        where = np.searchsorted(self._hit_code, code).clip(0, len(self._hit_code) - 1)
        return self._hit_code[where] == code, self._hit_index[where]

    def _near_hits(
        self, levels: np.ndarray, index: np.ndarray, hit: np.ndarray, offset: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Move colours that are a table entry rounded the other way onto that entry.

        Every entry that lies ``offset`` away in some channels explains the colour equally well; of
        these the ones beside the projection count.
        """
        code = (levels @ _BYTES).astype(np.int64)
        steps = offset * np.array([(r, g, b) for r in (0, 1) for g in (0, 1) for b in (0, 1)])
        inside = ((levels[:, None] + steps >= 0) & (levels[:, None] + steps <= 255)).all(axis=2)
        codes = np.where(hit[:, None] | ~inside, -1, code[:, None] + steps @ _BYTES.astype(int))
        where = np.searchsorted(self._hit_code, codes).clip(0, len(self._hit_code) - 1)
        entry = np.where(self._hit_code[where] == codes, self._hit_index[where], np.nan)
        with np.errstate(invalid="ignore"):
            beside = np.abs(entry - index[:, None]) <= 2.0
        count = beside.sum(axis=1)
        mean = np.where(beside, entry, 0.0).sum(axis=1) / np.maximum(count, 1)
        return np.where(count > 0, mean, index), hit | (count > 0)

    def _piece_of(self, index: np.ndarray) -> np.ndarray:
        place = np.searchsorted(self._index[0], index, side="right") - 1
        return place.clip(0, len(self._start) - 1)


_LINEAR = ("rgb", "luma-chroma")
_BYTES = np.array([1.0, 256.0, 65536.0])
_ZERO = np.float32(0)
_FAR = np.int32(np.iinfo(np.int32).max)
_SIDE = 255 // CELL + 3


def _without_repeats(levels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Join neighbouring entries of one colour into one, at their middle."""
    starts = np.flatnonzero(np.append(True, (np.diff(levels, axis=0) != 0).any(axis=1)))
    ends = np.append(starts[1:], len(levels)) - 1
    return levels[starts], (starts + ends) / 2


def _subdivided(
    levels: np.ndarray, index: np.ndarray, positions: np.ndarray, *, straight: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Cut long pieces: to tell rivals apart, and to follow the curve in a bent space."""
    at = np.interp(index, np.arange(len(positions)), positions)
    pieces = np.ceil(np.diff(at) / np.ptp(at) * BLOCKS)
    if not straight:
        pieces = np.maximum(pieces, np.ceil(np.linalg.norm(np.diff(levels, axis=0), axis=1) / 8))
    pieces = np.maximum(pieces, 1).astype(int)
    owner = np.repeat(np.arange(len(pieces)), pieces)
    first = np.concatenate([[0], np.cumsum(pieces)[:-1]])
    place = owner + (np.arange(len(owner)) - first[owner]) / pieces[owner]
    place = np.append(place, len(levels) - 1)
    knots = np.arange(len(levels))
    fine = np.stack([np.interp(place, knots, channel) for channel in levels.T], axis=1)
    return fine, np.interp(place, knots, index)
