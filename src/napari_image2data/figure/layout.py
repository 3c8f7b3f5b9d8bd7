"""Plot areas and colour bars: where they are on the page."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from scipy import ndimage

from napari_image2data.figure.edges import Box, Edge, Outline, Rect, measure_outline

_MIN_SIDE = 6  # pixels: a bar thinner than this carries no readable colours
_MIN_LENGTH = 40
_MIN_FILL = 0.6
_BAR_ASPECT = 2.5
_BAR_CONSTANCY = 0.75
_BAR_TOLERANCE = 14.0  # levels off the median across the bar
_MIN_SHARE = 0.3  # of the plot's pixels that must be of the bar's colours
_SHARE_DISTANCE = 25.0


class Background(NamedTuple):
    """Color of the page ``(3,)``, its share of the picture's border, and whether it is noisy."""

    color: np.ndarray
    share: float
    noisy: bool


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
    """

    outline: Outline
    vertical: bool
    profile: np.ndarray
    constancy: float
    extended: tuple[bool, bool] = (False, False)
    share: float = 0.0
    shares: tuple[float, ...] = ()


@dataclass(frozen=True)
class Layout:
    """Everything that `find_layout` found on a page."""

    background: Background
    plots: list[Outline] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)


class _Candidate(NamedTuple):
    """Pixels of a box without triangles, and where along it the triangles begin."""

    rect: Rect
    triangles: dict[str, float]


def find_background(rgb: np.ndarray) -> Background:
    """The page: the commonest colour along the picture's border.

    Parameters
    ----------
    rgb : (H, W, 3) uint8 ndarray
    """
    border = np.concatenate([rgb[0], rgb[-1], rgb[:, 0], rgb[:, -1], *_second_lines(rgb)]).astype(
        int
    )
    cells, count = np.unique(border // 8 @ np.array([1, 64, 4096]), return_counts=True)
    mode = np.median(border[border // 8 @ np.array([1, 64, 4096]) == cells[count.argmax()]], axis=0)
    share = float((np.abs(border - mode).max(axis=1) <= 12).mean())
    off = np.abs(rgb.astype(int) - mode).max(axis=2)
    # JPEG leaves faint specks around ink on an otherwise flat page
    solid = ndimage.binary_dilation(_large_components(off > 24), iterations=4)
    near = (off <= 10) & ~solid
    specks = off[near & (off > 0)]
    noisy = bool(
        near.any()
        and len(specks) > 0.015 * near.sum()
        and np.median(specks) < 6
        and len(np.unique(specks)) > 4
    )
    return Background(mode.astype(float), share, noisy)


def _second_lines(rgb: np.ndarray) -> list[np.ndarray]:
    if min(rgb.shape[:2]) < 6:
        return []
    return [rgb[2], rgb[-3], rgb[:, 2], rgb[:, -3]]


def _large_components(mask: np.ndarray) -> np.ndarray:
    labels, _ = ndimage.label(mask, np.ones((3, 3)))
    large = np.zeros(mask.shape, bool)
    for window in ndimage.find_objects(labels):
        if max(window[0].stop - window[0].start, window[1].stop - window[1].start) > 60:
            large[window] = True
    return large


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
        The plots largest first, the bars likeliest first. A picture without a page around it
        is one plot that covers it all.
    """
    background = find_background(rgb)
    height, width = rgb.shape[:2]
    plots: list[Outline] = []
    bars: list[Bar] = []
    if background.share >= 0.3:
        for candidate in _candidates(rgb, background):
            outline = measure_outline(
                rgb,
                candidate.rect,
                background.color,
                noisy=background.noisy,
                known=candidate.triangles,
            )
            bar = _as_bar(rgb, outline, candidate.triangles)
            if bar is not None:
                bars.append(bar)
            elif _area(candidate.rect) > 0.02 * width * height and min(_size(candidate.rect)) > 40:
                plots.append(outline)
    if not plots:
        whole = (0, 0, width, height)
        edge = Edge(0.0, 0.0)
        plots = [Outline(whole, (edge, edge, edge, edge))] if not bars else []
    plots.sort(key=lambda plot: -_area(plot.rect))
    plots = [plot for plot in plots if _area(plot.rect) > 0.3 * _area(plots[0].rect)]
    plots = _apart(plots)
    kept: list[Bar] = []
    for bar in bars:
        if any(overlap_share(bar.outline.rect, plot.rect) > 0.5 for plot in plots):
            continue
        shares = tuple(_color_share(rgb, bar, plot) for plot in plots)
        if shares and max(shares) > _MIN_SHARE:
            kept.append(
                Bar(
                    bar.outline, bar.vertical, bar.profile, bar.constancy, bar.extended,
                    max(shares), shares,
                )
            )  # fmt: skip
    kept.sort(key=lambda bar: -bar.share * bar.constancy * np.sqrt(max(_size(bar.outline.rect))))
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
            and bar.outline.framed_sides > apart[again[0]].outline.framed_sides
            and bar.share > apart[again[0]].share - 0.03
        ):
            # the same bar at another threshold, its frame seen better
            apart[again[0]] = bar
    return Layout(background, plots, apart)


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


def _size(rect: Rect) -> tuple[int, int]:
    return rect[2] - rect[0], rect[3] - rect[1]


def _area(rect: Rect) -> int:
    width, height = _size(rect)
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


def _candidates(rgb: np.ndarray, background: Background) -> list[_Candidate]:
    """Filled rectangles, found at the lowest threshold first."""
    off = np.abs(rgb.astype(float) - background.color).max(axis=2)
    found: list[_Candidate] = []
    for threshold in (10, 24, 60) if background.noisy else (2, 8, 24, 60):
        smooth = background.noisy and threshold < 24
        mask = (ndimage.median_filter(off, 3) if smooth else off) > threshold
        if threshold <= 8:
            mask |= ndimage.binary_closing(mask, np.ones((3, 3)))
        labels, _ = ndimage.label(mask, np.ones((3, 3)))
        for index, window in enumerate(ndimage.find_objects(labels), start=1):
            high, wide = (part.stop - part.start for part in window)
            if max(high, wide) < _MIN_LENGTH or min(high, wide) < _MIN_SIDE:
                continue
            filled = ndimage.binary_fill_holes(labels[window] == index)
            rect = _solid_part(filled)
            rect = _round_part(filled, rect) if rect is not None else None
            if rect is None or max(_size(rect)) < _MIN_LENGTH or min(_size(rect)) < _MIN_SIDE:
                continue
            if filled[rect[1] : rect[3], rect[0] : rect[2]].mean() < _MIN_FILL:
                continue
            rect, triangles = _without_triangles(filled, rect)
            x, y = window[1].start, window[0].start
            rect = (rect[0] + x, rect[1] + y, rect[2] + x, rect[3] + y)
            if not any(_same(rect, other.rect) for other in found):
                found.append(_Candidate(rect, triangles))
    return found


def _same(a: Rect, b: Rect) -> bool:
    return max(abs(p - q) for p, q in zip(a, b, strict=True)) <= 1


def _solid_part(filled: np.ndarray, coverage: float = 0.5) -> Rect | None:
    """Cut off lines and columns that are mostly empty: ticks, labels, tips."""
    x0, y0, x1, y1 = 0, 0, filled.shape[1], filled.shape[0]
    for _ in range(3):
        columns = np.flatnonzero(filled[y0:y1, x0:x1].mean(axis=0) >= coverage)
        if not len(columns):
            return None
        x0, x1 = x0 + int(columns[0]), x0 + int(columns[-1]) + 1
        rows = np.flatnonzero(filled[y0:y1, x0:x1].mean(axis=1) >= coverage)
        if not len(rows):
            return None
        y0, y1 = y0 + int(rows[0]), y0 + int(rows[-1]) + 1
    return x0, y0, x1, y1


def _round_part(filled: np.ndarray, rect: Rect) -> Rect:
    """Give a round map back the segments that `_solid_part` has cut off.

    Rows of a disc grow narrower bit by bit; ticks and labels cover little from the start.
    """
    if min(_size(rect)) < 60:
        return rect
    loose = _solid_part(filled, 0.1)
    if loose is None:
        return rect
    grown = list(rect)
    for side in range(4):
        cut = abs(loose[side] - rect[side])
        if cut < 4:
            continue
        low, high = sorted((loose[side], rect[side]))
        part = (
            filled[rect[1] : rect[3], low:high]
            if side % 2 == 0
            else (filled[low:high, rect[0] : rect[2]])
        )
        coverage = part.mean(axis=side % 2)
        if coverage.mean() > 0.2 and np.abs(np.diff(coverage)).max(initial=0.0) < 0.15:
            grown[side] = loose[side]
    return grown[0], grown[1], grown[2], grown[3]


def _without_triangles(filled: np.ndarray, rect: Rect) -> tuple[Rect, dict[str, float]]:
    """Cut off the triangles that continue a colour bar beyond its ends."""
    x0, y0, x1, y1 = rect
    wide, high = _size(rect)
    if max(wide, high) < _BAR_ASPECT * min(wide, high):
        return rect, {}
    vertical = high >= wide
    widths = filled[y0:y1, x0:x1].sum(axis=1 if vertical else 0).astype(float)
    full_width = float(np.median(widths))
    full = np.flatnonzero(widths >= full_width - max(1.0, 0.06 * full_width))
    cut, triangles = [0, 0], {}
    names = ("top", "bottom") if vertical else ("left", "right")
    for k, ordered in enumerate((widths, widths[::-1])):
        first = int(full[0]) if k == 0 else len(widths) - 1 - int(full[-1])
        if _is_triangle(ordered[:first], full_width):
            base = _triangle_base(ordered, first, full_width)
            cut[k] = int(base)
            triangles[names[k]] = base - int(base)
    if vertical:
        return (x0, y0 + cut[0], x1, y1 - cut[1]), triangles
    return (x0 + cut[0], y0, x1 - cut[1], y1), triangles


def _is_triangle(widths: np.ndarray, full_width: float) -> bool:
    """Whether widths grow from a tip to the bar's full width."""
    if len(widths) < 4 or widths[0] > 0.75 * full_width:
        return False
    return bool((np.diff(widths) >= -1).mean() > 0.8)


def _triangle_base(widths: np.ndarray, first_full: int, full_width: float) -> float:
    """Where the line through a triangle's widths reaches the bar's full width."""
    index = np.arange(len(widths))
    slanted = (widths > 0.15 * full_width) & (widths < 0.88 * full_width)
    slanted &= index < first_full + 3
    if slanted.sum() < 3:
        return first_full
    slope, start = np.polyfit(index[slanted] + 0.5, widths[slanted], 1)
    if slope <= 0:
        return first_full
    return float(np.clip((full_width - start) / slope, first_full - 1, first_full + 4))


def _as_bar(rgb: np.ndarray, outline: Outline, triangles: dict[str, float]) -> Bar | None:
    """The rectangle as a colour bar, if its colours are constant across and vary along it."""
    wide, high = _size(outline.rect)
    if max(wide, high) < _BAR_ASPECT * min(wide, high):
        return None
    x0, y0, x1, y1 = outline.inner
    crop = rgb[y0:y1, x0:x1].astype(float)
    if min(crop.shape[:2]) < 3:
        return None
    vertical = high >= wide
    if not vertical:
        crop = crop.transpose(1, 0, 2)
    cut = max(1, crop.shape[1] // 6) if crop.shape[1] >= 5 else 0
    core = crop[:, cut : crop.shape[1] - cut]
    profile = np.median(core, axis=1)
    constancy = float((np.abs(core - profile[:, None]).max(axis=2) < _BAR_TOLERANCE).mean())
    n_colors = len(np.unique(profile // 6, axis=0))
    if constancy <= _BAR_CONSTANCY or np.ptp(profile, axis=0).max() <= 40 or n_colors < 4:
        return None
    ends = ("top", "bottom") if vertical else ("left", "right")
    extended = (ends[0] in triangles, ends[1] in triangles)
    return Bar(outline, vertical, profile, constancy, extended)


def _color_share(rgb: np.ndarray, bar: Bar, plot: Outline) -> float:
    """Share of a plot's pixels that have a colour of the bar."""
    from scipy.spatial import cKDTree

    x0, y0, x1, y1 = plot.inner
    step = max(1, int(np.sqrt(max(1, (x1 - x0) * (y1 - y0)) / 20000)))
    pixels = rgb[y0 + 2 : y1 - 2 : step, x0 + 2 : x1 - 2 : step].reshape(-1, 3).astype(float)
    if not len(pixels):
        return 0.0
    distance, _ = cKDTree(bar.profile).query(pixels)
    return float((distance < _SHARE_DISTANCE).mean())
