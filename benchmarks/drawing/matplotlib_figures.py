"""Figures by matplotlib: one function a figure, each a kind that a reader meets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib.style
import numpy as np
from matplotlib.colors import BoundaryNorm, LogNorm
from matplotlib.figure import Figure

from benchmarks.drawing import fields
from benchmarks.drawing.matplotlib_canvas import capture
from benchmarks.drawing.variants import as_gif, as_jpeg, resampled

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes

    from benchmarks.drawing.drawn import DrawnFigure

SMOOTH: dict[str, Any] = {"interpolation": "bilinear", "interpolation_stage": "data"}
FLAT: dict[str, Any] = {"interpolation": "nearest", "interpolation_stage": "data"}


def blank(width: int = 640, height: int = 480, dpi: int = 100) -> tuple[Figure, Axes]:
    """Return an empty figure of a size in pixels and its axes."""
    figure = Figure(figsize=(width / dpi, height / dpi), dpi=dpi)
    return figure, figure.subplots()


def plain_viridis() -> DrawnFigure:
    """Draw the default look."""
    figure, axes = blank()
    shown = axes.imshow(fields.smooth(60, 80, 1) * 8 - 2, extent=(0, 40, 0, 30), **SMOOTH)
    return capture("mpl_plain", figure, axes, shown, colorbar=figure.colorbar(shown))


def log_cells() -> DrawnFigure:
    """Draw flat cells on a log scale."""
    figure, axes = blank(680, 460)
    z = 10 ** (4 * fields.smooth(24, 32, 2, 2.5) - 2)
    edges = np.linspace(0, 8, 33), np.linspace(0, 6, 25)
    shown = axes.pcolormesh(*edges, z, cmap="inferno", norm=LogNorm(0.01, 100))
    return capture("mpl_log_cells", figure, axes, shown, colorbar=figure.colorbar(shown))


def filled_contours() -> DrawnFigure:
    """Draw filled contours with lines, numbers and triangles."""
    figure, axes = blank(700, 520)
    x, y, z = np.linspace(-4, 4, 90), np.linspace(-3, 3, 70), 12 * fields.hills(70, 90, 3) - 6
    shown = axes.contourf(x, y, z, levels=np.arange(-5, 5.1, 1), cmap="RdBu_r", extend="both")
    lines = axes.contour(x, y, z, levels=shown.levels, colors="k", linewidths=0.8)
    axes.clabel(lines, fontsize=8)
    bar = figure.colorbar(shown)
    return capture("mpl_contourf", figure, axes, shown, colorbar=bar, grid=(x, y, z))


def uneven_bands() -> DrawnFigure:
    """Draw bands of unequal width under an evenly drawn bar at the left."""
    figure, axes = blank(720, 460)
    levels = [0, 1, 2, 5, 10, 20, 50]
    z = 50 * fields.rough(90, 120, 4, 1.8)
    norm = BoundaryNorm(levels, 256)
    shown = axes.pcolormesh(np.arange(121), np.arange(91), z, cmap="YlGnBu", norm=norm)
    bar = figure.colorbar(shown, location="left", pad=0.15)
    return capture("mpl_uneven_bands", figure, axes, shown, colorbar=bar)


def white_middle_with_holes() -> DrawnFigure:
    """Draw a diverging map, white at its middle, with white holes."""
    figure, axes = blank(620, 540)
    z = fields.with_holes(6 * fields.smooth(90, 100, 5, 9) - 3, 5, 4)
    shown = axes.imshow(z, cmap="seismic", vmin=-3, vmax=3, extent=(100, 140, 45, 10), **SMOOTH)
    bar = figure.colorbar(shown, orientation="horizontal", extend="both", pad=0.12)
    return capture("mpl_white_holes", figure, axes, shown, colorbar=bar)


def labels_on_magma() -> DrawnFigure:
    """Draw black text on a map that ends in black."""
    figure, axes = blank()
    z = 80 * fields.hills(70, 90, 6) + 270
    shown = axes.imshow(z, cmap="magma", extent=(0, 18, 0, 14), **SMOOTH)
    for x, y, text in [(3, 3, "shelf"), (10, 9, "core A"), (13, 3, "B-17")]:
        axes.text(x, y, text, weight="bold")
    axes.set_xlabel("distance (km)")
    bar = figure.colorbar(shown, label="T (K)")
    return capture("mpl_magma_text", figure, axes, shown, colorbar=bar)


def markers_on_jet() -> DrawnFigure:
    """Draw stations, a line and a grid over jet, depth downward."""
    figure, axes = blank(660, 500)
    rng = np.random.default_rng(7)
    z = 1.4 * fields.smooth(80, 100, 7) - 0.7
    edges = np.linspace(138, 152, 101), np.linspace(0, 60, 81)
    shown = axes.pcolormesh(*edges, z, cmap="jet_r", vmin=-0.7, vmax=0.7)
    axes.plot(rng.uniform(139, 151, 30), rng.uniform(2, 58, 30), "k^", markerfacecolor="w")
    axes.plot([140, 145, 151], [50, 20, 35], "k", linewidth=2)
    axes.invert_yaxis()
    axes.grid(color="k", linewidth=0.4)
    bar = figure.colorbar(shown, label="dVs (km/s)")
    return capture("mpl_jet_markers", figure, axes, shown, colorbar=bar)


def dense_lines() -> DrawnFigure:
    """Draw many thin contour lines over a continuous field."""
    figure, axes = blank()
    x, y, z = np.linspace(0, 100, 120), np.linspace(0, 80, 100), 400 * fields.hills(100, 120, 8, 9)
    shown = axes.imshow(z, cmap="YlOrBr", extent=(0, 100, 0, 80), origin="lower", **SMOOTH)
    axes.contour(x, y, z, levels=24, colors="k", linewidths=0.6)
    return capture("mpl_dense_lines", figure, axes, shown, colorbar=figure.colorbar(shown))


def cyclic_phase() -> DrawnFigure:
    """Draw a phase on a cyclic map with signs of degree."""
    figure, axes = blank(560, 500, 110)
    y, x = np.mgrid[-2:2:200j, -2:2:200j]
    phase = np.degrees(np.arctan2(y + 0.3, x))
    shown = axes.imshow(phase, cmap="twilight", vmin=-180, vmax=180, **FLAT)
    bar = figure.colorbar(shown, ticks=[-180, -90, 0, 90, 180], format="%d°")
    return capture("mpl_phase", figure, axes, shown, colorbar=bar, tags=("cyclic",))


def grey_offset_top() -> DrawnFigure:
    """Draw grey with a bar above and an offset text, small."""
    figure, axes = blank(420, 400)
    shown = axes.imshow(8e-4 * fields.rough(40, 50, 10) - 2e-4, cmap="gray", **FLAT)
    bar = figure.colorbar(shown, location="top")
    return capture("mpl_grey_offset", figure, axes, shown, colorbar=bar)


def dark_log_axes() -> DrawnFigure:
    """Draw on black with logarithmic axes."""
    with matplotlib.style.context("dark_background"):
        figure, axes = blank(680, 480)
        z = 60 * fields.waves(80, 100) - 80
        edges = np.logspace(0, 3, 101), np.logspace(-2, 1, 81)
        shown = axes.pcolormesh(*edges, z, cmap="plasma")
        axes.set(xscale="log", yscale="log")
        return capture("mpl_dark_log", figure, axes, shown, colorbar=figure.colorbar(shown))


def inverted_bar() -> DrawnFigure:
    """Draw a bar whose values rise downward."""
    figure, axes = blank(620, 500)
    edges = np.linspace(2, 9, 61), np.linspace(0, 700, 81)
    shown = axes.pcolormesh(*edges, 35 * fields.smooth(80, 60, 12, 7), cmap="YlGn", vmin=0, vmax=35)
    bar = figure.colorbar(shown)
    bar.ax.invert_yaxis()
    return capture("mpl_inverted_bar", figure, axes, shown, colorbar=bar)


def bar_inside() -> DrawnFigure:
    """Draw the bar within the plot area."""
    figure, axes = blank()
    z = 40 * fields.rings(120, 160, 3) - 10
    shown = axes.imshow(z, cmap="cool", extent=(-80, 80, -60, 60), **SMOOTH)
    place = axes.inset_axes((0.62, 0.1, 0.33, 0.05))
    bar = figure.colorbar(shown, cax=place, orientation="horizontal")
    place.tick_params(labelsize=8)
    return capture("mpl_bar_inside", figure, axes, shown, colorbar=bar)


def correlation_matrix() -> DrawnFigure:
    """Draw a matrix of flat cells with numbers and no frame."""
    figure, axes = blank(600, 560)
    z = 2 * fields.correlations(12, 14) - 1
    shown = axes.imshow(z, cmap="PiYG", vmin=-1, vmax=1, **FLAT)
    axes.spines[:].set_visible(False)
    for i in range(12):
        axes.text(i, i, "1", ha="center", va="center", color="w", fontsize=8)
    bar = figure.colorbar(shown, shrink=0.7)
    bar.outline.set_visible(False)
    return capture("mpl_matrix", figure, axes, shown, colorbar=bar)


def bare_raster() -> DrawnFigure:
    """Draw nothing but the field: no axes, no bar."""
    figure, axes = blank(400, 300)
    axes.set_position((0, 0, 1, 1))
    axes.set_axis_off()
    shown = axes.imshow(9 * fields.hills(60, 80, 15), cmap="turbo", aspect="auto", **SMOOTH)
    return capture("mpl_bare", figure, axes, shown)


def two_panels() -> DrawnFigure:
    """Draw two plots, each with a bar of its own."""
    figure = Figure(figsize=(10, 4.2), dpi=100)
    first, second = figure.subplots(1, 2)
    shown = first.imshow(20 * fields.smooth(60, 60, 16, 6), **SMOOTH)
    bar = figure.colorbar(shown, shrink=0.8)
    other = second.imshow(200 * fields.smooth(60, 60, 17, 6) - 100, cmap="coolwarm", **SMOOTH)
    figure.colorbar(other, shrink=0.8)
    figure.set_layout_engine("tight")
    return capture("mpl_two_panels", figure, first, shown, colorbar=bar)


def jpeg_turbo() -> DrawnFigure:
    """Draw a JPEG of quality 75."""
    figure, axes = blank(680, 480)
    z = 30 * fields.hills(80, 100, 18) + 5
    shown = axes.imshow(z, cmap="turbo", extent=(0, 50, 40, 0), **SMOOTH)
    bar = figure.colorbar(shown, label="°C")
    return as_jpeg(capture("mpl_jpeg75_turbo", figure, axes, shown, colorbar=bar), 75)


def jpeg_cells() -> DrawnFigure:
    """Draw flat cells as a JPEG of quality 50."""
    figure, axes = blank(700, 520, 110)
    edges = np.linspace(0, 1, 26), np.linspace(0, 1, 21)
    shown = axes.pcolormesh(*edges, 2 * fields.smooth(20, 25, 19, 2) - 1, cmap="RdYlBu_r")
    bar = figure.colorbar(shown)
    return as_jpeg(capture("mpl_jpeg50_cells", figure, axes, shown, colorbar=bar), 50)


def jpeg_lines() -> DrawnFigure:
    """Draw contour lines as a JPEG of quality 90."""
    figure, axes = blank()
    z = 100 * fields.smooth(60, 80, 20)
    shown = axes.imshow(z, origin="lower", **SMOOTH)
    axes.contour(z, 8, colors="w", linewidths=1)
    bar = figure.colorbar(shown)
    return as_jpeg(capture("mpl_jpeg90_lines", figure, axes, shown, colorbar=bar), 90)


def palette_gif() -> DrawnFigure:
    """Draw a rainbow as GIF."""
    figure, axes = blank(520, 420)
    shown = axes.imshow(60 * fields.smooth(70, 90, 21) + 20, cmap="gist_rainbow", **FLAT)
    return as_gif(capture("mpl_gif", figure, axes, shown, colorbar=figure.colorbar(shown)))


def screenshot() -> DrawnFigure:
    """Draw a figure shown at 0.8 of its size."""
    figure, axes = blank(860, 620, 120)
    z = 0.8 * fields.hills(90, 120, 22)
    shown = axes.imshow(z, cmap="cividis", extent=(0, 12, 0, 9), **SMOOTH)
    return resampled(capture("mpl_shot", figure, axes, shown, colorbar=figure.colorbar(shown)), 0.8)


FIGURES: tuple[Callable[[], DrawnFigure], ...] = (
    plain_viridis,
    log_cells,
    filled_contours,
    uneven_bands,
    white_middle_with_holes,
    labels_on_magma,
    markers_on_jet,
    dense_lines,
    cyclic_phase,
    grey_offset_top,
    dark_log_axes,
    inverted_bar,
    bar_inside,
    correlation_matrix,
    bare_raster,
    two_panels,
    jpeg_turbo,
    jpeg_cells,
    jpeg_lines,
    palette_gif,
    screenshot,
)
