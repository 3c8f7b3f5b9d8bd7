"""Figure, Panel, Label: what `read_figure` gives back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from napari_image2data.figure.confidence import Confidence

if TYPE_CHECKING:
    from napari_image2data.color.scale import ColorScale
    from napari_image2data.figure.axis import Axis
    from napari_image2data.figure.edges import Box


@dataclass(frozen=True)
class Label:
    """A number printed beside a plot area or a colour bar.

    Attributes
    ----------
    text : str
        As it was read.
    box : (x0, y0, x1, y1) float
        Where its ink lies, pixels, edge coordinates.
    role : {"colorbar", "x", "y"}
        What it belongs to.
    value : float or None
        The number it was taken for; None when it does not fit the others.
    pixel : float or None
        Where along the side its tick lies; None when it does not fit the others.
    """

    text: str
    box: Box
    role: str
    value: float | None = None
    pixel: float | None = None


@dataclass(frozen=True)
class Panel:
    """One plot area, its axes and the colour bar that serves it.

    Attributes
    ----------
    plot_box : (x0, y0, x1, y1) float
        The data area: the middle of its frame lines, pixels, edge coordinates.
    colorbar_box : (x0, y0, x1, y1) float or None
        The colour bar without its triangles; None when the panel has none.
    x_axis, y_axis : Axis or None
        None when the axis could not be read.
    scale : ColorScale or None
        The bar's colours and values; None when the range could not be read.
    colorbar_axis : Axis or None
        The axis along the bar that the range comes from.
    confidences : Confidence
        How likely each part was read right, 0..1.
    problems : tuple of str
        Plain sentences: what could not be read or looks doubtful, and why.
    labels : tuple of Label
        The numbers found beside the plot area and the bar.
    covered : tuple of (x0, y0, x1, y1) float
        Parts of the plot area that a colour bar and its labels cover, pixel edges: no data.
    """

    plot_box: Box
    colorbar_box: Box | None = None
    x_axis: Axis | None = None
    y_axis: Axis | None = None
    scale: ColorScale | None = None
    colorbar_axis: Axis | None = None
    confidences: Confidence = field(default_factory=Confidence)
    problems: tuple[str, ...] = ()
    labels: tuple[Label, ...] = ()
    covered: tuple[Box, ...] = ()

    @property
    def confidence(self) -> float:
        """How likely the values that the panel decodes to are right, 0..1."""
        return self.confidences.of_values


@dataclass(frozen=True)
class Figure:
    """A figure taken apart.

    Attributes
    ----------
    panels : tuple of Panel
        The largest plot area first.
    image_size : (width, height) int
        Of the picture, pixels.
    texts : tuple of str
        What was read; of a page of text, around its figures only.
    """

    panels: tuple[Panel, ...]
    image_size: tuple[int, int]
    texts: tuple[str, ...] = field(default=(), repr=False)
