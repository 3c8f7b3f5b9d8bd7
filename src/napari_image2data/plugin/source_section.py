"""First step of the single-step docks: which decoded layer to work on."""

from __future__ import annotations

from typing import Any

import numpy as np
from magicgui.widgets import ComboBox
from napari.layers import Image, Labels, Points

from napari_image2data.decode.field import Field
from napari_image2data.errors import Image2DataError
from napari_image2data.plugin.controls import Section, refresh_choices
from napari_image2data.plugin.layers import FOR_POINTS, PROVENANCE, SOURCE
from napari_image2data.plugin.session import Session

ROLES = {"mask": "gradient mask", "centroids": "points"}


class SourceSection(Section):
    """Choose a layer of values (and of flat pixels, or points) that is there already.

    Parameters
    ----------
    session : Session
    needs : tuple of {"mask", "centroids"}
        What the dock's step needs beside the values.
    """

    def __init__(self, session: Session, needs: tuple[str, ...] = ()) -> None:
        super().__init__("Source", "Works on a layer of values, decoded or any other.")
        self.session = session
        session.on_values = True
        session.set_figure(None)
        self.values = ComboBox(
            label="values", choices=self._values, tooltip="A two-dimensional layer of values"
        )
        self.extra = {
            role: ComboBox(
                label=ROLES[role],
                choices=self._masks if role == "mask" else self._points,
                nullable=True,
                tooltip=f"The layer that holds the {ROLES[role]}",
            )
            for role in needs
        }
        self.form.extend([self.values, *self.extra.values()])
        self.values.changed.connect(self.take)
        for box in self.extra.values():
            box.changed.connect(self.take)
        layers = session.viewer.layers
        layers.events.inserted.connect(self._on_layers)
        layers.events.removed.connect(self._on_layers)
        layers.selection.events.active.connect(self._on_active)
        self._select_active()
        self.take()

    def close_section(self) -> None:
        """Let go of the viewer."""
        layers = self.session.viewer.layers
        layers.events.inserted.disconnect(self._on_layers)
        layers.events.removed.disconnect(self._on_layers)
        layers.selection.events.active.disconnect(self._on_active)

    def _layers(self, kind: type) -> list[Any]:
        return [layer for layer in self.session.viewer.layers if isinstance(layer, kind)]

    def _values(self, widget: Any = None) -> list[Any]:
        return [
            (layer.name, layer)
            for layer in self._layers(Image)
            if not layer.rgb
            and layer.metadata.get(PROVENANCE, {}).get("role", "data") in ("data", "reconstruction")
        ]

    def _masks(self, widget: Any = None) -> list[Any]:
        return [(layer.name, layer) for layer in self._layers(Labels)]

    def _points(self, widget: Any = None) -> list[Any]:
        return [(layer.name, layer) for layer in self._layers(Points) if "value" in layer.features]

    def reset_choices(self, *args: Any) -> None:
        """Ask the choices again (napari calls this when layers come, go or are renamed)."""
        before = self.values.value
        for box in (self.values, *self.extra.values()):
            refresh_choices(box, box.value)
        if self.values.value is not before:
            self.take()

    def _on_layers(self, event: Any) -> None:
        self.reset_choices()

    def _on_active(self, event: Any) -> None:
        if self._select_active():
            self.take()

    def _select_active(self) -> bool:
        """Choose the layer that is selected in napari, where it fits."""
        active = self.session.viewer.layers.selection.active
        if active is None:
            return False
        # a dock that adds its result selects it for a moment: only what a step begins with counts
        role = active.metadata.get(PROVENANCE, {}).get("role")
        changed = False
        for wanted, box in {"data": self.values, **self.extra}.items():
            if role in (None, wanted) and active in box.choices and box.value is not active:
                with box.changed.blocked():
                    box.value = active
                changed = True
        return changed

    def take(self) -> None:
        """Give the chosen layers to the session."""
        session = self.session
        layer = self.values.value
        if layer is None:
            self.note.say("No layer of values yet; make one with the dock 'Decode colors'.")
            session.set_figure(None)
            return
        self.note.say("")
        session.set_figure(layer)
        field = field_of(layer)
        state = session.state
        if state.field is None or state.field.values is not field.values:
            session.forget("field")
            state.field = field
            state.layers["data"] = layer
            session.changed.emit("field")
        session.guarded(self._take_extra)

    def _take_extra(self) -> None:
        state = self.session.state
        assert state.field is not None
        shape = tuple(state.field.values.shape[-2:])
        for role, box in self.extra.items():
            layer = box.value
            if layer is None:
                continue
            if role == "mask":
                mask = np.asarray(layer.data) > 0
                if mask.shape != shape:
                    raise Image2DataError(
                        f"The mask {layer.name!r} has {mask.shape} pixels and the values {shape}; "
                        "choose the two that belong together."
                    )
                state.mask = mask
                self.session.changed.emit("mask")
            else:
                points = layer.features.copy()
                points["row"], points["col"] = np.asarray(layer.data)[:, -2:].T
                about = layer.metadata.get(PROVENANCE, {})
                points.attrs = {key: about[key] for key in FOR_POINTS if key in about}
                state.points = points
                self.session.changed.emit("points")


def field_of(layer: Image) -> Field:
    """The Field that a layer of values holds, or a plain one around its values."""
    kept = layer.metadata.get(SOURCE)
    if isinstance(kept, Field) and kept.values is layer.data:
        return kept
    values = np.asarray(layer.data, np.float32)
    return Field(
        values=values,
        distance=np.zeros_like(values),
        sigma=np.full_like(values, np.nan),
        flags=np.zeros(values.shape, np.uint8),
        x=np.arange(values.shape[-1]) + 0.5,
        y=np.arange(values.shape[-2]) + 0.5,
        scale=None,
        box=(0, 0, values.shape[-1], values.shape[-2]),
    )
