"""Pictures of any size: stacks, memory-mapped and dask arrays.

The pixelwise look-up may cut a picture anywhere. A decode that asks neighbours gets whole frames,
or, where a frame is too large for memory, tiles that overlap.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_image2data.color.flags import Flag
from napari_image2data.color.image import as_rgb
from napari_image2data.color.lookup import RECORD, ColorTable, Pixels
from napari_image2data.decode.field import Field, Mixture
from napari_image2data.errors import ImageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BAND = 1 << 22
"""Pixels converted to 8 bits at a time, so that a large picture of floats needs no copy."""

WHOLE = 1 << 25
"""Pixels of a frame that are decoded in one piece; a larger frame is cut into tiles."""

TILE = 1 << 23
"""Pixels of a tile; decoding needs about 76 bytes for each."""

OVERLAP = 64
"""Pixels that neighbouring tiles share, more than any neighbourhood that decoding looks at."""


def is_lazy(array: Any) -> bool:
    """Whether an array is a dask array."""
    return hasattr(array, "dask") and hasattr(array, "chunks")


def picture_shape(image: Any) -> tuple[int, ...]:
    """Shape of a picture or stack without its colours: ``(..., h, w)``.

    Raises
    ------
    ImageError
        When an array of that shape is no picture.

    Examples
    --------
    >>> picture_shape(np.zeros((5, 2, 3, 4)))
    (5, 2, 3)
    """
    shape = tuple(int(n) for n in np.shape(image))
    if 0 in shape:
        raise ImageError(f"The picture is empty: its shape is {shape}.")
    if len(shape) == 2:
        return shape
    if len(shape) < 2 or shape[-1] not in (3, 4):
        raise ImageError(
            "A picture has the shape (H, W), (H, W, 3) or (H, W, 4), and a stack more dimensions "
            f"in front; this array has {shape}."
        )
    return shape[:-1]


def read_pixels(image: np.ndarray, table: ColorTable) -> Pixels:
    """Look a picture or stack in memory, or memory-mapped, up in a table."""
    shape = picture_shape(image)
    if image.dtype == np.uint8 or image.ndim > 3 or image.size <= 3 * BAND:
        return _read(image, table)
    out = Pixels(*(np.empty(shape, RECORD[name]) for name in Pixels._fields))
    rows = max(1, BAND // shape[-1])
    for top in range(0, shape[0], rows):
        band = slice(top, top + rows)
        for whole, part in zip(out, _read(image[band], table), strict=True):
            whole[band] = part
    return out


def _read(image: np.ndarray, table: ColorTable) -> Pixels:
    rgb, opacity = as_rgb(image)
    pixels = table.read(rgb)
    if opacity is not None:
        clear = opacity == 0
        pixels.values[clear] = np.nan
        pixels.sigma[clear] = np.nan
        pixels.flags[clear] = np.uint8(Flag.NO_DATA)
    return pixels


def read_lazily(image: Any, table: ColorTable) -> Pixels:
    """Look a dask array up chunk by chunk; its four results are dask arrays of the same chunks."""
    shape = picture_shape(image)
    colored = image.ndim > len(shape)
    if colored:
        image = image.rechunk({image.ndim - 1: -1})

    def block(part: np.ndarray, table: ColorTable) -> np.ndarray:
        return _as_records(_read(part, table))

    records = image.map_blocks(
        block,
        table,
        drop_axis=[image.ndim - 1] if colored else [],
        dtype=RECORD,
        meta=np.empty((0,) * len(shape), RECORD),
    )
    return _columns(records)


def over_frames(
    decode_one: Callable[[np.ndarray], Field], image: Any, *, in_tiles: bool = True
) -> Field:
    """Decode a stack frame by frame; a dask array stays lazy.

    Parameters
    ----------
    decode_one : callable
        Takes one picture ``(H, W)``, ``(H, W, 3)`` or ``(H, W, 4)`` and returns its Field, of the
        picture's height and width. Give it any box by cutting the stack before.
    image : (..., H, W, 3 | 4) or (H, W) numpy or dask array
    in_tiles : bool
        Decode frames of more than WHOLE pixels in overlapping tiles (a dask array's always are).

    Returns
    -------
    Field
        Arrays ``(..., h, w)``: numpy for numpy, dask for dask. Its mixture, which only a stack in
        memory has, holds the light of all frames, and mode and opacity of the first.
    """
    shape = picture_shape(image)
    height, width = shape[-2:]
    if is_lazy(image):
        pixels = _frames_lazily(decode_one, image, shape)
        mixture = None
        notes: tuple[str, ...] = ()
    else:
        frames = [image[index] for index in np.ndindex(shape[:-2])]
        tiled = in_tiles and height * width > WHOLE
        fields = [(_in_tiles(decode_one, f) if tiled else decode_one(f)) for f in frames]
        mixture = _stacked([field.mixture for field in fields], shape)
        notes = tuple(dict.fromkeys(note for field in fields for note in field.notes))
        pixels = Pixels(
            *(np.stack([getattr(f, name) for f in fields]).reshape(shape) for name in _FIELDS)
        )
    return Field(
        *pixels,
        x=np.arange(width) + 0.5,
        y=np.arange(height) + 0.5,
        box=(0, 0, width, height),
        mixture=mixture,
        notes=notes,
    )


def _stacked(mixtures: list[Mixture | None], shape: tuple[int, ...]) -> Mixture | None:
    """The light of all frames, mode and opacity being those of the first."""
    first = mixtures[0]
    if first is None or first.light is None:
        return first
    light = np.stack([each.light for each in mixtures if each and each.light is not None])
    return replace(first, light=light.reshape(shape))


def _in_tiles(decode_one: Callable[[np.ndarray], Field], frame: np.ndarray) -> Field:
    """Decode a large frame tile by tile."""
    height, width = frame.shape[:2]
    pixels = Pixels(*(np.empty((height, width), RECORD[name]) for name in _FIELDS))
    notes: dict[str, None] = {}
    for window, inner in _tiles(height, width):
        field = decode_one(frame[window])
        notes |= dict.fromkeys(field.notes)
        rows, columns = (
            slice(outer.start + part.start, outer.start + part.stop)
            for outer, part in zip(window, inner, strict=True)
        )
        for name, whole in zip(_FIELDS, pixels, strict=True):
            whole[rows, columns] = getattr(field, name)[inner]
    x, y = np.arange(width) + 0.5, np.arange(height) + 0.5
    return Field(*pixels, x=x, y=y, notes=tuple(notes))


def _tiles(height: int, width: int) -> Iterator[tuple[tuple[slice, slice], tuple[slice, slice]]]:
    """Windows that cover a frame, and the part of each window that counts, from its corner."""
    side = int(TILE**0.5)

    def spans(length: int) -> list[tuple[slice, slice]]:
        out = []
        for first in range(0, length, side):
            last = min(first + side, length)
            start = max(0, first - OVERLAP)
            window = slice(start, min(length, last + OVERLAP))
            out.append((window, slice(first - start, last - start)))
        return out

    for rows, inner_rows in spans(height):
        for columns, inner_columns in spans(width):
            yield (rows, columns), (inner_rows, inner_columns)


_FIELDS = Pixels._fields


def _frames_lazily(
    decode_one: Callable[[np.ndarray], Field], image: Any, shape: tuple[int, ...]
) -> Pixels:
    colored = image.ndim > len(shape)
    ahead = len(shape) - 2
    height, width = shape[-2:]
    cut = height * width > WHOLE
    side = int(TILE**0.5)
    size = dict.fromkeys(range(ahead), 1)
    size |= {ahead: side if cut else -1, ahead + 1: side if cut else -1}
    if colored:
        size[image.ndim - 1] = -1
    image = image.rechunk(size)

    def block(part: np.ndarray) -> np.ndarray:
        out = np.empty(part.shape[: len(shape)], RECORD)
        for index in np.ndindex(part.shape[:ahead]):
            field = decode_one(part[index])
            for name in _FIELDS:
                out[name][index] = getattr(field, name)
        return out

    meta = np.empty((0,) * len(shape), RECORD)
    drop = [image.ndim - 1] if colored else []
    if not cut:
        return _columns(image.map_blocks(block, drop_axis=drop, dtype=RECORD, meta=meta))
    import dask.array as da

    depth = {ahead: OVERLAP, ahead + 1: OVERLAP}
    roomy = da.overlap.overlap(image, depth=depth, boundary="none")
    records = roomy.map_blocks(block, drop_axis=drop, dtype=RECORD, meta=meta)
    return _columns(da.overlap.trim_overlap(records, depth=depth, boundary="none"))


def _as_records(pixels: Pixels) -> np.ndarray:
    out = np.empty(pixels.values.shape, RECORD)
    for name in _FIELDS:
        out[name] = getattr(pixels, name)
    return out


def _columns(records: Any) -> Pixels:
    return Pixels(*(records[name] for name in _FIELDS))
