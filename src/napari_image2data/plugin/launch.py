"""napari with a figure and the dock ready; and the picture of it that ``image2data demo`` takes.

``python -m napari_image2data.plugin.launch PICTURE.png [--stay] [--figure FIGURE]`` does every
step on a figure (the example figure, if none is given), saves a picture of the window and, with
``--stay``, leaves the window open.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from importlib.resources import as_file, files
from pathlib import Path

import napari
from napari.layers import Image
from qtpy.QtCore import QEventLoop, QTimer
from qtpy.QtWidgets import QApplication

from napari_image2data.files.images import read_image
from napari_image2data.plugin.image_to_data_widget import ImageToDataWidget

SIZE = (1500, 960)
"""Window size of the picture, pixels."""


def open_figure(path: str | Path, *, show: bool = True) -> napari.Viewer:
    """Open napari with a figure and the dock "Image to data".

    Parameters
    ----------
    path : str or Path
        A picture file; one with several frames becomes a stack.
    show : bool
        Whether to show the window at once.

    Returns
    -------
    napari.Viewer
        ``napari.run()`` starts it.

    Raises
    ------
    Image2DataError
        When the file is no picture; no window is opened then.
    """
    path = Path(path)
    picture = read_image(path, frame=None)
    viewer = napari.Viewer(show=show)
    viewer.add_layer(Image(picture, name=path.stem, rgb=picture.shape[-1] in (3, 4)))
    viewer.window.add_plugin_dock_widget("napari-image2data", "Image to data")
    return viewer


def dock_of(viewer: napari.Viewer) -> ImageToDataWidget:
    """The dock "Image to data" of a viewer; it is opened where it is not there yet."""
    _, dock = viewer.window.add_plugin_dock_widget("napari-image2data", "Image to data")
    assert isinstance(dock, ImageToDataWidget)
    return dock


def wait_for(dock: ImageToDataWidget, seconds: float = 300) -> None:
    """Serve the window until the dock has nothing more to do, or time is up."""
    loop = QEventLoop()
    limit, look = QTimer(), QTimer()
    limit.setSingleShot(True)
    limit.timeout.connect(loop.quit)
    look.timeout.connect(lambda: None if dock.session.jobs.busy else loop.quit())
    limit.start(round(1000 * seconds))
    look.start(50)
    loop.exec()


def do_every_step(viewer: napari.Viewer) -> ImageToDataWidget:
    """Press "Do every step" in the dock and wait until it is done."""
    dock = dock_of(viewer)
    dock.do_all.changed.emit(True)
    wait_for(dock)
    return dock


def save_picture(viewer: napari.Viewer, path: str | Path) -> Path:
    """Save a picture of the whole window: canvas, layer list and dock."""
    viewer.window.resize(*SIZE)
    for _ in range(5):
        QApplication.processEvents()
    viewer.reset_view()
    for _ in range(20):
        QApplication.processEvents()
    viewer.screenshot(str(path), canvas_only=False, flash=False)
    return Path(path)


def main(arguments: Sequence[str] | None = None) -> None:
    """Do every step on a figure and take the window's picture."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("picture", type=Path, help="PNG file to write")
    parser.add_argument("--figure", type=Path, help="picture file of a figure")
    parser.add_argument("--stay", action="store_true", help="leave the window open")
    options = parser.parse_args(arguments)
    example = files("napari_image2data.samples") / "tomography.jpg"
    if options.figure is None:
        with as_file(example) as figure:
            viewer = open_figure(figure)
    else:
        viewer = open_figure(options.figure)
    do_every_step(viewer)
    save_picture(viewer, options.picture)
    if options.stay:
        napari.run()
    else:
        viewer.close()


if __name__ == "__main__":
    main()
