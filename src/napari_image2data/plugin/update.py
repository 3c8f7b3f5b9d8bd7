"""Layers into a viewer: update the one that is there in place, or add it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Layer

from napari_image2data.plugin.layers import PROVENANCE, LayerData

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari.components import LayerList, ViewerModel

WITH_BAR = ("data", "sigma", "difference")
"""Pictures that show a colour bar; the others' is the data's."""

_KINDS = {"image": "Image", "labels": "Labels", "points": "Points", "shapes": "Shapes"}
_PLACE = ("affine", "scale", "rotate", "shear", "translate", "units")
_DISPLAY = ("colormap", "gamma", "contrast_limits")
_LIMITS = "limits"
"""Where provenance keeps the limits that a picture was given, to tell them from a person's."""


def add_or_update(
    viewer: ViewerModel, layer_data: LayerData, previous: Layer | None = None
) -> Layer:
    """Show a layer: update the one that is there, or add it.

    Parameters
    ----------
    viewer : ViewerModel
    layer_data : tuple
        ``(data, attributes, kind)`` from a ``*_layer`` function.
    previous : Layer or None
        The layer that showed this before; it is updated even when it was renamed since. Without
        it a layer of the same name *and* kind is updated; a layer of the same name but another
        kind is left alone and the new one gets a number behind its name.

    Returns
    -------
    Layer
        What the user chose on an updated layer (visibility, opacity, limits) stays, unless the
        colour scale itself changed. Limits that were not touched follow the values.
    """
    data, attributes, kind = layer_data
    if kind == "image":
        about = attributes["metadata"][PROVENANCE]
        limits = [float(limit) for limit in attributes["contrast_limits"]]
        metadata = {**attributes["metadata"], PROVENANCE: {**about, _LIMITS: limits}}
        attributes = {**attributes, "metadata": metadata}
    if previous is not None and previous in viewer.layers:
        layer: Layer | None = previous
    else:
        name = attributes["name"]
        layer = viewer.layers[name] if name in viewer.layers else None  # noqa: SIM401
    if layer is None or type(layer).__name__ != _KINDS[kind] or layer.ndim != _ndim(data, kind):
        layer = Layer.create(data, attributes, kind)
        viewer.add_layer(layer)
        if kind == "image":
            layer.colorbar.visible = attributes["metadata"][PROVENANCE]["role"] in WITH_BAR
        return layer
    _update(layer, data, attributes, kind)
    return layer


def put_above(layers: LayerList, layer: Layer, below: Iterable[Any], *, is_new: bool) -> None:
    """Move a layer to directly above these, if it is below one of them.

    One that lies above already stays where the user put it, unless it is new: then what napari
    has placed in between (points, masks) goes on top of it.
    """
    under = (each for each in below if each in layers and each is not layer)
    floor = max((layers.index(each) for each in under), default=-1)
    at = layers.index(layer)
    if at < floor or (is_new and at > floor + 1):
        layers.move(at, floor + 1)


def _ndim(data: Any, kind: str) -> int:
    return int(np.shape(data)[1]) if kind == "points" else len(np.shape(data))


def _fits_in(old: Any, new: Any) -> bool:
    """Whether the pixels of one array can be written into the other."""
    arrays = isinstance(old, np.ndarray) and isinstance(new, np.ndarray)
    return arrays and old.shape == new.shape and old.dtype == new.dtype and old.flags.writeable


def _is_placed(layer: Layer, key: str, value: Any) -> bool:
    """Whether a layer has this placement already: setting it anew costs as much as changing it."""
    if key == "units":
        return tuple(map(str, layer.units)) == tuple(map(str, value))
    present = layer.affine.affine_matrix if key == "affine" else getattr(layer, key)
    return np.array_equal(np.asarray(present), np.asarray(value))


def _update(layer: Layer, data: Any, attributes: dict[str, Any], kind: str) -> None:
    new = attributes["metadata"]
    old = dict(layer.metadata)
    same_scale = old.get(PROVENANCE, {}).get("scale") == new[PROVENANCE].get("scale")
    if kind == "points":
        # each change would draw all points anew, which is what a slider would wait for
        with layer.events.blocker_all():
            layer.selected_data = set()
            layer.data = data
            if not layer.visible:
                layer.set_view_slice()  # else colours are asked of points that are gone
            layer.features = attributes["features"]
            layer.face_colormap = attributes["face_colormap"]
            layer.face_contrast_limits = attributes["face_contrast_limits"]
            layer.face_color = "value"
            layer.size = attributes["size"]
            layer.border_color = attributes["border_color"]
        layer.refresh()
        layer.events.features()  # a table of them follows
    else:
        if kind == "labels" and _fits_in(layer.data, data):
            # a new array makes napari work out the extent of everything anew, which is what a
            # slider would wait for
            layer.data[...] = data
            layer.refresh(extent=False)
        else:
            layer.data = data
        if kind == "labels" and "features" in attributes:
            layer.features = attributes["features"]
        if kind == "image":
            kept = same_scale and "scale" in new[PROVENANCE]
            untouched = np.array_equal(
                layer.contrast_limits, old.get(PROVENANCE, {}).get(_LIMITS, ())
            )
            for key in ("contrast_limits",) * untouched if kept else _DISPLAY:
                if key in attributes:
                    setattr(layer, key, attributes[key])
    for key in _PLACE:
        if key in attributes and not _is_placed(layer, key, attributes[key]):
            setattr(layer, key, attributes[key])
    layer.metadata = {**old, **new}
