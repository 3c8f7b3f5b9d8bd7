"""The values at the ends of a colour bar, and how sure they are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_image2data.color.scale import ColorScale
from napari_image2data.errors import ScaleError
from napari_image2data.figure.axis import Axis
from napari_image2data.figure.bands import band_edges
from napari_image2data.figure.curved import fit_curve
from napari_image2data.figure.edges import SNAPPED

if TYPE_CHECKING:
    from napari_image2data.color.colorbar import Direction
    from napari_image2data.figure.calibrate import Calibration
    from napari_image2data.figure.edges import Box
    from napari_image2data.figure.layout import Bar
    from napari_image2data.figure.offset import Offset

# a labelled tick this near to an end is that end: pixels, and share of the bar's length
_SNAP_ONE = (1.3, 0.004)
_SNAP_BOTH = (2.5, 0.007)
_SNAP_TRIANGLE = (3.5, 0.008)
_SNAP_SHARP, _SHARP = 1.2, 0.6  # pixels: that limit, and the residual of the marks that allows it
_BAND_REACH = 2.5  # pixels between a label and the border of its band
_AT_END = (3.5, 0.015)  # of an end: pixels, share of the length; no band is thinner
_OFF_BORDER = (1.0, 0.005)  # off the line through the borders: pixels, share of the length
_ENOUGH_LABELS, _OFF_LINE = 4, 0.6  # and pixels off it: labels that a line goes through
_LEAST_TURN = 1.0  # pixels
_OPEN = 0.4  # pixels by which an end that no frame line closes is less sure
_GOOD = 0.005  # of the range: what a range is expected to be right to


@dataclass(frozen=True)
class BarRange:
    """Values at the ends of a bar, and the axis they come from.

    Attributes
    ----------
    first, last : float
        Value at the bar's top or left, and at its bottom or right end.
    axis : Axis
        Along the bar.
    doubts : tuple of str
        Plain sentences: what speaks against the range.
    """

    first: float
    last: float
    axis: Axis
    doubts: tuple[str, ...]


def bar_range(bar: Bar, found: Calibration, offset: Offset, *, noisy: bool) -> BarRange | None:
    """Values at the two ends of a bar; None where the axis cannot give them.

    The ends come from the frame or the colour step there, and from the label whose tick stands
    there; where the two disagree by more than the range should be wrong, a doubt says so.
    """
    begin, end = _ends(bar)
    uneven = _uneven(bar, found, noisy=noisy)
    stepped = _through_borders(bar, found, noisy=noisy) if uneven is None else None
    known = uneven.axis if uneven is not None else stepped
    axis = offset.applied(known if known is not None else found.axis)
    at_labels = offset.applied(uneven.labels) if uneven is not None else axis
    lines = any(bar.extended) or bar.outline.is_framed
    moved = lines and found.ticks.is_snapped and not bar.outline.is_snapped
    if moved and stepped is None:
        # an outline drawn as one path stays where it is, its ticks were moved
        begin, end = begin + SNAPPED, end + SNAPPED
    length = end - begin
    printed = [offset.value(value) for _, value in found.used]
    ticks = [*zip(at_labels.pixels, at_labels.values, strict=True)]
    unmarked = [(float(axis.to_pixel(value)), value) for value in printed]
    # marks inside a bar without a frame are none at its ends
    inside = not (found.ticks.outward or found.ticks.guessed) and axis.norm != "piecewise"
    at_ends = ticks + unmarked if inside else ticks
    off = [min((abs(at - place), value) for at, value in at_ends) for place in (begin, end)]
    if axis.norm != "piecewise":
        ticks += unmarked
    # where frame and marks are seen sharply, a mark beside an end is not at it
    sharp = (
        bar.outline.is_framed
        and not any(bar.extended)
        and found.snapped >= 3
        and found.axis.residual < _SHARP
        and not noisy
    )
    both = not sharp and max(distance for distance, _ in off) < _limit(_SNAP_BOTH, length)
    values, doubts = [], []
    expected_error = 0.0
    sides = (1, 3) if bar.vertical else (0, 2)
    is_open = [bar.outline.edges[side].ink is None for side in sides]
    for place, extended, opened, (distance, at_tick) in zip(
        (begin, end), bar.extended, is_open, off, strict=True
    ):
        limit = _limit(_SNAP_TRIANGLE if extended else _SNAP_ONE, length)
        limit = min(limit, _SNAP_SHARP) if sharp else limit
        if both or distance < limit or (axis.norm == "piecewise" and distance < _BAND_REACH):
            values.append(at_tick)
            if distance > max(_SNAP_ONE[0], _GOOD * length):
                doubts.append(
                    f"An end of the colour bar was taken to be at the label {at_tick:g}, "
                    f"{distance:.1f} pixels away: check whether it is."
                )
            continue
        values.append(float(axis.to_value(place)))
        apart, label = min(
            (distance, at_tick), *((abs(float(axis.to_pixel(v)) - place), v) for v in printed)
        )
        if apart < 2.5 * limit and apart > _GOOD * length:
            doubts.append(
                f"An end of the colour bar lies {apart:.1f} pixels from the label {label:g}: "
                "check whether the bar ends there."
            )
        # beyond the labels an error grows with the distance
        first, last = min(at_labels.pixels), max(at_labels.pixels)
        reach = 1.0 + max(first - place, place - last, 0.0) / (last - first)
        expected_error += 0.8 * extended
        unsure = 0.4 * (not found.snapped) + _OPEN * (opened and not extended)
        expected_error += reach * (0.4 + 0.5 * axis.residual + unsure)
    if not all(map(math.isfinite, values)) or values[0] == values[1]:
        return None
    if expected_error > 1.6 * _GOOD * length:
        doubts.append(
            f"The colour bar is {length:.0f} pixels long: its range is known to about "
            f"{100 * expected_error / length:.1f} % only."
        )
    if uneven is not None and not uneven.surely:
        doubts.append("The labels of the colour bar are not evenly spaced: check the range.")
    doubts += _doubts(found, axis, [place for place, _ in ticks], begin, end)
    return BarRange(values[0], values[1], axis, tuple(doubts))


def color_scale(rgb: np.ndarray, bar: Bar, ends: BarRange) -> ColorScale | None:
    """The bar's colours with the values that its ends stand for; None where they make no scale.

    Parameters
    ----------
    rgb : (H, W, 3) uint8 ndarray
    bar : Bar
    ends : BarRange
    """
    first, last = ends.first, ends.last
    rises = first < last
    if bar.vertical:
        direction: Direction = "down" if rises else "up"
    else:
        direction = "right" if rises else "left"
    try:
        return ColorScale.from_colorbar(
            rgb,
            _inside(bar.outline.box, rgb),
            direction=direction,
            **_values(bar, ends),
        )
    except ScaleError:
        return None


def _values(bar: Bar, ends: BarRange) -> dict[str, Any]:
    """What `ColorScale.from_colorbar` needs to know of the values along the bar."""
    if ends.axis.norm != "piecewise":
        low, high = sorted((ends.first, ends.last))
        return {"vmin": low, "vmax": high, "norm": ends.axis.norm}
    box = bar.outline.box
    begin, end = (box[1], box[3]) if bar.vertical else (box[0], box[2])
    within = [
        (pixel, value)
        for pixel, value in zip(ends.axis.pixels, ends.axis.values, strict=True)
        if begin + 1 < pixel < end - 1 and value not in (ends.first, ends.last)
    ]
    return {"ticks": sorted([(begin, ends.first), *within, (end, ends.last)])}


def _inside(box: Box, rgb: np.ndarray) -> Box:
    height, width = rgb.shape[:2]
    return max(0.0, box[0]), max(0.0, box[1]), min(width, box[2]), min(height, box[3])


def _ends(bar: Bar) -> tuple[float, float]:
    box = bar.outline.box
    return (box[1], box[3]) if bar.vertical else (box[0], box[2])


def _limit(pixels_and_share: tuple[float, float], length: float) -> float:
    return max(pixels_and_share[0], pixels_and_share[1] * length)


@dataclass(frozen=True)
class _Uneven:
    """A scale that no line describes, and the labels it came from."""

    axis: Axis
    labels: Axis
    surely: bool


def _uneven(bar: Bar, found: Calibration, *, noisy: bool) -> _Uneven | None:
    """Scale through every label in turn, where no line goes through them but they belong.

    They belong when they stand at the borders of a stepped bar's bands (uneven levels drawn
    evenly), when they lie on the curve of a common norm, or when they rise or fall all the way
    beside their own tick marks.
    """
    if not found.unused and found.penalty < 0.3:
        return None
    labels = [(c.along, c.readings[0].value) for c, _ in found.used if c.readings[0].penalty < 0.3]
    labels += [(c.along, c.readings[0].value) for c in found.unused if c.readings[0].penalty < 0.3]
    labels.sort()
    n_unused = len(labels) - sum(c.readings[0].value == value for c, value in found.used)
    if len(labels) < 3:
        return None
    places, values = (np.array(part, float) for part in zip(*labels, strict=True))
    steps = np.diff(values)
    if not (np.all(steps > 0) or np.all(steps < 0)):
        return None
    begin, end = _ends(bar)
    borders = _borders(bar, noisy=noisy)
    if borders is not None:
        offset = np.abs(places[:, None] - borders[None])
        nearest = offset.argmin(axis=1)
        if (offset.min(axis=1) < _BAND_REACH).all() and len(set(nearest)) == len(nearest):
            axis = Axis.through(borders[nearest], values, norm="piecewise")
            return _Uneven(axis, axis, True)
    marks = np.array(found.ticks.positions)
    marked = False
    if len(marks) >= 2:
        offset = np.abs(places[:, None] - marks[None])
        nearest = offset.argmin(axis=1)
        close = offset.min(axis=1) < _BAND_REACH
        marked = bool(close.all()) and len(set(nearest)) == len(nearest)
        if close.mean() > 0.7:
            places = np.where(close, marks[nearest], places)
    if np.any(np.diff(places) <= 0):
        return None
    n_on_line = len(values) - n_unused
    at_labels = Axis.through(places, values, norm="piecewise")
    curve = fit_curve(places, values, begin, end) if n_unused >= 1 else None
    if curve is not None and (len(values) >= 5 or n_on_line <= 2):
        return _Uneven(curve.axis, at_labels, len(values) >= 5)
    if marked and len(values) >= 4 and n_unused >= max(2, 0.25 * len(values)):
        inside = max(places[0] - begin, end - places[-1]) < _GOOD * (end - begin)
        return _Uneven(at_labels, at_labels, inside)
    return None


def _borders(bar: Bar, *, noisy: bool) -> np.ndarray | None:
    """The ends of a stepped bar and where its bands meet, pixels; None when it has no bands."""
    edges = band_edges(bar.profile, noisy=noisy)
    if edges is None:
        return None
    begin, end = _ends(bar)
    edges = edges + bar.outline.inner[1 if bar.vertical else 0]
    # the nearest step to an end is where its triangle begins, or the blur of its frame
    for k, at_end in enumerate((begin, end)):
        near = np.abs(edges - at_end) < _limit(_AT_END, end - begin)
        if bar.extended[k] and near.any():
            begin, end = (float(edges[near][0]), end) if k == 0 else (begin, float(edges[near][0]))
        edges = edges[~near]
    return np.concatenate([[begin], edges, [end]])


def _through_borders(bar: Bar, found: Calibration, *, noisy: bool) -> Axis | None:
    """The axis through the borders of bands, where every label stands at one of them.

    A border between two colours is seen where tick marks are hidden by dark colours or missing.
    """
    borders = _borders(bar, noisy=noisy)
    if borders is None or len(found.used) < 3 or found.axis.norm == "piecewise":
        return None
    values = np.array([value for _, value in found.used])
    offset = np.abs(found.axis.to_pixel(values)[:, None] - borders[None])
    nearest = offset.argmin(axis=1)
    reach = min(_BAND_REACH, 0.2 * float(np.diff(borders).min()))
    if (offset.min(axis=1) > reach).any() or len(set(nearest)) < len(nearest):
        return None
    axis = Axis.through(borders[nearest], values, norm=found.axis.norm, side=found.axis.side)
    return axis if axis.residual <= _limit(_OFF_BORDER, borders[-1] - borders[0]) else None


def _doubts(
    found: Calibration, axis: Axis, places: list[float], begin: float, end: float
) -> list[str]:
    """What the labels, at ``places`` along a bar from ``begin`` to ``end``, say against it."""
    doubts = []
    if len(axis.pixels) < 3 and len(found.used) < 3:
        doubts.append("Only two labels of the colour bar were read: check the range.")
    if found.penalty > 0.3 and axis.norm != "piecewise":
        doubts.append("Some labels of the colour bar had to be repaired: check the range.")
    length = end - begin
    if axis.norm != "piecewise":
        if axis.residual > max(1.5, 0.006 * length):
            doubts.append("The labels of the colour bar do not lie on a line: check the range.")
        if found.unused:
            names = ", ".join(c.text.text for c in found.unused[:4])
            doubts.append(f"Labels of the colour bar that do not fit the others: {names}.")
        if _turned_by(found, begin, end) > max(_LEAST_TURN, _GOOD * length):
            doubts.append(
                "The labels of the colour bar are spaced otherwise than its marks: check the range."
            )
        marks = found.ticks
        if marks.outward and len(marks.positions) >= 3 and not found.snapped:
            doubts.append("The labels of the colour bar are not at its marks: check the range.")
    span = (min(places), max(places))
    if span[1] - span[0] < 0.45 * length:
        doubts.append("The labels read cover less than half of the colour bar: check the range.")
    if span[0] < begin - 3 - 0.01 * length or span[1] > end + 3 + 0.01 * length:
        doubts.append("Labels stand beyond the ends of the colour bar: check its box.")
    return doubts


def _turned_by(found: Calibration, begin: float, end: float) -> float:
    """By how much more the axis is off the line through the labels at one end than at the other.

    Pixels; 0 where the labels lie on no line. Labels may all be off their marks by the same.
    """
    if not found.snapped or len(found.used) < _ENOUGH_LABELS:
        return 0.0
    places, values = zip(*((c.along, value) for c, value in found.used), strict=True)
    line = Axis.through(places, values, norm=found.axis.norm)
    if line.residual > _OFF_LINE:
        return 0.0
    ends = np.array([begin, end])
    off = found.axis.to_pixel(line.to_value(ends)) - ends
    return float(np.abs(off[1] - off[0]))
