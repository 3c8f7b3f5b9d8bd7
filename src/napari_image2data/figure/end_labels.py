"""Numbers that stand beyond the two ends of a colour bar, as thermal cameras print them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_image2data.figure.axis import Axis
from napari_image2data.figure.calibrate import Calibration, Candidate
from napari_image2data.figure.numerals import readings_of
from napari_image2data.figure.ticks import Ticks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_image2data.figure.edges import Box
    from napari_image2data.figure.text import Text

_FARTHEST = 2.0  # heights of the text between an end and its number
_INSIDE = 0.5  # heights that its ink may reach into the bar's box
_UNLIKE = 1.5  # ratio of the heights of the two numbers, at most


def calibrate_ends(box: Box, vertical: bool, texts: Sequence[Text]) -> Calibration | None:
    """Read the values of a bar's ends from one number beyond each of them.

    Parameters
    ----------
    box : (x0, y0, x1, y1)
        The bar, pixels.
    vertical : bool
    texts : sequence of Text
        Text that nothing else owns.

    Returns
    -------
    Calibration or None
        None unless one plain number stands in line with the bar beyond either end, both of one
        height and of different value. There are no marks that could confirm it.

    Examples
    --------
    >>> from napari_image2data.figure.text import Text
    >>> above = Text("38.0", (332.0, 8.0, 362.0, 18.0), 1.0)
    >>> below = Text("20.0", (332.0, 220.0, 362.0, 230.0), 1.0)
    >>> found = calibrate_ends((340, 25, 356, 215), True, [above, below])
    >>> found.axis.to_value(120.0).item()
    29.0
    """
    ends = (box[1], box[3]) if vertical else (box[0], box[2])
    level = [text for text in texts if not text.rotated]
    before = _number_beyond(box, vertical, False, level)
    behind = _number_beyond(box, vertical, True, level)
    if before is None or behind is None:
        return None
    (first, low), (second, high) = before, behind
    heights = sorted(text.box[3] - text.box[1] for text in (first, second))
    if low == high or heights[1] > _UNLIKE * heights[0]:
        return None
    axis = Axis.through(list(ends), [low, high], side="right" if vertical else "bottom")
    used = tuple(
        (Candidate(text, end, 0.0, readings_of(text.text)), value)
        for text, end, value in ((first, ends[0], low), (second, ends[1], high))
    )
    return Calibration(axis, used, (), 0.0, 2.0, Ticks(), 0)


def _number_beyond(
    box: Box, vertical: bool, last: bool, texts: Sequence[Text]
) -> tuple[Text, float] | None:
    """The nearest text beyond an end, if it is a number."""
    found: list[tuple[float, Text]] = []
    x0, y0, x1, y1 = box
    for text in texts:
        a, b, c, d = text.box
        x, y = text.center
        high = d - b
        if vertical:
            distance = b - y1 if last else y0 - d
            in_line = x0 - high <= x <= x1 + high
        else:
            distance = a - x1 if last else x0 - c
            in_line = y0 - high / 2 <= y <= y1 + high / 2
        if in_line and -_INSIDE * high <= distance <= _FARTHEST * high:
            found.append((distance, text))
    if not found:
        return None
    text = min(found, key=lambda pair: pair[0])[1]
    readings = readings_of(text.text)
    if not readings or readings[0].penalty > 0:
        return None
    return text, readings[0].value
