"""The page and the filled rectangles on it: what may be a plot area or a colour bar."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import ndimage

from napari_image2data.figure.edges import BAR_ASPECT, Rect, size_of

_MIN_SIDE = 4  # pixels: a bar thinner than this carries no readable colours
_MIN_LENGTH = 40
_MIN_PIECE = 20  # of a bar that its pale middle cuts in two
_PALE_STEP = 45.0  # levels off the page that such a bar may have where it is cut
_PALER = 0.8  # of its far third: the third of a piece where such a bar is cut; letters are even
_BLUR = 4  # lines within which one band of a bar has given way to the next
_ONE_BAND = 1.35  # of the usual step between bands: what one step may be
_MIN_FILL = 0.6
_MOSTLY = 0.4  # of a line across a bar, or across the part of its triangle that looks solid
_CLEAR = 24.0  # levels off the page that no speck of a JPEG has
_OFF_FRAME = 6  # levels from the colour of a window: no part of its frame
_MIN_PAGE = 0.3  # of the picture that a page inside a window covers
_CELL_CODE = np.array([1, 64, 4096])  # one number for a cell of 8 x 8 x 8 levels


class Background(NamedTuple):
    """Color of the page ``(3,)``, its share of the picture's border, and whether it is noisy."""

    color: np.ndarray
    share: float
    noisy: bool


class Rectangle(NamedTuple):
    """Pixels of a box without triangles, where along it these begin, whether two pieces made it."""

    rect: Rect
    triangles: dict[str, float]
    joined: bool = False


def find_background(rgb: np.ndarray) -> Background:
    """The page: the commonest colour along the picture's border.

    Parameters
    ----------
    rgb : (H, W, 3) uint8 ndarray
    """
    border = np.concatenate([rgb[0], rgb[-1], rgb[:, 0], rgb[:, -1], *_second_lines(rgb)]).astype(
        int
    )
    cells, count = np.unique(border // 8 @ _CELL_CODE, return_counts=True)
    mode = np.median(border[border // 8 @ _CELL_CODE == cells[count.argmax()]], axis=0)
    share = float((np.abs(border - mode).max(axis=1) <= 12).mean())
    off = _off(rgb, mode)
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


def _off(rgb: np.ndarray, color: np.ndarray) -> np.ndarray:
    """Largest difference of a channel from a colour, ``(H, W)`` float32; one channel at a time."""
    off = np.zeros(rgb.shape[:2], np.float32)
    for channel in range(3):
        np.maximum(off, np.abs(rgb[..., channel] - np.float32(color[channel])), out=off)
    return off


def inner_page(rgb: np.ndarray) -> np.ndarray | None:
    """A picture of a window with nothing but the page inside its frame; None without one.

    The page is the largest piece of the commonest colour that is not the border's. It counts
    when that colour runs all along its four sides; everything around it is painted over.

    Parameters
    ----------
    rgb : (H, W, 3) uint8 ndarray
    """
    frame = find_background(rgb)
    other = _off(rgb, frame.color) > _OFF_FRAME
    if frame.share < 0.3 or other.mean() < _MIN_PAGE:
        return None
    cells, count = np.unique(rgb[other].astype(int) // 8 @ _CELL_CODE, return_counts=True)
    alike = other & (rgb.astype(int) // 8 @ _CELL_CODE == cells[count.argmax()])
    color = np.median(rgb[alike], axis=0)
    # a white page on a pale grey window
    near = min(12.0, 0.4 * float(np.abs(color - frame.color).max()))
    labels, _ = ndimage.label(_off(rgb, color) <= near)
    rows, columns = ndimage.find_objects(labels)[int(np.bincount(labels.flat)[1:].argmax())]
    part = rgb[rows, columns]
    if part[..., 0].size < _MIN_PAGE * other.size or min(part.shape[:2]) < _MIN_LENGTH:
        return None
    for line in (part[1], part[-2], part[:, 1], part[:, -2]):
        if (np.abs(line - color).max(axis=1) <= near).mean() < 0.9:
            return None
    page = np.empty_like(rgb)
    page[:] = np.median(part[1], axis=0)
    page[rows, columns] = part
    return page


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


def find_rectangles(rgb: np.ndarray, background: Background) -> list[Rectangle]:
    """Filled rectangles, found at the lowest threshold first."""
    off = _off(rgb, background.color)
    found: list[Rectangle] = []
    for threshold in (10, 24, 60) if background.noisy else (2, 8, 24, 60):
        smooth = background.noisy and threshold < 24
        mask = (ndimage.median_filter(off, 3) if smooth else off) > threshold
        if threshold <= 8:
            mask |= ndimage.binary_closing(mask, np.ones((3, 3)))
        labels, _ = ndimage.label(mask, np.ones((3, 3)))
        pieces: list[Rectangle] = []
        for index, window in enumerate(ndimage.find_objects(labels), start=1):
            high, wide = (part.stop - part.start for part in window)
            if min(high, wide) >= _MIN_SIDE and max(high, wide) >= _MIN_PIECE:
                rows, columns = window
                whole = (columns.start, rows.start, columns.stop, rows.stop)
                pieces.append(Rectangle(whole, {}))
            if max(high, wide) < _MIN_LENGTH or min(high, wide) < _MIN_SIDE:
                continue
            filled = ndimage.binary_fill_holes(labels[window] == index)
            rect = _solid_part(filled)
            if rect is not None and threshold >= 24:
                rect = _round_part(filled, rect)
            if rect is None or max(size_of(rect)) < _MIN_LENGTH or min(size_of(rect)) < _MIN_SIDE:
                continue
            if filled[rect[1] : rect[3], rect[0] : rect[2]].mean() < _MIN_FILL:
                continue
            if threshold < _CLEAR:
                # specks and rings around the slanted sides of a triangle make it wider
                clear = ndimage.binary_fill_holes(filled & (off[window] > _CLEAR))
                if smooth or _has_clear_ends(clear, rect):
                    filled = clear
            rect, triangles = _without_triangles(filled, off[window], rect)
            x, y = window[1].start, window[0].start
            rect = (rect[0] + x, rect[1] + y, rect[2] + x, rect[3] + y)
            pieces[-1] = Rectangle(rect, triangles)
            if not any(_same(rect, other.rect) for other in found):
                found.append(Rectangle(rect, triangles))
        for rect, triangles in _joined(pieces, off):
            if not any(_same(rect, other.rect) for other in found):
                found.append(Rectangle(rect, triangles, joined=True))
    return found


def _joined(pieces: list[Rectangle], off: np.ndarray) -> list[tuple[Rect, dict[str, float]]]:
    """Bars whose middle is as pale as the page: two pieces in line, of one width.

    Their colours fade towards the gap; two bars of two panels end in full colour there.
    """
    found: list[tuple[Rect, dict[str, float]]] = []
    rects = np.array([piece.rect for piece in pieces]).reshape(-1, 4)
    for k, (a, ends, _) in enumerate(pieces):
        others = rects[k + 1 :]  # a page of text has thousands of pieces
        in_line = np.stack([_in_line(rects[k], others, low) for low in (0, 1)], axis=1)
        for other, low in np.argwhere(in_line):  # side by side, one above the other
            b, other_ends, _ = pieces[k + 1 + other]
            if _fades(a, b, int(low), off):
                rect = (min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3]))
                found.append((rect, ends | other_ends))
    return found


def _in_line(a: np.ndarray, others: np.ndarray, along: int) -> np.ndarray:
    """Which of the others may be the rest of a bar that begins or ends with ``a``."""
    across = 1 - along
    length = np.maximum(a[along + 2], others[:, along + 2]) - np.minimum(a[along], others[:, along])
    gap = np.maximum(a[along], others[:, along]) - np.minimum(a[along + 2], others[:, along + 2])
    return np.asarray(
        (np.abs(others[:, across] - a[across]) <= 2)
        & (np.abs(others[:, across + 2] - a[across + 2]) <= 2)
        & (gap > 0)
        & (gap < 0.3 * length)
        & (length >= 4 * (a[across + 2] - a[across]))
    )


def _fades(a: Rect, b: Rect, along: int, off: np.ndarray) -> bool:
    """Whether two pieces in line grow paler, and nearly the page's colour, towards each other."""
    first, second = (a, b) if a[along] < b[along] else (b, a)
    for (x0, y0, x1, y1), backwards in ((first, True), (second, False)):
        piece = off[y0:y1, x0:x1] if along else off[y0:y1, x0:x1].T
        piece = piece[::-1] if backwards else piece
        if min(piece.shape) < 3:
            return False
        facing = np.median(piece[1, 1:-1])
        lines = np.median(piece, axis=1)
        third = len(lines) // 3
        if facing > _palest(lines) or np.median(lines[:third]) > _PALER * np.median(lines[-third:]):
            return False
    return True


def _palest(lines: np.ndarray) -> float:
    """Levels off the page that a piece may have where its bar goes on in the page's colour.

    A step from one line to the next more than a pale colour; of a piece in bands, one band.
    """
    if len(lines) <= 2 * _BLUR:
        return _PALE_STEP
    step = 2.0 * float(np.median(np.abs(np.diff(lines))))
    jumps = np.abs(lines[_BLUR:] - lines[:-_BLUR])
    band = float(np.percentile(jumps, 90))
    return max(_PALE_STEP + step, _ONE_BAND * band)


def _has_clear_ends(filled: np.ndarray, rect: Rect) -> bool:
    """Whether the lines across a rectangle's first and last fifth are all clear of the page."""
    x0, y0, x1, y1 = rect
    lines = filled[y0:y1, x0:x1].mean(axis=1 if y1 - y0 >= x1 - x0 else 0)
    fifth = max(1, len(lines) // 5)
    return bool((np.concatenate([lines[:fifth], lines[-fifth:]]) > _MOSTLY).all())


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
    if min(size_of(rect)) < 60:
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


def _without_triangles(
    filled: np.ndarray, off: np.ndarray, rect: Rect
) -> tuple[Rect, dict[str, float]]:
    """Cut off the triangles that continue a colour bar beyond its ends."""
    x0, y0, x1, y1 = rect
    wide, high = size_of(rect)
    if max(wide, high) < BAR_ASPECT * min(wide, high):
        return rect, {}
    vertical = high >= wide
    strip, strip_off = filled[:, x0:x1], off[:, x0:x1]
    if not vertical:
        strip, strip_off = filled[y0:y1].T, off[y0:y1].T
    across = _widths(strip, strip_off)
    lopsided = _lopsided(strip)
    begin, end = (y0, y1) if vertical else (x0, x1)
    full_width = float(np.median(across[begin:end]))
    full = np.flatnonzero(across[begin:end] >= full_width - max(1.0, 0.06 * full_width))
    cut, triangles = [0, 0], {}
    names = ("top", "bottom") if vertical else ("left", "right")
    for k, (ordered, askew, n_cut, n_thin) in enumerate(
        (
            (across, lopsided, begin, int(full[0])),
            (
                across[::-1],
                lopsided[::-1],
                len(across) - end,
                end - begin - 1 - int(full[-1]),
            ),
        )
    ):
        # the tip is thinner than what counts as solid: look from there on
        gaps = np.flatnonzero(ordered[:n_cut] == 0)
        tip = int(gaps[-1]) + 1 if len(gaps) else 0
        widths = ordered[tip : n_cut + end - begin]
        n_tip = n_cut - tip
        straight = askew[tip : n_cut + n_thin] < max(1.5, 0.1 * full_width)
        if (
            len(straight)
            and straight.mean() > 0.8
            and _is_triangle(widths[: n_tip + n_thin], full_width)
        ):
            base = _triangle_base(widths, n_tip + n_thin, full_width) - n_tip
            cut[k] = int(np.floor(base))
            triangles[names[k]] = base - cut[k]
    if vertical:
        return (x0, y0 + cut[0], x1, y1 - cut[1]), triangles
    return (x0 + cut[0], y0, x1 - cut[1], y1), triangles


def _widths(filled: np.ndarray, off: np.ndarray) -> np.ndarray:
    """How much of every row is filled, pixels; the outermost pixels count by their colour."""
    n_columns = filled.shape[1]
    widths = filled.sum(axis=1).astype(float)
    rows = np.flatnonzero(widths > 2)
    for outermost, inward in (
        (filled[rows].argmax(axis=1), 1),
        (n_columns - 1 - filled[rows, ::-1].argmax(axis=1), -1),
    ):
        beside = np.clip(outermost + inward, 0, n_columns - 1)
        edge, solid = off[rows, outermost], np.maximum(off[rows, beside], 1.0)
        widths[rows] -= 1.0 - np.clip(edge / solid, 0.0, 1.0)
    return np.asarray(widths)


def _lopsided(filled: np.ndarray) -> np.ndarray:
    """How far every row's middle lies off the bar's, in half pixels."""
    left, right = filled.argmax(axis=1), filled[:, ::-1].argmax(axis=1)
    askew = (left - right).astype(float)
    askew = np.abs(askew - np.median(askew))
    return np.asarray(np.where(filled.any(axis=1), askew, filled.shape[1]))


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
