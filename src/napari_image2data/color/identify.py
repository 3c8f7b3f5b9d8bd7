"""Name the colour map that drew a picture.

A picture's colours are weighed against every map of the catalogue by their likelihood. A map that
drew the picture passes close to the picture's colours, and passes no long way where the picture
has none: with colours spread evenly along the part of the map that is in use, of length L, and
Gaussian noise s across it, the density of a colour at distance d is

    p = (1 - e) exp(-d^2 / 2 s^2) / (2 pi s^2 L) + e / 256^3

(e: share of ink and other foreign colours). Where the picture is lossless, a table of n colours in
use that holds a pixel's very colour explains it with p = (1 - e) / n, so that maps on the same path
through colour space are told apart by the colours that their tables lack.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from napari_image2data.color.catalog_tables import CatalogTables, catalog_tables
from napari_image2data.color.picture_colors import PictureColors, pack, picture_colors
from napari_image2data.errors import ImageError

_FOREIGN = 0.02
_LOG_FOREIGN = float(np.log(_FOREIGN / 256**3))
_SPREADS = np.array([0.6, 1.0, 1.7, 3.0, 5.0, 8.0, 12.0])
_N_CANDIDATES = 80


@dataclass(frozen=True)
class ColormapMatch:
    """A colour map that may have drawn a picture.

    Attributes
    ----------
    name : str
        Qualified name, as `ColorScale.from_name` takes it.
    score : float
        0..1: the probability that the picture gives this map among all of the catalogue, times
        the share of the picture's colours that it explains. Maps that share a path split it.
    direction_known : bool
        False when the colours alone cannot tell the map from its reverse (``name + "_r"``): a
        picture never can, an ordered list of colours can.
    explained : float
        0..1: share of the picture's colours that lie on the map within the noise.
    residual : float
        Median colour distance of those to the map, in levels of 255.
    used : (low, high) tuple of float
        Positions on the map, 0..1, between which the picture's colours lie.
    aliases : tuple of str
        Other names of the catalogue with the same colours (in this or the other direction).
    """

    name: str
    score: float
    direction_known: bool
    explained: float
    residual: float
    used: tuple[float, float]
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class _Fit:
    index: int
    log_likelihood: float
    explained: float
    residual: float
    used: tuple[float, float]
    share_used: float


def identify_colormap(image: np.ndarray, *, n_matches: int = 10) -> list[ColormapMatch]:
    """Name the colour map of a picture from its plot area alone.

    Parameters
    ----------
    image : (H, W), (H, W, 3) or (H, W, 4) ndarray
        The plot area, uint8 or float in 0..1. Text, coastlines and masked parts may lie in it.
    n_matches : int
        How many matches to give at most.

    Returns
    -------
    list of ColormapMatch
        Best first. Maps with equal tables stand as one match with ``aliases``.

    Raises
    ------
    ImageError
        When the array is not a picture, or a picture of one colour.

    Notes
    -----
    The colours' likelihood under each map is compared (see the module's docstring), with the
    noise s chosen for each map where its likelihood is largest. The direction of a map cannot be
    seen: every match stands for the map and its reverse, ``name`` is the one in the catalogue.

    Examples
    --------
    >>> from napari_image2data import ColorScale
    >>> scale = ColorScale.from_name("viridis", vmin=0, vmax=1)
    >>> picture = scale.colors[np.add.outer(np.arange(90), np.arange(120))]
    >>> identify_colormap(picture)[0].name
    'bids:viridis'
    """
    evidence = picture_colors(image)
    if np.ptp(evidence.colors, axis=0).max() <= 2 * _SPREADS[0]:
        raise ImageError(
            "A picture of one colour cannot tell which colour map drew it; "
            "give the plot area, where the data's colours vary."
        )
    catalog = catalog_tables()
    fits = [_fit(evidence, catalog, index) for index in _candidates(evidence, catalog)]
    at_most = 100.0 if evidence.exact else 30.0  # blocks of a noisy picture err together
    n_effective = min(at_most, max(3.0, len(evidence.colors) / 3))
    logs = np.array([n_effective * fit.log_likelihood + _log_prior(fit, catalog) for fit in fits])
    return _matches(fits, logs, catalog, n_matches)


def _matches(
    fits: list[_Fit], logs: np.ndarray, catalog: CatalogTables, n_matches: int
) -> list[ColormapMatch]:
    weight = np.exp(logs - logs.max())
    order = np.argsort(-logs, kind="stable")
    groups: list[list[int]] = []
    for k in order:
        table = catalog.tables[fits[k].index]
        for group in groups:
            if _same_colors(table, catalog.tables[fits[group[0]].index]):
                group.append(int(k))
                break
        else:
            groups.append([int(k)])
    matches = []
    for group in groups:
        group.sort(key=lambda k: not catalog.usual[fits[k].index])  # stable: else by likelihood
        fit = fits[group[0]]
        posterior = float(weight[group].sum() / weight.sum())
        matches.append(
            ColormapMatch(
                name=catalog.names[fit.index],
                score=posterior * fit.explained,
                direction_known=False,
                explained=fit.explained,
                residual=fit.residual,
                used=fit.used,
                aliases=tuple(catalog.names[fits[k].index] for k in group[1:]),
            )
        )
    return matches[:n_matches]


def _same_colors(one: np.ndarray, other: np.ndarray, tolerance: float = 2.0) -> bool:
    return bool(min(abs(one - other).mean(), abs(one - other[::-1]).mean()) < tolerance)


def _log_prior(fit: _Fit, catalog: CatalogTables) -> float:
    """A slight preference for usual maps, smooth maps and maps that are used in full."""
    usual = 2.0 if catalog.usual[fit.index] else 0.0
    smooth = 0.0 if catalog.classes[fit.index] else 0.3
    shifted = -0.2 if "shifted" in catalog.names[fit.index] else 0.0
    return usual + smooth + shifted + float(np.log(max(fit.share_used, 0.05)))


def _candidates(evidence: PictureColors, catalog: CatalogTables) -> np.ndarray:
    """The maps that come near most of the colours, by a quarter of their tables."""
    rng = np.random.default_rng(0)
    n_drawn = min(400, len(evidence.colors))
    drawn = rng.choice(len(evidence.colors), n_drawn, p=evidence.weights)
    colors = evidence.colors[drawn]
    coarse = np.concatenate([catalog.tables[:, ::4], catalog.tables[:, -1:]], axis=1)
    flat = coarse.reshape(-1, 3)
    squared = (flat**2).sum(1) - 2 * colors @ flat.T
    nearest = squared.reshape(len(colors), len(coarse), -1).min(2) + (colors**2).sum(1)[:, None]
    near = np.exp(-np.maximum(nearest, 0) / (2 * 10.0**2)).mean(0)
    return np.argsort(-near, kind="stable")[:_N_CANDIDATES]


def _fit(evidence: PictureColors, catalog: CatalogTables, index: int) -> _Fit:
    table = catalog.tables[index]
    distance, nearest = _distance(evidence.colors, table, classes=bool(catalog.classes[index]))
    length = np.append(0.0, np.cumsum(np.linalg.norm(np.diff(table, axis=0), axis=1)))
    cyclic = bool(np.linalg.norm(table[0] - table[-1]) < 12 and length[-1] > 100)
    weights = evidence.weights
    best = (-np.inf, 0.0, 0.0, 1.0)
    for spread in _SPREADS:
        near = distance < 3 * spread
        if weights[near].sum() < 0.05:
            continue
        low, high = _used(length[nearest[near]], weights[near], length[-1], cyclic=cyclic)
        density = -np.log((high - low + 2 * spread) * 2 * np.pi * spread**2)
        explained = np.log(1 - _FOREIGN) + density - distance**2 / (2 * spread**2)
        log_likelihood = float(weights @ np.logaddexp(explained, _LOG_FOREIGN))
        if log_likelihood > best[0]:
            best = (log_likelihood, low, high, length[-1])
    if evidence.exact:
        tables = [np.round(table), np.floor(table + 1e-3)]
        if not catalog.classes[index]:
            tables.append(np.round(_dense(table)))
        for levels in tables:
            found = _as_table(evidence.keys, weights, pack(levels), cyclic=cyclic)
            if found is not None and found[0] > best[0]:
                low, high = (length[-1] * end for end in found[1:])
                best = (found[0], low, high, length[-1])
    log_likelihood, low, high, total = best
    within = distance < 2.5 * evidence.noise
    ends = np.interp(
        [low, min(high, total)],
        length + 1e-9 * np.arange(len(length)),
        np.linspace(0, 1, len(length)),
    )
    return _Fit(
        index,
        log_likelihood,
        float(weights @ np.exp(-(distance**2) / (2 * (2.5 * evidence.noise) ** 2))),
        float(np.median(distance[within])) if within.any() else float(np.median(distance)),
        (float(ends[0]), float(ends[1])),
        (high - low) / max(total, 1e-9),
    )


def _distance(
    colors: np.ndarray, table: np.ndarray, *, classes: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Distance of colours (K, 3) to a table (N, 3) and its segments, and the nearest entry."""
    nearest = ((table**2).sum(1) - 2 * colors @ table.T).argmin(1)
    offset = colors - table[nearest]
    squared = (offset**2).sum(1)
    if not classes:
        for step in (-1, 1):
            other = np.clip(nearest + step, 0, len(table) - 1)
            along = table[other] - table[nearest]
            part = (offset * along).sum(1) / np.maximum((along**2).sum(1), 1e-9)
            rest = offset - np.clip(part, 0, 1)[:, None] * along
            squared = np.minimum(squared, (rest**2).sum(1))
    return np.sqrt(squared), nearest


def _used(
    position: np.ndarray, weights: np.ndarray, total: float, *, cyclic: bool
) -> tuple[float, float]:
    """Ends of the part of a map in use, but for one percent at either end."""
    order = np.argsort(position, kind="stable")
    position, weights = position[order], weights[order]
    if cyclic:
        gap = np.diff(position, append=position[0] + total)
        if gap.max() < 0.03 * total:
            return 0.0, total
        after = int(gap.argmax()) + 1
        position = np.concatenate([position[after:], position[:after] + total])
        weights = np.roll(weights, -after)
    share = np.cumsum(weights) / weights.sum()
    low = float(position[np.searchsorted(share, 0.01)])
    high = float(position[min(int(np.searchsorted(share, 0.99)), len(position) - 1)])
    return low, high


def _as_table(
    keys: np.ndarray, weights: np.ndarray, table: np.ndarray, *, cyclic: bool
) -> tuple[float, float, float] | None:
    """Log-likelihood of exact colours under the entries of a table; the entries' range in use."""
    known, first = np.unique(table, return_index=True)
    at = np.searchsorted(known, keys).clip(0, len(known) - 1)
    hit = known[at] == keys
    if weights[hit].sum() < 0.3:
        return None
    low, high = _used(first[at[hit]].astype(float), weights[hit], float(len(table)), cyclic=cyclic)
    entries = np.arange(int(low), int(high) + 1) % len(table)
    n_used = len(np.unique(table[entries]))
    log_hit = np.log((1 - _FOREIGN) / n_used)
    likelihood = float(weights @ np.where(hit, log_hit, _LOG_FOREIGN))
    last = len(table) - 1
    return likelihood, min(low / last, 1.0), min(high / last, 1.0)


def _dense(table: np.ndarray, times: int = 8) -> np.ndarray:
    """A table drawn out: the colours of a renderer that interpolates between entries."""
    fine = np.linspace(0, len(table) - 1, times * (len(table) - 1) + 1)
    at = np.minimum(fine.astype(int), len(table) - 2)
    part = (fine - at)[:, None]
    return np.asarray(table[at] * (1 - part) + table[at + 1] * part)
