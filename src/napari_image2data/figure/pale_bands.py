"""Bands at the ends of a stepped colour bar that are as pale as the page."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from napari_image2data.figure.bands import band_edges
from napari_image2data.figure.edges import Edge

if TYPE_CHECKING:
    from napari_image2data.figure.calibrate import Calibration
    from napari_image2data.figure.layout import Bar

_BESIDE = 2.5  # pixels, and share of a band, that a label at the end of a bar may lie beyond it
_BESIDE_SHARE = 0.15
_EVEN = 0.12  # of a band: what equal ones differ by
_MOST = 3  # bands


def with_pale_bands(bar: Bar, found: Calibration, *, noisy: bool = False) -> Bar:
    """A bar with the bands that its labels show to be there beyond an end without a frame.

    A band in the colour of the page is not seen, but it has its label, and bands are drawn
    equally wide: the bar goes on by as many as reach the outermost label.

    Parameters
    ----------
    bar : Bar
    found : Calibration
        Its labels.
    noisy : bool
        True for a JPEG.

    Returns
    -------
    Bar
        The same where it has no equal bands, or where no label lies beyond its ends.
    """
    first, last = (1, 3) if bar.vertical else (0, 2)
    box = bar.outline.box
    places = [float(found.axis.to_pixel(value)) for _, value in found.used]
    beyond = box[first] - min(places), max(places) - box[last]
    if max(beyond) <= _BESIDE:
        return bar
    borders = band_edges(bar.profile, noisy=noisy)
    if borders is None or len(borders) < 3:
        return bar
    widths = np.diff(borders)
    width = float(np.median(widths))
    if np.abs(widths - width).max() > max(1.5, _EVEN * width):
        return bar
    width = float(borders[-1] - borders[0]) / len(widths)
    edges = list(bar.outline.edges)
    for side, reach in zip((first, last), beyond, strict=True):
        slack = max(_BESIDE, _BESIDE_SHARE * width)
        count = int(np.ceil((reach - slack) / width))
        if reach > _BESIDE and 1 <= count <= _MOST and edges[side].ink is None:
            place = edges[side].center - count * width
            edges[side] = Edge(place, place)
    left, top, right, bottom = edges
    return replace(bar, outline=replace(bar.outline, edges=(left, top, right, bottom)))
