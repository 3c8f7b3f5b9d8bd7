"""Whether an area is colour-mapped or a photo, a drawing, a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_image2data.color.catalog import colormap_table

if TYPE_CHECKING:
    from napari_image2data.color.identify import ColormapMatch

_CELL = 16  # levels: colours are counted in cells of this size
_MOST_IN_ONE = 0.75  # of the pixels: more of one colour is paper with something on it
_FEWEST_CELLS, _MOST_CELLS = 9, 160  # that hold 95 % of the pixels: a curve has some dozens
_GREY = 20.0  # levels between channels: any grey picture would look colour-mapped
_EXPLAINED, _SPAN = 0.5, 0.25
_PAPER, _LEAST_PAPER = 12.0, 0.05  # levels off the page, share of the pixels that a field leaves
_FLAT, _FLAT_SHARE, _BANDED_SHARE = 6.0, 0.8, 0.7  # levels, of the pixels
_MOST_FLAT, _UNLIKE = 12, 4.0  # colours of a chart; how far apart, of what counts as one of them
_LEAST_BANDS, _BAND_SHARE, _BAND_DISTANCE = 3, 0.01, 16.0  # colours, of the pixels, levels
_IN_ORDER = 0.85  # of the borders that lie between neighbouring bands


def is_color_mapped(area: np.ndarray, page: np.ndarray | None = None) -> bool:
    """Whether the colours of a picture lie along one known colour map.

    The colours of a mapped field lie on a curve, fill it smoothly, and no colour fills the
    picture; the colours of a photo fill a volume, and those of a drawing are a few spots.

    Parameters
    ----------
    area : (H, W, 3) uint8 ndarray
    page : (3,) ndarray, optional
        Colour of the page, levels of 255: flat colours on paper are a chart.

    Examples
    --------
    >>> from napari_image2data.color.catalog import colormap_table
    >>> table = (colormap_table("viridis")[0] * 255).round().astype(np.uint8)
    >>> field = np.add.outer(np.arange(120), np.arange(130))
    >>> is_color_mapped(table[field]), is_color_mapped(np.full((90, 90, 3), 255, np.uint8))
    (True, False)
    """
    if min(area.shape[:2]) < 8 or _is_grey(area):
        return False
    n_cells, most = _cells(area)
    if most > _MOST_IN_ONE or not _FEWEST_CELLS <= n_cells <= _MOST_CELLS:
        return False
    if page is not None and _paper(area, page) > _LEAST_PAPER:
        # a JPEG of a chart has many colours around few flat ones; those of a smooth field with
        # holes follow each other closely
        colors, nearest = _flat_colors(area, _MOST_FLAT)
        if (nearest >= 0).mean() > _FLAT_SHARE and _nearest_other(colors) > _UNLIKE * _FLAT:
            return False
    return _known_map(area) is not None


def may_be_mapped(area: np.ndarray, page: np.ndarray) -> bool:
    """Whether an area looks like a map if there is more that speaks for one: axes, other panels.

    Greys that leave no paper free, or a few flat colours of a known map that lie beside one
    another in the order of the map, as the bands of filled contours do. Sectors of a pie, bars
    of a chart and parts of a logo touch in any order, or lie on paper.

    Parameters
    ----------
    area : (H, W, 3) uint8 ndarray
    page : (3,) ndarray
        Colour of the page, levels of 255.

    Examples
    --------
    >>> from napari_image2data.color.catalog import colormap_table
    >>> table = (colormap_table("viridis")[0] * 255).round().astype(np.uint8)
    >>> bands = table[20 + 50 * (np.add.outer(np.arange(120), np.arange(130)) // 50)]
    >>> white = np.array([255.0, 255.0, 255.0])
    >>> is_color_mapped(bands), may_be_mapped(bands, white)
    (False, True)
    """
    if min(area.shape[:2]) < 8:
        return False
    n_cells, most = _cells(area)
    if most > _MOST_IN_ONE or n_cells > _MOST_CELLS:
        return False
    paper = _paper(area, page)
    if _is_grey(area):
        return bool(n_cells >= _FEWEST_CELLS and paper < _LEAST_PAPER)
    return bool(paper < _LEAST_PAPER and _lies_in_bands(area))


def _paper(area: np.ndarray, page: np.ndarray) -> float:
    """Share of the pixels that have the colour of the page."""
    return float((np.abs(area - page).max(axis=2) <= _PAPER).mean())


def _is_grey(area: np.ndarray) -> bool:
    return bool(np.percentile(np.ptp(area.reshape(-1, 3).astype(int), axis=1), 90) < _GREY)


def _cells(area: np.ndarray) -> tuple[int, float]:
    """How many cells of colours hold most of the pixels, and the share of the fullest."""
    codes = area.reshape(-1, 3).astype(int) // _CELL @ np.array([1, 16, 256])
    _, count = np.unique(codes, return_counts=True)
    share = np.sort(count)[::-1] / len(codes)
    return int(np.searchsorted(np.cumsum(share), 0.95)) + 1, float(share[0])


def _known_map(area: np.ndarray) -> ColormapMatch | None:
    """The likeliest map that explains the colours of an area and of which enough is used."""
    from napari_image2data.color.identify import identify_colormap

    for match in identify_colormap(area, n_matches=3):
        if match.explained > _EXPLAINED and match.used[1] - match.used[0] > _SPAN:
            return match
    return None


def _nearest_other(colors: np.ndarray) -> float:
    """Distance of a colour from the nearest other one, largest channel, in the median."""
    if len(colors) < 2:
        return np.inf
    apart = np.abs(colors[:, None] - colors[None]).max(axis=2)
    np.fill_diagonal(apart, np.inf)
    return float(np.median(apart.min(axis=1)))


def _flat_colors(area: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Up to ``most`` frequent colours, and for each pixel which of them it has, else -1."""
    pixels = area.reshape(-1, 3).astype(int)
    nearest = np.full(len(pixels), -1)
    colors: list[np.ndarray] = []
    while len(colors) < most:
        free = np.flatnonzero(nearest < 0)
        if len(free) < _BAND_SHARE * len(pixels):
            break
        codes = pixels[free] // 8 @ np.array([1, 32, 1024])
        known, count = np.unique(codes, return_counts=True)
        color = np.median(pixels[free[codes == known[count.argmax()]]], axis=0)
        mine = free[np.abs(pixels[free] - color).max(axis=1) <= _FLAT]
        if len(mine) < _BAND_SHARE * len(pixels):
            break
        nearest[mine] = len(colors)
        colors.append(color)
    return np.array(colors).reshape(-1, 3), nearest.reshape(area.shape[:2])


def _lies_in_bands(area: np.ndarray) -> bool:
    """Whether few flat colours of one known map lie in its order."""
    colors, nearest = _flat_colors(area, _FEWEST_CELLS - 1)
    match = _known_map(area)
    if len(colors) < _LEAST_BANDS or (nearest >= 0).mean() < _BANDED_SHARE or match is None:
        return False
    table = colormap_table(match.name)[0] * 255
    off = np.linalg.norm(colors[:, None] - table[None], axis=2)
    if off.min(axis=1).max() > _BAND_DISTANCE:
        return False
    rank = np.append(np.argsort(np.argsort(off.argmin(axis=1))), -1)
    bands = rank[nearest]
    steps: list[np.ndarray] = []
    for lines in (bands[::3], bands.T[::3]):
        for line in lines:
            step = np.abs(np.diff(line[line >= 0]))
            steps.append(step[step > 0])
    apart = np.concatenate(steps)
    return bool(len(apart) and (apart == 1).mean() > _IN_ORDER)
