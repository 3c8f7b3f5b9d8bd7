"""Step 5 of the docks: flat pixels to clusters, clusters to points."""

from __future__ import annotations

from typing import Any

from magicgui.widgets import FloatSlider, SpinBox

from napari_image2data.plugin import reduce_steps
from napari_image2data.plugin.controls import Section, button, counts
from napari_image2data.plugin.session import Session, Then


class ClusterSection(Section):
    """DBSCAN and centroids: they follow the sliders and every new mask."""

    def __init__(
        self, session: Session, title: str = "5  Cluster to points", *, folded: bool = True
    ) -> None:
        super().__init__(
            title,
            "Joins neighbouring flat pixels (DBSCAN) and keeps the middle one of each cluster.",
            folded=folded,
        )
        self.session = session
        self.eps = FloatSlider(
            label="eps",
            min=1,
            max=10,
            step=0.1,
            value=1,
            tooltip="Pixels nearer than this belong together (pixels)",
        )
        self.min_samples = SpinBox(
            label="min samples",
            min=1,
            max=200,
            value=2,
            tooltip="Flat pixels within eps that a cluster's core needs, the pixel itself counted",
        )
        self.form.extend([self.eps, self.min_samples])
        self.cluster = button("Cluster", "Make clusters and their centroids", primary=True)
        self.below.append(self.cluster)
        self.cluster.changed.connect(self.run)
        self.eps.changed.connect(self._again)
        self.min_samples.changed.connect(self._again)
        session.changed.connect(self._on_changed)

    def run(self, then: Then = None) -> None:
        """Cluster with the controls' options."""
        self.session.state.live.discard("reduce")
        self.session.state.live |= {"mask", "cluster"}
        reduce_steps.cluster(
            self.session,
            then=then if callable(then) else None,
            **self._options(),
        )

    def _options(self) -> dict[str, Any]:
        return {"eps": float(self.eps.value), "min_samples": int(self.min_samples.value)}

    def _again(self) -> None:
        if "cluster" in self.session.state.live and self.session.state.mask is not None:
            self.run()

    def _on_changed(self, what: str) -> None:
        state = self.session.state
        if what == "mask":
            # clusters may have come with the mask; a slider may have moved since
            if state.labels is None or state.steps.get("cluster") != self._options():
                self._again()
        elif what in ("labels", "points", "rebuilt"):
            self.done = state.labels is not None
            if state.labels is None or state.mask is None:
                self.note.say("")
            else:
                number = int(state.labels.max(initial=0))
                rmse = None if state.report is None else state.report.relative_rmse
                self.note.say(f"{counts(int(state.mask.sum()), number, rmse)}.")
