"""The scale as a curve through colour space: positions along it, their values and their slopes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from napari_image2data.color.scale import ColorScale

LUMA = np.array([0.299, 0.587, 0.114])


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
    colors : (N, 3) float64 ndarray
        Levels of 255.
    values : (N,) float64 ndarray
        Value of each colour; the log10 of it on a log scale, so that it is linear in between.
    slope : (N,) float64 ndarray
        Levels per unit of position, over about two table entries.
    log, discrete, cyclic : bool
    """

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


def read_positions(rgb: np.ndarray, curve: Curve, *, chroma_weight: float = 1.0) -> Reading:
    """Position of each pixel on the curve, by the nearest point of it.

    Parameters
    ----------
    rgb : (h, w, 3) uint8 or float ndarray
        Levels of 255.
    curve : Curve
    chroma_weight : float
        Weight of colour difference against lightness difference (luma) in the search. JPEG keeps
        lightness far better than colour: 0.5 suits it.
    """
    from scipy.spatial import cKDTree

    matrix = np.eye(3)
    if chroma_weight != 1.0:
        gray = np.tile(LUMA, (3, 1))
        matrix = np.sqrt(1 / chroma_weight) * (gray + chroma_weight * (np.eye(3) - gray))
    flat = np.asarray(rgb).reshape(-1, 3)
    colors, inverse = flat.astype(float), np.arange(len(flat))
    if flat.dtype == np.uint8:
        red, green, blue = flat.astype(np.uint32).T
        codes, inverse = np.unique(red << 16 | green << 8 | blue, return_inverse=True)
        colors = np.stack([codes >> 16, codes >> 8 & 255, codes & 255], axis=1).astype(float)
    table = curve.colors @ matrix.T
    query = colors @ matrix.T
    _, index = cKDTree(table).query(query)
    position = index * curve.step
    if not curve.discrete:
        best = ((query - table[index]) ** 2).sum(1)
        for side in (-1, 0):
            start = np.clip(index + side, 0, len(table) - 2)
            chord = table[start + 1] - table[start]
            length = np.maximum((chord**2).sum(1), 1e-9)
            along = np.clip(((query - table[start]) * chord).sum(1) / length, 0, 1)
            away = ((query - table[start] - along[:, None] * chord) ** 2).sum(1)
            closer = away < best - 1e-9
            position = np.where(closer, (start + along) * curve.step, position)
            best = np.where(closer, away, best)
    distance = np.linalg.norm(colors - curve.color(position), axis=1)
    slope = np.interp(position, np.linspace(0, 1, len(curve.slope)), curve.slope)
    shape = np.asarray(rgb).shape[:2]

    def picture(table: np.ndarray) -> np.ndarray:
        return table.astype(np.float32)[inverse].reshape(shape)

    return Reading(picture(position), picture(distance), picture(slope))
