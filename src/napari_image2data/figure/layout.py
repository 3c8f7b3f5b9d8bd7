"""Plot areas and colour bars: where they are on the page."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from napari_image2data.figure.edges import (
    BAR_ASPECT,
    Box,
    Edge,
    Outline,
    Rect,
    as_seen,
    measure_outline,
    size_of,
)
from napari_image2data.figure.map_ends import shows_whole_map
from napari_image2data.figure.mapped import is_color_mapped
from napari_image2data.figure.rectangles import (
    Background,
    find_background,
    find_rectangles,
)

_LOWEST_PLOT, _LOWEST_STRIP = 40, 12  # pixels
_BAR_CONSTANCY = 0.75
_BAR_SPAN = 40.0  # levels of a channel between a bar's colours, at least
_BAR_TOLERANCE = 14.0  # levels off the median across the bar
_MIN_SHARE = 0.3  # of the plot's pixels that must be of the bar's colours
_SHARE_DISTANCE = 25.0
_FEW = 1000  # pixels of a plot that tell whether a bar is none of its
_LENIENT = 0.8
_LESS_SHOWN = 0.03, 0.1  # share that a better outline may have less; one without its triangles
_SHORTEST = 0.125  # of a plot's longer side: a bar; letters are shorter
_GIVE = 4  # pixels by which a measured outline may be thinner or longer than what was found
_SURE_PAGE = 0.3  # of the picture's border in one colour: a page lies around the plots
_LEAST_PAGE = 0.15  # a margin at one side, as of thermal stills: where it holds a bar
_ALIKE = 0.9  # of an area: plots of about one size
_SEEN_DISTANCE, _SEEN_LEAST = 8.0, 0.003  # levels, share of the pixels


@dataclass(frozen=True)
class Bar:
    """A colour bar.

    Attributes
    ----------
    outline : Outline
    vertical : bool
    profile : (N, 3) ndarray
        Median colour across the bar, from its top or left end.
    constancy : float
        Share of its pixels that have the colour of their line.
    extended : (bool, bool)
        Whether a triangle continues the bar at its top or left, bottom or right end.
    share : float
        Largest share of a plot's pixels that have a colour of the bar.
    shares : tuple of float
        That share for every plot of the layout.
    seen : tuple of float
        For every plot, the share of the bar's length whose colours the plot shows.
    """

    outline: Outline
    vertical: bool
    profile: np.ndarray
    constancy: float
    extended: tuple[bool, bool] = (False, False)
    share: float = 0.0
    shares: tuple[float, ...] = ()
    seen: tuple[float, ...] = ()


@dataclass(frozen=True)
class Layout:
    """Everything that `find_layout` found on a page."""

    background: Background
    plots: list[Outline] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)


def find_layout(rgb: np.ndarray) -> Layout:
    """Find the plot areas and colour bars of a figure.

    Whatever differs from the page's colour is cut into connected pieces at several thresholds; a
    piece that fills a rectangle is a plot area, or a colour bar when its colours are constant
    across and vary along it. A bar is kept when the plots show its colours.

    Parameters
    ----------
    rgb : (H, W, 3) uint8 ndarray

    Returns
    -------
    Layout
        The plots largest first, those of one size as one reads; the bars likeliest first. A picture
        without a page around it is one plot that covers it all.
    """
    background = find_background(rgb)
    height, width = rgb.shape[:2]
    plots: list[Outline] = []
    strips: list[Outline] = []
    bars: list[Bar] = []
    if background.share >= _LEAST_PAGE:
        least = 0.02 * width * height
        found = find_rectangles(rgb, background)
        for candidate in sorted(found, key=lambda candidate: _area(candidate.rect) < least):
            if _area(candidate.rect) < least and (
                max(size_of(candidate.rect)) < _SHORTEST * _length_of_plots(plots)
                or not _may_be_bar(rgb, candidate.rect, noisy=background.noisy)
            ):
                continue  # a letter
            outline = measure_outline(
                rgb,
                candidate.rect,
                background.color,
                noisy=background.noisy,
                known=candidate.triangles,
            )
            bar = as_bar(rgb, outline, candidate.triangles, noisy=background.noisy)
            if bar is not None:
                bars.append(bar)
            elif not candidate.joined and _area(candidate.rect) > least:
                if min(size_of(candidate.rect)) > _LOWEST_PLOT:
                    plots.append(outline)
                elif min(size_of(candidate.rect)) > _LOWEST_STRIP:
                    strips.append(outline)
    if not plots and bars:
        plots = strips  # a section much longer than high
    if not plots:
        plots = [_whole(rgb)] if not bars else []
    plots = _largest(plots)
    plots = _in_order(_apart(_without_unions(plots, bars)))
    kept: list[Bar] = []
    for bar in bars:
        if any(lies_in(bar.outline.rect, plot.rect) for plot in plots):
            continue
        kept.append(bar)
    kept = with_shares(rgb, kept, plots)
    shown = [bar for bar in kept if bar.share > _MIN_SHARE]
    if not shown and kept and not any(_has_own_map(rgb, plot) for plot in plots):
        # under a hillshade, or laid over a photo, a plot shows its bar's colours changed
        shown = [bar for bar in kept if shows_whole_map(bar, noisy=background.noisy)]
    kept = shown
    kept.sort(key=lambda bar: -bar.share * bar.constancy * np.sqrt(max(size_of(bar.outline.rect))))
    apart: list[Bar] = []
    for bar in kept:
        again = [
            k for k, other in enumerate(apart) if overlaps(bar.outline.rect, other.outline.rect)
        ]
        if not again:
            apart.append(bar)
        elif (
            len(again) == 1
            and iou(bar.outline.rect, apart[again[0]].outline.rect) > 0.75
            and _sides_seen(bar) > _sides_seen(apart[again[0]])
            and bar.share > apart[again[0]].share - _LESS_SHOWN[any(bar.extended)]
        ):
            # the same bar at another threshold, its frame or its triangles seen better
            apart[again[0]] = bar
    if background.share < _SURE_PAGE and not apart:
        plots = [_whole(rgb)]
    return Layout(background, plots, apart)


def _whole(rgb: np.ndarray) -> Outline:
    """The picture as one plot that covers it all."""
    edge = Edge(0.0, 0.0)
    return Outline((0, 0, rgb.shape[1], rgb.shape[0]), (edge, edge, edge, edge))


def _has_own_map(rgb: np.ndarray, plot: Outline) -> bool:
    """Whether a plot's colours lie along a known map."""
    x0, y0, x1, y1 = plot.inner
    return is_color_mapped(rgb[max(0, y0) : y1, max(0, x0) : x1])


def _sides_seen(bar: Bar) -> int:
    """How many of a bar's sides end in a frame line or in a triangle."""
    return bar.outline.framed_sides + sum(bar.extended)


def _largest(plots: list[Outline]) -> list[Outline]:
    """Plots from large to small, without those that are small beside the largest."""
    plots = sorted(plots, key=lambda plot: -_area(plot.rect))
    return [plot for plot in plots if _area(plot.rect) > 0.3 * _area(plots[0].rect)]


def _length_of_plots(plots: list[Outline]) -> int:
    """The longer side of the plot where it is shortest, pixels; 0 without plots."""
    return min((max(size_of(plot.rect)) for plot in _largest(plots)), default=0)


def _without_unions(plots: list[Outline], bars: list[Bar]) -> list[Outline]:
    """Drop what is a plot and its bar run together by blur: both are there by themselves."""
    kept = []
    for plot in plots:
        inside = [bar.outline for bar in bars if overlap_share(bar.outline.rect, plot.rect) > 0.8]
        union = any(
            other is not plot
            and overlap_share(other.rect, plot.rect) > 0.9
            and _area(other.rect) > 0.6 * _area(plot.rect)
            and not overlaps(other.rect, bar.rect)
            for bar in inside
            for other in plots
        )
        if not union:
            kept.append(plot)
    return kept


def _apart(plots: list[Outline]) -> list[Outline]:
    """Each plot once, of its outlines at several thresholds the one whose frame is seen best."""
    kept: list[Outline] = []
    for plot in plots:
        again = [k for k, other in enumerate(kept) if overlap_share(plot.rect, other.rect) > 0.5]
        if not again:
            kept.append(plot)
        elif iou(plot.box, kept[again[0]].box) > 0.85:
            known = kept[again[0]]
            if plot.framed_sides > known.framed_sides:
                kept[again[0]] = plot
    return kept


def overlaps(a: Rect | Box, b: Rect | Box) -> bool:
    """Whether two rectangles have a point in common."""
    return min(a[2], b[2]) > max(a[0], b[0]) and min(a[3], b[3]) > max(a[1], b[1])


def lies_in(a: Rect | Box, b: Rect | Box) -> bool:
    """Whether most of rectangle ``a`` lies inside ``b``."""
    return overlap_share(a, b) > 0.5


def _area(rect: Rect) -> int:
    width, height = size_of(rect)
    return max(0, width) * max(0, height)


def overlap_share(a: Rect | Box, b: Rect | Box) -> float:
    """Share of rectangle ``a`` that lies inside ``b``."""
    width = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    height = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    return width * height / max(1e-9, (a[2] - a[0]) * (a[3] - a[1]))


def iou(a: Rect | Box, b: Rect | Box) -> float:
    """Intersection over union of two rectangles."""
    width = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    height = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    common = width * height
    areas = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1])
    return float(common / max(1e-9, areas - common))


def _in_order(plots: list[Outline]) -> list[Outline]:
    """Plots from large to small, and of about one size row by row, each from left to right."""
    ordered: list[Outline] = []
    left = sorted(plots, key=lambda plot: -_area(plot.rect))
    while left:
        alike = [plot for plot in left if _area(plot.rect) >= _ALIKE * _area(left[0].rect)]
        left = left[len(alike) :]
        alike.sort(key=lambda plot: plot.rect[1])
        while alike:
            _, top, _, bottom = alike[0].rect
            row = [plot for plot in alike if plot.rect[1] < (top + bottom) / 2]
            alike = alike[len(row) :]
            ordered += sorted(row, key=lambda plot: plot.rect[0])
    return ordered


def _may_be_bar(rgb: np.ndarray, rect: Rect, *, noisy: bool) -> bool:
    """Whether a rectangle may be a bar, give or take what measuring its outline may change."""
    (wide, high), (x0, y0, x1, y1) = size_of(rect), rect
    narrow, long = sorted((wide, high))
    if long + _GIVE < BAR_ASPECT * (narrow - _GIVE):
        return False
    if narrow <= 2 * _GIVE:
        return True
    frame = narrow // 4
    core = (x0 + frame, y0, x1 - frame, y1) if high >= wide else (x0, y0 + frame, x1, y1 - frame)
    profile, constancy = _along(rgb, core, high >= wide, noisy=noisy)
    span = float(np.ptp(profile, axis=0).max())
    return constancy > _LENIENT * _BAR_CONSTANCY and span > _LENIENT * _BAR_SPAN


def as_bar(
    rgb: np.ndarray, outline: Outline, triangles: dict[str, float], *, noisy: bool
) -> Bar | None:
    """The rectangle as a colour bar, if its colours are constant across and vary along it."""
    wide, high = size_of(outline.rect)
    if max(wide, high) < BAR_ASPECT * min(wide, high) or min(size_of(outline.inner)) < 2:
        return None
    vertical = high >= wide
    profile, constancy = _along(rgb, outline.inner, vertical, noisy=noisy)
    n_colors = len(np.unique(profile // 6, axis=0))
    if constancy <= _BAR_CONSTANCY or np.ptp(profile, axis=0).max() <= _BAR_SPAN or n_colors < 4:
        return None
    ends = ("top", "bottom") if vertical else ("left", "right")
    extended = (ends[0] in triangles, ends[1] in triangles)
    return Bar(outline, vertical, profile, constancy, extended)


def _along(rgb: np.ndarray, rect: Rect, vertical: bool, *, noisy: bool) -> tuple[np.ndarray, float]:
    """Median colour across every line of a rectangle, and the share of its pixels that have it."""
    x0, y0, x1, y1 = rect
    crop = rgb[y0:y1, x0:x1].astype(float)
    if not vertical:
        crop = crop.transpose(1, 0, 2)
    cut = max(1, crop.shape[1] // 6) if crop.shape[1] >= 5 else 0
    core = crop[:, cut : crop.shape[1] - cut]
    profile = np.median(core, axis=1)
    away = np.abs(as_seen(core - profile[:, None], noisy=noisy)).max(axis=2)
    return profile, float((away < _BAR_TOLERANCE).mean())


def with_shares(rgb: np.ndarray, bars: list[Bar], plots: list[Outline]) -> list[Bar]:
    """The bars with the shares of the plots that have their colours; none without plots."""
    palettes = [_palette(rgb, plot) for plot in plots]
    found = []
    for bar in bars if plots else []:
        shares, seen = zip(*(_color_shares(bar, palette) for palette in palettes), strict=True)
        found.append(replace(bar, share=max(shares), shares=shares, seen=seen))
    return found


def _palette(rgb: np.ndarray, plot: Outline) -> np.ndarray:
    """Colors ``(N, 3)`` of a plot's pixels, some 20 000 spread evenly, in random order."""
    x0, y0, x1, y1 = plot.inner
    step = max(1, int(np.sqrt(max(1, (x1 - x0) * (y1 - y0)) / 20000)))
    pixels = rgb[y0 + 2 : y1 - 2 : step, x0 + 2 : x1 - 2 : step].reshape(-1, 3).astype(float)
    return np.random.default_rng(0).permutation(pixels)


def _color_shares(bar: Bar, pixels: np.ndarray) -> tuple[float, float]:
    """Share of a plot's pixels that have a bar's colours, and of these that the plot has."""
    from scipy.spatial import cKDTree

    if not len(pixels):
        return 0.0, 0.0
    colors = cKDTree(bar.profile)
    share = float((colors.query(pixels[:_FEW])[0] < _SHARE_DISTANCE).mean())
    if share < _LENIENT * _MIN_SHARE:
        return share, 0.0  # a line of text, as pages have hundreds
    distance, _ = colors.query(pixels)
    some = bar.profile[np.linspace(0, len(bar.profile) - 1, 64).round().astype(int)]
    count = cKDTree(pixels).query_ball_point(some, _SEEN_DISTANCE, return_length=True)
    seen = float((count > _SEEN_LEAST * len(pixels)).mean())
    return float((distance < _SHARE_DISTANCE).mean()), seen
