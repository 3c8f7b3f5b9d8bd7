"""Figures by chance: any number of varied, plausible figures with known truth, from a seed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.drawing import (
    browser,
    gmt,
    gnuplot,
    octave,
    r_graphics,
    random_choices,
    random_matplotlib,
)
from benchmarks.drawing.plot import Plot
from benchmarks.drawing.random_matplotlib import Unusable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.drawing.drawn import DrawnFigure

TOOLS: dict[str, tuple[float, Callable[[], str | None]]] = {
    "matplotlib": (0.55, lambda: None),
    "gnuplot": (0.12, gnuplot.missing),
    "R": (0.06, r_graphics.missing),
    "ggplot2": (0.06, r_graphics.missing_ggplot2),
    "Octave": (0.07, octave.missing),
    "GMT": (0.07, gmt.missing),
    "plotly": (0.04, lambda: browser.missing("plotly")),
    "bokeh": (0.03, lambda: browser.missing("bokeh")),
}
"""Share of the figures that each tool draws, and why it cannot draw here (or None)."""

COLOR_LIMIT = 2.0
"""A figure is dropped where its truth misses the picture by more levels of 255 in the median."""


@dataclass
class Drops:
    """How many drawn figures were thrown away, by reason."""

    reasons: dict[str, int] = field(default_factory=dict)

    def add(self, reason: str) -> None:
        """Count one."""
        self.reasons[reason] = self.reasons.get(reason, 0) + 1


def random_figures(
    seed: int,
    count: int,
    tools: frozenset[str] = frozenset(),
    *,
    damaged: bool = False,
    drops: Drops | None = None,
) -> Iterator[DrawnFigure]:
    """Draw ``count`` figures; ``damaged`` stores each of them as JPEG or resampled.

    A figure depends on the seed, its number and the installed tools. What no paper would print, or
    what its own truth does not explain, is drawn again with other choices and counted in ``drops``.
    """
    drops = Drops() if drops is None else drops
    usable = [
        tool
        for tool, (_, missing) in TOOLS.items()
        if (not tools or tool in tools) and missing() is None
    ]
    share = np.array([TOOLS[tool][0] for tool in usable])
    for number in range(count):
        for attempt in range(20):
            rng = np.random.default_rng([seed, number, attempt])
            tool = str(rng.choice(usable, p=share / share.sum()))
            name = f"r{seed}_{number:03d}_{tool.lower()}"
            try:
                figure = _drawn(rng, tool, name)
            except (Unusable, LookupError) as reason:
                drops.add(f"{tool}: {reason}")
                continue
            yield random_choices.stored(rng, figure, damaged)
            break


def _drawn(rng: np.random.Generator, tool: str, name: str) -> DrawnFigure:
    figure = random_matplotlib.figure(rng, name) if tool == "matplotlib" else _by(rng, tool, name)
    error = figure.color_error()
    if not error.size or np.isfinite(figure.truth).mean() < 0.2:
        raise Unusable("the panel is nearly blank")
    if np.median(error) > COLOR_LIMIT:
        raise Unusable("the truth does not explain the colors")
    if len(figure.lut) < 32:
        figure = replace(figure, catalog_name=None)  # too few colors to be told from others
    return figure


def _by(rng: np.random.Generator, tool: str, name: str) -> DrawnFigure:
    plot = _plot(rng, tool, name)
    if tool == "gnuplot":
        return gnuplot.heat_map(plot, font=str(rng.choice(["Sans,10", "Times,12", "Arial,11"])))
    if tool == "R":
        return r_graphics.heat_map(plot)
    if tool == "ggplot2":
        theme = str(
            rng.choice(["theme_gray()", "theme_minimal()", "theme_bw()", "theme_classic()"])
        )
        return r_graphics.gg_heat_map(plot, theme=theme, expand=bool(rng.random() < 0.5))
    if tool == "Octave":
        return octave.heat_map(plot)
    if tool == "GMT":
        return gmt.heat_map(plot, frame=str(rng.choice(["plain", "fancy"])))
    if tool == "plotly":
        return browser.plotly_heat_map(plot, dark=bool(rng.random() < 0.3))
    return browser.bokeh_heat_map(plot)


def _plot(rng: np.random.Generator, tool: str, name: str) -> Plot:
    """Return a heat map for a tool that draws at given places."""
    low, high = random_choices.value_range(rng)
    log = tool in ("gnuplot", "bokeh") and rng.random() < 0.15
    z = random_choices.field(rng)
    if log:
        low, high = 0.01, 100.0
        z = 10 ** (4 * z - 2)
        marks: tuple[float, ...] = (0.01, 0.1, 1.0, 10.0, 100.0)
    else:
        z = low + z * (high - low)
        marks = random_choices.ticks(low, high, 6)
    x = [(0.0, 10.0), (0.0, 126.0), (-40.0, 55.0), (100.0, 1850.0)][rng.integers(4)]
    y = [(0.0, 8.0), (0.0, 90.0), (-3.0, 3.0), (0.0, 660.0)][rng.integers(4)]
    if tool in ("gnuplot", "Octave", "GMT") and rng.random() < 0.25:
        y = y[::-1]
    levels, n_colors = None, int(rng.choice([256, 256, 256, 64, 24]))
    if tool == "R" and rng.random() < 0.5:
        levels = random_choices.ticks(low, high, 10)
        low, high, n_colors = levels[0], levels[-1], len(levels) - 1
        z, marks = np.clip(z, low, high), levels[:: max(1, len(levels) // 5)]
    below = tool in ("gnuplot", "Octave", "GMT") and rng.random() < 0.3
    boxes = ((0.14, 0.08, 0.93, 0.7), (0.2, 0.83, 0.86, 0.87)) if below else (
        (0.14, 0.1, 0.78, 0.86),
        (0.82, 0.1 if rng.random() < 0.5 else 0.2, 0.86, 0.86 if rng.random() < 0.5 else 0.75),
    )  # fmt: skip
    width = int(rng.integers(480, 860))
    inked = rng.random() < 0.3 and tool not in ("ggplot2",)
    return Plot(
        name,
        z,
        random_choices.color_map(rng, low < 0 < high),
        low,
        high,
        log=log,
        n_colors=n_colors,
        x_limits=x,
        y_limits=y,
        x_ticks=random_choices.ticks(*x),
        y_ticks=random_choices.ticks(*y),
        bar_ticks=marks,
        levels=levels,
        size=(width, int(width * rng.uniform(0.7, 0.95))),
        box=boxes[0],
        bar=None if rng.random() < 0.04 else boxes[1],
        title=str(rng.choice(["", "", "Section B", "Residuals"])),
        x_label=str(rng.choice(["", "Distance (km)"])) if not below else "",
        lines=(random_choices.coast(rng, x, y),) if inked else (),
        texts=((x[0] + 0.3 * (x[1] - x[0]), y[0] + 0.4 * (y[1] - y[0]), "P12"),) if inked else (),
        minus="−" if tool in ("plotly",) else "-",
    )
