"""Colours that mix the scale with a second unknown: light upon it, or a picture beneath it.

All colours that a mixture can make form a surface, spanned by the position on the scale and the
second unknown. Each pixel is looked up on that surface. How firmly its colour fixes the position
follows from the surface's slopes; where it does not, what the light usually is and what the
neighbours say decide, and the pixel is flagged.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from scipy.ndimage import gaussian_filter
from scipy.spatial import cKDTree

from napari_image2data.color.picture_colors import pack_pixels
from napari_image2data.decode.base import (
    Base,
    find_base,
    grid,
    least_misfit,
    misfit,
    nearest,
    over_base,
)
from napari_image2data.decode.blend import BLEND_MODES, blend
from napari_image2data.decode.curve import Curve, Reading
from napari_image2data.decode.field import Mixture
from napari_image2data.errors import FigureError

if TYPE_CHECKING:
    from napari_image2data.decode.base import Surface

Shading = Literal["overlay", "soft", "hsv", "multiply"]

_N_POSITIONS, _N_SECONDS = 256, 129
_LEAN = 60.0  # levels that a deviation of 1 from the neighbours' position costs
_UNDETERMINED = 0.03
_FARTHEST = 12.0
_MANY_OFF = 0.3  # share of pixels off the scale from which a mixture is thought of
_EXPLAINED = 2.5  # levels between a colour and the mixture that explains it
_HIDDEN = 1.5  # uncertainty beside what shows where what lies beneath has colours of its own
_DOUBTED = 2.0  # and that of opacity and cast beside the difference to others as good
_NOTHING_BENEATH = (
    "Nothing shows through this picture, so no opacity can be found; decode it without."
)
_CLEAR_VIEW = 0.97  # opacity from which nothing beneath is seen


class Unmixed(NamedTuple):
    """A picture freed of what was mixed into its colours.

    Attributes
    ----------
    reading : Reading
        Positions on the scale, and the colours' distances to all that the mixture can make.
    spread : (h, w) float ndarray
        Standard uncertainty of the positions.
    open : (h, w) bool ndarray
        Pixels whose colour leaves the position open.
    colors : (h, w, 3) uint8 ndarray
        The picture as it would be without the mixture.
    mixture : Mixture
    """

    reading: Reading
    spread: np.ndarray
    open: np.ndarray
    colors: np.ndarray
    mixture: Mixture


def remove_shading(rgb: np.ndarray, curve: Curve, mode: Shading | Literal["auto"]) -> Unmixed:
    """Free a picture of the light cast on it.

    Parameters
    ----------
    rgb : (h, w, 3) uint8 ndarray
    curve : Curve
    mode : str
        One of BLEND_MODES; "auto" takes the one that explains the picture's colours best.

    Examples
    --------
    >>> from napari_image2data import ColorScale
    >>> scale = ColorScale.from_name("viridis", vmin=0, vmax=1)
    >>> value, light = np.meshgrid(np.linspace(0.1, 0.9, 40), np.linspace(0.2, 0.8, 30))
    >>> picture = np.rint(255 * blend("soft", scale.to_color(value), light)).astype(np.uint8)
    >>> found = remove_shading(picture, Curve.of(scale), "auto")
    >>> found.mixture.mode, bool(abs(found.reading.position - value).max() < 0.02)
    ('soft', True)
    """
    if mode == "auto":
        some = some_colors(rgb)
        fits = {name: misfit(some, shaded(curve, name)) for name in BLEND_MODES}
        found = min(fits, key=lambda name: fits[name])
    else:
        found = mode
    return _unmix(rgb, shaded(curve, found), curve, Mixture(found, 1.0))


def remove_base(
    rgb: np.ndarray, curve: Curve, base: np.ndarray | None, opacity: float | Literal["auto"]
) -> Unmixed:
    """Free a picture of what shows through it from beneath.

    Parameters
    ----------
    rgb : (h, w, 3) uint8 ndarray
    curve : Curve
    base : (h, w, 3) uint8 ndarray or None
        The picture beneath. Without it the base is taken to be some picture in grey.
    opacity : float or "auto"
        0..1.

    Raises
    ------
    FigureError
        When nothing shows through.
    """
    if base is None:
        found = find_base(some_colors(rgb), curve, None if opacity == "auto" else float(opacity))
        if opacity == "auto" and found.opacity > _CLEAR_VIEW:
            raise FigureError(_NOTHING_BENEATH)
        mixture = Mixture("base", found.opacity, cast=found.cast)
        return _unmix(rgb, over_base(curve, found), curve, mixture, doubt=found.doubt)
    if opacity == "auto":
        opacity = _find_opacity(rgb, curve, base)
    mixture = Mixture("base", float(opacity))
    freed = (rgb.astype(np.float32) - (1 - opacity) * base.astype(np.float32)) / opacity
    return _unmix_known(freed, curve, mixture)


def shaded(curve: Curve, mode: str) -> Surface:
    """Colours of the scale under light."""
    return lambda u, s: blend(mode, curve.color(u) / 255, s) * 255


def some_colors(rgb: np.ndarray, n_pixels: int = 3000) -> np.ndarray:
    """Colours of pixels drawn at random, for estimates; ``(n_pixels, 3)`` floats."""
    flat = rgb.reshape(-1, 3)
    return flat[np.random.default_rng(0).choice(len(flat), n_pixels)].astype(float)


def share_explained(colors: np.ndarray, surface: Surface) -> float:
    """Share of colours that lie on a surface."""
    away = nearest(colors, surface, _N_POSITIONS, _N_SECONDS)[0]
    return float((away < _EXPLAINED).mean())


def _find_opacity(rgb: np.ndarray, curve: Curve, base: np.ndarray) -> float:
    """Opacity to a hundredth: the one with the smallest misfit."""
    top, bottom = some_colors(rgb), some_colors(base)  # the same pixels of both

    def left_over(opacity: float) -> float:
        freed = top - (1 - opacity) * bottom
        away = curve.matcher.match(freed / opacity).distance * opacity
        return float(np.mean(np.minimum(away, 10.0)))

    opacity = least_misfit(left_over)
    if opacity > _CLEAR_VIEW:
        raise FigureError(_NOTHING_BENEATH)
    return opacity


def _unmix_known(freed: np.ndarray, curve: Curve, mixture: Mixture) -> Unmixed:
    """Look up colours from which a known base was subtracted; their noise has grown with that."""
    shape = freed.shape[:2]
    match = curve.matcher.match(freed.reshape(-1, 3))
    position = (match.index * curve.step).astype(np.float32).reshape(shape)
    distance = match.distance.astype(np.float32).reshape(shape)
    slope = np.interp(position, np.linspace(0, 1, len(curve.slope)), curve.slope)
    noise = np.maximum(0.29 / mixture.opacity, _local_noise(distance, distance < 40) / np.sqrt(2))
    spread = np.minimum(np.hypot(noise / np.maximum(slope, 1e-3), curve.step / np.sqrt(12)), 0.289)
    colors = np.rint(freed.clip(0, 255)).astype(np.uint8)
    reading = Reading(position, distance, slope.astype(np.float32))
    return Unmixed(reading, spread, spread > _UNDETERMINED, colors, mixture)


def _unmix(
    rgb: np.ndarray, surface: Surface, curve: Curve, mixture: Mixture, *, doubt: float = 0.0
) -> Unmixed:
    """Look each pixel up on a surface; where it leaves the position open, ask what is around.

    ``doubt`` is the standard uncertainty that the surface itself brings to the positions.
    """
    shape = rgb.shape[:2]
    u, s = grid(_N_POSITIONS, _N_SECONDS)
    points = surface(u, s)
    codes, inverse = np.unique(pack_pixels(rgb.reshape(-1, 3)), return_inverse=True)
    inverse = inverse.reshape(shape)
    colors = np.stack([codes >> 16, codes >> 8 & 255, codes & 255], axis=1).astype(float)
    away, closest = cKDTree(points).query(colors, workers=-1)
    distance, index = away[inverse], closest[inverse]
    noise = max(0.5, 1.5 * float(np.median(distance)))  # one of the three coordinates shows
    loose = _looseness(surface, u, s, noise)
    off = distance > max(_FARTHEST, 4 * noise)
    position, spread = u[index], loose[index]
    firm = ~off & (spread < _UNDETERMINED)

    # where the colour leaves the position open, the light that is usual around is the best guess
    unsure = ~off & ~firm
    if unsure.any() and firm.mean() > 0.05:
        usual, scatter = float(np.median(s[index[firm]])), max(0.03, float(np.std(s[index[firm]])))
        pull = noise / scatter
        tree = cKDTree(np.column_stack([points, pull * s]))
        codes_open, back = np.unique(inverse[unsure], return_inverse=True)
        guess, darker, lighter = (
            tree.query(
                np.column_stack([colors[codes_open], np.full(len(codes_open), pull * light)]),
                workers=-1,
            )[1]
            for light in (usual, usual - scatter, usual + scatter)
        )
        index[unsure] = guess[back]
        spread[unsure] = np.maximum(abs(u[lighter] - u[darker]) / 2, _UNDETERMINED)[back]
        position = u[index]

    expected = _expected(position, spread, ~off)
    doubtful = (abs(position - expected) > 4 * np.maximum(spread, 0.01)) | (spread >= _UNDETERMINED)
    doubtful &= ~off & np.isfinite(expected)
    if doubtful.any():
        tree = cKDTree(np.column_stack([points, _LEAN * u]))
        wanted = np.column_stack([rgb[doubtful].astype(float), _LEAN * expected[doubtful]])
        index[doubtful] = tree.query(wanted, workers=-1)[1]
        position, spread = u[index], loose[index]
        distance[doubtful] = np.linalg.norm(rgb[doubtful] - points[index[doubtful]], axis=1)
    worse = _local_noise(distance, ~off) / noise
    spread = np.minimum(spread * np.maximum(worse, 1.0), 0.289)
    if doubt > 0:
        # what lies beneath has colours of its own, of which only the part across the surface shows
        spread = np.minimum(np.hypot(_HIDDEN * spread, _DOUBTED * doubt), 0.289)
    slope = np.interp(position, np.linspace(0, 1, len(curve.slope)), curve.slope)
    light = np.where(off, np.nan, s[index]).astype(np.float32)
    return Unmixed(
        Reading(position.astype(np.float32), distance.astype(np.float32), slope.astype(np.float32)),
        np.hypot(spread, curve.step / np.sqrt(12)),
        spread >= _UNDETERMINED,
        np.rint(curve.color(position)).astype(np.uint8),
        replace(mixture, light=light),
    )


def _looseness(surface: Surface, u: np.ndarray, s: np.ndarray, noise: float) -> np.ndarray:
    """Standard uncertainty of the position at each point of the surface, at most 1/sqrt(12)."""
    step_u, step_s = 1 / (_N_POSITIONS - 1), 1 / (_N_SECONDS - 1)
    low_u, high_u = np.maximum(u - step_u, 0), np.minimum(u + step_u, 1)
    low_s, high_s = np.maximum(s - step_s, 0), np.minimum(s + step_s, 1)
    along = (surface(high_u, s) - surface(low_u, s)) / (high_u - low_u)[:, None]
    across = (surface(u, high_s) - surface(u, low_s)) / (high_s - low_s)[:, None]
    length = np.maximum((across**2).sum(1), 1e-9)
    rest = along - ((along * across).sum(1) / length)[:, None] * across
    return np.asarray(np.minimum(noise / np.maximum(np.linalg.norm(rest, axis=1), 1e-9), 0.289))


def _expected(position: np.ndarray, spread: np.ndarray, known: np.ndarray) -> np.ndarray:
    """What the neighbours say: a mean weighted by firmness, taken again without those far off."""
    weight = np.where(known & (spread < 0.2), 1 / (spread**2 + 0.01**2), 0.0)
    mean = np.full(position.shape, np.nan)
    for reach in (3.0, 6.0, 6.0):
        total = gaussian_filter(weight, reach)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = gaussian_filter(weight * position, reach) / np.where(total > 1e-6, total, np.nan)
        weight = np.where(abs(position - mean) < 0.08 + spread, weight, 0.0)
    return mean


def _local_noise(distance: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Root mean square distance to the surface around each pixel: what the mixture leaves over."""
    square = gaussian_filter(np.where(known, distance, 0.0) ** 2, 4.0)
    return np.asarray(np.sqrt(square / np.maximum(gaussian_filter(known.astype(float), 4.0), 1e-3)))


def seems_mixed(rgb: np.ndarray, curve: Curve, off_scale: np.ndarray) -> str | None:
    """Tell whether a mixture would explain colours that are not on the scale.

    Parameters
    ----------
    rgb : (h, w, 3) uint8 ndarray
    curve : Curve
    off_scale : (h, w) bool ndarray
        Pixels whose colour is not on the scale.

    Returns
    -------
    str or None
        A sentence for the user, or None. Whole areas of one colour (paper, land) do not count: one
        colour more is no evidence for a mixture.

    Examples
    --------
    >>> from napari_image2data import ColorScale
    >>> scale = ColorScale.from_name("viridis", vmin=0, vmax=1)
    >>> value, light = np.meshgrid(np.linspace(0.1, 0.9, 40), np.linspace(0.2, 0.8, 30))
    >>> picture = np.rint(255 * blend("soft", scale.to_color(value), light)).astype(np.uint8)
    >>> print(seems_mixed(picture, Curve.of(scale), np.ones(picture.shape[:2], bool))[:63])
    Most colours are not on the scale, but light ("soft") on it exp
    """
    if off_scale.mean() <= _MANY_OFF:
        return None
    some = some_colors(rgb[off_scale][None])
    colors, count = np.unique(some, axis=0, return_counts=True)
    some = np.repeat(colors, np.where(count > 0.05 * len(some), 0, count), axis=0)
    if len(some) < 1000 or np.median(np.ptp(some, axis=1)) < 12:
        return None  # greys: any map over them with little opacity would do
    shares = {mode: share_explained(some, shaded(curve, mode)) for mode in BLEND_MODES}
    best = max(shares, key=lambda mode: shares[mode])
    if shares[best] >= 0.9:
        return (
            f'Most colours are not on the scale, but light ("{best}") on it explains them: if this '
            "is a hillshaded figure, decode with shading=True."
        )
    opacity = least_misfit(lambda a: misfit(some, over_base(curve, Base(a))))
    if share_explained(some, over_base(curve, Base(opacity))) >= 0.9 and opacity <= _CLEAR_VIEW:
        return (
            "Most colours are not on the scale, but the scale laid over a grey picture with an "
            f"opacity of {opacity:.2f} explains them: if so, decode with "
            'opacity="auto" (and the base, if you have it).'
        )
    return None
