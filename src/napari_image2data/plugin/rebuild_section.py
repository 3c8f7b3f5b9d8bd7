"""Step 6 of the docks: is the data in the points? Rebuild, compare, look."""

from __future__ import annotations

import numpy as np
from magicgui.widgets import ComboBox, Container, FloatSlider
from qtpy.QtCore import QTimer

from napari_image2data.plugin import layers as as_layers
from napari_image2data.plugin import reduce_steps
from napari_image2data.plugin.controls import Section, button, counts, tight
from napari_image2data.plugin.session import Session, Then

OVER = ("mask", "clusters", "centroids")
"""Layers that lie over the pictures that are compared."""


class RebuildSection(Section):
    """Rebuild from the points, compare with the data, flicker or swipe between them."""

    def __init__(
        self, session: Session, title: str = "6  Reconstruct and compare", *, folded: bool = True
    ) -> None:
        super().__init__(
            title, "Interpolates the field back from the points alone and compares.", folded=folded
        )
        self.session = session
        self.method = ComboBox(
            label="method",
            choices=[
                ("as the points need", "auto"),
                ("linear", "linear"),
                ("cubic", "cubic"),
                ("nearest", "nearest"),
                ("rbf", "rbf"),
            ],
            tooltip="How to interpolate between the points; points of flat cells need 'nearest', "
            "others are for 'linear'",
        )
        self.form.append(self.method)
        self.rebuild = button("Reconstruct", "Rebuild the field and compare", primary=True)
        self.look = ComboBox(
            label="look",
            choices=[
                ("at the data", "data"),
                ("at the reconstruction", "reconstruction"),
                ("at the difference", "difference"),
                ("at both in turn (flicker)", "flicker"),
                ("at both side by side (swipe)", "swipe"),
            ],
            tooltip="What to show, to see where they differ",
        )
        self.edge = FloatSlider(
            label="edge", min=0, max=1, step=0.01, value=0.5, tooltip="Left: data; right: rebuilt"
        )
        self.below.append(self.rebuild)
        view = Container(widgets=[self.look, self.edge], labels=True)
        tight(view)
        self.below.append(view)
        self._timer = QTimer(self.native)  # goes with the widgets that it changes
        self._timer.setInterval(600)
        self._timer.timeout.connect(self._blink)
        self._set_view(False)

        self.rebuild.changed.connect(self.run)
        self.method.changed.connect(self._again)
        self.look.changed.connect(self._on_look)
        self.edge.changed.connect(self._swipe)
        session.changed.connect(self._on_changed)
        session.figure_changed.connect(self._stop)

    def run(self, then: Then = None) -> None:
        """Rebuild with the controls' options."""
        self.session.state.live.add("rebuild")
        method = self.method.value
        options = {} if method == "auto" else {"method": method}
        reduce_steps.rebuild(self.session, then=then if callable(then) else None, **options)

    def _again(self) -> None:
        if "rebuild" in self.session.state.live and self.session.state.points is not None:
            self.run()

    def _on_changed(self, what: str) -> None:
        if what == "points":
            self._again()
        elif what == "rebuilt":
            report = self.session.state.report
            self.done = report is not None
            self.note.say("" if report is None else self._words())
            if report is not None:
                self._set_view(True)
                self._on_rebuilt()
            elif "rebuild" not in self.session.state.live:
                self._set_view(False)

    def _words(self) -> str:
        state = self.session.state
        report, points = state.report, state.points
        assert points is not None
        chosen = state.steps.get("reconstruct", {}).get("method")
        method = chosen or points.attrs.get(as_layers.METHOD, "linear")
        return (
            f"{counts(report.pixels, len(points), report.relative_rmse)} of the range "
            f"({method}, {report.compression:.0f} : 1); largest error {report.max:.3g}, "
            f"bias {report.bias:+.1g}, R² {report.r2:.4f}."
        )

    def _set_view(self, shown: bool) -> None:
        self.look.visible = shown
        self.edge.visible = shown and self.look.value == "swipe"
        if not shown:
            self._stop()

    # ---- ways to look -----------------------------------------------------------------------

    def _on_rebuilt(self) -> None:
        """Choose what is on view when there is a new layer; else leave it as a person has it."""
        state = self.session.state
        layer = state.layers.get("reconstruction")
        if layer is not state.compared:
            state.compared = layer
            self.session.put_away("mask", "clusters")
            self._on_look(self.look.value)
        elif self.look.value == "swipe":
            self._swipe()

    def _on_look(self, look: str) -> None:
        self._timer.stop()
        self.edge.visible = look == "swipe"
        layers = self.session.state.layers
        swipe = layers.get("swipe")
        if look != "swipe" and swipe is not None and swipe in self.session.viewer.layers:
            self.session.viewer.layers.remove(swipe)
        if look == "swipe":
            self._swipe()
        elif look == "flicker":
            self._timer.start()
        wanted = {"flicker": "data"}.get(look, look)
        for role in ("data", "reconstruction", "difference"):
            if role in layers:
                layers[role].visible = role == wanted
                self.session.uncover(role)
        self._clear(look != "data")

    def _clear(self, away: bool) -> None:
        """Take what lies over the pictures away while they are compared, and put it back after."""
        state = self.session.state
        if away:
            for role in OVER:
                layer = state.layers.get(role)
                if layer is not None and role not in state.hidden_to_compare:
                    state.hidden_to_compare[role] = layer.visible
                    layer.visible = False
            return
        for role, visible in state.hidden_to_compare.items():
            if visible and role in state.layers:
                state.layers[role].visible = True
        state.hidden_to_compare.clear()

    def _stop(self) -> None:
        if self.look.value != "data":
            self.look.value = "data"
        elif self.session.state.hidden_to_compare:  # this figure was left while two were compared
            self._on_look("data")

    def _blink(self) -> None:
        layers = self.session.state.layers
        if self.session.closed or "data" not in layers or "reconstruction" not in layers:
            self._timer.stop()
            return
        shown = layers["reconstruction"].visible
        layers["reconstruction"].visible = not shown
        layers["data"].visible = shown

    def _swipe(self) -> None:
        session = self.session
        state = session.state
        if self.look.value != "swipe" or state.again is None or state.field is None:
            return
        field = session.need_field()
        edge = round(float(self.edge.value) * field.values.shape[1])
        columns = np.arange(field.values.shape[1]) < edge
        session.show(
            "swipe",
            as_layers.reconstruction_layer(
                np.where(columns, field.values, state.again),
                session.name(),
                field.scale,
                session.place(),
                session.provenance(),
                role="swipe",
            ),
        )
