"""Field: what a decoded picture is: values, their colour distance and uncertainty, flags, axes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from napari_image2data.color.flags import Flag as Flag

if TYPE_CHECKING:
    import numpy as np

    from napari_image2data.color.scale import ColorScale
    from napari_image2data.decode.cells import CellGrid


@dataclass(frozen=True, eq=False)
class Mixture:
    """What was mixed into the colours of a picture, and was taken out of them.

    Attributes
    ----------
    mode : str
        "overlay", "soft", "hsv" or "multiply" light; or "base", a picture beneath.
    opacity : float
        Opacity of the layer over the base, 0..1; 1 for light.
    light : (..., h, w) float32 ndarray or None
        The light that was cast, or the base's grey, 0..1; NaN where nothing can be read. None where
        the base was given.
    cast : (2,) tuple of float
        Levels of red and of blue that a middle grey of the base has more than its lightness; zeros
        where the base is grey or was given.
    """

    mode: str
    opacity: float
    light: np.ndarray | None = None
    cast: tuple[float, float] = (0.0, 0.0)


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
    mixture : Mixture or None
        Light or base that was taken out of the colours, where `decode` was asked to.
    notes : tuple of str
        Plain sentences about what the picture seems to be and the options did not allow for.
    cells : CellGrid or None
        Where the cells lie in the picture; then the arrays hold one value a cell, and ``x`` and
        ``y`` are the centres of the cells.
    """

    values: Any
    distance: Any
    sigma: Any
    flags: Any
    x: np.ndarray
    y: np.ndarray
    scale: ColorScale | None = None
    box: tuple[int, int, int, int] | None = None
    mixture: Mixture | None = None
    notes: tuple[str, ...] = ()
    cells: CellGrid | None = None

    def __repr__(self) -> str:
        unit = f", {self.scale!r}" if self.scale is not None else ""
        what = "pixels" if self.cells is None else "cells"
        return f"Field({' x '.join(str(n) for n in self.shape)} {what}{unit}, box={self.box})"

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of ``values``."""
        return tuple(self.values.shape)
