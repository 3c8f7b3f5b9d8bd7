from __future__ import annotations

import threading

import pytest

from napari_image2data.errors import ScaleError
from napari_image2data.plugin.jobs import Jobs


@pytest.fixture
def jobs(qtbot):
    made = Jobs()
    yield made
    made.close()
    qtbot.waitUntil(lambda: not made.busy, timeout=20_000)


def test_the_result_comes_in_the_gui_thread(jobs, qtbot):
    threads = []

    def work(report):
        threads.append(threading.current_thread())
        return 42

    def done(result):
        threads.append(threading.current_thread())
        threads.append(result)

    jobs.run("a", "title", work, done)
    qtbot.waitUntil(lambda: not jobs.busy)
    assert threads[0] is not threading.main_thread()
    assert threads[1:] == [threading.main_thread(), 42]


def test_bad_input_is_one_sentence_and_no_result(jobs, qtbot):
    sentences, results = [], []
    jobs.failed.connect(sentences.append)

    def work(report):
        raise ScaleError("vmin and vmax are the same.")

    jobs.run("a", "title", work, results.append)
    qtbot.waitUntil(lambda: not jobs.busy)
    assert sentences == ["vmin and vmax are the same."]
    assert results == []


def test_a_bug_surfaces(jobs, qtbot):
    def work(report):
        raise KeyError("a bug")

    with qtbot.capture_exceptions() as raised:
        jobs.run("a", "title", work, lambda result: None)
        qtbot.waitUntil(lambda: not jobs.busy)
    assert [kind for kind, _, _ in raised] == [KeyError]


def test_the_last_of_many_wins(jobs, qtbot):
    """The first runs until it is told to stop; those in between never start."""
    started = threading.Event()
    ran, results = [], []

    def work(number):
        def run(report):
            ran.append(number)
            if number == 0:
                started.set()
                while True:
                    report(0.5)
            return number

        return run

    jobs.run("slider", "title", work(0), results.append)
    started.wait(10)
    for number in (1, 2, 3):
        jobs.run("slider", "title", work(number), results.append)
    qtbot.waitUntil(lambda: not jobs.busy)
    assert results == [3]
    assert ran == [0, 3]


def test_cancel_stops_at_the_next_report(jobs, qtbot):
    started = threading.Event()
    results, sentences = [], []
    jobs.failed.connect(sentences.append)

    def work(report):
        started.set()
        while True:
            report(0.1)

    jobs.run("a", "title", work, results.append)
    jobs.run("b", "title", lambda report: 1, results.append)
    started.wait(10)
    jobs.cancel()
    qtbot.waitUntil(lambda: not jobs.busy)
    assert results == []
    assert sentences == []


def test_progress_arrives(jobs, qtbot):
    seen = []
    jobs.progressed.connect(lambda fraction, text: seen.append((fraction, text)))
    jobs.run("a", "title", lambda report: report(1.0, "nearly"), lambda result: None)
    qtbot.waitUntil(lambda: not jobs.busy and bool(seen))
    assert seen == [(1.0, "nearly")]


def test_quick_work_does_not_wait_for_long_work(jobs, qtbot):
    quick_ran = threading.Event()
    results = []
    jobs.run("long", "title", lambda report: quick_ran.wait(10), results.append)
    jobs.run("quick", "title", lambda report: quick_ran.set(), results.append, quick=True)
    qtbot.waitUntil(lambda: not jobs.busy)
    assert sorted(results, key=str) == [None, True]  # the long one saw that the quick one ran


def test_dropped_work_delivers_nothing(jobs, qtbot):
    started, go_on = threading.Event(), threading.Event()
    results = []

    def work(report):
        started.set()
        go_on.wait(10)
        return "stale"

    jobs.run("a", "title", work, results.append)
    jobs.run("b", "title", lambda report: "waiting", results.append)
    jobs.run("c", "title", lambda report: "wanted", results.append)
    started.wait(10)
    jobs.drop("a", "b")
    go_on.set()
    qtbot.waitUntil(lambda: not jobs.busy)
    assert results == ["wanted"]
