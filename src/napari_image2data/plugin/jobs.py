"""Work off the GUI thread: one piece at a time, with progress, cancel and one clear message.

A piece of work has a key. A new piece with the key of a waiting one takes its place, and one with
the key of the running one stops that first: so a slider that moves faster than the work never
builds up a queue, and the last position always wins.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Event
from time import monotonic
from typing import Any

from napari.qt.threading import create_worker
from psygnal import Signal
from qtpy.QtCore import QObject
from qtpy.QtCore import Signal as QtSignal

from napari_image2data.errors import Image2DataError


class Cancelled(Exception):
    """The work was told to stop."""


class Report:
    """What a piece of work is given: it says how far it is, and learns that it shall stop."""

    def __init__(self, tell: Callable[[float, str], None], stop: Event) -> None:
        self._tell = tell
        self._stop = stop
        self._last = 0.0

    def __call__(self, fraction: float, text: str = "") -> None:
        """Tell the fraction done (0..1); raises `Cancelled` when the work shall stop."""
        if self._stop.is_set():
            raise Cancelled
        now = monotonic()
        if now - self._last > 0.05 or fraction >= 1:
            self._last = now
            self._tell(float(fraction), text)

    def counted(self, done: int, total: int) -> None:
        """Tell ``done`` of ``total`` steps: the shape in which the library reports progress."""
        self(done / total if total else 1.0)

    @property
    def stopped(self) -> bool:
        """Whether the work was told to stop."""
        return self._stop.is_set()


@dataclass
class _Job:
    key: str
    title: str
    work: Callable[[Report], Any]
    done: Callable[[Any], None]
    failed: Callable[[str], None] | None
    stop: Event


class _Bridge(QObject):
    """Carries progress from the worker's thread to the GUI's."""

    progressed = QtSignal(float, str)


class Jobs:
    """Runs pieces of work one after the other in a thread.

    Signals
    -------
    started(title), progressed(fraction, text), finished()
        ``finished`` comes once after each piece, whether it succeeded, failed or was cancelled.
    failed(sentence)
        Bad input: the sentence of an `Image2DataError`. Any other exception is a bug and is
        raised in the GUI thread, where napari shows it with its traceback.
    """

    started = Signal(str)
    progressed = Signal(float, str)
    finished = Signal()
    failed = Signal(str)

    def __init__(self) -> None:
        self._running: _Job | None = None
        self._worker: Any = None
        self._waiting: dict[str, _Job] = {}
        self._closed = False
        self._bridge = _Bridge()
        self._bridge.progressed.connect(self._on_progress)

    @property
    def busy(self) -> bool:
        """Whether anything runs or waits."""
        return self._running is not None or bool(self._waiting)

    def run(
        self,
        key: str,
        title: str,
        work: Callable[[Report], Any],
        done: Callable[[Any], None],
        failed: Callable[[str], None] | None = None,
    ) -> None:
        """Run ``work(report)`` in a thread, then ``done(result)`` in the GUI thread."""
        if self._closed:
            return
        job = _Job(key, title, work, done, failed, Event())
        self._waiting.pop(key, None)
        self._waiting[key] = job
        if self._running is not None:
            if self._running.key == key:
                self._running.stop.set()
            return
        self._next()

    def cancel(self) -> None:
        """Stop what runs at its next report, and forget what waits."""
        self._waiting.clear()
        if self._running is not None:
            self._running.stop.set()

    def close(self) -> None:
        """Cancel everything and deliver no result any more."""
        self._closed = True
        self.cancel()

    def _next(self) -> None:
        if self._closed or not self._waiting:
            return
        key = next(iter(self._waiting))
        job = self._running = self._waiting.pop(key)
        self.started.emit(job.title)
        report = Report(self._bridge.progressed.emit, job.stop)

        self._worker = create_worker(job.work, report, _start_thread=False, _ignore_errors=True)
        self._worker.returned.connect(self._on_returned)
        self._worker.errored.connect(self._on_errored)
        self._worker.finished.connect(self._on_finished)
        self._worker.start()

    def _on_progress(self, fraction: float, text: str) -> None:
        if not self._closed:
            self.progressed.emit(fraction, text)

    def _on_returned(self, result: Any) -> None:
        job = self._running
        if job is not None and not self._closed and not job.stop.is_set():
            job.done(result)

    def _on_errored(self, error: BaseException) -> None:
        job = self._running
        if self._closed or isinstance(error, Cancelled) or job is None or job.stop.is_set():
            return
        if not isinstance(error, Image2DataError):
            raise error
        if job.failed is not None:
            job.failed(str(error))
        self.failed.emit(str(error))

    def _on_finished(self) -> None:
        self._running = self._worker = None
        if not self._closed:
            self.finished.emit()
        self._next()
