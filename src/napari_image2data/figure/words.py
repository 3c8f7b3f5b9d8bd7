"""Words as blobs of ink: labels that the page reader missed are cut out and read one by one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from napari_image2data.figure.text import Text, read_word

if TYPE_CHECKING:
    from napari_image2data.figure.edges import Box

_INK = 70.0
_TALLEST, _WIDEST, _LOWEST = 40, 80, 5  # pixels, of one blob
_WORD_GAP = 0.6  # of a digit's height
_MOST_WORDS = 40
_MIN_SCORE = 0.5
_DIGIT_WIDTH, _ONE_WIDTH = 0.75, 0.5  # of its height
_LEAST_DASH, _NO_DASH = 0.45, 0.15  # of a digit's height: the width of a hyphen, of none


def find_words(rgb: np.ndarray, background: np.ndarray, region: Box) -> list[Text]:
    """Words in a region of the page, each read by itself.

    Parameters
    ----------
    rgb : (H, W, 3) uint8 ndarray
    background : (3,) ndarray
    region : (x0, y0, x1, y1)
        Where to look; what reaches beyond the picture is cut off.
    """
    found = []
    for box in word_boxes(rgb, background, region)[:_MOST_WORDS]:
        text, score = read_word(rgb, background, box)
        if text and score > _MIN_SCORE:
            found.append(Text(text, box, score))
    return found


def word_boxes(rgb: np.ndarray, background: np.ndarray, region: Box) -> list[Box]:
    """Boxes of words: blobs of ink joined across gaps narrower than a space."""
    height, width = rgb.shape[:2]
    x0, y0 = max(0, int(region[0])), max(0, int(region[1]))
    x1, y1 = min(width, int(region[2])), min(height, int(region[3]))
    if x1 - x0 < 4 or y1 - y0 < 4:
        return []
    ink = np.abs(rgb[y0:y1, x0:x1].astype(float) - background).max(axis=2) > _INK
    labels, _ = ndimage.label(ink, np.ones((3, 3)))
    boxes = []
    for rows, columns in ndimage.find_objects(labels):
        if rows.stop - rows.start <= _TALLEST and columns.stop - columns.start <= _WIDEST:
            boxes.append([columns.start + x0, rows.start + y0, columns.stop + x0, rows.stop + y0])
    tall = [box[3] - box[1] for box in boxes if box[3] - box[1] >= _LOWEST]
    if not tall or len(boxes) > 400:
        return []
    digit = float(np.median(tall))
    merged = _merge(boxes, digit)
    return [(float(a), float(b), float(c), float(d)) for a, b, c, d in merged if d - b >= _LOWEST]


def _merge(boxes: list[list[int]], digit: float) -> list[list[int]]:
    boxes = sorted(boxes)
    joined = True
    while joined:
        joined = False
        for i, a in enumerate(boxes):
            for j in range(i + 1, len(boxes)):
                if _same_word(a, boxes[j], digit):
                    b = boxes.pop(j)
                    boxes[i] = [min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])]
                    joined = True
                    break
            if joined:
                break
    return boxes


def _same_word(a: list[int], b: list[int], digit: float) -> bool:
    gap = max(a[0], b[0]) - min(a[2], b[2])
    overlap = min(a[3], b[3]) - max(a[1], b[1])
    small = min(a[3] - a[1], b[3] - b[1])
    tall = max(a[3] - a[1], b[3] - b[1])
    if gap > _WORD_GAP * digit:
        return False
    if overlap >= min(0.5 * small, 3):
        return True
    # exponents, points and minus signs lie beside the digits' middle
    return (
        small <= 0.6 * digit
        and overlap > -0.2 * digit
        and tall < 1.8 * digit
        and (gap <= 0.35 * digit)
    )


def has_raised_end(rgb: np.ndarray, background: np.ndarray, box: Box) -> bool:
    """Whether the last character of a number stands higher than the first: a superscript.

    Parameters
    ----------
    rgb : (H, W, 3) uint8 ndarray
    background : (3,) ndarray
    box : (x0, y0, x1, y1)
        Around the number's ink.
    """
    x0, y0 = max(0, int(box[0])), max(0, int(box[1]))
    crop = rgb[y0 : int(np.ceil(box[3])), x0 : int(np.ceil(box[2]))].astype(float)
    off = np.abs(crop - background).max(axis=2) if crop.size else np.zeros((0, 0))
    if not off.size or off.max() < _INK:
        return False
    labels, n_blobs = ndimage.label(off > 0.5 * off.max(), np.ones((3, 3)))
    rows = [
        (columns.start, part.start, part.stop)
        for part, columns in ndimage.find_objects(labels)
        if part.stop - part.start >= 3
    ]
    if n_blobs < 2 or len(rows) < 2:
        # digits that touch: the lowest ink of the last ones against that of the whole
        ink = off > 0.5 * off.max()
        tail = ink[:, -max(2, ink.shape[1] // 5) :]
        lowest = [int(np.flatnonzero(part.any(axis=1))[-1]) for part in (tail, ink) if part.any()]
        return len(lowest) == 2 and lowest[0] < lowest[1] - 0.22 * ink.shape[0]
    tallest = max(stop - start for _, start, stop in rows)
    (_, _, last), body = max(rows), [r for r in rows if r[2] - r[1] >= 0.75 * tallest]
    bottom = max(stop for _, _, stop in body)
    return bool(last < bottom - 0.22 * tallest)


def has_surplus_dash(text: Text) -> bool:
    """Whether a number's ink has no room for the last of the dashes it was read with.

    The recogniser saw more than the ink of the label: a tick mark.

    Parameters
    ----------
    text : Text

    Examples
    --------
    >>> has_surplus_dash(Text("-8", (392, 44, 397, 51), 0.9))
    True
    >>> has_surplus_dash(Text("-8", (388, 44, 397, 51), 0.9))
    False
    """
    match = re.fullmatch(r"([-−–—_\s]+)(\d+)", text.text.strip())
    if match is None or text.rotated:
        return False
    height = text.box[3] - text.box[1]
    digits = sum(_ONE_WIDTH if digit == "1" else _DIGIT_WIDTH for digit in match[2])
    room = (text.box[2] - text.box[0]) / height - digits
    dashes = len(match[1].replace(" ", ""))
    return room < _LEAST_DASH * (dashes - 1) + _NO_DASH
