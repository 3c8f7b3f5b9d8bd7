"""Scales that no straight line describes: symlog, power, two-slope norms, uneven steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_image2data.figure.axis import Axis

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Bend = Callable[[np.ndarray], np.ndarray]

_FEWEST = 4  # labels: three are on a curve of any family
_OFF = (1.2, 0.004)  # distance of a label from the curve: pixels, share of the bar's length
_POWERS = (0.2, 0.25, 0.3, 1 / 3, 0.4, 0.5, 0.6, 2 / 3, 0.7, 0.75, 0.8, 1.25, 1.5, 2.0, 2.5, 3.0)
_LINEAR_PARTS = (1.0, 0.1, 0.2, 0.5, 2.0)  # decades that symlog's linear part is as long as
_KNOTS = 65


@dataclass(frozen=True)
class Curve:
    """A curved scale.

    Attributes
    ----------
    axis : Axis
        A piecewise axis, its ticks close enough together to follow the curve.
    family : {"power", "symlog", "two-slope"}
    worst : float
        Largest distance of a label from the curve, pixels.
    """

    axis: Axis
    family: str
    worst: float


def fit_curve(
    places: Sequence[float] | np.ndarray,
    values: Sequence[float] | np.ndarray,
    begin: float,
    end: float,
) -> Curve | None:
    """The curve of a common norm that all labels of a colour bar lie on.

    Tried are the power norm (counted from either end), the two-slope norm (its bend in the middle
    of the bar) and the symmetric log norm; the one that comes closest to all labels is taken.

    Parameters
    ----------
    places, values : (N,) sequences of float
        Pixels along the bar and the numbers printed there, rising or falling all the way.
    begin, end : float
        The bar's ends, pixels.

    Returns
    -------
    Curve or None
        None with fewer than four labels, or where one of them lies off every curve.

    Examples
    --------
    >>> root = np.array([0.0, 1.0, 4.0, 9.0, 16.0])  # squares, evenly spaced: a square root norm
    >>> curve = fit_curve([0, 50, 100, 150, 200], root, 0, 200)
    >>> curve.family, float(curve.axis.to_value(75.0).round(2))
    ('power', 2.25)
    """
    place, value = np.asarray(places, float), np.asarray(values, float)
    length = end - begin
    if len(place) < _FEWEST or np.ptp(value) == 0 or length <= 0:
        return None
    limit = max(_OFF[0], _OFF[1] * length)
    share = (place - begin) / length
    best: Curve | None = None
    for family, bends in (
        ("power", _powers(value, share)),
        ("two-slope", _two_slopes(value, share)),
        ("symlog", _symlogs(value)),
    ):
        for bend in bends:
            curve = _along(family, bend, place, value, begin, end)
            # fewer parameters first: a later family has to be clearly better
            if curve is None or curve.worst > limit:
                continue
            if best is None or curve.worst < 0.7 * best.worst - 0.05:
                best = curve
    return best


def _along(
    family: str, bend: Bend, place: np.ndarray, value: np.ndarray, begin: float, end: float
) -> Curve | None:
    """The curve ``pixel = a + b * bend(value)`` through the labels, by least squares."""
    bent = bend(value)
    if not np.isfinite(bent).all() or np.ptp(bent) < 1e-12:
        return None
    slope, start = np.polyfit(bent, place, 1)
    if slope == 0:
        return None
    worst = float(np.abs(start + slope * bent - place).max())
    pixels = np.linspace(begin, end, _KNOTS)
    values = _inverse(bend, (pixels - start) / slope, value)
    if values is None:
        return None
    rising = np.diff(values)
    if not (np.all(rising > 0) or np.all(rising < 0)):
        return None
    return Curve(Axis.through(pixels, values, norm="piecewise"), family, worst)


def _inverse(bend: Bend, bent: np.ndarray, value: np.ndarray) -> np.ndarray | None:
    """Values whose bend is given, by bisection; None where they lie far off the labels."""
    span = float(np.ptp(value))
    low = np.full(len(bent), value.min() - 1.5 * span)
    high = np.full(len(bent), value.max() + 1.5 * span)
    rises = bend(value[[value.argmax()]])[0] > bend(value[[value.argmin()]])[0]
    for _ in range(60):
        middle = (low + high) / 2
        above = (bend(middle) > bent) == rises
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    found = (low + high) / 2
    at_limit = np.minimum(np.abs(low - (value.min() - 1.5 * span)), value.max() + 1.5 * span - high)
    return None if (at_limit < 1e-6 * span).any() else found


def _powers(value: np.ndarray, share: np.ndarray) -> Iterator[Bend]:
    """``((value - end) / size) ** power``, with the value at either end of the bar fitted."""
    for from_end in (share, 1 - share):
        along = np.clip(from_end, 0, None)
        for power in _POWERS:
            flat = along ** (1 / power)
            size, start = np.polyfit(flat, value, 1)
            starts = [start]
            if along.min() < 0.01:  # a label at the end itself is the value there
                starts.append(float(value[along.argmin()]))
            for start in starts:
                size = float((flat @ (value - start)) / (flat @ flat))
                if size == 0:
                    continue

                def bend(
                    v: np.ndarray, start: float = start, size: float = size, p: float = power
                ) -> np.ndarray:
                    part = (np.asarray(v, float) - start) / size
                    return np.asarray(np.sign(part) * np.abs(part) ** p)

                yield bend


def _two_slopes(value: np.ndarray, share: np.ndarray) -> Iterator[Bend]:
    """One slope on each side of the bar's middle."""
    below = share <= 0.5
    if below.sum() < 2 or (~below).sum() < 1:
        return
    off = share - 0.5
    design = np.stack([np.ones_like(off), np.minimum(off, 0), np.maximum(off, 0)], axis=1)
    (center, low, high), _, rank, _ = np.linalg.lstsq(design, value, rcond=None)
    if rank < 3 or low * high <= 0:
        return

    def bend(v: np.ndarray) -> np.ndarray:
        part = np.asarray(v, float) - center
        return np.asarray(np.where((part > 0) == (high > 0), part / high, part / low))

    yield bend


def _symlogs(value: np.ndarray) -> Iterator[Bend]:
    """Linear up to a threshold, log10 beyond it on both sides."""
    largest = float(np.abs(value).max())
    nonzero = np.abs(value[value != 0])
    if not len(nonzero) or largest <= 0:
        return
    decades = 10.0 ** np.arange(np.floor(np.log10(nonzero.min())) - 1, np.log10(largest))
    thresholds = np.concatenate([decades, 2 * decades, 5 * decades])
    # the smallest label is the likeliest threshold, one decade its likeliest length
    thresholds = np.concatenate([[nonzero.min()], thresholds])
    for part in _LINEAR_PARTS:
        for threshold in thresholds[thresholds < largest]:

            def bend(v: np.ndarray, threshold: float = threshold, part: float = part) -> np.ndarray:
                v = np.asarray(v, float)
                size = np.maximum(np.abs(v), threshold)
                linear = part / 0.9
                beyond = np.sign(v) * (linear + np.log10(size / threshold))
                return np.asarray(np.where(np.abs(v) <= threshold, v / threshold * linear, beyond))

            yield bend
