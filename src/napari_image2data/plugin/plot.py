"""A small plot to click on: error against number of points, both logarithmic."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from qtpy.QtCore import QPointF, QRectF, QSize, Qt, Signal
from qtpy.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from qtpy.QtWidgets import QSizePolicy, QWidget


def decade_ticks(low: float, high: float) -> list[float]:
    """Round numbers 1, 2, 5 times a power of ten within [low, high], at most eight.

    Examples
    --------
    >>> decade_ticks(8, 1200)
    [10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0]
    """
    first, last = int(np.floor(np.log10(low))), int(np.ceil(np.log10(high)))
    powers = range(first, last + 1)
    ticks = [step * 10.0**power for power in powers for step in (1, 2, 5)]
    ticks = [tick for tick in ticks if low <= tick <= high]
    return (
        ticks
        if len(ticks) <= 8
        else [10.0**power for power in powers if low <= 10.0**power <= high]
    )


class CurvePlot(QWidget):
    """Error (percent of the range) against number of points; a click chooses a number.

    Signals
    -------
    chosen(points)
    """

    chosen = Signal(int)

    _LEFT, _BOTTOM, _TOP, _RIGHT = 44, 34, 8, 24

    def __init__(self) -> None:
        super().__init__()
        self._x = np.array([])
        self._y = np.array([])
        self._picked: float | None = None
        self._hover: float | None = None
        self.setMinimumHeight(170)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setToolTip("Click to choose a number of points")

    def sizeHint(self) -> QSize:
        """Room for axes and labels."""
        return QSize(260, 170)

    def show_curve(self, points: list[int], percent: list[float]) -> None:
        """Draw error (percent of the range) against number of points."""
        x, y = np.asarray(points, float), np.asarray(percent, float)
        usable = (x > 0) & (y > 0)
        self._x, self._y = x[usable], y[usable]
        self._picked = None
        self.update()

    def error_at(self, points: float) -> float:
        """Error in percent at a number of points, between the curve's own."""
        return float(np.exp(np.interp(np.log(points), np.log(self._x), np.log(self._y))))

    def points_at(self, x: float) -> int:
        """Return the number of points at a place in the widget."""
        low, high = np.log(self._x[[0, -1]])
        share = (x - self._LEFT) / max(self.width() - self._LEFT - self._RIGHT, 1)
        return round(float(np.exp(low + np.clip(share, 0, 1) * (high - low))))

    def _place(self, points: float, percent: float) -> QPointF:
        width = self.width() - self._LEFT - self._RIGHT
        height = self.height() - self._TOP - self._BOTTOM
        x = np.log(points / self._x[0]) / (np.log(self._x[-1] / self._x[0]) or 1)
        low, high = self._y.min() / 1.3, self._y.max() * 1.3
        y = np.log(percent / low) / np.log(high / low)
        return QPointF(self._LEFT + x * width, self._TOP + (1 - y) * height)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show what a click here would choose."""
        if len(self._x) > 1:
            self._hover = self.points_at(event.position().x())
            self.update()

    def leaveEvent(self, event: object) -> None:
        """Forget where the mouse was."""
        self._hover = None
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the number of points below the mouse."""
        if len(self._x) > 1:
            points = self.points_at(event.position().x())
            self._picked = points
            self.update()
            self.chosen.emit(points)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw axes, curve and marks."""
        if len(self._x) < 2:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = self.palette().windowText().color()
        faint = QColor(ink)
        faint.setAlpha(50)
        font = painter.font()
        font.setPointSizeF(max(font.pointSizeF() * 0.8, 6))
        painter.setFont(font)
        frame = QRectF(
            self._LEFT,
            self._TOP,
            self.width() - self._LEFT - self._RIGHT,
            self.height() - self._TOP - self._BOTTOM,
        )
        painter.setPen(faint)
        painter.drawRect(frame)
        for tick in decade_ticks(self._x[0], self._x[-1]):
            x = self._place(tick, self._y[0]).x()
            painter.setPen(faint)
            painter.drawLine(QPointF(x, frame.top()), QPointF(x, frame.bottom()))
            painter.setPen(ink)
            painter.drawText(
                QRectF(x - 30, frame.bottom() + 2, 60, 14),
                Qt.AlignmentFlag.AlignHCenter,
                f"{tick:g}",
            )
        for tick in decade_ticks(self._y.min() / 1.3, self._y.max() * 1.3):
            y = self._place(self._x[0], tick).y()
            painter.setPen(faint)
            painter.drawLine(QPointF(frame.left(), y), QPointF(frame.right(), y))
            painter.setPen(ink)
            painter.drawText(
                QRectF(0, y - 8, self._LEFT - 5, 16),
                Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
                f"{tick:g} %",
            )
        painter.setPen(ink)
        painter.drawText(
            QRectF(frame.left(), frame.bottom() + 16, frame.width(), 16),
            Qt.AlignmentFlag.AlignHCenter,
            "points (click to choose)",
        )
        accent = QColor("#2bb886")
        painter.setPen(QPen(accent, 2))
        places = [self._place(x, y) for x, y in zip(self._x, self._y, strict=True)]
        for start, end in pairwise(places):
            painter.drawLine(start, end)
        painter.setBrush(accent)
        for place in places:
            painter.drawEllipse(place, 2.5, 2.5)
        chosen = self._hover if self._hover is not None else self._picked
        if chosen is not None:
            place = self._place(chosen, self.error_at(chosen))
            painter.setPen(QPen(QColor("#ff9f1c"), 1.5))
            painter.drawLine(QPointF(place.x(), frame.top()), QPointF(place.x(), frame.bottom()))
            words = f"{chosen:.0f} points, {self.error_at(chosen):.2g} %"
            side = (
                Qt.AlignmentFlag.AlignRight
                if place.x() > frame.center().x()
                else Qt.AlignmentFlag.AlignLeft
            )
            left = place.x() - 164 if side == Qt.AlignmentFlag.AlignRight else place.x() + 4
            painter.drawText(QRectF(left, frame.top() + 2, 160, 16), side, words)
        painter.end()
