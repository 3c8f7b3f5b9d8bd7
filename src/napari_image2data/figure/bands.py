"""Bands of a stepped colour bar."""

from __future__ import annotations

import numpy as np

from napari_image2data.figure.ticks import runs_of

_FLAT = 2.0  # levels between neighbouring pixels of one band
_WIDEST_STEP = 5  # pixels
_MOST_BANDS = 60
_WINDOW = 3  # pixels whose mean is compared with that of the next ones
_CLEAR_STEP = 14.0  # levels between neighbouring bands, at least
_NARROWEST = 6.0  # pixels: blurred bands narrower than this are not told from a ramp
_SMEAR, _RINGING, _MOSTLY = 2.5, 10.0, 0.9  # pixels, levels, share of the lines


def band_edges(profile: np.ndarray, *, noisy: bool = False) -> np.ndarray | None:
    """Where the bands of a stepped bar meet.

    Parameters
    ----------
    profile : (N, 3) ndarray
        Colors along the bar, 0..255.
    noisy : bool
        True for a JPEG: no band is flat.

    Returns
    -------
    (M,) float64 ndarray or None
        Positions in pixels from the profile's start; None when the bar is no stepped one.

    Examples
    --------
    >>> bar = np.repeat([[0, 0, 0], [90, 0, 0], [200, 0, 0]], 20, axis=0).astype(float)
    >>> band_edges(bar)
    array([20., 40.])
    """
    exact = None if noisy else _exact_edges(profile)
    if exact is not None and np.diff(exact).min(initial=np.inf) >= _NARROWEST:
        return exact
    blurred = _blurred_edges(np.asarray(profile, float))
    return blurred if blurred is not None else exact


def _exact_edges(profile: np.ndarray) -> np.ndarray | None:
    """Steps between flat bands."""
    step = np.abs(np.diff(profile, axis=0)).max(axis=1)
    rough = step > _FLAT
    edges = []
    for begin, end in runs_of(rough):
        if end - begin > _WIDEST_STEP:
            return None
        weight = step[begin:end] / step[begin:end].sum()
        edges.append(float((np.arange(begin, end) + 1) @ weight))
    if not 1 <= len(edges) <= _MOST_BANDS:
        return None
    if rough.mean() > 0.4 or len(profile) / (len(edges) + 1) < 5:
        return None
    return np.array(edges)


def _blurred_edges(profile: np.ndarray) -> np.ndarray | None:
    """Steps between bands that ring or smear: where the means before and after differ most.

    Blur keeps the sum of the light, so the sum over a step says where it lies.
    """
    n_lines = len(profile)
    if n_lines < 4 * _WINDOW:
        return None
    mean = np.stack(
        [np.convolve(channel, np.full(_WINDOW, 1 / _WINDOW), "valid") for channel in profile.T],
        axis=1,
    )
    step = np.zeros(n_lines + 1)
    step[_WINDOW : n_lines - _WINDOW + 1] = np.abs(mean[_WINDOW:] - mean[:-_WINDOW]).max(axis=1)
    edges: list[float] = []
    for k in map(int, np.flatnonzero(step > _CLEAR_STEP)):
        if step[k] < step[max(0, k - _WINDOW) : k + _WINDOW + 1].max():
            continue
        begin, end = max(0, k - _WINDOW - 1), min(n_lines, k + _WINDOW + 1)
        before = profile[max(0, begin - 2) : begin + 2].mean(axis=0)
        after = profile[end - 2 : end + 2].mean(axis=0)
        way = after - before
        part = (profile[begin:end] - before) @ way / max(1.0, float(way @ way))
        place = begin + float((1 - part).sum())
        if edges and place - edges[-1] < _NARROWEST:
            return None
        edges.append(place)
    if not 1 <= len(edges) <= _MOST_BANDS:
        return None
    middle = np.arange(n_lines) + 0.5
    band = np.searchsorted(edges, middle)
    inside = np.abs(middle[:, None] - np.array(edges)[None]).min(axis=1) > _SMEAR
    flat = 0
    for number in range(len(edges) + 1):
        lines = profile[inside & (band == number)]
        if len(lines):
            flat += int((np.abs(lines - np.median(lines, axis=0)).max(axis=1) < _RINGING).sum())
    return np.array(edges) if flat > _MOSTLY * max(1, inside.sum()) else None
