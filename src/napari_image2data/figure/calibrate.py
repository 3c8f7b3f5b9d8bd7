"""One side of a box: its labels and tick marks become an axis."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from napari_image2data.figure.axis import Axis, AxisFit, AxisNorm, fit_axis
from napari_image2data.figure.edges import BAR_ASPECT, SIDES, size_of
from napari_image2data.figure.numerals import Reading, readings_of
from napari_image2data.figure.ticks import Ticks, find_ticks
from napari_image2data.figure.words import find_words, has_raised_end, has_surplus_dash

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_image2data.figure.edges import Box, Outline, Rect
    from napari_image2data.figure.text import Text

_DISTANCE_COST = 0.004  # labels per pixel: of two sides equally good, the nearer
_TICK_BONUS = 0.1  # labels, for each one that has its tick mark
_BEYOND = 8  # pixels that the middle of a label may lie beyond an end of its side
_BEYOND_OPEN = 0.15  # share of a bar's length beyond an end that no frame line closes
_SNAP = 4.5  # pixels between a label and its tick mark, at most
_CHARACTER = 0.6  # of its height: how wide a digit is
_TURNED = 0.85  # of the width of level labels
_ALIGNED_COST = 0.25  # labels: what speaks against labels that stand with an end at their mark
_OFF_CORNERS = 1.5  # pixels between what the labels are off two corners
_OFF_CORNER = 1.0  # pixels between a corner and the line through the marks, at most
_SURE = 0.1  # what may be assumed in reading a label that is taken as it stands
_ENOUGH = 5  # labels that rise all the way
_OFF_TICK_LINE = 0.75  # pixels off the line through the tick marks, at most


@dataclass(frozen=True)
class Candidate:
    """A text beside a side that may be one of its labels."""

    text: Text
    along: float
    distance: float
    readings: tuple[Reading, ...]


@dataclass(frozen=True)
class Calibration:
    """An axis and the evidence for it.

    Attributes
    ----------
    axis : Axis
    used : tuple of (Candidate, value)
        Labels on the line.
    unused : tuple of Candidate
        Numbers in the same row or column that do not fit.
    penalty : float
        What had to be assumed in reading the labels (see `Reading`).
    score : float
        Labels explained, less penalties and distance.
    ticks : Ticks
    snapped : int
        Labels whose tick mark was found.
    """

    axis: Axis
    used: tuple[tuple[Candidate, float], ...]
    unused: tuple[Candidate, ...]
    penalty: float
    score: float
    ticks: Ticks
    snapped: int


def calibrate_side(
    rgb: np.ndarray,
    outline: Outline,
    side: str,
    texts: Sequence[Text],
    others: Sequence[Rect],
    background: np.ndarray,
    *,
    reach: float,
    look_closer: bool = True,
) -> Calibration | None:
    """Read the axis along one side of a box.

    Parameters
    ----------
    rgb : (H, W, 3) uint8 ndarray
    outline : Outline
        The box.
    side : {"left", "right", "top", "bottom"}
    texts : sequence of Text
        Text that no other box owns.
    others : sequence of Rect
        The other boxes on the page: what lies behind one of them belongs to it.
    background : (3,) ndarray
    reach : float
        Largest distance of a label from the side, pixels.
    look_closer : bool
        Read single words again, one by one, when the page as a whole gave too little.

    Returns
    -------
    Calibration or None
        None when fewer than two labels fit a line.
    """
    ticks = find_ticks(rgb, outline, side, background)
    texts = [_with_exponent(rgb, background, text) for text in texts]
    near = _beside(outline, side, texts, others, reach, ticks)
    best = _fit(outline, side, near, ticks)
    good = best is not None and len(best.used) >= 3 and best.penalty == 0 and not best.unused
    good = good and bool(best is not None and (best.snapped or len(best.used) > 3))
    good = good or (best is not None and _rise_all_the_way(best))
    if look_closer and not (good and best is not None and best.axis.residual < 1.5):
        region = _region(outline.extent, side, others, reach, ticks)
        words = find_words(rgb, background, region)
        words = [_with_exponent(rgb, background, word) for word in words]
        closer = _beside(outline, side, words, others, reach, ticks)
        apart = [c for c in near if all(abs(c.along - w.along) >= 5 for w in closer)]
        for choice in (closer, [*closer, *apart]):
            found = _fit(outline, side, choice, ticks)
            if found is not None and (best is None or _is_better(found, best)):
                best = found
    return best


def _is_better(found: Calibration, best: Calibration) -> bool:
    """Whether a second reading explains more labels, or puts in order what the first did not."""
    if _rise_all_the_way(found) and not _rise_all_the_way(best):
        return len(found.used) >= len(best.used)
    return found.score > best.score + 0.05


def _rise_all_the_way(found: Calibration) -> bool:
    """Whether all labels are numbers as they stand and in order: they may lie on a curve."""
    row = [c for c, _ in found.used] + list(found.unused)
    row.sort(key=lambda c: c.along)
    steps = np.diff([c.readings[0].value for c in row])
    plain = all(c.readings[0].penalty <= _SURE for c in row)
    return plain and len(row) >= _ENOUGH and bool(np.all(steps > 0) or np.all(steps < 0))


def _with_exponent(rgb: np.ndarray, background: np.ndarray, text: Text) -> Text:
    """A text like 103 whose last digit stands raised, as what it is: a power of ten."""
    match = re.fullmatch(r"([-−–—]?)1[0oO](\d)", text.text.strip())
    if match is None or text.rotated or not has_raised_end(rgb, background, text.box):
        return text
    return replace(text, text=f"{match.group(1)}10^{match.group(2)}")


def _beside(
    outline: Outline,
    side: str,
    texts: Sequence[Text],
    others: Sequence[Rect],
    reach: float,
    ticks: Ticks,
) -> list[Candidate]:
    """Numbers beside a side, none of them behind another box."""
    rect = outline.extent
    x0, y0, x1, y1 = rect
    vertical = side in ("left", "right")
    first, last = (y0, y1) if vertical else (x0, x1)
    low, high = first - _beyond(outline, side, 0), last + _beyond(outline, side, 1)
    found = []
    for text in texts:
        a, b, c, d = text.box
        distance = {"left": x0 - c, "right": a - x1, "top": y0 - d, "bottom": b - y1}[side]
        along = text.center[1 if vertical else 0]
        if not (-4 <= distance <= reach and low <= along <= high):
            continue
        if any(_hides(other, rect, side, text.center) for other in others):
            continue
        if any(_gap(text.box, other) < distance - 0.5 for other in others):
            continue  # nearer to another box: a label of that one
        readings = readings_of(_without_tick(text, side, distance, ticks))
        if readings:
            found.append(Candidate(text, along, distance, readings))
    return found


def _beyond(outline: Outline, side: str, end: int) -> float:
    """How far beyond an end (0 top or left, 1 bottom or right) labels of a side may stand.

    The end of a bar without a frame may be as pale as the page; a label there is the only thing
    that shows that the bar goes on.
    """
    vertical = side in ("left", "right")
    wide, high = size_of(outline.rect)
    length, width = (high, wide) if vertical else (wide, high)
    closing = (("top", "bottom") if vertical else ("left", "right"))[end]
    if length < BAR_ASPECT * width or outline.edges[SIDES.index(closing)].ink is not None:
        return _BEYOND
    return max(_BEYOND, _BEYOND_OPEN * length)


def _hides(other: Rect, rect: Rect, side: str, center: tuple[float, float]) -> bool:
    """Whether ``other`` stands between the side and the text."""
    x0, y0, x1, y1 = rect
    x, y = center
    if side in ("left", "right"):
        if min(other[3], y1) <= max(other[1], y0):
            return False
        return (
            (other[0] >= x1 - 3 and x > other[0])
            if side == "right"
            else (other[2] <= x0 + 3 and x < other[2])
        )
    if min(other[2], x1) <= max(other[0], x0):
        return False
    return (
        (other[1] >= y1 - 3 and y > other[1])
        if side == "bottom"
        else (other[3] <= y0 + 3 and y < other[3])
    )


def _without_dashes(row: list[Candidate]) -> list[Candidate]:
    """The labels without their leading dashes when one of them reads "-0": they are ticks."""
    if not any(re.fullmatch(r"[-−–—]0*\.?0*", c.text.text.strip()) for c in row):
        return row
    bare = [re.sub(r"^\s*[-−–—]\s*", "", c.text.text) for c in row]
    return [replace(c, readings=readings_of(t)) for c, t in zip(row, bare, strict=True)]


def _among_powers(row: list[Candidate]) -> list[Candidate]:
    """The labels, where 10 with a ring is 10 to the 0, not ten degrees, among powers of ten."""
    powers = [c for c in row if c.readings[0].is_power and c.readings[0].penalty == 0]
    if len(powers) < 2:
        return row
    return [
        replace(c, readings=rings) if (rings := tuple(r for r in c.readings if _is_one(r))) else c
        for c in row
    ]


def _is_one(reading: Reading) -> bool:
    return reading.is_power and abs(reading.value) == 1


def _without_tick(text: Text, side: str, distance: float, ticks: Ticks) -> str:
    """The label without the dash that is its tick mark.

    Its ink begins at the mark, or is too narrow for digits and dash.
    """
    stub = max(ticks.length, 1.0) if ticks.outward else 1.0
    at_mark = distance < stub + 1
    if side == "right" and (at_mark or (ticks.outward and has_surplus_dash(text))):
        return re.sub(r"^\s*[-−–—_]\s*", "", text.text)
    return re.sub(r"\s*[-−–—_]\s*$", "", text.text) if side == "left" and at_mark else text.text


def _gap(box: Box, rect: Rect) -> float:
    """Distance between a text and a box, straight across; infinite where it lies at a corner."""
    across_x = max(rect[0] - box[2], box[0] - rect[2])
    across_y = max(rect[1] - box[3], box[1] - rect[3])
    if across_x > 8 and across_y > 8:
        return float("inf")
    return max(across_x, across_y, 0.0)


def _region(rect: Rect, side: str, others: Sequence[Rect], reach: float, ticks: Ticks) -> Box:
    """Strip beside a side where its labels lie, without the tick marks, up to the next box."""
    x0, y0, x1, y1 = rect
    start = 1 + (ticks.length if ticks.outward else 0)
    region = {
        "left": [x0 - reach, y0 - 10, x0 - start, y1 + 10],
        "right": [x1 + start, y0 - 10, x1 + reach, y1 + 10],
        "top": [x0 - 14, y0 - reach, x1 + 14, y0 - start],
        "bottom": [x0 - 14, y1 + start, x1 + 14, y1 + reach],
    }[side]
    for other in others:
        beside = min(other[3], y1) > max(other[1], y0)
        above = min(other[2], x1) > max(other[0], x0)
        if side == "left" and beside and other[2] <= x0 + 3:
            region[0] = max(region[0], other[2] + 2)
        elif side == "right" and beside and other[0] >= x1 - 3:
            region[2] = min(region[2], other[0] - 2)
        elif side == "top" and above and other[3] <= y0 + 3:
            region[1] = max(region[1], other[3] + 2)
        elif side == "bottom" and above and other[1] >= y1 - 3:
            region[3] = min(region[3], other[1] - 2)
    return (region[0], region[1], region[2], region[3])


def _fit(
    outline: Outline, side: str, near: Sequence[Candidate], ticks: Ticks
) -> Calibration | None:
    """The best axis through labels that stand in one column (or row)."""
    vertical = side in ("left", "right")
    rect = outline.extent
    extent = rect[3] - rect[1] if vertical else rect[2] - rect[0]
    best: tuple[float, AxisFit, list[Candidate]] | None = None
    for start in sorted({round(c.distance) for c in near}):
        row = [c for c in near if abs(c.distance - start) <= (12 if vertical else 6)]
        row = _among_powers(_without_dashes(row))
        fit = _fit_row(row, extent)
        if fit is None:
            continue
        key = fit.score - _DISTANCE_COST * max(0, start)
        if best is None or key > best[0] + 1e-9:
            best = (key, fit, row)
    if best is None:
        return None
    key, fit, row = best
    axis, snapped = _through_ticks(fit, [row[k].along for k in fit.used], ticks)
    if not snapped and not (ticks.outward and ticks.positions):
        axis = _through_corners(axis, outline, vertical)
    gain = _TICK_BONUS * snapped
    for aligned in _aligned(row, vertical):
        other = _fit_row(aligned, extent)
        if other is None:
            continue
        at_ticks, n_at_ticks = _through_ticks(other, [aligned[k].along for k in other.used], ticks)
        more = other.score - fit.score + _TICK_BONUS * n_at_ticks
        if more > gain + _ALIGNED_COST:
            key, fit, row = key + other.score - fit.score, other, aligned
            axis, snapped, gain = at_ticks, n_at_ticks, _TICK_BONUS * n_at_ticks
    key += gain
    unused = tuple(
        c for k, c in enumerate(row) if k not in fit.used and c.readings[0].penalty < 0.3
    )
    used = tuple((row[k], value) for k, value in zip(fit.used, fit.values, strict=True))
    return Calibration(replace(axis, side=side), used, unused, fit.penalty, key, ticks, snapped)


def _fit_row(row: Sequence[Candidate], extent: float) -> AxisFit | None:
    return fit_axis(
        [c.along for c in row], [c.readings for c in row], tolerance=max(2.5, 0.006 * extent)
    )


def _aligned(row: Sequence[Candidate], vertical: bool) -> list[list[Candidate]]:
    """Turned labels as they stand where one of their ends, not their middle, is at the mark."""
    if not _are_turned(row):
        return []
    low, high = (1, 3) if vertical else (0, 2)
    along = [c.text.box[high] - c.text.box[low] for c in row]
    across = [c.text.box[3 - low] - c.text.box[1 - low] for c in row]
    half_a_digit = min(0.5 * min(along), 0.3 * min(across))
    return [
        [replace(c, along=c.text.box[end] + inward * inset) for c in row]
        for end, inward in ((low, 1), (high, -1))
        for inset in (half_a_digit, 0.0)
    ]


def _are_turned(row: Sequence[Candidate]) -> bool:
    """Whether labels are narrower, for their height and their characters, than level ones."""
    shapes = [
        (box[2] - box[0]) / (_CHARACTER * len(c.text.text.strip()) * (box[3] - box[1]))
        for c in row
        for box in [c.text.box]
        if len(c.text.text.strip()) > 1 and not c.readings[0].is_power
    ]
    return bool(shapes) and float(np.median(shapes)) < _TURNED


def _through_ticks(fit: AxisFit, along: Sequence[float], ticks: Ticks) -> tuple[Axis, int]:
    """The axis through the tick marks that belong to the labels, where there are enough.

    A label is centred on its tick only to a pixel or two; the mark itself is exact.
    """
    place, value = np.array(along), np.array(fit.values)
    linear = np.log10(value) if fit.norm == "log" else value
    marks = np.array(ticks.positions)
    if len(marks) < 2:
        return _robust(place, value, fit.norm), 0
    expected = (linear - fit.intercept) / fit.slope
    # labels of one side are all off their ticks by about the same
    offsets = (marks[None] - expected[:, None]).ravel()
    offsets = offsets[np.abs(offsets) <= _SNAP]
    best = np.zeros(len(expected), int), np.full(len(expected), np.inf)
    score = -1.0
    for offset in offsets:
        nearest = np.abs(expected[:, None] + offset - marks[None])
        close = nearest.min(axis=1)
        gain = (close <= 1.5).sum() - 0.1 * close[close <= 1.5].sum() - 0.05 * abs(offset)
        if gain > score:
            score, best = gain, (nearest.argmin(axis=1), close)
    has = best[1] <= 1.5
    if has.sum() < max(2, 0.4 * len(place)):
        return _robust(place, value, fit.norm), 0
    has &= ~_wrong_guesses(marks[best[0]], value, has, fit.norm, ticks)
    marked, marked_value = marks[best[0][has]], value[has]
    if has.sum() >= 3 and has.sum() >= 0.5 * len(place):
        while len(marked) >= 3:
            axis = Axis.through(marked, marked_value, norm=fit.norm)
            if axis.residual <= _OFF_TICK_LINE:
                return axis, int(has.sum())
            off = np.abs(axis.to_pixel(marked_value) - marked)
            if len(marked) == 3 or len(marked) - 1 < 0.5 * len(place):
                break
            marked, marked_value = marked[off < off.max()], marked_value[off < off.max()]
    shift = float(np.median((marks[best[0]] - place)[has]))
    if np.abs((marks[best[0]] - place)[has] - shift).max() < 1.5:
        place = np.where(has, marks[best[0]], place + shift)
        return _robust(place, value, fit.norm), int(has.sum())
    return _robust(place, value, fit.norm), 0


def _through_corners(axis: Axis, outline: Outline, vertical: bool) -> Axis:
    """The axis moved so that its first and last label stand at both corners of the box.

    Where no tick mark is seen, labels that are off the corners by the same are off their ticks.
    """
    first, last = (1, 3) if vertical else (0, 2)
    ends = sorted(map(float, axis.to_pixel(np.array([min(axis.values), max(axis.values)]))))
    off = [outline.box[first] - ends[0], outline.box[last] - ends[1]]
    if max(map(abs, off)) > _SNAP or abs(off[0] - off[1]) > _OFF_CORNERS:
        return axis
    return axis.shifted((off[0] + off[1]) / 2)


def _wrong_guesses(
    marked: np.ndarray, value: np.ndarray, has: np.ndarray, norm: AxisNorm, ticks: Ticks
) -> np.ndarray:
    """Which labels were given to a corner that does not lie on the line through the marks."""
    guessed = has & np.isin(marked, ticks.guessed)
    seen = has & ~guessed
    if not guessed.any() or seen.sum() < 3:
        return np.zeros(len(marked), bool)
    axis = Axis.through(marked[seen], value[seen], norm=norm)
    return np.asarray(guessed & (np.abs(axis.to_pixel(value) - marked) > _OFF_CORNER))


def _robust(place: np.ndarray, value: np.ndarray, norm: str) -> Axis:
    """Least squares, without the one or two labels that lie far off."""
    keep = np.ones(len(place), bool)
    axis = Axis.through(place, value, norm="log" if norm == "log" else "linear")
    for _ in range(2):
        if keep.sum() <= 3 or axis.residual <= 2.0:
            break
        off = np.where(keep, np.abs(axis.to_pixel(value) - place), -1.0)
        keep &= off < off.max()
        axis = Axis.through(place[keep], value[keep], norm="log" if norm == "log" else "linear")
    return axis
