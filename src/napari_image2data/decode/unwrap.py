"""Maps that repeat themselves with a period: their colours tell a phase, which is unwrapped."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

_SAME = 10.0  # levels, mean: a map that has moved on by a period shows the same colours
_STEEP = 0.35  # of a period from pixel to pixel: more, and the phase's way is a guess
_MOST_CALM = 0.6  # share of the pixels that must have no neighbour that far apart
_BEYOND = 0.25  # of a period past an end of the scale: no noise explains that
_LEAST_BEYOND, _SHARE_BEYOND = 20, 0.0005  # pixels of a region that rule a multiple out
_LEAST_PIXELS = 200  # of a region that tells its multiple by itself
_LEAST_TORN, _SHARE_TORN = 4, 0.004  # pairs of neighbours a turn apart, of a region's pixels
_GAP = 8.0  # pixels between two regions that are still beside one another
_LEAST_VOTES = 5  # pixels along a gap that join the regions beside it
_AGREE = 0.8  # share of all votes that the multiples must satisfy


def find_period(colors: np.ndarray) -> float | None:
    """Period, in positions, after which a scale's colours come again; None if they do not.

    Parameters
    ----------
    colors : (N, 3) ndarray
        Colours of the scale in levels of 255, at equal steps of position.

    Returns
    -------
    float or None
        At most half of the scale.

    Examples
    --------
    >>> turns = np.linspace(0, 10, 256)[:, None] * 2 * np.pi + np.array([0, 2, 4])
    >>> round(find_period(127 + 127 * np.sin(turns)), 3)
    0.1
    >>> find_period(np.linspace(0, 255, 256)[:, None] * np.ones(3)) is None
    True
    """
    colors = np.asarray(colors, float)
    count = len(colors)
    at = np.arange(count, dtype=float)
    shifts = np.arange(3.0, count / 2, 0.05)
    misfit = np.empty(len(shifts))
    for i, shift in enumerate(shifts):
        moved = at[at + shift <= count - 1] + shift
        again = np.stack([np.interp(moved, at, channel) for channel in colors.T], axis=1)
        misfit[i] = np.linalg.norm(again - colors[: len(moved)], axis=1).mean()
    scatter = float(np.linalg.norm(colors - colors.mean(axis=0), axis=1).mean())
    left = np.maximum.accumulate(misfit) > scatter  # no repetition without a change
    good = np.flatnonzero(left & (misfit < min(_SAME, 0.2 * scatter)))
    if not len(good):
        return None
    first = good[: int(np.argmax(np.append(np.diff(good), 2) > 1)) + 1]  # not its multiples
    return float(shifts[first[misfit[first].argmin()]] / (count - 1))


def unwrap(
    position: np.ndarray, hidden: np.ndarray, period: float
) -> tuple[np.ndarray, np.ndarray] | None:
    """Positions of a smooth field, of which a colour tells only the remainder of a period.

    Parameters
    ----------
    position : (h, w) float32 ndarray
        Position of the nearest colour, 0..1: right but for multiples of the period.
    hidden : (h, w) bool ndarray
        Pixels that show no data.
    period : float

    Returns
    -------
    position : (h, w) float32 ndarray
        Unwrapped; as it was where nothing is known.
    known : (h, w) bool ndarray
        Pixels whose multiple is known.
    None
        Where neighbours are too far apart to be followed.

    Notes
    -----
    The phase is unwrapped along a path over the most reliable pixels first (M. A. Herráez,
    D. R. Burton, M. J. Lalor and M. A. Gdeisat, "Fast two-dimensional phase-unwrapping algorithm
    based on sorting by reliability following a noncontinuous path", Applied Optics 41 (2002)
    7437-7444). That leaves one multiple of the period open in each connected region. It is known
    if all others would put pixels beyond the ends of the scale, or if a region beside it, across a
    narrow gap, is known.

    Examples
    --------
    >>> slope = np.tile(np.linspace(0, 1, 120, dtype=np.float32), (30, 1))
    >>> again, known = unwrap(slope % 0.1, np.zeros(slope.shape, bool), 0.1)
    >>> bool(abs(again - slope).max() < 0.001), bool(known.all())
    (True, True)
    """
    from skimage.restoration import unwrap_phase

    phase = (position / period % 1 * 2 * np.pi - np.pi).astype(np.float64)
    calm = ~hidden & ~_beside_steep(phase, ~hidden)
    if min(position.shape) < 2 or calm.sum() < _MOST_CALM * (~hidden).sum() or not calm.any():
        return None
    # without a mask skimage has the edges checked as well
    masked = phase if calm.all() else np.ma.array(phase, mask=~calm)
    turns = np.ma.getdata(unwrap_phase(masked, rng=0))
    turns = (turns + np.pi) / (2 * np.pi) * period
    regions, n_regions = ndimage.label(calm)
    turns, group = _joined(turns, regions, n_regions, period)
    shift = np.full(int(group.max()) + 1, np.nan)
    for label, box in enumerate(ndimage.find_objects(group), 1):
        inside = np.sort(turns[box][group[box] == label])
        if len(inside) >= _LEAST_PIXELS:
            fits = _multiples(inside, period)
            shift[label] = fits[0] * period if len(fits) == 1 else np.nan
    moved = turns + shift[group]
    known = np.isfinite(moved) & calm
    return np.where(known, moved.clip(0, 1), position).astype(np.float32), known


def _beside_steep(phase: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Pixels whose phase is far from that of a neighbour: it may have turned in between."""
    steep = np.zeros(phase.shape, bool)
    for axis in (0, 1):
        one, other = np.moveaxis(phase, axis, 0), np.moveaxis(steep, axis, 0)
        both = np.moveaxis(seen, axis, 0)
        step = np.diff(one, axis=0) / (2 * np.pi)
        far = (abs(step - np.round(step)) > _STEEP) & both[1:] & both[:-1]
        other[1:] |= far
        other[:-1] |= far
    return steep


def _torn(turns: np.ndarray, regions: np.ndarray, n_regions: int, period: float) -> np.ndarray:
    """Regions in which some neighbours are a turn apart: no way of turning fits all of them."""
    total = np.zeros(n_regions + 1, int)
    for axis in (0, 1):
        one, other = np.moveaxis(turns, axis, 0), np.moveaxis(regions, axis, 0)
        apart = (other[1:] == other[:-1]) & (abs(np.diff(one, axis=0)) > period / 2)
        total += np.bincount(other[1:][apart], minlength=n_regions + 1)
    return total > _LEAST_TORN + _SHARE_TORN * np.bincount(regions.ravel())


def _multiples(ordered: np.ndarray, period: float) -> list[int]:
    """Multiples of the period that put no more than noise beyond the ends of the scale."""
    allowed = _LEAST_BEYOND + _SHARE_BEYOND * len(ordered)
    first = int(np.floor(-ordered[-1] / period)) - 1
    last = int(np.ceil((1 - ordered[0]) / period)) + 1
    fits = []
    for multiple in range(first, last + 1):
        low, high = np.array([-_BEYOND, _BEYOND]) * period + [0, 1] - multiple * period
        below = np.searchsorted(ordered, low)
        above = len(ordered) - np.searchsorted(ordered, high)
        if below + above <= allowed:
            fits.append(multiple)
    return fits


def _joined(
    turns: np.ndarray, regions: np.ndarray, n_regions: int, period: float
) -> tuple[np.ndarray, np.ndarray]:
    """Regions brought to one multiple across narrow gaps; turns, and the groups they form.

    What the slopes on either side foretell across the gap votes for a multiple, pixel by pixel.
    Gaps with the most votes come first. Torn regions, and groups whose gaps contradict each other,
    belong to group 0.
    """
    nearest = ndimage.distance_transform_edt(
        regions == 0, return_distances=False, return_indices=True
    )
    slopes = [_slope(turns, regions, axis) for axis in (0, 1)]
    votes: list[np.ndarray] = []
    for axis in (0, 1):
        one, other = (
            tuple(np.moveaxis(part, axis, 0)[side].ravel() for part in nearest)
            for side in (slice(None, -1), slice(1, None))
        )
        both = np.stack([regions[one], regions[other]])
        step = np.subtract(other, one)
        near = (both[0] != both[1]) & (np.hypot(*step) <= _GAP)
        one, other = (tuple(part[near] for part in place) for place in (one, other))
        ahead = turns[one] - turns[other]
        for slope, along in zip(slopes, step[:, near], strict=True):
            ahead += (slope[one] + slope[other]) / 2 * along
        votes.append(np.vstack([both[:, near], np.round(ahead / period).astype(int)]))
    vote = np.concatenate(votes, axis=1)
    swapped = vote[0] > vote[1]
    vote[:, swapped] = vote[:, swapped][[1, 0, 2]] * np.array([[1], [1], [-1]])
    kinds, count = np.unique(vote, axis=1, return_counts=True)
    leader = np.arange(n_regions + 1)
    multiple = np.zeros(n_regions + 1, int)
    torn = _torn(turns, regions, n_regions, period)
    against = np.zeros(n_regions + 1, int)
    asked = np.zeros(n_regions + 1, int)
    for k in np.argsort(-count, kind="stable"):
        low, high, ahead = kinds[:, k].tolist()
        if torn[low] or torn[high]:
            continue
        first, second = leader[low], leader[high]
        change = ahead + multiple[low] - multiple[high]
        if first != second and count[k] >= _LEAST_VOTES:
            moved = leader == second
            leader[moved], multiple[moved] = first, multiple[moved] + change
            against[first] += against[second]
            asked[first] += asked[second]
            change = 0
        if leader[low] == leader[high]:
            asked[leader[low]] += count[k]
            against[leader[low]] += count[k] if change else 0
    size = np.bincount(leader[regions.ravel()], minlength=n_regions + 1)
    torn |= (against > (1 - _AGREE) * asked) & (against > _LEAST_TORN + _SHARE_TORN * size)
    bad = torn[leader]
    leader[bad] = 0
    _, number = np.unique(leader, return_inverse=True)
    return turns + (multiple * period)[regions], number[regions]


def _slope(turns: np.ndarray, regions: np.ndarray, axis: int) -> np.ndarray:
    """Change per pixel along an axis, of neighbours in the same region; 0 where there are none."""
    turns, regions = np.moveaxis(turns, axis, 0), np.moveaxis(regions, axis, 0)
    joined = (regions[1:] == regions[:-1]).astype(float)
    step = np.diff(turns, axis=0) * joined
    edge = np.zeros((1, turns.shape[1]))
    total = np.concatenate([edge, step]) + np.concatenate([step, edge])
    count = np.concatenate([edge, joined]) + np.concatenate([joined, edge])
    return np.asarray(np.moveaxis(total / np.maximum(count, 1), 0, axis))
