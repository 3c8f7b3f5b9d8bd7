"""Step 1 of the docks: which figure, and what can be read off it without a click."""

from __future__ import annotations

from typing import Any

from magicgui.widgets import CheckBox, ComboBox

from napari_image2data.plugin import decode_steps
from napari_image2data.plugin.boxes import COLOR_BAR, PLOT_AREA
from napari_image2data.plugin.choices import picture_size
from napari_image2data.plugin.controls import Section, button, refresh_choices, row
from napari_image2data.plugin.session import Session
from napari_image2data.plugin.ticks import show_tick_labels


class FigureSection(Section):
    """Choose the figure layer, read the figure, move the boxes."""

    def __init__(self, session: Session, title: str = "1  Figure") -> None:
        super().__init__(title, "Finds the plot area, the colour bar and the numbers beside them.")
        self.session = session
        self.figure = ComboBox(
            label="figure",
            choices=self._figures,
            tooltip="The picture to read; it follows the layer that you select in napari",
        )
        self.panel = ComboBox(
            label="panel",
            choices=self._panels,
            tooltip="Which of the figure's plot areas to decode",
        )
        self.form.extend([self.figure, self.panel])
        self.read = button("Read figure", "Find plot area, colour bar, axes and numbers")
        self.boxes = button(
            "Adjust boxes", "Select the rectangles of plot area and colour bar, to drag them"
        )
        self.ticks = CheckBox(
            text="Show the tick labels found",
            tooltip="Write every number that was read at its place in the figure, to check them",
        )
        self.below.extend([row(self.read, self.boxes), self.ticks])

        self.figure.changed.connect(self._on_figure)
        self.panel.changed.connect(self._on_panel)
        self.read.changed.connect(self._on_read)
        self.boxes.changed.connect(self._on_boxes)
        self.ticks.changed.connect(self._on_ticks)
        session.figure_changed.connect(self._on_figure_changed)
        session.changed.connect(self._on_changed)
        for event in ("inserted", "removed", "reordered"):
            getattr(session.viewer.layers.events, event).connect(self._on_layers)
        self._on_figure_changed()

    def close_section(self) -> None:
        """Let go of the viewer."""
        for event in ("inserted", "removed", "reordered"):
            getattr(self.session.viewer.layers.events, event).disconnect(self._on_layers)

    def _figures(self, widget: Any = None) -> list[Any]:
        return [(layer.name, layer) for layer in self.session.figure_layers()]

    def _panels(self, widget: Any = None) -> list[Any]:
        return [(f"panel {index + 1}", index) for index in range(len(self.session.state.panels))]

    def reset_choices(self, *args: Any) -> None:
        """Ask the choices again (napari calls this when layers come, go or are renamed)."""
        refresh_choices(self.figure, self.session.figure)
        refresh_choices(self.panel, self.session.state.panel)

    def _on_layers(self, event: Any) -> None:
        self.session.layers_changed()
        self.reset_choices()

    def _on_figure_changed(self) -> None:
        self.reset_choices()
        self._tell()

    def _on_changed(self, what: str) -> None:
        if what in ("reading", "choices"):
            refresh_choices(self.panel, self.session.state.panel)
            self.panel.visible = len(self.session.state.panels) > 1
            self._tell()
            if self.ticks.value and what == "choices":
                show_tick_labels(self.session)

    def _tell(self) -> None:
        session = self.session
        figure, choices = session.figure, session.choices
        self.panel.visible = len(session.state.panels) > 1
        self.done = session.state.reading is not None
        self.ticks.visible = session.state.reading is not None
        if figure is None:
            self.note.say("Drop a picture file onto napari, or try File > Open Sample.")
            return
        height, width = picture_size(figure)
        if session.state.reading is None and choices.plot_box is None:
            self.note.say(f"{width} × {height} px. Not read yet: the whole picture is data.")
            return
        box = choices.plot_box or (0, 0, width, height)
        words = [f"Plot area {box[2] - box[0]:.0f} × {box[3] - box[1]:.0f} px"]
        words.append("a colour bar" if choices.bar_box is not None else "no colour bar")
        axes = [name for name, axis in (("x", choices.x_axis), ("y", choices.y_axis)) if axis]
        words.append(f"{' and '.join(axes)} axis read" if axes else "no axis read")
        sure = ", ".join(f"{part} {share:.0%}" for part, share in choices.sure_of())
        said = ["; ".join(words) + ".", *choices.problems, f"Sure of: {sure}." if sure else ""]
        self.note.say(" ".join(said).strip())

    def _on_figure(self, layer: Any) -> None:
        if layer is not None:
            self.session.set_figure(layer)

    def _on_panel(self, index: int | None) -> None:
        if index is not None:
            self.session.set_panel(index)

    def _on_read(self) -> None:
        decode_steps.read(self.session)

    def _on_boxes(self) -> None:
        if self.session.choices.plot_box is None and self.session.choices.bar_box is None:
            self.session.mark(COLOR_BAR)
        self.session.mark(PLOT_AREA)

    def _on_ticks(self, shown: bool) -> None:
        if shown:
            show_tick_labels(self.session)
        elif (layer := self.session.state.layers.get("tick labels")) is not None:
            self.session.viewer.layers.remove(layer)
