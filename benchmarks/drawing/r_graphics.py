"""Heat maps by R: base graphics and ggplot2."""

from __future__ import annotations

import functools
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from benchmarks.drawing.plot import GREY, Painted, Plot, draw

if TYPE_CHECKING:
    from benchmarks.drawing.drawn import DrawnFigure

BASE = """
png("out.png", width={width}, height={height}, type="cairo", pointsize={points})
par(plt=c({left}, {right}, {bottom}, {top}), mgp=c(2.2, 0.7, 0), xaxs="i", yaxs="i", {par})
{field}
{ink}
dev.off()
"""

BASE_INK = """
axis(1, at=c({x_at}), labels=c({x_text})); axis(2, at=c({y_at}), labels=c({y_text})); box()
title(main="{title}", xlab="{x_label}", ylab="{y_label}")
"""

GG = """
suppressMessages({{library(ggplot2); library(grid)}})
z <- as.matrix(read.table("field.txt"))
x <- scan("x.txt", quiet=TRUE); y <- scan("y.txt", quiet=TRUE)
d <- expand.grid(y=y, x=x); d$z <- as.vector(z)
colors <- readLines("field_palette.txt")
p <- ggplot(d, aes(x, y, fill=z)) + geom_raster(interpolate=FALSE) +
  scale_fill_gradientn(colours=colors, limits=c({low}, {high}),
    breaks=c({c_at}), labels=c({c_text}), oob=scales::squish, na.value="transparent",
    name="{bar_label}") +
  scale_x_continuous(breaks=c({x_at}), labels=c({x_text}), name="{x_label}") +
  scale_y_continuous(breaks=c({y_at}), labels=c({y_text}), name="{y_label}") +
  coord_cartesian(expand={expand}) + {theme} + theme(legend.position="{legend}")
png("out.png", width={width}, height={height}, type="cairo", res={res})
g <- ggplotGrob(p)
{change}
grid.draw(g)
dev.off()
"""

# The layout has to stay as it is, so ink is replaced by nothing and only then drawn.
GG_BARE = """
for (i in seq_along(g$grobs)) if (g$layout$name[i] != "panel") g$grobs[[i]] <- nullGrob() else {
  parts <- g$grobs[[i]]$children
  kept <- vapply(parts, inherits, TRUE, "rastergrob")
  if (!CODED) kept <- kept | startsWith(names(parts), "grill")
  g$grobs[[i]]$children <- parts[kept]
  g$grobs[[i]]$childrenOrder <- names(parts)[kept]
  codes <- as.matrix(read.table("z.txt"))
  if (CODED) {
    grey <- matrix(NA_character_, nrow(codes), ncol(codes))
    known <- !is.na(codes)
    grey[known] <- rgb(codes[known], codes[known], codes[known], maxColorValue=255)
    g$grobs[[i]]$children[[1]]$raster <- as.raster(grey[nrow(grey):1, ])
  }
}
"""


@functools.cache
def missing() -> str | None:
    """Why R cannot draw here, or None."""
    return None if shutil.which("Rscript") else "Rscript is not installed"


@functools.cache
def missing_ggplot2() -> str | None:
    """Why ggplot2 cannot draw here, or None."""
    if missing():
        return missing()
    test = ["Rscript", "-e", "quit(status = !requireNamespace('ggplot2', quietly = TRUE))"]
    failed = subprocess.run(test, capture_output=True, check=False).returncode
    return "the R package ggplot2 is not installed" if failed else None


def heat_map(plot: Plot, *, points: int = 12, par: str = "las=1") -> DrawnFigure:
    """Draw cells by ``image()``, or filled contours where the plot has levels."""

    def paint(plot: Plot, painted: Painted) -> np.ndarray:
        left, top, right, bottom = plot.box
        return _run(
            BASE.format(
                width=plot.size[0],
                height=plot.size[1],
                points=points,
                left=left,
                right=right,
                bottom=1 - bottom,
                top=1 - top,
                par=par,
                field=_base_field(plot, painted),
                ink=_base_ink(plot) if painted.ink else "",
            ),
            plot,
            painted,
        )

    return draw(plot, paint, "R base graphics")


def _base_field(plot: Plot, painted: Painted) -> str:
    read = 'z <- as.matrix(read.table("z.txt")); colors <- readLines("palette.txt")\n'
    (x0, x1), (y0, y1) = plot.x_limits, plot.y_limits
    if plot.levels is not None:
        rows, cols = plot.z.shape
        window = f"plot.new(); plot.window(c({x0}, {x1}), c({y0}, {y1}))\n"
        if painted.palette is GREY:
            return window + f"rect({x0}, {y0}, {x1}, {y1}, col='black', border=NA)"
        nodes = f"seq({x0}, {x1}, length.out={cols}), seq({y0}, {y1}, length.out={rows})"
        return f"{read}{window}.filled.contour({nodes}, t(z), c({_numbers(plot.levels)}), colors)"
    low, high = painted.limits
    return read + (
        f"rows <- nrow(z); cols <- ncol(z)\n"
        f"image(seq({x0}, {x1}, length.out=cols+1), seq({y0}, {y1}, length.out=rows+1), t(z),"
        f" col=colors, breaks=seq({low}, {high}, length.out=length(colors)+1) "
        f"+ c(-1e9, rep(0, length(colors)-1), 1e9), axes=FALSE, ann=FALSE, useRaster=TRUE)"
    )


def _base_ink(plot: Plot) -> str:
    ink = BASE_INK.format(
        x_at=_numbers(plot.x_ticks),
        x_text=_texts(plot, plot.x_ticks),
        y_at=_numbers(plot.y_ticks),
        y_text=_texts(plot, plot.y_ticks),
        title=plot.title,
        x_label=plot.x_label,
        y_label=plot.y_label,
    )
    for line in plot.lines:
        ink += f"lines(c({_numbers(line[:, 0])}), c({_numbers(line[:, 1])}), lwd=2)\n"
    for x, y, text in plot.texts:
        ink += f'text({x}, {y}, "{text}")\n'
    if plot.bar is None:
        return ink
    x0, y0, x1, y1 = plot.bar
    low, high = plot.vmin, plot.vmax
    ticks = f"at=c({_numbers(plot.bar_ticks)}), labels=c({_texts(plot, plot.bar_ticks)})"
    ink += f"par(new=TRUE, plt=c({x0}, {x1}, {1 - y1}, {1 - y0}))\n"
    if plot.levels is not None:
        levels = _numbers(plot.levels)
        return ink + (
            f"plot.new(); plot.window(c(0, 1), c({low}, {high})); levels <- c({levels})\n"
            "rect(0, levels[-length(levels)], 1, levels[-1], col=colors)\n"
            f"axis(4, {ticks}, las=1)"
        )
    ramp = f"ramp <- seq({low}, {high}, length.out=length(colors)+1)\n"
    middle = "middle <- (ramp[-1] + ramp[-length(ramp)]) / 2\n"
    if plot.horizontal:
        shape, side = "image(ramp, c(0, 1), matrix(middle, ncol=1)", 1
    else:
        shape, side = "image(c(0, 1), ramp, matrix(middle, nrow=1)", 4
    return (
        ink
        + ramp
        + middle
        + (
            f"{shape}, col=colors, breaks=ramp, axes=FALSE, ann=FALSE)\n"
            f"axis({side}, {ticks})\n"
            f'box(); mtext("{plot.bar_label}", side=3, line=0.5, adj=0)'
        )
    )


def gg_heat_map(
    plot: Plot,
    *,
    theme: str = "theme_gray()",
    expand: bool = True,
    legend: str = "right",
    res: int = 100,
) -> DrawnFigure:
    """Draw cells by ggplot2's ``geom_raster()``; ggplot2 decides where the boxes are."""

    def paint(plot: Plot, painted: Painted) -> np.ndarray:
        low, high = plot.vmin, plot.vmax
        coded = str(painted.palette is GREY).upper()
        change = "" if painted.ink else GG_BARE.replace("CODED", coded)
        script = GG.format(
            low=low,
            high=high,
            c_at=_numbers(plot.bar_ticks),
            c_text=_texts(plot, plot.bar_ticks),
            bar_label=plot.bar_label,
            x_at=_numbers(plot.x_ticks),
            x_text=_texts(plot, plot.x_ticks),
            x_label=plot.x_label,
            y_at=_numbers(plot.y_ticks),
            y_text=_texts(plot, plot.y_ticks),
            y_label=plot.y_label,
            expand=str(expand).upper(),
            theme=theme,
            legend=legend,
            change=change,
            width=plot.size[0],
            height=plot.size[1],
            res=res,
        )
        return _run(script, plot, painted)

    return draw(
        plot,
        paint,
        "ggplot2",
        continuous=True,  # gradientn's colours are nodes of a ramp
        measure=True,
        measure_bar=plot.bar is not None,
        # only a grey or framed panel shows where its empty rim ends
        padding=0.05 if expand and theme in ("theme_gray()", "theme_bw()") else 0.0,
    )


def _numbers(values: object) -> str:
    return ", ".join(f"{float(v):.9g}" for v in values)  # type: ignore[attr-defined]


def _texts(plot: Plot, values: tuple[float, ...]) -> str:
    return ", ".join(f'"{plot.text(v)}"' for v in values)


def _run(script: str, plot: Plot, painted: Painted) -> np.ndarray:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write_table(folder / "z.txt", painted.z)
        _write_table(folder / "field.txt", plot.z)
        _write_palette(folder / "palette.txt", painted.palette)
        _write_palette(folder / "field_palette.txt", plot.palette)
        x, y = plot.centers()
        np.savetxt(folder / "x.txt", x)
        np.savetxt(folder / "y.txt", y)
        (folder / "plot.R").write_text(script)
        subprocess.run(["Rscript", "plot.R"], cwd=folder, check=True, capture_output=True)
        return np.asarray(Image.open(folder / "out.png").convert("RGB"))


def _write_table(path: Path, table: np.ndarray) -> None:
    lines = [" ".join("NA" if np.isnan(v) else f"{v:.9g}" for v in row) for row in table]
    path.write_text("\n".join(lines) + "\n")


def _write_palette(path: Path, palette: np.ndarray) -> None:
    colors = ["#" + bytes(color.tolist()).hex().upper() for color in palette]
    path.write_text("\n".join(colors) + "\n")
