"""Step 2 of the docks: which colour stands for which value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from magicgui.widgets import CheckBox, ComboBox, LineEdit

from napari_image2data.errors import Image2DataError
from napari_image2data.plugin import decode_steps
from napari_image2data.plugin.boxes import COLOR_BAR
from napari_image2data.plugin.controls import (
    ColormapChooser,
    NumberLine,
    ScaleStrip,
    Section,
    button,
)
from napari_image2data.plugin.session import Session

if TYPE_CHECKING:
    from napari_image2data.color.scale import ColorScale

BAR = "the figure's colour bar"
NAMED = "a named colour map"
OWN = "the picture's own colours"


class ScaleSection(Section):
    """Colours from the colour bar or by name, the values at both ends, and how they lie between."""

    def __init__(self, session: Session, title: str = "2  Colour scale") -> None:
        super().__init__(title, "Which colour stands for which value. Type what could not be read.")
        self.session = session
        self._writing = False
        self.source = ComboBox(
            label="colours from",
            choices=[(BAR, "bar"), (NAMED, "name"), (OWN, "own")],
            value="name",
            tooltip="The colour bar's own pixels are best; a name is for figures without one; the "
            "picture's own colours, put in order, for a smooth picture that no known map drew",
        )
        self.cmap = ColormapChooser()
        self.reverse = CheckBox(text="reversed", tooltip="The map runs backwards")
        self.vmin = NumberLine("first value", "Value at the bottom or left end of the colour bar")
        self.vmax = NumberLine("last value", "Value at the top or right end of the colour bar")
        self.norm = ComboBox(
            label="values lie",
            choices=[("evenly (linear)", "linear"), ("by powers (log)", "log")],
            tooltip="How the values lie between the two ends",
        )
        self.unit = LineEdit(label="unit", tooltip="Words for the values, e.g. m/s; kept with data")
        self.form.extend(
            [self.source, self.cmap, self.reverse, self.vmin, self.vmax, self.norm, self.unit]
        )
        self.mark = button(
            "Mark the colour bar", "Draw a rectangle and drag it over the colour bar"
        )
        self.which = button(
            "Which colour map is it?", "Compare the picture's colours with every map that is known"
        )
        self.order = button(
            "Put the colours in order",
            "Order the colours of the plot area into a scale; choose the direction by 'reversed'",
        )
        self.below.extend([self.mark, self.which, self.order])
        self.strip = ScaleStrip()
        self.below.native.layout().addWidget(self.strip)

        self.source.changed.connect(self._on_source)
        self.cmap.chosen.connect(self._on_cmap)
        self.reverse.changed.connect(self._on_reverse)
        self.vmin.changed.connect(self._on_range)
        self.vmax.changed.connect(self._on_range)
        self.norm.changed.connect(self._on_norm)
        self.unit.changed.connect(self._on_unit)
        self.mark.changed.connect(self._on_mark)
        self.which.changed.connect(self._on_which)
        self.order.changed.connect(self._on_order)
        session.changed.connect(self._on_changed)
        self._write()

    def _write(self) -> None:
        """Show the session's choices in the controls."""
        choices = self.session.choices
        self._writing = True
        try:
            self.source.value = choices.source
            self.cmap.cmap = choices.cmap
            self.reverse.value = choices.reverse
            self.vmin.write(choices.vmin)
            self.vmax.write(choices.vmax)
            self.norm.value = choices.norm
            self.unit.value = choices.unit
        finally:
            self._writing = False
        named, own = choices.source == "name", choices.source == "own"
        self.cmap.visible = self.which.visible = named
        self.reverse.visible = named or own
        self.order.visible = own
        self.mark.visible = choices.source == "bar" and choices.bar_box is None
        self._preview()

    def _preview(self) -> None:
        """Paint the scale, or say what is missing."""
        scale = None
        try:
            self.vmin.read()
            self.vmax.read()
            if self.session.figure is not None:
                scale = self.session.choices.scale(self.session.first_picture())
            self.note.say("")
        except Image2DataError as error:
            wrong = self.session.state.reading is not None
            self.note.say(str(error), wrong=wrong)
        self.done = scale is not None
        self.strip.show_scale(scale)
        if scale is not None and scale.discrete:
            self.note.say(f"{len(scale.colors)} classes: every colour is one value.")

    def _on_changed(self, what: str) -> None:
        if what == "choices":
            self._write()

    def _correct(self, **values: Any) -> None:
        if not self._writing:
            self.session.correct(**values)

    def _on_source(self, source: str) -> None:
        self._correct(source=source)

    def _on_order(self) -> None:
        decode_steps.order_colors(self.session, self._on_ordered)

    def _on_ordered(self, own: ColorScale) -> None:
        self.session.correct(own_colors=own)
        words = (
            "In order from dark to light, or from blue to red; which end is which does not show "
            "in a picture, and how the values lie between is an estimate."
        )
        self.note.say(f"{self.note.value} {words}".strip())

    def _on_cmap(self, name: str) -> None:
        self._correct(cmap=name)

    def _on_reverse(self, reverse: bool) -> None:
        self._correct(reverse=reverse)

    def _on_range(self) -> None:
        if self._writing:
            return
        try:
            self.session.correct(vmin=self.vmin.read(), vmax=self.vmax.read())
        except Image2DataError as error:
            self.note.say(str(error), wrong=True)

    def _on_norm(self, norm: str) -> None:
        self._correct(norm=norm)

    def _on_unit(self, unit: str) -> None:
        if not self._writing:
            self.session.choices.unit = unit

    def _on_mark(self) -> None:
        self.session.mark(COLOR_BAR)

    def _on_which(self) -> None:
        decode_steps.identify(self.session, self._on_identified)

    def _on_identified(self, matches: list[Any]) -> None:
        if not matches:
            self.note.say("No known colour map has these colours.")
            return
        best = matches[0]
        name = str(best.name)
        reverse = name.endswith("_r")
        self.session.correct(cmap=name.removesuffix("_r"), reverse=reverse)
        others = ", ".join(f"{match.name} ({match.score:.2f})" for match in matches[1:4])
        sure = (
            "" if best.direction_known else " Which end is which cannot be told from the colours."
        )
        self.note.say(
            f"Most likely {best.name} (score {best.score:.2f})."
            + (f" Then {others}." if others else "")
            + sure
        )
