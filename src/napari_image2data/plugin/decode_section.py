"""Step 3 of the docks: colours to values."""

from __future__ import annotations

from typing import Any

import numpy as np
from magicgui.widgets import CheckBox, ComboBox, FloatSlider
from qtpy.QtCore import QTimer

from napari_image2data.decode.field import Flag
from napari_image2data.plugin import steps
from napari_image2data.plugin.controls import Section, button, grouped
from napari_image2data.plugin.session import Session

OVERLAYS = [("leave out", "mask"), ("fill in", "fill"), ("read like data", "keep")]


class DecodeSection(Section):
    """Decode the plot area; once decoded, it follows every correction."""

    def __init__(self, session: Session, title: str = "3  Decode") -> None:
        super().__init__(title, "Looks every pixel's colour up on the scale.")
        self.session = session
        self.overlays = ComboBox(
            label="text and lines",
            choices=OVERLAYS,
            value="mask",
            tooltip="What to do where ink (labels, contours, coast lines) lies over the data",
        )
        self.automatic = CheckBox(
            text="Colour limit found by itself",
            value=True,
            tooltip="How far a colour may lie from the scale and still be read",
        )
        self.limit = FloatSlider(
            label="limit",
            min=0,
            max=250,
            step=0.5,
            value=40,
            tooltip="Largest colour distance (levels of 255); moving it does not decode again",
        )
        self.form.extend([self.overlays, self.limit])
        self.sigma = CheckBox(
            text="Uncertainty layer", tooltip="Standard uncertainty of each pixel"
        )
        self.flags = CheckBox(text="Reasons layer", tooltip="Why a pixel could not be read")
        self.coordinates = CheckBox(
            text="Place at axis values",
            tooltip="Put the layers at the values of x and y axis instead of over the figure",
        )
        self.decode = button("Decode", "Turn colours into values", primary=True)
        self.below.extend([self.automatic, self.sigma, self.flags, self.coordinates, self.decode])
        self.limit.visible = False

        self._soon = QTimer(self.native)  # goes with the widgets that it asks
        self._soon.setSingleShot(True)
        self._soon.setInterval(250)
        self._soon.timeout.connect(self.run)
        self.decode.changed.connect(self._on_decode)
        self.overlays.changed.connect(self._again)
        self.automatic.changed.connect(self._on_automatic)
        self.limit.changed.connect(self._on_limit)
        self.sigma.changed.connect(self._on_layers)
        self.flags.changed.connect(self._on_layers)
        self.coordinates.changed.connect(self._on_coordinates)
        session.changed.connect(self._on_changed)
        session.figure_changed.connect(self._on_figure_changed)

    def run(self, then: steps.Then = None) -> None:
        """Decode with the controls' options."""
        options: dict[str, Any] = {"overlays": self.overlays.value}
        if not self.automatic.value:
            options["max_distance"] = float(self.limit.value)
        self.session.state.live.add("decode")
        steps.decode(
            self.session,
            then=then,
            sigma=bool(self.sigma.value),
            flags=bool(self.flags.value),
            **options,
        )

    def _on_decode(self) -> None:
        self._soon.stop()
        self.run()

    def _again(self) -> None:
        if "decode" in self.session.state.live:
            self._soon.start()

    def _on_figure_changed(self) -> None:
        self._soon.stop()

    def _on_changed(self, what: str) -> None:
        if what == "choices":
            self._again()
        elif what == "field":
            self._tell()

    def _on_automatic(self, automatic: bool) -> None:
        self.limit.visible = not automatic
        if automatic:
            self._again()
        else:
            self._on_limit(float(self.limit.value))

    def _on_limit(self, limit: float) -> None:
        if not self.automatic.value:
            steps.threshold(self.session, float(limit))

    def _on_layers(self) -> None:
        if self.session.state.field is not None:
            self.session.guarded(self._show)

    def _show(self) -> None:
        for role, box in (("sigma", self.sigma), ("flags", self.flags)):
            layer = self.session.state.layers.get(role)
            if layer is not None and not box.value:
                self.session.viewer.layers.remove(layer)
        steps.show_field(self.session, sigma=self.sigma.value, flags=self.flags.value)
        for role, box in (("sigma", self.sigma), ("flags", self.flags)):
            if box.value:
                self.session.state.layers[role].visible = True

    def _on_coordinates(self, on: bool) -> None:
        self.session.data_coordinates = bool(on)
        if self.session.state.field is not None and self.session.guarded(self._placed) is None:
            self.session.data_coordinates = False
            with self.coordinates.changed.blocked():
                self.coordinates.value = False

    def _placed(self) -> bool:
        place = self.session.place()
        self._show()
        for role in ("mask", "clusters", "centroids", "reconstruction", "difference"):
            layer = self.session.state.layers.get(role)
            if layer is not None:
                for key, value in place.items():
                    setattr(layer, key, value)
        return True

    def _tell(self) -> None:
        field = self.session.state.field
        self.done = field is not None
        if field is None:
            self.note.say("")
            return
        if field.values.ndim > 2 or not isinstance(field.values, np.ndarray):
            frames = int(np.prod(field.values.shape[:-2]))
            self.note.say(f"{frames} frames; each is decoded when it is looked at.")
            return
        unread = float(np.isnan(field.values).mean())
        ink = float(((field.flags & int(Flag.OVERLAY)) != 0).mean())
        words = f"{grouped(field.values.size)} pixels, {1 - unread:.1%} read"
        if ink:
            words += f", {ink:.1%} under ink"
        if np.isfinite(field.sigma).any():
            sigma = float(np.nanmedian(field.sigma))
            words += f"; typical uncertainty ± {sigma:.2g} {self.session.choices.unit}".rstrip()
        self.note.say(words + ".")
