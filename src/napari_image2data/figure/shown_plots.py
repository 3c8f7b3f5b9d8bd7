"""Which rectangles of a figure are plots that show a colour map."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from napari_image2data.errors import FigureError
from napari_image2data.figure.map_ends import shows_whole_map
from napari_image2data.figure.mapped import is_color_mapped, may_be_mapped
from napari_image2data.figure.sides import calibrate_bar, read_axes

if TYPE_CHECKING:
    import numpy as np

    from napari_image2data.figure.edges import Rect
    from napari_image2data.figure.layout import Layout
    from napari_image2data.figure.text import Text

NOTHING = (
    "No colour-mapped area found in the picture; draw the plot area and the colour bar by hand."
)

_MAPPED_SHARE = 0.5  # of the best plot's share of bar colours that another one needs
_LABELS_OF_A_MAP = 3  # along each axis of a plot that has few colours and no bar


def mapped_plots(rgb: np.ndarray, layout: Layout) -> list[int]:
    """Which plots show a colour map."""
    if layout.bars:
        best = max(bar.share for bar in layout.bars)
        return [
            number
            for number in range(len(layout.plots))
            if max(bar.shares[number] for bar in layout.bars) >= _MAPPED_SHARE * best
        ]
    page = layout.background.color
    mapped = [is_color_mapped(_crop(rgb, plot.inner), page) for plot in layout.plots]
    return [number for number, certain in enumerate(mapped) if certain]


def doubtful_plots(rgb: np.ndarray, layout: Layout, kept: list[int]) -> list[int]:
    """Which other plots may show a colour map."""
    page = layout.background.color
    return [
        number
        for number, plot in enumerate(layout.plots)
        if number not in kept and may_be_mapped(_crop(rgb, plot.inner), page)
    ]


def with_axes(
    rgb: np.ndarray, layout: Layout, numbers: list[int], texts: list[Text], missing: str
) -> list[int]:
    """Which of the plots have two axes that can be read."""
    kept = []
    for number in numbers:
        axes = read_axes(rgb, number, layout, [], texts, set(), missing)
        if len(axes) == 2 and all(
            len(found.used) >= _LABELS_OF_A_MAP > len(found.unused) for found in axes.values()
        ):
            kept.append(number)
    return kept


def with_plots(layout: Layout, kept: list[int]) -> Layout:
    """The layout with some of its plots only; at least one has to be left."""
    if not kept:
        raise FigureError(NOTHING)
    bars = [
        replace(
            bar,
            shares=tuple(bar.shares[number] for number in kept),
            seen=tuple(bar.seen[number] for number in kept),
        )
        for bar in layout.bars
    ]
    return replace(layout, plots=[layout.plots[number] for number in kept], bars=bars)


def has_sure_bar(rgb: np.ndarray, layout: Layout, texts: list[Text]) -> bool:
    """Whether a bar has a frame, a triangle, a whole map of the catalogue, or labels."""
    noisy = layout.background.noisy
    return any(
        bar.outline.is_framed
        or any(bar.extended)
        or shows_whole_map(bar, noisy=noisy)
        or calibrate_bar(rgb, bar, layout.bars, layout, texts, set(), "") is not None
        for bar in layout.bars
    )


def _crop(rgb: np.ndarray, rect: Rect) -> np.ndarray:
    x0, y0, x1, y1 = rect
    return rgb[max(0, y0) : y1, max(0, x0) : x1]
