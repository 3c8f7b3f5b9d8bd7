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
    from napari_image2data.color.identify import ColormapMatch, identify_colormap
    from napari_image2data.color.recover import recover_scale
    from napari_image2data.color.scale import ColorScale
    from napari_image2data.decode.background import background_color
    from napari_image2data.decode.cells import CellGrid, find_cells
    from napari_image2data.decode.decode import decode
    from napari_image2data.decode.field import Field, Flag, Mixture
    from napari_image2data.decode.lookup import lookup, rethreshold
    from napari_image2data.errors import Image2DataError
    from napari_image2data.figure.axis import Axis
    from napari_image2data.figure.confidence import Confidence
    from napari_image2data.figure.panel import Figure, Label, Panel
    from napari_image2data.figure.read import read_figure
    from napari_image2data.files.images import read_image, read_jpeg_info
    from napari_image2data.files.recipe import Recipe
    from napari_image2data.files.tables import load_field, save_field, save_points
    from napari_image2data.pipeline import ImageToData, image_to_data
    from napari_image2data.reduce.adaptive import reduce_adaptive, reduction_curve
    from napari_image2data.reduce.cluster import cluster, cluster_points
    from napari_image2data.reduce.compare import Report, compare
    from napari_image2data.reduce.gradient import gradient_magnitude, gradient_mask
    from napari_image2data.reduce.nodes import Nodes, find_nodes
    from napari_image2data.reduce.points import centroids
    from napari_image2data.reduce.reconstruct import inside_hull, reconstruct

_HOME = {
    "Axis": "figure.axis",
    "CellGrid": "decode.cells",
    "ColorScale": "color.scale",
    "ColormapMatch": "color.identify",
    "Confidence": "figure.confidence",
    "Field": "decode.field",
    "Figure": "figure.panel",
    "Flag": "decode.field",
    "Image2DataError": "errors",
    "ImageToData": "pipeline",
    "JpegInfo": "decode.jpeg_info",
    "Label": "figure.panel",
    "Mixture": "decode.field",
    "Nodes": "reduce.nodes",
    "Panel": "figure.panel",
    "Recipe": "files.recipe",
    "Report": "reduce.compare",
    "background_color": "decode.background",
    "centroids": "reduce.points",
    "cluster": "reduce.cluster",
    "cluster_points": "reduce.cluster",
    "colormap_names": "color.catalog",
    "compare": "reduce.compare",
    "decode": "decode.decode",
    "find_cells": "decode.cells",
    "find_nodes": "reduce.nodes",
    "gradient_magnitude": "reduce.gradient",
    "gradient_mask": "reduce.gradient",
    "identify_colormap": "color.identify",
    "image_to_data": "pipeline",
    "inside_hull": "reduce.reconstruct",
    "load_field": "files.tables",
    "lookup": "decode.lookup",
    "read_figure": "figure.read",
    "read_image": "files.images",
    "read_jpeg_info": "files.images",
    "reconstruct": "reduce.reconstruct",
    "recover_scale": "color.recover",
    "reduce_adaptive": "reduce.adaptive",
    "reduction_curve": "reduce.adaptive",
    "rethreshold": "decode.lookup",
    "save_field": "files.tables",
    "save_points": "files.tables",
}

__all__ = [
    "Axis",
    "CellGrid",
    "ColorScale",
    "ColormapMatch",
    "Confidence",
    "Field",
    "Figure",
    "Flag",
    "Image2DataError",
    "ImageToData",
    "JpegInfo",
    "Label",
    "Mixture",
    "Nodes",
    "Panel",
    "Recipe",
    "Report",
    "background_color",
    "centroids",
    "cluster",
    "cluster_points",
    "colormap_names",
    "compare",
    "decode",
    "find_cells",
    "find_nodes",
    "gradient_magnitude",
    "gradient_mask",
    "identify_colormap",
    "image_to_data",
    "inside_hull",
    "load_field",
    "lookup",
    "read_figure",
    "read_image",
    "read_jpeg_info",
    "reconstruct",
    "recover_scale",
    "reduce_adaptive",
    "reduction_curve",
    "rethreshold",
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
