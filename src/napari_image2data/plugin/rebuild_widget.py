"""The dock "Reconstruct and compare": points back to a field."""

from __future__ import annotations

from napari.components import ViewerModel

from napari_image2data.plugin.dock import Dock
from napari_image2data.plugin.rebuild_section import RebuildSection
from napari_image2data.plugin.source_section import SourceSection


class RebuildWidget(Dock):
    """Rebuild a field from points and compare it with the values it came from."""

    def __init__(self, napari_viewer: ViewerModel) -> None:
        super().__init__(napari_viewer, "Rebuilds a layer of values from points and compares.")
        self.source = SourceSection(self.session, ("centroids",))
        self.rebuild = RebuildSection(self.session, "Reconstruct and compare", folded=False)
        self.add_sections([self.source, self.rebuild])
