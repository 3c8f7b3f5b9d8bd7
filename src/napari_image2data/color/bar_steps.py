"""Steps of a colour bar: the classes of filled contours, and runs of equal colour in a ramp."""

from __future__ import annotations

import numpy as np

MOST_CLASSES = 40
"""A bar of more steps than this is a quantised ramp, not a list of classes."""

_MOST_DRIFTING = 0.2  # of the lines of a stepped bar


def run_starts(profile: np.ndarray, tolerance: float) -> np.ndarray:
    """Index of the first line of each run of equal colour."""
    steps = np.abs(np.diff(profile, axis=0)).max(axis=1)
    return np.concatenate([[0], np.flatnonzero(steps > tolerance) + 1])


def find_steps(
    profile: np.ndarray, at: np.ndarray, length: float, noisy: bool
) -> tuple[np.ndarray, np.ndarray] | None:
    """Colours and middles of the steps of a bar; None where it changes from line to line."""
    tolerance = _tolerance(noisy)
    firsts = run_starts(profile, tolerance)
    lasts = np.append(firsts[1:], len(profile))
    size = lasts - firsts
    # blended lines between two steps are runs of one or two lines
    shortest = max(3, 0.25 * np.median(size[size >= 3])) if (size >= 3).any() else 3
    long = size >= shortest
    if long.sum() > MOST_CLASSES:
        long = size >= 2  # fine steps: some are two lines high
        if np.median(size[long]) < 3:
            return None
    if long.sum() < 2 or size[long].sum() < (0.7 if noisy else 0.8) * len(profile):
        return None
    firsts, lasts, size = firsts[long], lasts[long], size[long]
    colors = np.array([np.median(profile[a:b], axis=0) for a, b in zip(firsts, lasts, strict=True)])
    jumps = np.abs(np.diff(colors, axis=0)).max(axis=1)
    drift = np.array([_drift(profile[a:b]) for a, b in zip(firsts, lasts, strict=True)])
    # a slow ramp also falls into runs, but it drifts within them as much as it jumps between them
    drifts = drift > (0.3 * np.median(jumps) if noisy else 1.0)
    if size[drifts].sum() > _MOST_DRIFTING * size.sum():
        return None
    # a tick mark or a line of noise cuts a step in two
    new = np.append(True, jumps > tolerance)
    firsts, lasts, colors = firsts[new], lasts[np.append(new[1:], True)], colors[new]
    if len(firsts) < 2:
        return None
    edges = np.concatenate([[0.0], (at[lasts[:-1] - 1] + at[firsts[1:]]) / 2, [length]])
    return colors, middles(edges, length)


def _tolerance(noisy: bool) -> float:
    """Levels between two lines that are no step."""
    return 9.0 if noisy else 1.5


def _drift(run: np.ndarray) -> float:
    """How far the colour moves along a run of lines; the jitter of a palette is no movement."""
    third = max(1, len(run) // 3)
    change = np.median(run[-third:], axis=0) - np.median(run[:third], axis=0)
    return float(np.abs(change).max())


def middles(edges: np.ndarray, length: float) -> np.ndarray:
    """Middles of steps; where a renderer drew equal ones, they are exact to less than a pixel."""
    equal = np.linspace(0, length, len(edges))
    if np.abs(edges - equal).max() <= 1.0:
        edges = equal
    return np.asarray((edges[1:] + edges[:-1]) / 2)
