"""Straight lines along rows and columns, right across a picture: grids over the data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from napari_image2data.color.spaces import LUMA

INKS = np.arange(0.0, 256.0, 32.0)
"""Greys that a grid is looked for in; what lies between is told by its opacity."""

THICKEST = 4  # pixels
REACHES = (1, 2, 3)
"""Pixels between a line's row and the data it is compared with: half the thickness and a rim."""

_SAMPLE = 400  # pixels of a row that tell whether all of them are worth a look
_FEWEST = 40  # pixels across the picture, below which lines cannot be told from chance
_LEAST_SHARE = 0.25  # of a line's pixels: dots with gaps twice as long
_MOST_LINES = 0.1  # of all rows; more are a texture of the data
_AGAINST = 0.1  # of the pixels that show ink: those that go the other way
_TINTED = 0.2  # of the line's opacity: what a pixel has where a dash ends


@dataclass(frozen=True)
class Ink:
    """The grey of a line, 0..255, and its opacity."""

    gray: float
    opacity: float


@dataclass(frozen=True)
class Line:
    """First and last row of a line, its ink, and whether it has no gaps."""

    first: int
    last: int
    ink: Ink
    solid: bool


def find_grid_lines(rgb: np.ndarray, hidden: np.ndarray, *, noisy: bool = False) -> np.ndarray:
    """Lines of a grid: solid, dashed or dotted, of one grey and one opacity.

    A pixel of such a line differs from the data on either side of it, which are much alike; over
    the whole line the differences are those that one ink makes: ``c = (1 - a) m + a g`` with ``m``
    the mean of the two sides, one grey ``g`` and one opacity ``a``.  At least a quarter of the
    line shows it, hardly a pixel contradicts it, and at least two lines of one grey must be found.
    Of a line those pixels are ink that are no mix of the data on either side.

    Parameters
    ----------
    rgb : (h, w, 3) uint8 ndarray
    hidden : (h, w) bool ndarray
        Pixels known not to show data.
    noisy : bool
        True for a JPEG: only lightness is looked at, with ripples in mind.

    Returns
    -------
    (h, w) bool ndarray

    Notes
    -----
    The model of one ink is that of `frame.frame_depths`, with data on both sides.

    Examples
    --------
    >>> ramp = np.tile(np.arange(200, dtype=np.uint8)[:, None] + 40, (120, 1, 3))
    >>> ramp[:, :, 2] = 90
    >>> ramp[30, ::2] = ramp[80, ::2] = 60
    >>> found = find_grid_lines(ramp, np.zeros(ramp.shape[:2], bool))
    >>> np.flatnonzero(found.any(axis=1)).tolist(), bool(found[30, 40::2].all())
    ([30, 80], True)
    """
    colors = rgb.astype(np.float32)
    if noisy:
        colors = (colors @ LUMA.astype(np.float32))[..., None]
    out = np.zeros(hidden.shape, bool)
    lines = [
        (axis, line)
        for axis in (0, 1)
        for line in _lines(colors.swapaxes(0, axis), hidden.swapaxes(0, axis), noisy)
    ]
    for axis, line in lines:
        alike = sum(abs(other.ink.gray - line.ink.gray) <= 48 for _, other in lines)
        if alike >= 2:
            part = out.swapaxes(0, axis)[line.first - 1 : line.last + 2]
            part |= _inked(colors.swapaxes(0, axis), line, noisy)
    return np.asarray(out & ~hidden)


def _lines(colors: np.ndarray, hidden: np.ndarray, noisy: bool) -> list[Line]:
    """Lines along the rows."""
    height, width = hidden.shape
    if height < 4 * THICKEST or width < _FEWEST:
        return []
    inked: dict[int, Ink] = {}
    solid: set[int] = set()
    for reach in REACHES:
        some = np.flatnonzero(_perhaps(colors, hidden, reach, noisy))
        if len(some) > _MOST_LINES * height:
            return []
        for row in some:
            before, line, after = (colors[row + way] for way in (-reach, 0, reach))
            usable = ~(hidden[row - reach] | hidden[row] | hidden[row + reach])
            seen = usable & _stands_out(before, line, after, noisy)
            if seen.sum() >= max(_LEAST_SHARE * usable.sum(), _LEAST_SHARE * _FEWEST):
                ink = _one_ink(line[seen], (before[seen] + after[seen]) / 2)
                if ink is not None:
                    inked.setdefault(int(row), ink)
                    if _is_solid(line[usable], before[usable], after[usable], ink):
                        solid.add(int(row))
    lines = []
    for first, last in _runs(sorted(inked)):
        if last - first < THICKEST and first >= 3 and last < height - 3:
            strongest = max((inked[r] for r in range(first, last + 1)), key=lambda i: i.opacity)
            if _has_sharp_sides(colors, first, last):
                whole = solid.issuperset(range(first, last + 1))
                lines.append(Line(first, last, strongest, whole))
    return lines


def _is_solid(line: np.ndarray, before: np.ndarray, after: np.ndarray, ink: Ink) -> bool:
    """Whether the ink tints nearly all pixels where the data beside it are alike."""
    data = (before + after) / 2
    opacity, counts = _opacity(line, data, ink.gray)
    counts &= np.abs(before - after).max(axis=-1) < 0.2 * np.abs(ink.gray - data).max(axis=-1)
    return bool(counts.any() and (opacity[counts] > 0.5 * ink.opacity).mean() > 0.95)


def _perhaps(colors: np.ndarray, hidden: np.ndarray, reach: int, noisy: bool) -> np.ndarray:
    """Rows (h,) that may be part of a line, by some of their pixels."""
    height, width = hidden.shape
    rng = np.random.default_rng(0)  # even steps might meet the gaps of a dotted line alone
    some = np.sort(rng.choice(width, min(width, _SAMPLE), replace=False))
    part, unknown = colors[:, some], hidden[:, some]
    usable = ~(unknown[reach:-reach] | unknown[: -2 * reach] | unknown[2 * reach :])
    seen = _stands_out(part[: -2 * reach], part[reach:-reach], part[2 * reach :], noisy) & usable
    count = usable.sum(axis=1)
    out = np.zeros(height, bool)
    out[reach:-reach] = (seen.sum(axis=1) >= 0.8 * _LEAST_SHARE * count) & (
        count >= 0.5 * min(width, _SAMPLE)
    )
    return out


def _stands_out(before: np.ndarray, line: np.ndarray, after: np.ndarray, noisy: bool) -> np.ndarray:
    """Pixels that differ from both sides by twice what the sides differ by."""
    change = np.abs(line - (before + after) / 2).max(axis=-1)
    apart = np.abs(before - after).max(axis=-1)
    return np.asarray((change > (10.0 if noisy else 6.0)) & (apart < 0.5 * change))


def _has_sharp_sides(colors: np.ndarray, first: int, last: int) -> bool:
    """Whether the data beside a line change little from row to row, as a crest's flanks do not."""
    depth = np.abs(colors[first : last + 1] - (colors[first - 2] + colors[last + 2]) / 2)
    slope = np.abs(colors[[first - 2, last + 2]] - colors[[first - 3, last + 3]])
    deep = depth.max(axis=(0, 2))
    seen = deep >= np.percentile(deep, 60)
    return bool(np.median(slope.max(axis=(0, 2))[seen] / np.maximum(deep[seen], 1.0)) < 0.4)


def _one_ink(line: np.ndarray, data: np.ndarray) -> Ink | None:
    """Explain a line's pixels (n, c) by one ink over the data beneath; None if none does."""
    change = line - data
    null = np.sqrt((change**2).mean())
    best, least = None, 0.35 * null
    for gray in INKS:
        opacity, counts = _opacity(line, data, float(gray))
        usual = float(np.median(opacity[counts])) if counts.any() else 0.0
        if not 0.1 < usual < 1.1 or (opacity[counts] < 0).mean() > _AGAINST:
            continue
        left = np.sort(((change - usual * (gray - data)) ** 2).mean(axis=1))
        missed = float(np.sqrt(left[: int(0.7 * len(left)) + 1].mean()))
        if missed < least:
            best, least = Ink(float(gray), usual), missed
    return best


def _opacity(line: np.ndarray, data: np.ndarray, gray: float) -> tuple[np.ndarray, np.ndarray]:
    """Opacity of an ink at each pixel, and where it and the data are far enough apart to tell."""
    way = gray - data
    squared = (way**2).sum(axis=-1)
    opacity = ((line - data) * way).sum(axis=-1) / np.maximum(squared, 1.0)
    return opacity, squared > 400


def _inked(colors: np.ndarray, line: Line, noisy: bool) -> np.ndarray:
    """Pixels of a line, and of the rows beside it, that are tinted and no mix of the data."""
    start, stop = colors[line.first - 2], colors[line.last + 2]
    chord = stop - start
    length = np.maximum((chord**2).sum(axis=1), 1e-6)
    rows = colors[line.first - 1 : line.last + 2]
    along = np.clip(((rows - start) * chord).sum(axis=2) / length, 0.0, 1.0)
    mix = start + along[..., None] * chord
    away = np.abs(rows - mix).max(axis=2)
    opacity, _ = _opacity(rows, mix, line.ink.gray)
    tinted = opacity > _TINTED * line.ink.opacity
    found = tinted & (away > (8.0 if noisy else 4.0))
    if line.solid:
        found[1:-1] = True
    return np.asarray(found)


def _runs(rows: list[int]) -> list[tuple[int, int]]:
    """First and last of each run of consecutive numbers."""
    if not rows:
        return []
    array = np.array(rows)
    breaks = np.flatnonzero(np.diff(array) > 1)
    firsts = array[np.append(0, breaks + 1)]
    lasts = array[np.append(breaks, len(array) - 1)]
    return list(zip(firsts.tolist(), lasts.tolist(), strict=True))
