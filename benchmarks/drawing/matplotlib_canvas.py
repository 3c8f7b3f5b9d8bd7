"""What a matplotlib figure shows, taken from matplotlib itself.

The truth is drawn by the same renderer: the mappable is drawn once more with a colour map of 65 536
colours, each the code of one value, so every interpolation, projection and snapping to pixels is in
it. Overlays are the pixels that differ between the whole figure and the bare mappable.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import QuadMesh
from matplotlib.colors import ListedColormap, LogNorm, Normalize
from matplotlib.contour import ContourSet
from scipy.interpolate import RegularGridInterpolator

from benchmarks.drawing.drawn import Box, DrawnAxis, DrawnBar, DrawnFigure, Tick

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis as MplAxis
    from matplotlib.colorbar import Colorbar
    from matplotlib.figure import Figure

CODES = 65536


def render(figure: Figure) -> np.ndarray:
    """RGB pixels of a figure as its window or file would show them."""
    canvas = figure.canvas
    if not isinstance(canvas, FigureCanvasAgg):
        canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def pixel_box(axes: Axes, height: int) -> Box:
    """Edges of an axes' data area, origin at the top left."""
    extent = axes.get_window_extent()
    return float(extent.x0), float(height - extent.y1), float(extent.x1), float(height - extent.y0)


def plain(text: str) -> str:
    """Text as it is printed: mathtext markup removed, powers as ``10^-2``."""
    text = re.sub(r"\\(mathdefault|mathrm|times)", lambda m: "×" if m[1] == "times" else "", text)
    return text.replace("$", "").replace("{", "").replace("}", "").strip()


def read_ticks(axis: MplAxis, along_x: bool, height: int) -> tuple[Tick, ...]:
    """Major ticks inside the limits."""
    low, high = sorted(axis.get_view_interval())
    slack = 1e-9 * (high - low)
    ticks = []
    for tick in axis.get_major_ticks():
        value = float(tick.get_loc())
        if not low - slack <= value <= high + slack:
            continue
        place = axis.axes.transData.transform((value, value))
        pixel = place[0] if along_x else height - place[1]
        shown = tick.label1 if tick.label1.get_visible() else tick.label2
        label = plain(shown.get_text()) if shown.get_visible() else ""
        ticks.append(Tick(value, label, float(pixel)))
    return tuple(ticks)


def read_axis(axis: MplAxis, along_x: bool, height: int) -> DrawnAxis:
    """Truth of an x or y axis after the figure has been drawn."""
    limits = axis.axes.get_xlim() if along_x else axis.axes.get_ylim()
    scale = "log" if axis.get_scale() == "log" else "linear"
    return DrawnAxis(read_ticks(axis, along_x, height), tuple(map(float, limits)), scale)


def read_bar(colorbar: Colorbar, height: int) -> DrawnBar:
    """Truth of a colour bar after the figure has been drawn."""
    axes, along_x = colorbar.ax, colorbar.orientation == "horizontal"
    inverted = axes.xaxis_inverted() if along_x else axes.yaxis_inverted()
    long_axis = axes.xaxis if along_x else axes.yaxis
    direction = ("left" if inverted else "right") if along_x else ("down" if inverted else "up")
    return DrawnBar(
        pixel_box(axes, height),
        direction,
        read_ticks(long_axis, along_x, height),
        colorbar.extend or "neither",
        plain(long_axis.get_offset_text().get_text()),
        isinstance(colorbar.mappable, ContourSet)
        or colorbar.mappable.norm.__class__.__name__ == "BoundaryNorm",
    )


@contextmanager
def only(figure: Figure, axes: Axes, kept: list[Artist]) -> Iterator[None]:
    """Hide everything but some artists of one axes for a while."""
    hidden: list[tuple[Artist, bool]] = []
    groups: list[Artist] = [*figure.texts, *figure.lines, *figure.patches, *figure.legends]
    groups += [a for a in figure.axes if a is not axes]
    groups += [c for c in axes.get_children() if c not in kept and c is not axes.patch]
    if axes.get_legend() is not None:
        groups.append(axes.get_legend())
    for artist in groups:
        hidden.append((artist, artist.get_visible()))
        artist.set_visible(False)
    try:
        yield
    finally:
        for artist, visible in hidden:
            artist.set_visible(visible)


def coded_truth(figure: Figure, axes: Axes, mappable: Any, box: Box) -> np.ndarray:
    """Value at every pixel of the rounded box, read from a drawing in 65 536 code colours."""
    code = np.arange(CODES)
    colors = np.column_stack([code // 256, code % 256, np.full(CODES, 255)]) / 255
    values = np.ma.masked_invalid(np.ma.asarray(mappable.get_array(), float)).compressed()
    log = isinstance(mappable.norm, LogNorm)
    values = values[values > 0] if log else values
    span = (values.min(), values.max())
    norm = LogNorm(*span) if log else Normalize(*span)
    kept = mappable.norm, mappable.cmap, mappable.get_alpha()
    papers = [(patch, patch.get_facecolor()) for patch in (axes.patch, figure.patch)]
    coding = ListedColormap(colors).with_extremes(bad=(0, 0, 0, 0))
    mappable.set_norm(norm)
    mappable.set_cmap(coding)
    mappable.set_alpha(None)
    for patch, _ in papers:
        patch.set_facecolor((0, 0, 0))
    try:
        with only(figure, axes, [mappable]):
            seen = render(figure).astype(int)
    finally:
        mappable.set_norm(kept[0])
        mappable.set_cmap(kept[1])
        mappable.set_alpha(kept[2])
        for patch, color in papers:
            patch.set_facecolor(color)
    x0, y0, x1, y1 = (round(edge) for edge in box)
    seen = seen[y0:y1, x0:x1]
    position = (seen[..., 0] * 256 + seen[..., 1] + 0.5) / CODES
    truth = np.asarray(norm.inverse(position.ravel()), float).reshape(position.shape)
    truth[seen[..., 2] < 255] = np.nan
    return truth


def sampled_truth(
    axes: Axes, box: Box, height: int, x: np.ndarray, y: np.ndarray, z: np.ndarray
) -> np.ndarray:
    """Bilinear values of a gridded field at every pixel centre: the truth of a filled contour."""
    x0, y0, x1, y1 = (round(edge) for edge in box)
    px, py = np.meshgrid(np.arange(x0, x1) + 0.5, height - (np.arange(y0, y1) + 0.5))
    data = axes.transData.inverted().transform(np.column_stack([px.ravel(), py.ravel()]))
    if y[0] > y[-1]:
        y, z = y[::-1], z[::-1]
    at = RegularGridInterpolator((y, x), z, bounds_error=False, fill_value=np.nan)
    return at(data[:, ::-1]).reshape(px.shape)


def unfilled(values: np.ndarray, levels: np.ndarray, extend: str) -> np.ndarray:
    """Where filled contours leave the paper bare: beyond their levels, unless they are extended."""
    below = (values < levels[0]) & (extend not in ("min", "both"))
    return np.asarray(below | ((values > levels[-1]) & (extend not in ("max", "both"))))


def capture(
    name: str,
    figure: Figure,
    axes: Axes,
    mappable: Any,
    *,
    colorbar: Colorbar | None = None,
    tool: str = "matplotlib",
    grid: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None,
    truth_from: Any = None,
    data_artists: tuple[Any, ...] = (),
    tags: tuple[str, ...] = (),
) -> DrawnFigure:
    """Draw a figure and everything that is true of it.

    ``grid`` (x, y, z) is needed for filled contours; ``truth_from`` is a mappable with the same
    geometry where the visible one holds colours instead of values (shaded relief);
    ``data_artists`` are further artists that belong to the data, not to the overlays.
    """
    if truth_from is not None:
        truth_from.set_visible(False)
    render(figure)
    figure.set_layout_engine("none")
    image = render(figure)
    height = image.shape[0]
    box = pixel_box(axes, height)
    x0, y0, x1, y1 = (round(edge) for edge in box)
    # before the mappable is drawn in codes: another norm gives the bar other ticks
    bar = None if colorbar is None else read_bar(colorbar, height)
    x_axis, y_axis = read_axis(axes.xaxis, True, height), read_axis(axes.yaxis, False, height)
    if isinstance(mappable, QuadMesh):
        mappable.set_linewidth(0)  # lines between cells lie over the data
    with only(figure, axes, [mappable, *data_artists]):
        bare = render(figure)
    changed = np.abs(image.astype(int) - bare).max(axis=2) > 0
    source = mappable if truth_from is None else truth_from
    source.set_visible(True)
    if grid is None:
        truth = coded_truth(figure, axes, source, box)
    else:
        truth = sampled_truth(axes, box, height, *grid)
        truth[unfilled(truth, mappable.levels, mappable.extend)] = np.nan
    return DrawnFigure(
        name=name,
        tool=tool,
        image=image,
        plot_box=box,
        truth=truth.astype(np.float32),
        occluded=changed[y0:y1, x0:x1],
        bar=bar,
        x_axis=x_axis if axes.axison else None,
        y_axis=y_axis if axes.axison else None,
        tags=tags,
        **_scale_of(source),
    )


def _scale_of(mappable: Any) -> dict[str, Any]:
    """Colours, range, norm and levels of a mappable."""
    cmap, norm = mappable.cmap, mappable.norm
    known = cmap.name if cmap.name in mpl.colormaps else None
    lut = cmap(np.arange(cmap.N), bytes=True)[:, :3]
    scale: dict[str, Any] = {"lut": lut, "cmap": cmap.name, "catalog_name": known}
    levels = getattr(mappable, "levels", None)
    if levels is None and norm.__class__.__name__ == "BoundaryNorm":
        levels = norm.boundaries
    if levels is None:
        kind = "log" if isinstance(norm, LogNorm) else "linear"
        return scale | {"vmin": float(norm.vmin), "vmax": float(norm.vmax), "norm": kind}
    extend = getattr(mappable, "extend", None) or norm.__dict__.get("extend") or "neither"
    levels = np.asarray(levels, float)
    if isinstance(mappable, ContourSet):
        colors = np.asarray(mappable.get_facecolor())
    else:
        inside = (levels[:-1] + levels[1:]) / 2
        ends = [[levels[0] - 1]] if extend in ("min", "both") else []
        tail = [[levels[-1] + 1]] if extend in ("max", "both") else []
        colors = cmap(norm(np.concatenate([*ends, inside, *tail])))
    return scale | {
        "vmin": float(levels[0]),
        "vmax": float(levels[-1]),
        "norm": "linear",
        "levels": tuple(float(level) for level in levels),
        "level_colors": (colors[:, :3] * 255).round().astype(np.uint8),
        "level_extend": extend,
    }
