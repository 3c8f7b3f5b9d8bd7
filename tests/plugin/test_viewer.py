"""A real napari window: every dock is opened and its button pressed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from PIL import Image as Pillow

import napari_image2data as i2d
from napari_image2data.plugin.launch import save_picture
from napari_image2data.plugin.layers import points_layer
from napari_image2data.plugin.update import add_or_update

pytestmark = pytest.mark.viewer
PLUGIN = "napari-image2data"


@pytest.fixture
def window(make_napari_viewer_proxy, drawn):
    viewer = make_napari_viewer_proxy()
    viewer.add_image(drawn.image, name="fig", rgb=True)
    return viewer


def open_dock(viewer, name):
    _, dock = viewer.window.add_plugin_dock_widget(PLUGIN, name)
    return dock


def prepare(dock, drawn):
    dock.session.correct(
        plot_box=drawn.box, bar_box=drawn.bar, source="bar", vmin=drawn.vmin, vmax=drawn.vmax
    )


def names(viewer):
    return {layer.name for layer in viewer.layers}


def test_the_large_dock_does_everything(window, drawn, settle, tmp_path):
    dock = open_dock(window, "Image to data")
    prepare(dock, drawn)
    dock.do_all.native.click()
    settle(dock)
    assert {"fig data", "fig clusters", "fig centroids", "fig difference"} <= names(window)
    assert np.nanmean(np.abs(window.layers["fig data"].data - drawn.truth)) < 0.04
    picture = save_picture(window, tmp_path / "window.png")
    assert picture.stat().st_size > 20_000
    window.layers["fig"].name = "renamed"
    window.layers.move(0, 3)
    assert dock.figure.figure.value.name == "renamed"
    dock.decode.decode.native.click()
    settle(dock)
    assert "renamed data" in names(window)
    assert not [name for name in names(window) if name.startswith("fig ")]
    dock.shut()


def test_points_out_of_sight_are_updated_too(window):
    viewer = window.__wrapped__

    def points(number):
        place = np.arange(number, dtype=float)
        return points_layer(pd.DataFrame({"row": place, "col": place, "value": place}), "fig")

    layer = add_or_update(viewer, points(12))
    layer.visible = False
    add_or_update(viewer, points(5), layer)
    layer.visible = True
    assert len(layer.data) == len(layer.face_color) == 5
    np.testing.assert_array_equal(layer.features["value"], np.arange(5.0))


def test_the_single_docks_do_one_step_each(window, drawn, settle):
    decode = open_dock(window, "Decode colors")
    prepare(decode, drawn)
    decode.decode.decode.native.click()
    settle(decode)
    assert "fig data" in names(window)

    window.layers.selection.active = window.layers["fig data"]
    mask = open_dock(window, "Gradient mask")
    mask.mask.mask.native.click()
    settle(mask)
    assert window.layers["fig gradient mask"].data.any()

    window.layers.selection.active = window.layers["fig gradient mask"]
    cluster = open_dock(window, "Cluster to centroids")
    cluster.cluster.cluster.native.click()
    settle(cluster)
    assert window.layers["fig clusters"].data.max() == len(window.layers["fig centroids"].data)

    window.layers.selection.active = window.layers["fig centroids"]
    rebuild = open_dock(window, "Reconstruct and compare")
    rebuild.rebuild.rebuild.native.click()
    settle(rebuild)
    assert window.layers["fig reconstruction"].data.shape == drawn.truth.shape
    assert "rmse" in rebuild.rebuild.note.value
    for dock in (decode, mask, cluster, rebuild):
        dock.shut()


def test_the_cursor_tells_value_and_uncertainty(window, drawn, settle):
    dock = open_dock(window, "Decode colors")
    prepare(dock, drawn)
    dock.session.choices.unit = "m/s"
    dock.decode.decode.native.click()
    settle(dock)

    class Event:
        position = (30.0, 50.0)

    dock.readout.on_move(window, Event())
    value = float(dock.session.state.field.values[20, 38])
    told = float(dock.cursor.value.split(":")[1].split("±")[0])
    assert told == pytest.approx(value, abs=0.01)
    assert "±" in dock.cursor.value
    assert "m/s" in dock.cursor.value
    dock.shut()


def test_a_closed_dock_leaves_the_viewer_working(window, drawn, settle):
    dock = open_dock(window, "Image to data")
    prepare(dock, drawn)
    dock.decode.decode.native.click()
    window.window.remove_dock_widget("all")
    dock.shut()
    settle(dock)
    window.add_image(drawn.image, name="other", rgb=True)
    assert "other data" not in names(window)


def test_what_the_jpeg_file_says_is_used(window, drawn, settle, tmp_path):
    path = tmp_path / "photo.jpg"
    # in a grey picture only the file tells the noise
    Pillow.fromarray(drawn.image).convert("L").convert("RGB").save(path, quality=60)
    window.open(path, plugin="napari")
    dock = open_dock(window, "Decode colors")
    prepare(dock, drawn)
    dock.decode.decode.changed.emit(True)
    settle(dock)
    image = np.asarray(Pillow.open(path))
    scale = i2d.ColorScale.from_colorbar(image, drawn.bar, vmin=drawn.vmin, vmax=drawn.vmax)
    told = i2d.decode(image, scale, drawn.box, jpeg=i2d.read_jpeg_info(path))
    untold = i2d.decode(image, scale, drawn.box)
    np.testing.assert_array_equal(dock.session.state.field.sigma, told.sigma)
    assert not np.array_equal(told.sigma, untold.sigma, equal_nan=True)
