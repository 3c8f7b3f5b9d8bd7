"""Colour bars inside a plot area: on the data themselves, or on a box that covers some of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import ndimage

from napari_image2data.figure.calibrate import calibrate_side
from napari_image2data.figure.edges import BAR_ASPECT, Outline, measure_outline
from napari_image2data.figure.layout import Bar, Layout, as_bar, overlaps, with_shares
from napari_image2data.figure.map_ends import shows_whole_map
from napari_image2data.figure.text import Text, read_texts
from napari_image2data.figure.ticks import runs_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_image2data.figure.edges import Box, Rect

_STEP, _NOISY_STEP = 12.0, 24.0  # levels from one line to the next along the side of a bar
_LEAST_LENGTH = 50  # pixels
_LEAST_WIDTH, _MOST_WIDTH = 6, 0.2  # pixels; share of the plot's shorter side
_GAP = 21  # pixels along a side without a step: a colour that is the same on both of its sides
_SEEN = 0.6  # of a side that shows a step
_OFF_END = 6  # pixels that two sides of one bar may differ at their ends
_THICKEST = 5  # pixels, of a frame line
_MARGIN = 4  # pixels along the frame of the plot where no bar is
_MOST_LINES = 120  # of each direction: more are borders of cells
_MIN_SHARE = 0.5  # of the plot's pixels that must be of the bar's colours
_MOST_PAPER = 0.3  # of its length in the page's colour
_MOST_STRIPS = 4  # that are looked at for labels
_LEAST_LABELS = 3
_REACH = 90  # pixels around a bar where its labels stand
_STROKE = 9  # pixels: what is narrower, and as white or black as a pen, is ink
_CONTRAST = 60.0  # levels between ink and data
_FLAT, _BOX_SHARE, _MOST_BOX = 12.0, 0.8, 0.6  # levels; of its rim; of the plot


class _Line(NamedTuple):
    """Lines ``first`` to ``last`` in which a step is seen from ``start`` to ``stop``."""

    first: int
    last: int
    start: int
    stop: int


def find_inner_bars(rgb: np.ndarray, layout: Layout) -> list[Bar]:
    """Strips inside the plot areas that look like colour bars.

    Two straight sides of one length run in parallel, closed at both ends; what lies between is
    constant across and varies along; it has a frame, or shows a whole map of the catalogue; and the
    plot shows its colours. Those without labels are none (see `with_labels`).

    Parameters
    ----------
    rgb : (H, W, 3) uint8 ndarray
    layout : Layout
        Plot areas of the page.

    Returns
    -------
    list of Bar
        The longest first; none of them overlap.
    """
    found: list[Bar] = []
    noisy = layout.background.noisy
    for plot in layout.plots:
        x0, y0, x1, y1 = plot.inner
        x0, y0 = max(0, x0) + _MARGIN, max(0, y0) + _MARGIN
        part = rgb[y0 : y1 - _MARGIN, x0 : x1 - _MARGIN].astype(np.float32)
        if min(part.shape[:2]) < _LEAST_LENGTH:
            continue
        widest = max(_LEAST_WIDTH, int(_MOST_WIDTH * min(part.shape[:2])))
        rects = _strips(part, widest, noisy=noisy)
        rects += [(b, a, d, c) for a, b, c, d in _strips(part.swapaxes(0, 1), widest, noisy=noisy)]
        for rect in rects:
            placed = (rect[0] + x0, rect[1] + y0, rect[2] + x0, rect[3] + y0)
            bar = as_bar(rgb, measure_outline(rgb, placed, None, noisy=noisy), {}, noisy=noisy)
            if bar is not None:
                found.append(bar)
    shown = [bar for bar in with_shares(rgb, found, layout.plots) if bar.share >= _MIN_SHARE]
    shown.sort(key=lambda bar: -max(np.subtract(bar.outline.rect[2:], bar.outline.rect[:2])))
    apart: list[Bar] = []
    for bar in shown:
        paper = np.abs(bar.profile - layout.background.color).max(axis=1) <= _FLAT
        if paper.mean() > _MOST_PAPER:
            continue  # a column of a table
        if not bar.outline.is_framed and not shows_whole_map(bar, noisy=noisy):
            continue
        if not any(overlaps(bar.outline.rect, other.outline.rect) for other in apart):
            apart.append(bar)
    return apart


def _strips(part: np.ndarray, widest: int, *, noisy: bool) -> list[Rect]:
    """Level strips between two lines of one length, closed at both ends."""
    step = np.abs(np.diff(part, axis=0)).max(axis=2)
    lines = _lines(step > (_NOISY_STEP if noisy else _STEP))
    found: list[Rect] = []
    for k, above in enumerate(lines):
        for below in lines[k + 1 :]:
            high = below.first - above.last
            if high > widest:
                break
            start, stop = max(above.start, below.start), min(above.stop, below.stop)
            if (
                high < _LEAST_WIDTH
                or stop - start < max(_LEAST_LENGTH, BAR_ASPECT * high)
                or abs(above.start - below.start) > _OFF_END
                or abs(above.stop - below.stop) > _OFF_END
            ):
                continue
            rows = part[above.last + 2 : below.first]
            left, right = _end(rows, start, -1), _end(rows, stop, 1)
            if left is not None and right is not None:
                found.append((left, above.first + 1, right, below.last + 1))
    return found


def _lines(stepped: np.ndarray) -> list[_Line]:
    """Where a mask holds long level runs; those of neighbouring lines are one."""
    closed = ndimage.binary_closing(stepped, np.ones((1, _GAP)))
    found: list[_Line] = []
    for row in np.flatnonzero(closed.sum(axis=1) >= _LEAST_LENGTH):
        for start, stop in runs_of(closed[row]):
            if stop - start < _LEAST_LENGTH or stepped[row, start:stop].mean() < _SEEN:
                continue
            for k, line in enumerate(found):
                same = abs(line.start - start) <= _OFF_END and abs(line.stop - stop) <= _OFF_END
                if same and row - line.last <= 2 and row - line.first < _THICKEST:
                    found[k] = _Line(
                        line.first, int(row), min(line.start, start), max(line.stop, stop)
                    )
                    break
            else:
                found.append(_Line(int(row), int(row), int(start), int(stop)))
        if len(found) > _MOST_LINES:
            return []
    return sorted(found)


def _end(rows: np.ndarray, place: int, outward: int) -> int | None:
    """Edge of a strip near a place: the outermost strong step from column to column."""
    first = max(0, place - _OFF_END)
    near = rows[:, first : place + _OFF_END + 1]
    if near.shape[1] < 3 or not near.shape[0]:
        return None
    step = np.median(np.abs(np.diff(near, axis=1)).max(axis=2), axis=0)
    strong = np.flatnonzero(step > max(_STEP, 0.4 * float(step.max())))
    if not len(strong):
        return None
    return first + int(strong[-1] if outward > 0 else strong[0]) + 1


def with_labels(
    rgb: np.ndarray, strips: Sequence[Bar], layout: Layout
) -> tuple[list[Bar], np.ndarray, list[Text]]:
    """Which strips carry labels, as colour bars do, and what is written around them.

    Parameters
    ----------
    rgb : (H, W, 3) uint8 ndarray
    strips : sequence of Bar
        Inside the plots of the layout.
    layout : Layout

    Returns
    -------
    bars : list of Bar
    picture : (H, W, 3) uint8 ndarray
        The picture with nothing but page around these bars, their labels and ticks in black. Ink
        is what a morphological opening (white ink) or closing (black ink) takes away: strokes
        narrower than 9 pixels on data that vary slowly.
    texts : list of Text
        Around these bars.

    Raises
    ------
    MissingExtraError
        When there are strips and the optional OCR packages are not installed.
    """
    kept: list[Bar] = []
    kept_texts: list[Text] = []
    page = layout.background.color
    for bar in strips[:_MOST_STRIPS]:
        pictures = [_cleared(rgb, bar, layout, pen) for pen in (255.0, 0.0)]
        choices = _texts_on(pictures, bar, layout)
        around = _surroundings(bar, layout)
        sides = ("right", "left") if bar.vertical else ("bottom", "top")
        best = 0.0
        for picture, texts in zip(pictures, choices, strict=True):
            for side in sides:
                alone = nothing_but(picture, around, page)
                found = calibrate_side(alone, bar.outline, side, texts, [], page, reach=_REACH)
                if found is None or len(found.used) < max(_LEAST_LABELS, 2 * len(found.unused)):
                    continue
                if found.score > best:
                    best, chosen = found.score, (picture, texts)
        if best > 0:
            rgb = chosen[0]
            kept.append(bar)
            kept_texts += chosen[1]
    return kept, rgb, kept_texts


def _texts_on(pictures: Sequence[np.ndarray], bar: Bar, layout: Layout) -> list[list[Text]]:
    """The text around a bar on each of several pictures, read in one go."""
    x0, y0, x1, y1 = _surroundings(bar, layout)
    high = y1 - y0
    sheet = np.concatenate([picture[y0:y1, x0:x1] for picture in pictures])
    found: list[list[Text]] = [[] for _ in pictures]
    for text in read_texts(sheet, layout.background.color):
        k = min(int(text.center[1] // high), len(pictures) - 1)
        a, b, c, d = text.box
        down = y0 - k * high
        found[k].append(replace(text, box=(a + x0, b + down, c + x0, d + down)))
    return found


def nothing_but(rgb: np.ndarray, rect: Rect, page: np.ndarray) -> np.ndarray:
    """The picture with page around a rectangle."""
    x0, y0, x1, y1 = rect
    alone = np.empty_like(rgb)
    alone[:] = np.rint(page).astype(np.uint8)
    alone[y0:y1, x0:x1] = rgb[y0:y1, x0:x1]
    return alone


def _cleared(rgb: np.ndarray, bar: Bar, layout: Layout, pen: float) -> np.ndarray:
    """The picture with nothing but page around a bar, what the pen has drawn there in black."""
    page = layout.background.color
    black = 0.0 if page.mean() > 127 else 255.0
    x0, y0, x1, y1 = _surroundings(bar, layout)
    amount = _drawn_with(pen, rgb[y0:y1, x0:x1].astype(np.float32))[..., None]
    drawn = page * (1 - amount) + black * amount
    left, top, right, bottom = (int(max(0.0, edge.outer) + 0.3) for edge in bar.outline.edges)
    a, b, c, d = bar.outline.rect
    a, b, c, d = a + left, b + top, c - right, d - bottom
    drawn[b - y0 : d - y0, a - x0 : c - x0] = rgb[b:d, a:c]
    result = rgb.copy()
    result[y0:y1, x0:x1] = np.clip(np.rint(drawn), 0, 255).astype(np.uint8)
    return result


def _surroundings(bar: Bar, layout: Layout) -> Rect:
    """Where the labels of a bar may stand: around it, within its plot."""
    x0, y0, x1, y1 = bar.outline.rect
    a, b, c, d = next(plot.inner for plot in layout.plots if overlaps(plot.inner, (x0, y0, x1, y1)))
    return (
        max(a + _MARGIN, x0 - _REACH),
        max(b + _MARGIN, y0 - _REACH),
        min(c - _MARGIN, x1 + _REACH),
        min(d - _MARGIN, y1 + _REACH),
    )


def _drawn_with(pen: float, part: np.ndarray) -> np.ndarray:
    """How much of every pixel a pen, 0 or 255, has drawn in thin strokes."""
    smooth = ndimage.grey_opening if pen > 127 else ndimage.grey_closing
    data = np.stack([smooth(part[..., k], (_STROKE, _STROKE)) for k in range(3)], axis=-1)
    way = pen - data
    amount = ((part - data) * way).sum(axis=2) / np.maximum((way**2).sum(axis=2), 1.0)
    return np.asarray(np.where(np.abs(way).max(axis=2) > _CONTRAST, np.clip(amount, 0, 1), 0.0))


def covered_box(rgb: np.ndarray, parts: Sequence[Box], plot: Outline) -> Box:
    """What a bar and its labels cover of a plot: the box they stand on, else their hull.

    Parameters
    ----------
    rgb : (H, W, 3) uint8 ndarray
    parts : sequence of boxes
        The bar and its labels, pixels.
    plot : Outline
    """
    x0, y0, x1, y1 = plot.inner
    a, b = (int(np.floor(min(box[k] for box in parts))) - 2 for k in (0, 1))
    c, d = (int(np.ceil(max(box[k] for box in parts))) + 2 for k in (2, 3))
    a, b, c, d = max(a, x0), max(b, y0), min(c, x1), min(d, y1)
    rim = np.concatenate([rgb[b, a:c], rgb[d - 1, a:c], rgb[b:d, a], rgb[b:d, c - 1]]).astype(float)
    color = np.median(rim, axis=0)
    if (np.abs(rim - color).max(axis=1) <= _FLAT).mean() < _BOX_SHARE:
        return float(a), float(b), float(c), float(d)
    flat = np.abs(rgb[y0:y1, x0:x1] - color).max(axis=2) <= _FLAT
    labels, _ = ndimage.label(flat)
    rim_labels = np.concatenate(
        [
            labels[b - y0, a - x0 : c - x0],
            labels[d - 1 - y0, a - x0 : c - x0],
            labels[b - y0 : d - y0, a - x0],
            labels[b - y0 : d - y0, c - 1 - x0],
        ]
    )
    inside = rim_labels[rim_labels > 0]
    if not len(inside):
        return float(a), float(b), float(c), float(d)
    window = ndimage.find_objects(labels)[int(np.bincount(inside).argmax()) - 1]
    rows, columns = window
    # two pixels more: the line around the box, and its blur
    box = (
        min(a, max(x0, columns.start + x0 - 2)),
        min(b, max(y0, rows.start + y0 - 2)),
        max(c, min(x1, columns.stop + x0 + 2)),
        max(d, min(y1, rows.stop + y0 + 2)),
    )
    if (box[2] - box[0]) * (box[3] - box[1]) > _MOST_BOX * (x1 - x0) * (y1 - y0):
        return float(a), float(b), float(c), float(d)
    return float(box[0]), float(box[1]), float(box[2]), float(box[3])
