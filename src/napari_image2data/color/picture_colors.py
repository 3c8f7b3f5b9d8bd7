"""The colours of a picture as evidence: few, weighted, and as clean as the picture allows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from napari_image2data.errors import ImageError

_BLOCK = 4
_ROUGH = 45.0


@dataclass(frozen=True, eq=False)
class PictureColors:
    """Colours that stand for a picture.

    Attributes
    ----------
    colors : (K, 3) float32 ndarray
        sRGB, in levels of 255.
    weights : (K,) float64 ndarray
        Weight of each colour, together 1; a colour that fills half the picture (a land mask, a
        background) counts no more than the usual colour of the data.
    exact : bool
        True when the colours are pixels as they are (a lossless picture of few colours), False
        when they are means of flat blocks of 4 x 4 pixels (JPEG, resampling, dithering).
    noise : float
        Colour noise to expect of one colour, in levels.
    """

    colors: np.ndarray
    weights: np.ndarray
    exact: bool
    noise: float

    @property
    def keys(self) -> np.ndarray:
        """(K,) int64: each colour as one number; only for `exact` colours."""
        return pack(self.colors)


def pack(colors: np.ndarray) -> np.ndarray:
    """One integer a colour: (..., 3) levels of 255 to (...) int64."""
    levels = np.asarray(colors).astype(np.int64)
    return np.asarray((levels[..., 0] << 16) | (levels[..., 1] << 8) | levels[..., 2])


def picture_colors(image: np.ndarray, *, most: int = 1500) -> PictureColors:
    """Gather the colours of a picture.

    A lossless picture drawn with a table holds few different colours: they are taken as they are.
    Any other picture is cut into blocks, and in each part of colour space the flattest blocks are
    taken: there the mean of a block has the least noise and mixes the fewest colours.

    Parameters
    ----------
    image : (H, W), (H, W, 3) or (H, W, 4) ndarray
        uint8, or float in 0..1; clear pixels (opacity 0) are left out.
    most : int
        How many colours to keep at most (up to twice as many blocks).

    Returns
    -------
    PictureColors

    Raises
    ------
    ImageError
        When the array is not a picture or has no opaque pixel.

    Examples
    --------
    >>> ramp = np.tile(np.arange(256, dtype=np.uint8), (20, 1))
    >>> found = picture_colors(ramp)
    >>> found.exact, len(found.colors)
    (True, 256)
    """
    rgb, opaque = _levels(image)
    pixels = rgb.reshape(-1, 3) if opaque is None else rgb[opaque]
    if len(pixels) == 0:
        raise ImageError("The picture has no opaque pixel, so it shows no colour.")
    key, count = np.unique(pack_pixels(pixels), return_counts=True)
    order = np.argsort(-count, kind="stable")
    key, count = key[order], count[order]
    share = np.cumsum(count) / count.sum()
    most_of_it = int(np.searchsorted(share, 0.8)) + 1
    if most_of_it <= 600 or min(rgb.shape[:2]) < 2 * _BLOCK or opaque is not None:
        key, count, share = key[:most], count[:most], share[:most]
        colors = np.stack([key >> 16, (key >> 8) & 255, key & 255], axis=1).astype(np.float32)
        usual = count[min(int(np.searchsorted(share, 0.5)), len(count) - 1)]
        weights = np.minimum(count, usual).astype(float)
        return PictureColors(colors, weights / weights.sum(), True, 1.0)
    colors, weights = _flat_blocks(rgb, most)
    return PictureColors(colors, weights / weights.sum(), False, 3.0)


def pack_pixels(pixels: np.ndarray) -> np.ndarray:
    """One uint32 a pixel: (N, 3) uint8 to (N,)."""
    wide = pixels.astype(np.uint32)
    return np.asarray((wide[:, 0] << 16) | (wide[:, 1] << 8) | wide[:, 2])


def _levels(image: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    array = np.asarray(image)
    if array.ndim == 2:
        array = np.repeat(array[..., None], 3, axis=2)
    if array.ndim != 3 or array.shape[2] not in (3, 4) or array.size == 0:
        raise ImageError(
            f"A picture has the shape (H, W), (H, W, 3) or (H, W, 4), not {np.shape(image)}."
        )
    if array.dtype.kind == "f":
        array = np.round(np.nan_to_num(array).clip(0, 1) * 255).astype(np.uint8)
    elif array.dtype != np.uint8:
        raise ImageError(f"A picture to name holds uint8 or floats in 0..1, not {array.dtype}.")
    opaque = array[..., 3] > 0 if array.shape[2] == 4 else None
    return array[..., :3], None if opaque is None or opaque.all() else opaque


def _flat_blocks(rgb: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    height, width = (side // _BLOCK for side in rgb.shape[:2])
    blocks = rgb[: height * _BLOCK, : width * _BLOCK].astype(np.float32)
    blocks = blocks.reshape(height, _BLOCK, width, _BLOCK, 3)
    mean = blocks.mean(axis=(1, 3)).reshape(-1, 3)
    roughness = blocks.var(axis=(1, 3)).sum(axis=2).ravel()
    part = pack(mean // 16)
    order = np.lexsort((roughness, part))
    first = np.flatnonzero(np.diff(part[order], prepend=-1))
    size = np.diff(np.append(first, len(order)))
    rank = np.arange(len(order)) - np.repeat(first, size)
    at_most = max(2, int(np.ceil(2 * most / len(first))))
    taken = np.minimum(np.ceil(0.4 * size), at_most)
    keep = rank < np.repeat(taken, size)
    weights = np.sqrt(np.repeat(size / taken, size)[keep])
    if np.median(roughness[order[keep]]) > _ROUGH**2:  # no flat block: its mean is no color of it
        drawn = np.random.default_rng(0).choice(rgb.shape[0] * rgb.shape[1], most)
        return rgb.reshape(-1, 3)[drawn].astype(np.float32), np.ones(most)
    return mean[order[keep]], weights
