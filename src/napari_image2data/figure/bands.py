"""Bands of a stepped colour bar."""

from __future__ import annotations

import numpy as np

from napari_image2data.figure.ticks import runs_of

_FLAT = 2.0  # levels between neighbouring pixels of one band
_FLAT_NOISY = 7.0
_WIDEST_STEP = 5  # pixels
_MOST_BANDS = 60


def band_edges(profile: np.ndarray, *, noisy: bool = False) -> np.ndarray | None:
    """Where the bands of a stepped bar meet.

    Parameters
    ----------
    profile : (N, 3) ndarray
        Colors along the bar, 0..255.
    noisy : bool
        Take JPEG's noise for flat.

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
    step = np.abs(np.diff(profile, axis=0)).max(axis=1)
    rough = step > (_FLAT_NOISY if noisy else _FLAT)
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
