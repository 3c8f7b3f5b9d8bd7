"""Scores of a decoded field and of a figure that was read, against what was drawn.

Errors of values are shares of the colour scale's range (of its log10 range on a log scale); in a
banded figure a value inside the true band has no error.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

import napari_image2data as i2d
from benchmarks.drawing.drawn import Box, DrawnAxis, DrawnFigure, scale_position

if TYPE_CHECKING:
    from collections.abc import Iterable

RANGE_TOLERANCE = 0.005
CYCLIC = "cyclic"


@dataclass
class Score:
    """What was found of one figure; a goal that this figure does not have is None."""

    name: str
    stratum: str
    failure: str = ""
    seconds: float = math.nan
    box_iou: float | None = None
    bar_iou: float | None = None
    range_ok: bool | None = None
    x_axis_ok: bool | None = None
    y_axis_ok: bool | None = None
    end_to_end: bool | None = None
    silently_wrong: bool | None = None
    values: dict[str, float] = field(default_factory=dict)


def read_and_score(figure: DrawnFigure) -> Score:
    """Read a figure from its pixels alone, decode it, and compare with the truth."""
    score = Score(figure.name, figure.stratum, box_iou=0.0)
    for key in goals(figure):
        setattr(score, key, False)
    if figure.bar is not None:
        score.bar_iou = 0.0
    start = time.perf_counter()
    try:
        _fill(score, figure)
    except i2d.Image2DataError as error:  # a refusal is a miss, never a silent one
        score.failure = str(error)
    score.seconds = time.perf_counter() - start
    return score


def goals(figure: DrawnFigure) -> list[str]:
    """List what this figure prints, and a reader can therefore be asked for."""
    out = [
        f"{side}_axis_ok"
        for side, axis in (("x", figure.x_axis), ("y", figure.y_axis))
        if axis is not None and "category-axis" not in figure.tags and _labelled(axis) >= 2
    ]
    if figure.bar is not None and sum(bool(tick.label) for tick in figure.bar.ticks) >= 2:
        out += ["range_ok", "end_to_end", "silently_wrong"]
    return out


def _fill(score: Score, figure: DrawnFigure) -> None:
    panels = i2d.read_figure(figure.image).panels
    panel = max(panels, key=lambda p: overlap(p.plot_box, figure.plot_box), default=None)
    if panel is None:
        return
    score.box_iou = overlap(panel.plot_box, figure.plot_box)
    if figure.bar is not None and panel.colorbar_box is not None:
        score.bar_iou = overlap(panel.colorbar_box, figure.bar.box)
    if score.x_axis_ok is not None:
        score.x_axis_ok = axis_agrees(panel.x_axis, figure.x_axis)
    if score.y_axis_ok is not None:
        score.y_axis_ok = axis_agrees(panel.y_axis, figure.y_axis)
    if panel.scale is None:
        return
    if score.range_ok is not None:
        score.range_ok = range_agrees(panel.scale, figure)
        score.silently_wrong = not score.range_ok and not panel.problems
    found = i2d.decode(figure.image, panel.scale, box=panel.plot_box)
    score.values = score_field(on_truth(found.values, panel.plot_box, figure), figure)
    if score.end_to_end is not None:
        score.end_to_end = score.values["mae"] < 0.01 and score.values["lost"] < 0.05


def overlap(a: Box, b: Box) -> float:
    """Intersection over union of two boxes."""
    width = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    height = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    both = width * height
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)


def axis_agrees(found: Any, drawn: DrawnAxis | None) -> bool:
    """Whether every printed tick is mapped to its value, within 0.5 % of their span."""
    if found is None or drawn is None:
        return False
    ticks = [tick for tick in drawn.ticks if tick.label]
    true = np.array([tick.value for tick in ticks])
    values = np.asarray(found.to_value(np.array([tick.pixel for tick in ticks])), float)
    if drawn.scale == "log":
        with np.errstate(all="ignore"):
            true, values = np.log10(true), np.log10(values)
    return bool((np.abs(values - true) <= RANGE_TOLERANCE * np.ptp(true)).all())


def range_agrees(scale: Any, figure: DrawnFigure) -> bool:
    """Whether both ends of the scale are right within 0.5 % of its range."""
    ends = np.array(sorted((scale.vmin, scale.vmax)), float)
    position = scale_position(ends, *sorted((figure.vmin, figure.vmax)), figure.norm)
    return bool((np.abs(position - [0, 1]) <= RANGE_TOLERANCE).all())


def on_truth(values: np.ndarray, box: Box, figure: DrawnFigure) -> np.ndarray:
    """Place a decoded crop on the pixels of the true plot area."""
    rows, cols = figure.truth.shape
    left, top = figure.origin
    dx, dy = round(box[0]) - left, round(box[1]) - top
    out = np.full((rows, cols), np.nan)
    y0, y1 = max(dy, 0), min(dy + values.shape[0], rows)
    x0, x1 = max(dx, 0), min(dx + values.shape[1], cols)
    if y1 > y0 and x1 > x0:
        out[y0:y1, x0:x1] = values[y0 - dy : y1 - dy, x0 - dx : x1 - dx]
    return out


def error_of(found: np.ndarray, figure: DrawnFigure, where: np.ndarray) -> np.ndarray:
    """Error at chosen pixels, as a share of the scale's range."""
    true = figure.truth[where].astype(float)
    if figure.levels is not None:
        edges = np.concatenate([[-np.inf], figure.levels, [np.inf]])
        band = np.digitize(true, figure.levels)
        outside = np.maximum(edges[band] - found[where], found[where] - edges[band + 1])
        return np.maximum(outside, 0) / abs(figure.vmax - figure.vmin)
    ends = sorted((figure.vmin, figure.vmax))
    at = scale_position(np.clip(true, *ends), *ends, figure.norm)
    error = np.abs(scale_position(found[where], *ends, figure.norm) - at)
    return np.minimum(error, np.abs(1 - error)) if CYCLIC in figure.tags else error


def score_field(found: np.ndarray, figure: DrawnFigure) -> dict[str, float]:
    """Errors of values, and of what is masked: data lost, holes and ink that carry a value."""
    decoded, known = np.isfinite(found), np.isfinite(figure.truth)
    data, hole, ink = known & ~figure.occluded, ~known & ~figure.occluded, known & figure.occluded
    error = error_of(found, figure, data & decoded)
    wrong_ink = error_of(found, figure, ink & decoded) > 0.05
    return {
        "mae": float(error.mean()) if error.size else math.inf,
        "lost": _share(data & ~decoded, data),
        "holes_kept": _share(hole & decoded, hole),
        "ink_kept_bad": float(wrong_ink.sum() / ink.sum()) if ink.sum() >= 20 else math.nan,
    }


def coverage(field: Any, figure: DrawnFigure) -> float:
    """Share of pixels whose true value lies within the 90 % interval of their sigma."""
    seen = np.isfinite(figure.truth) & ~figure.occluded & np.isfinite(field.values)
    seen &= np.isfinite(field.sigma)
    true = np.clip(figure.truth, *sorted((figure.vmin, figure.vmax)))
    inside = np.abs(field.values - true)[seen] <= 1.645 * field.sigma[seen]
    return float(inside.mean()) if inside.size else math.nan


def rate(values: Iterable[bool | None]) -> float:
    """Share of True among those asked for; NaN where none was."""
    asked = [value for value in values if value is not None]
    return sum(asked) / len(asked) if asked else math.nan


def _labelled(axis: DrawnAxis) -> int:
    return sum(bool(tick.label) for tick in axis.ticks)


def _share(part: np.ndarray, whole: np.ndarray) -> float:
    return float(part.sum() / whole.sum()) if whole.any() else math.nan
