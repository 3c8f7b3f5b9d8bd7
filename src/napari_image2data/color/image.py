"""What counts as a picture; checked 8-bit RGB and opacity out of any array."""

from __future__ import annotations

import numpy as np

from napari_image2data.errors import ImageError


def as_rgb(image: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """8-bit RGB and opacity of a picture, or of a stack of pictures.

    Parameters
    ----------
    image : (H, W), (..., H, W, 3) or (..., H, W, 4) ndarray
        uint8, uint16 (full range), bool, or float in 0..1. Grey pictures have two dimensions.

    Returns
    -------
    rgb : (..., H, W, 3) uint8 ndarray
        A view of the input where that holds 8-bit RGB already.
    opacity : (..., H, W) uint8 ndarray or None
        0 is clear (and every pixel with a NaN is); None where nothing is.

    Raises
    ------
    ImageError
        When the array is not a picture.

    Examples
    --------
    >>> rgb, opacity = as_rgb(np.zeros((2, 3)))
    >>> rgb.shape, opacity
    ((2, 3, 3), None)
    """
    array = np.asarray(image)
    if array.size == 0:
        raise ImageError(f"The picture is empty: its shape is {array.shape}.")
    if array.ndim < 2 or (array.ndim > 2 and array.shape[-1] not in (3, 4)):
        raise ImageError(
            "A picture has the shape (H, W), (H, W, 3) or (H, W, 4), and a stack more dimensions "
            f"in front; this array has {array.shape}."
        )
    missing: np.ndarray | None = None
    if array.dtype.kind == "f":
        array, missing = _from_float(array)
    elif array.dtype == bool:
        array = array.astype(np.uint8) * 255
    elif array.dtype == np.uint16:
        array = ((array.astype(np.uint32) + 128) // 257).astype(np.uint8)
    elif array.dtype != np.uint8:
        raise ImageError(
            f"A picture holds uint8, uint16, bool or floats in 0..1, not {array.dtype}."
        )
    if array.ndim == 2:
        array = np.repeat(array[..., None], 3, axis=2)
    opacity = array[..., 3] if array.shape[-1] == 4 else None
    if missing is not None:
        if missing.ndim == array.ndim:
            missing = np.asarray(missing.any(axis=-1))
        full = np.uint8(255) if opacity is None else opacity
        opacity = np.asarray(np.where(missing, np.uint8(0), full))
    return array[..., :3], opacity


def _from_float(array: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    missing: np.ndarray | None = np.isnan(array)
    low, high = np.nanmin(array, initial=np.inf), np.nanmax(array, initial=-np.inf)
    # rounding in a resampling may leave a picture a hair outside
    if low < -1e-3 or high > 1 + 1e-3:
        raise ImageError(
            f"A picture of floats lies in 0..1; this one reaches from {low:g} to {high:g} "
            "(divide 8-bit levels by 255)."
        )
    if missing is not None and not missing.any():
        missing = None
    filled = array if missing is None else np.where(missing, 0, array)
    return np.round(filled.clip(0, 1) * 255).astype(np.uint8), missing
