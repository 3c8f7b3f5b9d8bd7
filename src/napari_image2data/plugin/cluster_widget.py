"""The dock "Cluster to centroids": flat pixels to points."""

from __future__ import annotations

from napari.components import ViewerModel

from napari_image2data.plugin.cluster_section import ClusterSection
from napari_image2data.plugin.dock import Dock
from napari_image2data.plugin.source_section import SourceSection


class ClusterWidget(Dock):
    """DBSCAN of a mask, and each cluster's centroid."""

    def __init__(self, napari_viewer: ViewerModel) -> None:
        super().__init__(napari_viewer, "Clusters flat pixels and keeps a point of each cluster.")
        self.source = SourceSection(self.session, ("mask",))
        self.cluster = ClusterSection(self.session, "Cluster to points", folded=False)
        self.add_sections([self.source, self.cluster])
