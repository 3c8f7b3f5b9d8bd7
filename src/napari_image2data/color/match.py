"""Where colours lie on a scale: projection onto its curve, and the best far-away rival.

A scale is a curve through colour space. A colour is matched with the nearest point of the whole
curve, between neighbouring colours too, so every branch that comes near competes; on a discrete
scale it is matched with the nearest class. What makes it fast is that all distances of a batch of
colours to the curve's vertices are one small matrix product in float32 that stays in cache; the
pieces beside the nearest vertex, and beside the nearest one far away from it, are then worked out
in float64, and the nearer of the two wins.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_image2data.color.spaces import to_space

if TYPE_CHECKING:
    from napari_image2data.color.scale import ColorScale

BLOCKS = 40
"""Parts into which a curve is cut; a rival lies at least one part away from the best match."""

BATCH = 256
"""Colours searched at a time: their distances to some 300 vertices fit a second-level cache."""

LONGEST = 6.0
"""Levels between two vertices at most, so that the nearest vertex lies beside the nearest piece."""

SOME = 32 * BATCH
"""Colours matched at a time, so that a million of them need little memory."""

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
        if not scale.discrete:
            levels, index = _subdivided(levels, index, scale.positions)
        vertices = to_space(levels, metric)
        self._center = vertices.mean(axis=0)
        self._vertices = vertices - self._center
        # piece p runs from vertex p by chord[p]; the last one, and a class, has no length
        self._chord = self._steps(self._vertices)
        self._levels = levels, self._steps(levels)
        self._index = index, self._steps(index)
        size2 = (self._chord**2).sum(axis=1)
        self._per_size2 = np.where(size2 > 0, 1 / np.where(size2 > 0, size2, 1), 0)
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
        return float(max(first, self._index[0][0])), float(min(last, self._index[0][-1]))

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

    def _steps(self, rows: np.ndarray) -> np.ndarray:
        """From each row to the next; none from the last, nor between classes."""
        steps = np.zeros_like(rows)
        if not self.scale.discrete:
            steps[:-1] = np.diff(rows, axis=0)
        return steps

    def _prepare_products(self) -> None:
        count = len(self._vertices)
        blocks = min(BLOCKS, count)
        edges = np.arange(blocks + 1) * count // blocks
        self._per_block = int(np.diff(edges).max())
        padded = np.minimum(edges[:-1, None] + np.arange(self._per_block), edges[1:, None] - 1)
        padded = padded.ravel()
        self._block_of = np.repeat(np.arange(blocks), np.diff(edges))
        # |p - v|^2 + 1 as a product; the one keeps what float32 rounds off above zero
        square = (self._vertices**2).sum(axis=1, keepdims=True) + 1
        product = np.hstack([-2 * self._vertices, square, np.ones((count, 1))])
        self._product = product[padded].astype(np.float32)
        self._vertex_mask = np.int32((1 << int(count - 1).bit_length()) - 1)
        self._vertex = padded.astype(np.int32)[:, None]
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
        known = np.where(hit, self._block_of[self._vertex_of(hit_index)], -1)
        best, rival = self._search(point, known)
        alone = rival < 0
        index, distance, square = self._foot(best, point, levels, (0, -1, 1, -2))
        rival_index, rival_distance, rival_square = self._foot(
            np.maximum(rival, 0), point, levels, (0, -1)
        )
        # the nearest piece of all may lie beside the nearest vertex of another branch
        swap = (rival_square < square) & ~alone & ~hit
        index, rival_index = np.where(swap, (rival_index, index), (index, rival_index))
        distance, rival_distance = np.where(
            swap, (rival_distance, distance), (distance, rival_distance)
        )
        rival_index[alone], rival_distance[alone] = np.nan, np.inf
        index[hit], distance[hit] = hit_index[hit], 0.0
        for offset in self.scale.offsets:
            self._move_to_near_hits(levels, index, distance, hit, offset)
        return index, distance, rival_index, rival_distance

    def _search(self, point: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Nearest vertex of each point, and the nearest one far from it (-1: there is none).

        ``known`` is a colour's block where that is settled already, else -1.
        """
        query = np.empty((5, len(point)), np.float32)
        query[:3] = point.T
        query[3] = 1
        query[4] = (point**2).sum(axis=1)
        nearest = np.empty((len(self._product) // self._per_block, len(point)), np.int32)
        # memory that is used again stays in cache; fresh memory costs more than the sums
        room = np.empty((len(self._product), BATCH), np.float32)
        for first in range(0, len(point), BATCH):
            part = query[:, first : first + BATCH]
            square = room[:, : part.shape[1]] if part.shape[1] < BATCH else room
            np.matmul(self._product, part, out=square)
            # floats above zero sort as their bits do: the low bits can carry the vertex's number
            keys = square.view(np.int32)
            keys &= ~self._vertex_mask
            keys |= self._vertex
            keys.reshape(len(nearest), self._per_block, -1).min(
                axis=1, out=nearest[:, first : first + BATCH]
            )
        best = nearest.min(axis=0) & self._vertex_mask
        block = np.where(known >= 0, known, self._block_of[best])
        columns = np.arange(len(point))
        for beside in self._beside:
            nearest[beside[block], columns] = _FAR
        rival = nearest.min(axis=0)
        return best, np.where(rival < _FAR, rival & self._vertex_mask, -1)

    def _foot(
        self, vertex: np.ndarray, point: np.ndarray, levels: np.ndarray, pieces: tuple[int, ...]
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Foot on some pieces about a vertex: index, RGB distance, squared distance in the metric.

        Piece 0 starts at the vertex, -1 ends there. Float32 may have picked a neighbouring vertex.
        """
        last = len(self._vertices) - 1
        piece, along, square = vertex, np.zeros(len(vertex)), np.full(len(vertex), np.inf)
        for step in (0,) if self.scale.discrete else pieces:
            at = (vertex + step).clip(0, last)
            offset, chord = point - self._vertices.take(at, axis=0), self._chord.take(at, axis=0)
            reach = np.einsum("ij,ij->i", offset, chord) * self._per_size2.take(at)
            reach = reach.clip(0, 1, out=reach)
            chord *= reach[:, None]
            offset -= chord
            miss = np.einsum("ij,ij->i", offset, offset)
            closer = miss < square - 1e-9
            square = np.where(closer, miss, square)
            piece, along = np.where(closer, at, piece), np.where(closer, reach, along)
        color = self._levels[1].take(piece, axis=0)
        color *= along[:, None]
        color += self._levels[0].take(piece, axis=0)
        color -= levels
        distance = np.sqrt(np.einsum("ij,ij->i", color, color))
        return self._index[0].take(piece) + along * self._index[1].take(piece), distance, square

    def _hits(self, levels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Colours that are table entries, and the entries' indices."""
        whole = (levels == np.rint(levels)).all(axis=1)
        code = np.where(whole, levels @ _BYTES, -1).astype(np.int64)
        where = np.searchsorted(self._hit_code, code).clip(0, len(self._hit_code) - 1)
        return self._hit_code[where] == code, self._hit_index[where]

    def _move_to_near_hits(
        self,
        levels: np.ndarray,
        index: np.ndarray,
        distance: np.ndarray,
        hit: np.ndarray,
        offset: int,
    ) -> None:
        """Move colours that are a table entry rounded the other way onto that entry; mark the hits.

        Every entry that lies ``offset`` away in some channels explains the colour equally well; of
        these the ones beside the projection count.
        """
        # no metric takes a colour's foot farther than this from an entry that is so near
        some = np.flatnonzero(~hit & (distance <= 4 * NEAR))
        levels = levels[some]
        steps = offset * np.array([(r, g, b) for r in (0, 1) for g in (0, 1) for b in (0, 1)])
        inside = ((levels[:, None] + steps >= 0) & (levels[:, None] + steps <= 255)).all(axis=2)
        code = (levels @ _BYTES).astype(np.int64)
        codes = np.where(inside, code[:, None] + steps @ _BYTES.astype(int), -1)
        where = np.searchsorted(self._hit_code, codes).clip(0, len(self._hit_code) - 1)
        entry = np.where(self._hit_code[where] == codes, self._hit_index[where], np.nan)
        with np.errstate(invalid="ignore"):
            beside = np.abs(entry - index[some, None]) <= 2.0
        count = beside.sum(axis=1)
        mean = np.where(beside, entry, 0.0).sum(axis=1) / np.maximum(count, 1)
        index[some] = np.where(count > 0, mean, index[some])
        hit[some] |= count > 0

    def _vertex_of(self, index: np.ndarray) -> np.ndarray:
        place = np.searchsorted(self._index[0], index, side="right") - 1
        return place.clip(0, len(self._vertices) - 1)


_BYTES = np.array([1.0, 256.0, 65536.0])
_FAR = np.int32(np.iinfo(np.int32).max)


def _without_repeats(levels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Join neighbouring entries of one colour into one, at their middle."""
    starts = np.flatnonzero(np.append(True, (np.diff(levels, axis=0) != 0).any(axis=1)))
    ends = np.append(starts[1:], len(levels)) - 1
    return levels[starts], (starts + ends) / 2


def _subdivided(
    levels: np.ndarray, index: np.ndarray, positions: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Cut long pieces: to tell rivals apart, and to find the nearest piece by its vertices."""
    at = np.interp(index, np.arange(len(positions)), positions)
    pieces = np.maximum(
        np.ceil(np.diff(at) / np.ptp(at) * BLOCKS),
        np.ceil(np.linalg.norm(np.diff(levels, axis=0), axis=1) / LONGEST),
    )
    pieces = np.maximum(pieces, 1).astype(int)
    owner = np.repeat(np.arange(len(pieces)), pieces)
    first = np.concatenate([[0], np.cumsum(pieces)[:-1]])
    place = owner + (np.arange(len(owner)) - first[owner]) / pieces[owner]
    place = np.append(place, len(levels) - 1)
    knots = np.arange(len(levels))
    fine = np.stack([np.interp(place, knots, channel) for channel in levels.T], axis=1)
    return fine, np.interp(place, knots, index)
