"""How light and colour are mixed in a hillshaded picture."""

from __future__ import annotations

import numpy as np

BLEND_MODES = ("overlay", "soft", "hsv", "multiply")


def blend(mode: str, color: np.ndarray, light: np.ndarray) -> np.ndarray:
    """Mix a colour with light.

    Parameters
    ----------
    mode : {"overlay", "soft", "hsv", "multiply"}
        The first three are the blend modes of matplotlib's ``LightSource``.
    color : (..., 3) ndarray
        sRGB, 0..1.
    light : (...) ndarray
        0..1; 1/2 leaves the colour nearly as it is (1 in ``"multiply"``).

    Returns
    -------
    (..., 3) ndarray
        sRGB, 0..1.

    Examples
    --------
    >>> blend("overlay", np.array([0.25, 0.5, 0.75]), np.array(0.5)).tolist()
    [0.25, 0.5, 0.75]
    """
    color, light = np.asarray(color, float), np.asarray(light, float)
    s = light[..., None]
    if mode == "overlay":
        mixed = np.where(color <= 0.5, 2 * s * color, 1 - 2 * (1 - s) * (1 - color))
    elif mode == "soft":
        mixed = 2 * s * color + (1 - 2 * s) * color**2
    elif mode == "multiply":
        mixed = s * color
    else:
        mixed = _hsv(color, light)
    return np.asarray(mixed.clip(0, 1))


def _hsv(color: np.ndarray, light: np.ndarray) -> np.ndarray:
    """Toward white (saturation 0, value 1) for light > 1/2, toward black (1, 0) below it."""
    tilt = 2 * light - 1
    value, least = color.max(axis=-1), color.min(axis=-1)
    chroma = value - least
    saturation = np.where(value > 0, chroma / np.maximum(value, 1e-12), 0)
    up, down = np.maximum(tilt, 0), np.maximum(-tilt, 0)
    toned = saturation * (1 - up) * (1 - down) + down
    toned = np.where(saturation > 1e-10, toned, saturation)
    raised = value * (1 - up) * (1 - down) + up
    hue_part = (value[..., None] - color) / np.maximum(chroma, 1e-12)[..., None]
    return np.asarray(raised[..., None] * (1 - toned[..., None] * hue_part.clip(0, 1)))
