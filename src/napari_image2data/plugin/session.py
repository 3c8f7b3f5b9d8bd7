"""Session: the state behind a dock: which figure, what was chosen, what came out.

The docks' sections read and write a session and listen to its signals; it holds no control. All
heavy calls go through its `Jobs`, all layers through `show`. What belongs to a figure is kept
with that figure, so going to another one and back loses nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image, Layer
from psygnal import Signal

from napari_image2data.errors import FigureError, Image2DataError
from napari_image2data.plugin import layers as as_layers
from napari_image2data.plugin.boxes import COLOR_BAR, PLOT_AREA, BoxEditor, first_box, free_corner
from napari_image2data.plugin.choices import (
    Choices,
    field_plane,
    picture_of,
    picture_size,
)
from napari_image2data.plugin.jobs import Jobs
from napari_image2data.plugin.state import NEEDS, STEPS, State
from napari_image2data.plugin.update import add_or_update, put_above

if TYPE_CHECKING:
    from napari_image2data.decode.field import Field

Then = Callable[[], None] | None
"""What to do after a step has succeeded."""

OF_A_FRAME = ("cells", "mask", "clusters", "centroids", "reconstruction", "difference", "swipe")
"""Layers that are made of the frame on view when the figure is a stack."""

PICTURES = ("data", "light", "cells", "reconstruction", "difference", "swipe")
"""Layers that cover the figure, from the lowest to the highest."""


class Session:
    """What a dock works on.

    Signals
    -------
    figure_changed()
        Another figure layer, or none.
    changed(what)
        One of `STEPS` is new, or gone.
    said(sentence, is_error)
        One line for the dock's foot.
    """

    figure_changed = Signal()
    changed = Signal(str)
    said = Signal(str, bool)

    def __init__(self, viewer: ViewerModel) -> None:
        # napari hands docks a proxy of the viewer, whose layers are new proxies at every look:
        # layers could neither be compared nor kept by identity
        self.viewer: ViewerModel = getattr(viewer, "__wrapped__", viewer)
        viewer = self.viewer
        self.closed = False
        self.jobs = Jobs()
        self.boxes = BoxEditor(self.viewer)
        self.figure: Image | None = None
        self.data_coordinates = False
        self.on_values = False
        """The figure is a layer of values already, not a picture (docks of a single step)."""
        self._frame: tuple[int, ...] | None = None
        self._plane: tuple[Any, tuple[int, ...], Any] | None = None
        self._states: WeakKeyDictionary[Image, State] = WeakKeyDictionary()
        self._nothing = State()
        self.jobs.failed.connect(self._on_failed)
        self.boxes.moved.connect(self._on_box_moved)
        viewer.layers.selection.events.active.connect(self._on_active)
        viewer.layers.events.removed.connect(self._on_removed)
        viewer.dims.events.current_step.connect(self._on_step)
        self._on_active()

    # ---- the figure -------------------------------------------------------------------------

    @property
    def state(self) -> State:
        """State of the present figure; an empty one when there is none."""
        if self.figure is None:
            return self._nothing
        state = self._states.get(self.figure)
        if state is None:
            state = self._states[self.figure] = State(name=self.figure.name)
            # napari makes a doubled name unique first
            self.figure.events.name.connect(self._on_renamed, position="last")
        return state

    @property
    def choices(self) -> Choices:
        """Choices of the present panel."""
        return self.state.panels[self.state.panel]

    def figure_layers(self) -> list[Image]:
        """Image layers that can be a figure: all but those that this plugin made."""
        return [layer for layer in self.viewer.layers if is_figure(layer)]

    def set_figure(self, layer: Image | None) -> None:
        """Work on this layer."""
        if layer is self.figure:
            return
        self.jobs.cancel()
        self.boxes.release()
        self.figure = layer
        self._nothing = State()
        self.figure_changed.emit()
        for what in STEPS:
            self.changed.emit(what)
        if layer is not None and "boxes" in self.state.layers:
            self.show_boxes()

    def _on_active(self, event: Any = None) -> None:
        if self.on_values:
            return
        active = self.viewer.layers.selection.active
        if active is not None and is_figure(active):
            self.set_figure(active)
        elif self.figure is None and (figures := self.figure_layers()):
            self.set_figure(figures[-1])

    def _on_removed(self, event: Any) -> None:
        gone = event.value
        if gone is self.boxes.layer:
            self.boxes.release()
        for state in list(self._states.values()):
            state.layers = {
                role: layer for role, layer in state.layers.items() if layer is not gone
            }
        if gone is self.figure:
            figures = [] if self.on_values else self.figure_layers()
            if figures:
                self._leave(gone, figures[-1])
            else:
                self.set_figure(None)

    def _leave(self, gone: Image, figure: Image) -> None:
        """Go on with another figure: what was made from the one that is gone is out of the way."""
        left = as_layers.layers_of(self.viewer, gone.name)
        for layer in left:
            layer.visible = False
        self.set_figure(figure)
        figure.visible = True
        self.viewer.layers.selection.select_only(figure)
        self.viewer.reset_view()
        hidden = " Its layers are hidden, not deleted." if left else ""
        self.say(f"{gone.name!r} was removed.{hidden} Now at {figure.name!r}.")

    def _on_renamed(self, event: Any) -> None:
        """Rename a figure's layers with it, but those that have a name of their own."""
        figure = event.source
        state = self._states.get(figure)
        if state is None or state.name == figure.name:
            return
        old, state.name = state.name, figure.name
        for layer in as_layers.layers_of(self.viewer, old):
            about = layer.metadata[as_layers.PROVENANCE]
            layer.metadata = {
                **layer.metadata,
                as_layers.PROVENANCE: {**about, "figure": figure.name},
            }
            if layer.name == as_layers.layer_name(old, about["role"]):
                layer.name = as_layers.layer_name(figure.name, about["role"])

    def layers_changed(self) -> None:
        """Take a figure when there is one to take and none is chosen."""
        if not self.on_values and self.figure is None and (figures := self.figure_layers()):
            self.set_figure(figures[-1])

    def need_figure(self) -> Image:
        """Return the figure layer; raises FigureError when there is none."""
        if self.figure is None:
            raise FigureError(
                "There is no figure; drop a picture file onto napari "
                "or choose File > Open Sample > Image to data."
            )
        return self.figure

    def picture(self) -> Any:
        """The picture (or lazy stack of pictures) of the figure layer."""
        return picture_of(self.need_figure())

    def first_picture(self) -> np.ndarray:
        """The picture that is on view: the figure, or the present frame of a stack."""
        figure = self.need_figure()
        picture = picture_of(figure)
        color = 1 if picture.shape[-1] in (3, 4) else 0
        ahead = picture.shape[: picture.ndim - 2 - color]
        steps = tuple(self.viewer.dims.current_step)[-len(ahead) - 2 :]
        index = tuple(min(step, size - 1) for step, size in zip(steps, ahead, strict=False))
        return np.asarray(picture[index])

    # ---- messages ---------------------------------------------------------------------------

    def say(self, sentence: str) -> None:
        """Show a line of good news."""
        self.said.emit(sentence, False)

    def fail(self, error: Image2DataError | str) -> None:
        """Show what was wrong: a line in the dock and one notification."""
        from napari.utils.notifications import show_error

        self.said.emit(str(error), True)
        show_error(str(error))

    def guarded(self, action: Callable[[], Any]) -> Any:
        """Do something that bad input can stop; None when it did."""
        try:
            return action()
        except Image2DataError as error:
            self.fail(error)
            return None

    def _on_failed(self, sentence: str) -> None:
        self.fail(sentence)

    # ---- panels -----------------------------------------------------------------------------

    def set_panel(self, index: int) -> None:
        """Work on another panel of the figure."""
        if index != self.state.panel and 0 <= index < len(self.state.panels):
            self.state.panel = index
            self.forget("field")
            self.changed.emit("choices")
            self.show_boxes()

    def correct(self, **values: Any) -> None:
        """Take a person's correction of the choices."""
        if self.choices.correct(**values):
            self.changed.emit("choices")
            if values.keys() & {"plot_box", "bar_box"}:
                self.show_boxes()

    # ---- boxes ------------------------------------------------------------------------------

    def show_boxes(self) -> None:
        """Draw the present panel's boxes over the figure."""
        if self.figure is None:
            return
        found = {PLOT_AREA: self.choices.plot_box, COLOR_BAR: self.choices.bar_box}
        boxes = {role: box for role, box in found.items() if box is not None}
        if not boxes and "boxes" not in self.state.layers:
            return
        self.state.layers["boxes"] = self.boxes.show(
            boxes,
            self.figure.name,
            picture_size(self.figure),
            as_layers.figure_placement(self.figure),
            self.state.layers.get("boxes"),
        )

    def mark(self, role: str) -> None:
        """Draw a rectangle for a role that has none yet, for the user to drag; select it."""
        figure = self.guarded(self.need_figure)
        if figure is None:
            return
        name = "plot_box" if role == PLOT_AREA else "bar_box"
        if getattr(self.choices, name) is None:
            self.correct(**{name: first_box(role, picture_size(figure))})
        self.show_boxes()
        layer = self.state.layers["boxes"]
        layer.visible = True
        self.viewer.layers.selection.active = layer
        layer.mode = "select"

    def _on_box_moved(self, role: str, box: tuple[float, float, float, float]) -> None:
        name = "plot_box" if role == PLOT_AREA else "bar_box"
        if self.choices.correct(**{name: box}):
            self.changed.emit("choices")

    # ---- results ----------------------------------------------------------------------------

    def forget(self, first: str) -> None:
        """Drop the results from ``first`` on: they no longer fit. Their layers stay.

        What is at work on one of these is dropped with it: its result would fit nothing.
        """
        dropped = self.state.forget(first)
        self.jobs.drop(*(job for job, needed in NEEDS.items() if needed in dropped))
        for step in dropped:
            self.changed.emit(step)

    def record(self, step: str, **options: Any) -> None:
        """Keep a step's options for the recipe; what came after it is dropped from there."""
        self.state.record(step, options)

    def _on_step(self, event: Any = None) -> None:
        """Another frame of a stack: what was made of the one before is made anew, or hidden."""
        state = self.state
        if self.on_values or state.field is None or state.field.values.ndim < 3:
            return
        ahead = state.field.values.ndim - 2
        frame = tuple(self.viewer.dims.current_step)[-ahead - 2 :][:ahead]
        if frame == self._frame:
            return
        first, self._frame = self._frame is None, frame
        made = any(role in state.layers for role in OF_A_FRAME)
        if first and not made:
            return
        self.forget("mask")
        state.cells = None
        self.changed.emit("field")  # the steps that were run run again
        again = bool(state.live & {"mask", "cluster", "reduce", "cells"})
        if again and made:
            self.say("Another frame: flat pixels, points and what follows are made anew.")
        elif made:
            self.put_away(*OF_A_FRAME)
            self.say("Another frame: the layers made of the one before are hidden.")

    def put_away(self, *roles: str) -> None:
        """Hide these layers until they are made anew; what a person has hidden stays hidden."""
        for role in roles:
            layer = self.state.layers.get(role)
            if layer is not None and layer.visible:
                layer.visible = False
                self.state.put_away.add(role)

    def has_values(self) -> bool:
        """Whether any pixel on view has a value; what is lazy is not worked out for this."""
        if self.state.field is None:
            return False
        values = self.need_field().values
        return not isinstance(values, np.ndarray) or bool(np.isfinite(values).any())

    def need_field(self) -> Field:
        """The decoded picture on view; raises when nothing is decoded yet."""
        if self.state.field is None:
            raise FigureError("Nothing is decoded yet; press 'Decode' first.")
        return self.shown_plane(self.state.field)

    def need(self, result: str, words: str) -> Any:
        """The result of this name; raises FigureError with these words when there is none yet."""
        found = getattr(self.state, result)
        if found is None:
            raise FigureError(words)
        return found

    def shown_plane(self, field: Field) -> Field:
        """The picture of a decoded stack that is on view; kept until another one is."""
        index = tuple(self.viewer.dims.current_step)
        if self._plane is None or self._plane[0] is not field or self._plane[1] != index:
            self._plane = (field, index, field_plane(field, index))
        return self._plane[2]

    def span(self) -> float:
        """Range of the values: the scale's, or that of the values where there is no scale."""
        field = self.need_field()
        if field.scale is not None:
            return abs(float(field.scale.vmax) - float(field.scale.vmin))
        finite = field.values[np.isfinite(field.values)]
        return float(np.ptp(finite)) if finite.size else 1.0

    def place(self) -> dict[str, Any]:
        """Where layers on the decoded pixels lie: over the figure, or at their axes' values."""
        field = self.state.field
        if field is None or self.on_values:
            return as_layers.figure_placement(self.figure)
        if self.data_coordinates:
            place = as_layers.axis_placement(field)
            if place is None:
                raise FigureError(
                    "An axis is not evenly spaced (a log axis?), so napari cannot place layers "
                    "at its values; switch 'place at axis values' off."
                )
            return place
        box = field.box or (0, 0, 0, 0)
        return as_layers.figure_placement(self.figure, (box[1], box[0]))

    def provenance(self) -> dict[str, Any]:
        """Where the present results come from, as plain values."""
        return self.state.provenance(self.choices.unit)

    def show(self, role: str, layer_data: as_layers.LayerData) -> Layer:
        """Add or update the figure's layer of this role, without taking the selection."""
        selection = self.viewer.layers.selection
        active = selection.active
        shown = self.state.layers
        kind = layer_data[2]
        layer = add_or_update(self.viewer, layer_data, shown.get(role))
        is_new = shown.get(role) is not layer
        shown[role] = layer
        if role in self.state.put_away and role not in self.state.hidden_to_compare:
            self.state.put_away.discard(role)
            layer.visible = True
        if role in PICTURES:
            self.uncover(role, is_new=is_new)
        if is_new and kind == "image" and self.figure is not None:
            layer.colorbar.position = free_corner(self.choices.bar_box, picture_size(self.figure))
        if active is not None and active in self.viewer.layers:
            selection.select_only(active)
        return layer

    def uncover(self, role: str, *, is_new: bool = False) -> None:
        """Put a picture directly above the figure and the pictures before it, if it is below.

        Points and masks stay on top of a new picture; one that lies above already stays where
        the user put it.
        """
        layers, shown = self.viewer.layers, self.state.layers
        before = [shown[each] for each in PICTURES[: PICTURES.index(role)] if each in shown]
        drawn = layers[self.name()] if self.name() in layers else self.figure  # noqa: SIM401
        put_above(layers, shown[role], (drawn, *before), is_new=is_new)

    def name(self) -> str:
        """Name of the figure, which the names of all its layers begin with."""
        if self.figure is None:
            return "figure"
        about = self.figure.metadata.get(as_layers.PROVENANCE, {})
        return str(about.get("figure", self.figure.name))

    def close(self) -> None:
        """Stop working and let go of the viewer."""
        self.closed = True
        self.jobs.close()
        self.boxes.release()
        self.viewer.layers.selection.events.active.disconnect(self._on_active)
        self.viewer.layers.events.removed.disconnect(self._on_removed)
        self.viewer.dims.events.current_step.disconnect(self._on_step)
        for figure in list(self._states):
            figure.events.name.disconnect(self._on_renamed)


def is_figure(layer: Any) -> bool:
    """Whether a layer can be a figure: an image that this plugin did not make."""
    return isinstance(layer, Image) and as_layers.PROVENANCE not in layer.metadata
