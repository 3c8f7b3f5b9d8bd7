"""How values lie along a scale: linear, log10, or piecewise between ticks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from napari_image2data.errors import ScaleError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

NormName = Literal["linear", "log"]
NORMS: tuple[str, ...] = ("linear", "log")

SMALLEST, LARGEST = 1e-30, 3.4e38
"""Sizes of values between which single precision keeps its digits."""
FEWEST_NUMBERS = 64
"""A scale with fewer numbers of single precision between its ends is refused."""


def warp(value: ArrayLike, norm: str) -> np.ndarray:
    """Values as the norm spaces them: themselves, or their log10 (NaN where not above zero)."""
    array = np.asarray(value, float)
    if norm == "linear":
        return array
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(array > 0, np.log10(array), np.nan)


def unwarp(warped: ArrayLike, norm: str) -> np.ndarray:
    """Inverse of `warp`."""
    array = np.asarray(warped, float)
    return array if norm == "linear" else np.asarray(10.0**array)


def interpolate(x: ArrayLike, xs: np.ndarray, ys: np.ndarray) -> np.ndarray:
    """Piecewise linear through ``(xs, ys)``, its first and last pieces going on beyond the ends.

    Parameters
    ----------
    x : array_like
        Where to interpolate.
    xs : (M,) ndarray
        Strictly rising or strictly falling, M >= 2.
    ys : (M,) ndarray

    Returns
    -------
    ndarray
        Shape of ``x``, float64.

    Examples
    --------
    >>> interpolate([0.4, 0.8, 0], np.array([0.2, 0.6, 1]), np.array([3.0, 5, 6])).round(9).tolist()
    [4.0, 5.5, 2.0]
    """
    if xs[0] > xs[-1]:
        xs, ys = xs[::-1], ys[::-1]
    array = np.asarray(x, float)
    piece = np.clip(np.searchsorted(xs, array, side="right") - 1, 0, len(xs) - 2)
    slope = np.diff(ys) / np.diff(xs)
    # from the nearer knot, so that a knot's own value comes back without rounding
    from_left = ys[piece] + slope[piece] * (array - xs[piece])
    return np.where(array == xs[piece + 1], ys[piece + 1], from_left)


def check_norm(norm: str) -> None:
    """Raise unless the norm is one of `NORMS`."""
    if norm not in NORMS:
        raise ScaleError(f"A norm is 'linear' or 'log', not {norm!r}.")


def check_ends(vmin: float, vmax: float, norm: str) -> None:
    """Raise unless two end values make a scale of that norm."""
    check_norm(norm)
    try:
        numbers = bool(np.isfinite(vmin) and np.isfinite(vmax))
    except TypeError:
        numbers = False
    if not numbers or vmin == vmax:
        raise ScaleError(f"vmin and vmax must be two different numbers, not {vmin} and {vmax}.")
    if norm == "log" and min(vmin, vmax) <= 0:
        raise ScaleError(f"A log scale needs vmin and vmax above zero, not {vmin} and {vmax}.")
    far = max(abs(vmin), abs(vmax))
    if not SMALLEST < far < LARGEST:
        raise ScaleError(
            f"Values are kept in single precision, which cannot hold {far:g}; divide vmin and vmax "
            "by a constant."
        )
    if abs(vmax - vmin) < FEWEST_NUMBERS * float(np.spacing(np.float32(far))):
        raise ScaleError(
            f"Values are kept in single precision, which is too coarse between {vmin:.10g} "
            f"and {vmax:.10g}; subtract a constant from vmin and vmax."
        )


def kept_rounding(values: ArrayLike) -> np.ndarray:
    """Standard uncertainty of keeping values in single precision, in value units; NaN stays NaN.

    Uniform over the gap between neighbouring numbers: ``gap / sqrt(12)``.

    Examples
    --------
    >>> kept_rounding([0.7, 1.7e9]).round(8).tolist()
    [2e-08, 36.95041723]
    """
    return np.asarray(np.spacing(np.abs(np.asarray(values, np.float32))) / np.sqrt(12))


def knots_from_ticks(
    ticks: Sequence[tuple[float, float]],
    start: float,
    end: float,
    norm: str,
    *,
    tolerance: float = 1.0,
) -> np.ndarray:
    """Positions and values that a bar's ticks fix.

    Two ticks make a line. Three or more that lie on one line to ``tolerance`` pixels are fitted by
    least squares (pixels of ticks are rounded; the fit averages that out); else they are the knots
    of a piecewise norm, so that symlog, power and two-slope scales are exact at their ticks.

    Parameters
    ----------
    ticks : sequence of (pixel, value)
        Pixels along the bar, edge coordinates, in any order.
    start, end : float
        Pixels of the bar's two ends: positions 0 and 1.
    norm : {"linear", "log"}
        How values lie between ticks.
    tolerance : float
        Largest distance in pixels of a tick from a straight scale.

    Returns
    -------
    (M, 2) ndarray
        Position and value of each knot; the first has position 0, the last position 1.

    Raises
    ------
    ScaleError
        Fewer than two ticks, two at one pixel, values that do not rise or fall along the bar, or a
        value <= 0 on a log scale.

    Examples
    --------
    >>> knots_from_ticks([(20, 3), (60, 5), (100, 6)], 0, 100, "linear").tolist()
    [[0.0, 2.0], [0.2, 3.0], [0.6, 5.0], [1.0, 6.0]]
    """
    check_norm(norm)
    table = np.asarray(list(ticks), float)
    if table.ndim != 2 or table.shape[1] != 2 or len(table) < 2:
        raise ScaleError("Ticks are at least two pairs (pixel, value).")
    if not np.isfinite(table).all():
        raise ScaleError("Pixels and values of ticks must be finite numbers.")
    position = (table[:, 0] - start) / (end - start)
    order = np.argsort(position, kind="stable")
    position, value = position[order], table[order, 1]
    if np.any(np.diff(position) <= 0):
        raise ScaleError("Two ticks lie at the same pixel; keep one of them.")
    steps = np.diff(value)
    if not (np.all(steps > 0) or np.all(steps < 0)):
        raise ScaleError(
            "The values of the ticks must rise or fall along the bar; they read "
            + ", ".join(f"{v:g}" for v in value)
            + "."
        )
    if norm == "log" and value.min() <= 0:
        raise ScaleError(f"A log scale needs ticks above zero, not {value.min():g}.")
    warped = warp(value, norm)
    slope, offset = np.polyfit(position, warped, 1)
    misfit = np.abs((warped - offset) / slope - position).max() * abs(end - start)
    ends = np.array([0.0, 1.0])
    if len(table) == 2 or misfit <= tolerance:
        return np.stack([ends, unwarp(offset + slope * ends, norm)], axis=1)
    inside = (position > 0) & (position < 1)
    where = np.concatenate([[0.0], position[inside], [1.0]])
    return np.stack([where, unwarp(interpolate(where, position, warped), norm)], axis=1)
