"""The scale as a curve through colour space: positions along it, their values and their slopes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_image2data.color.lookup import ColorMemo
from napari_image2data.color.match import ColorCurve

if TYPE_CHECKING:
    from napari_image2data.color.scale import ColorScale


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
    log, discrete, cyclic : bool
    """

    scale: ColorScale
    colors: np.ndarray
    values: np.ndarray
    slope: np.ndarray
    log: bool
    discrete: bool
    cyclic: bool

    @classmethod
    def of(cls, scale: ColorScale) -> Curve:
        """Make the curve of a scale."""
        colors = np.asarray(scale.colors, float) * 255
        values = np.asarray(scale.values, float)
        log = scale.norm == "log"
        step = np.linalg.norm(np.diff(colors, axis=0), axis=1) * (len(colors) - 1)
        padded = np.concatenate([step[:1], step, step[-1:]])
        slope = np.sqrt((padded[:-1] ** 2 + padded[1:] ** 2) / 2)
        return cls(
            scale,
            colors,
            np.log10(values) if log else values,
            slope,
            log,
            bool(scale.discrete),
            scale.cyclic,
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

    def value(self, position: np.ndarray) -> np.ndarray:
        """Values at positions; NaN stays NaN."""
        value = np.interp(position, np.linspace(0, 1, len(self.values)), self.values)
        return np.asarray(10**value if self.log else value)

    def value_slope(self, position: np.ndarray) -> np.ndarray:
        """|d value / d position|."""
        at = np.linspace(0, 1, len(self.values))
        slope = np.interp(position, at, np.abs(np.gradient(self.values, self.step)))
        if self.log:
            slope = slope * np.log(10) * self.value(position)
        return np.asarray(slope)


def read_positions(rgb: np.ndarray, curve: Curve, *, jpeg: bool = False) -> Reading:
    """Position of each pixel on the curve, by the nearest point of it.

    Parameters
    ----------
    rgb : (h, w, 3) uint8 ndarray
    curve : Curve
    jpeg : bool
        The picture went through JPEG, which keeps lightness far better than colour: weigh colour
        half (see `color.spaces`).
    """
    matcher = ColorCurve(curve.scale, "luma-chroma" if jpeg else "auto")

    def answer(levels: np.ndarray) -> np.ndarray:
        match = matcher.match(levels)
        out = np.empty(len(levels), _RECORD)
        out["position"] = match.index * curve.step
        out["distance"] = match.distance
        out["slope"] = np.interp(match.index, np.arange(len(curve.slope)), curve.slope)
        return out

    return Reading(*ColorMemo(answer, _RECORD).look(rgb))


_RECORD = np.dtype(
    {
        "names": ["position", "distance", "slope"],
        "formats": ["<f4", "<f4", "<f4"],
        "itemsize": 16,
    }
)
