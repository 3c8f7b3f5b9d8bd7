"""The dock "Image to data": all steps in one panel, from the figure to the saved points."""

from __future__ import annotations

from napari.components import ViewerModel

from napari_image2data.errors import Image2DataError
from napari_image2data.plugin import decode_steps
from napari_image2data.plugin.cluster_section import ClusterSection
from napari_image2data.plugin.controls import button, row
from napari_image2data.plugin.decode_section import DecodeSection
from napari_image2data.plugin.dock import Dock
from napari_image2data.plugin.figure_section import FigureSection
from napari_image2data.plugin.mask_section import MaskSection
from napari_image2data.plugin.rebuild_section import RebuildSection
from napari_image2data.plugin.reduce_section import ReduceSection
from napari_image2data.plugin.save_section import SaveSection
from napari_image2data.plugin.scale_section import ScaleSection


class ImageToDataWidget(Dock):
    """All steps; "Get the data" does the first three, "Do every step" all of them."""

    def __init__(self, napari_viewer: ViewerModel) -> None:
        super().__init__(
            napari_viewer,
            "A figure goes in, its numbers come out. Press the button; then check each step "
            "from top to bottom and correct what is wrong: all that follows is done again.",
        )
        self.get_data = button(
            "Get the data", "Read the figure and decode it (steps 1 to 3)", primary=True
        )
        self.do_all = button("Do every step", "Steps 1 to 6: data, points, reconstruction")
        self.stack.append(row(self.get_data, self.do_all))
        session = self.session
        self.figure = FigureSection(session)
        self.scale = ScaleSection(session)
        self.decode = DecodeSection(session)
        self.mask = MaskSection(session)
        self.cluster = ClusterSection(session)
        self.reduce = ReduceSection(session)
        self.rebuild = RebuildSection(session)
        self.save = SaveSection(session)
        self.add_sections(
            [
                self.figure,
                self.scale,
                self.decode,
                self.mask,
                self.cluster,
                self.reduce,
                self.rebuild,
                self.save,
            ]
        )
        self.get_data.changed.connect(self._on_get_data)
        self.do_all.changed.connect(self._on_do_all)

    def _on_get_data(self) -> None:
        self._read_then(self._decode)

    def _on_do_all(self) -> None:
        self._read_then(self._decode_all)

    def _read_then(self, follow: object) -> None:
        state = self.session.state
        touched = any(choices.corrected for choices in state.panels)
        if state.reading is None and not touched:
            decode_steps.read(self.session, then=follow)  # type: ignore[arg-type]
        else:
            follow()  # type: ignore[operator]

    def _scale_known(self) -> bool:
        try:
            self.session.choices.scale(self.session.first_picture())
        except Image2DataError as error:
            self.session.fail(error)
            return False
        return True

    def _decode(self) -> None:
        if self._scale_known():
            self.decode.run()

    def _decode_all(self) -> None:
        if self._scale_known():
            self.session.state.live -= {"mask", "cluster", "reduce", "rebuild"}
            self.decode.run(then=self._mask)

    def _mask(self) -> None:
        self.mask.folded = False
        self.mask.run(then=self._cluster)

    def _cluster(self) -> None:
        self.cluster.folded = False
        self.cluster.run(then=self._rebuild)

    def _rebuild(self) -> None:
        self.rebuild.folded = False
        self.rebuild.run()
