"""Steps of a colour bar: the classes of filled contours, and runs of equal colour in a ramp."""

from __future__ import annotations

import numpy as np

from napari_image2data.color.spaces import LUMA

MOST_CLASSES = 40
"""A bar of more steps than this is a quantised ramp, not a list of classes."""

_FEWEST_EQUAL, _NARROWEST_EQUAL = 5, 6.0  # steps of a bar in a JPEG, and pixels
_BLURRED = 1.5  # pixels on either side of a step's border
_STEPPED = 0.35  # of the mean square off a ramp: what is off steps, where the bar has some
_ONE_COLOR = 3.0  # levels between neighbouring steps of one colour, at most
_AS_GOOD = 1.5  # times the least mean square: as good
_MOST_DRIFTING = 0.2  # of the lines of a stepped bar
_FEWEST_PAIRS = 12  # neighbouring lines of one bin that tell where bins lie
_ALIKE = 0.97  # share of such pairs that are of one colour
_SHIFTS = (0.0, 0.25, -0.25, 0.5, -0.5)  # pixels by which renderers place bins off the bar's edge


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


def find_equal_bins(
    profile: np.ndarray, at: np.ndarray, length: float
) -> tuple[np.ndarray, np.ndarray] | None:
    """Colours and middles of the equal bins of a lossless bar, where they are hardly a line high.

    Parameters
    ----------
    profile : (N, 3) ndarray
        Colours along the bar, in levels of 255.
    at : (N,) ndarray
        Where they lie: pixels from the bar's start.
    length : float
        Pixels.

    Returns
    -------
    (colors, middles) or None
        None where no number of equal bins explains which neighbouring lines are of one colour.

    Notes
    -----
    A bar of 324 lines that shows 256 bins repeats every third or fourth line, a ramp that is slow
    repeats some lines anywhere: a number of bins is right where hardly any two lines of one bin
    differ. Bins that share a colour only make the number of colours smaller, so the search starts
    there and goes up.

    Examples
    --------
    >>> levels = np.linspace(0, 250, 200)[:, None] * [1.0, 0.5, 0.2]
    >>> at = np.arange(300) + 0.5
    >>> colors, middles = find_equal_bins(levels[(at / 300 * 200).astype(int)], at, 300.0)
    >>> len(colors), middles[0].round(3).item()
    (200, 0.75)
    """
    changed = np.abs(np.diff(profile, axis=0)).max(axis=1) > 0
    least = int(changed.sum()) + 1
    best: tuple[float, int, float] | None = None
    for count in range(least, int(1.2 * least) + 2):
        for shift in _SHIFTS:
            same = np.diff(_bins_at(at, length, count, shift)) == 0
            if same.sum() < _FEWEST_PAIRS or same.all():
                continue
            alike, apart = 1 - changed[same].mean(), changed[~same].mean()
            if alike >= _ALIKE and (best is None or alike + apart > best[0]):
                best = (float(alike + apart), count, shift)
    if best is None:
        return None
    _, count, shift = best
    owner = _bins_at(at, length, count, shift)
    shown = np.unique(owner)
    colors = np.array([np.median(profile[owner == k], axis=0) for k in shown])
    return _with_hidden_ends(colors, shown, count), (np.arange(count) + 0.5) / count * length


def _with_hidden_ends(colors: np.ndarray, shown: np.ndarray, count: int) -> np.ndarray:
    """Colours of all bins: those that a frame hides at either end continue their neighbours."""
    every = np.arange(count)
    out = np.stack([np.interp(every, shown, channel) for channel in colors.T], axis=1)
    for hidden, some in ((every < shown[0], slice(6)), (every > shown[-1], slice(-6, None))):
        if hidden.any():
            slope, base = np.polyfit(shown[some], colors[some], 1)
            out[hidden] = np.rint(base + every[hidden, None] * slope).clip(0, 255)
    return out


def _bins_at(at: np.ndarray, length: float, count: int, shift: float) -> np.ndarray:
    """Bin of each line of a bar."""
    return np.floor((at + shift) / length * count).astype(int).clip(0, count - 1)


def find_equal_steps(
    profile: np.ndarray, at: np.ndarray, length: float
) -> tuple[np.ndarray, np.ndarray] | None:
    """Colours and middles of the equal steps of a bar in a JPEG; None where it is a ramp.

    Blur and noise hide the single step, but all of them together show: lightness along the bar is
    nearer to as many constants than to the ramp through them.

    Parameters
    ----------
    profile : (n, 3) ndarray
        Colours along the bar, in levels of 255.
    at : (n,) ndarray
        Where they lie: pixels from the bar's start.
    length : float
        Of the bar, pixels.

    Examples
    --------
    >>> at = np.arange(240) + 0.5
    >>> ramp = np.repeat(at[:, None], 3, axis=1)
    >>> steps = 10.0 + 20 * (ramp // 20)
    >>> noise = np.random.default_rng(0).normal(0, 2, ramp.shape)
    >>> find_equal_steps(ramp + noise, at, 240.0) is None
    True
    >>> len(find_equal_steps(steps + noise, at, 240.0)[0])
    12
    """
    light = profile @ LUMA
    off: dict[int, float] = {}
    for count in range(_FEWEST_EQUAL, MOST_CLASSES + 1):
        if length / count < _NARROWEST_EQUAL:
            break
        place = at / length * count
        step = place.astype(int).clip(0, count - 1)
        inside = np.abs(place - np.rint(place)) * length / count > _BLURRED
        inner = inside & (np.bincount(step[inside], minlength=count)[step] >= 2)
        n_inner = np.bincount(step[inner], minlength=count)
        if (n_inner == 0).any():
            continue
        mean = np.bincount(step[inner], light[inner], count) / n_inner
        ramp = np.interp(place[inner], np.arange(count) + 0.5, mean)
        # the ends of a ramp go on beyond the outer middles
        whole = (place[inner] > 0.5) & (place[inner] < count - 0.5)
        off_steps = float(((light[inner] - mean[step[inner]])[whole] ** 2).mean())
        off_ramp = float(((light[inner] - ramp)[whole] ** 2).mean())
        if off_steps < _STEPPED * off_ramp:
            off[count] = off_steps
    if not off:
        return None
    # halves and thirds of the steps are constant, too
    count = min(n for n, rest in off.items() if rest <= _AS_GOOD * min(off.values()))
    place = at / length * count
    step = place.astype(int).clip(0, count - 1)
    depth = np.abs(place - step - 0.5)
    # the middle of a step is furthest from the blur of its borders
    colors = [np.median(profile[(step == k) & (depth < 0.3)], axis=0) for k in range(count)]
    # of uneven steps, those of two widths or more fall into equal parts of one colour
    if np.isnan(colors).any() or np.abs(np.diff(colors, axis=0)).max(axis=1).min() < _ONE_COLOR:
        return None
    return np.array(colors), (np.arange(count) + 0.5) * length / count


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
