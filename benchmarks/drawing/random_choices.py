"""Chance choices that figures by any tool share: a field, a map, a range, ticks, a stored form."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import MaxNLocator

from benchmarks.drawing import fields
from benchmarks.drawing.variants import as_gif, as_jpeg, as_palette_png, resampled

if TYPE_CHECKING:
    from benchmarks.drawing.drawn import DrawnFigure

MAPS = (
    *("viridis", "plasma", "inferno", "magma", "cividis", "jet", "turbo", "gray", "hot", "terrain"),
    *("gist_earth", "gist_ncar", "gist_rainbow", "nipy_spectral", "rainbow", "cubehelix", "bone"),
    *("copper", "Blues", "YlOrRd", "YlGnBu", "Greens", "gnuplot2", "ocean", "CMRmap", "cool"),
)
DIVERGING = (
    "RdBu_r",
    "RdBu",
    "coolwarm",
    "seismic",
    "Spectral_r",
    "RdYlBu_r",
    "bwr",
    "PuOr",
    "BrBG",
)
CYCLIC = ("twilight", "hsv", "twilight_shifted")


def field(rng: np.random.Generator, *, rows: int = 0, cols: int = 0) -> np.ndarray:
    """Return a field in 0..1 of a kind that figures show."""
    rows = rows or int(rng.integers(40, 110))
    cols = cols or int(rng.integers(50, 140))
    seed = int(rng.integers(1 << 31))
    kind = rng.choice(
        ["smooth", "rough", "hills", "waves", "cells", "steps", "texture", "stations"]
    )
    if kind == "smooth":
        return fields.smooth(rows, cols, seed, rng.uniform(4, 12))
    if kind == "rough":
        return fields.rough(rows, cols, seed, rng.uniform(1.6, 2.4))
    if kind == "hills":
        return fields.hills(rows, cols, seed, int(rng.integers(3, 12)))
    if kind == "waves":
        return fields.rings(rows, cols, rng.uniform(1.5, 4))
    if kind == "cells":
        return fields.smooth(int(rng.integers(8, 26)), int(rng.integers(8, 30)), seed, 1.5)
    if kind == "steps":
        return fields.unit(
            fields.steps(rows, cols, seed) + 0.3 * fields.smooth(rows, cols, seed, 8)
        )
    if kind == "texture":
        return fields.spectrogram(rows, cols, seed)
    return fields.tomography(rows, cols, seed)


def color_map(rng: np.random.Generator, diverging: bool) -> str:
    """Name a map, often a diverging one where values have two signs, sometimes reversed."""
    if diverging and rng.random() < 0.6:
        return str(rng.choice(DIVERGING))
    name = str(rng.choice(MAPS))
    return name + "_r" if rng.random() < 0.2 else name


def value_range(rng: np.random.Generator) -> tuple[float, float]:
    """Ends of a range as measurements have them: signed, tiny, in thousands, or awkward."""
    low, high = [
        (0, 1), (-1, 1), (0, 0.7), (-0.35, 0.35), (-4.2, 3.7), (270, 312.5), (-60, 5), (0, 3400),
        (-5200, 4100), (1010, 1032), (12.5, 87.5), (0, 100), (-180, 40), (0.02, 0.09), (1.2, 7.9),
    ][rng.integers(15)]  # fmt: skip
    stretch = rng.choice([1.0, 1.0, rng.uniform(0.6, 1.7)])
    return float(low * stretch), float(high * stretch)


def ticks(low: float, high: float, n: int = 6) -> tuple[float, ...]:
    """Round numbers inside a range."""
    first, last = sorted((low, high))
    slack = 1e-9 * (last - first)
    at = MaxNLocator(n).tick_values(first, last)
    return tuple(float(f"{v:.10g}") for v in at if first - slack <= v <= last + slack)


def coast(rng: np.random.Generator, x: tuple[float, float], y: tuple[float, float]) -> np.ndarray:
    """Return a closed ragged line inside a region, ``(n, 2)``."""
    angle = np.linspace(0, 2 * np.pi, 240)
    radius = np.full(240, rng.uniform(0.22, 0.32))
    for k in range(2, 24):
        radius += 0.12 * rng.standard_normal() / k**1.5 * np.cos(k * angle + rng.uniform(0, 7))
    at_x = np.clip(rng.uniform(0.4, 0.6) + radius * np.cos(angle), 0.02, 0.98)
    at_y = np.clip(rng.uniform(0.4, 0.6) + radius * np.sin(angle), 0.02, 0.98)
    return np.column_stack([x[0] + at_x * (x[1] - x[0]), y[0] + at_y * (y[1] - y[0])])


def stored(rng: np.random.Generator, figure: DrawnFigure, damaged: bool) -> DrawnFigure:
    """Return a figure in the form in which it reaches a reader: PNG, JPEG, palette, screenshot."""
    chance = rng.uniform(0, 0.36) if damaged else rng.random()
    if chance < 0.1:
        figure = resampled(figure, float(rng.uniform(0.6, 1.6)))
    if 0.07 < chance < 0.3:
        return as_jpeg(figure, int(rng.choice([30, 50, 60, 75, 75, 80, 85, 90, 92, 95])))
    if damaged and chance >= 0.3:
        return resampled(figure, float(rng.uniform(0.6, 1.6)))
    if not damaged and 0.3 < chance < 0.33:
        return as_gif(figure)
    if not damaged and 0.33 < chance < 0.36:
        return as_palette_png(figure)
    return figure
