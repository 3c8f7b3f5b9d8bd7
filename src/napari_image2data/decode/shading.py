"""Values under a hillshade, and values of a layer laid over a grey or known base with opacity.

Both pictures mix the scale's colour with a second unknown: light, or the base's grey. All colours
that the mixture can make form a surface, spanned by the position on the scale and the second
unknown. Each pixel is looked up on that surface. How firmly its colour fixes the position follows
from the surface's slopes; where it does not, the neighbours lean on the decision and the pixel is
flagged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from napari_image2data.color.image import as_rgb
from napari_image2data.color.picture_colors import pack_pixels
from napari_image2data.decode.blend import BLEND_MODES, blend
from napari_image2data.decode.curve import Curve
from napari_image2data.decode.field import Field, Flag
from napari_image2data.errors import ImageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from scipy.spatial import cKDTree

    from napari_image2data.color.scale import ColorScale

    Surface = Callable[[np.ndarray, np.ndarray], np.ndarray]

Mode = Literal["auto", "overlay", "soft", "hsv", "multiply"]

_N_POSITIONS, _N_SECONDS = 256, 129
_LEAN = 60.0  # levels that a deviation of 1 from the neighbours' position costs
_UNDETERMINED = 0.03
_FARTHEST = 12.0


@dataclass(frozen=True, eq=False)
class Unmixed:
    """A field freed of what was mixed into its colours.

    Attributes
    ----------
    field : Field
        Values of the scale; AMBIGUOUS where the colour leaves the value open (its sigma says how
        far), OFF_SCALE where no mixture makes the colour.
    second : (h, w) float32 ndarray
        The light that was cast, 0..1 (`remove_shading`), or the base's grey, 0..1
        (`remove_base`); NaN where nothing can be read or where the base was given.
    mode : str
        How it was mixed: a blend mode, or ``"opacity"``.
    opacity : float
        Opacity of the layer, 0..1; 1 for shading.
    """

    field: Field
    second: np.ndarray
    mode: str
    opacity: float


def remove_shading(image: np.ndarray, scale: ColorScale, *, mode: Mode = "auto") -> Unmixed:
    """Read the values of a hillshaded picture, and the light on it.

    Parameters
    ----------
    image : (H, W), (H, W, 3) or (H, W, 4) ndarray
        The plot area.
    scale : ColorScale
        The scale without shading, as its colour bar shows it.
    mode : {"auto", "overlay", "soft", "hsv", "multiply"}
        How light and colour were mixed: the blend modes of matplotlib's ``LightSource``, or colour
        times light. ``"auto"`` takes the one that explains the picture's colours best.

    Returns
    -------
    Unmixed

    Raises
    ------
    ImageError
        When the array is not a picture.

    Notes
    -----
    With colour c and light s in 0..1, overlay is 2sc for c <= 1/2 and 1 - 2(1 - s)(1 - c) above,
    soft is 2sc + (1 - 2s)c^2 (Pegtop's formula); hsv moves saturation and value toward white for
    s > 1/2 and toward black below. The standard uncertainty of a position is the colour noise over
    the part of the surface's slope along the scale that is perpendicular to its slope in s.

    Examples
    --------
    >>> from napari_image2data.color.scale import ColorScale
    >>> scale = ColorScale.from_name("viridis", vmin=0, vmax=1)
    >>> value, light = np.meshgrid(np.linspace(0.1, 0.9, 40), np.linspace(0.2, 0.8, 30))
    >>> picture = blend("soft", scale.to_color(value), light)
    >>> found = remove_shading(picture, scale)
    >>> found.mode, bool(np.nanmax(abs(found.field.values - value)) < 0.02)
    ('soft', True)
    """
    rgb, curve = as_rgb(image)[0], Curve.of(scale)
    modes = BLEND_MODES if mode == "auto" else (mode,)
    drawn = _drawn(rgb)
    fits = {}
    for name in modes:
        away = _points(_shaded(curve, name))[0].query(drawn)[0]
        fits[name] = float(np.mean(np.minimum(away, 10.0)))
    best = min(fits, key=lambda name: fits[name])
    return _read(rgb, _shaded(curve, best), scale, curve, mode=best, opacity=1.0)


def remove_base(
    image: np.ndarray,
    scale: ColorScale,
    *,
    base: np.ndarray | None = None,
    opacity: float | None = None,
) -> Unmixed:
    """Read the values of a layer that was laid over a base with constant opacity.

    Parameters
    ----------
    image : (H, W), (H, W, 3) or (H, W, 4) ndarray
        The plot area.
    scale : ColorScale
        The layer's scale as it is without a base beneath.
    base : ndarray of the same height and width, optional
        The picture beneath, colour or grey. Without it the base is taken to be some grey picture.
    opacity : float, optional
        0..1; estimated where it is not given.

    Returns
    -------
    Unmixed

    Raises
    ------
    ImageError
        When the array is not a picture, or the base has another size.

    Notes
    -----
    A pixel is a C(u) + (1 - a) B. The opacity a is the one with the smallest median distance of
    the picture's colours to what it allows; a grey base leaves the two chroma coordinates to find
    u. A scale of greys over an unknown grey base leaves u open everywhere.

    Examples
    --------
    >>> from napari_image2data.color.scale import ColorScale
    >>> scale = ColorScale.from_name("jet", vmin=0, vmax=1)
    >>> value, gray = np.meshgrid(np.linspace(0.1, 0.9, 60), np.linspace(0.1, 0.9, 50))
    >>> picture = 0.6 * scale.to_color(value) + 0.4 * gray[..., None]
    >>> found = remove_base(picture, scale)
    >>> round(found.opacity, 1), bool(np.nanmax(abs(found.field.values - value)) < 0.03)
    (0.6, True)
    """
    rgb, curve = as_rgb(image)[0], Curve.of(scale)
    if base is None:
        drawn = _drawn(rgb)
        if opacity is None:
            opacity = _least(lambda a: _misfit(drawn, _over_gray(curve, a)))
        return _read(rgb, _over_gray(curve, opacity), scale, curve, mode="opacity", opacity=opacity)
    below = as_rgb(base)[0]
    if below.shape != rgb.shape:
        raise ImageError(
            f"The base has the size {below.shape[:2]}, the picture {rgb.shape[:2]}; crop the base "
            "to the picture's plot area."
        )
    top, bottom = rgb.astype(float), below.astype(float)
    if opacity is None:
        chosen = np.random.default_rng(0).choice(rgb.shape[0] * rgb.shape[1], 2000)
        one, two = top.reshape(-1, 3)[chosen], bottom.reshape(-1, 3)[chosen]
        opacity = _least(lambda a: _misfit_known(one, two, curve, a))
    freed = (top - (1 - opacity) * bottom) / opacity
    return _read(freed, _plain(curve), scale, curve, mode="opacity", opacity=opacity)


def _shaded(curve: Curve, mode: str) -> Surface:
    return lambda u, s: blend(mode, curve.color(u) / 255, s) * 255


def _over_gray(curve: Curve, opacity: float) -> Surface:
    return lambda u, s: opacity * curve.color(u) + (1 - opacity) * 255 * s[..., None]


def _plain(curve: Curve) -> Surface:
    return lambda u, s: curve.color(u) + 0 * s[..., None]


def _drawn(rgb: np.ndarray, n_pixels: int = 3000) -> np.ndarray:
    flat = rgb.reshape(-1, 3)
    return flat[np.random.default_rng(0).choice(len(flat), n_pixels)].astype(float)


def _least(misfit: Callable[[float], float]) -> float:
    """Opacity with the smallest misfit, to a hundredth."""
    coarse = np.arange(0.1, 1.0, 0.05)
    near = coarse[int(np.argmin([misfit(float(a)) for a in coarse]))]
    fine = np.clip(np.arange(near - 0.05, near + 0.051, 0.01), 0.05, 1.0)
    return float(fine[int(np.argmin([misfit(float(a)) for a in fine]))])


def _misfit(drawn: np.ndarray, surface: Surface) -> float:
    tree, _, _ = _points(surface, n_positions=128, n_seconds=65)
    return float(np.mean(np.minimum(tree.query(drawn)[0], 10.0)))


def _misfit_known(top: np.ndarray, bottom: np.ndarray, curve: Curve, opacity: float) -> float:
    from scipy.spatial import cKDTree

    table = curve.color(np.linspace(0, 1, 512)) * opacity
    away = cKDTree(table).query(top - (1 - opacity) * bottom)[0]
    return float(np.mean(np.minimum(away, 10.0)))


def _points(
    surface: Surface, n_positions: int = _N_POSITIONS, n_seconds: int = _N_SECONDS
) -> tuple[cKDTree, np.ndarray, np.ndarray]:
    from scipy.spatial import cKDTree

    u, s = _grid(n_positions, n_seconds)
    return cKDTree(surface(u, s)), u, s


def _grid(n_positions: int, n_seconds: int) -> tuple[np.ndarray, np.ndarray]:
    u, s = np.meshgrid(np.linspace(0, 1, n_positions), np.linspace(0, 1, n_seconds), indexing="ij")
    return u.ravel(), s.ravel()


def _read(
    rgb: np.ndarray, surface: Surface, scale: ColorScale, curve: Curve, *, mode: str, opacity: float
) -> Unmixed:
    shape = rgb.shape[:2]
    tree, u, s = _points(surface)
    flat = rgb.reshape(-1, 3).astype(float)
    distance, nearest = _nearest(rgb, tree)
    noise = max(0.5, float(np.median(distance)))
    loose = _looseness(surface, u, s, noise)
    position, sigma = u[nearest].reshape(shape), loose[nearest].reshape(shape)
    off = (distance > max(_FARTHEST, 6 * noise)).reshape(shape)
    expected = _expected(position, sigma, ~off)
    doubtful = (abs(position - expected) > 4 * np.maximum(sigma, 0.01)) | (sigma > _UNDETERMINED)
    doubtful &= ~off & np.isfinite(expected)
    if doubtful.any():
        chosen = _leaning(flat.reshape(*shape, 3)[doubtful], expected[doubtful], surface)
        nearest = nearest.reshape(shape)
        nearest[doubtful] = chosen
        position, sigma = u[nearest], loose[nearest]
        points = surface(u[chosen], s[chosen])
        distance = distance.reshape(shape)
        distance[doubtful] = np.linalg.norm(flat.reshape(*shape, 3)[doubtful] - points, axis=1)
    worse = _local_noise(distance.reshape(shape), ~off) / noise
    sigma = np.minimum(sigma * np.maximum(worse, 1.0), 0.289)
    flags = np.zeros(shape, np.uint8)
    flags[sigma > _UNDETERMINED] |= np.uint8(Flag.AMBIGUOUS)
    flags[off] = np.uint8(Flag.OFF_SCALE)
    values = curve.value(position)
    sigma = np.hypot(sigma, curve.step / np.sqrt(12)) * curve.value_slope(position)
    second = s[nearest].reshape(shape).astype(np.float32)
    values[off], sigma[off], second[off] = np.nan, np.nan, np.nan
    height, width = shape
    field = Field(
        values.astype(np.float32),
        distance.reshape(shape).astype(np.float32),
        sigma.astype(np.float32),
        flags,
        np.arange(width) + 0.5,
        np.arange(height) + 0.5,
        scale,
        (0, 0, width, height),
    )
    return Unmixed(field, second, mode, opacity)


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


def _expected(position: np.ndarray, sigma: np.ndarray, known: np.ndarray) -> np.ndarray:
    """What the firm neighbours say: a weighted mean, taken again without those far from it."""
    from scipy.ndimage import gaussian_filter

    weight = np.where(known & (sigma < _UNDETERMINED), 1 / (sigma**2 + 0.01**2), 0.0)
    mean = np.full(position.shape, np.nan)
    for reach in (3.0, 6.0, 6.0):
        total = gaussian_filter(weight, reach)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = gaussian_filter(weight * position, reach) / np.where(total > 1e-6, total, np.nan)
        weight = np.where(abs(position - mean) < 0.08, weight, 0.0)
    return mean


def _nearest(rgb: np.ndarray, tree: cKDTree) -> tuple[np.ndarray, np.ndarray]:
    """Distance to the surface and nearest point of it, of each pixel, flat."""
    flat = rgb.reshape(-1, 3)
    if flat.dtype != np.uint8:
        distance, nearest = tree.query(flat)
        return np.asarray(distance), np.asarray(nearest)
    codes, inverse = np.unique(pack_pixels(flat), return_inverse=True)
    colors = np.stack([codes >> 16, codes >> 8 & 255, codes & 255], axis=1).astype(float)
    distance, nearest = tree.query(colors)
    return distance[inverse.ravel()], nearest[inverse.ravel()]


def _local_noise(distance: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Root mean square distance to the surface around each pixel: what the mixture leaves over."""
    from scipy.ndimage import gaussian_filter

    square = gaussian_filter(np.where(known, distance, 0.0) ** 2, 4.0)
    return np.asarray(np.sqrt(square / np.maximum(gaussian_filter(known.astype(float), 4.0), 1e-3)))


def _leaning(colors: np.ndarray, expected: np.ndarray, surface: Surface) -> np.ndarray:
    """Points of the surface that fit the colour and stay near the expected position."""
    from scipy.spatial import cKDTree

    u, s = _grid(_N_POSITIONS, _N_SECONDS)
    tree = cKDTree(np.column_stack([surface(u, s), _LEAN * u]))
    return np.asarray(tree.query(np.column_stack([colors, _LEAN * expected]))[1])
