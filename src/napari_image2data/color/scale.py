"""ColorScale: the colours of a scale, the values they stand for, its norm."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from napari_image2data.color.catalog import colormap_table
from napari_image2data.errors import ScaleError

Norm = Literal["linear", "log"]


@dataclass(frozen=True, eq=False)
class ColorScale:
    """An ordered set of colours and the values they stand for.

    Build one with `from_name`, `from_colors` or `from_colorbar`.

    Attributes
    ----------
    colors : (N, 3) float64 ndarray
        sRGB, 0..1, from the scale's first end to its last.
    values : (N,) float64 ndarray
        Value of each colour, strictly increasing or strictly decreasing.
    vmin, vmax : float
        Value at the scale's first and last end (``vmin > vmax`` is allowed).
    norm : {"linear", "log"}
        How values lie between the colours; log means log10.
    discrete : bool
        True when each colour is a class (filled contours) and nothing lies between two colours.
    name : str or None
        Qualified name of the colour map, where it is known.
    """

    colors: np.ndarray
    values: np.ndarray
    vmin: float
    vmax: float
    norm: Norm = "linear"
    discrete: bool = False
    name: str | None = field(default=None)

    @classmethod
    def from_colors(
        cls,
        colors: np.ndarray,
        values: np.ndarray,
        *,
        norm: Norm = "linear",
        discrete: bool = False,
        vmin: float | None = None,
        vmax: float | None = None,
        name: str | None = None,
    ) -> ColorScale:
        """Scale of given colours ``(N, 3)``, 0..1, at given values ``(N,)``."""
        colors = np.asarray(colors, float)
        values = np.asarray(values, float)
        if colors.ndim != 2 or colors.shape[1] not in (3, 4) or len(colors) < 2:
            raise ScaleError(f"Colours need the shape (N, 3) with N >= 2, not {colors.shape}.")
        steps = np.diff(values)
        if values.shape != (len(colors),) or not (np.all(steps > 0) or np.all(steps < 0)):
            raise ScaleError("Values must be one a colour and strictly rise or fall.")
        if norm == "log" and values.min() <= 0:
            raise ScaleError("A log scale needs values above zero.")
        return cls(
            colors[:, :3],
            values,
            float(values[0] if vmin is None else vmin),
            float(values[-1] if vmax is None else vmax),
            norm,
            discrete,
            name,
        )

    @classmethod
    def from_name(
        cls, name: str, vmin: float, vmax: float, *, norm: Norm = "linear", n_colors: int = 256
    ) -> ColorScale:
        """Scale of a named colour map: ``n_colors`` equal bins of [vmin, vmax]."""
        if not (np.isfinite(vmin) and np.isfinite(vmax)) or vmin == vmax:
            raise ScaleError(f"vmin and vmax must be two different numbers, not {vmin} and {vmax}.")
        if norm == "log" and min(vmin, vmax) <= 0:
            raise ScaleError("A log scale needs vmin and vmax above zero.")
        colors, qualified = colormap_table(name, n_colors)
        position = (np.arange(n_colors) + 0.5) / n_colors
        values = _between(vmin, vmax, position, norm)
        return cls.from_colors(colors, values, norm=norm, vmin=vmin, vmax=vmax, name=qualified)

    @classmethod
    def from_colorbar(
        cls,
        image: np.ndarray,
        box: tuple[float, float, float, float],
        *,
        vmin: float,
        vmax: float,
        norm: Norm = "linear",
        direction: Literal["up", "down", "left", "right"] | None = None,
    ) -> ColorScale:
        """Scale read from the pixels of a colour bar; ``direction`` is where values go to vmax."""
        x0, y0, x1, y1 = (round(edge) for edge in box)
        crop = np.asarray(image)[y0:y1, x0:x1, :3].astype(float) / 255
        if crop.size == 0:
            raise ScaleError(f"The colour bar box {box} holds no pixel of the picture.")
        if direction is None:
            direction = "up" if crop.shape[0] >= crop.shape[1] else "right"
        along = crop.transpose(1, 0, 2) if direction in ("left", "right") else crop
        profile = np.median(along, axis=1)
        if direction in ("up", "left"):
            profile = profile[::-1]
        position = (np.arange(len(profile)) + 0.5) / len(profile)
        values = _between(vmin, vmax, position, norm)
        return cls.from_colors(profile, values, norm=norm, vmin=vmin, vmax=vmax)


def _between(vmin: float, vmax: float, position: np.ndarray, norm: Norm) -> np.ndarray:
    if norm == "log":
        low, high = np.log10([vmin, vmax])
        return np.asarray(10 ** (low + position * (high - low)))
    return np.asarray(vmin + position * (vmax - vmin))
