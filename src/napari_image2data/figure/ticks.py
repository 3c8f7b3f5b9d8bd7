"""Tick marks along the sides of a box."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from napari_image2data.figure.edges import SIDES, Outline, Rect, lines_of

_MARK = 40.0  # levels off the background that make a mark
_INWARD_MARK = 18.0
_WIDEST = 6
_ASIDE = 3  # pixels beside a mark where there is none
_ENOUGH = 4  # marks: with fewer, shorter ones are looked for
_DENSEST = 6  # pixels between marks on average: more are a pattern of the data
_PENS = (np.full(3, 255.0), np.zeros(3))


@dataclass(frozen=True)
class Ticks:
    """Tick marks of one side.

    Attributes
    ----------
    positions : tuple of float
        Middle of each mark along the side, pixels, edge coordinates.
    outward : bool
        Drawn outside the box.
    length : float
        How far the marks reach from the rectangle's side, pixels (median); 0 when unknown.
    guessed : tuple of float
        Those of the positions where a mark was not seen but may be hidden: the frame's corners.
    """

    positions: tuple[float, ...] = ()
    outward: bool = True
    length: float = 0.0
    guessed: tuple[float, ...] = ()

    @property
    def is_snapped(self) -> bool:
        """Whether marks of one pixel (or three) were moved onto whole pixels."""
        middle = np.abs(np.array(self.positions) % 1 - 0.5)
        return self.outward and 2 <= self.length <= 8 and bool(len(middle) and middle.max() < 0.12)


def find_ticks(rgb: np.ndarray, outline: Outline, side: str, background: np.ndarray) -> Ticks:
    """Tick marks of one side of a box: those outside it, else those inside.

    Parameters
    ----------
    rgb : (H, W, 3) ndarray
    outline : Outline
    side : {"left", "right", "top", "bottom"}
    background : (3,) ndarray
    """
    outward = Ticks()
    for n_lines in (3, 2, 1):
        # short marks of a shrunken picture cover a line or two
        found = _outward(rgb, outline, side, background, n_lines)
        if len(found.positions) > len(outward.positions):
            outward = found
        if len(outward.positions) >= _ENOUGH:
            break
    if len(outward.positions) >= 2:
        return outward
    opposite = {"left": "right", "right": "left", "top": "bottom", "bottom": "top"}[side]
    for n_lines in (3, 2):
        inward = _inward(rgb, outline, side, n_lines)
        # renderers that draw ticks inward mirror them, and dark data may hide one of the two
        inward += [
            p
            for p in _inward(rgb, outline, opposite, n_lines)
            if all(abs(p - q) > 2 for q in inward)
        ]
        if len(inward) >= 2:
            low, high = (1, 3) if side in ("left", "right") else (0, 2)
            corners = outline.box[low], outline.box[high]
            framed = any(corner in inward for corner in corners)
            return Ticks(tuple(sorted(inward)), False, guessed=corners if framed else ())
    return outward


def _outward(
    rgb: np.ndarray, outline: Outline, side: str, background: np.ndarray, n_lines: int
) -> Ticks:
    """Marks outside a box that cover at least some lines beside its frame."""
    x0, y0, x1, y1 = _lengthened(outline, side)
    height, width = rgb.shape[:2]
    margin = 4
    vertical = side in ("left", "right")
    rect = (x0, max(0, y0 - margin), x1, min(height, y1 + margin))
    if not vertical:
        rect = (max(0, x0 - margin), y0, min(width, x1 + margin), y1)
    start = rect[1] if vertical else rect[0]
    room = {"left": x0, "top": y0, "right": width - x1, "bottom": height - y1}[side]
    if room < 3:
        return Ticks()
    first = int(np.floor(outline.edges[SIDES.index(side)].outer - 0.6))
    depths = list(range(first - 1, first - 1 - min(14, room), -1))
    off = np.abs(lines_of(rgb, rect, side, depths) - background).max(axis=2)
    off = off - np.median(off, axis=1, keepdims=True)
    mark = off[:n_lines].min(axis=0)
    if mark.max() < _MARK:
        return Ticks()
    positions, lengths = [], []
    level = max(0.5 * _MARK, 0.3 * float(np.percentile(mark, 99.5)))
    for begin, end in runs_of(mark > level):
        if end - begin > _WIDEST or mark[begin:end].max() < _MARK:
            continue
        a, b = max(0, begin - 1), min(len(mark), end + 1)
        weight = np.clip(mark[a:b], 0, None)
        positions.append(start + float((np.arange(a, b) + 0.5) @ weight / weight.sum()))
        column = off[:, begin:end].max(axis=1) > 0.5 * mark[begin:end].max()
        n_covered = int(np.argmin(column)) if not column.all() else len(column)
        lengths.append(n_covered - first)
    if len(positions) * _DENSEST > len(mark):
        return Ticks()
    return Ticks(tuple(positions), True, float(np.median(lengths)) if lengths else 0.0)


def _lengthened(outline: Outline, side: str) -> Rect:
    """The rectangle of a box, as long as the box along one side."""
    x0, y0, x1, y1 = outline.rect
    a, b, c, d = outline.extent
    return (x0, b, x1, d) if side in ("left", "right") else (a, y0, c, y1)


def _inward(rgb: np.ndarray, outline: Outline, side: str, n_lines: int) -> list[float]:
    """Marks inside a box, in the frame's colour; white or black ones where it has no frame."""
    edge = outline.edges[SIDES.index(side)]
    first = max(0, int(np.ceil(edge.inner - 0.15)))
    lines = lines_of(rgb, outline.rect, side, range(first, first + n_lines))
    if edge.ink is None:
        positions = max((_marks(lines, ink) for ink in _PENS), key=len)
    else:
        positions = _marks(lines, edge.ink)
    low, high = (1, 3) if side in ("left", "right") else (0, 2)
    positions = [outline.rect[low] + place for place in positions]
    if positions and edge.ink is not None:
        # the frame's corners hide the marks at the ends
        positions += [outline.box[low], outline.box[high]]
    return positions


def _marks(lines: np.ndarray, ink: np.ndarray) -> list[float]:
    """Short strokes across some lines at once, nearer to the ink than what lies on both sides.

    At the border of two cells or bands the colour of one side goes on.
    """
    index = np.arange(lines.shape[1])
    off = np.linalg.norm(lines - ink, axis=2)
    before = off[:, np.clip(index - _ASIDE, 0, len(index) - 1)]
    after = off[:, np.clip(index + _ASIDE, 0, len(index) - 1)]
    step = (np.minimum(before, after) - off).min(axis=0)
    found = [
        float((np.arange(a, b) + 0.5) @ step[a:b] / step[a:b].sum())
        for a, b in runs_of(step > _INWARD_MARK)
        if b - a <= 4 and a > _ASIDE and b < len(step) - _ASIDE
    ]
    return found if len(found) * _DENSEST < len(step) else []


def runs_of(mask: np.ndarray) -> list[tuple[int, int]]:
    """Start and stop of every run of True."""
    steps = np.diff(np.concatenate([[0], mask.astype(np.int8), [0]]))
    return list(zip(np.flatnonzero(steps == 1), np.flatnonzero(steps == -1), strict=True))
