"""What counts as an image; checked 8-bit RGB and opacity out of any array."""

from __future__ import annotations

import numpy as np

from napari_image2data.errors import ImageError


def as_rgb(image: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """8-bit RGB and opacity of a picture.

    Parameters
    ----------
    image : (H, W), (H, W, 3) or (H, W, 4) ndarray
        uint8, uint16 (full range), bool, or float in 0..1.

    Returns
    -------
    rgb : (H, W, 3) uint8 ndarray
    opacity : (H, W) uint8 ndarray or None
        None where the picture has no opacity channel.

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
    if array.ndim == 2:
        array = np.repeat(array[..., None], 3, axis=2)
    if array.ndim != 3 or array.shape[2] not in (3, 4) or array.size == 0:
        raise ImageError(
            f"A picture has the shape (H, W), (H, W, 3) or (H, W, 4), not {array.shape}."
        )
    if array.dtype == bool:
        array = array.astype(np.uint8) * 255
    elif array.dtype == np.uint16:
        array = np.round(array / 257.0).astype(np.uint8)
    elif array.dtype.kind == "f":
        array = np.round(np.nan_to_num(array).clip(0, 1) * 255).astype(np.uint8)
    elif array.dtype != np.uint8:
        raise ImageError(
            f"A picture holds uint8, uint16, bool or floats in 0..1, not {array.dtype}."
        )
    return array[..., :3], (array[..., 3] if array.shape[2] == 4 else None)
