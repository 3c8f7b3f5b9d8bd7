"""Ink in a colour of the scale itself: found by its thin shape and its contrast."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from napari_image2data.decode.filters import local_maximum, local_mean, local_minimum

INKS = (0.0, 255.0)


def thin_ink(
    rgb: np.ndarray,
    position: np.ndarray,
    table: np.ndarray,
    hidden: np.ndarray,
    *,
    limit: float,
    size: int = 7,
    contrast: float = 25.0,
    rarity: float = 6.0,
    texture: float = 4.0,
    noisy: bool = False,
) -> np.ndarray:
    """Black or white lines and letters over a scale that itself ends in black or white.

    The colour difference ``a`` to the ink has a narrow valley where ink lies.  A morphological
    closing of ``a`` fills valleys narrower than ``size``; the depth it fills, ``closing(a) - a``,
    must be large, must stand out of the depths all around (a texture has them everywhere), and its
    bottom must have the ink's very colour.

    Parameters
    ----------
    rgb : (h, w, 3) uint8 ndarray
    position : (h, w) float32 ndarray
        Positions on the scale.
    table : (N, 3) ndarray
        Colours of the scale in levels of 255.
    hidden : (h, w) bool ndarray
        Pixels known not to show data.
    limit : float
        An ink farther than this from both ends of the scale is found by its colour alone.  (White
        in the middle of a diverging scale is where a field passes through zero, in thin lines.)
    size : int
        Lines as wide as this or wider are not found.
    contrast : float
        Least depth, in levels.
    rarity : float
        How many times the mean depth of 31 x 31 pixels the depth must reach.
    texture : float
        Mean depth, in levels, of a picture that is all valleys (a photograph, a spectrogram): thin
        ink cannot be told from its data, and nothing is masked.
    noisy : bool
        True for a JPEG, where ink does not keep its very colour.

    Returns
    -------
    (h, w) bool ndarray

    Notes
    -----
    The closing top-hat is F. Meyer's, see J. Serra, "Image Analysis and Mathematical Morphology",
    Academic Press 1982.
    """
    found = np.zeros(hidden.shape, bool)
    tolerance = 40.0 if noisy else 12.0
    for ink in INKS:
        ends = np.concatenate(
            [table[: max(1, len(table) // 16)], table[-max(1, len(table) // 16) :]]
        )
        if np.linalg.norm(ends - ink, axis=1).min() > max(limit, tolerance):
            continue
        away = np.where(hidden, np.float32(0), distance_to_ink(rgb, ink))
        depth = valley_depth(away, size)
        depth[hidden] = 0
        if np.minimum(depth, 2 * contrast).mean() > texture:
            continue
        usual = local_mean(np.minimum(depth, 2 * contrast), 31)
        least = np.maximum(contrast, rarity * usual)
        weak = depth > 0.5 * least
        labels, count = ndimage.label(weak, np.ones((3, 3)))
        if not count:
            continue
        strong = (depth > least) & (away <= tolerance)
        if not strong.any():
            continue
        strong &= unlike_surroundings(position, ~(hidden | weak))
        pixels = np.bincount(labels[strong], minlength=count + 1)
        pixels[0] = 0
        # a patch that the picture's edge cuts may be of any width
        rim = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
        contact, area = np.bincount(rim, minlength=count + 1), np.bincount(labels.ravel())
        pixels[(contact >= size) & (area <= size * contact)] = 0
        found |= (pixels >= 3)[labels]
    return found


def distance_to_ink(rgb: np.ndarray, ink: float) -> np.ndarray:
    """Root mean square difference of a picture's channels to an ink, ``(h, w)`` float32 levels."""
    total = np.zeros(rgb.shape[:2], np.float32)
    for channel in range(3):
        total += (rgb[..., channel] - np.float32(ink)) ** 2
    return np.asarray(np.sqrt(total / 3))


def valley_depth(away: np.ndarray, size: int) -> np.ndarray:
    """How deep each pixel lies in a valley narrower than ``size`` (closing top-hat)."""
    return np.asarray(local_minimum(local_maximum(away, size), size) - away)


def unlike_surroundings(
    position: np.ndarray,
    clean: np.ndarray,
    *,
    size: int = 9,
    margin: float = 0.02,
    slope: float = 2.0,
) -> np.ndarray:
    """Pixels whose position (or lightness, 0..1) no clean pixel around explains.

    Such a position leaves the range of the clean positions in ``size`` x ``size`` by more than
    ``margin`` and ``slope`` times the local change per pixel.  Where nothing around is clean,
    nothing is said.

    Parameters
    ----------
    position : (h, w) float32 ndarray
    clean : (h, w) bool ndarray
    size : int
    margin, slope : float

    Returns
    -------
    (h, w) bool ndarray
    """
    low = local_minimum(np.where(clean, position, np.float32(2)), size)
    high = local_maximum(np.where(clean, position, np.float32(-1)), size)
    slack = margin + slope * _local_change(position, clean, size)
    outside = (position < low - slack) | (position > high + slack)
    return np.asarray((low <= high) & outside)


def _local_change(position: np.ndarray, clean: np.ndarray, size: int) -> np.ndarray:
    """Mean change of position per pixel among the clean pixels of ``size`` x ``size``."""
    total = np.zeros(position.shape, np.float32)
    count = np.zeros(position.shape, np.float32)
    for first, second in (
        ((slice(None, -1),), (slice(1, None),)),
        ((slice(None), slice(None, -1)), (slice(None), slice(1, None))),
    ):
        both = clean[first] & clean[second]
        total[first] += np.where(both, np.abs(position[second] - position[first]), 0)
        count[first] += both
    return np.asarray(local_mean(total, size) / np.maximum(local_mean(count, size), 1e-3))
