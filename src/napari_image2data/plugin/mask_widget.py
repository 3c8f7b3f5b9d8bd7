"""The dock "Gradient mask": where a layer of values is flat."""

from __future__ import annotations

from napari.components import ViewerModel

from napari_image2data.plugin.dock import Dock
from napari_image2data.plugin.mask_section import MaskSection
from napari_image2data.plugin.source_section import SourceSection


class MaskWidget(Dock):
    """Gradient mask of any layer of values."""

    def __init__(self, napari_viewer: ViewerModel) -> None:
        super().__init__(napari_viewer, "Marks the flat pixels of a layer of values.")
        self.source = SourceSection(self.session)
        self.mask = MaskSection(self.session, "Flat pixels", folded=False)
        self.add_sections([self.source, self.mask])
