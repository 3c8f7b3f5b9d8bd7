"""A small figure with known values, a viewer model, and a way to wait for a session's work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Image
from napari.utils.notifications import notification_manager

import napari_image2data as i2d
from napari_image2data.plugin.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BOX = (12.0, 10.0, 92.0, 70.0)
BAR = (104.0, 10.0, 112.0, 70.0)


@dataclass(frozen=True)
class Drawn:
    """A figure drawn from known values: viridis from 2 to 6, on white."""

    image: np.ndarray
    truth: np.ndarray
    box: tuple[float, float, float, float] = BOX
    bar: tuple[float, float, float, float] = BAR
    vmin: float = 2.0
    vmax: float = 6.0


@pytest.fixture(scope="session")
def drawn() -> Drawn:
    y, x = np.mgrid[0:60, 0:80]
    truth = 4 + 1.9 * np.sin(x / 13.0) * np.cos(y / 11.0)
    scale = i2d.ColorScale.from_name("viridis", vmin=2.0, vmax=6.0)
    image = np.full((84, 124, 3), 255, np.uint8)
    image[10:70, 12:92] = np.round(scale.to_color(truth) * 255)
    ramp = np.linspace(6, 2, 60, endpoint=False) - 2 / 60
    image[10:70, 104:112] = np.round(scale.to_color(ramp) * 255)[:, None]
    return Drawn(image, truth)


@pytest.fixture
def viewer() -> ViewerModel:
    return ViewerModel()


@pytest.fixture
def figure(viewer: ViewerModel, drawn: Drawn) -> Image:
    return viewer.add_layer(Image(drawn.image, name="fig", rgb=True))


@pytest.fixture
def session(qtbot: Any, viewer: ViewerModel) -> Iterator[Session]:
    made = Session(viewer)
    yield made
    made.close()
    qtbot.waitUntil(lambda: not made.jobs.busy, timeout=20_000)


@pytest.fixture
def settle(qtbot: Any) -> Callable[[Any], None]:
    """Wait until a session (or a dock) has nothing more to do."""

    def wait(owner: Any) -> None:
        jobs = getattr(owner, "session", owner).jobs
        qtbot.waitUntil(lambda: not jobs.busy, timeout=60_000)

    return wait


@pytest.fixture
def make_dock(qtbot: Any, viewer: ViewerModel) -> Iterator[Callable[[type], Any]]:
    """Make docks on a viewer model, as napari does, and shut them in the end."""
    docks: list[Any] = []

    def make(kind: type) -> Any:
        dock = kind(viewer)
        qtbot.addWidget(dock.native)
        docks.append(dock)
        return dock

    yield make
    for dock in docks:
        dock.shut()
        qtbot.waitUntil(lambda dock=dock: not dock.session.jobs.busy, timeout=60_000)


@pytest.fixture
def errors() -> Iterator[list[str]]:
    """The error notifications that come during a test."""
    before = len(notification_manager.records)
    seen: list[str] = []

    def note(notification: Any) -> None:
        seen.append(notification.message)

    notification_manager.notification_ready.connect(note)
    yield seen
    notification_manager.notification_ready.disconnect(note)
    del notification_manager.records[before:]
