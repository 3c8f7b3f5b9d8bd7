"""Step 4 of the docks: where the field is flat."""

from __future__ import annotations

from magicgui.widgets import ComboBox, FloatSlider

from napari_image2data.pipeline import even_values
from napari_image2data.plugin import reduce_steps
from napari_image2data.plugin.controls import Section, button, grouped
from napari_image2data.plugin.session import Session, Then


class MaskSection(Section):
    """Gradient mask: it follows its slider and every new field."""

    def __init__(
        self, session: Session, title: str = "4  Flat pixels", *, folded: bool = True
    ) -> None:
        super().__init__(
            title,
            "Marks where the first derivative vanishes: there, the figure shows what it was "
            "drawn from.",
            folded=folded,
        )
        self.session = session
        self.tolerance = FloatSlider(
            label="tolerance",
            min=0,
            max=5,
            step=0.05,
            value=1.5,
            tooltip="Largest slope that counts as flat, in the units chosen below "
            "(on a log scale it is the slope of log10 of the values)",
        )
        self.units = ComboBox(
            label="in units of",
            choices=[("1/1000 of the range, a pixel", "range"), ("the uncertainty", "sigma")],
            tooltip="1.5 thousandths are half a step of a 256-colour table; "
            "the uncertainty is the better measure where noise (JPEG) differs from place to place",
        )
        self.method = ComboBox(
            label="slope",
            choices=[
                ("|d/dy| + |d/dx|", "recipe"),
                ("central differences", "central"),
                ("Sobel (smooth)", "sobel"),
            ],
            tooltip="How the slope is measured",
        )
        self.form.extend([self.tolerance, self.units, self.method])
        self.mask = button("Mark flat pixels", "Make the gradient mask", primary=True)
        self.below.append(self.mask)
        self.mask.changed.connect(self.run)
        for control in (self.tolerance, self.units, self.method):
            control.changed.connect(self._again)
        session.changed.connect(self._on_changed)

    def run(self, then: Then = None) -> None:
        """Make the mask with the controls' options."""
        session = self.session
        tolerance = float(self.tolerance.value)
        in_sigma = self.units.value == "sigma"
        if not in_sigma and session.state.field is not None:
            tolerance *= even_values(session.need_field())[2] / 1000
        session.state.live.discard("reduce")  # its points would go with each new mask
        session.state.live.add("mask")
        reduce_steps.mask(
            session,
            in_sigma=in_sigma,
            then=then if callable(then) else None,
            tolerance=tolerance,
            method=self.method.value,
        )

    def _again(self) -> None:
        if "mask" in self.session.state.live and self.session.has_values():
            self.run()

    def _on_changed(self, what: str) -> None:
        if what == "field":
            self._again()
        elif what == "mask":
            mask = self.session.state.mask
            self.done = mask is not None
            if mask is None:
                self.note.say("")
            else:
                self.note.say(f"{grouped(int(mask.sum()))} flat pixels ({mask.mean():.1%}).")
