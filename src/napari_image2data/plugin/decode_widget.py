"""The dock "Decode colors": figure, scale, values."""

from __future__ import annotations

from napari.components import ViewerModel

from napari_image2data.plugin.decode_section import DecodeSection
from napari_image2data.plugin.dock import Dock
from napari_image2data.plugin.figure_section import FigureSection
from napari_image2data.plugin.scale_section import ScaleSection


class DecodeWidget(Dock):
    """Colours to values, and nothing more."""

    def __init__(self, napari_viewer: ViewerModel) -> None:
        super().__init__(napari_viewer, "Turns a picture's colours into values.")
        self.figure = FigureSection(self.session)
        self.scale = ScaleSection(self.session)
        self.decode = DecodeSection(self.session)
        self.add_sections([self.figure, self.scale, self.decode])
