"""Titles of axes and colour bars: the words beyond the tick labels, and the unit in them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_image2data.figure.edges import Box, Rect
    from napari_image2data.figure.text import Text

_MIN_SCORE = 0.6  # of the recogniser, for words that nothing else confirms
_REACH = 4.0  # heights of the labels' text between them and the title
_OFF_CENTER = 0.3  # of the side's length that a title may lie off its middle
_NUMBER = re.compile(
    r"[-\u2212+]?[\d.,]+\s*([x\u00d7*]?\s*10\S*|e[-+]?\d+|%|\u00b0\s*[NSEW]?)?", re.I
)


def unit_of(title: str) -> str:
    """The unit that a title names: in brackets at its end, or after a slash or a comma.

    Parameters
    ----------
    title : str

    Returns
    -------
    str
        Empty where the title names none.

    Examples
    --------
    >>> unit_of("wind speed (m/s)"), unit_of("T [K]"), unit_of("delay / s"), unit_of("depth")
    ('m/s', 'K', 's', '')
    """
    bracket = re.search(r"[(\[]([^()\[\]]+)[)\]]\s*$", title)
    if bracket:
        return bracket[1].strip()
    # "delay / s" and "Temperature, K", but not the words of "land, sea and ice"
    after = re.search(r"(?:\s/\s?|,\s)(\S+(?:\s\S+)?)\s*$", title)
    return after[1] if after and len(after[1]) <= 8 else ""


def as_words(pieces: list[Text]) -> str:
    """The pieces of a title as one line; a bracket that the recogniser left open is shut.

    Examples
    --------
    >>> from napari_image2data.figure.text import Text
    >>> as_words([Text("Depth ( m", (0, 0, 8, 40), 0.9, rotated=True)])
    'Depth (m)'
    """
    words = " ".join(piece.text.strip() for piece in pieces)
    words = re.sub(r"([(\[])\s+", r"\1", re.sub(r"\s+([)\]])", r"\1", words))
    for opened, shut in ("()", "[]"):
        if words.count(opened) == words.count(shut) + 1:
            words += shut
    return words


def find_title(
    side: str, outline: Rect, texts: list[Text], labels: list[Box], others: list[Rect]
) -> list[Text]:
    """The title on one side of a plot area or a colour bar.

    Parameters
    ----------
    side : {"left", "right", "top", "bottom"}
        Where the labels are.
    outline : (x0, y0, x1, y1)
        The plot area or the bar.
    texts : list of Text
        All text of the page.
    labels : list of boxes
        The tick labels of that side; the title lies beyond them.
    others : list of rectangles
        Plots and bars that are in the way: what lies beyond one belongs to it.

    Returns
    -------
    list of Text
        The pieces of the title as it is read; empty where there is none.
    """
    if not labels:
        return []
    upright = side in ("left", "right")
    along, across = (1, 0) if upright else (0, 1)
    outward = 1.0 if side in ("right", "bottom") else -1.0
    begin, end = outline[along], outline[along + 2]
    middle, length = (begin + end) / 2, end - begin
    beyond = max(outward * _edge(box, across, outward) for box in labels)
    height = sorted(box[3] - box[1] for box in labels)[len(labels) // 2]
    limit = min(
        [
            outward * _edge(rect, across, -outward)
            for rect in others
            if outward * _edge(rect, across, -outward) > beyond
            and min(rect[along + 2], end) > max(rect[along], begin)
        ],
        default=float("inf"),
    )
    found = []
    for text in texts:
        near, far = (outward * _edge(text.box, across, sign) for sign in (-outward, outward))
        gap = near - beyond
        if not (-0.5 * height <= gap <= _REACH * height) or far > limit:
            continue
        if text.rotated == (upright and len(text.text) > 1) and _is_title(text):
            found.append((gap, text))
    if not found:
        return []
    nearest = min(gap for gap, _ in found)
    line = sorted(
        (text for gap, text in found if gap < nearest + 0.7 * height),
        key=lambda text: -text.center[1] if upright else text.center[0],
    )
    centered = (line[0].center[along] + line[-1].center[along]) / 2
    return line if abs(centered - middle) <= _OFF_CENTER * length else []


def title_above(outline: Rect, texts: list[Text], plots: list[Rect]) -> list[Text]:
    """The title over an upright colour bar, as legends have it.

    Parameters
    ----------
    outline : (x0, y0, x1, y1)
        The bar.
    texts : list of Text
    plots : list of rectangles
        Plot areas; words that stand above or inside one are its own.
    """
    found = []
    for text in texts:
        gap = outline[1] - text.box[3]
        height = text.box[3] - text.box[1]
        if text.rotated or not -0.5 * height <= gap <= _REACH * height or not _is_title(text):
            continue
        if text.box[0] > outline[2] or text.box[2] < outline[0]:
            continue
        if not any(text.box[0] < plot[2] and text.box[2] > plot[0] for plot in plots):
            found.append((gap, text))
    return [min(found, key=lambda pair: pair[0])[1]] if found else []


def _edge(box: Box | Rect, across: int, outward: float) -> float:
    return float(box[across + 2] if outward > 0 else box[across])


def _is_title(text: Text) -> bool:
    words = text.text.strip()
    if text.score < _MIN_SCORE or not any(c.isalpha() or c in "%\u00b0" for c in words):
        return False
    return _NUMBER.fullmatch(words) is None
