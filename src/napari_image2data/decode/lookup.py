"""lookup(): every pixel by its own colour, and new thresholds without a new look-up."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_image2data.color.flags import Flag
from napari_image2data.color.lookup import MAX_DISTANCE, ColorTable
from napari_image2data.decode.arrays import is_lazy, picture_shape, read_lazily, read_pixels
from napari_image2data.decode.field import Field
from napari_image2data.errors import FigureError

if TYPE_CHECKING:
    from napari_image2data.color.scale import ColorScale
    from napari_image2data.color.spaces import Metric


def lookup(
    image: Any,
    scale: ColorScale,
    *,
    max_distance: float = MAX_DISTANCE,
    metric: Metric = "auto",
) -> Field:
    """Look every pixel up on a scale; no neighbour is asked.

    Each colour is projected onto the scale's curve between its colours (on a discrete scale: given
    to the nearest class), once for all pixels that share it.

    Parameters
    ----------
    image : (H, W), (..., H, W, 3) or (..., H, W, 4) numpy or dask array
        A picture or a stack of pictures: uint8, uint16, bool, or float in 0..1 (NaN: no data).
        A memory-mapped array is read in parts. A dask array stays lazy and chunked.
    scale : ColorScale
    max_distance : float
        Colours farther than this from the scale, in levels of 255 of RGB distance, are OFF_SCALE.
    metric : {"auto", "rgb", "luma-chroma", "oklab", "cielab"}
        Space in which the nearest colour of the scale is searched; ``"auto"`` is RGB near the scale
        and luma-chroma farther off.

    Returns
    -------
    Field
        ``values``, ``distance``, ``sigma`` and ``flags`` of the picture's shape without colours;
        dask arrays where the image is one. A value whose flag says BELOW or ABOVE is the end of
        the scale, and the truth may lie beyond it.

    Raises
    ------
    ImageError
        When the array is not a picture.
    ScaleError
        When no metric has that name.

    Examples
    --------
    >>> from napari_image2data import ColorScale
    >>> scale = ColorScale.from_name("viridis", vmin=0.0, vmax=10.0)
    >>> image = np.round(scale.to_color([[2.0, 4.0, 6.0]]) * 255).astype(np.uint8)
    >>> lookup(image, scale).values.round(1).tolist()
    [[2.0, 4.0, 6.0]]
    """
    shape = picture_shape(image)
    table = ColorTable(scale, max_distance=max_distance, metric=metric)
    pixels = (
        read_lazily(image, table) if is_lazy(image) else read_pixels(np.asanyarray(image), table)
    )
    height, width = shape[-2:]
    return Field(
        *pixels,
        x=np.arange(width) + 0.5,
        y=np.arange(height) + 0.5,
        scale=scale,
        box=(0, 0, width, height),
    )


def rethreshold(field: Field, max_distance: float) -> Field:
    """Apply a new limit on the colour distance to a field, without decoding again.

    Decode once with the largest limit of interest (``max_distance=np.inf`` keeps every pixel);
    every smaller limit then follows from the field's ``distance``. Pixels that the field has
    already dropped stay dropped.

    Parameters
    ----------
    field : Field
        Its arrays are left as they are.
    max_distance : float
        Pixels with a larger ``distance`` become NaN and OFF_SCALE.

    Returns
    -------
    Field
        New ``values``, ``sigma`` and ``flags``; the other arrays are shared.

    Raises
    ------
    FigureError
        When the limit is not a number from 0 up.

    Examples
    --------
    >>> from napari_image2data import ColorScale
    >>> scale = ColorScale.from_colors([[0, 0, 0], [1, 1, 1]], [0, 1])
    >>> field = lookup(np.array([[[255, 0, 0]]], np.uint8), scale, max_distance=np.inf)
    >>> bool(np.isnan(rethreshold(field, 60).values[0, 0])), field.distance.round().tolist()
    (True, [[208.0]])
    """
    if not max_distance >= 0:
        raise FigureError(f"max_distance is a number from 0 up, not {max_distance!r}.")
    off = field.distance > max_distance
    if is_lazy(field.values):
        import dask.array as da

        where: Any = da.where
    else:
        where = np.where
    nan = np.float32(np.nan)
    # a pixel that is off the scale is not also below, above or ambiguous
    kept = np.uint8(Flag.OVERLAY | Flag.NO_DATA)
    return replace(
        field,
        values=where(off, nan, field.values),
        sigma=where(off, nan, field.sigma),
        flags=where(off, field.flags & kept | np.uint8(Flag.OFF_SCALE), field.flags),
    )
