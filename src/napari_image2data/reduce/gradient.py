"""Where a field is flat: the pixels whose first spatial derivative vanishes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from napari_image2data.errors import ReductionError
from napari_image2data.reduce.inputs import as_field_array, choice, number, real_numbers

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

GradientMethod = Literal["recipe", "central", "sobel"]
"""How the slope is measured; see `gradient_magnitude`."""


def gradient_magnitude(
    values: ArrayLike, *, method: GradientMethod = "recipe"
) -> NDArray[np.float32]:
    r"""Slope of a field at every pixel, in value units per pixel.

    Parameters
    ----------
    values : (h, w) array_like of float
        The field; NaN where nothing is known. At least 2 x 2 pixels.
    method : {"recipe", "central", "sobel"}
        - ``"recipe"``: :math:`(|\partial_y v| + |\partial_x v|) / 2` with forward differences
          (backward in the last row and column), as ``numpy.diff`` gives them.
        - ``"central"``: :math:`\sqrt{(\partial_y v)^2 + (\partial_x v)^2}` with central
          differences (one-sided at the rim), as ``numpy.gradient`` gives them.
        - ``"sobel"``: the same magnitude with Sobel's 3 x 3 kernels divided by 8 [1]_, which
          average three rows or columns and so bear noise better.

    Returns
    -------
    (h, w) float32 ndarray
        The slope; NaN where it needs a pixel that is NaN.

    Raises
    ------
    ReductionError
        ``values`` is not a 2-D array of at least 2 x 2 pixels, or the method is unknown.

    References
    ----------
    .. [1] I. Sobel, "An isotropic 3x3 image gradient operator", in H. Freeman (ed.), *Machine
       Vision for Three-Dimensional Scenes*, Academic Press, 1990, 376-379.

    Examples
    --------
    >>> import numpy as np
    >>> ramp = np.tile(np.arange(4.0), (3, 1))
    >>> gradient_magnitude(ramp)[0]
    array([0.5, 0.5, 0.5, 0.5], dtype=float32)
    >>> gradient_magnitude(ramp, method="sobel")[0]
    array([1., 1., 1., 1.], dtype=float32)
    """
    choice("gradient method", method, "recipe", "central", "sobel")
    field = as_field_array(values)
    if method == "recipe":
        # The two halves are written in place: this runs at every move of a slider.
        slope = np.empty_like(field)
        np.abs(np.diff(field, axis=0), out=slope[:-1])
        slope[-1] = slope[-2]
        dx = np.diff(field, axis=1)
        np.abs(dx, out=dx)
        slope[:, :-1] += dx
        slope[:, -1] += dx[:, -1]
        slope *= np.float32(0.5)
        return slope
    if method == "central":
        dy, dx = np.gradient(field, axis=0), np.gradient(field, axis=1)
    else:
        dy, dx = _sobel(field)
    return np.hypot(dy, dx).astype(np.float32, copy=False)


def gradient_mask(
    values: ArrayLike,
    *,
    tolerance: float = 0.0,
    method: GradientMethod = "recipe",
    sigma: ArrayLike | None = None,
) -> NDArray[np.bool_]:
    r"""Pixels where the field is flat: its slope is at most ``tolerance``.

    A picture of an 8-bit table holds its field in steps, so a smooth field decodes to plateaus
    whose inner pixels have slope 0 exactly; ``tolerance=0`` keeps those and nothing else. JPEG
    and resampling put noise on every plateau: give ``sigma`` then, and the tolerance counts in
    units of it.

    Parameters
    ----------
    values : (h, w) array_like of float
        The field; NaN where nothing is known. At least 2 x 2 pixels.
    tolerance : float
        The largest slope that counts as flat: value units per pixel, or, with ``sigma``,
        standard uncertainties of the slope. At least 0.
    method : {"recipe", "central", "sobel"}
        How the slope is measured; see `gradient_magnitude`.
    sigma : float or (h, w) array_like of float, optional
        Standard uncertainty of the values, in value units (``field.sigma``). A pixel whose
        sigma is NaN is not kept.

    Returns
    -------
    (h, w) bool ndarray
        True where the field is flat. A pixel that is NaN, or whose slope needs a pixel that is
        NaN, is never kept.

    Raises
    ------
    ReductionError
        Not a 2-D field, all of it NaN, a negative or NaN tolerance, a sigma of another shape.

    Notes
    -----
    With independent errors of standard uncertainty sigma, a forward difference has
    :math:`\sqrt 2\,\sigma`, a central one :math:`\sigma/\sqrt 2`, Sobel's
    :math:`\sqrt{12}/8\,\sigma`; the slope is divided by that before it is compared.

    Examples
    --------
    >>> import numpy as np
    >>> steps = np.repeat([0.0, 1.0], 3) * np.ones((2, 1))
    >>> gradient_mask(steps, tolerance=0).astype(int)
    array([[1, 1, 0, 1, 1, 1],
           [1, 1, 0, 1, 1, 1]])
    """
    advice = "0 or more, in value units per pixel (or in units of sigma)"
    tolerance = number("The gradient tolerance", tolerance, advice, above=False)
    field = as_field_array(values)
    slope = gradient_magnitude(field, method=method)
    largest = float(np.finfo(np.float32).max)
    limit: NDArray[np.float32] | np.float32 = np.float32(min(tolerance, largest))
    if sigma is not None:
        with np.errstate(over="ignore"):
            noise = real_numbers("sigma", sigma).astype(np.float32, copy=False)
        if noise.ndim and noise.shape != field.shape:
            raise ReductionError(
                f"sigma has the shape {noise.shape}, the field {field.shape}; give one number or "
                "one for every pixel."
            )
        # nothing is known where sigma is infinite: 0 times that is NaN, which keeps no pixel
        with np.errstate(invalid="ignore", over="ignore"):
            limit = noise * np.float32(min(tolerance * _SLOPE_NOISE[method], largest))
    # Comparing with NaN is False, which is the rule; the pixel itself has to be asked as well,
    # because a central difference does not look at it.
    mask = slope <= limit
    if method != "recipe":
        mask &= ~np.isnan(field)
    if not mask.any() and np.isnan(field).all():
        raise ReductionError(
            "Every pixel of the field is NaN, so nothing can be flat; decode with a larger "
            "colour distance or check the colour scale."
        )
    return mask


_SLOPE_NOISE = {"recipe": 2**0.5, "central": 0.5**0.5, "sobel": 12**0.5 / 8}


def _sobel(field: NDArray[np.float32]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Sobel's two derivatives per pixel, with the outermost rows and columns continued linearly."""
    padded = np.pad(field, 1, mode="reflect", reflect_type="odd")
    across = padded[:-2] + 2 * padded[1:-1] + padded[2:]
    along = padded[:, :-2] + 2 * padded[:, 1:-1] + padded[:, 2:]
    return (along[2:] - along[:-2]) / 8, (across[:, 2:] - across[:, :-2]) / 8
