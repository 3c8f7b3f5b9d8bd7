"""Colour maps as plotting tools draw them, where cmap has other colours under that name.

The name alone does not fix the colours: OpenCV, MATLAB and Octave draw another "jet" than
matplotlib, ggplot2 draws "viridis" through six colours in CIELAB, gnuplot's gray has a gamma of
1.5. A picture can only be named, and read, with the table that drew it.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from cmap import Colormap

# position: colour at the bends of piecewise linear sRGB maps, as each tool's manual prints them
_PLOTLY = {
    "Blackbody": "0 000000, .2 e60000, .4 e6d200, .7 ffffff, 1 a0c8ff",
    "Bluered": "0 0000ff, 1 ff0000",
    "Blues": "0 050aac, .35 283cbe, .5 4664f5, .6 5a78f5, .7 6a89f7, 1 dcdcdc",
    "Earth": "0 000082, .1 00b4b4, .2 28d228, .4 e6e632, .6 784614, 1 ffffff",
    "Electric": "0 000000, .15 1e0064, .4 780064, .6 a05a00, .8 e6c800, 1 fffadc",
    "Hot": "0 000000, .3 e60000, .6 ffd200, 1 ffffff",
    "Jet": "0 000083, .125 003caa, .375 05ffff, .625 ffff00, .875 fa0000, 1 800000",
    "Picnic": "0 0000ff, .1 3399ff, .2 66ccff, .3 99ccff, .4 ccccff, .5 ffffff, .6 ffccff,"
    ".7 ff99ff, .8 ff66cc, .9 ff6666, 1 ff0000",
    "Portland": "0 0c3383, .25 0a88ba, .5 f2d338, .75 f28f38, 1 d91e1e",
    "Rainbow": "0 96005a, .125 0000c8, .25 0019ff, .375 0098ff, .5 2cff96, .625 97ff00,"
    ".75 ffea00, .875 ff6f00, 1 ff0000",
    "RdBu": "0 050aac, .35 6a89f7, .5 bebebe, .6 dcaa84, .7 e6915a, 1 b20a1c",
    "Reds": "0 dcdcdc, .2 f5c39d, .4 f5a069, 1 b20a1c",
}
_GMT = {
    "seis": "0 aa0000, .1111 ff0000, .2222 ff5500, .3333 ffaa00, .4444 ffff00, .5556 ffff00,"
    ".6667 5aff1e, .7778 00f06e, .8889 0050ff, 1 0000cd",
}
_OPENCV = {
    "rainbow": "0 ff0000, .4 ffff00, .6 00ff00, .8 0000ff, 1 aa00ff",
}
_GGPLOT_EVEN = ("viridis", "magma", "inferno", "plasma", "cividis", "mako", "rocket", "turbo")
_GGPLOT_BREWER = (
    *("Blues", "BuGn", "BuPu", "GnBu", "Greens", "Greys", "OrRd", "Oranges", "PuBu", "PuBuGn"),
    *("PuRd", "Purples", "RdPu", "Reds", "YlGn", "YlGnBu", "YlOrBr", "YlOrRd"),
    *("BrBG", "PRGn", "PiYG", "PuOr", "RdBu", "RdGy", "RdYlBu", "RdYlGn", "Spectral"),
)
_N_COLORS = 1024


@lru_cache(maxsize=1)
def tool_map_names() -> tuple[str, ...]:
    """Qualified names of the maps of this module, sorted.

    Examples
    --------
    >>> "octave:jet" in tool_map_names()
    True
    """
    return tuple(sorted(_recipes()))


@lru_cache(maxsize=256)
def tool_map(name: str) -> Colormap | None:
    """Colour map of that qualified name (case does not matter; ``_r`` reverses), or None.

    Parameters
    ----------
    name : str
        E.g. ``"ggplot2:viridis"``.

    Returns
    -------
    cmap.Colormap or None

    Examples
    --------
    >>> [round(float(c), 2) for c in tool_map("gnuplot:gray")(0.5)]
    [0.63, 0.63, 0.63, 1.0]
    >>> tool_map("viridis") is None
    True
    """
    plain = name.removesuffix("_r")
    found = {key.lower(): key for key in tool_map_names()}.get(plain.lower())
    if found is None:
        return None
    colors = _recipes()[found].clip(0, 1)
    return Colormap(colors[::-1] if plain != name else colors, name=found + name[len(plain) :])


def tool_map_colors(name: str, position: np.ndarray) -> np.ndarray:
    """Colours of one of `tool_map_names` at positions along it.

    Parameters
    ----------
    name : str
        Exactly as in `tool_map_names`.
    position : (N,) ndarray
        0..1.

    Returns
    -------
    (N, 3) float64 ndarray
        sRGB, 0..1.

    Examples
    --------
    >>> tool_map_colors("gnuplot:gray", np.array([0.5])).round(2).tolist()
    [[0.63, 0.63, 0.63]]
    """
    colors = _recipes()[name].clip(0, 1)
    at = np.linspace(0, 1, len(colors))
    return np.stack([np.interp(position, at, channel) for channel in colors.T], axis=1)


@lru_cache(maxsize=1)
def _recipes() -> dict[str, np.ndarray]:
    t = np.linspace(0, 1, _N_COLORS)
    maps = {
        "octave:jet": _ramps(t, (3, 2, 1)),
        "gnuplot:gray": np.repeat(t[:, None] ** (1 / 1.5), 3, axis=1),
        "r:rainbow": _hsv(t, np.ones_like(t), np.ones_like(t)),
        "r:heat": _r_heat(t),
        "r:terrain": _r_terrain(t),
        "r:topo": _r_topo(t),
        "r:cm": _r_cm(t),
        "ggplot2:gradient": _through_lab(_hex_colors(["132b43", "56b1f7"]), t),
    }
    for tool, tables in (("plotly", _PLOTLY), ("gmt", _GMT), ("opencv", _OPENCV)):
        for key, text in tables.items():
            maps[f"{tool}:{key}"] = _piecewise(text, t)
    for key in _GGPLOT_EVEN:
        maps[f"ggplot2:{key}"] = _through_lab(_rounded(key, 6), t)
    for key in _GGPLOT_BREWER:
        maps[f"ggplot2:{key}"] = _through_lab(_rounded(f"colorbrewer:{key}_7", 7), t)
    return maps


def _rounded(name: str, n_colors: int) -> np.ndarray:
    """Evenly spaced colours of a map, as the hexadecimal codes that tools pass on hold them."""
    colormap = Colormap(Colormap.catalog().resolve(name))
    return np.asarray(np.round(colormap(np.linspace(0, 1, n_colors))[:, :3] * 255) / 255)


def _hex_colors(codes: list[str]) -> np.ndarray:
    return np.array([[int(code[i : i + 2], 16) for i in (0, 2, 4)] for code in codes]) / 255


def _piecewise(text: str, t: np.ndarray) -> np.ndarray:
    stops = [part.split() for part in text.split(",")]
    colors = _hex_colors([code for _, code in stops])
    position = [float(at) for at, _ in stops]
    return np.stack([np.interp(t, position, colors[:, i]) for i in range(3)], axis=1)


def _through_lab(colors: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Interpolate between even colours in CIELAB, as the R package scales does."""
    from skimage.color import lab2rgb, rgb2lab

    lab = rgb2lab(colors[None])[0]
    at = np.linspace(0, 1, len(colors))
    path = np.stack([np.interp(t, at, lab[:, i]) for i in range(3)], axis=1)
    return np.asarray(lab2rgb(path[None])[0])


def _ramps(t: np.ndarray, centers: tuple[float, float, float]) -> np.ndarray:
    return np.stack([np.clip(1.5 - abs(4 * t - center), 0, 1) for center in centers], axis=1)


def _hsv(hue: np.ndarray, saturation: np.ndarray, value: np.ndarray) -> np.ndarray:
    """SRGB of hue, saturation and value, each 0..1."""
    sector = (np.array([5.0, 3.0, 1.0]) + 6 * hue[:, None]) % 6
    weight = np.clip(np.minimum(sector, 4 - sector), 0, 1)
    return np.asarray(value[:, None] * (1 - saturation[:, None] * weight))


def _r_heat(t: np.ndarray) -> np.ndarray:
    pale = np.clip((t - 0.75) / 0.25, 0, 1)
    return _hsv(np.clip(t / 0.75, 0, 1) / 6, 1 - pale, np.ones_like(t))


def _r_terrain(t: np.ndarray) -> np.ndarray:
    stops = [0.0, 0.5, 1.0]
    hue = np.interp(t, stops, np.array([4, 2, 0]) / 12)
    saturation = np.interp(t, stops, [1.0, 1.0, 0.0])
    return _hsv(hue, saturation, np.interp(t, stops, [0.65, 0.9, 0.95]))


def _r_topo(t: np.ndarray) -> np.ndarray:
    third, two_thirds = 1 / 3, 2 / 3
    cold = np.interp(t, [0, third], [43 / 60, 31 / 60])
    green = np.interp(t, [third, two_thirds], [23 / 60, 11 / 60])
    sand = np.interp(t, [two_thirds, 1], [10 / 60, 6 / 60])
    hue = np.select([t < third, t < two_thirds], [cold, green], sand)
    saturation = np.where(t < two_thirds, 1.0, np.interp(t, [two_thirds, 1], [1.0, 0.3]))
    return _hsv(hue, saturation, np.ones_like(t))


def _r_cm(t: np.ndarray) -> np.ndarray:
    hue = np.where(t < 0.5, 6 / 12, 10 / 12)
    return _hsv(hue, abs(2 * t - 1) * 0.5, np.ones_like(t))
