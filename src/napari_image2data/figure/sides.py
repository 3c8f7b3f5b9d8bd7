"""The numbers beside bars and along the sides of plots: from texts to calibrated axes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_image2data.figure.calibrate import Calibration, calibrate_side
from napari_image2data.figure.end_labels import calibrate_ends
from napari_image2data.figure.inner_bars import nothing_but
from napari_image2data.figure.layout import Bar, Layout, lies_in

if TYPE_CHECKING:
    import numpy as np

    from napari_image2data.figure.edges import Box, Outline, Rect
    from napari_image2data.figure.text import Text

_REACH_OF_BAR = 90.0
_REACH_OF_AXIS = 60.0


def calibrate_bar(
    rgb: np.ndarray,
    bar: Bar,
    bars: list[Bar],
    layout: Layout,
    texts: list[Text],
    taken: set[int],
    missing: str,
) -> Calibration | None:
    """The numbers beside a bar, or at its ends; None where there are none.

    Texts whose ``id`` is in ``taken`` belong to others; those that the bar takes are added.
    ``missing`` says why no text was read, where that is so.
    """
    around = [plot.inner for plot in layout.plots if lies_in(bar.outline.rect, plot.inner)]
    if around:
        rgb = nothing_but(rgb, around[0], layout.background.color)
        texts = [text for text in texts if lies_in(text.box, around[0])]
    others = [plot.rect for plot in layout.plots if plot.inner not in around]
    others += [other.outline.rect for other in bars if other is not bar]
    sides = ("right", "left") if bar.vertical else ("bottom", "top")
    best = _best_side(rgb, bar.outline, sides, layout, texts, taken, others, _REACH_OF_BAR, missing)
    if best is None and not missing:
        free = [text for text in texts if id(text) not in taken]
        best = calibrate_ends(bar.outline.box, bar.vertical, free)
    if best is not None:
        taken.update(id(candidate.text) for candidate, _ in best.used)
        taken.update(id(candidate.text) for candidate in best.unused)
    return best


def read_axes(
    rgb: np.ndarray,
    number: int,
    layout: Layout,
    bars: list[Bar],
    texts: list[Text],
    taken: set[int],
    missing: str,
) -> dict[str, Calibration]:
    """The labelled axes of a plot, by their names."""
    plot = layout.plots[number]
    others = [other.rect for other in layout.plots if other is not plot]
    others += [bar.outline.rect for bar in bars]
    found = {
        name: _best_side(rgb, plot, sides, layout, texts, taken, others, _REACH_OF_AXIS, missing)
        for name, sides in (("x", ("bottom", "top")), ("y", ("left", "right")))
    }
    return {name: axis for name, axis in found.items() if axis is not None}


def label_boxes(found: Calibration) -> list[Box]:
    """Where the labels are printed that an axis was calibrated by."""
    return [candidate.text.box for candidate, _ in found.used]


def _best_side(
    rgb: np.ndarray,
    outline: Outline,
    sides: tuple[str, ...],
    layout: Layout,
    texts: list[Text],
    taken: set[int],
    others: list[Rect],
    reach: float,
    missing: str,
) -> Calibration | None:
    if missing:
        return None
    free = [text for text in texts if id(text) not in taken]
    best = None
    for side in sides:
        found = calibrate_side(
            rgb, outline, side, free, others, layout.background.color, reach=reach
        )
        if found is not None and (best is None or found.score > best.score):
            best = found
    return best
