"""The set of figures that the benchmarks read: every tool that is installed here draws its part."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.drawing import browser, fields, gmt, gnuplot, matplotlib_figures, octave, r_graphics
from benchmarks.drawing.plot import Plot
from benchmarks.drawing.variants import as_jpeg

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.drawing.drawn import DrawnFigure

    Drawing = Callable[[], DrawnFigure]

COAST = np.array([[1, 2], [2.5, 6], [5, 7], [8, 5.5], [9, 2.5], [6, 1], [3, 1.5], [1, 2]], float)


def by_gnuplot() -> list[Drawing]:
    """Figures by gnuplot."""
    default = Plot(
        "gp_default",
        50 * fields.smooth(60, 80, 31),
        "gnuplot",
        0,
        50,
        bar_ticks=(0, 10, 20, 30, 40, 50),
    )
    rainbow = Plot(
        "gp_rainbow_line",
        8 * fields.hills(50, 70, 32) - 4,
        "rainbow",
        -4,
        4,
        bar_ticks=(-4, -2, 0, 2, 4),
        lines=(COAST,),
        title="residual",
    )
    below = Plot(
        "gp_log_below",
        10 ** (4 * fields.smooth(40, 60, 33, 5) - 2),
        "inferno",
        0.01,
        100,
        log=True,
        bar_ticks=(0.01, 0.1, 1, 10, 100),
        box=(0.1, 0.06, 0.93, 0.7),
        bar=(0.1, 0.83, 0.93, 0.87),
    )
    return [
        partial(gnuplot.heat_map, default),
        partial(gnuplot.heat_map, below),
        lambda: as_jpeg(gnuplot.heat_map(rainbow), 85),
    ]


def by_r() -> list[Drawing]:
    """Figures by R's base graphics."""
    blocks = Plot(
        "r_terrain",
        3200 * fields.rough(30, 40, 34),
        "terrain",
        0,
        3200,
        n_colors=48,
        bar_ticks=(0, 800, 1600, 2400, 3200),
    )
    bands = Plot(
        "r_filled",
        16 * fields.hills(60, 60, 35) - 8,
        "RdBu",
        -8,
        8,
        n_colors=8,
        levels=(-8, -6, -4, -2, 0, 2, 4, 6, 8),
        bar_ticks=(-8, -4, 0, 4, 8),
    )
    return [partial(r_graphics.heat_map, blocks), partial(r_graphics.heat_map, bands)]


def by_ggplot2() -> list[Drawing]:
    """Figures by ggplot2."""
    grey = Plot("gg_default", fields.smooth(45, 60, 36), "viridis", bar_label="z", size=(700, 520))
    light = Plot(
        "gg_minimal",
        40 * fields.waves(25, 30) + 10,
        "magma",
        10,
        50,
        bar_ticks=(10, 20, 30, 40, 50),
        bar_label="T",
    )
    return [
        partial(r_graphics.gg_heat_map, grey),
        partial(r_graphics.gg_heat_map, light, theme="theme_minimal()", expand=False),
    ]


def by_octave() -> list[Drawing]:
    """Figures by GNU Octave."""
    jet = Plot(
        "oct_jet64",
        2 * fields.smooth(64, 64, 37, 6) - 1,
        "jet",
        -1,
        1,
        n_colors=64,
        y_limits=(8, 0),
        bar_ticks=(-1, -0.5, 0, 0.5, 1),
    )
    copper = Plot(
        "oct_copper",
        5 * fields.rings(80, 80, 2),
        "copper",
        0,
        5,
        bar_ticks=(0, 1, 2, 3, 4, 5),
        box=(0.12, 0.06, 0.94, 0.74),
        bar=(0.12, 0.86, 0.94, 0.9),
    )
    return [partial(octave.heat_map, jet), lambda: as_jpeg(octave.heat_map(copper), 75)]


def by_gmt() -> list[Drawing]:
    """Figures by GMT."""
    coast = Plot(
        "gmt_coast",
        10 * fields.rough(90, 120, 38) - 5,
        "seismic",
        -5,
        5,
        bar_ticks=(-5, -2.5, 0, 2.5, 5),
        box=(0.12, 0.08, 0.92, 0.74),
        bar=(0.2, 0.86, 0.84, 0.89),
        lines=(COAST,),
        size=(760, 620),
    )
    holes = Plot(
        "gmt_holes",
        30 * fields.with_holes(fields.smooth(60, 80, 39, 7), 39),
        "hot_r",
        0,
        30,
        bar_ticks=(0, 10, 20, 30),
        y_limits=(8, 0),
        x_label="Distance (km)",
    )
    return [partial(gmt.heat_map, coast, frame="fancy"), partial(gmt.heat_map, holes)]


def by_plotly() -> list[Drawing]:
    """Figures by plotly."""
    dark = Plot(
        "plotly_dark",
        60 * fields.hills(40, 50, 40) - 20,
        "RdYlBu_r",
        -20,
        40,
        bar_ticks=(-20, 0, 20, 40),
        minus="−",
    )
    return [partial(browser.plotly_heat_map, dark, dark=True)]


def by_bokeh() -> list[Drawing]:
    """Figures by bokeh."""
    turbo = Plot(
        "bokeh_turbo",
        12 * fields.smooth(80, 100, 41),
        "turbo",
        0,
        12,
        bar_ticks=(0, 3, 6, 9, 12),
        x_label="x",
    )
    return [partial(browser.bokeh_heat_map, turbo)]


def drawings() -> Iterator[tuple[str, str | None, list[Drawing]]]:
    """Each tool: its name, why it cannot draw here (or None), and its figures."""
    yield "matplotlib", None, list(matplotlib_figures.FIGURES)
    yield "gnuplot", gnuplot.missing(), by_gnuplot()
    yield "R", r_graphics.missing(), by_r()
    yield "ggplot2", r_graphics.missing_ggplot2(), by_ggplot2()
    yield "Octave", octave.missing(), by_octave()
    yield "GMT", gmt.missing(), by_gmt()
    yield "plotly", browser.missing("plotly"), by_plotly()
    yield "bokeh", browser.missing("bokeh"), by_bokeh()


def figures(tools: frozenset[str] = frozenset()) -> Iterator[DrawnFigure]:
    """Draw the set, or what some tools draw of it; say which tools are missing."""
    for tool, reason, parts in drawings():
        if tools and tool not in tools:
            continue
        if reason is not None:
            print(f"{tool}: skipped, {reason}")
            continue
        for part in parts:
            yield part()
