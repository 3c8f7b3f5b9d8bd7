"""Field: what a decoded picture is: values, their colour distance and uncertainty, flags, axes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    from napari_image2data.color.scale import ColorScale


class Flag(IntFlag):
    """Why a pixel was not read, or how its value came about; bits of ``Field.flags``."""

    OFF_SCALE = 1
    """The colour is too far from every colour of the scale; the value is NaN."""
    BELOW = 2
    """The colour is the scale's under colour, or its clipped first colour."""
    ABOVE = 4
    """The colour is the scale's over colour, or its clipped last colour."""
    AMBIGUOUS = 8
    """Another position on the scale explains the colour as well within the noise."""
    OVERLAY = 16
    """Ink lies over the data: text, line, marker, frame; NaN unless FILLED."""
    FILLED = 32
    """The value was interpolated from the surroundings."""
    NO_DATA = 64
    """A colour that stands for "no data", or a transparent pixel; the value is NaN."""


@dataclass(frozen=True, eq=False)
class Field:
    """A decoded picture.

    Attributes
    ----------
    values : (..., h, w) float32 ndarray or dask array
        Data values in the scale's units; NaN where nothing can be read.
    distance : (..., h, w) float32
        Colour distance of each pixel to the scale, in levels of 255.
    sigma : (..., h, w) float32
        Standard uncertainty of the value, in value units; NaN where the value is NaN.
    flags : (..., h, w) uint8
        Bits of `Flag`.
    x, y : (w,) and (h,) float64 ndarray
        Coordinates of the pixel centres: axis values where an axis is known, else pixels of the
        picture (column ``i`` has its centre at ``i + 0.5``).
    scale : ColorScale
        The scale that was used.
    box : (x0, y0, x1, y1) tuple of int
        The part of the picture that was decoded, as pixel edges.
    """

    values: Any
    distance: Any
    sigma: Any
    flags: Any
    x: np.ndarray
    y: np.ndarray
    scale: ColorScale | None = None
    box: tuple[int, int, int, int] | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of ``values``."""
        return tuple(self.values.shape)
