"""Tables of a picture that was brought to 8 bits in another way than the scale's colours were."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from napari_image2data.color.catalog_tables import N_COLORS, catalog_tables
from napari_image2data.decode.curve import Curve, Reading

_ENOUGH = 0.9  # share of the colours near the scale that the table of a picture holds
_GAIN = 0.1  # by which it holds more of them than the scale's own table
_NEAR = 4.0  # levels from the scale within which colours are those of data
_FEWEST = 200  # pixels that are asked
_SOME = 50_000
_LEAST = 0.01  # levels by which real numbers of several tools differ
_BYTES = np.array([1, 256, 65536])
_CORNERS = np.array([(r, g, b) for r in (1, 0) for g in (1, 0) for b in (1, 0)])


def drawn_with(rgb: np.ndarray, reading: Reading, curve: Curve) -> Curve | None:
    """Find the colours that a lossless picture was drawn with, where the scale has others.

    Tools round the real colours of a map in one place and cut them down in another: cells have
    rounded colours where an image, or the table, was cut. The two lie within a level of each other,
    which along most of a map is a step of the table. The real colours tell which entry a colour
    belongs to: where the scale's whole levels are those of a map of the catalogue, rounded or cut,
    and the same map brought to whole levels in another way holds the picture's colours, that is
    what the picture was drawn with.

    Parameters
    ----------
    rgb : (h, w, 3) uint8 ndarray
    reading : Reading
        Of these pixels on ``curve``.
    curve : Curve
        Positions, and so values, stay those of its entries.

    Returns
    -------
    Curve or None
        None where the scale's table explains the picture as well, or no other table does.

    Examples
    --------
    >>> from napari_image2data import ColorScale
    >>> from napari_image2data.decode.curve import read_positions
    >>> real = ColorScale.from_name("copper", vmin=0, vmax=1).colors * 255
    >>> curve = Curve.of(ColorScale.from_colors(np.floor(real) / 255, np.linspace(0, 1, 256)))
    >>> picture = np.rint(real).astype(np.uint8)[:, None].repeat(4, axis=1)
    >>> found = drawn_with(picture, read_positions(picture, curve), curve)
    >>> bool((found.colors.round() == np.rint(real)).all())
    True
    """
    levels = np.rint(curve.colors)
    if curve.discrete or len(levels) != N_COLORS or np.abs(curve.colors - levels).max() > _LEAST:
        return None
    near = np.flatnonzero(reading.distance < _NEAR)
    codes = rgb.reshape(-1, 3)[near[:: max(1, len(near) // _SOME)]] @ _BYTES
    own = _share_held(codes, levels)
    if len(codes) < _FEWEST or own > 1 - _GAIN:
        return None
    seen = np.unique(codes, return_counts=True)
    if np.sort(seen[1])[-N_COLORS:].sum() < _ENOUGH * len(codes):
        return None  # more colours than a table has: no need to look for one
    others = [_as_seen(real + half, *seen) for real in _real_colors(levels) for half in (0.0, 0.5)]
    held = [_share_held(codes, table) for table in others]
    if not held or max(held) < max(_ENOUGH, own + _GAIN):
        return None
    return Curve.of(replace(curve.scale, colors=others[int(np.argmax(held))] / 255))


def _real_colors(levels: np.ndarray) -> list[np.ndarray]:
    """Colours, in levels, of the maps of the catalogue that are these levels, rounded or cut."""
    found = []
    for table, order in ((levels, slice(None)), (levels[::-1], slice(None, None, -1))):
        away = table.astype(np.float32) - catalog_tables().tables
        low, high = away.min(axis=(1, 2)), away.max(axis=(1, 2))
        rounded = (low > -0.5 - _LEAST) & (high < 0.5 + _LEAST)
        cut = (low > -1 - _LEAST) & (high < _LEAST)
        found += [real[order] for real in catalog_tables().tables[rounded | cut].astype(float)]
    return found


def _as_seen(table: np.ndarray, seen: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Cut a table down to whole levels.

    Where a channel is a whole number but for what rounding of real numbers does to it, to the level
    that more of the colours seen have.
    """
    least = np.floor(table - _LEAST)
    either = np.stack([np.minimum(least + step, np.floor(table + _LEAST)) for step in _CORNERS])
    either = either.clip(0, 255)
    codes = either.astype(np.int64) @ _BYTES
    where = np.searchsorted(seen, codes).clip(0, len(seen) - 1)
    times = np.where(seen[where] == codes, counts[where], 0)
    return np.asarray(either[times.argmax(axis=0), np.arange(len(table))])


def _share_held(codes: np.ndarray, table: np.ndarray) -> float:
    """Share of colours, as 24-bit codes, that a table of whole levels holds."""
    return float(np.isin(codes, table.astype(np.int64) @ _BYTES).mean()) if codes.size else 0.0
