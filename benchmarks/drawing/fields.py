"""Fields to draw: smooth, rough, ringed, blocky, with holes. All values are in 0..1."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import griddata
from scipy.ndimage import gaussian_filter


def unit(field: np.ndarray) -> np.ndarray:
    """Stretch a field to 0..1, leaving NaN alone."""
    low, high = np.nanmin(field), np.nanmax(field)
    return (field - low) / (high - low)


def smooth(rows: int, cols: int, seed: int, width: float = 8.0) -> np.ndarray:
    """White noise, smoothed over ``width`` cells."""
    noise = np.random.default_rng(seed).standard_normal((rows, cols))
    return unit(gaussian_filter(noise, width))


def rough(rows: int, cols: int, seed: int, slope: float = 2.0) -> np.ndarray:
    """Fractal terrain: noise whose power falls with frequency."""
    noise = np.fft.rfft2(np.random.default_rng(seed).standard_normal((rows, cols)))
    fy, fx = np.fft.fftfreq(rows)[:, None], np.fft.rfftfreq(cols)[None]
    frequency = np.maximum(np.hypot(fy, fx), 1 / max(rows, cols))
    return unit(np.fft.irfft2(noise * frequency**-slope, s=(rows, cols)))


def hills(rows: int, cols: int, seed: int, n: int = 6) -> np.ndarray:
    """Add a few Gaussian hills and hollows."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0 : 1 : rows * 1j, 0 : 1 : cols * 1j]
    out = np.zeros((rows, cols))
    for _ in range(n):
        cy, cx, width = rng.uniform(0.1, 0.9), rng.uniform(0.1, 0.9), rng.uniform(0.07, 0.25)
        height = rng.choice([-1, 1]) * rng.uniform(0.4, 1)
        out += height * np.exp(-((y - cy) ** 2 + (x - cx) ** 2) / (2 * width**2))
    return unit(out)


def rings(rows: int, cols: int, cycles: float = 4.0) -> np.ndarray:
    """Damped waves about the middle."""
    y, x = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : cols * 1j]
    r = np.hypot(x, y)
    return unit(np.cos(2 * np.pi * cycles * r) * np.exp(-1.5 * r))


def waves(rows: int, cols: int) -> np.ndarray:
    """Add waves to a slanted ramp: every value occurs, edges do not."""
    y, x = np.mgrid[0 : 1 : rows * 1j, 0 : 1 : cols * 1j]
    return unit(x + 0.4 * y + 0.25 * np.sin(9 * x) * np.cos(7 * y))


def steps(rows: int, cols: int, seed: int, n: int = 9) -> np.ndarray:
    """Flat patches with sharp edges (nearest of ``n`` random seeds)."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0 : 1 : rows * 1j, 0 : 1 : cols * 1j]
    place, value = rng.uniform(0, 1, (n, 2)), rng.permutation(np.linspace(0, 1, n))
    distance = (y[..., None] - place[:, 0]) ** 2 + (x[..., None] - place[:, 1]) ** 2
    return value[distance.argmin(axis=-1)]


def correlations(n: int, seed: int) -> np.ndarray:
    """Make a correlation matrix, its -1..1 stretched to 0..1, ones on the diagonal."""
    rng = np.random.default_rng(seed)
    data = rng.standard_normal((n, 3)) @ rng.standard_normal((3, 40))
    return (np.corrcoef(data + rng.standard_normal(data.shape)) + 1) / 2


def with_holes(field: np.ndarray, seed: int, n: int = 3, size: float = 0.12) -> np.ndarray:
    """Return the field with elliptic holes of NaN."""
    rng = np.random.default_rng(seed)
    rows, cols = field.shape
    y, x = np.mgrid[0 : 1 : rows * 1j, 0 : 1 : cols * 1j]
    out = field.copy()
    for _ in range(n):
        cy, cx = rng.uniform(0.15, 0.85, 2)
        ry, rx = rng.uniform(0.5, 1.2, 2) * size
        out[((y - cy) / ry) ** 2 + ((x - cx) / rx) ** 2 < 1] = np.nan
    return out


def spectrogram(rows: int, cols: int, seed: int) -> np.ndarray:
    """Make a noisy texture with ridges that wander, as spectrograms show."""
    rng = np.random.default_rng(seed)
    y = np.linspace(0, 1, rows)[:, None]
    out = 0.5 * gaussian_filter(rng.standard_normal((rows, cols)), (1, 2.5))
    out -= 0.5 * y
    for _ in range(3):
        middle = rng.uniform(0.1, 0.8) + gaussian_filter(rng.standard_normal(cols), 12) * 0.3
        out += rng.uniform(0.3, 0.9) * np.exp(-(((y - middle) / 0.05) ** 2))
    return unit(out)


def tomography(rows: int, cols: int, seed: int) -> np.ndarray:
    """Interpolate scattered samples linearly, as profiles of field data are made."""
    rng = np.random.default_rng(seed)
    corners = [(0, 0), (0, 1), (1, 0), (1, 1)]
    place = np.vstack([corners, rng.uniform(0, 1, (60, 2))])
    value = np.sin(5 * place[:, 0] + rng.uniform(0, 6)) + 0.5 * rng.standard_normal(len(place))
    y, x = np.mgrid[0 : 1 : rows * 1j, 0 : 1 : cols * 1j]
    return unit(griddata(place, value, (np.clip(y, 0, 1), np.clip(x, 0, 1))))
