"""Work off the GUI thread, with progress, cancel and one clear message.

A piece of work has a key. A new piece with the key of a waiting one takes its place, and one with
the key of the running one stops that first: so a slider that moves faster than the work never
builds up a queue, and the last position always wins. Pieces that a slider waits for do not queue
behind longer ones; else one piece runs at a time.
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
    quick: bool
    stop: Event


class _Bridge(QObject):
    """Carries progress from the worker's thread to the GUI's."""

    progressed = QtSignal(float, str)


class Jobs:
    """Runs pieces of work in two threads: one for quick pieces, one for all others.

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
        self._waiting: dict[str, _Job] = {}
        self._lines = (_Line(self, quick=True), _Line(self, quick=False))
        self.closed = False
        self._bridge = _Bridge()
        self._bridge.progressed.connect(self._on_progress)

    @property
    def busy(self) -> bool:
        """Whether anything runs or waits."""
        return bool(self._waiting) or any(line.job is not None for line in self._lines)

    def run(
        self,
        key: str,
        title: str,
        work: Callable[[Report], Any],
        done: Callable[[Any], None],
        failed: Callable[[str], None] | None = None,
        *,
        quick: bool = False,
    ) -> None:
        """Run ``work(report)`` in a thread, then ``done(result)`` in the GUI thread."""
        if self.closed:
            return
        self.drop(key)
        self._waiting[key] = _Job(key, title, work, done, failed, quick, Event())
        self.go_on()

    def drop(self, *keys: str) -> None:
        """Deliver no result of the pieces with these keys: nobody needs them any more."""
        for key in keys:
            self._waiting.pop(key, None)
        for line in self._lines:
            if line.job is not None and line.job.key in keys:
                line.job.stop.set()

    def cancel(self) -> None:
        """Stop what runs at its next report, and forget what waits."""
        self._waiting.clear()
        for line in self._lines:
            if line.job is not None:
                line.job.stop.set()

    def close(self) -> None:
        """Cancel everything and deliver no result any more."""
        self.closed = True
        self.cancel()

    def go_on(self) -> None:
        """Start what waits, where its line is free."""
        for line in self._lines:
            waiting = [key for key, job in self._waiting.items() if job.quick == line.quick]
            if waiting and line.job is None and not self.closed:
                job = self._waiting.pop(waiting[0])
                self.started.emit(job.title)
                line.start(job, Report(self._bridge.progressed.emit, job.stop))

    def _on_progress(self, fraction: float, text: str) -> None:
        if not self.closed:
            self.progressed.emit(fraction, text)


class _Line:
    """One thread's worth of work: the piece that runs, and what becomes of it."""

    def __init__(self, jobs: Jobs, *, quick: bool) -> None:
        self.quick = quick
        self.job: _Job | None = None
        self._jobs = jobs
        self._worker: Any = None

    def start(self, job: _Job, report: Report) -> None:
        self.job = job
        self._worker = create_worker(job.work, report, _start_thread=False, _ignore_errors=True)
        self._worker.returned.connect(self._on_returned)
        self._worker.errored.connect(self._on_errored)
        self._worker.finished.connect(self._on_finished)
        self._worker.start()

    def _on_returned(self, result: Any) -> None:
        job = self.job
        if job is not None and not self._jobs.closed and not job.stop.is_set():
            job.done(result)

    def _on_errored(self, error: BaseException) -> None:
        job = self.job
        if self._jobs.closed or isinstance(error, Cancelled) or job is None or job.stop.is_set():
            return
        if not isinstance(error, Image2DataError):
            raise error
        if job.failed is not None:
            job.failed(str(error))
        self._jobs.failed.emit(str(error))

    def _on_finished(self) -> None:
        self.job = self._worker = None
        if not self._jobs.closed:
            self._jobs.finished.emit()
        self._jobs.go_on()
