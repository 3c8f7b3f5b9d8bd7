"""Axis: pixel <-> value, linear, log or piecewise, and the robust fit that finds it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from napari_image2data.errors import FigureError
from napari_image2data.figure.titles import unit_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_image2data.figure.numerals import Reading

AxisNorm = Literal["linear", "log", "piecewise"]

# what a hypothesis has to earn before it is preferred to the plain one, in labels
_LOG_PENALTY = 0.6
_POWER_ON_LINEAR_PENALTY = 0.5
_REPEATED_VALUE_PENALTY = 0.5


@dataclass(frozen=True)
class Axis:
    """How positions along one side of a box stand for values.

    Attributes
    ----------
    pixels, values : tuple of float
        Positions (edge coordinates) of the ticks that the axis was fitted to, and their values.
    norm : {"linear", "log", "piecewise"}
        Linear in the value, linear in its log10, or linear between neighbouring ticks (a bar
        whose uneven levels are drawn evenly).
    slope, intercept : float
        ``value = intercept + slope * pixel`` (log10 of the value on a log axis). Not used by a
        piecewise axis.
    residual : float
        Largest distance of a tick from the fit, pixels.
    side : {"left", "right", "top", "bottom"}
        Side of the box that carries the labels.
    title : str
        Text beside the labels, where one was read.

    Examples
    --------
    >>> axis = Axis.through((100.0, 300.0), (1.0, 100.0), norm="log")
    >>> float(axis.to_value(200.0).round(6)), float(axis.to_pixel(10.0).round(6))
    (10.0, 200.0)
    """

    pixels: tuple[float, ...]
    values: tuple[float, ...]
    norm: AxisNorm
    slope: float
    intercept: float
    residual: float = 0.0
    side: str = ""
    title: str = ""

    @classmethod
    def through(
        cls,
        pixels: Sequence[float] | np.ndarray,
        values: Sequence[float] | np.ndarray,
        *,
        norm: AxisNorm = "linear",
        side: str = "",
        title: str = "",
    ) -> Axis:
        """Axis fitted by least squares to ticks at ``pixels`` that stand for ``values``.

        Raises
        ------
        FigureError
            With fewer than two different ticks, or values that a log axis cannot hold.
        """
        position, value = np.asarray(pixels, float), np.asarray(values, float)
        if len(position) != len(value) or len(np.unique(position)) < 2 or np.ptp(value) == 0:
            raise FigureError("An axis needs at least two ticks at different places and values.")
        if norm == "log" and value.min() <= 0:
            raise FigureError("A log axis needs values above zero.")
        ordered = np.diff(value[np.argsort(position)])
        if norm == "piecewise" and not (np.all(ordered > 0) or np.all(ordered < 0)):
            raise FigureError("The values of a piecewise axis must rise or fall all the way.")
        linear = np.log10(value) if norm == "log" else value
        slope, intercept = np.polyfit(position - position.mean(), linear, 1)
        intercept -= slope * position.mean()
        residual = 0.0
        if norm != "piecewise" and slope != 0:
            residual = float(np.abs((linear - intercept) / slope - position).max())
        return cls(
            tuple(map(float, position)),
            tuple(map(float, value)),
            norm,
            float(slope),
            float(intercept),
            residual,
            side,
            title,
        )

    @property
    def unit(self) -> str:
        """The unit that the title names, as in "depth (km)"; empty where it names none."""
        return unit_of(self.title)

    def to_value(self, pixel: float | np.ndarray) -> np.ndarray:
        """Values at positions in pixels (edge coordinates), any shape."""
        pixel = np.asarray(pixel, float)
        if self.norm == "piecewise":
            order = np.argsort(self.pixels)
            return _interpolate(pixel, np.array(self.pixels)[order], np.array(self.values)[order])
        linear = self.intercept + self.slope * pixel
        return np.asarray(10**linear if self.norm == "log" else linear)

    def to_pixel(self, value: float | np.ndarray) -> np.ndarray:
        """Positions in pixels (edge coordinates) of values, any shape; NaN where there is none."""
        value = np.asarray(value, float)
        if self.norm == "piecewise":
            order = np.argsort(self.values)
            return _interpolate(value, np.array(self.values)[order], np.array(self.pixels)[order])
        if self.norm == "log":
            value = np.log10(np.where(value > 0, value, np.nan))
        return np.asarray((value - self.intercept) / self.slope)

    def shifted(self, offset: float) -> Axis:
        """The same axis with every tick moved by ``offset`` pixels."""
        return Axis(
            tuple(pixel + offset for pixel in self.pixels),
            self.values,
            self.norm,
            self.slope,
            self.intercept - self.slope * offset,
            self.residual,
            self.side,
            self.title,
        )


def _interpolate(x: np.ndarray, known_x: np.ndarray, known_y: np.ndarray) -> np.ndarray:
    """Piecewise linear, going on with the end slopes beyond the ends."""
    segment = np.clip(np.searchsorted(known_x, x) - 1, 0, len(known_x) - 2)
    width = known_x[segment + 1] - known_x[segment]
    part = (x - known_x[segment]) / width
    return np.asarray(known_y[segment] + part * (known_y[segment + 1] - known_y[segment]))


@dataclass(frozen=True)
class AxisFit:
    """What `fit_axis` found: the line, and which label was read how.

    Attributes
    ----------
    norm : {"linear", "log"}
    slope, intercept : float
        Of the value (its log10 on a log axis) against the label's position.
    used : tuple of int
        The labels on the line.
    values : tuple of float
        The value each of them was taken for.
    penalty : float
        Sum of the penalties of the readings taken: 0 when all were taken as read.
    score : float
        Labels explained, less penalties.
    """

    norm: AxisNorm
    slope: float
    intercept: float
    used: tuple[int, ...]
    values: tuple[float, ...]
    penalty: float
    score: float


def fit_axis(
    positions: Sequence[float],
    readings: Sequence[Sequence[Reading]],
    *,
    tolerance: float,
    min_labels: int = 2,
) -> AxisFit | None:
    """The line that explains the most labels.

    Every pair of (label, reading) is tried, linear and log10, and the line through it is scored
    by the labels within ``tolerance`` of it, each less its reading's penalty (an exhaustive
    RANSAC [1]_). A label that was misread stays off the line, and one that lost its minus sign
    or its decimal point comes back by the reading that its neighbours confirm.

    Parameters
    ----------
    positions : (N,) sequence of float
        Where the labels lie along the side, pixels.
    readings : (N,) sequence of sequences of Reading
        What each label may stand for.
    tolerance : float
        Largest distance of a label from the line, pixels.
    min_labels : int
        Fewest labels on the line.

    Returns
    -------
    AxisFit or None
        None when no line holds ``min_labels`` labels.

    References
    ----------
    .. [1] M. A. Fischler, R. C. Bolles, "Random sample consensus", Comm. ACM 24(6), 1981.

    Examples
    --------
    >>> from napari_image2data.figure.numerals import readings_of
    >>> labels = ["0.0", "0.5", "10", "1.5"]  # "1.0" lost its point
    >>> fit = fit_axis([10, 60, 110, 160], [readings_of(t) for t in labels], tolerance=2)
    >>> fit.used, fit.values[2]
    ((0, 1, 2, 3), 1.0)
    """
    best: AxisFit | None = None
    for norm in ("linear", "log"):
        fit = _best_line(positions, readings, norm == "log", tolerance)
        if fit is None or len(fit.used) < max(min_labels, 3 if norm == "log" else 2):
            continue
        if best is None or fit.score > best.score + 1e-9:
            best = fit
    return best


def _best_line(
    positions: Sequence[float], readings: Sequence[Sequence[Reading]], log: bool, tolerance: float
) -> AxisFit | None:
    label, place, value, penalty = [], [], [], []
    for index, options in enumerate(readings):
        for option in options:
            if log and option.value <= 0:
                continue
            label.append(index)
            place.append(positions[index])
            value.append(math.log10(option.value) if log else option.value)
            unlikely = option.is_power and not log
            penalty.append(option.penalty + (_POWER_ON_LINEAR_PENALTY if unlikely else 0.0))
    if len(set(label)) < 2:
        return None
    labels, x, z = np.array(label), np.array(place, float), np.array(value)
    cost = np.array(penalty)
    first, second = np.triu_indices(len(x), 1)
    usable = (labels[first] != labels[second]) & (np.abs(x[first] - x[second]) >= 6)
    usable &= z[first] != z[second]
    # two dubious readings together start no line: it would be found from better pairs
    usable &= cost[first] + cost[second] < 1.0
    first, second = first[usable], second[usable]
    if not len(first):
        return None
    slope = (z[second] - z[first]) / (x[second] - x[first])
    intercept = z[first] - slope * x[first]
    best_score, best_pair = -np.inf, -1
    n_labels = len(readings)
    for start in range(0, len(slope), 4096):
        part = slice(start, start + 4096)
        off = np.abs((z[None] - intercept[part, None]) / slope[part, None] - x[None])
        gain = np.where(off <= tolerance, 1.0 - cost[None] - 0.02 * off / tolerance, 0.0)
        per_label = np.zeros((len(gain), n_labels))
        for index in range(n_labels):
            mine = labels == index
            if mine.any():
                per_label[:, index] = gain[:, mine].max(axis=1)
        total = per_label.sum(axis=1)
        k = int(total.argmax())
        if total[k] > best_score:
            best_score, best_pair = float(total[k]), start + k
    a, b = float(intercept[best_pair]), float(slope[best_pair])
    off = np.abs((z - a) / b - x)
    used, values, spent = [], [], 0.0
    for index in range(n_labels):
        mine = np.flatnonzero((labels == index) & (off <= tolerance))
        if len(mine):
            pick = mine[np.argmin(cost[mine] + 0.02 * off[mine] / tolerance)]
            used.append(index)
            values.append(float(10 ** z[pick] if log else z[pick]))
            spent += float(cost[pick])
    score = best_score - (_LOG_PENALTY if log else 0.0)
    if len(set(values)) < len(values):
        score -= _REPEATED_VALUE_PENALTY
    return AxisFit("log" if log else "linear", b, a, tuple(used), tuple(values), spent, score)
