"""Figures by chance, by matplotlib (and seaborn, xarray, cartopy where they are installed)."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib import font_manager
from matplotlib.colors import BoundaryNorm, LogNorm
from matplotlib.figure import Figure

from benchmarks.drawing import fields, random_choices
from benchmarks.drawing.matplotlib_canvas import capture, render
from benchmarks.drawing.random_choices import CYCLIC

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Text

    from benchmarks.drawing.drawn import DrawnFigure

KINDS = ("imshow", "pcolormesh", "contourf", "bands", "tripcolor", "map", "seaborn", "xarray")
SHARE = (0.4, 0.23, 0.11, 0.06, 0.04, 0.06, 0.05, 0.05)
NEEDS = {"map": "cartopy", "seaborn": "seaborn", "xarray": "xarray"}
FONTS = ("DejaVu Sans", "Liberation Sans", "DejaVu Serif", "STIXGeneral", "Liberation Serif")


class Unusable(ValueError):
    """A drawn figure that no paper would print, e.g. with labels over each other."""


def figure(rng: np.random.Generator, name: str) -> DrawnFigure:
    """Draw one figure; raises Unusable where its texts collide."""
    with mpl.rc_context(_style(rng)):
        return _Drawing(rng, name).draw()


def _style(rng: np.random.Generator) -> dict[str, Any]:
    known = {font.name for font in font_manager.fontManager.ttflist}
    style: dict[str, Any] = {
        "font.family": str(rng.choice([font for font in FONTS if font in known])),
        "font.size": float(rng.uniform(8, 12)),
        "xtick.direction": (way := str(rng.choice(["out", "out", "in"]))),
        "ytick.direction": way,
        "xtick.minor.visible": (minor := bool(rng.random() < 0.15)),
        "ytick.minor.visible": minor,
        "xtick.top": way == "in",
        "ytick.right": way == "in",
        "axes.linewidth": float(rng.choice([0.8, 0.8, 1.5])),
    }
    if rng.random() < 0.1:
        style |= {k: v for k, v in mpl.style.library["dark_background"].items() if "cycle" not in k}
    return style


class _Drawing:
    """One figure while it is drawn."""

    def __init__(self, rng: np.random.Generator, name: str) -> None:
        self.rng, self.name, self.tags = rng, name, set[str]()
        kinds = [k for k in KINDS if k not in NEEDS or importlib.util.find_spec(NEEDS[k])]
        share = np.array([SHARE[KINDS.index(k)] for k in kinds])
        self.kind = str(rng.choice(kinds, p=share / share.sum()))
        low, high = random_choices.value_range(rng)
        self.log = self.kind in ("imshow", "pcolormesh") and rng.random() < 0.12
        if self.log:
            decades = int(rng.integers(2, 5))
            low = 10.0 ** rng.integers(-3, 2) * rng.choice([1, 1, 2.5])
            high = low * 10.0**decades
        self.low, self.high = float(low), float(high)
        self.cmap = random_choices.color_map(rng, self.low < 0 < self.high)
        if self.kind == "imshow" and not self.log and rng.random() < 0.06:
            self.cmap = str(rng.choice(CYCLIC))
            self.low, self.high = -180.0, 180.0
            self.tags.add("cyclic")
        self.grid: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None
        self.tool = NEEDS.get(self.kind, "matplotlib")

    def draw(self) -> DrawnFigure:
        rng = self.rng
        dpi = float(rng.choice([72, 100, 100, 120, 150]))
        inches = float(np.clip(rng.uniform(4.2, 8), 300 / dpi, 1400 / dpi))
        n_panels = int(rng.choice([1, 1, 1, 1, 1, 1, 2, 2, 3])) if self.kind in KINDS[:3] else 1
        wide = inches * (1 if n_panels == 1 else 1.3)
        sheet = Figure(figsize=(wide, inches * rng.uniform(0.62, 0.95) / n_panels**0.4), dpi=dpi)
        sheet.set_layout_engine("constrained")
        panels, axes = self._panels(sheet, n_panels)
        shown = self._field(axes)
        bar = None
        if rng.random() < 0.93:
            bar = self._bar(sheet, axes, shown, panels)
        for other in panels[1:]:
            again = other.imshow(
                self._values(), cmap=shown.cmap, norm=shown.norm, extent=(0, 30, 0, 24)
            )
            if rng.random() < 0.4 and bar is not None:
                sheet.colorbar(again, ax=other)
        self._ink(axes)
        self._check_texts(sheet)
        return capture(
            self.name,
            sheet,
            axes,
            shown,
            colorbar=bar,
            tool=self.tool,
            grid=self.grid,
            tags=(self.kind, *sorted(self.tags)),
        )

    def _panels(self, sheet: Figure, n: int) -> tuple[list[Axes], Axes]:
        if self.kind == "map":
            from cartopy.crs import PlateCarree

            axes = sheet.add_subplot(projection=PlateCarree())
            return [axes], axes
        panels = list(np.ravel(sheet.subplots(1, n)))
        return panels, panels[0]

    def _values(self) -> np.ndarray:
        z = random_choices.field(self.rng)
        if self.rng.random() < 0.15 and self.kind not in ("contourf", "tripcolor", "seaborn"):
            z = fields.with_holes(z, int(self.rng.integers(1 << 31)), int(self.rng.integers(1, 5)))
            self.tags.add("nan")
        z = z * self.rng.uniform(0.85, 1.12) + self.rng.uniform(-0.06, 0.06)
        if self.log:
            return self.low * (self.high / self.low) ** z
        return self.low + z * (self.high - self.low)

    def _edges(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        rng = self.rng
        x0, x1 = [(0, 10), (0, 126), (-40, 55), (0, 1), (100, 1850), (0.5, 3.5)][rng.integers(6)]
        y0, y1 = [(0, 8), (0, 90), (-3, 3), (0, 660), (0, 0.5)][rng.integers(5)]
        if self.kind == "map":
            x0, x1 = sorted(rng.choice(np.arange(-180, 181, 10), 2, replace=False))
            x1 = min(180, max(x1, x0 + 60))
            x0 = x1 - max(60, x1 - x0)
            y0, y1 = -rng.choice([10, 40, 60]), rng.choice([20, 50, 75])
        return np.linspace(x0, x1, z.shape[1] + 1), np.linspace(y0, y1, z.shape[0] + 1)

    def _field(self, axes: Axes) -> Any:
        z, rng = self._values(), self.rng
        x, y = self._edges(z)
        lim: dict[str, Any] = {"cmap": self._table()}
        if self.log:
            lim["norm"] = LogNorm(self.low, self.high)
        elif rng.random() < 0.6:
            lim |= {"vmin": self.low, "vmax": self.high}
        if self.kind == "imshow":
            how = str(rng.choice(["nearest", "nearest", "bilinear", "bicubic"]))
            if self.tags & {"cyclic"}:
                how = "nearest"
            shown: Any = axes.imshow(
                z,
                extent=(x[0], x[-1], y[0], y[-1]),
                aspect="equal" if np.ptp(y) / 3 < np.ptp(x) < 3 * np.ptp(y) else "auto",
                origin=str(rng.choice(["upper", "lower"])),
                interpolation=how,
                interpolation_stage="data",
                **lim,
            )
        elif self.kind == "contourf":
            shown = self._filled_contours(axes, x, y, z)
        elif self.kind == "bands":
            lim = {"cmap": self.cmap, "norm": BoundaryNorm(self._levels(), 256)}
            shown = axes.pcolormesh(x, y, z, **lim)
        elif self.kind == "tripcolor":
            at = rng.uniform(0, 1, (900, 2))
            row, col = (at * np.array(z.shape)).astype(int).T
            shown = axes.tripcolor(
                x[0] + at[:, 1] * np.ptp(x), y[0] + at[:, 0] * np.ptp(y), z[row, col], **lim
            )
        elif self.kind == "seaborn":
            shown = self._matrix(axes, lim)
        elif self.kind == "xarray":
            shown = self._labelled_array(axes, x, y, z, lim)
        else:
            shown = axes.pcolormesh(x, y, z, **lim)
        if self.kind == "map":
            self._map_axes(axes, x, y)
        elif self.kind not in ("imshow", "seaborn") and rng.random() < 0.25:
            axes.invert_yaxis()
        if self.kind == "pcolormesh" and x[0] > 0 and rng.random() < 0.4:
            axes.set_xscale("log")
            self.tags.add("log-axis")
        return shown

    def _table(self) -> Any:
        table = mpl.colormaps[self.cmap]
        if self.rng.random() < 0.06:
            self.tags.add("few-colors")
            return table.resampled(int(self.rng.choice([11, 24, 64])))
        return table

    def _levels(self) -> np.ndarray:
        steps = np.array(random_choices.ticks(self.low, self.high, int(self.rng.integers(6, 14))))
        if self.rng.random() < 0.25 and len(steps) > 6:
            self.tags.add("uneven-levels")
            return np.delete(steps, [1, 4])
        return steps

    def _filled_contours(self, axes: Axes, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> Any:
        x, y = (x[1:] + x[:-1]) / 2, (y[1:] + y[:-1]) / 2
        levels = self._levels()
        extend = str(self.rng.choice(["neither", "both", "max"]))
        shown = axes.contourf(x, y, z, levels=levels, cmap=self.cmap, extend=extend)
        if self.rng.random() < 0.5:
            lines = axes.contour(x, y, z, levels=levels, colors="k", linewidths=0.7)
            if self.rng.random() < 0.5:
                axes.clabel(lines, fontsize=7)
        self.grid = x, y, z
        return shown

    def _matrix(self, axes: Axes, lim: dict[str, Any]) -> Any:
        import seaborn

        n = int(self.rng.integers(6, 15))
        z = 2 * fields.correlations(n, int(self.rng.integers(1 << 31))) - 1
        lim = {"cmap": self.cmap, "vmin": -1, "vmax": 1}
        names = [f"v{i}" for i in range(n)]
        few = n < 9 and self.rng.random() < 0.5
        seaborn.heatmap(
            z,
            ax=axes,
            cbar=False,
            xticklabels=names,
            yticklabels=names,
            annot=few,
            fmt=".1f",
            **lim,
        )
        self.tags.add("category-axis")
        return axes.collections[0]

    def _labelled_array(
        self, axes: Axes, x: np.ndarray, y: np.ndarray, z: np.ndarray, lim: dict[str, Any]
    ) -> Any:
        import xarray

        at = {"lat": (y[1:] + y[:-1]) / 2, "lon": (x[1:] + x[:-1]) / 2}
        array = xarray.DataArray(z, at, ("lat", "lon"), name="anomaly", attrs={"units": "K"})
        return array.plot.pcolormesh(ax=axes, add_colorbar=False, **lim)

    def _map_axes(self, axes: Any, x: np.ndarray, y: np.ndarray) -> None:
        from cartopy.crs import PlateCarree
        from cartopy.mpl.ticker import LatitudeFormatter, LongitudeFormatter

        axes.set_xticks(random_choices.ticks(x[0], x[-1], 5), crs=PlateCarree())
        axes.set_yticks(random_choices.ticks(y[0], y[-1], 5), crs=PlateCarree())
        axes.xaxis.set_major_formatter(LongitudeFormatter())
        axes.yaxis.set_major_formatter(LatitudeFormatter())

    def _bar(self, sheet: Figure, axes: Axes, shown: Any, panels: list[Axes]) -> Any:
        rng = self.rng
        options: dict[str, Any] = {
            "location": str(rng.choice(["right"] * 5 + ["bottom", "bottom", "top", "left"])),
            "shrink": float(rng.choice([1, 1, 1, 0.8, 0.6])),
            "aspect": float(rng.choice([20, 20, 30, 12])),
        }
        if self.kind not in ("contourf",) and rng.random() < 0.2:
            options["extend"] = str(rng.choice(["both", "max", "min"]))
        shared = len(panels) > 1 and rng.random() < 0.5
        bar = sheet.colorbar(shown, ax=panels if shared else axes, **options)
        if shared:
            self.tags.add("shared-colorbar")
        if rng.random() < 0.4:
            bar.set_label(str(rng.choice(["T (K)", "dV (km/s)", "depth (m)", "a.u.", "log ratio"])))
        if rng.random() < 0.1:
            bar.outline.set_visible(False)
        if rng.random() < 0.06:
            bar.ax.invert_yaxis() if bar.orientation == "vertical" else bar.ax.invert_xaxis()
        return bar

    def _ink(self, axes: Axes) -> None:
        rng = self.rng
        x, y = axes.get_xlim(), axes.get_ylim()
        color = str(rng.choice(["k", "k", "w", "0.4"]))
        if self.kind == "map" or rng.random() < 0.12:
            line = random_choices.coast(rng, x, y)
            axes.plot(line[:, 0], line[:, 1], color="k", linewidth=float(rng.uniform(0.6, 1.4)))
            self.tags.add("coastline")
        if self.kind == "seaborn":
            return
        if rng.random() < 0.12:
            at = rng.uniform(0.08, 0.92, (int(rng.integers(5, 40)), 2))
            where = x[0] + at[:, 0] * (x[1] - x[0]), y[0] + at[:, 1] * (y[1] - y[0])
            mark = str(rng.choice(["o", "^", "s", "+", "x", "."]))
            axes.plot(*where, mark, color=color, markersize=float(rng.uniform(3, 7)))
            self.tags.add("markers")
        if rng.random() < 0.14:
            for text in rng.choice(["A", "basin", "cold", "P-12", "N ridge"], 2, replace=False):
                place = tuple(rng.uniform(0.12, 0.75, 2))
                axes.text(*place, str(text), color=color, transform=axes.transAxes, weight="bold")
            self.tags.add("text")
        if rng.random() < 0.06:
            u, v = np.meshgrid(np.linspace(*x, 12)[1:-1], np.linspace(*y, 10)[1:-1])
            axes.quiver(u, v, np.cos(v / np.ptp(y) * 5), np.sin(u / np.ptp(x) * 5), color=color)
            self.tags.add("arrows")
        if rng.random() < 0.08 and "log-axis" not in self.tags:
            axes.grid(color=color, linewidth=0.5, linestyle=str(rng.choice(["-", "--", ":"])))
            self.tags.add("gridlines")
        axes.set_xlim(x)
        axes.set_ylim(y)
        if rng.random() < 0.4:
            axes.set_xlabel(str(rng.choice(["x (km)", "Distance (m)", "time (s)", "Offset"])))
            axes.set_ylabel(str(rng.choice(["y (km)", "Depth (m)", "frequency (Hz)", "Height"])))
        if rng.random() < 0.25:
            axes.set_title(
                str(rng.choice(["Section B", "Model 3, final", "Residuals", "May 2019"]))
            )
        if rng.random() < 0.05:
            axes.set_axis_off()
            self.tags.add("axis-off")

    def _check_texts(self, sheet: Figure) -> None:
        height, width = render(sheet).shape[:2]
        boxes = [text.get_window_extent() for text in _outer_texts(sheet)]
        for i, box in enumerate(boxes):
            if box.x0 < 0 or box.y0 < 0 or box.x1 > width or box.y1 > height:
                raise Unusable("a label is cut at the edge of the page")
            if any(box.overlaps(other) for other in boxes[:i]):
                raise Unusable("labels lie over each other")


def _outer_texts(sheet: Figure) -> list[Text]:
    """List the texts beside the plots that print something."""
    texts = []
    for axes in sheet.axes:
        if not axes.axison:
            continue
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            slack = 1e-9 * (high - low)
            for tick in axis.get_major_ticks():
                if low - slack <= tick.get_loc() <= high + slack:
                    texts += [tick.label1, tick.label2]
            texts += [axis.label, axis.get_offset_text()]
        texts.append(axes.title)
    return [text for text in texts if text.get_visible() and text.get_text().strip()]
