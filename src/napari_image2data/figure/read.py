"""read_figure(): a picture of a figure becomes panels with boxes, axes and colour scales."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from napari_image2data.color.image import as_rgb
from napari_image2data.errors import FigureError, ImageError, MissingExtraError
from napari_image2data.figure.bar_scale import bar_range, color_scale
from napari_image2data.figure.confidence import confidence_in
from napari_image2data.figure.edges import SNAPPED
from napari_image2data.figure.inner_bars import (
    covered_box,
    find_inner_bars,
    with_labels,
)
from napari_image2data.figure.layout import Bar, Layout, find_layout, lies_in, overlaps
from napari_image2data.figure.map_ends import end_doubt, with_map_ends
from napari_image2data.figure.offset import Offset, find_offsets
from napari_image2data.figure.pale_bands import with_pale_bands
from napari_image2data.figure.panel import Figure, Label, Panel
from napari_image2data.figure.rectangles import inner_page
from napari_image2data.figure.shown_plots import (
    NOTHING,
    doubtful_plots,
    has_sure_bar,
    mapped_plots,
    with_axes,
    with_plots,
)
from napari_image2data.figure.sides import calibrate_bar, label_boxes, read_axes
from napari_image2data.figure.text import Text, read_texts
from napari_image2data.figure.titles import as_words, find_title, title_above

if TYPE_CHECKING:
    from napari_image2data.figure.axis import Axis
    from napari_image2data.figure.calibrate import Calibration
    from napari_image2data.figure.edges import Box, Rect

_SAME_COLORS = 0.7  # of the best bar's share that another bar needs to serve the plot
_SEEN = 0.6  # of the most of its colours that any bar has in the plot
_FEW_SHARED = 0.45  # of the plot's pixels that have a colour of the bar
_NO_OCR = "Labels were not read: {error} Or type the two end values of the colour bar."


def read_figure(image: np.ndarray) -> Figure:
    """Take a figure apart: plot areas, colour bars, axes, and the range of the colours.

    Parameters
    ----------
    image : (H, W, 3) or (H, W, 4) uint8 ndarray
        The picture.

    Returns
    -------
    Figure
        Its panels, the largest first, those of about one size row by row. What could not be read is
        None, and a sentence in ``problems`` says why: no range is guessed.

    Raises
    ------
    FigureError
        When the picture holds no colour-mapped area.
    ImageError
        When the array is not a picture.
    """
    rgb = np.ascontiguousarray(as_rgb(image)[0])
    if rgb.ndim != 3:
        raise ImageError(f"A figure is one picture (H, W, 3), not a stack {rgb.shape}.")
    layout = find_layout(rgb)
    if not layout.bars:
        page = inner_page(rgb)
        inner = find_layout(page) if page is not None else layout
        if page is not None and inner.bars:
            rgb, layout = page, inner
    original = rgb
    strips = [] if layout.bars else find_inner_bars(rgb, layout)
    texts: list[Text] = []
    missing = ""
    try:
        inside, rgb, texts = with_labels(rgb, strips, layout)
        layout = replace(layout, bars=[*layout.bars, *inside])
    except MissingExtraError as error:
        missing = _NO_OCR.format(error=error)
    kept = mapped_plots(original, layout)
    doubtful = [] if layout.bars else doubtful_plots(rgb, layout, kept)
    if not kept and not doubtful:
        raise FigureError(NOTHING)
    try:
        near = [layout.plots[number].rect for number in kept + doubtful]
        near += [bar.outline.rect for bar in layout.bars]
        known = [text.box for text in texts]
        texts += [
            text
            for text in read_texts(rgb, layout.background.color, near=near)
            if not any(overlaps(text.box, box) for box in known)
        ]
    except MissingExtraError as error:
        missing = _NO_OCR.format(error=error)
    if layout.bars and not missing and not has_sure_bar(rgb, layout, texts):
        # strips of a photo: nothing but their colours speaks for them
        layout = replace(layout, bars=[])
        kept = mapped_plots(rgb, layout)
        doubtful = doubtful_plots(rgb, layout, kept)
    if kept:
        layout = with_plots(layout, sorted(kept + doubtful))
    else:
        layout = with_plots(layout, with_axes(rgb, layout, doubtful, texts, missing))
    bars = [
        with_map_ends(bar, layout.background.color, noisy=layout.background.noisy)
        for bar in layout.bars[: max(1, len(layout.plots))]
    ]
    taken: set[int] = set()
    calibrations = [calibrate_bar(rgb, bar, bars, layout, texts, taken, missing) for bar in bars]
    bars = [
        bar if found is None else with_pale_bands(bar, found, noisy=layout.background.noisy)
        for bar, found in zip(bars, calibrations, strict=True)
    ]
    titles = [
        _bar_title(bar, found, layout, [text for text in texts if id(text) not in taken])
        for bar, found in zip(bars, calibrations, strict=True)
    ]
    taken.update(id(text) for title in titles for text in title)
    axes = [
        read_axes(rgb, number, layout, bars, texts, taken, missing)
        for number in range(len(layout.plots))
    ]
    bar_offsets, axis_offsets = _offsets(texts, layout, bars, calibrations, axes)
    panels = [
        _panel(
            original,
            number,
            layout,
            bars,
            [*zip(calibrations, titles, bar_offsets, strict=True)],
            {name: (found, axis_offsets[number, name]) for name, found in axes[number].items()},
            [text for text in texts if id(text) not in taken],
            missing,
        )
        for number in range(len(layout.plots))
    ]
    return Figure(tuple(panels), (rgb.shape[1], rgb.shape[0]), tuple(t.text for t in texts))


def _offsets(
    texts: list[Text],
    layout: Layout,
    bars: list[Bar],
    calibrations: list[Calibration | None],
    axes: list[dict[str, Calibration]],
) -> tuple[list[Offset], dict[tuple[int, str], Offset]]:
    """What is printed for all labels of each bar, and of each axis by (plot, name)."""
    at_bars = [
        (bar, found) for bar, found in zip(bars, calibrations, strict=True) if found is not None
    ]
    at_axes = [
        (number, name, found) for number, both in enumerate(axes) for name, found in both.items()
    ]
    sides = [(bar.outline.rect, found.axis.side, True) for bar, found in at_bars]
    sides += [(layout.plots[number].rect, found.axis.side, False) for number, _, found in at_axes]
    known = [found for _, found in at_bars] + [found for *_, found in at_axes]
    labels = [box for found in known for box in label_boxes(found)]
    free = [text for text in texts if not any(overlaps(text.box, box) for box in labels)]
    offsets = find_offsets(free, sides)
    by_bar = dict(zip((id(bar) for bar, _ in at_bars), offsets, strict=False))
    of_axes = offsets[len(at_bars) :]
    return (
        [by_bar.get(id(bar), Offset()) for bar in bars],
        {(n, name): offset for (n, name, _), offset in zip(at_axes, of_axes, strict=True)},
    )


def _panel(
    rgb: np.ndarray,
    number: int,
    layout: Layout,
    bars: list[Bar],
    beside_bars: list[tuple[Calibration | None, list[Text], Offset]],
    read: dict[str, tuple[Calibration, Offset]],
    texts: list[Text],
    missing: str,
) -> Panel:
    """A panel of a plot area, with what was read beside its bar and along its sides."""
    plot = layout.plots[number]
    problems: list[str] = [missing] if missing else []
    labels: list[Label] = []
    plot_box, snapped = plot.box, []
    axes: dict[str, Axis | None] = {"x": None, "y": None}
    calibrated: dict[str, Calibration] = {}
    others = [other.rect for other in layout.plots if other is not plot]
    others += [bar.outline.rect for bar in bars]
    for name, (found, offset) in read.items():
        snapped.append(found.ticks.is_snapped)
        if len(found.unused) > len(found.used):
            problems.append(f"The labels of the {name} axis are no numbers that lie on a line.")
        else:
            title = find_title(found.axis.side, plot.rect, texts, label_boxes(found), others)
            axis = offset.applied(replace(found.axis, title=as_words(title)))
            # a renderer that moves lines to whole pixels has drawn the frame, too, as lines
            moved = found.ticks.is_snapped and found.snapped and plot.is_framed
            axes[name] = axis.shifted(-SNAPPED) if moved else axis
            calibrated[name] = found
            labels += _labels(found, name)
    choice = _bar_of(number, layout, bars, [found for found, *_ in beside_bars])
    scale, bar_axis, box, bar_labels = None, None, None, None
    covered: tuple[Box, ...] = ()
    doubts: list[str] = []
    if choice is None:
        problems.append("No colour bar was found: choose the colours and type the range.")
    else:
        bar = bars[choice]
        bar_labels, bar_title, offset = beside_bars[choice]
        box = bar.outline.box
        if bar_labels is not None:
            if bar.outline.is_snapped and bar_labels.ticks.is_snapped:
                box = _moved(box, -SNAPPED)
            labels += _labels(bar_labels, "colorbar")
            if lies_in(bar.outline.rect, plot.rect):
                beside = [*label_boxes(bar_labels), *(text.box for text in bar_title)]
                covered = (covered_box(rgb, [box, *beside], plot),)
            ends = bar_range(bar, bar_labels, offset, noisy=layout.background.noisy)
            if ends is not None:
                bar_axis = replace(ends.axis, title=as_words(bar_title))
                scale = color_scale(rgb, bar, ends)
                doubts += ends.doubts
                doubt = end_doubt(bar, noisy=layout.background.noisy)
                doubts += [doubt] if doubt is not None else []
        if bar.shares[number] < _FEW_SHARED:
            doubts.append(
                "Many colours of the plot are not on the colour bar: is it shaded, or see-through?"
            )
        problems += doubts
        if scale is None and not missing:
            problems.append(
                "The range of the colour bar could not be read: type its two end values."
            )
    if plot.is_snapped and any(snapped):
        plot_box = _moved(plot_box, -SNAPPED)
    confidences = confidence_in(
        has_bar=box is not None,
        has_range=scale is not None,
        bar_labels=bar_labels,
        doubts=len(doubts),
        x_axis=calibrated.get("x"),
        y_axis=calibrated.get("y"),
    )
    return Panel(
        _within(plot_box, rgb),
        box if box is None else _within(box, rgb),
        axes["x"],
        axes["y"],
        scale,
        bar_axis,
        confidences,
        tuple(problems),
        tuple(labels),
        covered,
    )


def _moved(box: Box, offset: float) -> Box:
    return box[0] + offset, box[1] + offset, box[2] + offset, box[3] + offset


def _within(box: Box, rgb: np.ndarray) -> Box:
    """The part of a box that the picture shows: a side at its border is measured by no page."""
    height, width = rgb.shape[:2]
    return max(0.0, box[0]), max(0.0, box[1]), min(box[2], float(width)), min(box[3], float(height))


def _labels(found: Calibration, role: str) -> list[Label]:
    used = [
        Label(c.text.text, c.text.box, role, value, float(found.axis.to_pixel(value)))
        for c, value in found.used
    ]
    return used + [Label(c.text.text, c.text.box, role) for c in found.unused]


def _bar_title(
    bar: Bar, found: Calibration | None, layout: Layout, texts: list[Text]
) -> list[Text]:
    if found is None:
        return []
    rect, plots = bar.outline.rect, [plot.rect for plot in layout.plots]
    title = find_title(found.axis.side, rect, texts, label_boxes(found), plots)
    return title or (title_above(rect, texts, plots) if bar.vertical else [])


def _bar_of(
    number: int, layout: Layout, bars: list[Bar], calibrations: list[Calibration | None]
) -> int | None:
    """The bar that serves a plot: of those whose colours it shows, the nearest with numbers."""
    if not bars:
        return None
    plot = layout.plots[number].rect
    most = max(bar.shares[number] for bar in bars)
    fits = [k for k, bar in enumerate(bars) if bar.shares[number] >= _SAME_COLORS * most]
    # of a continuous bar, a plot drawn in bands shows a few colours only
    seen = max(bars[k].seen[number] for k in fits)
    fits = [k for k in fits if bars[k].seen[number] >= _SEEN * seen]
    labelled = [k for k in fits if calibrations[k] is not None]
    return min(labelled or fits, key=lambda k: _gap(plot, bars[k].outline.rect))


def _gap(a: Rect, b: Rect) -> float:
    dx = max(b[0] - a[2], a[0] - b[2], 0)
    dy = max(b[1] - a[3], a[1] - b[3], 0)
    return math.hypot(dx, dy)
