"""The frame of the axes: ink along the outermost lines of a plot area."""

from __future__ import annotations

import numpy as np


def frame_depths(rgb: np.ndarray, *, deepest: int = 5) -> tuple[int, int, int, int]:
    """How many lines at the top, bottom, left and right belong to the frame of the axes.

    A frame line is ink of one grey, laid over the data with one opacity along the whole side:
    ``c[k] = (1 - a) c[k + 1] + a g``.  The two unknowns are fitted over all pixels of a line with
    the line inside it as the data; the line is frame where that explains it and "the data go on"
    does not.

    Parameters
    ----------
    rgb : (h, w, 3) uint8 ndarray
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
    top, left = rgb, rgb.transpose(1, 0, 2)
    return tuple(_depth(side, deepest) for side in (top, top[::-1], left, left[::-1]))  # type: ignore[return-value]


def _depth(side: np.ndarray, deepest: int) -> int:
    reach = deepest + 13
    if side.shape[0] < 2 * reach or side.shape[1] < 24:
        return 0
    lines = side[:reach, 6:-6].astype(np.float32)
    steps = np.sqrt(((lines[deepest + 1 : -1] - lines[deepest + 2 :]) ** 2).mean(axis=(1, 2)))
    usual = float(np.median(steps))
    for k in range(deepest - 1, -1, -1):
        if _is_ink(lines[k], lines[k + 1], usual):
            return k + 1
    return 0


def _is_ink(line: np.ndarray, inside: np.ndarray, usual: float) -> bool:
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
    explained = np.sqrt((residual[keep] ** 2).mean())
    return bool(0.04 < opacity < 1.1 and -15 < gray < 270 and explained < max(0.4 * null, 1.5))
