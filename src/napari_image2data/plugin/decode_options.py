"""The controls that say what a picture went through, and the options of `decode` they stand for."""

from __future__ import annotations

from typing import Any

import numpy as np
from magicgui.widgets import CheckBox, ComboBox, LineEdit, PushButton
from napari.layers import Image
from psygnal import Signal

from napari_image2data.decode.background import background_color
from napari_image2data.decode.blend import BLEND_MODES
from napari_image2data.errors import FigureError
from napari_image2data.files.images import read_jpeg_info
from napari_image2data.plugin.choices import numbers, picture_of, picture_size
from napari_image2data.plugin.controls import NumberLine, button, refresh_choices, row
from napari_image2data.plugin.jobs import Report
from napari_image2data.plugin.session import Session

OVERLAYS = [("leave out", "mask"), ("fill in", "fill"), ("read like data", "keep")]
MIXED = [
    ("nothing", "nothing"),
    ("light: a hillshade", "light"),
    ("an unknown picture beneath", "gray"),
    ("a picture beneath: a layer", "base"),
]
BLENDS = [("found by itself", "auto"), *((mode, mode) for mode in BLEND_MODES)]
JPEG = [("found by itself", "auto"), ("smooth it away", True), ("leave as it is", False)]
STEPS = [
    ("finer, in cells", "auto"),
    ("finer, also in bands", True),
    ("the step's own value", False),
]
RIVALS = [("ask the neighbours", "resolve"), ("take the nearest", "nearest")]


class DecodeOptions:
    """Controls for ink, mixed-in pictures, few or repeated colours, JPEG and no data.

    Signals
    -------
    changed()
    """

    changed = Signal()

    def __init__(self, session: Session) -> None:
        self.session = session
        self.overlays = ComboBox(
            label="text and lines",
            choices=OVERLAYS,
            value="mask",
            tooltip="What to do where ink (labels, contours, coast lines) lies over the data",
        )
        self.mixed = ComboBox(
            label="mixed with",
            choices=MIXED,
            value="nothing",
            tooltip="A hillshaded map, or a half-transparent one over another picture, shows "
            "colours that are not the scale's: take the light or the picture out",
        )
        self.blend = ComboBox(
            label="blending", choices=BLENDS, tooltip="How the light was mixed in"
        )
        self.base = ComboBox(
            label="picture beneath",
            choices=self._bases,
            nullable=True,
            tooltip="An image layer of the figure's size",
        )
        self.opacity = NumberLine("opacity", "0..1; empty: found by itself")
        self.opacity.native.setPlaceholderText("found by itself")
        self.steps = ComboBox(
            label="few colours",
            choices=STEPS,
            value="auto",
            tooltip="A scale of few colours says little about a pixel, its neighbours say more: "
            "in cells of such colours, and between the bands of a smooth field (filled contours)",
        )
        self.borders = LineEdit(
            label="borders of bands",
            tooltip="Values at the borders of the bands, e.g. 0, 5, 10, 20: one more than there "
            "are colours; without them, midway between the colours' values",
        )
        self.borders.native.setPlaceholderText("midway")
        self.more = CheckBox(
            text="More options", tooltip="JPEG damage, colours that repeat, colours of no data"
        )
        self.jpeg = ComboBox(
            label="JPEG damage",
            choices=JPEG,
            value="auto",
            tooltip="Estimate a pixel with its neighbours where the picture went through JPEG",
        )
        self.rivals = ComboBox(
            label="repeated colours",
            choices=RIVALS,
            value="resolve",
            tooltip="Where one colour stands for several values (prism, hsv at its ends)",
        )
        self.no_data = LineEdit(tooltip="Names or #rrggbb, with commas between")
        self.no_data.native.setPlaceholderText("none")
        self.find_no_data: PushButton = button(
            "Find", "The most common colour of the plot area that is not on the scale"
        )
        self.no_data_row = row(self.no_data, self.find_no_data)
        self.no_data_row.label = "no-data colours"
        self._rare = (self.jpeg, self.rivals, self.no_data_row)
        for hidden in (self.blend, self.base, self.opacity, self.borders, *self._rare):
            hidden.visible = False
        self.mixed.changed.connect(self._on_mixed)
        self.steps.changed.connect(self._on_steps)
        self.more.changed.connect(self._on_more)
        self.find_no_data.changed.connect(self._on_find)
        followed = (self.overlays, self.blend, self.base, self.opacity)
        for control in (*followed, self.borders, self.jpeg, self.rivals, self.no_data):
            control.changed.connect(self._tell)

    @property
    def lines(self) -> list[Any]:
        """The controls that stand in a form with labels, from the top."""
        return [
            *(self.overlays, self.mixed, self.blend, self.base, self.opacity),
            *(self.steps, self.borders, *self._rare),
        ]

    def read(self) -> dict[str, Any]:
        """Options of `decode`; raises FigureError where one is missing."""
        options: dict[str, Any] = {"overlays": self.overlays.value, **self._mixture()}
        jpeg: Any = self.jpeg.value
        if jpeg == "auto":
            # what the file says is surer than what the pixels tell
            path = self.session.need_figure().source.path
            jpeg = (read_jpeg_info(path) if path else None) or "auto"
        colors = [name.strip() for name in str(self.no_data.value).split(",") if name.strip()]
        steps: Any = self.steps.value
        if steps is True:
            steps = numbers(str(self.borders.value), "a border") or True
        given = {"dequantize": steps, "jpeg": jpeg, "rivals": self.rivals.value, "no_data": colors}
        usual = {"dequantize": "auto", "jpeg": "auto", "rivals": "resolve", "no_data": []}
        return options | {key: value for key, value in given.items() if value != usual[key]}

    def _mixture(self) -> dict[str, Any]:
        kind = self.mixed.value
        if kind == "nothing":
            return {}
        if kind == "light":
            return {"shading": True if self.blend.value == "auto" else self.blend.value}
        opacity = self.opacity.read()
        given: dict[str, Any] = {"opacity": "auto" if opacity is None else opacity}
        if kind == "base":
            if self.base.value is None:
                raise FigureError("Choose the layer that lies beneath, as 'picture beneath'.")
            given["base"] = np.asarray(picture_of(self.base.value))
        return given

    def _bases(self, widget: Any = None) -> list[Image]:
        figure = self.session.figure
        if figure is None:
            return []
        return [
            layer
            for layer in self.session.figure_layers()
            if layer is not figure and picture_size(layer) == picture_size(figure)
        ]

    def _tell(self) -> None:
        self.changed.emit()

    def _on_mixed(self, kind: str) -> None:
        self.blend.visible = kind == "light"
        self.base.visible = kind == "base"
        self.opacity.visible = kind in ("gray", "base")
        if kind == "base":
            refresh_choices(self.base, self.base.value)
        if kind != "base" or self.base.value is not None:
            self.changed.emit()

    def _on_steps(self, steps: bool | str) -> None:
        self.borders.visible = steps is True
        self.changed.emit()

    def _on_more(self, on: bool) -> None:
        for control in self._rare:
            control.visible = on

    def _on_find(self) -> None:
        """Offer the background's colour; it counts once it stands in the line."""
        session = self.session
        picture = session.guarded(session.first_picture)
        if picture is None:
            return
        choices = session.choices
        height, width = picture.shape[:2]

        def work(report: Report) -> tuple[int, int, int] | None:
            x0, y0, x1, y1 = (round(edge) for edge in choices.plot_box or (0, 0, width, height))
            return background_color(picture[y0:y1, x0:x1], choices.scale(picture))

        def done(color: tuple[int, int, int] | None) -> None:
            if color is None:
                session.say("All common colours of the plot area are on the scale.")
            else:
                self.no_data.value = "#{:02x}{:02x}{:02x}".format(*color)

        session.jobs.run("no data", "Looking for a background", work, done)
