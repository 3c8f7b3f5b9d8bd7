"""Least, greatest and mean values of square windows: what most searches for ink are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import ndimage

from napari_image2data.threads import in_threads

if TYPE_CHECKING:
    from collections.abc import Callable

STRIP = 1 << 18  # pixels that are worked on at once: their windows stay in the cache


def local_minimum(array: np.ndarray, size: int) -> np.ndarray:
    """Least value of the square window around each pixel.

    Parameters
    ----------
    array : (h, w) ndarray
        Of any dtype that can be compared, bool included; without NaN.
    size : int
        Odd side of the window, in pixels.  At the picture's edge the window is cut off (a mirrored
        edge, as scipy's filters have it, holds the same values).

    Returns
    -------
    (h, w) ndarray
        Of the same dtype.

    Notes
    -----
    A window of 2 n pixels is two windows of n: so ``log2(size)`` comparisons of whole arrays give
    what scipy's queue does pixel by pixel, in a tenth of the time and the same to the last bit.
    The doubling is the logarithmic decomposition of R. van den Boomgaard and R. van Balen,
    "Methods for fast morphological image transforms using bitmapped binary images", CVGIP:
    Graphical Models and Image Processing 54 (1992) 252-258.

    Examples
    --------
    >>> local_minimum(np.array([[5, 4, 3, 6, 7]]), 3)
    array([[4, 3, 3, 3, 6]])
    """
    return _windows(np.asarray(array), size, np.minimum)


def local_maximum(array: np.ndarray, size: int) -> np.ndarray:
    """Greatest value of the square window around each pixel; see `local_minimum`.

    Examples
    --------
    >>> local_maximum(np.array([[5, 4, 3, 6, 7]]), 3)
    array([[5, 5, 6, 7, 7]])
    """
    return _windows(np.asarray(array), size, np.maximum)


def local_mean(array: np.ndarray, size: int) -> np.ndarray:
    """Mean of the square window around each pixel, mirrored at the picture's edge.

    Parameters
    ----------
    array : (h, w) float ndarray
        Without NaN.
    size : int
        Odd side of the window, in pixels.

    Returns
    -------
    (h, w) ndarray
        Of the same dtype.

    Examples
    --------
    >>> local_mean(np.array([[0.0, 0.0, 3.0, 0.0]]), 3)
    array([[0., 1., 1., 1.]])
    """
    return by_strips(lambda part: ndimage.uniform_filter(part, size), array, size // 2)


def by_strips(
    work: Callable[[np.ndarray], np.ndarray], array: np.ndarray, reach: int
) -> np.ndarray:
    """Result of a filter that looks ``reach`` pixels far, worked out in strips that stay in cache.

    Parameters
    ----------
    work : callable
        Filters an array and keeps its shape and dtype.
    array : (h, w) ndarray
    reach : int

    Returns
    -------
    (h, w) ndarray

    Examples
    --------
    >>> picture = np.random.default_rng(0).random((900, 700), np.float32)
    >>> smooth = by_strips(lambda part: ndimage.gaussian_filter(part, 2.0), picture, 8)
    >>> bool((smooth == ndimage.gaussian_filter(picture, 2.0)).all())
    True
    """
    height, width = array.shape
    out = np.empty_like(array, order="C")
    rows = max(8 * reach, STRIP // max(width, 1))

    def fill(start: int) -> None:
        stop = min(start + rows, height)
        first = max(start - reach, 0)
        part = work(array[first : min(stop + reach, height)])
        out[start:stop] = part[start - first : stop - first]

    in_threads(fill, range(0, height, max(rows, 1)))
    return out


def _windows(array: np.ndarray, size: int, choose: Callable[..., Any]) -> np.ndarray:
    height, width = array.shape
    reach = size // 2
    out = np.empty_like(array, order="C")
    rows = max(4 * size, STRIP // max(width, 1))

    def fill(start: int) -> None:
        stop = min(start + rows, height)
        first, last = max(start - reach, 0), min(stop + reach, height)
        beyond = (reach - (start - first), reach - (last - stop))
        strip = np.pad(array[first:last], (beyond, (reach, reach)), mode="edge")
        out[start:stop] = _spread(_spread(strip, size, choose).T, size, choose).T

    in_threads(fill, range(0, height, rows))
    return out


def _spread(array: np.ndarray, size: int, choose: Callable[..., Any]) -> np.ndarray:
    """Choice among ``size`` successive rows, from each row on."""
    span = 1
    while span < size:
        step = min(span, size - span)
        array = choose(array[:-step], array[step:])
        span += step
    return array
