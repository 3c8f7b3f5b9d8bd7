"""Fields, masks and points as napari layers: plain data first, layers last.

Every ``*_layer`` function returns a napari layer tuple ``(data, attributes, kind)`` and needs no
window; `update.add_or_update` brings it to a viewer. napari counts pixel centres from 0, the rest
of this package counts pixel edges from 0: the shift by half a pixel happens here and in
``boxes.py`` and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image, Layer
from napari.utils import Colormap, DirectLabelColormap

from napari_image2data.decode.field import Field, Flag

if TYPE_CHECKING:
    import pandas as pd
    from napari.components import ViewerModel

    from napari_image2data.color.scale import ColorScale
    from napari_image2data.decode.cells import CellGrid

LayerData = tuple[Any, dict[str, Any], str]

PROVENANCE = "napari-image2data"
"""Key of a layer's metadata: where the layer came from, as plain values that JSON can hold."""

METHOD = "method"
"""Key of the interpolation that points are for, in their table's ``attrs`` and in provenance."""
FOR_POINTS = (METHOD, "cells", "spacing")
"""All that points are for, edges of cells and the size of a pixel they were placed for too."""

SOURCE = "napari-image2data source"
"""Key of a data layer's metadata: the Field itself, for the next step."""

SUFFIX = {
    "boxes": "boxes",
    "data": "data",
    "sigma": "sigma",
    "flags": "flags",
    "light": "light",
    "cells": "cells",
    "mask": "gradient mask",
    "clusters": "clusters",
    "centroids": "centroids",
    "reconstruction": "reconstruction",
    "difference": "difference",
    "swipe": "swipe",
    "tick labels": "tick labels",
}
"""What follows the figure's name in the name of each layer."""

REASONS = {
    Flag.OVERLAY: ("ink over the data", "#e69f00"),
    Flag.OFF_SCALE: ("colour not on the scale", "#cc3311"),
    Flag.NO_DATA: ("no data", "#999999"),
    Flag.AMBIGUOUS: ("two values explain the colour", "#aa4499"),
    Flag.BELOW: ("below the scale", "#0077bb"),
    Flag.ABOVE: ("above the scale", "#ee3377"),
    Flag.FILLED: ("filled from the surroundings", "#117733"),
}
"""Words and colour of each flag; a later one is drawn over an earlier one."""


def layer_name(figure: str, role: str) -> str:
    """Name of the layer that holds ``role`` of the figure called ``figure``."""
    return f"{figure} {SUFFIX[role]}"


def layers_of(viewer: ViewerModel, figure: str) -> list[Layer]:
    """Layers that were made from the figure called ``figure``."""
    return [
        layer
        for layer in viewer.layers
        if layer.metadata.get(PROVENANCE, {}).get("figure") == figure
    ]


def figure_placement(figure: Layer | None, origin: tuple[float, float] = (0, 0)) -> dict[str, Any]:
    """Layer attributes that put a crop of the figure exactly over the figure.

    Parameters
    ----------
    figure : napari Image layer or None
        The layer the crop was cut from; None puts the crop at the world's origin.
    origin : (row, column)
        First row and column of the crop.

    Returns
    -------
    dict
        ``scale``, ``translate``, ``affine`` and ``units`` for the last two axes.
    """
    offset = np.asarray(origin, float)
    if figure is None:
        return {"translate": offset}
    # the layer's own transform is scale, then shear, rotation and shift; the affine comes after
    corner = np.zeros(figure.ndim)
    step = np.linalg.inv(np.asarray(figure.affine.linear_matrix))
    zero = np.asarray(figure.data_to_world(corner))
    columns = []
    for axis in (figure.ndim - 2, figure.ndim - 1):
        one = corner.copy()
        one[axis] = 1
        columns.append((step @ (np.asarray(figure.data_to_world(one)) - zero))[-2:])
    shift = np.column_stack(columns) @ offset
    return {
        "scale": np.asarray(figure.scale)[-2:],
        "rotate": np.asarray(figure.rotate)[-2:, -2:],
        "shear": np.asarray(figure.shear)[-1:],
        "translate": np.asarray(figure.translate)[-2:] + shift,
        "affine": figure.affine.set_slice((figure.ndim - 2, figure.ndim - 1)).affine_matrix,
        "units": tuple(figure.units)[-2:],
    }


def axis_placement(field: Field) -> dict[str, Any] | None:
    """Layer attributes that put a field at its axes' values, or None where that cannot be done.

    napari places a layer by a scale and a shift, so both axes must be evenly spaced (a log axis
    is not).
    """
    steps = []
    for centers in (field.y, field.x):
        spacing = np.diff(np.asarray(centers, float))
        if spacing.size == 0 or not np.isfinite(spacing).all():
            return None
        mean = spacing.mean()
        if mean == 0 or np.abs(spacing - mean).max() > 1e-3 * abs(mean):
            return None
        steps.append(float(mean))
    return {"scale": np.array(steps), "translate": np.array([field.y[0], field.x[0]], float)}


def scale_display(scale: ColorScale, name: str, *, spread: bool = True) -> dict[str, Any]:
    """``colormap``, ``contrast_limits`` and ``gamma`` that show values in the scale's own colours.

    A log scale would crowd its lower decades into a few steps of napari's linear colour table.
    With ``spread`` a gamma below 1 makes room for them; the colour positions are moved by the same
    power, so that each value keeps its colour. (Points know no gamma, and need none: their colours
    come from no table.)
    """
    values = np.asarray(scale.values, float)
    colors = np.asarray(scale.colors, float)
    if values[0] > values[-1]:
        values, colors = values[::-1], colors[::-1]
    low, high = sorted((float(scale.vmin), float(scale.vmax)))
    low, high = min(low, values[0]), max(high, values[-1])
    middle = (np.median(values) - low) / (high - low)
    crowded = spread and 0 < middle < 0.3
    gamma = float(np.clip(np.log(0.5) / np.log(middle), 0.2, 1)) if crowded else 1.0

    if scale.discrete:
        edges = np.concatenate([[low], (values[1:] + values[:-1]) / 2, [high]])
        controls = ((edges - low) / (high - low)) ** gamma
        interpolation = "zero"
    else:
        controls = ((values - low) / (high - low)) ** gamma
        if controls[0] > 0:
            controls, colors = np.r_[0, controls], np.vstack([colors[:1], colors])
        if controls[-1] < 1:
            controls, colors = np.r_[controls, 1], np.vstack([colors, colors[-1:]])
        interpolation = "linear"
    controls[0], controls[-1] = 0, 1
    return {
        "colormap": Colormap(
            np.column_stack([colors, np.ones(len(colors))]),
            name=name,
            controls=controls,
            interpolation=interpolation,
        ),
        "contrast_limits": (low, high),
        "gamma": gamma,
    }


def plain_display(values: np.ndarray, name: str = "viridis") -> dict[str, Any]:
    """``colormap`` and ``contrast_limits`` of values that have no colour scale of their own."""
    finite = np.asarray(values)[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    return {"colormap": name, "contrast_limits": (low, high if high > low else low + 1), "gamma": 1}


def named(
    figure: str, role: str, place: Mapping[str, Any] | None, provenance: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Name, provenance and placement of a layer."""
    about = {"figure": figure, "role": role, **(provenance or {})}
    return {
        "name": layer_name(figure, role),
        "metadata": {PROVENANCE: about},
        **(place or {}),
    }


def _stacked(place: Mapping[str, Any] | None, ndim: int) -> dict[str, Any]:
    """A placement of the last two axes, with the axes before them left as they are."""
    place = dict(place or {})
    more = ndim - 2
    if more <= 0 or not place:
        return place
    place["translate"] = np.r_[np.zeros(more), np.asarray(place["translate"])]
    if "scale" in place:
        place["scale"] = np.r_[np.ones(more), np.asarray(place["scale"])]
    for unused in ("rotate", "shear", "affine", "units", "axis_labels"):
        place.pop(unused, None)
    return place


def data_layer(
    field: Field,
    figure: str,
    place: Mapping[str, Any] | None = None,
    provenance: Mapping[str, Any] | None = None,
) -> LayerData:
    """``<fig> data``: the values in the figure's own colours, NaN transparent."""
    display = (
        scale_display(field.scale, layer_name(figure, "data"))
        if field.scale is not None
        else plain_display(field.values)
    )
    attributes = named(figure, "data", _stacked(place, field.values.ndim), provenance)
    attributes["metadata"][SOURCE] = field
    return field.values, {**attributes, **display, "blending": "translucent_no_depth"}, "image"


def sigma_layer(
    field: Field,
    figure: str,
    place: Mapping[str, Any] | None = None,
    provenance: Mapping[str, Any] | None = None,
) -> LayerData:
    """``<fig> sigma``: standard uncertainty in value units."""
    attributes = named(figure, "sigma", _stacked(place, field.sigma.ndim), provenance)
    span = abs(field.scale.vmax - field.scale.vmin) if field.scale is not None else 1.0
    high = 0.05 * span or 1.0
    if isinstance(field.sigma, np.ndarray) and np.isfinite(field.sigma).any():
        high = float(np.nanpercentile(field.sigma, 98)) or high
    return (
        field.sigma,
        {**attributes, "colormap": "magma", "contrast_limits": (0.0, high), "visible": False},
        "image",
    )


def light_layer(
    field: Field,
    figure: str,
    place: Mapping[str, Any] | None = None,
    provenance: Mapping[str, Any] | None = None,
) -> LayerData:
    """``<fig> light``: the light, or the grey beneath, that was taken out of the colours."""
    assert field.mixture is not None
    light = field.mixture.light
    assert light is not None
    attributes = named(figure, "light", _stacked(place, light.ndim), provenance)
    display = {"colormap": "gray", "contrast_limits": (0.0, 1.0), "visible": False}
    return light, {**attributes, **display}, "image"


def cells_layer(
    grid: CellGrid,
    field: Field,
    figure: str,
    place: Mapping[str, Any] | None = None,
    provenance: Mapping[str, Any] | None = None,
) -> LayerData:
    """``<fig> cells``: one value a cell, each as large as the cell it was read from.

    Unevenly spaced cells are placed as if they were even, for napari's layers have one pitch.
    """
    pitch = np.array([np.ptp(edges) / (len(edges) - 1) for edges in (grid.y_edges, grid.x_edges)])
    # the first cell's centre, in pixel centres of the field
    first = np.array([grid.y_edges[0], grid.x_edges[0]]) + (pitch - 1) / 2
    attributes = named(figure, "cells", place, provenance)
    step = np.asarray(attributes.get("scale", np.ones(2)), float)
    corner = Image(np.zeros((2, 2)), **_transform(attributes))
    shift = np.asarray(corner.data_to_world(first)) - np.asarray(corner.data_to_world((0, 0)))
    affine = np.asarray(attributes.get("affine", np.eye(3)))[:2, :2]
    attributes["translate"] = np.asarray(
        attributes.get("translate", np.zeros(2)), float
    ) + np.linalg.solve(affine, shift)
    attributes["scale"] = step * pitch
    display = (
        scale_display(field.scale, layer_name(figure, "cells"))
        if field.scale is not None
        else plain_display(grid.values)
    )
    return grid.values, {**attributes, **display, "blending": "translucent_no_depth"}, "image"


def _transform(attributes: Mapping[str, Any]) -> dict[str, Any]:
    keys = ("scale", "rotate", "shear", "translate", "affine")
    return {key: attributes[key] for key in keys if key in attributes}


def flags_layer(
    field: Field,
    figure: str,
    place: Mapping[str, Any] | None = None,
    provenance: Mapping[str, Any] | None = None,
) -> LayerData:
    """``<fig> flags``: why a pixel was not read or is special, one label a reason."""
    import pandas as pd

    def labels_of(flags: np.ndarray) -> np.ndarray:
        labels = np.zeros(flags.shape, np.uint8)
        for number, flag in enumerate(REASONS, start=1):
            labels[(flags & int(flag)) != 0] = number
        return labels

    flags = field.flags
    labels = labels_of(flags) if isinstance(flags, np.ndarray) else flags.map_blocks(labels_of)
    colors: dict[int | None, Any] = {None: "transparent", 0: "transparent"}
    colors |= {number: color for number, (_, color) in enumerate(REASONS.values(), start=1)}
    features = pd.DataFrame(
        {
            "index": range(len(REASONS) + 1),
            "reason": ["read", *(words for words, _ in REASONS.values())],
        }
    )
    return (
        labels,
        {
            **named(figure, "flags", _stacked(place, flags.ndim), provenance),
            "colormap": DirectLabelColormap(color_dict=colors),
            "features": features,
            "visible": False,
        },
        "labels",
    )


def mask_layer(
    mask: np.ndarray,
    figure: str,
    place: Mapping[str, Any] | None = None,
    provenance: Mapping[str, Any] | None = None,
) -> LayerData:
    """``<fig> gradient mask``: 1 where the field is flat."""
    colors = {None: "transparent", 0: "transparent", 1: "#ff9f1c"}
    return (
        np.asarray(mask).astype(np.uint8),
        {
            **named(figure, "mask", place, provenance),
            "colormap": DirectLabelColormap(color_dict=colors),
            "opacity": 0.6,
        },
        "labels",
    )


def clusters_layer(
    labels: np.ndarray,
    figure: str,
    place: Mapping[str, Any] | None = None,
    provenance: Mapping[str, Any] | None = None,
) -> LayerData:
    """``<fig> clusters``: 0 none, 1.. the clusters."""
    attributes = named(figure, "clusters", place, provenance)
    return np.array(labels), {**attributes, "opacity": 0.7}, "labels"


def points_layer(
    points: pd.DataFrame,
    figure: str,
    scale: ColorScale | None = None,
    place: Mapping[str, Any] | None = None,
    provenance: Mapping[str, Any] | None = None,
    shape: tuple[int, int] | None = None,
) -> LayerData:
    """``<fig> centroids``: one point a row of the table, faces coloured by value."""
    attributes = named(figure, "centroids", place, provenance)
    told = {key: points.attrs[key] for key in FOR_POINTS if key in points.attrs}
    attributes["metadata"][PROVENANCE] |= told
    values = np.asarray(points["value"], float)
    name = layer_name(figure, "centroids")
    display = (
        scale_display(scale, name, spread=False) if scale is not None else plain_display(values)
    )
    extent = max(shape) if shape is not None else 400
    size = float(np.clip(extent / np.sqrt(max(len(points), 1)) / 3, extent / 160, extent / 50))
    return (
        points[["row", "col"]].to_numpy(float),
        {
            **attributes,
            "features": points.reset_index(drop=True),
            "face_color": "value",
            "face_colormap": display["colormap"],
            "face_contrast_limits": display["contrast_limits"],
            "size": size,
            "border_color": "black",
            "border_width": 0.12,
        },
        "points",
    )


def reconstruction_layer(
    again: np.ndarray,
    figure: str,
    scale: ColorScale | None = None,
    place: Mapping[str, Any] | None = None,
    provenance: Mapping[str, Any] | None = None,
    role: str = "reconstruction",
) -> LayerData:
    """``<fig> reconstruction``: the field rebuilt from the points, in the figure's colours."""
    name = layer_name(figure, role)
    display = scale_display(scale, name) if scale is not None else plain_display(again)
    attributes = named(figure, role, place, provenance)
    return again, {**attributes, **display, "blending": "translucent_no_depth"}, "image"


def difference_layer(
    difference: np.ndarray,
    figure: str,
    place: Mapping[str, Any] | None = None,
    provenance: Mapping[str, Any] | None = None,
) -> LayerData:
    """``<fig> difference``: reconstruction minus data, diverging colours centred at 0."""
    from cmap import Colormap as NamedColormap

    finite = np.abs(difference[np.isfinite(difference)])
    # single wrong pixels must not wash out the picture: the brightest 0.5 % may saturate
    limit = float(np.percentile(finite, 99.5)) if finite.size else 0.0
    limit = limit or float(finite.max(initial=0.0)) or 1.0
    colors = np.asarray(NamedColormap("crameri:vik")(np.linspace(0, 1, 257)))
    return (
        difference,
        {
            **named(figure, "difference", place, provenance),
            "colormap": Colormap(colors, name=layer_name(figure, "difference")),
            "contrast_limits": (-limit, limit),
            "blending": "translucent_no_depth",
        },
        "image",
    )
