"""Turn colour-mapped pictures back into the numbers they were drawn from.

Names are imported when they are first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

# The folder ``decode`` and the function of that name share a place: import the folder first, then
# make room, so that no later import of a module in it can hide the function.
import_module(f"{__name__}.decode")
del globals()["decode"]

if TYPE_CHECKING:
    from napari_image2data.color.catalog import colormap_names
    from napari_image2data.color.scale import ColorScale
    from napari_image2data.decode.decode import decode, lookup
    from napari_image2data.decode.field import Field, Flag
    from napari_image2data.errors import Image2DataError
    from napari_image2data.figure.axis import Axis
    from napari_image2data.figure.panel import Figure, Label, Panel
    from napari_image2data.figure.read import read_figure
    from napari_image2data.files.images import read_image
    from napari_image2data.files.recipe import Recipe
    from napari_image2data.files.tables import load_field, save_field, save_points

_HOME = {
    "Axis": "figure.axis",
    "ColorScale": "color.scale",
    "Field": "decode.field",
    "Figure": "figure.panel",
    "Flag": "decode.field",
    "Image2DataError": "errors",
    "Label": "figure.panel",
    "Panel": "figure.panel",
    "Recipe": "files.recipe",
    "colormap_names": "color.catalog",
    "decode": "decode.decode",
    "load_field": "files.tables",
    "lookup": "decode.decode",
    "read_figure": "figure.read",
    "read_image": "files.images",
    "save_field": "files.tables",
    "save_points": "files.tables",
}

__all__ = [
    "Axis",
    "ColorScale",
    "Field",
    "Figure",
    "Flag",
    "Image2DataError",
    "Label",
    "Panel",
    "Recipe",
    "colormap_names",
    "decode",
    "load_field",
    "lookup",
    "read_figure",
    "read_image",
    "save_field",
    "save_points",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("napari-image2data")
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
