"""One description of a heat map that every tool can draw, and its truth from what the tool drew.

A tool is a function ``paint(plot, painted) -> image``. It is called five times with one layout: for
the figure, for the bare field, and for three grey drawings of numbers in place of the field. The
numbers give the value at every pixel as this renderer samples it, without any model of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from scipy.interpolate import RegularGridInterpolator

from benchmarks.drawing.drawn import (
    Box,
    DrawnAxis,
    DrawnBar,
    DrawnFigure,
    place_ticks,
    scale_position,
)

if TYPE_CHECKING:
    from collections.abc import Callable

Fractions = tuple[float, float, float, float]
GREY = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)


@dataclass(frozen=True, eq=False)
class Plot:
    """A heat map to draw; boxes are fractions (left, top, right, bottom) of the picture.

    ``z`` has its first row at ``y_limits[0]``, the lower end of the y axis.
    """

    name: str
    z: np.ndarray
    cmap: str = "viridis"
    vmin: float = 0.0
    vmax: float = 1.0
    log: bool = False
    n_colors: int = 256
    x_limits: tuple[float, float] = (0.0, 10.0)
    y_limits: tuple[float, float] = (0.0, 8.0)
    x_ticks: tuple[float, ...] = (0, 2, 4, 6, 8, 10)
    y_ticks: tuple[float, ...] = (0, 2, 4, 6, 8)
    bar_ticks: tuple[float, ...] = (0, 0.25, 0.5, 0.75, 1)
    levels: tuple[float, ...] | None = None
    size: tuple[int, int] = (640, 480)
    box: Fractions = (0.12, 0.08, 0.78, 0.86)
    bar: Fractions | None = (0.82, 0.14, 0.86, 0.8)
    title: str = ""
    x_label: str = ""
    y_label: str = ""
    bar_label: str = ""
    lines: tuple[np.ndarray, ...] = ()
    texts: tuple[tuple[float, float, str], ...] = ()
    minus: str = "-"
    tags: tuple[str, ...] = ()

    @property
    def palette(self) -> np.ndarray:
        """Colours of the map, ``(n_colors, 3)`` uint8."""
        table = mpl.colormaps[self.cmap].resampled(self.n_colors)
        return np.asarray(table(np.arange(self.n_colors), bytes=True)[:, :3])

    @property
    def horizontal(self) -> bool:
        """Whether the colour bar lies."""
        if self.bar is None:
            return False
        width, height = self.size
        return (self.bar[2] - self.bar[0]) * width > (self.bar[3] - self.bar[1]) * height

    @property
    def box_px(self) -> Box:
        """Edges of the plot area."""
        return self.pixels(self.box)

    def pixels(self, box: Fractions) -> Box:
        """Edges in pixels of a box given in fractions of the picture."""
        width, height = self.size
        return box[0] * width, box[1] * height, box[2] * width, box[3] * height

    def centers(self) -> tuple[np.ndarray, np.ndarray]:
        """X and y of the middles of the columns and rows of ``z``."""
        rows, cols = self.z.shape
        return _middles(*self.x_limits, cols), _middles(*self.y_limits, rows)

    def text(self, value: float) -> str:
        """Label of a tick."""
        return f"{value:g}".replace("-", self.minus)


@dataclass(frozen=True, eq=False)
class Painted:
    """What to paint: a field of numbers, its palette and range, and whether ink goes over it."""

    z: np.ndarray
    palette: np.ndarray
    limits: tuple[float, float]
    ink: bool
    log: bool = False


def draw(
    plot: Plot,
    paint: Callable[[Plot, Painted], np.ndarray],
    tool: str,
    *,
    box: Box | None = None,
    bar_box: Box | None = None,
    continuous: bool = False,
    measure: bool = False,
    measure_bar: bool = False,
    padding: float = 0.0,
) -> DrawnFigure:
    """Paint a plot and collect its truth.

    ``box`` and ``bar_box`` (pixels) replace the plot's fractions where the tool decides for itself;
    ``measure`` finds the plot area in the picture of the bare field, ``measure_bar`` the bar by
    what changes with the colours; ``padding`` is the empty rim inside the plot area, in spans of
    the field. A tool that interpolates its palette has a ``continuous`` scale of 1024 colours.
    """
    field = Painted(plot.z, plot.palette, (plot.vmin, plot.vmax), ink=True, log=plot.log)
    image = paint(plot, field)
    height, width = image.shape[:2]
    asked, plot = plot, replace(plot, size=(width, height))  # Octave draws one pixel less
    bare = paint(asked, replace(field, ink=False))
    cover = paint(asked, Painted(np.where(np.isfinite(plot.z), 0.0, np.nan), GREY, (0, 255), False))
    covered = 1 - cover[..., 0] / 255.0
    if box is None:
        box = measured_box(covered) if measure else plot.box_px
    field_box, box = box, _padded(box, padding)
    lut = continuous_colors(plot.palette) if continuous else plot.palette
    if bar_box is None and plot.bar is not None:
        bar_box = find_bar(asked, paint, box) if measure_bar else plot.pixels(plot.bar)
    if plot.levels is None:
        truth = coded_values(asked, paint, covered)
    else:
        truth = smooth_values(plot, field_box, (height, width))
    x0, y0, x1, y1 = (round(edge) for edge in box)
    changed = np.abs(image.astype(int) - bare).max(axis=2) > 2
    partly = (covered > 0.02) & (covered < 0.98)
    levels: dict[str, object] = {}
    if plot.levels is not None:
        levels = {"levels": plot.levels, "level_colors": plot.palette}
    return DrawnFigure(
        name=plot.name,
        tool=tool,
        image=image,
        plot_box=box,
        truth=truth[y0:y1, x0:x1].astype(np.float32),
        occluded=(changed | partly)[y0:y1, x0:x1],
        lut=lut,
        vmin=plot.vmin,
        vmax=plot.vmax,
        norm="log" if plot.log else "linear",
        bar=None if bar_box is None else bar_truth(plot, bar_box),
        x_axis=axis_truth(plot, plot.x_ticks, plot.x_limits, (field_box[0], field_box[2]), padding),
        y_axis=axis_truth(plot, plot.y_ticks, plot.y_limits, (field_box[3], field_box[1]), padding),
        cmap=plot.cmap,
        catalog_name=plot.cmap,
        tags=plot.tags,
        **levels,
    )


def coded_values(
    plot: Plot, paint: Callable[[Plot, Painted], np.ndarray], covered: np.ndarray
) -> np.ndarray:
    """Value at every pixel, from two drawings of its code's high and low byte."""
    position = scale_position(plot.z, *_span(plot), "log" if plot.log else "linear")
    code = np.round(position * 65279)
    code[~np.isfinite(plot.z)] = np.nan
    high = paint(plot, Painted(code // 256, GREY, (0, 255), False))[..., 0].astype(float)
    low = paint(plot, Painted(code % 256, GREY, (0, 255), False))[..., 0].astype(float)
    fraction = (high * 256 + low) / 65279
    first, last = _span(plot)
    if plot.log:
        values = 10 ** (np.log10(first) + fraction * (np.log10(last) - np.log10(first)))
    else:
        values = first + fraction * (last - first)
    values[covered < 0.98] = np.nan
    return values


def smooth_values(plot: Plot, box: Box, shape: tuple[int, int]) -> np.ndarray:
    """Bilinear value at every pixel, for filled contours of a field given at nodes."""
    rows, cols = plot.z.shape
    at = RegularGridInterpolator(
        (np.linspace(0, 1, rows), np.linspace(0, 1, cols)), plot.z, bounds_error=False
    )
    x = (np.arange(shape[1]) + 0.5 - box[0]) / (box[2] - box[0])
    y = (box[3] - np.arange(shape[0]) - 0.5) / (box[3] - box[1])
    yy, xx = np.meshgrid(y, x, indexing="ij")
    return np.asarray(at(np.stack([yy, xx], axis=-1)))


def axis_truth(
    plot: Plot,
    ticks: tuple[float, ...],
    limits: tuple[float, float],
    pixels: tuple[float, float],
    padding: float = 0.0,
) -> DrawnAxis:
    """Ticks of an axis along the edges of the field."""
    labels = [plot.text(value) for value in ticks]
    rim = padding * (limits[1] - limits[0])
    padded = (limits[0] - rim, limits[1] + rim)
    return DrawnAxis(place_ticks(ticks, labels, limits, pixels), padded)


def bar_truth(plot: Plot, box: Box) -> DrawnBar:
    """Truth of the colour bar, whose ends are the ends of the scale."""
    ends = (box[0], box[2]) if plot.horizontal else (box[3], box[1])
    labels = [plot.text(value) for value in plot.bar_ticks]
    scale = "log" if plot.log else "linear"
    ticks = place_ticks(plot.bar_ticks, labels, (plot.vmin, plot.vmax), ends, scale)
    direction = "right" if plot.horizontal else "up"
    return DrawnBar(box, direction, ticks, discrete=plot.levels is not None)


def measured_box(covered: np.ndarray) -> Box:
    """Edges of the painted area, its partly covered rim counted by its share."""
    across, down = covered.max(axis=0), covered.max(axis=1)
    rows, cols = np.flatnonzero(down > 0.98), np.flatnonzero(across > 0.98)
    x0, x1, y0, y1 = cols[0], cols[-1] + 1, rows[0], rows[-1] + 1
    return (
        float(x0 - (across[x0 - 1] if x0 else 0)),
        float(y0 - (down[y0 - 1] if y0 else 0)),
        float(x1 + (across[x1] if x1 < len(across) else 0)),
        float(y1 + (down[y1] if y1 < len(down) else 0)),
    )


def find_bar(asked: Plot, paint: Callable[[Plot, Painted], np.ndarray], box: Box) -> Box:
    """Box of the largest piece outside the plot area that changes when the map's colours do.

    The colours themselves would not do: the end of a bar may be as white as the page.
    """
    from scipy.ndimage import find_objects, label

    rising, falling = (
        paint(changed, Painted(asked.z, changed.palette, (asked.vmin, asked.vmax), True, asked.log))
        for changed in (replace(asked, cmap="gray"), replace(asked, cmap="binary"))
    )
    change = np.abs(rising.astype(float) - falling).max(axis=2)
    x0, y0, x1, y1 = (round(edge) for edge in box)
    change[max(y0 - 2, 0) : y1 + 2, max(x0 - 2, 0) : x1 + 2] = 0
    change[change <= 2] = 0
    # the middle grey is the same in both: up to a tenth of the bar has it
    labels, _ = label(_closed(change > 0, max(change.shape) // 20))
    pieces = [(where, np.count_nonzero(change[where])) for where in find_objects(labels)]
    if not pieces or max(size for _, size in pieces) < 200:
        raise LookupError("no colour bar was found in the drawn figure")
    rows, cols = max(pieces, key=lambda piece: piece[1])[0]
    x, y = cols.start, rows.start
    left, right = _ends(change[rows, cols].sum(axis=0))
    top, bottom = _ends(change[rows, cols].sum(axis=1))
    return float(x + left), float(y + top), float(x + right), float(y + bottom)


def _ends(amount: np.ndarray) -> tuple[float, float]:
    """First and last line of a bar, its blended rim counted by its share."""
    lines = np.flatnonzero(amount > 0)
    first, last = int(lines[0]), int(lines[-1])
    cut = 1 - min(1.0, amount[first] / max(amount[first + 1], 1e-9))
    return first + cut, last + min(1.0, amount[last] / max(amount[last - 1], 1e-9))


def _closed(mask: np.ndarray, reach: int) -> np.ndarray:
    """The mask with gaps of up to ``reach`` pixels along a row or a column filled."""
    from scipy.ndimage import binary_closing

    padded = np.pad(mask, reach)
    for shape in ((1, reach), (reach, 1)):
        padded = binary_closing(padded, np.ones(shape))
    return np.asarray(padded[reach:-reach, reach:-reach])


def continuous_colors(palette: np.ndarray, n: int = 1024) -> np.ndarray:
    """Colours of a palette that the renderer interpolates."""
    at = np.linspace(0, len(palette) - 1, n)
    channels = [np.interp(at, np.arange(len(palette)), palette[:, c]) for c in range(3)]
    return np.column_stack(channels).round().astype(np.uint8)


def _padded(box: Box, padding: float) -> Box:
    dx, dy = padding * (box[2] - box[0]), padding * (box[3] - box[1])
    return box[0] - dx, box[1] - dy, box[2] + dx, box[3] + dy


def _middles(first: float, last: float, n: int) -> np.ndarray:
    return first + (np.arange(n) + 0.5) / n * (last - first)


def _span(plot: Plot) -> tuple[float, float]:
    known = plot.z[np.isfinite(plot.z)]
    return float(known.min()), float(known.max())
