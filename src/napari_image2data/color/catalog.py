"""Named colour maps: find, list, qualified names (tables come from the cmap package)."""

from __future__ import annotations

import difflib
from functools import lru_cache

import numpy as np
from cmap import Colormap

from napari_image2data.errors import ScaleError


@lru_cache(maxsize=1)
def colormap_names() -> tuple[str, ...]:
    """All names that `colormap_table` knows, sorted; each also exists with ``_r`` (reversed).

    Returns
    -------
    tuple of str
        Short and qualified names, e.g. ``"viridis"`` and ``"bids:viridis"``.

    Examples
    --------
    >>> "viridis" in colormap_names()
    True
    """
    return tuple(sorted(str(name) for name in Colormap.catalog()))


def colormap_table(name: str, n_colors: int = 256) -> tuple[np.ndarray, str]:
    """Colours of a named map.

    Parameters
    ----------
    name : str
        A name of the catalogue; ``_r`` at its end reverses it.
    n_colors : int
        Length of the table, at least 2.

    Returns
    -------
    colors : (n_colors, 3) float64 ndarray
        sRGB, 0..1.
    qualified_name : str
        The catalogue's full name, e.g. ``"bids:viridis"``.

    Raises
    ------
    ScaleError
        When no map has that name; the message suggests the nearest names.

    Examples
    --------
    >>> colors, name = colormap_table("viridis")
    >>> colors.shape, name
    ((256, 3), 'bids:viridis')
    """
    try:
        colormap = Colormap(name)
    except (ValueError, TypeError) as error:
        lowered = {known.lower(): known for known in colormap_names()}
        near = difflib.get_close_matches(str(name).lower(), lowered, n=3)
        hint = ", ".join(repr(lowered[key]) for key in near)
        raise ScaleError(
            f"No colour map is called {name!r}" + (f"; did you mean {hint}?" if near else ".")
        ) from error
    colors = np.asarray(colormap(np.linspace(0, 1, n_colors)), float)[:, :3]
    return colors, str(colormap.name)
