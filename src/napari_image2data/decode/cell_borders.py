"""Where the borders of a picture's cells lie: combs of persistent jumps."""

from __future__ import annotations

import warnings

import numpy as np
from scipy.ndimage import maximum_filter1d, median_filter, minimum_filter1d

SMALLEST = 2.2
"""Pixels: the narrowest cell that leaves a clean pixel."""
_RUNS = (7, 4, 2)  # neighbouring rows that jump the same way
_GAP = 8  # pixels of unread border (ink between cells, or text within one) that are bridged
_HIGHEST = 0.2  # of the spread: a jump counts at most this much
_CUT = 1.5  # pixels: what is left of an outer cell that the frame cuts, to be one
_STEEP = 3.0  # teeth of a comb stand this many times above what lies between them
_HELD = 0.9  # share of the best comb's jumps that a wider comb holds to be preferred
_LEAST = 0.25  # share of all jumps, beyond chance, that a comb holds at least
_TEETH = 0.5  # share of a comb's teeth that stand out by themselves


def find_borders(values: np.ndarray) -> tuple[np.ndarray, bool] | None:
    """Borders of the columns of cells, and whether they are evenly spaced.

    Parameters
    ----------
    values : (h, w) float ndarray
        Values as fractions of their spread; NaN where nothing could be read.

    Returns
    -------
    edges : (n + 1,) float ndarray
        From 0 to the width, in pixels.
    regular : bool
        Both are missing (None) where the values change from pixel to pixel.

    Notes
    -----
    A jump between two cells goes the same way along the whole side of a cell; rims of letters and
    the noise of JPEG do not. So of the jumps in some neighbouring rows the least counts, long runs
    of rows being tried first. The mean over the rows is a profile with a peak at each border. Of
    the combs that may lie on the peaks (periods of its spectrum, distances between strong peaks)
    the widest is taken that holds about as much of what stands above the surroundings, beyond
    chance, as the best; it supplies the borders between cells that happen to be equal.
    """
    width = values.shape[1]
    jumps = bridged_jumps(values)
    if np.nanmean(abs(jumps)) < 1e-4:
        return np.array([0.0, width]), True
    profiles = [_profile(jumps, run) for run in _RUNS]
    combs = [comb for profile in profiles if (comb := _comb(profile)) is not None]
    if combs:
        _, teeth = max(combs, key=lambda comb: comb[0])
        return np.concatenate([[0.0], teeth, [float(width)]]), True
    for profile in profiles:
        uneven = _uneven(profile)
        if uneven is not None:
            return np.concatenate([[0.0], uneven, [float(width)]]), False
    return None


def bridged_jumps(values: np.ndarray) -> np.ndarray:
    """Jumps (capped) at the w - 1 inner borders of each row; across a gap, in its middle.

    NaN where one side is unknown.
    """
    height, width = values.shape
    known = np.isfinite(values)
    column = np.arange(width)
    before = np.maximum.accumulate(np.where(known, column, -1), axis=1)
    after = np.minimum.accumulate(np.where(known, column, 2 * width)[:, ::-1], axis=1)[:, ::-1]
    left, right = before[:, :-1], after[:, 1:]
    usable = (left >= 0) & (right < width) & (right - left <= _GAP + 1)
    row = np.arange(height)[:, None]
    jump = values[row, right.clip(0, width - 1)] - values[row, left.clip(0)]
    gap = right - left - 1
    if width > 2:  # a field that slopes jumps at a gap, too
        single = np.where(usable & (gap == 0), abs(jump), np.nan)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            slope = np.nan_to_num(np.nanmean(single, axis=0))
        slope = median_filter(slope, min(len(slope), 41), mode="nearest")
        jump = np.sign(jump) * np.maximum(abs(jump) - 2 * gap * slope, 0)
    middle = (left + right) // 2 == column[:-1]
    jump = np.where(middle, np.clip(jump, -_HIGHEST, _HIGHEST), 0.0)
    return np.asarray(np.where(usable, jump, np.nan))


def _profile(jumps: np.ndarray, run: int) -> np.ndarray:
    """Mean over the rows of what jumps the same way in ``run`` rows; length w + 1, its ends 0."""
    known = np.isfinite(jumps)
    total = np.zeros(jumps.shape)
    for way in (1, -1):
        rise = np.where(known, np.maximum(way * jumps, 0), np.inf)
        least = minimum_filter1d(rise, run, axis=0, mode="nearest")
        grown = maximum_filter1d(
            least, run, axis=0, mode="nearest", origin=-1 if run % 2 == 0 else 0
        )
        total += np.where(known & np.isfinite(grown), np.minimum(grown, _HIGHEST), 0)
    count = np.maximum(known.sum(axis=0), 0.05 * len(jumps))
    return np.concatenate([[0.0], total.sum(axis=0) / count, [0.0]])


def _comb(profile: np.ndarray) -> tuple[float, np.ndarray] | None:
    """Share of the jumps held by the widest even grid that holds them, and its inner borders."""
    width = len(profile) - 1
    excess = _excess(profile)
    if excess.max() <= 0:
        return None
    found = []
    for pitch in _pitches(excess):
        fit = _fit(excess, pitch)
        if fit is None:
            continue
        phase, step = fit
        rim = max(0.3 * step, _CUT)
        first = int(np.ceil((rim - phase) / step))
        last = int(np.floor((width - rim - phase) / step))
        teeth = phase + step * np.arange(first, last + 1)
        if len(teeth) == 0:
            continue
        heights, between, held = _teeth(profile, excess, teeth, step)
        usual = np.percentile(heights, 75)
        seen = (heights > max(0.1 * usual, 2 * between)).mean()
        if seen >= _TEETH and heights.mean() > _STEEP * between:
            found.append((held * seen, step, teeth))
    if not found:
        return None
    best = max(held for held, _, _ in found)
    if best < _LEAST:
        return None
    wide = [one for one in found if one[0] >= _HELD * best]
    held, _, teeth = max(wide, key=lambda one: one[1])
    return held, teeth


def _excess(profile: np.ndarray) -> np.ndarray:
    """What stands above the usual of the surroundings."""
    inside = profile[1:-1]
    usual = median_filter(inside, min(len(inside), 41), mode="nearest")
    scatter = np.median(abs(inside - usual))
    return np.concatenate([[0.0], np.maximum(inside - usual - 3 * scatter, 0), [0.0]])


def _teeth(
    profile: np.ndarray, excess: np.ndarray, teeth: np.ndarray, step: float
) -> tuple[np.ndarray, float, float]:
    """Heights of teeth, the mean between them, and the share that they hold beyond chance."""
    border = np.arange(1, len(profile) - 1)
    nearest = _away(border, teeth)
    near = nearest <= min(1.3, 0.3 * step)
    spots = np.clip(np.round(teeth).astype(int)[:, None] + [-1, 0, 1], 1, len(profile) - 2)
    between = profile[1:-1][nearest > min(1.6, 0.3 * step)]
    chance = near.mean()
    held = excess[1:-1][near].sum() / excess.sum()
    return (
        profile[spots].max(axis=1),
        float(between.mean()) if len(between) else 0.0,
        float((held - chance) / (1 - chance)),
    )


def _away(places: np.ndarray, teeth: np.ndarray) -> np.ndarray:
    after = np.searchsorted(teeth, places)
    padded = np.concatenate([[-np.inf], teeth, [np.inf]])
    return np.asarray(np.minimum(padded[after + 1] - places, places - padded[after]))


def _pitches(excess: np.ndarray) -> list[float]:
    """Pitches worth a try: peaks of the spectrum and their parts, and gaps between strong peaks."""
    width = len(excess)
    spectrum = abs(np.fft.rfft(excess, 4 * width))
    frequency = np.arange(len(spectrum)) / (4 * width)
    usable = (frequency <= 1 / SMALLEST) & (frequency >= 1.0 / width)
    power = np.where(usable, spectrum, 0)
    peak = (power >= np.roll(power, 1)) & (power >= np.roll(power, -1)) & usable
    order = np.flatnonzero(peak)
    order = order[np.argsort(-power[order])][:12]
    pitches = [1 / frequency[k] for k in order]
    high = np.flatnonzero(excess > 0.3 * np.percentile(excess[excess > 0], 90))
    gaps = np.diff(high)
    gaps = gaps[gaps >= SMALLEST]
    if len(gaps):
        pitches += [float(np.median(gaps)), float(np.percentile(gaps, 10)), float(gaps.min())]
    tried = {round(pitch * part, 3) for pitch in pitches for part in (1, 2, 3, 0.5)}
    return sorted(pitch for pitch in tried if SMALLEST <= pitch <= 0.8 * width)


def _fit(excess: np.ndarray, pitch: float) -> tuple[float, float] | None:
    """Phase and pitch of the comb near the given pitch that holds most, then by least squares."""
    places = np.flatnonzero(excess)
    weight = excess[places]
    width = len(excess)
    unsure = max(0.2 * pitch / width, 0.6 / pitch)
    n_steps = int(np.ceil(unsure * width / 0.5))
    steps = pitch * (1 + unsure * np.linspace(-1, 1, 2 * n_steps + 1))
    n_bins = max(round(2 * pitch), 4)
    turn = places[None] / steps[:, None]
    place = ((turn - np.floor(turn)) * n_bins).astype(int) % n_bins
    place += np.arange(len(steps))[:, None] * n_bins
    weights = np.broadcast_to(weight, place.shape).ravel()
    folded = np.bincount(place.ravel(), weights=weights, minlength=len(steps) * n_bins)
    folded = folded.reshape(len(steps), n_bins)
    around = folded + np.roll(folded, 1, axis=1) + np.roll(folded, -1, axis=1)
    at, top = np.unravel_index(int(around.argmax()), around.shape)
    step = float(steps[at])
    phase = float((top + 0.5) / n_bins * step)
    for part in (0.25, 0.12, 0.05, 0.05):
        index = np.round((places - phase) / step)
        close = abs(places - phase - step * index) <= max(1.0, part * step)
        if not close.any() or np.ptp(index[close]) == 0:
            return None
        slope, intercept = np.polyfit(index[close], places[close], 1, w=np.sqrt(weight[close]))
        phase, step = float(intercept), float(slope)
    return (phase, step) if step >= SMALLEST else None


def _uneven(profile: np.ndarray) -> np.ndarray | None:
    """Single borders at no even distance, if they hold nearly all jumps."""
    inside = profile[1:-1]
    floor = float(np.median(inside))
    scatter = float(np.median(abs(inside - floor)))
    high = profile > max(floor + 8 * scatter, 0.12 * float(inside.max()), 1e-3)
    start = np.flatnonzero(high & ~np.append(False, high[:-1]))
    stop = np.flatnonzero(high & ~np.append(high[1:], False)) + 1
    places: list[float] = []
    for first, last in zip(start.tolist(), stop.tolist(), strict=True):
        weight = profile[first:last]
        if last - first <= 3:
            places.append(float((np.arange(first, last) * weight).sum() / weight.sum()))
            continue
        left, right = np.append(-1.0, weight[:-1]), np.append(weight[1:], -1.0)
        places += [float(first + k) for k in np.flatnonzero((weight >= left) & (weight > right))]
    peaks = np.array(places)
    if len(peaks) == 0:
        return None
    peaks = peaks[np.diff(peaks, prepend=-9) >= SMALLEST]
    peaks = peaks[(peaks >= SMALLEST) & (peaks <= len(profile) - 1 - SMALLEST)]
    if len(peaks) == 0:
        return None
    near = np.zeros(len(profile), bool)
    near[np.clip(np.round(peaks).astype(int)[:, None] + [-1, 0, 1], 0, len(profile) - 1)] = True
    flat = profile[~near]
    if profile[near].sum() < 0.9 * profile.sum() or near.mean() > 0.7:
        return None
    if len(flat) and profile[near].mean() * 3 < 4 * flat.mean():
        return None
    return peaks
