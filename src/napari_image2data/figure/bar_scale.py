"""The values at the ends of a colour bar, and how sure they are."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_image2data.figure.axis import Axis

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_image2data.figure.calibrate import Calibration
    from napari_image2data.figure.edges import Rect
    from napari_image2data.figure.layout import Bar
    from napari_image2data.figure.text import Text

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺−–—×XlI", "0123456789-+---xx11")
_SNAP_TO_TICK = 1.3  # pixels: a labelled tick this near to the bar's end is its end
_SNAP_AT_TRIANGLE = 3.0


@dataclass(frozen=True)
class BarRange:
    """Values at the bar's first (top or left) and last end, and the axis they come from."""

    first: float
    last: float
    axis: Axis


def offset_factor(texts: Sequence[Text], rect: Rect) -> float:
    """Factor printed beside a bar for all its labels (``1e-4``, ``x10^3``); 1 without one."""
    x0, y0, x1, y1 = rect
    for text in texts:
        plain = "".join(text.text.split()).translate(_SUPERSCRIPTS)
        match = re.fullmatch(r"x?1[eE]([-+]?\d{1,3})", plain) or re.fullmatch(
            r"x10\^?([-+]?\d{1,2})", plain
        )
        if match is None:
            continue
        x, y = text.center
        near = x0 - 30 <= x <= x1 + 90 and y0 - 50 <= y <= y1 + 60
        if near and not (x0 < x < x1 and y0 < y < y1):
            return 10.0 ** int(match.group(1))
    return 1.0


def bar_range(bar: Bar, found: Calibration, factor: float) -> BarRange | None:
    """Values at the two ends of a bar; None where the axis cannot give them."""
    axis = found.axis
    if factor != 1.0:
        scaled = [float(f"{value * factor:.12g}") for value in axis.values]
        axis = Axis.through(axis.pixels, scaled, norm=axis.norm, side=axis.side)
    box = bar.outline.box
    ends = (box[1], box[3]) if bar.vertical else (box[0], box[2])
    values = [
        _value_at(axis, end, extended, bar.outline.thickness)
        for end, extended in zip(ends, bar.extended, strict=True)
    ]
    if not all(map(math.isfinite, values)) or values[0] == values[1]:
        return None
    return BarRange(values[0], values[1], axis)


def _value_at(axis: Axis, end: float, extended: bool, thickness: float) -> float:
    off = np.abs(np.array(axis.pixels) - end)
    nearest = int(off.argmin())
    limit = _SNAP_AT_TRIANGLE if extended else _SNAP_TO_TICK * max(1.0, thickness / 2.5)
    if off[nearest] < limit:
        return axis.values[nearest]
    return float(axis.to_value(end))
