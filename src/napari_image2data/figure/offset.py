"""What is printed once beside an axis for all of its labels: a factor, an amount to add."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_image2data.figure.axis import Axis

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_image2data.figure.edges import Rect
    from napari_image2data.figure.text import Text

_CHARACTERS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺−–—×XlI", "0123456789-+---xx11")
_POWER = r"(?:[eE]|x10\^?)([-+]?\d{1,3})"
_FACTOR = re.compile(r"(?:x?1[eE]|x10\^?)([-+]?\d{1,3}?)(?=$|[-+]\d)(.*)")
_ADDED = re.compile(rf"([-+])(\d+(?:\.\d+)?)(?:{_POWER})?")
_BESIDE = 60  # pixels from the end of the side where it is looked for
_ANYWHERE = 40.0  # pixels: what a place elsewhere around a bar costs


@dataclass(frozen=True)
class Offset:
    """What turns the labels of an axis into its values: ``factor * label + added``."""

    factor: float = 1.0
    added: float = 0.0

    def value(self, label: float) -> float:
        """Value that a label stands for, without the noise of the arithmetic."""
        return float(f"{label * self.factor + self.added:.12g}")

    def applied(self, axis: Axis) -> Axis:
        """The axis of the values, from that of the labels; none to add on a log axis."""
        if self == Offset() or (axis.norm == "log" and self.added):
            return axis
        values = [self.value(label) for label in axis.values]
        return Axis.through(axis.pixels, values, norm=axis.norm, side=axis.side, title=axis.title)


def offset_of(text: str) -> Offset | None:
    """The offset that a text prints; None where it is none.

    Understood are ``1e-4``, ``x10^3`` (superscripts, too), ``+5e3`` and both in turn. A bare
    number without its plus sign is a label.

    Examples
    --------
    >>> offset_of("×10³"), offset_of("1e−5+5e2"), offset_of("10")
    (Offset(factor=1000.0, added=0.0), Offset(factor=1e-05, added=500.0), None)
    """
    plain = "".join(text.split()).translate(_CHARACTERS)
    factor, rest = 1.0, plain
    match = _FACTOR.fullmatch(plain)
    if match is not None:
        factor, rest = 10.0 ** int(match.group(1)), match.group(2)
    if not rest:
        return Offset(factor)
    match = _ADDED.fullmatch(rest)
    if match is None or (match.group(3) is None and (match.group(1) == "-" or factor != 1.0)):
        return None
    added = float(match.group(2)) * 10.0 ** int(match.group(3) or 0)
    return Offset(factor, added if match.group(1) == "+" else -added)


def find_offsets(texts: Sequence[Text], sides: Sequence[tuple[Rect, str, bool]]) -> list[Offset]:
    """The offset of each of several labelled sides.

    Renderers print it beyond the upper end of an upright side and beyond the right end of a
    level one; around a colour bar it may stand anywhere. What two sides could own belongs to the
    nearer one.

    Parameters
    ----------
    texts : sequence of Text
    sides : sequence of (rect, side, is_bar)
        The box, its labelled side, and whether it is a colour bar.

    Returns
    -------
    list of Offset
        One for each side; that which changes nothing where none is printed.
    """
    found = [Offset()] * len(sides)
    best = [float("inf")] * len(sides)
    for text in texts:
        offset = offset_of(text.text)
        if offset is None:
            continue
        costs = [_cost(text, *side) for side in sides]
        owner = min(range(len(sides)), key=costs.__getitem__, default=None)
        if owner is not None and costs[owner] < best[owner]:
            found[owner], best[owner] = offset, costs[owner]
    return found


def _cost(text: Text, rect: Rect, side: str, is_bar: bool) -> float:
    """Distance of a text from where the offset of a side would be; infinite where it is not."""
    x0, y0, x1, y1 = rect
    a, b, c, d = text.box
    x, y = text.center
    inside = x0 < x < x1 and y0 < y < y1
    if side in ("left", "right"):
        at = x0 if side == "left" else x1
        across = max(a - at, at - c, 0.0)
        along = y0 - d
        fits = -6 <= along <= _BESIDE and across <= _BESIDE
    else:
        across = max(b - y1, y0 - d, 0.0)
        along = max(a - x1, x1 - c, 0.0)
        outside = b >= y1 - 2 if side == "bottom" else d <= y0 + 2
        fits = outside and along <= _BESIDE and across <= _BESIDE
    if inside:
        return float("inf")
    if fits:
        return float(max(along, 0.0) + across)
    if is_bar and x0 - 30 <= x <= x1 + 90 and y0 - 50 <= y <= y1 + 60:
        return _ANYWHERE + max(x0 - x, x - x1, 0.0) + max(y0 - y, y - y1, 0.0)
    return float("inf")
