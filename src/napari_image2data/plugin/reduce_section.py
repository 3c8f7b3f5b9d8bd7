"""The other way to points: the fewest that rebuild the field within an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from magicgui.widgets import ComboBox, FloatSlider, SpinBox

from napari_image2data.plugin import reduce_steps
from napari_image2data.plugin.controls import Section, button, counts, row
from napari_image2data.plugin.layers import METHOD
from napari_image2data.plugin.plot import CurvePlot
from napari_image2data.plugin.session import Session, Then
from napari_image2data.reduce.compare import clean_pixels

if TYPE_CHECKING:
    import pandas as pd


class ReduceSection(Section):
    """Error-bounded reduction, chosen by error, by number, or on the curve."""

    def __init__(
        self, session: Session, title: str = "or  Fewest points", *, folded: bool = True
    ) -> None:
        super().__init__(
            title,
            "Places the fewest points from which the field comes back within an error you choose.",
            folded=folded,
        )
        self.session = session
        self.by = ComboBox(
            label="choose by",
            choices=[("error", "error"), ("number of points", "number")],
            tooltip="What you fix; the other follows",
        )
        self.error = FloatSlider(
            label="rms error, %",
            min=0.05,
            max=10,
            step=0.05,
            value=1,
            tooltip="Root mean square error to keep, in percent of the scale's range",
        )
        self.number = SpinBox(
            label="points", min=3, max=100_000, value=500, tooltip="How many points to place"
        )
        self.method = ComboBox(
            label="points for",
            choices=[
                ("what needs fewer", "auto"),
                ("a mesh (linear)", "linear"),
                ("flat cells (nearest)", "nearest"),
            ],
            tooltip="What rebuilds the field: planes between the points, or one value around each "
            "(heat maps, pcolor); the reconstruction follows",
        )
        self.form.extend([self.by, self.error, self.number, self.method])
        self.place = button("Place points", "Find the fewest points", primary=True)
        self.draw = button("Error against points", "Draw the curve, to choose on it with a click")
        self.samples = button(
            "Find the original samples",
            "Where the figure was interpolated from scattered samples: find those",
        )
        self.below.extend([row(self.place, self.draw), self.samples])
        self.plot = CurvePlot()
        self.plot.setVisible(False)
        self.below.native.layout().addWidget(self.plot)
        self.number.visible = False
        self.by.changed.connect(self._on_by)
        self.place.changed.connect(self.run)
        self.draw.changed.connect(self._on_draw)
        self.samples.changed.connect(self._on_samples)
        self.error.changed.connect(self._again)
        self.number.changed.connect(self._again)
        self.method.changed.connect(self._again)
        self.plot.chosen.connect(self._on_chosen)
        session.changed.connect(self._on_changed)

    def run(self, then: Then = None) -> None:
        """Place points with the controls' options."""
        session = self.session
        session.state.live -= {"mask", "cluster"}  # a new mask would drop these points
        session.state.live.add("reduce")
        callback = then if callable(then) else None
        method = self.method.value
        if self.by.value == "number":
            number = int(self.number.value)
            reduce_steps.reduce(session, then=callback, n_points=number, method=method)
        else:
            share = float(self.error.value) / 100
            span = session.span() if session.state.field is not None else 1.0
            reduce_steps.reduce(session, then=callback, tolerance=share * span, method=method)

    def _on_by(self, by: str) -> None:
        self.error.visible = by == "error"
        self.number.visible = by == "number"
        self._again()

    def _again(self) -> None:
        if "reduce" in self.session.state.live and self.session.has_values():
            self.run()

    def _on_draw(self) -> None:
        reduce_steps.curve(self.session, self._on_curve)

    def _on_samples(self) -> None:
        self.session.state.live -= {"mask", "cluster", "reduce"}
        reduce_steps.nodes(self.session, lambda found: self.note.say(found.message))

    def _on_curve(self, table: pd.DataFrame) -> None:
        self.plot.show_curve(table["n_points"].tolist(), (100 * table["relative_rmse"]).tolist())
        self.plot.setVisible(True)

    def _on_chosen(self, points: int) -> None:
        with self.number.changed.blocked(), self.by.changed.blocked():
            self.by.value = "number"
            self.number.value = points
        self.error.visible, self.number.visible = False, True
        self.run()

    def _on_changed(self, what: str) -> None:
        state = self.session.state
        if what == "field":
            self.plot.setVisible(False)
            self._again()
        elif what == "points":
            mine = state.points is not None and bool({"reduce", "find_nodes"} & state.steps.keys())
            self.done = mine
            self.note.say(self._words() if mine else "")

    def _words(self) -> str:
        state = self.session.state
        assert state.points is not None
        assert state.field is not None
        size = state.points["size"].to_numpy(float)
        # a point's sigma is the rms difference over its pixels, so all of them give the field's
        square = np.sum(size * state.points["sigma"].to_numpy(float) ** 2) / size.sum()
        pixels = int(clean_pixels(self.session.need_field()).sum())
        words = counts(pixels, len(state.points), square**0.5 / self.session.span())
        kinds = {"linear": "a linear mesh", "nearest": "flat cells", "rbf": "a thin-plate spline"}
        kind = kinds[state.points.attrs[METHOD]]
        if "cells" in state.points.attrs:
            kind += " over cells"
        return f"{words}, as {kind}, {pixels / len(state.points):.0f} : 1."
