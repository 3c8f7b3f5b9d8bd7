"""The frame of the axes: ink along the outermost lines of a plot area."""

from __future__ import annotations

import numpy as np

from napari_image2data.color.spaces import LUMA


def frame_depths(
    rgb: np.ndarray, *, noisy: bool = False, deepest: int = 5
) -> tuple[int, int, int, int]:
    """How many lines at the top, bottom, left and right belong to the frame of the axes.

    A frame line is ink of one grey, laid over the data with one opacity along the whole side:
    ``c[k] = (1 - a) c[k + 1] + a g``.  The two unknowns are fitted over all pixels of a line with
    the line inside it as the data; the line is frame where that explains it and "the data go on"
    does not.

    Parameters
    ----------
    rgb : (h, w, 3) uint8 ndarray
    noisy : bool
        True for a JPEG. It smears the frame's color two pixels into the data, but hardly its
        lightness, which alone is then looked at. Ripples beside the frame falsify grey and opacity:
        where the fit is close they may lie beyond black, white, and opaque.
    deepest : int
        Lines to test on each side.

    Returns
    -------
    tuple of int
        0 where a side has no frame.

    Examples
    --------
    >>> ramp = np.tile(np.arange(60, dtype=np.uint8)[:, None] * 4, (40, 1, 3))
    >>> ramp[:, :, 0] = 90
    >>> frame_depths(ramp)
    (0, 0, 0, 0)
    >>> ramp[:2] = 0
    >>> frame_depths(ramp)
    (2, 0, 0, 0)
    """
    top = (rgb @ LUMA.astype(np.float32))[..., None] if noisy else rgb
    left = top.transpose(1, 0, 2)
    return tuple(_depth(side, deepest, noisy) for side in (top, top[::-1], left, left[::-1]))  # type: ignore[return-value]


def _depth(side: np.ndarray, deepest: int, noisy: bool) -> int:
    reach = deepest + 13
    if side.shape[0] < 2 * reach or side.shape[1] < 24:
        return 0
    lines = side[:reach, 6:-6].astype(np.float32)
    steps = np.sqrt(((lines[deepest + 1 : -1] - lines[deepest + 2 :]) ** 2).mean(axis=(1, 2)))
    usual = float(np.median(steps))
    for k in range(deepest - 1, -1, -1):
        if _is_ink(lines[k], lines[k + 1], usual, noisy):
            return k + 1
    return 0


def _is_ink(line: np.ndarray, inside: np.ndarray, usual: float, noisy: bool) -> bool:
    change = line - inside
    null = np.sqrt((change**2).mean())
    if null < max(5.0, 2.0 * usual):
        return False
    keep = np.ones(len(line), bool)
    for _ in range(2):
        x, y = inside[keep], change[keep]
        design = np.stack([np.ones(x.size), -x.ravel()], axis=1)
        (shift, opacity), *_ = np.linalg.lstsq(design, y.ravel(), rcond=None)
        residual = np.sqrt(((change - shift + opacity * inside) ** 2).mean(axis=1))
        keep = residual <= np.percentile(residual, 90)
    gray = shift / opacity if abs(opacity) > 1e-3 else -1e3
    if noisy:  # ticks alone, few as they are, do not make a line
        null = np.sqrt((change[keep] ** 2).mean())
        if null < max(5.0, 2.0 * usual):
            return False
    explained = np.sqrt((residual[keep] ** 2).mean())
    likely = 0.04 < opacity < 1.1 and -15 < gray < 270 and explained < max(0.4 * null, 1.5)
    close = noisy and null > 30 and explained < 0.1 * null
    return bool(likely or (close and 0.1 < opacity < 1.5 and -140 < gray < 300))
