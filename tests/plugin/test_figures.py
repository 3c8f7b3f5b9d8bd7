"""Figures are renamed, reordered and removed; what was made from them goes along."""

from __future__ import annotations

import numpy as np
import pytest
from napari.layers import Image
from scipy.stats import spearmanr

import napari_image2data as i2d
from napari_image2data.plugin.image_to_data_widget import ImageToDataWidget
from napari_image2data.plugin.layers import PROVENANCE
from napari_image2data.plugin.mask_widget import MaskWidget


def press(button):
    button.changed.emit(True)


def names(viewer):
    return {layer.name for layer in viewer.layers}


@pytest.fixture
def dock(make_dock, figure, drawn):
    dock = make_dock(ImageToDataWidget)
    dock.session.correct(
        plot_box=drawn.box, bar_box=drawn.bar, source="bar", vmin=drawn.vmin, vmax=drawn.vmax
    )
    return dock


def test_a_figures_layers_are_renamed_with_it(dock, make_dock, viewer, settle, figure):
    press(dock.do_all)
    settle(dock)
    viewer.layers["fig clusters"].name = "grains"
    figure.name = "wave"
    assert names(viewer) == {
        "wave",
        "wave boxes",
        "wave data",
        "wave gradient mask",
        "grains",
        "wave centroids",
        "wave reconstruction",
        "wave difference",
    }
    before = names(viewer)
    viewer.layers.selection.active = viewer.layers["wave data"]
    single = make_dock(MaskWidget)
    press(single.mask.mask)
    settle(single)
    press(dock.do_all)
    settle(dock)
    assert names(viewer) == before


def test_a_doubled_name_does_not_take_the_other_figures_layers(dock, viewer, settle, drawn, figure):
    press(dock.decode.decode)
    settle(dock)
    other = viewer.add_layer(Image(drawn.image, name="other", rgb=True))
    other.name = "fig"
    assert other.name == "fig [1]"
    assert viewer.layers["fig data"].metadata[PROVENANCE]["figure"] == "fig"
    figure.name = "fig [1]"
    assert figure.name == "fig [2]"
    assert "fig [2] data" in viewer.layers


def test_pictures_lie_directly_above_the_figure_after_reordering(dock, viewer, settle, figure):
    press(dock.decode.decode)
    settle(dock)
    press(dock.mask.mask)
    settle(dock)
    press(dock.cluster.cluster)
    settle(dock)
    viewer.layers.reverse()
    viewer.layers.selection.select_only(figure)
    press(dock.rebuild.rebuild)
    settle(dock)
    at = viewer.layers.index
    start = at("fig")
    pictures = ["fig data", "fig reconstruction", "fig difference"]
    assert [layer.name for layer in viewer.layers[start + 1 : start + 4]] == pictures
    assert set(viewer.layers.selection) == {figure}
    viewer.layers.reverse()
    dock.rebuild.look.value = "difference"
    assert viewer.layers["fig difference"].visible
    assert at("fig difference") > max(at("fig"), at("fig data"), at("fig reconstruction"))
    dock.rebuild.look.value = "swipe"
    assert at("fig swipe") == at("fig difference") + 1


def test_new_pictures_lie_below_points_and_masks(dock, viewer, settle):
    press(dock.do_all)
    settle(dock)
    order = [layer.name for layer in viewer.layers]
    assert order.index("fig difference") < order.index("fig gradient mask")
    assert order.index("fig data") + 1 == order.index("fig reconstruction")


def test_a_removed_figures_layers_are_hidden_and_the_next_figure_is_on_view(
    make_dock, viewer, drawn, settle
):
    wide = viewer.add_layer(Image(np.tile(drawn.image, (1, 4, 1)), name="wide", rgb=True))
    figure = viewer.add_layer(Image(drawn.image, name="fig", rgb=True))
    dock = make_dock(ImageToDataWidget)
    viewer.layers.selection.active = figure
    dock.session.correct(
        plot_box=drawn.box, bar_box=drawn.bar, source="bar", vmin=drawn.vmin, vmax=drawn.vmax
    )
    press(dock.decode.decode)
    settle(dock)
    wide.visible = False
    viewer.scene.camera.center = (0, 900, 900)
    viewer.layers.remove(figure)
    assert dock.session.figure is wide
    assert dock.figure.figure.value is wide
    assert wide.visible
    assert viewer.layers.selection.active is wide
    assert not viewer.layers["fig data"].visible
    assert not viewer.layers["fig boxes"].visible
    assert viewer.scene.camera.center[1:] == pytest.approx((41.5, 247.5))
    assert "'fig' was removed" in dock.message.value
    assert "'wide'" in dock.message.value


def test_removing_the_only_figure_leaves_its_values_on_view(dock, viewer, settle, figure):
    press(dock.decode.decode)
    settle(dock)
    viewer.layers.remove(figure)
    assert dock.session.figure is None
    assert viewer.layers["fig data"].visible


def test_the_figure_is_fitted_once_the_dock_has_its_place(make_dock, figure, viewer, qtbot):
    viewer.scene.camera.center = (0, 900, 900)
    make_dock(ImageToDataWidget)
    qtbot.waitUntil(lambda: viewer.scene.camera.center[1] < 100, timeout=5_000)
    assert viewer.scene.camera.center[1:] == pytest.approx((41.5, 61.5))


def test_flat_on_a_log_scale_is_flat_in_decades(make_dock, viewer, settle):
    scale = i2d.ColorScale.from_name("viridis", vmin=1e-2, vmax=1e2, norm="log")
    decades = np.tile(np.repeat(np.linspace(-1.9, 1.9, 16), 5), (60, 1))
    picture = np.round(scale.to_color(10**decades) * 255).astype(np.uint8)
    viewer.add_layer(Image(picture, name="log", rgb=True))
    dock = make_dock(ImageToDataWidget)
    dock.session.correct(cmap="viridis", vmin=1e-2, vmax=1e2, norm="log")
    press(dock.decode.decode)
    settle(dock)
    press(dock.mask.mask)
    settle(dock)
    mask = dock.session.state.mask
    run = i2d.ImageToData(picture).read(scale=scale, box="all").decode(overlays="mask").mask()
    np.testing.assert_array_equal(mask, run.gradient_mask)
    # in value units the steps of the lower decades would all be flat
    np.testing.assert_array_equal(mask[:, :39], mask[:, 40:79])
    assert 0.5 < mask.mean() < 0.9


def test_naming_the_map_shows_scores_and_refuses_one_color(make_dock, viewer, settle, errors):
    scale = i2d.ColorScale.from_name("viridis", vmin=0, vmax=1)
    picture = scale.colors[np.add.outer(np.arange(90), np.arange(120))]
    layer = viewer.add_layer(Image(np.round(picture * 255).astype(np.uint8), name="a", rgb=True))
    dock = make_dock(ImageToDataWidget)
    press(dock.scale.which)
    settle(dock)
    assert dock.scale.note.value.startswith("Most likely bids:viridis (score 0.")
    layer.data = np.full((40, 50, 3), 90, np.uint8)
    press(dock.scale.which)
    settle(dock)
    assert len(errors) == 1
    assert "one colour" in errors[0]


def test_the_pictures_own_colors_become_a_scale(make_dock, viewer, settle):
    table = 0.5 + 0.45 * np.sin(np.linspace(0, 3, 256)[:, None] * [1.0, 1.4, 0.7] + [4.5, 0.3, 2.0])
    y, x = np.mgrid[0:120, 0:160]
    truth = 0.5 + 0.5 * np.sin(x / 25.0) * np.cos(y / 21.0)
    picture = np.round(table[np.round(truth * 255).astype(int)] * 255).astype(np.uint8)
    viewer.add_layer(Image(picture, name="a", rgb=True))
    dock = make_dock(ImageToDataWidget)
    dock.session.correct(source="own", vmin=-1.0, vmax=3.0)
    assert "in no order yet" in dock.scale.note.value
    assert not dock.scale.order.native.isHidden()
    press(dock.scale.order)
    settle(dock)
    assert "does not show" in dock.scale.note.value
    decoded = []
    for reverse in (False, True):
        dock.scale.reverse.value = reverse
        press(dock.decode.decode)
        settle(dock)
        decoded.append(dock.session.state.field.values)
    rank = spearmanr(decoded[0].ravel(), truth.ravel()).statistic
    assert abs(rank) > 0.99
    np.testing.assert_allclose(decoded[0] + decoded[1], 2.0, atol=0.05)
