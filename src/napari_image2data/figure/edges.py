"""Where a box begins and ends, to a fraction of a pixel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Rect = tuple[int, int, int, int]
Box = tuple[float, float, float, float]
SIDES = ("left", "top", "right", "bottom")

BAR_ASPECT = 2.5
"""A colour bar is at least this many times as long as wide."""

SNAPPED = 0.45
"""Pixels by which a renderer that snaps frames and ticks moves them, right and down, on average."""

_OUTSIDE = 4  # lines looked at outside the rectangle
_INK_STEP = 25.0  # levels by which a frame line leaves the way from background to data
_ONE_PEN = 80.0  # levels between the colours of a frame's four sides, at most
_BLEND = 40.0  # levels between a blurred line and the ink with some of what lies beside it
_LEAST_BLENDED, _MOST_BLENDED = -0.12, 0.75
_HIDDEN = 90.0  # levels of luma between a frame and data that may hide one of its sides
_PALE = 45.0  # levels between background and data below which their border is not seen
JPEG_CHROMA_WEIGHT = 0.35  # subsampled chroma smears over 8 pixels, luma does not


_LUMA_CHROMA = np.array([[0.299, 0.587, 0.114], [-0.169, -0.331, 0.5], [0.5, -0.419, -0.081]])


def as_seen(rgb: np.ndarray, *, noisy: bool) -> np.ndarray:
    """Colours ``(..., 3)`` whose differences count: of a JPEG, luma above all.

    A grey difference keeps its size in the first channel.
    """
    if not noisy:
        return rgb
    weights = np.array([1.0, JPEG_CHROMA_WEIGHT, JPEG_CHROMA_WEIGHT])
    return np.asarray(rgb @ _LUMA_CHROMA.T * weights)


@dataclass(frozen=True)
class Edge:
    """One side of a box.

    Attributes
    ----------
    outer, inner : float
        Outer and inner edge of the frame line, pixels inward from the rectangle's side; equal
        where no line is drawn.
    ink : (3,) ndarray or None
        Color of the line; None where no line is drawn.
    """

    outer: float
    inner: float
    ink: np.ndarray | None = None

    @property
    def center(self) -> float:
        """Middle of the frame line, where the data area ends."""
        return (self.outer + self.inner) / 2


@dataclass(frozen=True)
class Outline:
    """A rectangle with its four sides measured.

    Attributes
    ----------
    rect : (x0, y0, x1, y1) int
        The pixels it covers, frame included.
    edges : four Edge
        Left, top, right, bottom.
    """

    rect: Rect
    edges: tuple[Edge, Edge, Edge, Edge]

    @property
    def box(self) -> Box:
        """Edges of the data area: the middle of the frame lines."""
        (x0, y0, x1, y1), (left, top, right, bottom) = self.rect, self.edges
        return (x0 + left.center, y0 + top.center, x1 - right.center, y1 - bottom.center)

    @property
    def inner(self) -> Rect:
        """The pixels that no frame line touches."""
        x0, y0, x1, y1 = self.rect
        touched = [max(0, int(np.ceil(edge.inner - 0.15))) for edge in self.edges]
        return (x0 + touched[0], y0 + touched[1], x1 - touched[2], y1 - touched[3])

    @property
    def extent(self) -> Rect:
        """The rectangle, widened where the data area goes on into the page."""
        (x0, y0, x1, y1), box = self.rect, self.box
        return (
            min(x0, int(np.floor(box[0]))),
            min(y0, int(np.floor(box[1]))),
            max(x1, int(np.ceil(box[2]))),
            max(y1, int(np.ceil(box[3]))),
        )

    @property
    def is_snapped(self) -> bool:
        """Whether frame lines of one pixel (or three) were moved onto whole pixels.

        Such a renderer draws the frame and its ticks up to a pixel right of and below the place
        it computed, half a pixel on average.
        """
        at_middle = [abs(edge % 1 - 0.5) < 0.12 for edge in self.box]
        return self.is_framed and sum(at_middle) >= 3 and round(self.thickness) in (1, 3)

    @property
    def is_framed(self) -> bool:
        """Whether a frame line is on three sides or all: it may be hidden, or broken, on one."""
        return self.framed_sides >= 3

    @property
    def framed_sides(self) -> int:
        """How many sides carry a frame line."""
        return sum(edge.ink is not None for edge in self.edges)

    @property
    def thickness(self) -> float:
        """Median thickness of the frame lines, pixels; 0 without a frame."""
        drawn = [edge.inner - edge.outer for edge in self.edges if edge.ink is not None]
        return float(np.median(drawn)) if drawn else 0.0


def size_of(rect: Rect) -> tuple[int, int]:
    """Width and height of a rectangle."""
    return rect[2] - rect[0], rect[3] - rect[1]


def lines_of(rgb: np.ndarray, rect: Rect, side: str, depths: Sequence[int]) -> np.ndarray:
    """Lines of pixels parallel to a side: ``(len(depths), n, 3)``, depth counted inward.

    Lines outside the picture repeat its border.
    """
    x0, y0, x1, y1 = rect
    height, width = rgb.shape[:2]
    depth = np.asarray(depths)
    if side in ("left", "right"):
        columns = x0 + depth if side == "left" else x1 - 1 - depth
        lines = rgb[y0:y1][:, np.clip(columns, 0, width - 1)].transpose(1, 0, 2)
    else:
        rows = y0 + depth if side == "top" else y1 - 1 - depth
        lines = rgb[np.clip(rows, 0, height - 1), x0:x1]
    return np.asarray(lines, float)


def measure_outline(
    rgb: np.ndarray,
    rect: Rect,
    background: np.ndarray | None,
    *,
    noisy: bool = False,
    known: Mapping[str, float] | None = None,
) -> Outline:
    """Measure the four sides of a rectangle to a fraction of a pixel.

    Across a side the picture goes from background over the frame line to data. Blurring (by
    anti-aliasing, resampling or JPEG) moves light between neighbouring pixels but keeps its sum,
    so the sums over a few pixels across the side give the line's outer and inner edge by linear
    least squares in the three channels (moment-preserving edge location [1]_). Lines that
    disagree (ticks, text) are dropped.

    Parameters
    ----------
    rgb : (H, W, 3) ndarray
        Levels 0..255.
    rect : (x0, y0, x1, y1)
        The pixels the box covers, right to about 2 pixels.
    background : (3,) ndarray or None
        Color of the page, 0..255; None where the box lies on data, of any colours.
    noisy : bool
        Trust luma more than chroma, as JPEG does.
    known : mapping of side to float, optional
        Sides that end in no background (a triangle goes on there) and how far inward the data
        area ends, pixels.

    References
    ----------
    .. [1] A. J. Tabatabai, O. R. Mitchell, "Edge location to subpixel values in digital
       imagery", IEEE Trans. PAMI 6(2), 1984.
    """
    known = known or {}
    first = [
        (Edge(known[side], known[side]), True)
        if side in known
        else _measure_side(rgb, rect, side, background, noisy)
        for side in SIDES
    ]
    if _is_bar_without_frame(rect, [edge for edge, _ in first]):
        # a line at its ends alone is where its colours run fast, or as pale as the page
        first = [
            _measure_side(rgb, rect, side, background, noisy, framed=False)
            if edge.ink is not None
            else (edge, sure)
            for side, (edge, sure) in zip(SIDES, first, strict=True)
        ]
    inks = [edge.ink for edge, _ in first if edge.ink is not None]
    if not inks:
        return Outline(rect, _four(edge for edge, _ in first))
    # one pen draws a frame: a line of another colour is a tick or a stripe of the data
    ink = np.median(inks, axis=0)
    odd = [edge.ink is not None and np.abs(edge.ink - ink).max() > _ONE_PEN for edge, _ in first]
    for k, side in enumerate(SIDES):
        line = first[k][0].ink
        if not odd[k] or line is None:
            continue
        inside = np.median(lines_of(rgb, rect, side, [4, 5]).reshape(-1, 3), axis=0)
        pen = np.where(ink < (inside if background is None else background), 0.0, 255.0)
        beside = (inside,) if background is None else (background, inside)
        if any(_is_blurred(line, color, beside) for color in (ink, pen)):
            first[k] = first[k][0], False
        else:
            first[k] = _measure_side(rgb, rect, side, background, noisy, framed=False)
    drawn = [edge for edge, sure in first if edge.ink is not None and sure]
    if len(drawn) < 2:
        return Outline(rect, _four(edge for edge, _ in first))
    thickness = float(np.median([edge.inner - edge.outer for edge in drawn]))
    closed = sum(edge.ink is not None for edge, _ in first) == 3
    edges = []
    for side, (edge, sure) in zip(SIDES, first, strict=True):
        strange = abs((edge.inner - edge.outer) - thickness) > max(0.7, 0.3 * thickness)
        # data as dark as the frame hides the line's inner edge: its thickness is known
        hiding = None
        if edge.ink is None and closed and background is not None:
            hiding = _hiding(rgb, rect, side, ink, background)
        if side in known:
            pass
        elif hiding is not None:
            edge, _ = _measure_side(
                rgb, rect, side, background, noisy, ink=hiding, thickness=thickness
            )
        elif (not sure or strange) and (
            edge.ink is not None or _is_ink_inside(rgb, rect, side, ink)
        ):
            edge, _ = _measure_side(
                rgb, rect, side, background, noisy, ink=ink, thickness=thickness
            )
        edges.append(edge)
    return Outline(rect, _four(edges))


def _is_blurred(line: np.ndarray, ink: np.ndarray, beside: Sequence[np.ndarray]) -> bool:
    """Whether a line's colour is the ink's with some of the colours beside it in it."""
    ways = np.stack([color - ink for color in beside], axis=1)
    parts, *_ = np.linalg.lstsq(ways, line - ink, rcond=None)
    rest = np.abs(ways @ parts - (line - ink)).max()
    return bool(parts.min() > _LEAST_BLENDED and parts.sum() < _MOST_BLENDED and rest < _BLEND)


def _is_bar_without_frame(rect: Rect, edges: Sequence[Edge]) -> bool:
    """Whether a long rectangle carries no line along its long sides."""
    wide, high = size_of(rect)
    if max(wide, high) < BAR_ASPECT * min(wide, high):
        return False
    return all(edges[k].ink is None for k in ((0, 2) if high > wide else (1, 3)))


def _four(edges: Iterable[Edge]) -> tuple[Edge, Edge, Edge, Edge]:
    left, top, right, bottom = edges
    return left, top, right, bottom


def _trim(n: int) -> slice:
    cut = max(1, min(n // 5, max(3, n // 20)))
    return slice(cut, n - cut)


def _depth_of_window(rect: Rect, side: str) -> int:
    span = rect[2] - rect[0] if side in ("left", "right") else rect[3] - rect[1]
    return int(max(3, min(10, span // 3)))


def _is_ink_inside(rgb: np.ndarray, rect: Rect, side: str, ink: np.ndarray) -> bool:
    lines = lines_of(rgb, rect, side, [2, 3, 4])
    lines = lines[:, _trim(lines.shape[1])]
    return float((np.abs(lines - ink).max(axis=2) < 60).mean()) > 0.3


def _hiding(
    rgb: np.ndarray, rect: Rect, side: str, ink: np.ndarray, page: np.ndarray
) -> np.ndarray | None:
    """The ink of a line that data may hide along a side; None where they would show it.

    Blur has made the ink of the other sides paler: it is at least as dark as the data are.
    """
    lines = lines_of(rgb, rect, side, [2, 3, 4])
    inside = np.median(lines[:, _trim(lines.shape[1])].reshape(-1, 3), axis=0)
    luma = _LUMA_CHROMA[0]
    if luma @ page > luma @ ink:
        return np.minimum(ink, inside) if luma @ (inside - ink) < _HIDDEN else None
    return np.maximum(ink, inside) if luma @ (ink - inside) < _HIDDEN else None


def _measure_side(
    rgb: np.ndarray,
    rect: Rect,
    side: str,
    background: np.ndarray | None,
    noisy: bool,
    *,
    framed: bool = True,
    ink: np.ndarray | None = None,
    thickness: float | None = None,
) -> tuple[Edge, bool]:
    """Edge of one side, and whether its inner edge is well determined."""
    depth = _depth_of_window(rect, side)
    lines = lines_of(rgb, rect, side, range(-_OUTSIDE, depth))
    lines = lines[:, _trim(lines.shape[1])]
    outside = lines[:2].mean(axis=0)
    if background is not None:
        outside = np.median(lines[:2].reshape(-1, 3), axis=0)
        if np.abs(outside - background).max() > 40:
            outside = background
    begin = min(3, depth - 1)
    if ink is None and framed:
        ink, begin = _frame_line(lines, outside, depth)
        if ink is None and noisy:
            # a line that takes on the colours beside it is still dark
            ink, begin = _frame_line(lines, outside, depth, noisy=True)
    elif thickness is not None:
        begin = min(round(thickness) + 2, depth - 1)
    inside = lines[_OUTSIDE + begin :].mean(axis=0)
    color = ink
    if ink is not None and np.median(np.abs(inside - outside).max(axis=1)) < _PALE:
        # between two pale areas only the line itself shows where it is
        return _centroid(lines, (inside + outside) / 2, ink, depth), True
    total = lines.sum(axis=0)
    weights = np.ones(3)
    if noisy:
        total, inside, outside = (
            total @ _LUMA_CHROMA.T,
            inside @ _LUMA_CHROMA.T,
            outside @ _LUMA_CHROMA.T,
        )
        ink = _LUMA_CHROMA @ ink if ink is not None else None
        weights = np.array([1.0, JPEG_CHROMA_WEIGHT, JPEG_CHROMA_WEIGHT])
    ends = _solve(total, inside, outside, ink, depth, weights, thickness)
    if ends is None:
        return Edge(0.0, 0.0), False
    outer, inner = ends
    if ink is None:
        return Edge(outer, outer), True
    contrast = np.median(np.abs(inside - ink).max(axis=1))
    sure = bool(contrast > 40 and 0.2 < inner - outer < depth - 1)
    return Edge(outer, inner, color), sure


def _frame_line(
    rgb_lines: np.ndarray, page: np.ndarray, depth: int, *, noisy: bool = False
) -> tuple[np.ndarray | None, int]:
    """Color of the frame line across a side, None without one, and where the data begins."""
    lines, outside = as_seen(rgb_lines, noisy=noisy), as_seen(page, noisy=noisy)
    inside = lines[_OUTSIDE + min(3, depth - 1) :].mean(axis=0)
    # how far every pixel leaves the straight way from background to data
    way = inside - outside
    length = np.maximum((way**2).sum(axis=1), 1.0)
    part = np.clip(((lines - outside) * way).sum(axis=2) / length, 0, 1)
    off = np.linalg.norm(lines - outside - part[..., None] * way, axis=2)
    typical = np.median(off, axis=1) * (np.sqrt(3) if noisy else 1.0)
    peak = int(typical[_OUTSIDE - 2 : _OUTSIDE + 5].argmax()) + _OUTSIDE - 2
    nothing = None, min(3, depth - 1)
    if typical[peak] <= _INK_STEP:
        return nothing
    seen = np.median(lines[peak], axis=0)
    spread = np.abs(lines[peak] - seen).max(axis=1)
    if (spread < 60).mean() < 0.7 or np.median(np.abs(seen - outside).max(axis=-1)) < 30:
        return nothing
    ink = np.median(rgb_lines[peak], axis=0)
    after = np.flatnonzero(typical[peak:] < 0.25 * typical[peak])
    begin = peak + (int(after[0]) if len(after) else 2) + 1 - _OUTSIDE
    return ink, int(np.clip(begin, 1, depth - 1))


def _centroid(lines: np.ndarray, around: np.ndarray, ink: np.ndarray, depth: int) -> Edge:
    way = ink - around
    part = ((lines - around) * way).sum(axis=2) / np.maximum((way**2).sum(axis=1), 1.0)
    amount = np.clip(np.median(part, axis=1), 0, 1)
    peak = int(amount[: _OUTSIDE + 6].argmax())
    near = slice(max(0, peak - 3), peak + 4)
    position = np.arange(-_OUTSIDE, depth) + 0.5
    center = float(amount[near] @ position[near] / max(1e-9, amount[near].sum()))
    half = float(amount[near].sum()) / 2
    return Edge(center - half, center + half, ink)


def _solve(
    total: np.ndarray,
    inside: np.ndarray,
    outside: np.ndarray,
    ink: np.ndarray | None,
    depth: int,
    weights: np.ndarray,
    thickness: float | None,
) -> tuple[float, float] | None:
    """Outer and inner edge from ``total = outside (o + 4) + ink (i - o) + inside (depth - i)``."""
    known = total - outside * _OUTSIDE - inside * depth
    if ink is None:
        design = (outside - inside)[..., None] * weights[:, None]
    else:
        to_outer = np.broadcast_to(outside - ink, inside.shape)
        to_inner = ink - inside
        if thickness is not None:
            design = (to_outer + to_inner)[..., None] * weights[:, None]
            known = known - to_inner * thickness
        else:
            design = np.stack([to_outer, to_inner], axis=-1) * weights[:, None]
    target = known * weights
    keep = np.ones(len(total), bool)
    solution = np.zeros(design.shape[-1])
    for _ in range(4):
        matrix, vector = design[keep].reshape(-1, design.shape[-1]), target[keep].ravel()
        normal = matrix.T @ matrix
        if np.linalg.eigvalsh(normal)[0] < 1.0 * keep.sum():
            if design.shape[-1] == 1:
                return None
            normal = normal + np.eye(2) * keep.sum()
        solution = np.linalg.solve(normal, matrix.T @ vector)
        rest = np.abs(design @ solution - target).max(axis=1)
        limit = 3.0 * np.median(rest[keep]) + 15.0
        if (rest <= limit).sum() < max(3, 0.3 * len(rest)):
            break
        keep = rest <= limit
    outer = float(solution[0])
    if ink is None:
        inner = outer
    else:
        inner = outer + thickness if thickness is not None else float(solution[1])
    if not (-_OUTSIDE <= outer <= depth and -_OUTSIDE <= inner <= depth + 0.5):
        return None
    return outer, max(inner, outer)
