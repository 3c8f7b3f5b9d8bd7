"""The scale as a curve through colour space: positions along it, their values and their slopes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from napari_image2data.color.lookup import ColorMemo
from napari_image2data.color.match import ColorCurve

if TYPE_CHECKING:
    from napari_image2data.color.scale import ColorScale

_SAME_CLASS = 4.0  # levels between the colour beyond an end and that of the end's own class


@dataclass(frozen=True, eq=False)
class Reading:
    """Where each pixel lies on a scale.

    Attributes
    ----------
    position : (h, w) float32 ndarray
        0 at the scale's first colour, 1 at its last.
    distance : (h, w) float32 ndarray
        RGB distance between the pixel and the scale at that position, in levels of 255.
    slope : (h, w) float32 ndarray
        How fast the colour changes along the scale there, in levels per unit of position.
    """

    position: np.ndarray
    distance: np.ndarray
    slope: np.ndarray


@dataclass(frozen=True, eq=False)
class Curve:
    """A `ColorScale` made ready for positions: colours in levels of 255 at equal steps of position.

    Attributes
    ----------
    scale : ColorScale
    colors : (N, 3) float64 ndarray
        Levels of 255.
    values : (N,) float64 ndarray
        Value of each colour; the log10 of it on a log scale, so that it is linear in between.
    slope : (N,) float64 ndarray
        Levels per unit of position, over about two table entries.
    width : (N,) float64 ndarray
        Extent, in positions, of the neighbouring entries that share an entry's 8-bit colour.
    log, discrete, cyclic : bool
    outer : (int, int)
        How many classes for values beyond its ends (0 or 1 at each) come with a discrete scale.
    matcher : ColorCurve
        Finds the nearest point of the curve.
    """

    scale: ColorScale
    colors: np.ndarray
    values: np.ndarray
    slope: np.ndarray
    width: np.ndarray
    log: bool
    discrete: bool
    cyclic: bool
    outer: tuple[int, int]
    matcher: ColorCurve

    @classmethod
    def of(cls, scale: ColorScale) -> Curve:
        """Make the curve of a scale; of classes, the colours beyond its ends are two more."""
        scale, outer = _with_outer_classes(scale)
        colors = np.asarray(scale.colors, float) * 255
        values = np.asarray(scale.values, float)
        log = scale.norm == "log"
        return cls(
            scale=scale,
            colors=colors,
            values=np.log10(values) if log else values,
            slope=_slopes(colors),
            width=_run_lengths(np.rint(colors)) / (len(colors) - 1),
            log=log,
            discrete=bool(scale.discrete),
            cyclic=scale.cyclic,
            outer=outer,
            matcher=ColorCurve(scale, "auto"),
        )

    @property
    def step(self) -> float:
        """Position between two neighbouring colours of the table."""
        return 1.0 / (len(self.colors) - 1)

    @property
    def is_gray(self) -> bool:
        """True where every colour is a grey, so that no grey pixel can miss the scale."""
        return bool(np.ptp(self.colors, axis=1).max() < 6)

    def color(self, position: np.ndarray) -> np.ndarray:
        """Colour in levels at positions (...), shape (..., 3)."""
        at = np.linspace(0, 1, len(self.colors))
        return np.stack([np.interp(position, at, channel) for channel in self.colors.T], axis=-1)

    def entry_width(self, position: np.ndarray) -> np.ndarray:
        """Extent in positions of the table entries that cannot be told from the one there."""
        index = np.rint(np.asarray(position) * (len(self.width) - 1)).astype(np.intp)
        return np.asarray(self.width[index.clip(0, len(self.width) - 1)])

    def value(self, position: np.ndarray) -> np.ndarray:
        """Values at positions, on a discrete scale those of the nearest class; NaN stays NaN."""
        if self.discrete:
            known = np.isfinite(position)
            index = np.rint(np.where(known, position, 0.0) / self.step).astype(np.intp)
            return np.where(known, self.scale.values[index.clip(0, len(self.values) - 1)], np.nan)
        value = np.interp(position, np.linspace(0, 1, len(self.values)), self.values)
        return np.asarray(10**value if self.log else value)

    def value_slope(self, position: np.ndarray) -> np.ndarray:
        """|d value / d position|."""
        at = np.linspace(0, 1, len(self.values))
        slope = np.interp(position, at, np.abs(np.gradient(self.values, self.step)))
        if self.log:
            slope = slope * np.log(10) * self.value(position)
        return np.asarray(slope)


def _with_outer_classes(scale: ColorScale) -> tuple[ColorScale, tuple[int, int]]:
    """A discrete scale with its under and over colours as classes, and how many came at each end.

    They stand for the values of its two ends: what lies beyond is not known.
    """
    if not scale.discrete:
        return scale, (0, 0)
    colors, values, outer = [scale.colors], [scale.values], [0, 0]
    rising = scale.values[-1] > scale.values[0]
    for k, (color, value) in enumerate(((scale.under, scale.vmin), (scale.over, scale.vmax))):
        nearest = scale.values[-k]
        is_beyond = value < nearest if rising == (k == 0) else value > nearest
        if color is None or not is_beyond:
            continue
        if np.abs(color - scale.colors[-k]).max() * 255 < _SAME_CLASS:
            continue
        colors.insert(len(colors) if k else 0, color[None])
        values.insert(len(values) if k else 0, np.array([value]))
        outer[k] = 1
    if not any(outer):
        return scale, (0, 0)
    more = replace(
        scale,
        colors=np.concatenate(colors),
        values=np.concatenate(values),
        under=None,
        over=None,
    )
    return more, (outer[0], outer[1])


def read_positions(
    rgb: np.ndarray, curve: Curve, *, jpeg: bool = False, offset: float = 0.0
) -> Reading:
    """Position of each pixel on the curve, by the nearest point of it.

    Parameters
    ----------
    rgb : (h, w, 3) uint8 ndarray
    curve : Curve
    jpeg : bool
        The picture went through JPEG, which keeps lightness far better than colour: weigh colour
        half (see `color.spaces`).
    offset : float
        Levels to add to each channel first (see `level_offset`).
    """
    matcher = ColorCurve(curve.scale, "luma-chroma") if jpeg else curve.matcher

    def answer(levels: np.ndarray) -> np.ndarray:
        out = np.empty(len(levels), _RECORD)
        out["position"], out["distance"], out["slope"] = _read(levels + offset, curve, matcher)
        return out

    return Reading(*ColorMemo(answer, _RECORD).look(rgb))


_RECORD = np.dtype(
    {
        "names": ["position", "distance", "slope"],
        "formats": ["<f4", "<f4", "<f4"],
        "itemsize": 16,
    }
)


def level_offset(rgb: np.ndarray, reading: Reading, curve: Curve) -> float:
    """Half a level where picture and scale were not brought to 8 bits alike, else 0.

    A renderer that cuts the fractions off makes every channel half a level too dark on average; a
    table that was cut and a picture that was rounded differ the other way. Adding the half brings
    the colours nearer to the scale, or it does not.

    Examples
    --------
    >>> from napari_image2data import ColorScale
    >>> curve = Curve.of(ColorScale.from_name("viridis", vmin=0, vmax=1))
    >>> fine = curve.color(np.linspace(0.02, 0.98, 3001)).reshape(-1, 1, 3)
    >>> for picture in (np.rint(fine), np.floor(fine)):
    ...     picture = picture.astype(np.uint8)
    ...     print(level_offset(picture, read_positions(picture, curve), curve))
    0.0
    0.5
    """
    if curve.discrete:
        return 0.0
    near = (reading.distance < 4).ravel()
    some = rgb.reshape(-1, 3)[near][:: max(1, int(near.sum()) // 4000)].astype(float)
    usual = float((_read(some, curve, curve.matcher)[1] ** 2).mean()) if len(some) >= 100 else 0.0
    if usual < 0.15:
        return 0.0
    misses = {
        half: float((_read(some + half, curve, curve.matcher)[1] ** 2).mean())
        for half in (0.5, -0.5)
    }
    best = min(misses, key=lambda half: misses[half])
    return best if misses[best] < 0.8 * usual else 0.0


def _read(
    levels: np.ndarray, curve: Curve, matcher: ColorCurve
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Position, distance and slope of single colours."""
    match = matcher.match(levels)
    slope = np.interp(match.index, np.arange(len(curve.slope)), curve.slope)
    return match.index * curve.step, match.distance, slope


def _slopes(colors: np.ndarray) -> np.ndarray:
    """Levels per unit of position; entries that repeat a colour are steps of one slope."""
    lengths = _run_lengths(np.rint(colors))
    firsts = np.flatnonzero(np.append(True, (np.diff(np.rint(colors), axis=0) != 0).any(axis=1)))
    if len(firsts) < 2:
        return np.zeros(len(colors))
    lengths = lengths[firsts]
    middles = firsts + (lengths - 1) / 2
    step = np.linalg.norm(np.diff(colors[firsts], axis=0), axis=1) / np.diff(middles)
    padded = np.concatenate([step[:1], step, step[-1:]]) * (len(colors) - 1)
    slope = np.sqrt((padded[:-1] ** 2 + padded[1:] ** 2) / 2)
    return np.repeat(slope, lengths.astype(int))


def _run_lengths(colors: np.ndarray) -> np.ndarray:
    """For each row, how many neighbouring rows, itself included, are equal."""
    starts = np.flatnonzero(np.append(True, (np.diff(colors, axis=0) != 0).any(axis=1)))
    lengths = np.diff(np.append(starts, len(colors)))
    return np.repeat(lengths, lengths).astype(float)
