"""The building blocks of the docks: foldable sections, notes, number lines, colour map chooser."""

from __future__ import annotations

from typing import Any

import numpy as np
from magicgui.widgets import ComboBox, Container, Label, LineEdit, PushButton
from psygnal import Signal
from qtpy.QtCore import QRectF, QSize, Qt
from qtpy.QtGui import QColor, QImage, QPainter, QPaintEvent
from qtpy.QtWidgets import QSizePolicy, QWidget
from superqt.cmap import CmapCatalogComboBox

from napari_image2data.errors import Image2DataError, ScaleError
from napari_image2data.plugin.choices import number

PRIMARY = (
    "QPushButton {background-color: #1b7f5c; color: white; font-weight: bold; padding: 6px;}"
    "QPushButton:hover {background-color: #23996f;}"
    "QPushButton:disabled {background-color: #55605c; color: #bbbbbb;}"
)
HEADER = "QPushButton {text-align: left; font-weight: bold; padding: 5px 6px;}"
QUIET = "QLabel {color: #808690;}"
WRONG = "QLabel {color: #ff6b5e;}"


def tight(container: Container, left: int = 0, spacing: int = 4) -> None:
    """Take the margins off a container's layout."""
    layout = container.native.layout()
    if layout is not None:
        layout.setContentsMargins(left, 0, 0, 0)
        layout.setSpacing(spacing)


def button(text: str, tooltip: str, *, primary: bool = False) -> PushButton:
    """Make a push button; a primary one is the next thing to press."""
    widget = PushButton(text=text, tooltip=tooltip)
    if primary:
        widget.native.setStyleSheet(PRIMARY)
    return widget


def grouped(number: int) -> str:
    """A whole number with its thousands apart.

    Examples
    --------
    >>> grouped(16667).replace(chr(0x202F), " ")
    '16 667'
    """
    return f"{number:,}".replace(",", "\u202f")


def counts(pixels: int, points: int, relative_rmse: float | None = None) -> str:
    """What became of the pixels, in one line.

    Examples
    --------
    >>> counts(16667, 1221, 0.008).replace(chr(0x202F), " ")
    '16 667 pixels → 1 221 points, rmse 0.8 %'
    """
    words = f"{grouped(pixels)} pixels → {grouped(points)} points"
    return words if relative_rmse is None else f"{words}, rmse {100 * relative_rmse:.2g} %"


def row(*widgets: Any) -> Container:
    """Put widgets side by side."""
    container = Container(widgets=list(widgets), layout="horizontal", labels=False)
    tight(container)
    return container


class Note(Label):
    """A line or two of text that wraps; wrong things are red."""

    def __init__(self, text: str = "") -> None:
        super().__init__(value=text)
        self.native.setWordWrap(True)
        self.native.setTextFormat(Qt.TextFormat.PlainText)
        self.native.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.native.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)

    def say(self, text: str, *, wrong: bool = False) -> None:
        """Show a text; an empty one takes no room."""
        self.value = text
        self.native.setStyleSheet(WRONG if wrong else "")
        self.visible = bool(text)


class Section(Container):
    """A step of a dock: a header that folds, one line of help, controls, a note.

    Parameters
    ----------
    title : str
        e.g. "2  Colour scale".
    help_line : str
        One plain sentence: what this step does.
    folded : bool
        Whether the body is hidden at first.
    """

    def __init__(self, title: str, help_line: str, *, folded: bool = False) -> None:
        self._title = title
        self._done = False
        self.header = PushButton(text=title, tooltip="Fold or unfold this step")
        self.header.native.setStyleSheet(HEADER)
        self.help = Note(help_line)
        self.help.native.setStyleSheet(QUIET)
        self.form = Container(labels=True)
        self.below = Container(labels=False)
        self.note = Note()
        self.body = Container(widgets=[self.help, self.form, self.below, self.note], labels=False)
        super().__init__(widgets=[self.header, self.body], labels=False)
        for container in (self, self.form, self.below):
            tight(container)
        tight(self.body, left=6)
        self.note.visible = False
        self.header.changed.connect(self._on_header)
        self.folded = folded

    def close_section(self) -> None:
        """Let go of the viewer; sections that hold on to it say more."""

    @property
    def folded(self) -> bool:
        """Whether only the header is shown."""
        return self._folded

    @folded.setter
    def folded(self, folded: bool) -> None:
        self._folded = bool(folded)
        self.body.visible = not folded
        self._write_header()

    @property
    def done(self) -> bool:
        """Whether the step has a result; the header shows a check mark."""
        return self._done

    @done.setter
    def done(self, done: bool) -> None:
        self._done = bool(done)
        self._write_header()

    def _write_header(self) -> None:
        mark = "  ✓" if self._done else ""
        self.header.text = f"{'▸' if self._folded else '▾'}  {self._title}{mark}"

    def _on_header(self) -> None:
        self.folded = not self._folded


class NumberLine(LineEdit):
    """A line for one number of any size; empty means that it is not known."""

    def __init__(self, label: str, tooltip: str) -> None:
        super().__init__(label=label, tooltip=tooltip)
        self.native.setPlaceholderText("not known yet")

    def read(self) -> float | None:
        """The number; raises ScaleError when there is something else."""
        return number(str(self.value), self.label)

    def write(self, value: float | None) -> None:
        """Show a number, unless the line says it already in other digits."""
        try:
            same = self.read() == value
        except Image2DataError:
            same = False
        if not same:
            self.value = "" if value is None else f"{value:.6g}"


class ColormapChooser(Container):
    """All named colour maps, each with its colours; type any part of a name to search.

    Signals
    -------
    chosen(name)
    """

    chosen = Signal(str)

    def __init__(self, name: str = "viridis") -> None:
        super().__init__(labels=False, label="colour map")
        tight(self)
        self._box = CmapCatalogComboBox()
        self._box.setToolTip("Every named colour map; type a part of its name to search")
        self._box.setMinimumWidth(120)
        self._box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._box.setMaxVisibleItems(18)
        self.native.layout().addWidget(self._box)
        self._cmap = ""
        self.cmap = name
        self._box.currentTextChanged.connect(self._on_text)

    @property
    def cmap(self) -> str:
        """The colour map's name."""
        return self._cmap

    @cmap.setter
    def cmap(self, name: str) -> None:
        if name == self._cmap:
            return
        index = self._box.findText(name)
        short = name.rpartition(":")[2]
        if index < 0 and (index := self._box.findText(short)) < 0:
            raise ScaleError(f"No colour map is called {name!r}; choose one from the list.")
        self._cmap = self._box.itemText(index)
        self._box.setCurrentIndex(index)

    def _on_text(self, text: str) -> None:
        if text != self._cmap and self._box.findText(text) >= 0:
            self._cmap = text
            self.chosen.emit(text)


class ScaleStrip(QWidget):
    """The colours of a scale in a strip, with the values at its ends and middle."""

    def __init__(self) -> None:
        super().__init__()
        self._image: QImage | None = None
        self._texts: tuple[str, str, str] = ("", "", "")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setMinimumHeight(34)

    def sizeHint(self) -> QSize:
        """Room for colours and text."""
        return QSize(200, 34)

    def show_scale(self, scale: Any) -> None:
        """Paint this ColorScale, or nothing for None."""
        self.setVisible(scale is not None)
        if scale is None:
            return
        colors = np.round(np.asarray(scale.colors)[None] * 255).astype(np.uint8)
        colors = np.ascontiguousarray(colors)
        height, width = colors.shape[:2]
        self._image = QImage(
            colors.data, width, height, 3 * width, QImage.Format.Format_RGB888
        ).copy()
        values = np.asarray(scale.values)
        middle = (
            values[len(values) // 2]
            if len(values) % 2
            else values[len(values) // 2 - 1 :][:2].mean()
        )
        if scale.norm == "log":
            middle = np.sign(scale.vmin) * np.sqrt(abs(scale.vmin * scale.vmax))
        self._texts = (f"{scale.vmin:.5g}", f"{middle:.3g}", f"{scale.vmax:.5g}")
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw strip and values."""
        if self._image is None:
            return
        painter = QPainter(self)
        strip = QRectF(0, 0, self.width(), 16)
        painter.drawImage(strip, self._image)
        painter.setPen(QColor(128, 128, 128))
        painter.drawRect(strip.adjusted(0, 0, -1, 0))
        painter.setPen(self.palette().windowText().color())
        text = QRectF(0, 17, self.width(), 17)
        for words, side in zip(
            self._texts,
            (
                Qt.AlignmentFlag.AlignLeft,
                Qt.AlignmentFlag.AlignHCenter,
                Qt.AlignmentFlag.AlignRight,
            ),
            strict=True,
        ):
            painter.drawText(text, side, words)
        painter.end()


def refresh_choices(box: ComboBox, value: Any) -> None:
    """Ask a combo box's choices again and select ``value`` without telling anyone."""
    with box.changed.blocked():
        box.reset_choices()
        if value in box.choices:
            box.value = value
