"""Heat maps by GNU Octave."""

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

SCRIPT = """
f = figure("visible", "off", "position", [10 10 {width} {height}], "color", "w");
z = load("-ascii", "z.txt"); colors = load("-ascii", "palette.txt") / 255;
a = axes("position", [{left} {bottom} {w} {h}]);
imagesc([{x0} {x1}], [{y0} {y1}], z, [{low} {high}]); colormap(colors);
axis([{xl} {xh} {yl} {yh}]); set(a, "ydir", "{y_dir}", "fontsize", {font}, "layer", "top");
{ink}
set(f, "paperunits", "points", "papersize", [{width} {height}] * 0.72,
    "paperposition", [0 0 {width} {height}] * 0.72);
print("-dpng", "-r100", "out.png")
"""


def missing() -> str | None:
    """Why Octave cannot draw here, or None."""
    if not shutil.which("octave"):
        return "GNU Octave is not installed"
    return None if shutil.which("xvfb-run") else "Octave needs xvfb-run where there is no display"


def heat_map(plot: Plot, *, font: int = 10) -> DrawnFigure:
    """Draw cells by ``imagesc()``; fields must have a value everywhere."""

    def paint(plot: Plot, painted: Painted) -> np.ndarray:
        x, y = plot.centers()
        left, top, right, bottom = plot.box
        script = SCRIPT.format(
            width=plot.size[0],
            height=plot.size[1],
            left=left,
            bottom=1 - bottom,
            w=right - left,
            h=bottom - top,
            x0=x[0],
            x1=x[-1],
            y0=y[0],
            y1=y[-1],
            xl=min(plot.x_limits),
            xh=max(plot.x_limits),
            yl=min(plot.y_limits),
            yh=max(plot.y_limits),
            low=painted.limits[0],
            high=painted.limits[1],
            y_dir="reverse" if plot.y_limits[0] > plot.y_limits[1] else "normal",
            font=font,
            ink=_ink(plot, font) if painted.ink else 'set(a, "visible", "off");',
        )
        return _run(script, painted)

    return draw(plot, paint, "GNU Octave", measure=True)


def _ink(plot: Plot, font: int) -> str:
    order = np.argsort(plot.y_ticks)
    y_ticks = tuple(plot.y_ticks[i] for i in order)
    ink = [
        f'set(a, "xtick", [{_numbers(plot.x_ticks)}], "ytick", [{_numbers(y_ticks)}]);',
        f'xlabel("{plot.x_label}"); ylabel("{plot.y_label}"); title("{plot.title}");',
    ]
    ink += [f'text({x}, {y}, "{text}");' for x, y, text in plot.texts]
    for line in plot.lines:
        ink.append(f'line([{_numbers(line[:, 0])}], [{_numbers(line[:, 1])}], "color", "k");')
    if plot.bar is not None:
        x0, y0, x1, y1 = plot.bar
        side = "southoutside" if plot.horizontal else "eastoutside"
        axis = "xtick" if plot.horizontal else "ytick"
        left, top, right, bottom = plot.box
        ink += [
            f'c = colorbar("{side}");',
            f'set(a, "position", [{left} {1 - bottom} {right - left} {bottom - top}]);',
            f'set(c, "position", [{x0} {1 - y1} {x1 - x0} {y1 - y0}]);',
            f'set(c, "{axis}", [{_numbers(plot.bar_ticks)}], "fontsize", {font});',
        ]
    return "\n".join(ink)


def _numbers(values: object) -> str:
    return " ".join(f"{float(v):.9g}" for v in values)  # type: ignore[attr-defined]


def _run(script: str, painted: Painted) -> np.ndarray:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        np.savetxt(folder / "z.txt", painted.z, fmt="%.9g")
        np.savetxt(folder / "palette.txt", painted.palette, fmt="%d")
        (folder / "draw_it.m").write_text(script)
        command = ["xvfb-run", "-a", "octave", "--no-gui", "--quiet", "draw_it.m"]
        # Octave may end with an error of its own after the picture is written
        done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
        if not (folder / "out.png").exists():
            raise RuntimeError(f"Octave drew nothing: {done.stderr[-400:]}")
        return np.asarray(Image.open(folder / "out.png").convert("RGB"))
