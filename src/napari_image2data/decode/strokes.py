"""Thin strokes in any colour of the scale: valleys and crests of the position, with sharp sides."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from napari_image2data.decode.bands import has_smooth_bands
from napari_image2data.decode.filters import local_maximum, local_minimum
from napari_image2data.decode.ink import unlike_surroundings

SQUARE = np.ones((3, 3))
BLOCK = 16


def find_strokes(
    position: np.ndarray,
    hidden: np.ndarray,
    *,
    noisy: bool = False,
    least: float = 0.05,
    rarity: float = 3.0,
    texture: float = 0.045,
) -> np.ndarray:
    """Lines, letters and arrows whose colour stands for some other value than the data beside them.

    Red on a map with red in it, or grey on greys, cannot be told by colour. But such ink is thin: a
    morphological closing of the position fills its valleys, an opening cuts its crests, and the
    larger of the two changes is its height. A stroke is a group of pixels that

    - are higher than ``least``, than ``rarity`` times the third quartile of the heights around, and
      than a fifth (in a JPEG, which makes ripples beside edges of the data, 35 %) of the whole
      range of positions within the window;
    - have sharp sides: a good part of the height is gained from one pixel to the next;
    - are as high in a window of twice the size, which a crest of the data is not;
    - have positions that no clean pixel around has: a notch in a jagged edge of the data has some.

    Parameters
    ----------
    position : (h, w) float32 ndarray
        Positions on a scale that is neither cyclic nor discrete.
    hidden : (h, w) bool ndarray
        Pixels known not to show data.
    noisy : bool
        True for a JPEG, whose sides are softer.
    least : float
        Least height, in positions.
    rarity : float
        See above.
    texture : float
        Mean height of a picture that is all valleys and crests (a photograph, a spectrogram):
        strokes cannot be told from its data, and nothing is found.

    Returns
    -------
    (h, w) bool ndarray

    Notes
    -----
    Closing and opening top-hats: J. Serra, "Image Analysis and Mathematical Morphology", Academic
    Press 1982. The two limits, one to begin a stroke and a lower one to follow it, are those of
    J. Canny, "A computational approach to edge detection", IEEE Trans. PAMI 8 (1986) 679-698.

    Examples
    --------
    >>> ramp = np.tile(np.linspace(0.2, 0.9, 200, dtype=np.float32), (90, 1))
    >>> ramp[40:43, 20:180] = 0.5
    >>> found = find_strokes(ramp, np.zeros(ramp.shape, bool))
    >>> bool(found[40:43, 20:60].all()), int(found[:39].sum() + found[44:].sum())
    (True, 0)
    """
    nothing = np.zeros(position.shape, bool)
    size = 9 if min(position.shape) < 700 else 11
    high = local_maximum(np.where(hidden, np.float32(-1), position), size)
    low = local_minimum(np.where(hidden, np.float32(2), position), size)
    height = _height(position, high, low, size)
    height[hidden] = 0
    if np.minimum(height, 0.2).mean() > texture:
        return nothing
    enough = np.maximum(least, rarity * usual_height(height))
    enough = np.maximum(enough, (0.35 if noisy else 0.2) * np.maximum(high - low, 0))
    weak = height > 0.5 * enough
    strong = height > enough
    if not strong.any():
        return nothing
    side = np.maximum(
        local_maximum(position, 3) - position,
        position - local_minimum(position, 3),
    )
    strong &= local_maximum(side, 3) > (0.3 if noisy else 0.45) * height
    if not strong.any():
        return nothing
    strange = unlike_surroundings(position, ~(hidden | weak), size=2 * size - 1)
    strong &= strange
    wider, lower = local_maximum(high, size), local_minimum(low, size)
    strong &= _height(position, wider, lower, 2 * size - 1) <= 1.3 * height + 0.02
    reach = local_maximum(np.where(strong, height, 0), 7)
    weak &= strange & (reach > 0) & (height > 0.3 * reach)
    labels, count = ndimage.label(weak, SQUARE)
    pixels = np.bincount(labels[strong & weak], minlength=count + 1)
    pixels[0] = 0
    if not noisy:  # what the edge or the frame cuts may be of any width; JPEG leaves frame there
        rows, cols = np.flatnonzero(~hidden.all(axis=1)), np.flatnonzero(~hidden.all(axis=0))
        rim = np.concatenate([labels[rows[[0, -1]]].ravel(), labels[:, cols[[0, -1]]].ravel()])
        contact, area = np.bincount(rim, minlength=count + 1), np.bincount(labels.ravel())
        pixels[(contact >= 4) & (area <= size * contact)] = 0
    return np.asarray((pixels >= 4)[labels])


def find_band_strokes(bands: np.ndarray, hidden: np.ndarray, *, size: int = 5) -> np.ndarray:
    """Lines and letters in filled contours, in the colour of a band far from those beside them.

    The bands of a smooth field follow one upon the other. So where pixels

    - belong to no square of ``size`` x ``size`` of one band,
    - lie in a gap between such squares that a closing of 11 x 11 fills (a wider one is a slope of
      narrow bands),
    - and have a band more than one away from all those that such squares around have,

    they are ink, if most of them touch a band that is more than one from their own, which narrow
    bands of a steep slope do not. What hangs together with such ink and leaves the range of the
    bands around by one is ink, too.

    Parameters
    ----------
    bands : (h, w) integer ndarray
        Number of each pixel's band.
    hidden : (h, w) bool ndarray
        Pixels known not to show data.
    size : int
        Lines as wide as this or wider are not found.

    Returns
    -------
    (h, w) bool ndarray
        Nothing where the bands are not those of a smooth field.

    Examples
    --------
    >>> bands = np.add.outer(np.arange(60), np.arange(80)) // 14
    >>> bands[30:32] = 9
    >>> found = find_band_strokes(bands, np.zeros(bands.shape, bool))
    >>> bool(found[30:32, :70].all()), int(found[:30].sum() + found[32:].sum())
    (True, 0)
    """
    broad = _broad(bands, hidden, size)
    if broad is None:
        return np.zeros_like(hidden)
    low = local_minimum(np.where(broad, bands, 1 << 20), 2 * size - 1)
    high = local_maximum(np.where(broad, bands, -1), 2 * size - 1)
    beyond = np.where(high >= 0, np.maximum(low - bands, bands - high), 0)
    margin = 2 * size  # else the closing would wear the picture's edges off
    filled = ndimage.binary_closing(np.pad(broad, margin), np.ones((11, 11)))
    beyond[broad | hidden | ~filled[margin:-margin, margin:-margin]] = 0
    labels, count = ndimage.label(beyond > 0, SQUARE)
    passed = local_maximum(bands, 3) - local_minimum(bands, 3) > 1
    far = np.bincount(labels[beyond > 1], minlength=count + 1)
    sharp = np.bincount(labels[(beyond > 1) & passed], minlength=count + 1)
    sharp[0] = 0
    return np.asarray(((sharp >= 3) & (sharp > 0.5 * far))[labels])


def find_strange_patches(
    bands: np.ndarray, hidden: np.ndarray, *, smallest: int = 12, noisy: bool = False
) -> np.ndarray:
    """Patches of filled contours whose band is far from all those around: markers, bare paper.

    The bands of a smooth field follow one upon the other.  A patch of one band is none of them
    where nine tenths of the pixels two away from it (in a JPEG, whose edges are soft, four) have
    bands that are more than one from its own, and hardly a pixel nearer has a band in between: on
    a steep slope many do.  It is three pixels thick somewhere, which soft edges are not.

    Parameters
    ----------
    bands : (h, w) integer ndarray
        Number of each pixel's band.
    hidden : (h, w) bool ndarray
        Pixels known not to show data.
    smallest : int
        Least area of a patch, in pixels.
    noisy : bool
        True for a JPEG.

    Returns
    -------
    (h, w) bool ndarray
        Nothing where the bands are not those of a smooth field.

    Examples
    --------
    >>> bands = np.add.outer(np.arange(60), np.arange(80)) // 14
    >>> bands[20:28, 30:38] = 9
    >>> found = find_strange_patches(bands, np.zeros(bands.shape, bool))
    >>> bool(found[20:28, 30:38].all()), int(found.sum())
    (True, 64)
    """
    out = np.zeros_like(hidden)
    broad = _broad(bands, hidden, 5)
    if broad is None:
        return out
    seen = np.where(hidden, -1, bands)
    reach = 4 if noisy else 2
    solid = local_minimum(seen, 3) == local_maximum(seen, 3)
    for band in np.unique(bands[solid & ~hidden]):
        labels, count = ndimage.label(seen == band)
        for label, where in enumerate(ndimage.find_objects(labels, count), start=1):
            grown = tuple(slice(max(0, s.start - reach), s.stop + reach) for s in where)
            patch = labels[grown] == label
            if patch.sum() < smallest or not (patch & solid[grown]).any():
                continue
            step, around = seen[grown] - band, seen[grown] >= 0
            near = local_maximum(patch, 2 * reach - 1)
            ring = local_maximum(patch, 2 * reach + 1) & ~near & around
            far = ring & (np.abs(step) > 1)
            if far.sum() <= 0.9 * ring.sum() or ring.sum() < 8:
                continue
            nearest = np.median(np.abs(step[far]))
            between = near & ~patch & around & (step != 0) & (np.abs(step) < nearest)
            if between.sum() < 0.3 * max(1, (near & ~patch).sum()):
                out[grown] |= patch
    return out


def _broad(bands: np.ndarray, hidden: np.ndarray, size: int) -> np.ndarray | None:
    """Where squares of ``size`` x ``size`` lie in one band; None if no smooth field's bands."""
    least = local_minimum(np.where(hidden, -1, bands), size)
    even = (least == local_maximum(bands, size)) & (least >= 0)
    broad = local_maximum(even, size)
    return broad if broad.mean() >= 0.5 and has_smooth_bands(bands, broad) else None


def _height(position: np.ndarray, high: np.ndarray, low: np.ndarray, size: int) -> np.ndarray:
    """How far a closing lifts or an opening lowers the position, given maxima and minima."""
    closing = local_minimum(np.where(high < 0, np.float32(2), high), size)
    opening = local_maximum(np.where(low > 1, np.float32(-1), low), size)
    height = np.maximum(closing - position, position - opening)
    height[height > 1] = 0  # nothing but hidden pixels around
    return np.asarray(height)


def usual_height(height: np.ndarray) -> np.ndarray:
    """Third quartile of the heights around: of each block, the middle one of 3 x 3 blocks."""
    rows, cols = (-(-length // BLOCK) for length in height.shape)
    pad = [(0, rows * BLOCK - height.shape[0]), (0, cols * BLOCK - height.shape[1])]
    blocks = np.pad(height, pad, mode="edge").reshape(rows, BLOCK, cols, BLOCK)
    flat = blocks.swapaxes(1, 2).reshape(rows * cols, BLOCK * BLOCK)
    third = 3 * BLOCK * BLOCK // 4
    quartile = np.partition(flat, third, axis=1)[:, third].reshape(rows, cols)
    middle = ndimage.median_filter(quartile, 3)
    full = ndimage.zoom(middle, BLOCK, order=1, grid_mode=True, mode="nearest")
    return np.asarray(full[: height.shape[0], : height.shape[1]])
