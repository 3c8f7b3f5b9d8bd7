"""Checks of what a reduction is given: each failure is one sentence that says what to change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_image2data.color.norm import SMALLEST
from napari_image2data.errors import ReductionError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

FARTHEST = 1e150
"""Larger numbers have no square in float64, and so no distances."""
MOST_PIXELS = 2**34
"""A larger picture to rebuild is a mistake in its shape."""


def as_field_array(values: ArrayLike) -> NDArray[np.float32]:
    """``values`` as a checked 2-D float32 array (infinities become NaN)."""
    given = real_numbers("The field", getattr(values, "values", values))
    if given.ndim != 2 or min(given.shape) < 2:
        raise ReductionError(
            f"The field has the shape {given.shape}; give one picture of at least 2 x 2 pixels "
            "(take one frame of a stack)."
        )
    with np.errstate(over="ignore"):
        field = given.astype(np.float32, copy=False)
    infinite = np.isinf(field)
    if infinite.any():
        if np.isfinite(given[infinite]).any():
            raise ReductionError(
                "The field holds values beyond 3.4e38, which single precision cannot; "
                "divide it by a constant."
            )
        field = np.where(infinite, np.float32(np.nan), field)
    if given.dtype.itemsize > 4 and not (np.abs(field) > SMALLEST).any() and given.any():
        finite = given[np.isfinite(given)]
        if finite.any():
            raise ReductionError(
                f"All values of the field lie within {np.abs(finite).max():.2g} of zero, which "
                "single precision cannot tell apart; divide it by a constant."
            )
    return field


def real_numbers(what: str, given: Any) -> NDArray[Any]:
    """An array of bool, integer or floating numbers; masked ones are NaN (or False)."""
    if np.ma.isMaskedArray(given):
        truth = np.ma.getdata(given).dtype == bool
        given = np.ma.filled(given, False) if truth else np.ma.filled(1.0 * given, np.nan)
    try:
        array = np.asarray(given)
        if array.dtype.kind not in "biuf":
            if array.dtype.kind != "O":
                raise TypeError
            array = array.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise ReductionError(
            f"{what} must be an array of real numbers, all rows of one length."
        ) from error
    return array


def number(name: str, given: Any, advice: str, *, least: float = 0.0, above: bool = True) -> float:
    """One number above ``least`` (or at least that), not NaN; ``advice`` says what to give."""
    try:
        value = float("nan") if isinstance(given, str) or np.ndim(given) else float(given)
    except (TypeError, ValueError):
        value = float("nan")
    if not (value > least if above else value >= least):
        raise ReductionError(f"{name} is {given}; give {advice}.")
    return value


def finite_number(name: str, given: Any, advice: str) -> float:
    """One number above 0 whose square is finite."""
    value = number(name, given, advice)
    if value > FARTHEST:
        raise ReductionError(f"{name} is {given}; give {advice}, at most {FARTHEST:g}.")
    return value


def whole_number(name: str, given: Any, least: int) -> int:
    """One whole number, at least ``least``."""
    advice = f"a whole number, {least} or more"
    value = number(name, given, advice, least=least, above=False)
    if not value.is_integer():
        raise ReductionError(f"{name} is {given}; give {advice}.")
    return int(min(value, 2.0**62))


def choice(what: str, given: Any, *options: str) -> None:
    """Say which words there are when ``given`` is none of them."""
    if not isinstance(given, str) or given not in options:
        words = ", ".join(map(repr, options[:-1])) + f" or {options[-1]!r}"
        raise ReductionError(f"The {what} {given!r} is unknown; choose {words}.")


def pixel_size(spacing: Any) -> tuple[float, float]:
    """Size ``(dy, dx)`` of a pixel: two finite numbers above 0."""
    try:
        steps = np.asarray(spacing, np.float64)
    except (TypeError, ValueError):
        steps = np.zeros(0)
    if steps.shape != (2,) or not ((steps > 1 / FARTHEST) & (steps < FARTHEST)).all():
        raise ReductionError(f"spacing is {spacing}; give two pixel sizes (dy, dx) above 0.")
    return float(steps[0]), float(steps[1])


def picture_shape(shape: Any) -> tuple[int, int]:
    """``(height, width)`` of a picture of at least one pixel."""
    try:
        height, width = (int(length) for length in shape)
        good = min(height, width) >= 1 and height * width <= MOST_PIXELS
    except (TypeError, ValueError, OverflowError):
        good = False
    if not good:
        raise ReductionError(f"The shape {shape} is no picture; give (height, width) in pixels.")
    return height, width
