"""The pixelwise engine: from 8-bit colours to values, distances, uncertainties and flags.

A picture has far fewer colours than pixels. Each colour is worked out once (`color.match`) and kept
in a table that its packed 24-bit code points into; each pixel then costs one look into that table.
Two passes over the picture, in chunks that stay in cache and on all cores: which colours are there,
and what they mean.
"""

from __future__ import annotations

from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

from napari_image2data.color.flags import Flag
from napari_image2data.color.match import ColorCurve, Match
from napari_image2data.color.norm import kept_rounding
from napari_image2data.threads import cores, in_threads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from napari_image2data.color.scale import ColorScale

MAX_DISTANCE = 60.0
"""Colours farther than this from the scale, in levels of 255, are not the scale's."""

CHUNK = 1 << 15
"""Pixels handled at a time: their codes and results fit a second-level cache."""

ROUNDING = 0.29
"""Standard deviation of an 8-bit level's rounding, in levels: 1 / sqrt(12)."""

_CODES = 1 << 24
_MASK = 0xFFFFFF
_MET, _KNOWN = 1, 2
_CODE_TYPE = np.dtype(np.intp).newbyteorder("<")
RECORD = np.dtype(
    {
        "names": ["values", "distance", "sigma", "flags"],
        "formats": ["<f4", "<f4", "<f4", "u1"],
        "itemsize": 16,
    }
)
"""What is known of one colour."""


class Pixels(NamedTuple):
    """What the colours of a picture mean; every array has the picture's shape without colour.

    Attributes
    ----------
    values : float32 ndarray
        NaN where the colour is off the scale or stands for no data.
    distance : float32 ndarray
        RGB distance to the scale, in levels of 255.
    sigma : float32 ndarray
        Standard uncertainty in value units.
    flags : uint8 ndarray
        Bits of `Flag`.
    """

    values: np.ndarray
    distance: np.ndarray
    sigma: np.ndarray
    flags: np.ndarray


class ColorMemo:
    """Answers for 8-bit colours, worked out when a picture first holds a colour.

    One memo serves many pictures: frames of a stack, tiles of a large picture.

    Parameters
    ----------
    answer : callable
        Takes levels ``(n, 3)`` and returns n records.
    record : numpy.dtype
        Of the records; its fields are kept as one column each.

    Notes
    -----
    Memory: 5 bytes for each of the 2**24 codes (whether it was met, and the row that holds its
    answer), of which a machine only provides the pages that hold colours that occur (84 MB when all
    do), and a record for each colour met. A picture's colours are few enough for the columns to
    stay in cache while pixels look them up.
    """

    def __init__(self, answer: Callable[[np.ndarray], np.ndarray], record: np.dtype[Any]) -> None:
        self._answer = answer
        self._state = np.zeros(_CODES, np.uint8)
        self._row = np.zeros(_CODES, np.int32)
        self._names = record.names or ()
        self._columns = tuple(np.empty(0, record[name]) for name in self._names)
        self._learning = Lock()

    def look(self, rgb: np.ndarray) -> tuple[np.ndarray, ...]:
        """One array ``(...)`` a field of the record, for ``(..., 3)`` uint8 colours."""
        return self._look(rgb, self._learn(rgb))

    def look_first(self, rgb: np.ndarray) -> np.ndarray:
        """Return the record's first field alone; half the work."""
        return self._look(rgb, self._learn(rgb)[:1])[0]

    def _look(self, rgb: np.ndarray, columns: tuple[np.ndarray, ...]) -> tuple[np.ndarray, ...]:
        out = tuple(np.empty(rgb.shape[:-1], column.dtype) for column in columns)

        def chunk(codes: np.ndarray, room: np.ndarray, *parts: np.ndarray) -> None:
            codes[...] = self._row.take(codes, mode="clip", out=room.view(np.int32)[: codes.size])
            for column, part in zip(columns, parts, strict=True):
                column.take(codes.reshape(part.shape), mode="clip", out=part)

        _for_chunks(rgb, chunk, *out)
        return out

    def _learn(self, rgb: np.ndarray) -> tuple[np.ndarray, ...]:
        """Work out the colours that are new; return the columns that hold all of the picture's."""

        def mark(codes: np.ndarray, room: np.ndarray) -> None:
            state = self._state.take(codes, mode="clip", out=room[: codes.size])
            if not state.all():
                self._state[codes[state == 0]] = _MET

        # another thread must not take a colour that is only marked for one that is worked out
        with self._learning:
            _for_chunks(rgb, mark)
            slabs = self._state.reshape(64, -1)
            new = np.concatenate(
                [np.flatnonzero(slab == _MET) + i * slab.size for i, slab in enumerate(slabs)]
            )
            share = max(256, -(-len(new) // (4 * cores())))
            parts = [new[first : first + share] for first in range(0, len(new), share)]
            if parts:
                records = np.concatenate(in_threads(self._describe, parts))
                known = len(self._columns[0])
                # columns are replaced, never changed: who looks up meanwhile has the old ones
                self._columns = tuple(
                    np.concatenate([column, records[name]])
                    for column, name in zip(self._columns, self._names, strict=True)
                )
                self._row[new] = np.arange(known, known + len(new))
                self._state[new] = _KNOWN
            return self._columns

    def _describe(self, codes: np.ndarray) -> np.ndarray:
        return self._answer(np.stack([codes & 255, codes >> 8 & 255, codes >> 16], axis=1))


class ColorTable:
    """What every 8-bit colour means on a scale.

    Parameters
    ----------
    scale : ColorScale
    max_distance : float
        Colours farther than this from the scale (RGB, in levels of 255) are OFF_SCALE and NaN.
    metric : {"auto", "rgb", "luma-chroma", "oklab", "cielab"}
        Space in which the nearest colour of the scale is searched; ``"auto"`` is RGB near the scale
        and luma-chroma farther off.

    Examples
    --------
    >>> from napari_image2data.color.scale import ColorScale
    >>> table = ColorTable(ColorScale.from_colors([[0, 0, 0], [1, 1, 1]], [0, 1]))
    >>> table.read(np.full((1, 2, 3), 51, np.uint8)).values.round(3).tolist()
    [[0.2..., 0.2...]]
    """

    def __init__(
        self, scale: ColorScale, *, max_distance: float = MAX_DISTANCE, metric: str = "auto"
    ) -> None:
        self.scale = scale
        self.max_distance = float(max_distance)
        self.metric = metric
        answer = partial(describe, ColorCurve(scale, metric), max_distance=self.max_distance)
        self._memo = ColorMemo(answer, RECORD)

    def __reduce__(self) -> tuple[Any, ...]:
        # what has been worked out so far would cost more to send than to work out again
        return _new_table, (self.scale, self.max_distance, self.metric)

    def __dask_tokenize__(self) -> tuple[Any, ...]:
        return ("ColorTable", self.scale, self.max_distance, self.metric)

    def read(self, rgb: np.ndarray) -> Pixels:
        """Read a picture, or any array ``(..., 3)`` of 8-bit colours."""
        return Pixels(*self._memo.look(rgb))

    def read_values(self, rgb: np.ndarray) -> np.ndarray:
        """Read values alone: ``(...)`` float32 of ``(..., 3)`` uint8; half the work."""
        return self._memo.look_first(rgb)


def _new_table(scale: ColorScale, max_distance: float, metric: str) -> ColorTable:
    return ColorTable(scale, max_distance=max_distance, metric=metric)


def describe(curve: ColorCurve, levels: np.ndarray, *, max_distance: float) -> np.ndarray:
    """Value, distance, uncertainty and flags of single colours.

    The uncertainty adds four parts in squares: the width of a table entry (uniform: step /
    sqrt(12); half a step at the ends of the scale, where values beyond are clipped); the noise of
    the colour through the local slope of the scale, that is its rounding and what it misses the
    scale by (a third of an isotropic noise lies along the scale and two thirds across, so along it
    is distance / sqrt(2)); where a rival explains the colour as well, half the way to the rival;
    and the rounding of values to single precision.

    Parameters
    ----------
    curve : ColorCurve
    levels : (n, 3) integer ndarray
        sRGB in levels of 255.
    max_distance : float

    Returns
    -------
    (n,) ndarray
        Records with the fields ``values``, ``distance``, ``sigma`` and ``flags``.
    """
    scale = curve.scale
    match = curve.match(levels)
    ambiguous = match.rival_distance <= 1.5 * match.distance + 1.0
    out = np.zeros(len(levels), RECORD)
    values = scale.to_value(match.position)
    spread = _spread(curve, match, ambiguous)
    high, low = scale.to_value(match.position + spread), scale.to_value(match.position - spread)
    distance = match.distance
    flags = np.where(ambiguous, np.uint8(Flag.AMBIGUOUS), np.uint8(0))
    if not (scale.discrete or scale.cyclic):
        first, last = curve.ends
        flags |= np.where(match.index <= first, np.uint8(Flag.BELOW), np.uint8(0))
        flags |= np.where(match.index >= last, np.uint8(Flag.ABOVE), np.uint8(0))
    for color, flag, value in (
        (scale.under, Flag.BELOW, scale.vmin),
        (scale.over, Flag.ABOVE, scale.vmax),
        (scale.bad, Flag.NO_DATA, np.nan),
    ):
        if color is not None:
            away = np.sqrt(((levels - color * 255) ** 2).sum(axis=1))
            closer = away < distance - 0.5
            distance = np.where(closer, away, distance)
            values = np.where(closer, value, values)
            flags = np.where(closer, np.uint8(flag), flags)
    off = distance > max_distance
    flags = np.where(off, np.uint8(Flag.OFF_SCALE), flags)
    values = np.where(off, np.nan, values)
    out["values"], out["distance"], out["flags"] = values, distance, flags
    sigma = np.hypot(np.abs(high - low) / 2, kept_rounding(values))
    out["sigma"] = np.where(np.isnan(values), np.nan, sigma)
    return out


def _spread(curve: ColorCurve, match: Match, ambiguous: np.ndarray) -> np.ndarray:
    """Standard uncertainty of a position; at most that of a guess anywhere on the scale."""
    step, slope = curve.step_and_slope(match.index)
    square = step**2 / 12
    if not (curve.scale.cyclic or curve.scale.discrete):
        first, last = curve.ends
        # a first or last colour stands for values that end halfway across it, and for all beyond
        square = np.where((match.index <= first) | (match.index >= last), step**2 / 4, square)
    if not curve.scale.discrete:
        noise = ROUNDING**2 + match.distance**2 / 2
        square = square + noise / np.maximum(slope, 1e-6) ** 2
    rival = np.where(ambiguous, match.rival_position - match.position, 0)
    return np.asarray(np.minimum(np.sqrt(square + rival**2 / 4), np.sqrt(1 / 12)))


def _for_chunks(rgb: np.ndarray, work: Callable[..., None], *outputs: np.ndarray) -> None:
    """Call ``work(codes, room, *parts of outputs)`` for chunks of a picture, on all cores.

    ``codes`` are the chunk's packed colours in one dimension, ``room`` is memory that work may use,
    four bytes a pixel; both are used again for the next chunk, since fresh memory costs more
    than the look-up. The outputs have the picture's shape without its last axis and are
    C-contiguous.
    """
    if rgb.size == 0:
        return
    if rgb.flags.c_contiguous:
        rgb = rgb.reshape(1, -1, 3)
    if rgb.ndim > 3:
        for index in np.ndindex(rgb.shape[:-3]):
            _for_chunks(rgb[index], work, *(output[index] for output in outputs))
        return
    rows, columns = rgb.shape[:2]
    outputs = tuple(output.reshape(rows, columns) for output in outputs)
    places = list(_places(rows, columns))

    def span(places: list[tuple[slice, slice]]) -> None:
        codes, room = np.empty(CHUNK, np.intp), np.empty(4 * CHUNK, np.uint8)
        for place in places:
            packed = _pack(rgb, place, codes)
            work(packed, room, *(output[place] for output in outputs))

    share = max(4, -(-len(places) // (4 * cores())))
    in_threads(span, [places[first : first + share] for first in range(0, len(places), share)])


def _places(rows: int, columns: int) -> Iterator[tuple[slice, slice]]:
    """Cut a picture into parts of at most CHUNK pixels."""
    high = max(1, CHUNK // columns)
    for top in range(0, rows, high):
        for left in range(0, columns, CHUNK):
            yield slice(top, min(top + high, rows)), slice(left, min(left + CHUNK, columns))


def _pack(rgb: np.ndarray, place: tuple[slice, slice], codes: np.ndarray) -> np.ndarray:
    """Write the codes red + 256 green + 65536 blue of a part of a picture into ``codes``."""
    rows, columns, _ = rgb.shape
    part = rgb[place]
    high, wide, _ = part.shape
    by_row, by_pixel, by_color = rgb.strides
    width = _CODE_TYPE.itemsize
    # a whole machine word is read at each pixel and cut to three bytes; at the picture's last
    # pixels that would read past its end
    last = place[0].stop == rows and place[1].stop == columns
    if last or by_color != 1 or by_pixel < 3 or by_row < 0:
        roomy = np.empty(high * wide * 3 + width, np.uint8)
        roomy[: high * wide * 3].reshape(part.shape)[...] = part
        words = as_strided(roomy, (high, wide, width), (wide * 3, 3, 1))
    else:
        words = as_strided(part, (high, wide, width), (by_row, by_pixel, 1))
    packed = codes[: high * wide]
    np.bitwise_and(words.view(_CODE_TYPE)[..., 0], _MASK, out=packed.reshape(high, wide))
    return packed
