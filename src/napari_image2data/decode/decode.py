"""decode(): whole pictures to Fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

from napari_image2data.decode.field import Field, Flag
from napari_image2data.decode.image import as_rgb
from napari_image2data.errors import FigureError

if TYPE_CHECKING:
    from napari_image2data.color.scale import ColorScale


def lookup(image: np.ndarray, scale: ColorScale, *, max_distance: float = 60.0) -> Field:
    """Look every pixel up on the scale, pixel by pixel."""
    rgb, opacity = as_rgb(image)
    colors, inverse = np.unique(rgb.reshape(-1, 3), axis=0, return_inverse=True)
    distance, index = cKDTree(scale.colors * 255).query(colors.astype(float))
    off = distance > max_distance
    values = np.where(off, np.nan, scale.values[index]).astype(np.float32)
    flags = np.where(off, Flag.OFF_SCALE, 0).astype(np.uint8)
    step = np.abs(np.gradient(scale.values))[index] / np.sqrt(12)
    shape = rgb.shape[:2]

    def picture(table: np.ndarray) -> np.ndarray:
        return table[inverse.ravel()].reshape(shape)

    field = Field(
        values=picture(values),
        distance=picture(distance.astype(np.float32)),
        sigma=picture(np.where(off, np.nan, step).astype(np.float32)),
        flags=picture(flags),
        x=np.arange(shape[1]) + 0.5,
        y=np.arange(shape[0]) + 0.5,
        scale=scale,
        box=(0, 0, shape[1], shape[0]),
    )
    if opacity is not None:
        clear = opacity == 0
        field.values[clear] = np.nan
        field.sigma[clear] = np.nan
        field.flags[clear] |= Flag.NO_DATA
    return field


def decode(
    image: np.ndarray,
    scale: ColorScale,
    box: tuple[float, float, float, float] | None = None,
    *,
    max_distance: float = 60.0,
) -> Field:
    """Decode a picture, or the part of it inside ``box`` (x0, y0, x1, y1 pixel edges)."""
    if box is None:
        return lookup(image, scale, max_distance=max_distance)
    x0, y0, x1, y1 = (round(float(edge)) for edge in box)
    height, width = np.asarray(image).shape[:2]
    if not (0 <= x0 < x1 <= width and 0 <= y0 < y1 <= height):
        raise FigureError(f"The box {box} does not lie inside the {width} x {height} picture.")
    field = lookup(np.asarray(image)[y0:y1, x0:x1], scale, max_distance=max_distance)
    return Field(
        field.values,
        field.distance,
        field.sigma,
        field.flags,
        field.x + x0,
        field.y + y0,
        scale,
        (x0, y0, x1, y1),
    )
