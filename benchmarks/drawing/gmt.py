"""Heat maps by GMT, the Generic Mapping Tools."""

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
    """Why GMT cannot draw here, or None."""
    return (
        None
        if shutil.which("gmt") and shutil.which("gs")
        else "GMT or Ghostscript is not installed"
    )


def heat_map(plot: Plot, *, dpi: int = 100, frame: str = "plain", font: str = "10p") -> DrawnFigure:
    """Draw cells by ``grdimage`` on a page of known size; ``frame`` is GMT's MAP_FRAME_TYPE."""

    def paint(plot: Plot, painted: Painted) -> np.ndarray:
        return _run(_script(plot, painted, dpi, frame, font), plot, painted)

    return draw(plot, paint, "GMT", continuous=plot.n_colors > 64)


def _script(plot: Plot, painted: Painted, dpi: int, frame: str, font: str) -> str:
    inches = [edge / dpi for edge in plot.box_px]
    page = [side / dpi for side in plot.size]
    (x0, x1), (y0, y1) = sorted(plot.x_limits), sorted(plot.y_limits)
    height = inches[3] - inches[1]
    rows, cols = plot.z.shape
    sign = "-" if plot.y_limits[0] > plot.y_limits[1] else ""
    region = f"-R{x0}/{x1}/{y0}/{y1} -JX{inches[2] - inches[0]:.6f}i/{sign}{height:.6f}i"
    place = f"-Xa{inches[0]:.6f}i -Ya{page[1] - inches[3]:.6f}i"
    lines = [
        "set -e",
        f"gmt set PS_MEDIA {page[0]:.6f}ix{page[1]:.6f}i PS_PAGE_ORIENTATION portrait",
        f"gmt set MAP_FRAME_TYPE {frame} FONT_ANNOT_PRIMARY {font} FONT_LABEL {font}",
        "gmt set FONT_TITLE 13p",
        "gmt set FORMAT_FLOAT_OUT %.12g PS_CHAR_ENCODING ISOLatin1+",
        f"gmt xyz2grd z.txt -Gz.nc -R{x0}/{x1}/{y0}/{y1} -I{cols}+n/{rows}+n -r",
        f"gmt grdimage z.nc {region} {place} -Cz.cpt -Q -K > out.ps",
    ]
    if painted.ink:
        lines += _ink(plot, region, place, page, dpi)
    lines += [f"gmt psxy -T {region} -O >> out.ps", f"gmt psconvert out.ps -Tg -E{dpi} -Qg1 -Qt4"]
    return "\n".join(lines)


def _ink(plot: Plot, region: str, place: str, page: list[float], dpi: int) -> list[str]:
    def custom(name: str, values: tuple[float, ...]) -> str:
        return (
            f"cat > {name} <<'END'\n"
            + "\n".join(f"{v!r} a {plot.text(v)}" for v in values)
            + "\nEND"
        )

    x_label = f"+l'{plot.x_label}'" if plot.x_label else ""
    y_label = f"+l'{plot.y_label}'" if plot.y_label else ""
    axes = f"-Bpxcx.txt{x_label} -Bpycy.txt{y_label}"
    lines = [
        custom("x.txt", plot.x_ticks),
        custom("y.txt", plot.y_ticks),
        custom("c.txt", plot.bar_ticks),
        f"gmt psbasemap {region} {place} {axes} -BWSne+t'{plot.title}' -O -K >> out.ps",
    ]
    for line in plot.lines:
        table = "\n".join(f"{x} {y}" for x, y in line)
        lines.append(f"gmt psxy {region} {place} -W1.2p -O -K >> out.ps <<'END'\n{table}\nEND")
    for x, y, text in plot.texts:
        lines.append(f"echo '{x} {y} {text}' | gmt pstext {region} {place} -F+f11p -O -K >> out.ps")
    if plot.bar is not None:
        x0, y0, x1, y1 = (edge / dpi for edge in plot.pixels(plot.bar))
        way = "+h" if plot.horizontal else ""
        length, width = (x1 - x0, y1 - y0) if plot.horizontal else (y1 - y0, x1 - x0)
        label = f"+l'{plot.bar_label}'" if plot.bar_label else ""
        lines.append(
            f"gmt psscale -Dx0/0+w{length:.6f}i/{width:.6f}i{way}+jBL -Cz.cpt -Bpxcc.txt{label} "
            f"-Xa{x0:.6f}i -Ya{page[1] - y1:.6f}i -O -K >> out.ps"
        )
    return lines


def _color_table(painted: Painted) -> str:
    low, high = painted.limits
    rgb = ["/".join(map(str, color)) for color in painted.palette.tolist()]
    if len(rgb) > 64:
        at = np.linspace(low, high, len(rgb))
        rows = [f"{at[i]:.9g} {rgb[i]} {at[i + 1]:.9g} {rgb[i + 1]}" for i in range(len(rgb) - 1)]
    else:
        at = np.linspace(low, high, len(rgb) + 1)
        rows = [f"{at[i]:.9g} {rgb[i]} {at[i + 1]:.9g} {rgb[i]}" for i in range(len(rgb))]
    return "\n".join([*rows, f"B {rgb[0]}", f"F {rgb[-1]}", "N white"]) + "\n"


def _run(script: str, plot: Plot, painted: Painted) -> np.ndarray:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        x, y = np.meshgrid(*plot.centers())
        table = np.column_stack([x.ravel(), y.ravel(), painted.z.ravel()])
        np.savetxt(folder / "z.txt", table, fmt="%.9g")
        (folder / "z.cpt").write_text(_color_table(painted))
        (folder / "plot.sh").write_text(script)
        done = subprocess.run(
            ["bash", "plot.sh"], cwd=folder, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"GMT drew nothing: {done.stderr[-600:]}")
        return np.asarray(Image.open(folder / "out.png").convert("RGB"))
