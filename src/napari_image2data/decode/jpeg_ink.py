"""Ink that JPEG has made hard to tell: its colour is smeared, its lightness hardly so."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import ndimage

from napari_image2data.color.spaces import LUMA
from napari_image2data.decode.filters import local_maximum, local_mean, local_minimum
from napari_image2data.decode.ink import (
    INKS,
    distance_to_ink,
    unlike_surroundings,
    valley_depth,
)
from napari_image2data.decode.strokes import usual_height

SQUARE = np.ones((3, 3), bool)
AT_ONCE = 1 << 16
"""Pixels compared with the scale at a time."""


def dense_ink(
    rgb: np.ndarray,
    position: np.ndarray,
    table: np.ndarray,
    hidden: np.ndarray,
    *,
    size: int = 9,
    contrast: float = 40.0,
    tolerance: float = 40.0,
    rarity: float = 4.0,
    texture: float = 5.0,
) -> np.ndarray:
    """Black or white ink that lies so close that it is not rare: arrows, hatching, many markers.

    As `thin_ink`, but how deep the valleys of the data are is asked where there is no ink: what is
    as dark (or light) as ink and deep does not count, nor what touches it.

    Parameters
    ----------
    rgb : (h, w, 3) uint8 ndarray
    position : (h, w) float32 ndarray
        Positions on the scale.
    table : (N, 3) ndarray
        Colours of the scale in levels of 255; nothing is found unless one end is nearest to ink.
    hidden : (h, w) bool ndarray
        Pixels known not to show data.
    size, contrast, rarity, texture
        As in `thin_ink`.
    tolerance : float
        How far, in levels, ink may be from black or white.

    Returns
    -------
    (h, w) bool ndarray
    """
    found = np.zeros(hidden.shape, bool)
    end = max(1, len(table) // 16)
    for ink in INKS:
        away = np.linalg.norm(table - ink, axis=1)
        if min(away[:end].min(), away[-end:].min()) > away.min() + 1:
            continue  # in the middle of the scale: a field passes through it in thin lines
        away = np.where(hidden, np.float32(0), distance_to_ink(rgb, ink))
        depth = valley_depth(away, size)
        depth[hidden] = 0
        dark = (away <= tolerance) & (depth > contrast)
        if not dark.any():
            continue
        data = ~(local_maximum(dark, 7) | hidden)
        shallow = np.where(data, np.minimum(depth, 50), 0).astype(np.float32)
        if shallow.sum() > texture * max(1, data.sum()):
            continue
        share = local_mean(data.astype(np.float32), 31)
        usual = local_mean(shallow, 31) / np.maximum(share, 0.02)
        least = np.maximum(contrast, rarity * usual)
        weak = depth > 0.5 * least
        strong = dark & (depth > least)
        strong &= unlike_surroundings(position, ~(hidden | weak))
        reach = local_maximum(np.where(strong, depth, 0), 7)
        found |= _with_many(weak & (reach > 0) & (depth > 0.4 * reach), strong, least=4, share=0.15)
    return found


def off_in_lightness(
    rgb: np.ndarray,
    table: np.ndarray,
    hidden: np.ndarray,
    *,
    size: int = 5,
    sure: float = 24.0,
    unsure: float = 12.0,
) -> np.ndarray:
    """Thin lines as dark, or as light, as no colour of the scale is whose chroma is at hand.

    JPEG keeps a quarter of the chroma (4:2:0), so beside fine detail colours miss the scale by as
    much as ink does. What the chroma of a pixel was is still known to lie within that of
    ``size`` x ``size`` pixels; the colours of the scale with such a chroma have a range of
    lightness, and data keeps to it.

    Parameters
    ----------
    rgb : (h, w, 3) uint8 ndarray
    table : (N, 3) ndarray
        Colours of the scale in levels of 255.
    hidden : (h, w) bool ndarray
        Pixels known not to show data. Patches that lie along these are their rims, and are left.
    size : int
        See above.
    sure, unsure : float
        Levels by which lightness leaves that range where a line begins, and to where it is
        followed. Ripples beside an edge of the data reach a fifth of its height.

    Returns
    -------
    (h, w) bool ndarray

    Examples
    --------
    >>> table = np.array([[250.0, 250, 250], [0, 90, 250]])
    >>> picture = np.full((40, 60, 3), 250, np.uint8)
    >>> picture[20, 5:55] = 120  # a thin grey line on white: no such grey is on the scale
    >>> found = off_in_lightness(picture, table, np.zeros((40, 60), bool))
    >>> int(found.sum()), bool(found[20, 5:55].all())
    (50, True)
    """
    pixels = _Components.of(rgb)
    light = pixels.light
    closed = local_minimum(local_maximum(light, 7), 7)
    opened = local_maximum(local_minimum(light, 7), 7)
    height = np.maximum(closed - light, light - opened)
    rows, cols = np.nonzero((height > unsure) & ~hidden)
    colors = _Components.of(table)
    ranges = []
    for chroma in pixels[1:]:
        low, high = local_minimum(chroma, size)[rows, cols], local_maximum(chroma, size)[rows, cols]
        margin = 6.0 + 0.2 * (high - low)
        ranges.append((low - margin, high + margin))
    over = np.zeros(light.shape, np.float32)
    for first in range(0, len(rows), AT_ONCE):
        part = slice(first, first + AT_ONCE)
        at_hand = np.ones((len(rows[part]), len(table)), bool)
        for (low, high), chroma in zip(ranges, colors[1:], strict=True):
            at_hand &= (chroma >= low[part, None]) & (chroma <= high[part, None])
        darkest = np.where(at_hand, colors.light, np.inf).min(axis=1)
        lightest = np.where(at_hand, colors.light, -np.inf).max(axis=1)
        own = light[rows[part], cols[part]]
        beyond = np.maximum(darkest - own, own - lightest)
        over[rows[part], cols[part]] = np.where(np.isfinite(beyond), beyond, 0)
    if not (over > sure).any():
        return np.zeros(hidden.shape, bool)
    span = local_maximum(light, 9) - local_minimum(light, 9)
    strong = over > np.maximum(sure, 0.2 * span)
    strong &= ~local_maximum(hidden, 5)
    return _with_many(over > unsure, strong, least=4)


def bridge_ink(
    rgb: np.ndarray,
    found: np.ndarray,
    *,
    least: float = 20.0,
    rarity: float = 4.0,
    farthest: int = 12,
) -> np.ndarray:
    """Gaps of lines that were found in part, where they cross data nearly as dark (or light).

    Up to ``farthest`` pixels beyond what was found, pixels may be ink whose closing top-hat towards
    black, or white, exceeds ``least`` and ``rarity`` times what is usual there, and that are nearly
    as black, or white, as the ink that was found nearby. They are, where a patch of them joins two
    places of what was found.

    Parameters
    ----------
    rgb : (h, w, 3) uint8 ndarray
    found : (h, w) bool ndarray
        Ink.

    Returns
    -------
    (h, w) bool ndarray
        What is ink besides.

    Examples
    --------
    >>> picture = np.full((60, 90, 3), 200, np.uint8)
    >>> picture[30:32] = 0
    >>> found = (picture == 0).all(axis=2)
    >>> found[:, 40:48] = False
    >>> np.flatnonzero(bridge_ink(picture, found)[30])
    array([40, 41, 42, 43, 44, 45, 46, 47])
    """
    more = np.zeros(found.shape, bool)
    for ink in INKS if found.any() else ():
        away = distance_to_ink(rgb, ink)
        depth = valley_depth(away, 7)
        line = found & (depth > 25)
        line = _with_many(line, line, least=12)
        if not line.any():
            continue
        share = np.maximum(local_mean(line.astype(np.float32), 25), 1e-4)
        usual = local_mean(np.where(line, away, 0).astype(np.float32), 25) / share
        weak = (depth > np.maximum(least, rarity * usual_height(depth))) & (away < usual + 15)
        grown = ndimage.binary_dilation(line, SQUARE, iterations=farthest, mask=weak | line)
        labels, count = ndimage.label(grown & weak & ~found, SQUARE)
        if not count:
            continue
        beside = local_maximum(labels, 3)
        places, number = ndimage.label(found & (beside > 0), SQUARE)
        owners = ndimage.maximum(beside, places, np.arange(1, number + 1)).astype(int)
        joined = np.bincount(owners, minlength=count + 1) >= 2
        joined &= np.bincount(labels.ravel(), minlength=count + 1) >= 6
        joined[0] = False
        more |= joined[labels]
    return more


def rims_in_lightness(
    rgb: np.ndarray, hidden: np.ndarray, *, margin: float = 6.0, slope: float = 1.0
) -> np.ndarray:
    """Pixels beside ink that are darker, or lighter, than all clean pixels around.

    JPEG keeps lightness better than positions, which chroma from beside the ink may have moved to
    where others are.

    Parameters
    ----------
    rgb : (h, w, 3) uint8 ndarray
    hidden : (h, w) bool ndarray
        Ink, and whatever else does not show data.
    margin, slope : float
        Levels, and times the local change per pixel, that a rim is out of the range of 9 x 9.

    Returns
    -------
    (h, w) bool ndarray

    Examples
    --------
    >>> picture = np.full((40, 60, 3), 200, np.uint8)
    >>> picture[20], picture[21], picture[22] = 0, 120, 190
    >>> ink = (picture == 0).all(axis=2)
    >>> np.flatnonzero(rims_in_lightness(picture, ink).any(axis=1))
    array([21])
    """
    near = np.asarray(local_maximum(hidden, 3) & ~hidden)
    if not near.any():
        return near
    light = (rgb @ LUMA.astype(np.float32)) / np.float32(255)
    clean = ~(hidden | near)
    return np.asarray(near & unlike_surroundings(light, clean, margin=margin / 255, slope=slope))


class _Components(NamedTuple):
    """Lightness, blue and red difference, in levels, as JPEG keeps them."""

    light: np.ndarray
    blue: np.ndarray
    red: np.ndarray

    @classmethod
    def of(cls, colors: np.ndarray) -> _Components:
        colors = colors.astype(np.float32)
        light = colors @ LUMA.astype(np.float32)
        return cls(light, 0.564 * (colors[..., 2] - light), 0.713 * (colors[..., 0] - light))


def _with_many(
    weak: np.ndarray, strong: np.ndarray, *, least: int, share: float = 0.0
) -> np.ndarray:
    """Patches of weak pixels that hold at least so many strong ones, and such a share of them."""
    labels, count = ndimage.label(weak, SQUARE)
    pixels = np.bincount(labels[strong & weak], minlength=count + 1)
    enough = (pixels >= least) & (pixels > share * np.bincount(labels.ravel(), minlength=count + 1))
    enough[0] = False
    return np.asarray(enough[labels])
