"""Named colour maps: find, list, qualified names (tables come from the cmap package)."""

from __future__ import annotations

import difflib
from functools import lru_cache

import numpy as np
from cmap import Colormap

from napari_image2data.color.tool_maps import tool_map, tool_map_names
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
    return tuple(sorted([*map(str, Colormap.catalog()), *tool_map_names()]))


def colormap_table(name: str, n_colors: int | None = None) -> tuple[np.ndarray, str]:
    """Colours of a named map.

    Parameters
    ----------
    name : str
        A name of the catalogue; ``_r`` at its end reverses it.
    n_colors : int, optional
        Length of the table, at least 2; by default a qualitative map's own number of colours, and
        256 for every other map, as most renderers have it.

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
    colormap = _colormap(name)
    if n_colors is None:
        n_colors = len(colormap.color_stops) if colormap.interpolation == "nearest" else 256
    if n_colors < 2:
        raise ScaleError(f"A table of {name!r} needs at least 2 colours, not {n_colors}.")
    colors = np.asarray(colormap(np.linspace(0, 1, n_colors)), float)[:, :3]
    return colors, str(colormap.name)


def is_qualitative(name: str) -> bool:
    """Whether a named map is a list of classes with nothing between two colours.

    Examples
    --------
    >>> is_qualitative("tab10"), is_qualitative("viridis")
    (True, False)
    """
    return bool(_colormap(name).interpolation == "nearest")


def _colormap(name: str) -> Colormap:
    if (drawn_by_a_tool := tool_map(str(name))) is not None:
        return drawn_by_a_tool
    plain = str(name)
    suffix = ""
    if plain.endswith("_r"):
        plain, suffix = plain[:-2], "_r"
    try:
        # the qualified name first: a short one that two collections share makes cmap log a warning
        return Colormap(Colormap.catalog().resolve(plain) + suffix)
    except (KeyError, ValueError, TypeError) as error:
        lowered = {known.lower(): known for known in colormap_names()}
        near = difflib.get_close_matches(plain.lower(), lowered, n=3)
        hint = ", ".join(repr(lowered[key] + suffix) for key in near)
        raise ScaleError(
            f"No colour map is called {name!r}; "
            + (f"did you mean {hint}?" if near else "colormap_names() lists all there are.")
        ) from error
