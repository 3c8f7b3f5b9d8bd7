"""The ends of a colour bar, from the known map that its colours belong to."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from napari_image2data.color.bar_map import HALF_BIN, BarMap, match_bar
from napari_image2data.figure.edges import Edge

if TYPE_CHECKING:
    from napari_image2data.figure.layout import Bar

# an end without a frame line: share of the length that it may be off before the map overrules it
_UNSURE = 0.006
_LEAST = 1.2  # pixels
_UNSEEN = 25.0  # levels between the page and the colour of an end that noise hides
_LEAST_PALE = 0.8  # pixels
_BLUR = 0.02  # share of the length by which blur moves an end
_PALE = 90.0  # levels between the page and colours that cannot be seen on it
_TIP = 0.1  # share of the length that an extend triangle taken for a part of the bar may have


def with_map_ends(bar: Bar, page: np.ndarray, *, noisy: bool = False) -> Bar:
    """Move a bar's ends to where its map begins and ends, where they were seen wrongly.

    A frame line ends a bar. Without one, an end in the colour of the page has no border, and blur
    moves one; the colours between tell where the whole map would end (see `color.bar_map`). The
    tip of an extend triangle that was taken for a part of the bar is cut off.

    Parameters
    ----------
    bar : Bar
    page : (3,) ndarray
        Colour of the page, levels of 255.
    noisy : bool
        True for a JPEG.

    Returns
    -------
    Bar
        The same where its colours are no known map, or its ends agree with the map's.
    """
    first, last = (1, 3) if bar.vertical else (0, 2)
    known, length = _known(bar, noisy=noisy)
    if known is None:
        return bar
    edges = list(bar.outline.edges)
    for side, inward, colors in (
        (first, known.start, known.table),
        (last, length - known.end, known.table[::-1]),
    ):
        pale = np.abs(colors[0] - page).max() < _UNSEEN
        limit = max(_LEAST_PALE, HALF_BIN * length) if pale else max(_LEAST, _UNSURE * length)
        if edges[side].ink is not None or abs(inward) < limit:
            continue
        if bar.outline.framed_sides >= 2:
            # the tip of a triangle has no side; a side where no line is seen may have data as
            # dark as the frame
            if not _BLUR * length < inward < _TIP * length:
                continue
        elif abs(inward) > _BLUR * length:
            beyond = colors[: int(-inward / (known.end - known.start) * len(colors))]
            if inward > 0 or np.abs(beyond - page).max() > _PALE:
                continue  # a part of the map, not the whole
        place = edges[side].center + inward
        edges[side] = Edge(place, place)
    left, top, right, bottom = edges
    outline = replace(bar.outline, edges=(left, top, right, bottom))
    begin = outline.inner[first] - bar.outline.inner[first]
    end = outline.inner[last] - bar.outline.inner[first]
    return replace(bar, outline=outline, profile=bar.profile[begin:end])


def end_doubt(bar: Bar, *, noisy: bool = False) -> str | None:
    """A sentence where a bar's known map ends well before one of the bar's ends; else None."""
    known, length = _known(bar, noisy=noisy)
    if known is None:
        return None
    early = max(known.start, length - known.end)
    if not _BLUR * length < early < _TIP * length:
        return None
    return (
        f"By its colours, the colour bar ends {early:.0f} pixels before the end of its box: check "
        "whether a triangle belongs to the box."
    )


def shows_whole_map(bar: Bar, *, noisy: bool = False) -> bool:
    """Whether a bar shows a map of the catalogue from its first colour to its last.

    That a strip of a picture does so by chance is next to impossible: it is a colour bar.
    """
    known, length = _known(bar, noisy=noisy)
    return known is not None and (
        abs(known.start) < _BLUR * length and abs(known.end - length) < _BLUR * length
    )


def _known(bar: Bar, *, noisy: bool) -> tuple[BarMap | None, float]:
    """The map that a bar shows, and the bar's length."""
    first, last = (1, 3) if bar.vertical else (0, 2)
    box, inner = bar.outline.box, bar.outline.inner
    length = box[last] - box[first]
    at = inner[first] + np.arange(len(bar.profile)) + 0.5 - box[first]
    return match_bar(bar.profile, at, length, noisy=noisy), length
