"""The tables of every colour map of the catalogue, side by side, to compare colours with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from napari_image2data.color.tool_maps import tool_map_colors, tool_map_names

N_COLORS = 256
# what people draw with: decides between maps that a picture cannot tell apart
_USUAL = {"bids", "matplotlib", "matlab", "gnuplot", "cividis", "google", "cubehelix", "yorick"}


@dataclass(frozen=True, eq=False)
class CatalogTables:
    """All maps of the catalogue as tables of 256 colours.

    Attributes
    ----------
    names : tuple of str
        Qualified names, M of them.
    tables : (M, 256, 3) float32 ndarray
        sRGB, in levels of 255, not rounded.
    classes : (M,) bool ndarray
        True for a list of classes: nothing lies between two of its colours.
    usual : (M,) bool ndarray
        True for the maps of the common plotting tools.
    """

    names: tuple[str, ...]
    tables: np.ndarray
    classes: np.ndarray
    usual: np.ndarray


@lru_cache(maxsize=1)
def catalog_tables() -> CatalogTables:
    """Tables of the whole catalogue; made once in a process.

    Examples
    --------
    >>> catalog = catalog_tables()
    >>> "bids:viridis" in catalog.names, catalog.tables.shape[1:]
    (True, (256, 3))
    """
    from cmap import Colormap

    catalog = Colormap.catalog()
    keys: dict[str, list[str]] = {}
    for key in sorted(catalog.namespaced_keys()):
        keys.setdefault(catalog.resolve(key), []).append(key)
    position = np.linspace(0, 1, N_COLORS)
    names, tables, classes, usual = [], [], [], []
    for qualified, spellings in keys.items():
        colormap = Colormap(qualified)
        names.append(next((s for s in spellings if s.lower() == qualified), qualified))
        tables.append(np.asarray(colormap(position), np.float32)[:, :3])
        classes.append(colormap.interpolation == "nearest")
        spaces = {spelling.split(":")[0] for spelling in spellings}
        smooth_brewer = "colorbrewer" in spaces and not classes[-1]
        usual.append(bool(spaces & _USUAL) or smooth_brewer)
    for name in tool_map_names():
        names.append(name)
        tables.append(tool_map_colors(name, position).astype(np.float32))
        classes.append(False)
        usual.append(False)
    return CatalogTables(tuple(names), np.array(tables) * 255, np.array(classes), np.array(usual))
