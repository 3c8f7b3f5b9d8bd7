"""The picture beneath a layer of some opacity, where nobody gives it: a grey one, or a tinted one.

Beneath are greys, all with one cast of colour: nothing at black and white, most in the middle.
That is what photographs have of colour as a whole (their light, their subject, their paper); what
single things in them have besides is noise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.spatial import cKDTree

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_image2data.decode.curve import Curve

    Surface = Callable[[np.ndarray, np.ndarray], np.ndarray]

_LIMIT = 10.0  # levels, at most, that one colour counts
_PLAIN = 1.2  # levels that half of the colours miss greys by where nothing but greys lies beneath
_BETTER = 0.8  # of the grey's misfit that a cast must leave, or less
_CASTS = np.array([[1.0, -0.509, 0.0], [0.0, -0.194, 1.0]])  # casts of Rec. 601's luma 0
_AS_GOOD = 1.1  # times the least misfit: explains the colours nearly as well
_OTHERS = 12  # of those whose positions are compared
_DEEPEST = 100.0  # levels of red and blue
_LEAST, _MOST = 0.05, 0.99  # opacity


class Base(NamedTuple):
    """What lies beneath a layer.

    Attributes
    ----------
    opacity : float
        Of the layer above, 0..1.
    cast : (2,) tuple of float
        Levels of red and of blue that a middle grey beneath has more than its lightness; green
        makes up for them.
    doubt : float
        Root mean square by which positions on the scale differ between this and other opacities
        and casts that explain the colours nearly as well; 0 where nothing but greys lies beneath.
    """

    opacity: float
    cast: tuple[float, float] = (0.0, 0.0)
    doubt: float = 0.0


def over_base(curve: Curve, base: Base) -> Surface:
    """Colours of the scale laid over greys with a cast.

    A grey s beneath has the colour ``255 s + 4 s (1 - s) c``, c being the cast.

    Returns
    -------
    callable
        ``surface(u, s)``: the colours (..., 3), in levels, of positions u over greys s, both 0..1.
    """
    cast = np.asarray(base.cast) @ _CASTS

    def surface(u: np.ndarray, s: np.ndarray) -> np.ndarray:
        beneath = 255 * s[..., None] + (4 * s * (1 - s))[..., None] * cast
        return np.asarray(base.opacity * curve.color(u) + (1 - base.opacity) * beneath)

    return surface


def find_base(colors: np.ndarray, curve: Curve, opacity: float | None = None) -> Base:
    """Opacity, and cast of what lies beneath, from colours alone.

    The opacity over greys is found to a hundredth. Where the colours miss that by more than
    rounding, a cast is tried (Nelder and Mead, Computer Journal 7, 1965, from the best of a coarse
    grid), and taken if it leaves much less.

    Parameters
    ----------
    colors : (n, 3) ndarray
        In levels: colours of pixels drawn at random.
    curve : Curve
    opacity : float, optional
        Where it is known.

    Examples
    --------
    >>> from napari_image2data import ColorScale
    >>> from napari_image2data.decode.curve import Curve
    >>> curve = Curve.of(ColorScale.from_name("viridis", vmin=0, vmax=1))
    >>> value, gray = np.random.default_rng(0).random((2, 1000))
    >>> cold = over_base(curve, Base(0.6, (-25.0, 40.0)))(value, gray)
    >>> found = find_base(cold, curve)
    >>> round(found.opacity, 1), [round(part, -1) for part in found.cast]
    (0.6, [-20.0, 40.0])
    """
    tried: list[tuple[float, Base]] = []

    def misfit_of(base: Base) -> float:
        tried.append((misfit(colors, over_base(curve, base)), base))
        return tried[-1][0]

    gray = Base(least_misfit(lambda each: misfit_of(Base(each))) if opacity is None else opacity)
    if np.median(nearest(colors, over_base(curve, gray))[0]) < _PLAIN:
        return gray
    left = misfit_of(gray)
    good = _BETTER * left

    def base_of(numbers: np.ndarray) -> Base:
        red, blue = np.clip(numbers[:2], -_DEEPEST, _DEEPEST)
        if opacity is not None:
            return Base(opacity, (float(red), float(blue)))
        return Base(float(np.clip(numbers[2], _LEAST, _MOST)), (float(red), float(blue)))

    opacities = [opacity] if opacity is not None else [0.25, 0.45, 0.65, 0.85, gray.opacity]
    casts = [(0, 0), (30, -30), (70, -70), (-25, 45), (30, 30), (-30, -30)]
    starts = [np.array([*cast, each], float) for each in opacities for cast in casts]
    starts.sort(key=lambda numbers: misfit_of(base_of(numbers)))
    best = gray
    for start in starts[:3]:
        corners = start + np.vstack([np.zeros(3), np.diag([20.0, 20.0, 0.06])])
        used = 2 if opacity is not None else 3
        found = minimize(
            lambda numbers: misfit_of(base_of(numbers)),
            start[:used],
            method="Nelder-Mead",
            options={
                "initial_simplex": corners[: used + 1, :used],
                "maxfev": 80,
                "xatol": 0.005,
                "fatol": 0.01,
            },
        )
        if found.fun < min(left, good):
            best, left = base_of(found.x), float(found.fun)
    others = [base for its_misfit, base in tried if its_misfit <= _AS_GOOD * left]
    return best._replace(doubt=_doubt(colors, curve, best, others))


def _doubt(colors: np.ndarray, curve: Curve, best: Base, others: list[Base]) -> float:
    """Root mean square difference of positions between what lies beneath and what might."""
    chosen = np.random.default_rng(0).choice(len(others), min(_OTHERS, len(others)), replace=False)
    positions = nearest(colors, over_base(curve, best))[1]
    squares = [(nearest(colors, over_base(curve, others[i]))[1] - positions) ** 2 for i in chosen]
    return float(np.sqrt(np.mean(squares)))


def least_misfit(misfit_of: Callable[[float], float]) -> float:
    """Opacity to a hundredth, 0.05..1, at which a misfit is smallest."""
    coarse = np.arange(0.1, 1.0, 0.05)
    near = coarse[int(np.argmin([misfit_of(float(each)) for each in coarse]))]
    fine = np.clip(np.arange(near - 0.05, near + 0.051, 0.01), _LEAST, 1.0)
    return float(fine[int(np.argmin([misfit_of(float(each)) for each in fine]))])


def misfit(colors: np.ndarray, surface: Surface) -> float:
    """Mean distance in levels, at most 10 each, of colours to a surface."""
    return float(np.minimum(nearest(colors, surface)[0], _LIMIT).mean())


def nearest(
    colors: np.ndarray, surface: Surface, n_positions: int = 128, n_seconds: int = 65
) -> tuple[np.ndarray, np.ndarray]:
    """Distances in levels of colours to a surface, and their positions on the scale."""
    u, s = grid(n_positions, n_seconds)
    distance, index = cKDTree(surface(u, s)).query(colors)
    return distance, u[index]


def grid(n_positions: int, n_seconds: int) -> tuple[np.ndarray, np.ndarray]:
    """Points of a surface: positions on the scale and the second unknown, 0..1 both, flat."""
    u, s = np.meshgrid(np.linspace(0, 1, n_positions), np.linspace(0, 1, n_seconds), indexing="ij")
    return u.ravel(), s.ravel()
