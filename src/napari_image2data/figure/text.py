"""Reading the text on a page (OCR), offline, on the CPU."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_image2data.errors import MissingExtraError
from napari_image2data.figure.layout import overlaps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_image2data.figure.edges import Rect

_INK = 70.0  # levels off the background that count as ink
_LINE_HEIGHT = 36  # pixels: the height of a line that the recogniser likes best
_LEAST_REACH, _REACH = 200, 0.1  # pixels, share of the page: how far from a plot its title stands
_MOST = 0.6  # of the page: where all that is to be read covers more, the page is read
_SMALL_TEXT = 10.0  # pixels: text lower than this is read from an enlarged page


@dataclass(frozen=True)
class Text:
    """A piece of text on the page.

    Attributes
    ----------
    text : str
    box : (x0, y0, x1, y1) float
        The ink of the text, pixels, edge coordinates.
    score : float
        The recogniser's confidence, 0..1.
    rotated : bool
        Reads from bottom to top.
    """

    text: str
    box: tuple[float, float, float, float]
    score: float
    rotated: bool = False

    @property
    def center(self) -> tuple[float, float]:
        """Middle of the ink."""
        return (self.box[0] + self.box[2]) / 2, (self.box[1] + self.box[3]) / 2


def read_texts(
    rgb: np.ndarray, background: np.ndarray, *, near: Sequence[Rect] | None = None
) -> list[Text]:
    """Every piece of text on a page, or of a page of text what stands around its figures.

    Parameters
    ----------
    rgb : (H, W, 3) uint8 ndarray
    background : (3,) ndarray
        Color of the page, 0..255.
    near : sequence of (x0, y0, x1, y1), optional
        Plot areas and colour bars, pixels. What stands farther from all of them than a label or a
        title ever does is left unread, if it is a good part of the page.

    Raises
    ------
    MissingExtraError
        When the optional OCR packages are not installed.
    """
    height, width = rgb.shape[:2]
    parts = [(0, 0, width, height)] if near is None else _surroundings(near, (height, width))
    found = []
    for x, y, right, bottom in parts:
        for text in _texts_of(rgb[y:bottom, x:right], background):
            x0, y0, x1, y1 = text.box
            found.append(replace(text, box=(x0 + x, y0 + y, x1 + x, y1 + y)))
    return found


def _surroundings(near: Sequence[Rect], shape: tuple[int, int]) -> list[Rect]:
    """Parts of a page, apart from each other, that hold the rectangles and all that is theirs."""
    height, width = shape
    reach = max(_LEAST_REACH, round(_REACH * max(shape)))
    parts: list[Rect] = []
    for x0, y0, x1, y1 in near:
        part = (
            max(0, x0 - reach), max(0, y0 - reach),
            min(width, x1 + reach), min(height, y1 + reach),
        )  # fmt: skip
        while meeting := [other for other in parts if overlaps(part, other)]:
            parts = [other for other in parts if other not in meeting]
            left, top, right, bottom = zip(part, *meeting, strict=True)
            part = (min(left), min(top), max(right), max(bottom))
        parts.append(part)
    area = sum((x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in parts)
    return sorted(parts) if area < _MOST * height * width else [(0, 0, width, height)]


def _texts_of(rgb: np.ndarray, background: np.ndarray) -> list[Text]:
    found = _texts_at(rgb, background, 1)
    heights = [t.box[3] - t.box[1] for t in found if not t.rotated]
    if heights and np.median(heights) < _SMALL_TEXT and max(rgb.shape[:2]) <= 1000:
        larger = _texts_at(rgb, background, 2)
        if sum(t.score for t in larger) > sum(t.score for t in found):
            found = larger
    return found


def _texts_at(rgb: np.ndarray, background: np.ndarray, factor: int) -> list[Text]:
    page = rgb if factor == 1 else _resized(rgb, rgb.shape[1] * factor, rgb.shape[0] * factor)
    found = []
    for corners, text, score in recognize_page(page):
        x0, y0 = corners.min(axis=0) / factor
        x1, y1 = corners.max(axis=0) / factor
        box = ink_box(rgb, background, (x0 + 1, y0 + 1, x1 - 1, y1 - 1)) or (x0, y0, x1, y1)
        rotated = (y1 - y0) > 1.5 * (x1 - x0)
        if rotated and len(text) > 1:
            # the page reader turns tall lines so that upward text stands on its head
            crop = _crop(rgb, (x0, y0, x1, y1), 1)
            upright, sure = recognize_line(_line_image(np.rot90(crop, -1), background))
            if sure >= score - 0.1:
                text, score = upright, sure
        if text.strip():
            found += _words(rgb, background, Text(text, box, score, rotated))
    return found


def _words(rgb: np.ndarray, background: np.ndarray, line: Text) -> list[Text]:
    """Split a line of several numbers at its widest gaps of ink."""
    parts = line.text.split()
    if len(parts) < 2 or line.rotated or not all(any(c.isdigit() for c in p) for p in parts):
        return [line]
    x0, y0, x1, y1 = (round(v) for v in line.box)
    ink = (np.abs(rgb[y0:y1, x0:x1].astype(float) - background).max(axis=2) > _INK).any(axis=0)
    empty = np.flatnonzero(~ink)
    gaps = [g for g in np.split(empty, np.flatnonzero(np.diff(empty) > 1) + 1) if len(g)]
    gaps = sorted(sorted(gaps, key=len)[-(len(parts) - 1) :], key=lambda g: int(g[0]))
    if len(gaps) != len(parts) - 1:
        return [line]
    starts = [x0, *(x0 + int(g[-1]) + 1 for g in gaps)]
    stops = [*(x0 + int(g[0]) for g in gaps), x1]
    return [
        Text(part, (float(a), line.box[1], float(b), line.box[3]), line.score)
        for part, a, b in zip(parts, starts, stops, strict=True)
    ]


def read_word(
    rgb: np.ndarray, background: np.ndarray, box: tuple[float, float, float, float]
) -> tuple[str, float]:
    """Text inside a box that holds one word, and the recogniser's confidence."""
    return recognize_line(_line_image(_crop(rgb, box, 3), background))


def ink_box(
    rgb: np.ndarray, background: np.ndarray, box: tuple[float, float, float, float]
) -> tuple[float, float, float, float] | None:
    """The smallest box around the ink inside ``box``; None when it holds none."""
    height, width = rgb.shape[:2]
    x0, y0 = max(0, int(box[0])), max(0, int(box[1]))
    x1, y1 = min(width, int(np.ceil(box[2]))), min(height, int(np.ceil(box[3])))
    if x1 <= x0 or y1 <= y0:
        return None
    ink = np.abs(rgb[y0:y1, x0:x1].astype(float) - background).max(axis=2) > _INK
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not len(rows):
        return None
    return (
        float(x0 + columns[0]),
        float(y0 + rows[0]),
        float(x0 + columns[-1] + 1),
        float(y0 + rows[-1] + 1),
    )


def _crop(rgb: np.ndarray, box: tuple[float, float, float, float], margin: int) -> np.ndarray:
    x0, y0 = max(0, int(box[0]) - margin), max(0, int(box[1]) - margin)
    return rgb[y0 : int(np.ceil(box[3])) + margin, x0 : int(np.ceil(box[2])) + margin]


def _line_image(crop: np.ndarray, background: np.ndarray) -> np.ndarray:
    """A crop of one line, brought to the height and the margins that the recogniser likes."""
    factor = max(1.0, _LINE_HEIGHT / max(1, crop.shape[0]))
    if factor > 1:
        crop = _resized(crop, round(crop.shape[1] * factor), round(crop.shape[0] * factor))
    line = np.empty((crop.shape[0] + 12, crop.shape[1] + 24, 3), np.uint8)
    line[:] = np.round(background).astype(np.uint8)
    line[6:-6, 12:-12] = crop
    return line


def _resized(rgb: np.ndarray, width: int, height: int) -> np.ndarray:
    from PIL import Image

    page = Image.fromarray(np.ascontiguousarray(rgb))
    return np.asarray(page.resize((max(1, width), max(1, height)), Image.Resampling.LANCZOS))


@lru_cache(maxsize=1)
def _engine() -> Any:
    """The text recogniser; its models are loaded once."""
    try:
        from rapidocr import RapidOCR
    except ImportError as error:
        raise MissingExtraError(
            "Reading labels needs the OCR packages: pip install 'napari-image2data[ocr]'."
        ) from error
    return RapidOCR(params={"Global.log_level": "critical"})


def recognize_page(page: np.ndarray) -> list[tuple[np.ndarray, str, float]]:
    """Corners ``(4, 2)``, text and confidence of every line on a page ``(H, W, 3)`` uint8."""
    # the engine keeps the flags of its last call: all three are given every time
    result = _engine()(_as_bgr(page), use_det=True, use_cls=False, use_rec=True)
    if getattr(result, "boxes", None) is None or result.txts is None:
        return []
    return [
        (np.asarray(corners, float), str(text), float(score))
        for corners, text, score in zip(result.boxes, result.txts, result.scores, strict=True)
    ]


def recognize_line(line: np.ndarray) -> tuple[str, float]:
    """Text and confidence of a picture ``(h, w, 3)`` uint8 that holds one line."""
    result = _engine()(_as_bgr(line), use_det=False, use_cls=False, use_rec=True)
    return (str(result.txts[0]), float(result.scores[0])) if result.txts else ("", 0.0)


def _as_bgr(rgb: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(rgb[:, :, ::-1])
