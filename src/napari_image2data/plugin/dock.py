"""The frame of every dock: sections that scroll, and a foot with cursor, progress and messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from magicgui.widgets import Container, ProgressBar
from napari.components import ViewerModel
from qtpy.QtCore import QEvent, Qt, QTimer
from qtpy.QtWidgets import QFrame, QScrollArea

from napari_image2data.plugin.controls import Note, button, row, tight
from napari_image2data.plugin.readout import Readout
from napari_image2data.plugin.session import Session


class _RoomyScrollArea(QScrollArea):
    """An area that is never narrower than its contents beside the scroll bar."""

    def eventFilter(self, watched: Any, event: Any) -> bool:
        """Keep up with contents that grow."""
        if watched is self.widget() and event.type() == QEvent.Type.LayoutRequest:
            bar = self.verticalScrollBar()
            room = 0 if bar is None else bar.sizeHint().width()
            wide = watched.minimumSizeHint().width() + room
            if wide != self.minimumWidth():
                self.setMinimumWidth(wide)
        return bool(super().eventFilter(watched, event))


class Dock(Container):
    """A dock of sections that share a session.

    Parameters
    ----------
    viewer : ViewerModel
    """

    def __init__(self, viewer: ViewerModel, help_line: str) -> None:
        self.session = Session(viewer)
        self.sections: list[Any] = []
        self.intro = Note(help_line)
        self.stack = Container(widgets=[self.intro], labels=False)
        self.cursor = Note()
        self.progress = ProgressBar(min=0, max=1000, value=0)
        self.cancel = button("Cancel", "Stop what is running")
        self.working = row(self.progress, self.cancel)
        self.message = Note()
        super().__init__(widgets=[self.cursor, self.working, self.message], labels=False)
        self.native.layout().setContentsMargins(4, 4, 4, 4)
        self.native.setMinimumWidth(340)
        # a scrolling Container scrolls only when it is the outermost one
        self._area = _RoomyScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setWidget(self.stack.native)
        self.native.layout().insertWidget(0, self._area, 1)
        for hidden in (self.cursor, self.working, self.message):
            hidden.visible = False
        self.readout = Readout(self.session, self._on_cursor)
        self.cancel.changed.connect(self.session.jobs.cancel)
        self.session.said.connect(self._on_said)
        self.session.jobs.started.connect(self._on_started)
        self.session.jobs.progressed.connect(self._on_progress)
        self.session.jobs.finished.connect(self._on_finished)
        self.native.destroyed.connect(self.shut)
        # work done at once shows no progress, for which the dock would be laid out and drawn twice
        self._slow = QTimer(self.native)
        self._slow.setSingleShot(True)
        self._slow.setInterval(300)
        self._slow.timeout.connect(self._on_slow)
        self._shut = False
        self._wrong = False
        # napari gives the dock its place after this, and the canvas what is left of the window
        self._fit = QTimer(self.native)
        self._fit.setSingleShot(True)
        self._fit.setInterval(150)
        self._fit.timeout.connect(self._on_placed)
        self._fit.start()

    def add_sections(self, sections: Sequence[Any]) -> None:
        """Put sections below each other."""
        self.sections.extend(sections)
        self.stack.extend(sections)
        layout = self.stack.native.layout()
        layout.setContentsMargins(2, 0, 6, 0)
        layout.setSpacing(6)
        layout.addStretch(1)

    def reset_choices(self, *args: Any) -> None:
        """Ask all choices again (napari calls this when layers come, go or are renamed)."""
        for section in self.sections:
            section.reset_choices()

    def shut(self, *args: Any) -> None:
        """Stop all work and let go of the viewer; the dock is of no use afterwards."""
        if self._shut:
            return
        self._shut = True
        self._fit.stop()
        self._slow.stop()
        self.readout.close()
        for section in self.sections:
            section.close_section()
        self.session.close()

    def _on_placed(self) -> None:
        if self.session.figure is not None and not self.session.on_values:
            self.session.viewer.reset_view()

    def _on_cursor(self, text: str) -> None:
        self.cursor.say(text)

    def _on_said(self, text: str, wrong: bool) -> None:
        self._wrong = wrong
        self.message.say(text, wrong=wrong)

    def _on_started(self, title: str) -> None:
        self.progress.native.setFormat(title)
        self.progress.native.setTextVisible(True)
        self.progress.native.setMaximum(0)
        if not self.working.visible and not self._slow.isActive():
            self._slow.start()
        if self._wrong:
            self._on_said("", False)

    def _on_slow(self) -> None:
        self.working.visible = True

    def _on_progress(self, fraction: float, text: str) -> None:
        self.progress.native.setMaximum(1000)
        self.progress.native.setValue(round(1000 * fraction))
        if text:
            self.progress.native.setFormat(text)

    def _on_finished(self) -> None:
        if not self.session.jobs.busy:
            self._slow.stop()
            if self.working.visible:
                self.working.visible = False
                tight(self.working)
