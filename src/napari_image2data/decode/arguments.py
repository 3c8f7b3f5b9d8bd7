"""What decode() is told: options that make sense together, and the part of the picture meant."""

from __future__ import annotations

from typing import Any

import numpy as np

from napari_image2data.color.image import as_rgb
from napari_image2data.color.scale import ColorScale
from napari_image2data.decode.arrays import WHOLE, is_lazy
from napari_image2data.decode.blend import BLEND_MODES
from napari_image2data.decode.jpeg_info import JpegInfo
from napari_image2data.errors import FigureError, ImageError, ScaleError


def check_choices(
    scale: object, overlays: object, jpeg: object, rivals: object, max_distance: object
) -> None:
    """Refuse what no option can be."""
    if not isinstance(scale, ColorScale):
        raise ScaleError(
            f"The scale is a ColorScale, not {type(scale).__name__}; build one with "
            "ColorScale.from_name(...) or ColorScale.from_colorbar(...)."
        )
    if overlays not in ("mask", "fill", "keep"):
        raise FigureError(f"overlays is 'mask', 'fill' or 'keep', not {overlays!r}.")
    if not isinstance(jpeg, JpegInfo) and jpeg not in (True, False, "auto"):
        raise FigureError(f"jpeg is True, False, 'auto' or a JpegInfo, not {jpeg!r}.")
    if rivals not in ("resolve", "nearest"):
        raise FigureError(f"rivals is 'resolve' or 'nearest', not {rivals!r}.")
    if max_distance != "auto" and not (
        isinstance(max_distance, int | float | np.number) and max_distance >= 0
    ):
        raise FigureError(f"max_distance is 'auto' or a number from 0 up, not {max_distance!r}.")


def check_mixture(shading: object, opacity: object, base: object) -> None:
    """Refuse a hillshade and a base at once, and what neither can be."""
    if shading not in (True, False, *BLEND_MODES):
        raise FigureError(
            f"shading is True, False or one of {', '.join(BLEND_MODES)}, not {shading!r}."
        )
    number = isinstance(opacity, int | float | np.number) and not isinstance(opacity, bool)
    if not (opacity is None or opacity == "auto" or (number and 0 < opacity <= 1)):  # type: ignore[operator]
        raise FigureError(f"opacity is 'auto' or a number above 0 and up to 1, not {opacity!r}.")
    if shading is not False and (opacity is not None or base is not None):
        raise FigureError("Give shading, or opacity and base; both at once cannot be taken out.")


def check_cells(image: Any, cells: object, dequantize: object) -> None:
    """Refuse cells in a stack, or between the steps, and shapes that no grid of cells has."""
    told = isinstance(cells, tuple | list) and len(cells) == 2
    if not isinstance(cells, bool) and not (
        told and all(isinstance(n, int | np.integer) and n > 0 for n in cells)  # type: ignore[attr-defined]
    ):
        raise FigureError(
            f"cells is True, False or the numbers of rows and columns (n, m), not {cells!r}."
        )
    if isinstance(dequantize, str) and dequantize != "auto":
        raise FigureError(
            f"dequantize is True, False, 'auto' or the borders' values, not {dequantize!r}."
        )
    if cells is False:
        return
    if dequantize is not False and not isinstance(dequantize, str):
        raise FigureError(
            "Give cells or dequantize: the bands of a smooth field are not those of cells."
        )
    if is_lazy(image) or np.ndim(image) > 3:
        raise FigureError(
            "Cells are found in one picture in memory, as each has its own number of them: decode "
            "the frames of a stack, or a computed dask array, one by one."
        )


def base_beneath(
    base: np.ndarray, shape: tuple[int, ...], box: tuple[float, float, float, float] | None
) -> np.ndarray:
    """The part of a base that lies under the box."""
    below = as_rgb(base)[0]
    if below.shape[:2] != shape[-2:]:
        raise ImageError(
            f"The base is {below.shape[1]} x {below.shape[0]} pixels, the picture {shape[-1]} x "
            f"{shape[-2]}; give a base of the picture's size."
        )
    return np.ascontiguousarray(below[window_of(box, shape[-2:])])


def window_of(
    box: tuple[float, float, float, float] | None, shape: tuple[int, ...]
) -> tuple[slice, slice]:
    """Rows and columns of a box, which must lie inside the picture."""
    height, width = shape[:2]
    if box is None:
        return slice(0, height), slice(0, width)
    edges = np.asarray(box, float) if not isinstance(box, str) else np.empty(0)
    if edges.shape != (4,) or not np.isfinite(edges).all():
        raise FigureError(f"A box is four numbers (x0, y0, x1, y1) in pixels, not {box!r}.")
    x0, y0, x1, y1 = (round(float(edge)) for edge in edges)
    if not (0 <= x0 < x1 <= width and 0 <= y0 < y1 <= height):
        raise FigureError(f"The box {box} does not lie inside the {width} x {height} picture.")
    return slice(y0, y1), slice(x0, x1)


def is_large(image: Any, box: tuple[float, float, float, float] | None) -> bool:
    """Tell whether a picture, or its box, is too large to be decoded in one piece."""
    if np.ndim(image) < 2 or np.size(image) <= WHOLE:
        return False
    rows, cols = window_of(box, np.shape(image)[:2])
    return bool((rows.stop - rows.start) * (cols.stop - cols.start) > WHOLE)
