"""Colours that stand for several values: the neighbourhood decides which one is meant.

A colour map that repeats colours (prism, flag), that is cyclic (hsv, twilight), or whose parts come
close to one another within the picture's noise leaves several candidates for a pixel. A pixel with
one candidate is certain. From the certain pixels the reading grows: of each next pixel's candidates
the one is taken that continues its neighbours best, the clearest decisions first.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from napari_image2data.decode.unwrap import find_period, unwrap

if TYPE_CHECKING:
    from napari_image2data.decode.curve import Curve, Reading

_CHUNK = 4096
_TOO_FEW_CERTAIN = 0.98
_MIXED = 1.7  # times the limit of colour distance: what JPEG makes of thin stripes in many colours


@dataclass(frozen=True, eq=False)
class Resolved:
    """Positions with the branch chosen.

    Attributes
    ----------
    position : (h, w) float32 ndarray
        0..1 along the scale; equal to the input wherever no other candidate was better.
    ambiguous : (h, w) bool ndarray
        True where the picture cannot tell: another candidate fits as well.
    rival_gap : (h, w) float32 ndarray
        Distance in position to the candidate that was not taken; 0 where there is none.
    """

    position: np.ndarray
    ambiguous: np.ndarray
    rival_gap: np.ndarray


def has_rivals(colors: np.ndarray, tolerance: float) -> bool:
    """Whether a scale comes back to colours that it has left before.

    Parameters
    ----------
    colors : (N, 3) ndarray
        Colours of the scale in order, in levels of 255.
    tolerance : float
        Colours closer than this, in levels, cannot be told apart.

    Examples
    --------
    >>> ramp = np.linspace(0, 255, 64)[:, None] * np.ones(3)
    >>> has_rivals(ramp, 2.0), has_rivals(np.concatenate([ramp, ramp[::-1]]), 2.0)
    (False, True)
    """
    colors = np.asarray(colors, np.float32)
    along = np.append(0.0, np.cumsum(np.linalg.norm(np.diff(colors, axis=0), axis=1)))
    squared = (colors**2).sum(1)
    apart = squared[:, None] - 2 * colors @ colors.T + squared
    detour = abs(along[:, None] - along)
    return bool(((apart < tolerance**2) & (detour > 4 * tolerance + 8)).any())


def resolve(
    rgb: np.ndarray,
    position: np.ndarray,
    hidden: np.ndarray,
    colors: np.ndarray,
    *,
    tolerance: float,
) -> Resolved | None:
    """Choose among the positions that explain a pixel's colour equally well.

    Parameters
    ----------
    rgb : (h, w, 3) uint8 ndarray
    position : (h, w) float32 ndarray
        Position of the nearest colour, 0..1.
    hidden : (h, w) bool ndarray
        Pixels that show no data; nothing is learnt from them and nothing is grown through them.
    colors : (N, 3) float ndarray
        Colours of the scale in levels of 255, at equal steps of position.
    tolerance : float
        A stretch of the scale is a candidate when it comes this close, in levels, to being as near
        as the nearest; half a level suits a lossless picture.

    Returns
    -------
    Resolved or None
        None where the scale has no rivals at this tolerance or no pixel meets one.

    Notes
    -----
    Quality-guided region growing as in phase unwrapping (Ghiglia and Pritt, Two-Dimensional Phase
    Unwrapping, 1998), with candidates from the colour table in place of multiples of one period.
    Each direction predicts a pixel by straight continuation of two neighbours; a candidate's cost
    is the sum of its truncated distances to the predictions.
    """
    if not has_rivals(colors, max(tolerance, 1.5)):
        return None
    shape = position.shape
    codes = _packed(rgb)
    unique, inverse = np.unique(codes, return_inverse=True)
    levels = np.stack([unique >> 16, unique >> 8 & 255, unique & 255], axis=1).astype(np.float32)
    candidates = _candidates(levels, np.asarray(colors, np.float32), tolerance)
    inverse = inverse.reshape(shape)
    several = np.isfinite(candidates[:, 1])[inverse] & ~hidden
    if not several.any():
        return None
    if several.sum() > _TOO_FEW_CERTAIN * (~hidden).sum():  # what looks certain may be chance
        return _judged(np.full(shape, np.nan), position, inverse, candidates, several)
    grown = _grow(position, inverse, candidates, several, hidden)
    return _judged(grown, position, inverse, candidates, several)


def resolve_turns(position: np.ndarray, hidden: np.ndarray, period: float) -> Resolved:
    """Choose where a scale repeats itself evenly and noise hides which repetition it is.

    Parameters
    ----------
    position : (h, w) float32 ndarray
        Position of the nearest colour, 0..1.
    hidden : (h, w) bool ndarray
        Pixels that show no data.
    period : float
        From `find_period`.

    Returns
    -------
    Resolved
        All is ambiguous where the picture does not tell the multiple of the period.
    """
    every = np.ones(position.shape, bool)
    turns = np.arange(-np.ceil(1 / period), np.ceil(1 / period) + 1, dtype=np.float32) * period
    unique, inverse = np.unique(position, return_inverse=True)
    inverse = inverse.reshape(position.shape)
    candidates = unique[:, None] + turns.astype(np.float32)
    candidates[(candidates < 0) | (candidates > 1)] = np.nan
    unwrapped = unwrap(position, hidden, period)
    grown = np.full(position.shape, np.nan)
    if unwrapped is not None and unwrapped[1].any():  # into what JPEG mixed from thin stripes, too
        grown = _grow(unwrapped[0], inverse, candidates, ~unwrapped[1], ~every)
    return _judged(grown, position, inverse, candidates, every)


def choose_rivals(
    rgb: np.ndarray, reading: Reading, curve: Curve, *, limit: float, noisy: bool
) -> tuple[Reading, np.ndarray | None]:
    """A reading with its rivals decided, and how far away those are that stay undecided.

    The reading comes back as it is, bit for bit, where the scale has no rivals.

    Parameters
    ----------
    rgb : (h, w, 3) uint8 ndarray
    reading : Reading
    curve : Curve
    limit : float
        Colour distance beyond which a pixel shows no data.
    noisy : bool
        The picture is a JPEG.

    Returns
    -------
    reading : Reading
    rival_gap : (h, w) float32 ndarray or None
        Distance in position to the farthest rival of a pixel that stays AMBIGUOUS, else 0.
    """
    if curve.discrete:
        return reading, None
    hidden = reading.distance > limit
    clean = reading.distance[~hidden]
    usual = float(np.median(clean)) if clean.size else 0.0
    tolerance = 2 * usual + 3 if noisy else 0.5 if usual < 0.3 else 1.0 + usual
    # only the table's own colours tell one repetition from the next
    exact = clean.size > 0 and not noisy and np.percentile(clean, 75) < 0.3
    resolved = resolve(rgb, reading.position, hidden, curve.colors, tolerance=tolerance)
    if resolved is not None and not (exact and resolved.ambiguous.mean() < 0.5):
        period = find_period(curve.colors)
        if period is not None:
            off = reading.distance > _MIXED * limit
            resolved = resolve_turns(reading.position, off, period)
    if resolved is None:
        return reading, None
    position = resolved.position
    at = np.linspace(0, 1, len(curve.slope))
    moved = position != reading.position
    distance, slope = reading.distance.copy(), reading.slope.copy()
    distance[moved] = np.linalg.norm(rgb[moved] - curve.color(position[moved]), axis=-1)
    slope[moved] = np.interp(position[moved], at, curve.slope)
    return replace(reading, position=position, distance=distance, slope=slope), resolved.rival_gap


def _packed(rgb: np.ndarray) -> np.ndarray:
    wide = np.asarray(rgb).astype(np.uint32)
    return np.asarray(wide[..., 0] << 16 | wide[..., 1] << 8 | wide[..., 2])


def _candidates(levels: np.ndarray, colors: np.ndarray, tolerance: float) -> np.ndarray:
    """Candidate positions (n, K), NaN-padded, of each colour: the nearest entry of each run."""
    n_entries = len(colors)
    squared = (colors**2).sum(1)
    rows: list[np.ndarray] = []
    columns: list[np.ndarray] = []
    found: list[np.ndarray] = []
    for start in range(0, len(levels), _CHUNK):
        part = levels[start : start + _CHUNK]
        distance = (part**2).sum(1)[:, None] - 2 * part @ colors.T + squared
        distance = np.sqrt(np.maximum(distance, 0))
        near = distance <= distance.min(axis=1, keepdims=True) + tolerance
        first = near & ~np.pad(near, ((0, 0), (1, 0)))[:, :-1]
        run = np.cumsum(first, axis=1) - 1
        row, entry = np.nonzero(near)
        label = run[row, entry]
        order = np.lexsort((distance[row, entry], label, row))
        row, label, entry = row[order], label[order], entry[order]
        best = np.append(True, (np.diff(row) != 0) | (np.diff(label) != 0))
        rows.append(row[best] + start)
        columns.append(label[best])
        found.append(entry[best])
    row, column, entry = (np.concatenate(parts) for parts in (rows, columns, found))
    out = np.full((len(levels), max(2, int(column.max()) + 1)), np.nan, np.float32)
    out[row, column] = _between_entries(levels[row], colors, entry) / (n_entries - 1)
    return out


def _between_entries(levels: np.ndarray, colors: np.ndarray, entry: np.ndarray) -> np.ndarray:
    """Fractional table index of colours near a given entry, on the segments beside it."""
    best = ((levels - colors[entry]) ** 2).sum(1)
    at = entry.astype(np.float64)
    for side in (-1, 0):
        start = np.clip(entry + side, 0, len(colors) - 2)
        chord = colors[start + 1] - colors[start]
        length = np.maximum((chord**2).sum(1), 1e-9)
        part = np.clip(((levels - colors[start]) * chord).sum(1) / length, 0, 1)
        away = ((levels - colors[start] - part[:, None] * chord) ** 2).sum(1)
        closer = away < best - 1e-9
        at = np.where(closer, start + part, at)
        best = np.where(closer, away, best)
    return at


def _grow(
    position: np.ndarray,
    inverse: np.ndarray,
    candidates: np.ndarray,
    several: np.ndarray,
    hidden: np.ndarray,
) -> np.ndarray:
    """Positions grown from the certain pixels; NaN where nothing reached."""
    height, width = position.shape
    pad = 2
    stride = width + 2 * pad
    value = np.full((height + 2 * pad, stride), np.nan, np.float32)
    value[pad:-pad, pad:-pad] = np.where(several | hidden, np.nan, position)
    waiting = np.zeros(value.shape, bool)
    waiting[pad:-pad, pad:-pad] = several
    color = np.zeros(value.shape, np.intp)
    color[pad:-pad, pad:-pad] = inverse
    flat, queue, color = value.ravel(), waiting.ravel(), color.ravel()
    steps = np.array([-1, 1, -stride, stride])
    for reach, clear in ((0.01, 3.0), (0.02, 2.0), (0.05, 1.5), (0.1, 1.2), (2.0, 1.0)):
        at = np.flatnonzero(queue)
        at = at[np.isfinite(flat[at[:, None] + steps]).any(axis=1)]
        while len(at):
            chosen, cost, second = _choice(flat, at, steps, candidates[color[at]])
            sure = (cost <= reach) & (second >= clear * cost)
            done = at[sure]
            if len(done) == 0:
                break
            flat[done] = chosen[sure]
            queue[done] = False
            beside = np.unique((done[:, None] + steps).ravel())
            at = np.unique(np.concatenate([at[~sure], beside[queue[beside]]]))
    return value[pad:-pad, pad:-pad]


def _choice(
    flat: np.ndarray, at: np.ndarray, steps: np.ndarray, candidates: np.ndarray, cap: float = 0.1
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Best candidate of each pixel, its cost (mean distance to the predictions), the second's."""
    near = flat[at[:, None] + steps]
    behind = flat[at[:, None] + 2 * steps]
    trend = np.where(np.isfinite(behind), np.clip(near - behind, -0.03, 0.03), 0)
    predicted = near + trend
    known = np.isfinite(near)
    away = abs(candidates[:, :, None] - predicted[:, None, :])
    away = np.where(known[:, None, :], np.minimum(away, cap), 0)
    cost = away.sum(axis=2) / np.maximum(known.sum(axis=1), 1)[:, None]
    cost = np.where(np.isfinite(candidates), cost, np.inf)
    two = np.partition(cost, 1, axis=1)[:, :2]
    best = cost.argmin(axis=1)
    return candidates[np.arange(len(at)), best], two[:, 0], two[:, 1]


def _judged(
    grown: np.ndarray,
    position: np.ndarray,
    inverse: np.ndarray,
    candidates: np.ndarray,
    several: np.ndarray,
) -> Resolved:
    reached = np.isfinite(grown) & several
    chosen = np.where(reached, grown, position).astype(np.float32)
    gap = np.zeros(position.shape, np.float32)
    ambiguous = several & ~reached
    others = candidates[inverse[ambiguous]]
    away = abs(others - chosen[ambiguous][:, None])
    gap[ambiguous] = np.nanmax(away, axis=1) if len(others) else 0
    return Resolved(chosen, ambiguous, gap)
