"""A drawn figure together with everything that a reader of it should find out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Tick:
    """A tick: its value, the text beside it, its pixel along the axis (edge coordinates)."""

    value: float
    label: str
    pixel: float


@dataclass(frozen=True)
class DrawnAxis:
    """The x or y axis of a plot."""

    ticks: tuple[Tick, ...]
    limits: tuple[float, float]
    scale: str = "linear"

    @property
    def inverted(self) -> bool:
        """True where values fall to the right or upward."""
        return self.limits[0] > self.limits[1]


@dataclass(frozen=True)
class DrawnBar:
    """A colour bar: its box without extend triangles, and where its values rise to."""

    box: Box
    direction: str
    ticks: tuple[Tick, ...]
    extend: str = "neither"
    offset_text: str = ""
    discrete: bool = False


@dataclass(frozen=True, eq=False)
class DrawnFigure:
    """A picture and its truth.

    ``truth`` and ``occluded`` cover the rounded ``plot_box``: the value at every pixel centre, NaN
    where nothing was drawn, and which pixels an overlay (text, line, frame) covers or tints.
    ``lut`` holds the colours of equal bins of ``[vmin, vmax]`` in ``norm``; a filled-contour figure
    has ``levels`` and ``level_colors`` instead of a continuous scale.
    """

    name: str
    tool: str
    image: np.ndarray
    plot_box: Box
    truth: np.ndarray
    occluded: np.ndarray
    lut: np.ndarray
    vmin: float
    vmax: float
    norm: str = "linear"
    bar: DrawnBar | None = None
    x_axis: DrawnAxis | None = None
    y_axis: DrawnAxis | None = None
    cmap: str = ""
    catalog_name: str | None = None
    levels: tuple[float, ...] | None = None
    level_colors: np.ndarray | None = None
    level_extend: str = "neither"
    tags: tuple[str, ...] = ()
    jpeg_quality: int | None = None
    encoded: bytes | None = field(default=None, repr=False)
    encoding: str = "png"

    @property
    def origin(self) -> tuple[int, int]:
        """Pixel (column, row) of ``truth[0, 0]``."""
        return round(self.plot_box[0]), round(self.plot_box[1])

    @property
    def stratum(self) -> str:
        """What kind of figure it is: banded, jpeg or lossless."""
        if self.levels is not None:
            return "banded"
        return "lossless" if self.jpeg_quality is None else "jpeg"

    def tagged(self, *tags: str) -> DrawnFigure:
        """Return the same figure with further tags."""
        return replace(self, tags=tuple(sorted({*self.tags, *tags})))

    def expected_rgb(self) -> np.ndarray:
        """Colours that the truth has on the scale, float64, NaN where there is no data."""
        known = np.isfinite(self.truth)
        out = np.full((*self.truth.shape, 3), np.nan)
        if self.levels is not None and self.level_colors is not None:
            band = np.digitize(self.truth[known], self.levels)
            band -= 0 if self.level_extend in ("min", "both") else 1
            out[known] = self.level_colors[np.clip(band, 0, len(self.level_colors) - 1), :3]
            return out
        position = scale_position(self.truth[known], self.vmin, self.vmax, self.norm)
        last = len(self.lut) - 1
        index = np.clip(np.floor(position * len(self.lut)), 0, last).astype(int)
        out[known] = self.lut[index, :3]
        return out

    def color_error(self) -> np.ndarray:
        """Mean absolute RGB error of truth against picture at the pixels that show data."""
        x, y = self.origin
        rows, cols = self.truth.shape
        seen = self.image[y : y + rows, x : x + cols, :3].astype(float)
        error = np.abs(seen - self.expected_rgb()).mean(axis=2)
        return error[np.isfinite(error) & ~self.occluded]


def scale_position(values: np.ndarray, vmin: float, vmax: float, norm: str) -> np.ndarray:
    """Place of values on a scale: 0 at ``vmin``, 1 at ``vmax``."""
    if norm == "log":
        with np.errstate(all="ignore"):
            values, vmin, vmax = np.log10(values), np.log10(vmin), np.log10(vmax)
    return np.nan_to_num((values - vmin) / (vmax - vmin), nan=0.0, neginf=0.0, posinf=1.0)


def place_ticks(
    values: Sequence[float],
    labels: Sequence[str],
    limits: tuple[float, float],
    pixels: tuple[float, float],
    scale: str = "linear",
) -> tuple[Tick, ...]:
    """Ticks between two ends: ``limits`` are the values at the two ``pixels``."""
    position = scale_position(np.asarray(values, float), *limits, scale)
    where = pixels[0] + position * (pixels[1] - pixels[0])
    return tuple(
        Tick(float(v), label, float(p)) for v, label, p in zip(values, labels, where, strict=True)
    )
