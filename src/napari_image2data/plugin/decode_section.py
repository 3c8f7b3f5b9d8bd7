"""Step 3 of the docks: colours to values."""

from __future__ import annotations

import numpy as np
from magicgui.widgets import CheckBox, FloatSlider
from qtpy.QtCore import QTimer

from napari_image2data.decode.field import Field, Flag
from napari_image2data.plugin import decode_steps
from napari_image2data.plugin.controls import Section, button, grouped
from napari_image2data.plugin.decode_options import DecodeOptions
from napari_image2data.plugin.session import Session, Then


class DecodeSection(Section):
    """Decode the plot area; once decoded, it follows every correction."""

    def __init__(self, session: Session, title: str = "3  Decode") -> None:
        super().__init__(title, "Looks every pixel's colour up on the scale.")
        self.session = session
        self.settings = DecodeOptions(session)
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
        self.form.extend([self.settings.lines[0], self.limit, *self.settings.lines[1:]])
        self.cells = CheckBox(
            text="One value a cell",
            tooltip="A picture of cells (heat map, correlation matrix): also a layer with one "
            "value for each; saved as CSV",
        )
        self.sigma = CheckBox(
            text="Uncertainty layer", tooltip="Standard uncertainty of each pixel"
        )
        self.flags = CheckBox(text="Reasons layer", tooltip="Why a pixel could not be read")
        self.coordinates = CheckBox(
            text="Place at axis values",
            tooltip="Put the layers at the values of x and y axis instead of over the figure",
        )
        self.decode = button("Decode", "Turn colours into values", primary=True)
        self.below.extend(
            [
                self.settings.more,
                self.automatic,
                self.cells,
                self.sigma,
                self.flags,
                self.coordinates,
                self.decode,
            ]
        )
        self.limit.visible = False

        self._soon = QTimer(self.native)  # goes with the widgets that it asks
        self._soon.setSingleShot(True)
        self._soon.setInterval(250)
        self._soon.timeout.connect(self.run)
        self.decode.changed.connect(self._on_decode)
        self.settings.changed.connect(self._again)
        self.cells.changed.connect(self._on_cells)
        self.automatic.changed.connect(self._on_automatic)
        self.limit.changed.connect(self._on_limit)
        self.sigma.changed.connect(self._on_layers)
        self.flags.changed.connect(self._on_layers)
        self.coordinates.changed.connect(self._on_coordinates)
        session.changed.connect(self._on_changed)
        session.figure_changed.connect(self._on_figure_changed)

    def run(self, then: Then = None) -> None:
        """Decode with the controls' options."""
        options = self.session.guarded(self.settings.read)
        if options is None:
            return
        if not self.automatic.value:
            options["max_distance"] = float(self.limit.value)
        self.session.state.live.add("decode")
        decode_steps.decode(
            self.session,
            then=then,
            sigma=bool(self.sigma.value),
            flags=bool(self.flags.value),
            **options,
        )

    def _on_cells(self, on: bool) -> None:
        live = self.session.state.live
        if not on:
            live.discard("cells")
            layer = self.session.state.layers.get("cells")
            if layer is not None:
                self.session.viewer.layers.remove(layer)
            self.session.state.cells = None
            self.session.state.steps.pop("cells", None)
        else:
            live.add("cells")
            self._find_cells()

    def _find_cells(self) -> None:
        if self.cells.value and self.session.has_values():
            decode_steps.cells(self.session)

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
            self._find_cells()

    def _on_automatic(self, automatic: bool) -> None:
        self.limit.visible = not automatic
        if automatic:
            self._again()
        else:
            self._on_limit(float(self.limit.value))

    def _on_limit(self, limit: float) -> None:
        if not self.automatic.value:
            decode_steps.threshold(self.session, float(limit))

    def _on_layers(self) -> None:
        if self.session.state.field is not None:
            self.session.guarded(self._show)

    def _show(self) -> None:
        for role, box in (("sigma", self.sigma), ("flags", self.flags)):
            layer = self.session.state.layers.get(role)
            if layer is not None and not box.value:
                self.session.viewer.layers.remove(layer)
        decode_steps.show_field(self.session, sigma=self.sigma.value, flags=self.flags.value)
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
        self._find_cells()
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
        self.note.say(" ".join([words + ".", *self._about_mixture(field)]))

    def _about_mixture(self, field: Field) -> list[str]:
        """What was taken out of the colours, or should have been."""
        mixture = field.mixture
        if mixture is None:
            return [
                note.replace(
                    "decode with shading=True", "choose 'light: a hillshade' above"
                ).replace('decode with opacity="auto"', "choose 'an unknown picture beneath' above")
                for note in field.notes
            ]
        open_ones = float(((field.flags & int(Flag.AMBIGUOUS)) != 0).mean())
        left = f" {open_ones:.0%} of the pixels remain open (flagged)." if open_ones > 0.01 else ""
        if mixture.mode == "base":
            return [f"An opacity of {mixture.opacity:.2f} was taken out.{left}"]
        return [f'Light mixed in as "{mixture.mode}" was taken out.{left}']
