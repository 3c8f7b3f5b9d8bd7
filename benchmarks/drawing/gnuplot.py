"""Heat maps by gnuplot (pngcairo)."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from benchmarks.drawing.plot import Painted, Plot, draw

if TYPE_CHECKING:
    from benchmarks.drawing.drawn import DrawnFigure


def missing() -> str | None:
    """Why gnuplot cannot draw here, or None."""
    return None if shutil.which("gnuplot") else "gnuplot is not installed"


def heat_map(plot: Plot, *, font: str = "Sans,10", terminal: str = "pngcairo") -> DrawnFigure:
    """Draw cells by ``plot with image``."""

    def paint(plot: Plot, painted: Painted) -> np.ndarray:
        return _run(_script(plot, painted, font, terminal), plot, painted)

    return draw(plot, paint, "gnuplot", continuous=plot.n_colors > 64, measure=True)


def _script(plot: Plot, painted: Painted, font: str, terminal: str) -> list[str]:
    left, top, right, bottom = plot.box
    stops = np.linspace(0, 1, len(painted.palette))
    colors = ", ".join(
        f"{s:.6f} {r / 255:.6f} {g / 255:.6f} {b / 255:.6f}"
        for s, (r, g, b) in zip(stops, painted.palette, strict=True)
    )
    lines = [
        f"set terminal {terminal} size {plot.size[0]},{plot.size[1]} font '{font}'",
        "set output 'out.png'",
        f"set lmargin at screen {left}; set rmargin at screen {right}",
        f"set tmargin at screen {1 - top}; set bmargin at screen {1 - bottom}",
        f"set xrange [{plot.x_limits[0]}:{plot.x_limits[1]}]",
        f"set yrange [{plot.y_limits[0]}:{plot.y_limits[1]}]",
        f"set cbrange [{painted.limits[0]}:{painted.limits[1]}]",
        f"set palette defined ({colors})",
        "unset key",
    ]
    if len(painted.palette) <= 64:
        lines.append(f"set palette maxcolors {len(painted.palette)}")
    if painted.log:
        lines.append("set logscale cb; set format cb '%g'")
    if not painted.ink:
        return [*lines, "unset border; unset tics; unset colorbox", "plot 'z.txt' with image"]
    lines += [
        f"set xtics ({_ticks(plot, plot.x_ticks)}); set ytics ({_ticks(plot, plot.y_ticks)})",
        f"set title '{plot.title}'; set xlabel '{plot.x_label}'; set ylabel '{plot.y_label}'",
    ]
    if plot.bar is None:
        lines.append("unset colorbox")
    else:
        x0, y0, x1, y1 = plot.bar
        way = "horizontal" if plot.horizontal else "vertical"
        lines += [
            f"set colorbox {way} user origin {x0},{1 - y1} size {x1 - x0},{y1 - y0}",
            f"set cbtics ({_ticks(plot, plot.bar_ticks)}); set cblabel '{plot.bar_label}'",
        ]
    lines += [f"set label '{text}' at {x},{y} front" for x, y, text in plot.texts]
    curves = [f"'line{i}.txt' with lines lw 2 lc rgb 'black'" for i in range(len(plot.lines))]
    return [*lines, "plot " + ", ".join(["'z.txt' with image", *curves])]


def _ticks(plot: Plot, values: tuple[float, ...]) -> str:
    return ", ".join(f"'{plot.text(value)}' {value!r}" for value in values)


def _run(script: list[str], plot: Plot, painted: Painted) -> np.ndarray:
    with tempfile.TemporaryDirectory() as folder:
        x, y = np.meshgrid(*plot.centers())
        table = np.column_stack([x.ravel(), y.ravel(), painted.z.ravel()])
        np.savetxt(Path(folder) / "z.txt", table, fmt="%.9g")
        for i, line in enumerate(plot.lines):
            np.savetxt(Path(folder) / f"line{i}.txt", line)
        (Path(folder) / "plot.gp").write_text("\n".join(script) + "\n")
        subprocess.run(["gnuplot", "plot.gp"], cwd=folder, check=True, capture_output=True)
        return np.asarray(Image.open(Path(folder) / "out.png").convert("RGB"))
