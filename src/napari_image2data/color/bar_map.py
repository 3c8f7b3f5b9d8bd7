"""Which map of the catalogue a colour bar shows, and where along the bar it begins and ends.

The end of a bar is one pixel among hundreds, and frame, blur or a white page can hide it; the
colours between the ends are many, and a known map says at which position each of them belongs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from napari_image2data.color.catalog_tables import N_COLORS, catalog_tables

HALF_BIN = 0.0035
"""Share of a bar's length within which a fitted end is the bar's own: renderers put the first
colour at the end, or half a step (of 256, or of 150) before it."""

_SAMPLES = 32
_SHORTLIST = 6
_NEAR = 30.0  # levels that the right map may differ by before it is fitted
_EXACT_RMS = 2.0
_NOISY_RMS = 7.0
_NOISY_TREND = 2.5
_TREND_SHARE = (
    0.8  # a wrong map differs by a trend; the right one by noise, most of which averages out
)
_TRENDS = 15  # lines over which the noise of a JPEG averages out
_UNUSUAL = 0.3  # levels that a map of rare tools has to be nearer by
_HELD = 0.75
_FITTED = 400  # lines of a bar
_BIN_COUNTS = (256, 128, 100, 64, 50, 32)


@dataclass(frozen=True, eq=False)
class BarMap:
    """A known map in a colour bar.

    Attributes
    ----------
    name : str
        Qualified name, with ``_r`` where the bar shows the map reversed from its start to its end.
    start, end : float
        Pixels from the bar's start at which the map begins and ends; up to `HALF_BIN` of the length
        is the renderer's choice.
    table : (N, 3) float64 ndarray
        The colours from ``start`` to ``end``, in levels of 255.
    n_bins : int
        N where the bar is made of exactly these N colours, else 0: it is drawn in finer steps, or
        the picture is noisy.
    residual : float
        Root mean square colour difference between bar and map, in levels; of a JPEG, of what is
        left of it when its noise is averaged out.
    """

    name: str
    start: float
    end: float
    table: np.ndarray
    n_bins: int
    residual: float


def match_bar(
    profile: np.ndarray, at: np.ndarray, length: float, *, noisy: bool = False
) -> BarMap | None:
    """Recognise the map that a bar shows.

    Parameters
    ----------
    profile : (N, 3) ndarray
        Colours along the bar, in levels of 255.
    at : (N,) ndarray
        Where they lie: pixels from the bar's start.
    length : float
        Where the bar ends, as far as its box tells; the fit may find another end.
    noisy : bool
        True for a JPEG.

    Returns
    -------
    BarMap or None
        None where no map of the catalogue explains the colours.

    Notes
    -----
    The colours at 32 places shortlist the maps, in both directions; for each the two places where
    the map begins and ends are fitted to all lines by Gauss-Newton steps with Cauchy weights, so
    that a soiled line does not count (P. W. Holland, R. E. Welsch, "Robust regression using
    iteratively reweighted least-squares", Communications in Statistics A6 (1977) 813-827).

    Examples
    --------
    >>> from napari_image2data.color.catalog import colormap_table
    >>> table = np.rint(colormap_table("viridis")[0] * 255)
    >>> at = np.arange(10, 190) + 0.5  # the box is 10 pixels too long at either end
    >>> found = match_bar(table[((at - 10) / 180 * 256).astype(int)], at, 200.0)
    >>> found.name, round(found.start, 1), round(found.end, 1), found.n_bins
    ('bids:viridis', 10.0, 190.0, 256)
    """
    if len(profile) < 24 or np.ptp(profile, axis=0).max() < 24:
        return None
    profile = np.asarray(profile, float)
    best: tuple[float, int, bool, float, float] | None = None
    catalog = catalog_tables()
    # the lines of a long bar are many more than two ends need
    some = slice(None, None, max(1, len(profile) // _FITTED))
    for index, flipped in _shortlist(profile, at, length):
        table = catalog.tables[index].astype(float)
        start, end = _fit(profile[some], at[some], length, table[::-1] if flipped else table)
        if not (end - start > 0.6 * length and start > -0.4 * length and end < 1.4 * length):
            continue
        rest = profile - _colors_at(table[::-1] if flipped else table, (at - start) / (end - start))
        residual = scatter = _rms(rest)
        if noisy:
            residual = _trend(rest)
            wrong = residual > max(_NOISY_TREND, _TREND_SHARE * scatter) or scatter > _NOISY_RMS
        else:
            wrong = scatter > _EXACT_RMS
        if wrong:
            continue
        rank = residual + (0.0 if catalog.usual[index] else _UNUSUAL)
        if best is None or rank < best[0]:
            best = (rank, index, flipped, start, end)
    if best is None:
        return None
    rank, index, flipped, start, end = best
    table = catalog.tables[index].astype(float)
    table, n_bins = table[::-1] if flipped else table, 0
    if not noisy:
        for count in _BIN_COUNTS:
            bins = _colors_at(table, (np.arange(count) / (count - 1) * 255 + 0.5) / 256)
            held = [(_share_held(profile, levels), levels) for levels in _as_levels(bins)]
            share, levels = max(held, key=lambda pair: pair[0])
            if share > _HELD:
                table, n_bins = levels, count
                break
    name = catalog.names[index] + ("_r" if flipped else "")
    return BarMap(name, float(start), float(end), table, n_bins, float(rank))


def _shortlist(profile: np.ndarray, at: np.ndarray, length: float) -> list[tuple[int, bool]]:
    catalog = catalog_tables()
    smooth = np.flatnonzero(~catalog.classes)
    found: list[tuple[float, int, bool]] = []
    # the map may begin before the first line seen: a white end on white paper is not in the box
    for first, last in ((0.0, 1.0), (0.12, 1.0), (0.0, 0.88), (0.25, 1.0), (0.0, 0.75)):
        place = np.linspace(0.03, 0.97, _SAMPLES)
        seen = np.stack([np.interp(place * length, at, channel) for channel in profile.T], axis=1)
        entry = np.rint((first + place * (last - first)) * (N_COLORS - 1)).astype(int)
        for flipped in (False, True):
            tables = catalog.tables[smooth][:, ::-1] if flipped else catalog.tables[smooth]
            away = np.abs(tables[:, entry] - seen.astype(np.float32)).mean(axis=(1, 2))
            nearest = np.argsort(away, kind="stable")[:_SHORTLIST]
            found += [(float(away[k]), int(smooth[k]), flipped) for k in nearest]
    found.sort()
    chosen: dict[tuple[int, bool], None] = {}
    for away, index, flipped in found:
        if away < _NEAR and len(chosen) < 2 * _SHORTLIST:
            chosen[index, flipped] = None
    return list(chosen)


def _colors_at(table: np.ndarray, position: np.ndarray) -> np.ndarray:
    """Colours of a table of equal bins at positions 0..1, interpolated between bin centres."""
    count = len(table)
    place = np.clip(position * count - 0.5, 0, count - 1)
    below = np.minimum(place.astype(int), count - 2)
    part = (place - below)[:, None]
    return np.asarray(table[below] * (1 - part) + table[below + 1] * part)


def _fit(
    profile: np.ndarray, at: np.ndarray, length: float, table: np.ndarray
) -> tuple[float, float]:
    """Where a map begins and ends, in pixels; from several beginnings, the one that fits best."""
    best = (np.inf, 0.0, length)
    for start, end in ((0.0, length), (-0.14 * length, length), (0.0, 1.14 * length)):
        for _ in range(15):
            position = (at - start) / (end - start)
            color = _colors_at(table, position)
            place = np.clip(position, 0.5 / N_COLORS, 1 - 0.5 / N_COLORS)
            slope = _colors_at(table, place + 0.5 / N_COLORS)
            slope = (slope - _colors_at(table, place - 0.5 / N_COLORS)) * N_COLORS
            rest = profile - color
            away = np.abs(rest).max(axis=1)
            weight = 1 / (1 + (away / max(1.0, 2.5 * float(np.median(away)))) ** 2)
            by_start = slope * ((position - 1) / (end - start))[:, None]
            by_end = -slope * (position / (end - start))[:, None]
            turned = np.stack([by_start.ravel(), by_end.ravel()])
            weighted = turned * np.repeat(weight, 3)
            normal = weighted @ turned.T
            if np.linalg.det(normal) <= 1e-9 * np.trace(normal) ** 2:
                break
            step = np.linalg.solve(normal, weighted @ rest.ravel())
            step = step.clip(-0.03 * length, 0.03 * length)
            start, end = start + step[0], end + step[1]
            if end - start < 0.5 * length:
                break
            if np.abs(step).max() < 1e-3:
                break
        if end - start < 0.5 * length:
            continue
        rest = profile - _colors_at(table, (at - start) / (end - start))
        if (missed := _rms(rest)) < 0.9 * best[0]:
            best = (missed, start, end)
    return best[1], best[2]


def _rms(rest: np.ndarray) -> float:
    """Root mean square over the lines of their worst channel; a few soiled lines count little."""
    return float(np.sqrt(np.mean(np.minimum(np.abs(rest).max(axis=1), 20.0) ** 2)))


def _trend(rest: np.ndarray) -> float:
    """What is left of a noisy difference when neighbouring lines are averaged."""
    from scipy.ndimage import uniform_filter1d

    return _rms(uniform_filter1d(rest, min(_TRENDS, len(rest)), axis=0))


def _as_levels(table: np.ndarray) -> tuple[np.ndarray, ...]:
    """A table in whole levels: rounded (halves to even or up), or cut down, as renderers do."""
    return np.rint(table), np.floor(table + 0.5 + 1e-3), np.floor(table + 1e-3)


def _share_held(profile: np.ndarray, table: np.ndarray) -> float:
    """Share of the lines whose colour is one of a table's, exactly."""
    levels = np.rint(profile).astype(np.int64)
    clean = np.abs(profile - levels).max(axis=1) < 0.01
    base = np.array([1, 256, 65536])
    return float((np.isin(levels @ base, table.astype(np.int64) @ base) & clean).mean())
