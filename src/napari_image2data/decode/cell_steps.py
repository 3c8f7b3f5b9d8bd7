"""Between the steps of a scale where a picture is made of cells.

A colour of a map of few colours says in which band a cell's value lies. Where the cells around
predict the value, it is likelier in one part of the band than in another.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage
from scipy.special import ndtr

from napari_image2data.decode.bands import Refined
from napari_image2data.decode.cell_borders import find_borders

_FEWEST = 4  # rows and columns of cells
_PURE = 0.85  # share of the pixels that are of their cell's band, at least
_ROUNDS = 6
_AROUND = 2.0  # cells: how far around the error of the prediction is averaged
_TAKEN_OFF = 0.5  # of a middle's own error: neighbours of the same band err by the same
_LEAST = 0.1  # of a step: no prediction, and no value found by predictions, is taken to be surer
_TELLS_NOTHING = 0.98  # of the deviation in a band of which nothing more is known
_IN_ORDER = 0.7  # of the mean distance of two colours: what neighbours in a ramp differ by at most


def is_ramp(colors: np.ndarray) -> bool:
    """Whether colours run from one to the next; those of classes (land use, labels) do not.

    Examples
    --------
    >>> from napari_image2data.color.catalog import colormap_table
    >>> is_ramp(colormap_table("viridis")[0][::25]), is_ramp(colormap_table("tab10")[0])
    (True, False)
    """
    colors = np.asarray(colors, float)
    apart = np.linalg.norm(colors[:, None] - colors[None], axis=2)
    count = len(colors)
    if count < 3:
        return False
    between_all = apart.sum() / (count * (count - 1))
    return bool(np.diag(apart, 1).mean() < _IN_ORDER * between_all)


def refine_cells(
    bands: np.ndarray,
    edges: np.ndarray,
    clean: np.ndarray,
    *,
    noisy: bool = False,
    borders: tuple[np.ndarray, np.ndarray] | None = None,
) -> Refined | None:
    """Read a picture of cells finer than the steps of its scale.

    Parameters
    ----------
    bands : (h, w) integer ndarray
        Number of each pixel's band, 0..N-1.
    edges : (N + 1,) ndarray
        Values at the borders of the bands, rising or falling.
    clean : (h, w) bool ndarray
        Pixels whose band is known.
    noisy : bool
        True for a JPEG: a pixel of another band than its cell's is blurred, and takes the cell's.
    borders : (ndarray, ndarray), optional
        Those of the columns and rows of cells, from 0 to the picture's end, where they are known.

    Returns
    -------
    Refined or None
        NaN where a pixel is not clean or, if not noisy, not of its cell's band. None where the
        picture is not made of cells of one band each.

    Notes
    -----
    The values of the cells around predict a cell's: the mean of opposite neighbours, or twice that
    less the mean of the four at the corners, which is exact where the field is quadratic (the mask
    of [1]_), whichever errs less around there. How much a prediction errs is seen from the middles
    of the bands, less half of the ``step**2 / 12`` by which a middle itself errs. The value is the
    mean of the prediction's normal distribution cut to the band [2]_, and sigma its deviation,
    with a tenth of a step that the predictions made from predictions add; where neighbours tell
    nothing these are the band's middle and ``step / sqrt(12)``.

    References
    ----------
    .. [1] J. Immerkaer, "Fast noise variance estimation", Computer Vision and Image Understanding
       64(2), 1996.
    .. [2] N. L. Johnson, S. Kotz, N. Balakrishnan, "Continuous univariate distributions" 1, 1994,
       chapter 13.

    Examples
    --------
    >>> truth = np.sin(np.add.outer(np.arange(30) / 8, np.arange(40) / 9))
    >>> bands = np.digitize(truth, np.linspace(-1, 1, 11)[1:-1])
    >>> pixels = np.kron(bands, np.ones((6, 6), int))
    >>> fine = refine_cells(pixels, np.linspace(-1, 1, 11), np.ones(pixels.shape, bool))
    >>> middles = -0.9 + 0.2 * bands
    >>> float(np.abs(middles - truth).mean().round(3))
    0.054
    >>> float(np.abs(fine.values[::6, ::6] - truth).mean().round(3))
    0.035
    """
    edges = np.asarray(edges, float)
    grid = _grid(bands, clean, len(edges) - 1, borders)
    if grid is None:
        return None
    row, column, cells = grid
    known = cells >= 0
    low = np.minimum(edges[cells], edges[cells + 1])
    high = np.maximum(edges[cells], edges[cells + 1])
    value, sigma = _cut_to_bands(low, high, known)
    place = row[:, None], column[None]
    seen = clean & (known[place] if noisy else bands == cells[place])
    return Refined(np.where(seen, value[place], np.nan), np.where(seen, sigma[place], np.nan))


def _grid(
    bands: np.ndarray,
    clean: np.ndarray,
    n_bands: int,
    known: tuple[np.ndarray, np.ndarray] | None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Row of cells of each row of pixels, column of each column, and the cells' bands (-1: none).

    None where the picture is not made of cells.
    """
    if not clean.any():
        return None
    seen = np.where(clean, bands / n_bands, np.nan)
    low, high = np.percentile(seen[clean], (2, 98))
    if low == high:
        return None
    found = []
    for axis, turned in enumerate((seen, seen.T)):
        borders = find_borders(turned / (high - low)) if known is None else (known[axis], True)
        if borders is None or len(borders[0]) <= _FEWEST:
            return None
        middle = np.arange(turned.shape[1]) + 0.5
        found.append((np.searchsorted(borders[0][1:-1], middle), len(borders[0]) - 1))
    (column, n_columns), (row, n_rows) = found
    cell = (row[:, None] * n_columns + column[None])[clean]
    band = bands[clean]
    order = np.lexsort((band, cell))
    count = np.bincount(cell, minlength=n_rows * n_columns)
    first = np.cumsum(count) - count
    filled = count > 0
    cells = np.full(n_rows * n_columns, -1)
    cells[filled] = band[order][first[filled] + count[filled] // 2]
    if (band == cells[cell]).mean() < _PURE:
        return None
    return row, column, cells.reshape(n_rows, n_columns)


def _cut_to_bands(
    low: np.ndarray, high: np.ndarray, known: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Values and uncertainties of cells of which the band from low to high is known."""
    middle, step = (low + high) / 2, high - low
    own_error = _TAKEN_OFF * step**2 / 12
    least = (_LEAST * step) ** 2
    value = middle
    for _ in range(_ROUNDS):
        guess, error = middle, np.full(middle.shape, np.inf)
        for predicted in _predictions(value, known):
            can = known & np.isfinite(predicted)
            away = np.where(can, (predicted - middle) ** 2 - own_error, 0.0)
            share = ndimage.gaussian_filter(can.astype(float), _AROUND)
            typical = ndimage.gaussian_filter(away, _AROUND) / np.maximum(share, 1e-9)
            better = can & (typical < error)
            guess, error = np.where(better, predicted, guess), np.where(better, typical, error)
        value, sigma = _cut(guess, np.sqrt(np.maximum(error, least)), low, high)
    return value, np.minimum(np.hypot(sigma, _LEAST * step), step / np.sqrt(12))


def _predictions(value: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What the cells around a cell say of its value; NaN where they are not known."""
    value = np.pad(np.where(known, value, np.nan), 1, constant_values=np.nan)
    across = (value[1:-1, :-2] + value[1:-1, 2:]) / 2
    down = (value[:-2, 1:-1] + value[2:, 1:-1]) / 2
    mean = np.where(np.isnan(down), across, np.where(np.isnan(across), down, (across + down) / 2))
    corners = (value[:-2, :-2] + value[:-2, 2:] + value[2:, :-2] + value[2:, 2:]) / 4
    return mean, across + down - corners


def _cut(
    mean: np.ndarray, sigma: np.ndarray, low: np.ndarray, high: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and deviation of normal distributions cut to low..high."""
    flat = ~(sigma < 20 * (high - low))
    width = np.where(flat, high - low, sigma)
    a, b = (low - mean) / width, (high - mean) / width
    # far off the band the distribution is all at one of its ends
    far = (a > 5) | (b < -5)
    a, b = a.clip(-6, 6), b.clip(-6, 6)
    density_a, density_b = (np.exp(-(t**2) / 2) / np.sqrt(2 * np.pi) for t in (a, b))
    share = np.maximum(ndtr(b) - ndtr(a), 1e-12)
    shift = (density_a - density_b) / share
    spread = np.sqrt(np.maximum(1 + (a * density_a - b * density_b) / share - shift**2, 0.0))
    value = np.where(far, mean, mean + shift * width).clip(low, high)
    deviation = np.where(far, (high - low) / 4, spread * width)
    middle, uniform = (low + high) / 2, (high - low) / np.sqrt(12)
    flat |= deviation > _TELLS_NOTHING * uniform
    return np.where(flat, middle, value), np.where(flat, uniform, deviation)
