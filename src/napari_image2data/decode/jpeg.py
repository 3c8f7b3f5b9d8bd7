"""JPEG: was this picture one, and is it a picture of cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from napari_image2data.color.spaces import LUMA

CELL_BORDERS = 0.07
"""Share of rows and columns from which those that carry more steps are borders of cells."""

_STEPS = 1.3, 6.0
"""Steps at the borders of blocks that are those of a JPEG; more are cells of 8 pixels."""


@dataclass(frozen=True)
class JpegGrid:
    """Traces of JPEG compression in an array of pixels.

    Attributes
    ----------
    row, col : int
        First row and column (0..7) at which an 8 x 8 block begins.
    gain : float
        How many more of a block's 64 cosine coefficients vanish on this grid than on the second
        best of the 64 possible grids, on average.
    share : float
        Share of blocks in which more vanish than on the middle one of the other grids.
    steps : float
        How much more lightness bends at the borders of that grid's blocks than in between, in the
        weaker of both directions; 0 where it bends more on another grid.
    """

    row: int
    col: int
    gain: float
    share: float
    steps: float = 0.0


def find_jpeg_grid(rgb: np.ndarray, *, blocks: int = 400, zero: float = 0.75) -> JpegGrid | None:
    """Find the 8 x 8 grid on which a picture's lightness looks quantised.

    Quantisation sets most cosine coefficients of a block to zero exactly (rounding to 8 bits leaves
    them below about 0.75), but only on the grid that the encoder used; on the 63 others they
    are as scattered as in any picture.  Places of all degrees of liveliness are tried: an even one
    has no coefficients on any grid, and where sharp edges cross, few vanish on the encoder's own.

    Parameters
    ----------
    rgb : (h, w, 3) uint8 ndarray
    blocks : int
        Places to try.
    zero : float
        Coefficients below this many levels count as zero.

    Returns
    -------
    JpegGrid or None
        None when fewer than 20 places of the picture are lively enough to tell.

    Notes
    -----
    Counting zeros of the DCT on every grid is the method of T. Nikoukhah et al., "JPEG grid
    detection based on the number of DCT zeros and its application to automatic and localized
    forgery detection", CVPR Workshops 2019, 110-118. Comparing steps at the borders of blocks with
    those within is that of Z. Fan and R. L. de Queiroz, "Identification of bitmap compression
    history: JPEG detection and quantizer estimation", IEEE Trans. Image Processing 12 (2003)
    230-235.
    """
    from scipy.fft import dctn

    luma = rgb.astype(np.float32) @ LUMA.astype(np.float32)
    high, wide = (luma.shape[0] - 15) // 8, (luma.shape[1] - 15) // 8
    if high < 1 or wide < 1:
        return None
    spread = luma[: high * 8, : wide * 8].reshape(high, 8, wide, 8).std(axis=(1, 3)).ravel()
    lively = np.argsort(-spread, kind="stable")[: int((spread > 1).sum())]
    if len(lively) < 20:
        return None
    lively = lively[np.linspace(0, len(lively) - 1, min(blocks, len(lively))).astype(int)]
    rows, cols = (lively // wide * 8)[:, None, None], (lively % wide * 8)[:, None, None]
    zeros = np.empty((64, len(lively)))
    step = np.arange(8)
    for shift in range(64):
        block = luma[rows + shift // 8 + step[:, None], cols + shift % 8 + step]
        zeros[shift] = (np.abs(dctn(block, axes=(1, 2), norm="ortho")) < zero).sum(axis=(1, 2))
    mean = zeros.mean(axis=1)
    best = int(mean.argmax())
    others = np.delete(zeros, best, axis=0)
    share = float((zeros[best] > np.median(others, axis=0)).mean())
    row, col = divmod(best, 8)
    steps = min(_steps_at(luma.T, row), _steps_at(luma, col))
    return JpegGrid(row, col, float(mean[best] - others.mean(axis=1).max()), share, steps)


def _steps_at(luma: np.ndarray, phase: int, lines: int = 400) -> float:
    """How much more a step differs from those beside it at every eighth border than elsewhere."""
    some = luma[:: max(1, len(luma) // lines)]
    step = np.diff(some, axis=1)
    bend = np.abs(step[:, 1:-1] - (step[:, :-2] + step[:, 2:]) / 2)
    bend = np.minimum(bend, np.quantile(bend, 0.9)).mean(axis=0)  # edges must not decide
    means = np.array([_usual(bend[k::8]) for k in range(8)])
    highest = (int(means.argmax()) + 2) % 8  # the first bend is that between columns 1 and 2
    return float(means.max() / max(np.median(means), 1e-6)) if highest == phase else 0.0


def _usual(bends: np.ndarray) -> float:
    """Mean without the highest eighth, in which borders of cells may lie."""
    return float(np.sort(bends)[: -(len(bends) // 8) or None].mean())


def looks_like_jpeg(grid: JpegGrid | None, spread: float, *, gray: bool = False) -> bool:
    """Tell whether a picture went through JPEG: a block grid, and colours beside the scale.

    Both are asked for: a lossless picture may repeat every 8 pixels, and a shaded or a palette
    picture may miss the scale's colours; only compression does both.  The colours of a grey picture
    never miss a grey scale: there the grid alone decides, and has to be plain. Where ink or edges
    hide which coefficients vanish, steps at the borders of its blocks speak for it: no picture of
    280 figures drawn by chance that was no JPEG had such steps (above 1.22) on the grid found.

    Parameters
    ----------
    grid : JpegGrid or None
        From `find_jpeg_grid`.
    spread : float
        Upper quartile of the pixels' colour distance to the scale, in levels. Rounding to 8 bits
        leaves at most 1.3.
    gray : bool
        True for a scale of greys.

    Examples
    --------
    >>> looks_like_jpeg(JpegGrid(0, 0, gain=5.0, share=0.95), 2.4)
    True
    >>> looks_like_jpeg(JpegGrid(0, 0, gain=5.0, share=0.95), 0.0)
    False
    """
    if grid is None:
        return False
    blocky = _STEPS[0] < grid.steps < _STEPS[1]
    if gray:
        plain = grid.gain > 3 and grid.share > 0.9
        return grid.steps < _STEPS[1] and (plain or (blocky and grid.gain > 1 and grid.share > 0.6))
    clear = grid.gain > 1.3 and grid.share > 0.8
    likely = grid.share > 0.68 or (grid.gain > 1.3 and grid.share > 0.6)
    return ((clear or blocky) and spread > 0.6) or (likely and 1.5 < spread < 25)


def shows_cells(position: np.ndarray, clean: np.ndarray) -> bool:
    """Tell whether a picture is made of upright cells, by rows and columns that carry its steps.

    The mean step from each column to the next is nearly the same everywhere in a smooth field;
    borders of cells stand out, by six tenths in 7 % of all columns or more.  Steps that come
    back every 8 pixels are those of the JPEG blocks and do not count.

    Parameters
    ----------
    position : (h, w) float32 ndarray
    clean : (h, w) bool ndarray
        Pixels that show data.

    Examples
    --------
    >>> cells = np.random.default_rng(0).random((20, 20), np.float32).repeat(5, 0).repeat(5, 1)
    >>> shows_cells(cells, np.ones(cells.shape, bool))
    True
    >>> ramp = np.add.outer(np.arange(100), np.arange(100)).astype(np.float32)
    >>> shows_cells(ramp, np.ones(ramp.shape, bool))
    False
    """
    for values, known in ((position, clean), (position.T, clean.T)):
        both = known[:, 1:] & known[:, :-1]
        count = both.sum(axis=0)
        used = count > 20
        if np.count_nonzero(used) < 32:
            return False
        step = np.abs(np.diff(values, axis=1))
        step = np.minimum(step, np.quantile(step[both], 0.98))
        profile = np.where(both, step, 0).sum(axis=0) / np.maximum(count, 1)
        profile = np.where(used, profile, np.median(profile[used]))
        excess = profile / np.maximum(ndimage.median_filter(profile, 15), 1e-9)
        for phase in range(8):
            excess[phase::8] /= max(1.0, float(np.median(excess[phase::8])))
        if np.mean(excess[used] > 1.6) < CELL_BORDERS:
            return False
    return True
