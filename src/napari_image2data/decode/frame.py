"""The frame of the axes and its ticks: ink along the outermost lines of a plot area."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from napari_image2data.color.spaces import LUMA

_PALE = 0.35
"""Opacity below which a line is the soft rim of a frame, or no frame but the data's own fading."""

_DARK = 30.0  # levels from black or white to the greys that a cell of the data may have in a JPEG

_MORE = 0.15  # by which the line beside such a rim is more opaque


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
    depths = []
    turned = rgb.transpose(1, 0, 2)
    for side in (rgb, rgb[::-1], turned, turned[::-1]):
        lines = side[: deepest + 13]
        if noisy:
            tint = np.ptp(lines, axis=2).astype(np.float32)
            lines = (lines @ LUMA.astype(np.float32))[..., None]
        depths.append(_depth(lines, deepest, tint if noisy else None, side.shape[0]))
    return tuple(depths)  # type: ignore[return-value]


def edge_ticks(
    rgb: np.ndarray,
    depths: tuple[int, int, int, int],
    *,
    longest: int = 12,
    noisy: bool = False,
) -> np.ndarray:
    """Black or white ticks that reach into a plot area from its edge, down to a single pixel.

    Specks of ink that stand out along the edge, no wider than three pixels, with like colors on
    either side.  As ticks come in numbers, two on a side must reach equally far, give or take one.

    Parameters
    ----------
    rgb : (h, w, 3) uint8 ndarray
    depths : tuple of int
        Lines that the frame takes at the top, bottom, left and right (see `frame_depths`).
    longest : int
        Ticks reach no farther than this, in pixels.
    noisy : bool
        True for a JPEG, where ink does not keep its very colour.

    Returns
    -------
    (h, w) bool ndarray

    Examples
    --------
    >>> ramp = np.tile(np.arange(60, dtype=np.uint8)[:, None] * 3 + 60, (50, 1, 3))
    >>> ramp[:, :, 0] = 90
    >>> ramp[-3:, [10, 25, 40]] = 0
    >>> np.argwhere(edge_ticks(ramp, (0, 0, 0, 0)).any(axis=0)).ravel()
    array([10, 25, 40])
    """
    out = np.zeros(rgb.shape[:2], bool)
    turned, found = rgb.transpose(1, 0, 2), out.T
    sides = ((rgb, out), (rgb[::-1], out[::-1]), (turned, found), (turned[::-1], found[::-1]))
    for (side, mask), depth in zip(sides, depths, strict=True):
        if side.shape[0] < 4 * longest or side.shape[1] < 24:
            continue
        strip = side[depth : depth + longest + 2].astype(np.float32)
        for ink in (0.0, 255.0):
            away = np.sqrt(((strip - ink) ** 2).mean(axis=2))
            filled = ndimage.grey_closing(away, size=(1, 5))
            inked = (filled - away) > 0.2 * filled
            start = inked[0] & (away[0] <= (40 if noisy else 12)) & (filled[0] > 50)
            flanks = ndimage.maximum_filter(away[0], 9) - ndimage.minimum_filter(filled[0], 9)
            rough = ndimage.uniform_filter(1 - away[0] / np.maximum(filled[0], 1), 15)
            start &= (flanks < 0.3 * filled[0]) & (rough < 0.22)
            start[:6] = start[-6:] = False
            reach = np.minimum.accumulate(inked, axis=0).sum(axis=0)
            labels, count = ndimage.label(start)
            if count < 2 or count > 0.08 * len(start):
                continue
            spans = ndimage.find_objects(labels)
            lengths = np.array([reach[span].max() for span in spans])
            for (span,), length in zip(spans, lengths, strict=True):
                alike = np.count_nonzero(np.abs(lengths - length) <= 1)
                if alike >= 2 and length <= longest:
                    wide = slice(span.start - 1, span.stop + 1)
                    mask[depth : depth + length, wide] |= inked[:length, wide]
    return out


def _depth(side: np.ndarray, deepest: int, tint: np.ndarray | None, height: int) -> int:
    """Lines of frame along one side; ``tint`` is how far from grey a JPEG's colors are there."""
    if height < 2 * (deepest + 13) or side.shape[1] < 24:
        return 0
    noisy = tint is not None
    lines = side[:, 6:-6].astype(np.float32)
    steps = np.sqrt(((lines[deepest + 1 : -1] - lines[deepest + 2 :]) ** 2).mean(axis=(1, 2)))
    usual = float(np.median(steps))
    for k in range(deepest - 1, -1, -1):
        ink = _ink(lines[k], lines[k + 1], usual, noisy)
        if ink is None:
            continue
        gray, opacity = ink
        if k and opacity < _PALE:  # the rim of a line: the line itself is outside of it
            way = gray - lines[k + 1]
            outer = ((lines[k - 1] - lines[k + 1]) * way).sum() / max((way**2).sum(), 1.0)
            if outer < opacity + _MORE:
                continue
        if tint is not None and opacity > _PALE and _DARK < gray < 255 - _DARK:
            usual_tint = np.median(tint[k + 3])
            if usual_tint > 20 and np.median(tint[k]) > (1 - 0.5 * opacity) * usual_tint:
                continue  # an outer cell of the data: ink of a middle grey takes color away
        return k + 1
    return 0


def _ink(
    line: np.ndarray, inside: np.ndarray, usual: float, noisy: bool
) -> tuple[float, float] | None:
    """Grey and opacity of the ink that a line is, over the data inside of it; None if none."""
    change = line - inside
    null = np.sqrt((change**2).mean())
    if null < max(5.0, 2.0 * usual):
        return None
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
            return None
    explained = np.sqrt((residual[keep] ** 2).mean())
    likely = 0.04 < opacity < 1.1 and -15 < gray < 270 and explained < max(0.4 * null, 1.5)
    if noisy and opacity > 0.1 and explained < 0.2 * null:  # pale ink's grey is not well known
        slack = 2.0 * explained / opacity
        likely |= opacity < 1.1 and -15 - slack < gray < 270 + slack
    close = noisy and null > 30 and explained < 0.1 * null
    if likely or (close and 0.1 < opacity < 1.5 and -140 < gray < 300):
        return float(gray), float(opacity)
    return None
