"""The docks on a viewer model: the controls are pressed, the layers are looked at."""

from __future__ import annotations

import json

import numpy as np
import pytest
from napari.layers import Image

import napari_image2data as i2d
from napari_image2data.plugin import layers as as_layers
from napari_image2data.plugin.boxes import COLOR_BAR, corners
from napari_image2data.plugin.cluster_widget import ClusterWidget
from napari_image2data.plugin.decode_widget import DecodeWidget
from napari_image2data.plugin.image_to_data_widget import ImageToDataWidget
from napari_image2data.plugin.mask_widget import MaskWidget
from napari_image2data.plugin.rebuild_widget import RebuildWidget


def press(button):
    button.changed.emit(True)


@pytest.fixture
def dock(make_dock, figure, drawn):
    """The large dock on a figure whose boxes and range are typed, not read."""
    dock = make_dock(ImageToDataWidget)
    dock.session.correct(
        plot_box=drawn.box, bar_box=drawn.bar, source="bar", vmin=drawn.vmin, vmax=drawn.vmax
    )
    return dock


def names(viewer):
    return {layer.name for layer in viewer.layers}


def test_decode_gives_the_values_the_figure_was_drawn_from(dock, viewer, drawn, settle):
    press(dock.decode.decode)
    settle(dock)
    layer = viewer.layers["fig data"]
    assert layer.data.shape == drawn.truth.shape
    assert np.nanmean(np.abs(layer.data - drawn.truth)) < 0.01 * 4
    assert tuple(layer.contrast_limits) == pytest.approx((2, 6))
    assert layer.colorbar.visible
    np.testing.assert_array_equal(layer.data_to_world((0, 0)), (drawn.box[1], drawn.box[0]))
    assert "read" in dock.decode.note.value
    assert dock.decode.done


def test_every_step_in_one_go(dock, viewer, settle):
    press(dock.do_all)
    settle(dock)
    assert names(viewer) == {
        "fig",
        "fig boxes",
        "fig data",
        "fig gradient mask",
        "fig clusters",
        "fig centroids",
        "fig reconstruction",
        "fig difference",
    }
    state = dock.session.state
    assert len(viewer.layers["fig centroids"].data) == len(state.points)
    assert f"rmse {100 * state.report.relative_rmse:.2g} %" in dock.rebuild.note.value
    json.dumps(viewer.layers["fig difference"].metadata[as_layers.PROVENANCE])


def test_the_results_are_those_of_a_script(dock, drawn, settle):
    press(dock.do_all)
    settle(dock)
    run = i2d.ImageToData(drawn.image)
    scale = i2d.ColorScale.from_colorbar(drawn.image, drawn.bar, vmin=2.0, vmax=6.0)
    run.read(scale=scale, box=drawn.box).decode(overlays="mask").mask().cluster().reconstruct()
    state = dock.session.state
    np.testing.assert_array_equal(state.field.values, run.field.values)
    np.testing.assert_array_equal(state.mask, run.gradient_mask)
    np.testing.assert_array_equal(state.labels, run.labels)
    np.testing.assert_array_equal(state.again, run.reconstruction)


def test_a_corrected_range_decodes_again_and_all_that_follows(dock, viewer, settle, qtbot):
    press(dock.do_all)
    settle(dock)
    before = viewer.layers["fig data"].data
    rebuilt = viewer.layers["fig reconstruction"]
    with qtbot.waitSignal(dock.decode._soon.timeout, timeout=10_000):
        dock.scale.vmax.value = "10"
    settle(dock)
    after = viewer.layers["fig data"].data
    both = np.isfinite(before) & np.isfinite(after)
    np.testing.assert_allclose((after[both] - 2) / 8, (before[both] - 2) / 4, atol=1e-4)
    assert rebuilt is viewer.layers["fig reconstruction"]
    assert np.nanmax(rebuilt.data) > 7


def test_a_dragged_bar_box_decodes_again_and_keeps_the_typed_range(dock, viewer, settle, qtbot):
    press(dock.decode.decode)
    settle(dock)
    first = viewer.layers["fig data"].data
    boxes = viewer.layers["fig boxes"]
    moved = corners((104, 24, 112, 70))
    index = list(boxes.features["role"]).index(COLOR_BAR)
    data = [np.array(each) for each in boxes.data]
    data[index] = moved
    with qtbot.waitSignal(dock.decode._soon.timeout, timeout=10_000):
        boxes.data = data
    settle(dock)
    assert dock.session.choices.bar_box == (104, 24, 112, 70)
    assert (dock.scale.vmin.read(), dock.scale.vmax.read()) == (2, 6)
    second = viewer.layers["fig data"].data
    assert np.nanmean(second) > np.nanmean(first) + 0.1


def cluster_by_hand(dock, settle):
    for button in (dock.decode.decode, dock.mask.mask, dock.cluster.cluster):
        press(button)
        settle(dock)


def test_the_mask_and_the_clusters_follow_their_sliders(dock, viewer, settle):
    cluster_by_hand(dock, settle)
    few = int(viewer.layers["fig gradient mask"].data.sum())
    dock.mask.tolerance.value = 4.5
    settle(dock)
    many = int(viewer.layers["fig gradient mask"].data.sum())
    assert many > few
    assert (
        viewer.layers["fig clusters"].data[viewer.layers["fig gradient mask"].data == 0].max() == 0
    )
    assert str(len(viewer.layers["fig centroids"].data)) in dock.cluster.note.value


def test_a_slider_that_moves_while_the_rest_is_rebuilt_leaves_one_consistent_result(
    dock, viewer, settle, qtbot
):
    press(dock.do_all)
    settle(dock)
    for tolerance in np.linspace(1, 4, 13):
        dock.mask.tolerance.value = tolerance
        qtbot.wait(15)  # a person drags: some of the steps that follow are at work each time
    settle(dock)
    state = dock.session.state
    assert state.mask.sum() == viewer.layers["fig gradient mask"].data.sum()
    np.testing.assert_array_equal(state.labels, viewer.layers["fig clusters"].data)
    assert len(state.points) == len(viewer.layers["fig centroids"].data) == state.report.points
    assert f"{len(state.points)} points" in dock.rebuild.note.value
    assert f"{len(state.points)} points, rmse" in dock.cluster.note.value


def test_points_of_the_field_itself_take_the_place_of_clusters(dock, viewer, settle):
    press(dock.do_all)
    settle(dock)
    shown = ("fig gradient mask", "fig clusters", "fig centroids")
    for name in shown:
        viewer.layers[name].visible = True
    press(dock.reduce.place)
    settle(dock)
    assert [viewer.layers[name].visible for name in shown] == [False, False, True]


def test_a_picture_of_which_nothing_can_be_read_is_said(dock, viewer, settle, errors):
    dock.session.correct(source="name", cmap="gray", vmin=0.0, vmax=1.0)
    viewer.layers["fig"].data = np.full_like(viewer.layers["fig"].data, (250, 60, 60))
    press(dock.do_all)
    settle(dock)
    assert len(errors) == 1
    assert "No pixel could be read" in errors[0]
    assert "fig gradient mask" not in viewer.layers


def test_what_was_made_of_values_that_are_gone_is_hidden_and_comes_back(
    dock, viewer, settle, errors
):
    dock.session.correct(source="name", cmap="viridis", vmin=2.0, vmax=6.0)
    cluster_by_hand(dock, settle)
    made = ("fig gradient mask", "fig clusters", "fig centroids")
    for name in made:
        viewer.layers[name].visible = True
    picture = viewer.layers["fig"].data.copy()
    viewer.layers["fig"].data = np.full_like(picture, (250, 60, 60))
    press(dock.decode.decode)
    settle(dock)
    assert len(errors) == 1
    assert "No pixel could be read" in errors[0]
    assert not any(viewer.layers[name].visible for name in made)
    viewer.layers["fig"].data = picture
    press(dock.decode.decode)
    settle(dock)
    assert len(errors) == 1
    assert all(viewer.layers[name].visible for name in made)


def test_flat_pixels_and_fewest_points_take_turns(dock, viewer, settle):
    cluster_by_hand(dock, settle)
    press(dock.reduce.place)
    settle(dock)
    kept = dock.session.state.points
    dock.mask.tolerance.value = 4.5  # a new mask would drop the points
    settle(dock)
    assert dock.session.state.points is kept
    press(dock.decode.decode)
    settle(dock)
    assert "reduce" in dock.session.state.steps
    assert dock.session.state.points is not None
    assert not viewer.layers["fig gradient mask"].visible
    press(dock.mask.mask)
    settle(dock)
    assert viewer.layers["fig gradient mask"].visible
    press(dock.cluster.cluster)
    settle(dock)
    assert viewer.layers["fig clusters"].visible
    assert len(dock.session.state.points) == dock.session.state.labels.max()


def test_eps_that_moves_while_the_mask_is_made_counts(dock, viewer, settle):
    cluster_by_hand(dock, settle)
    dock.mask.tolerance.value = 4.5
    dock.cluster.eps.value = 3
    settle(dock)
    state = dock.session.state
    assert state.steps["cluster"]["eps"] == 3
    np.testing.assert_array_equal(state.labels, i2d.cluster(state.mask, eps=3, min_samples=2))
    np.testing.assert_array_equal(viewer.layers["fig clusters"].data, state.labels)
    assert len(state.points) == state.labels.max()


def test_the_color_limit_does_not_decode_again(dock, viewer, settle, drawn):
    image = drawn.image.copy()
    image[30:40, 40:50] = (250, 60, 60)
    viewer.layers["fig"].data = image
    dock.decode.settings.overlays.value = "keep"
    press(dock.decode.decode)
    settle(dock)
    decoded = dock.session.state.field
    hole = (slice(20, 30), slice(28, 38))
    assert np.isnan(decoded.values[hole]).all()
    dock.decode.automatic.value = False
    dock.decode.limit.value = 250
    settle(dock)
    assert np.isfinite(viewer.layers["fig data"].data[hole]).all()
    assert dock.session.state.decoded is decoded
    dock.decode.limit.value = 20
    settle(dock)
    assert np.isnan(viewer.layers["fig data"].data[hole]).all()
    assert dock.session.state.decoded is decoded
    clean = np.isfinite(decoded.values)
    np.testing.assert_array_equal(viewer.layers["fig data"].data[clean], decoded.values[clean])


def test_fewest_points_keep_their_error(dock, viewer, settle):
    press(dock.decode.decode)
    settle(dock)
    dock.reduce.error.value = 2
    press(dock.reduce.place)
    settle(dock)
    press(dock.rebuild.rebuild)
    settle(dock)
    assert dock.session.state.report.relative_rmse < 0.025
    assert len(viewer.layers["fig centroids"].data) < 200
    press(dock.reduce.draw)
    settle(dock)
    assert not dock.reduce.plot.isHidden()
    dock.reduce.plot.chosen.emit(40)
    settle(dock)
    assert len(viewer.layers["fig centroids"].data) == 40
    assert len(dock.session.state.points) == 40


def test_points_of_a_heat_map_are_its_cells_and_are_rebuilt_as_such(
    make_dock, viewer, figure, settle
):
    y, x = np.mgrid[0:12, 0:15]
    cells = 0.5 + 0.4 * np.sin(y / 3.0) * np.cos(x / 4.0)
    a_figure_of(viewer, np.round(colors_of(np.kron(cells, np.ones((8, 9)))) * 255).astype(np.uint8))
    dock = make_dock(ImageToDataWidget)
    dock.session.correct(source="name", cmap="viridis", vmin=0.0, vmax=1.0)
    press(dock.decode.decode)
    settle(dock)
    press(dock.reduce.place)
    settle(dock)
    press(dock.rebuild.rebuild)
    settle(dock)
    state = dock.session.state
    assert [len(edges) for edges in state.points.attrs["cells"].values()] == [13, 16]
    assert state.report.relative_rmse <= 0.01
    assert "a linear mesh over cells" in dock.reduce.note.value
    assert f"{len(state.points)} points" in dock.reduce.note.value
    assert "(linear, " in dock.rebuild.note.value
    # the dock that only rebuilds learns from the layer what the points are for
    viewer.layers.selection.active = viewer.layers["pic data"]
    alone = make_dock(RebuildWidget)
    alone.source.extra["centroids"].value = viewer.layers["pic centroids"]
    press(alone.rebuild.rebuild)
    settle(alone)
    assert alone.session.state.report == state.report
    dock.reduce.method.value = "nearest"  # follows at once
    settle(dock)
    assert state.points.attrs == {"method": "nearest"}
    assert "flat cells" in dock.reduce.note.value
    assert "(nearest, " in dock.rebuild.note.value


def test_looking_shows_one_picture_at_a_time(dock, viewer, settle):
    press(dock.do_all)
    settle(dock)
    pictures = ("fig data", "fig reconstruction", "fig difference")

    def shown():
        return [name for name in pictures if viewer.layers[name].visible]

    assert shown() == ["fig data"]
    dock.rebuild.look.value = "difference"
    assert shown() == ["fig difference"]
    dock.rebuild.look.value = "swipe"
    dock.rebuild.edge.value = 0.25
    swipe = viewer.layers["fig swipe"].data
    np.testing.assert_array_equal(swipe[:, :20], viewer.layers["fig data"].data[:, :20])
    np.testing.assert_array_equal(swipe[:, 20:], viewer.layers["fig reconstruction"].data[:, 20:])
    dock.rebuild.look.value = "flicker"
    assert "fig swipe" not in viewer.layers
    dock.rebuild._blink()
    assert shown() == ["fig reconstruction"]
    dock.rebuild.look.value = "data"
    assert shown() == ["fig data"]


def test_what_is_looked_at_stays_while_sliders_move(dock, viewer, settle):
    press(dock.do_all)
    settle(dock)
    mask, centroids = viewer.layers["fig gradient mask"], viewer.layers["fig centroids"]
    assert not mask.visible  # it would lie over the data that is compared
    dock.rebuild.look.value = "difference"
    before = viewer.layers["fig difference"].data.copy()
    dock.mask.tolerance.value = 4.5
    settle(dock)
    assert not np.array_equal(before, viewer.layers["fig difference"].data, equal_nan=True)
    assert viewer.layers["fig difference"].visible
    limits = viewer.layers["fig difference"].contrast_limits
    largest = np.nanpercentile(np.abs(viewer.layers["fig difference"].data), 99.5)
    assert limits == pytest.approx([-largest, largest])
    assert not mask.visible
    assert not centroids.visible
    dock.rebuild.look.value = "data"
    assert centroids.visible
    mask.visible = True
    dock.mask.tolerance.value = 3.0
    settle(dock)
    assert mask.visible
    assert viewer.layers["fig data"].visible
    assert not viewer.layers["fig difference"].visible


def test_uncertainty_and_reasons_come_and_go(dock, viewer, settle):
    press(dock.decode.decode)
    settle(dock)
    dock.decode.sigma.value = True
    dock.decode.flags.value = True
    assert {"fig sigma", "fig flags"} <= names(viewer)
    assert viewer.layers["fig flags"].visible
    dock.decode.sigma.value = False
    assert "fig sigma" not in viewer.layers


def test_layers_can_lie_at_axis_values(dock, viewer, settle):
    dock.session.choices.x_axis = i2d.Axis.through((12.0, 92.0), (0.0, 8.0))
    dock.session.choices.y_axis = i2d.Axis.through((10.0, 70.0), (6.0, 0.0))
    press(dock.do_all)
    settle(dock)
    dock.decode.coordinates.value = True
    for name in ("fig data", "fig clusters", "fig centroids"):
        np.testing.assert_allclose(
            viewer.layers[name].data_to_world((-0.5, -0.5)), (6, 0), atol=1e-9
        )
    dock.decode.coordinates.value = False
    np.testing.assert_allclose(viewer.layers["fig data"].data_to_world((0, 0)), (10, 12))


def test_reading_finds_the_boxes_and_asks_for_what_it_cannot_read(
    make_dock, viewer, known_figure, settle, qtbot
):
    """The figure has no numbers beside its color bar: they are asked for, not invented."""
    known = known_figure
    viewer.add_layer(Image(known.image, name="fig", rgb=True))
    dock = make_dock(ImageToDataWidget)
    press(dock.figure.read)
    settle(dock)
    np.testing.assert_allclose(dock.session.choices.plot_box, known.box, atol=1.5)
    np.testing.assert_allclose(dock.session.choices.bar_box, known.colorbar, atol=1.5)
    assert set(viewer.layers["fig boxes"].features["role"]) == {"plot area", "colour bar"}
    assert "Sure of: plot area 99%, colour bar 50%." in dock.figure.note.value
    assert dock.scale.vmin.value == ""
    assert "type" in dock.scale.note.value
    dock.scale.vmin.value = str(known.vmin)
    dock.scale.vmax.value = str(known.vmax)
    press(dock.get_data)
    settle(dock)
    data = viewer.layers["fig data"].data[:158, :198]
    assert np.nanmedian(np.abs(data - known.truth[:158, :198])) < 0.02 * 8


# ---- layers come, go and change their names -------------------------------------------------


def test_the_dock_follows_the_active_image(make_dock, viewer, figure, drawn):
    dock = make_dock(DecodeWidget)
    assert dock.figure.figure.value is figure
    other = viewer.add_image(drawn.image[:, ::-1], name="other", rgb=True)
    assert dock.figure.figure.value is other
    viewer.layers.selection.active = figure
    assert dock.session.figure is figure
    viewer.add_points([[1, 1]], name="points")
    assert dock.session.figure is figure


def test_results_of_a_figure_are_kept_with_it(dock, viewer, settle, drawn, figure):
    press(dock.decode.decode)
    settle(dock)
    viewer.add_image(drawn.image, name="other", rgb=True)
    assert dock.session.state.field is None
    assert dock.scale.vmin.value == ""
    viewer.layers.selection.active = figure
    assert dock.session.state.field is not None
    assert dock.scale.vmin.read() == 2


def test_renaming_reordering_and_removing_do_no_harm(dock, viewer, settle, figure):
    press(dock.do_all)
    settle(dock)
    data = viewer.layers["fig data"]
    data.name = "my values"
    figure.name = "renamed"
    viewer.layers.move(0, len(viewer.layers))
    viewer.layers.remove("renamed difference")
    viewer.layers.remove("renamed boxes")
    press(dock.do_all)
    settle(dock)
    assert data.name == "my values"
    assert dock.session.state.layers["data"] is data
    assert "renamed difference" in viewer.layers
    viewer.layers.remove(figure)
    assert dock.session.figure is None
    assert "my values" in viewer.layers


def test_our_own_layers_are_no_figures(dock, viewer, settle, figure):
    press(dock.decode.decode)
    settle(dock)
    viewer.layers.selection.active = viewer.layers["fig data"]
    assert dock.session.figure is figure
    assert list(dock.figure.figure.choices) == [figure]


# ---- what is wrong is said once, in one sentence --------------------------------------------


def test_without_a_figure_the_dock_says_so(make_dock, viewer, errors):
    dock = make_dock(ImageToDataWidget)
    press(dock.get_data)
    press(dock.decode.decode)
    assert len(errors) == 2
    assert all("no figure" in message for message in errors)
    assert "no figure" in dock.message.value
    assert len(viewer.layers) == 0


def test_without_a_range_nothing_is_decoded(make_dock, figure, viewer, errors, settle):
    dock = make_dock(DecodeWidget)
    press(dock.decode.decode)
    settle(dock)
    assert len(errors) == 1
    assert "type them" in dock.message.value
    assert names(viewer) == {"fig"}


@pytest.mark.parametrize(("text", "words"), [("x", "is no number"), ("2", "two different")])
def test_a_useless_range_is_said_while_it_is_typed(dock, errors, text, words):
    dock.scale.vmax.value = text
    assert words in dock.scale.note.value
    assert errors == []


def test_steps_in_the_wrong_order_say_what_to_press(dock, errors, viewer):
    press(dock.mask.mask)
    press(dock.cluster.cluster)
    press(dock.rebuild.rebuild)
    assert len(errors) == 3
    assert all("first" in message for message in errors)
    assert "fig clusters" not in viewer.layers


def test_a_picture_of_one_color_loses_no_layer(dock, viewer, settle, errors, figure):
    press(dock.do_all)
    settle(dock)
    kept = names(viewer)
    figure.data = np.zeros_like(figure.data)
    press(dock.get_data)
    settle(dock)
    assert len(errors) == 1
    assert names(viewer) == kept


def test_saving_into_no_folder_is_said(dock, settle, errors, tmp_path):
    press(dock.decode.decode)
    settle(dock)
    dock.save.folder.value = tmp_path / "missing"
    press(dock.save.save)
    assert len(errors) == 1


@pytest.mark.parametrize("units", ["range", "sigma"])
def test_what_was_saved_can_be_run_again(dock, settle, tmp_path, drawn, units):
    dock.mask.units.value = units
    press(dock.do_all)
    settle(dock)
    dock.save.folder.value = tmp_path
    press(dock.save.save)
    settle(dock)
    assert {path.name for path in tmp_path.iterdir()} == {
        "fig-data.npz",
        "fig-points.csv",
        "fig-recipe.json",
    }
    recipe = i2d.Recipe.load(tmp_path / "fig-recipe.json")
    run = i2d.ImageToData.from_recipe(recipe, drawn.image)
    np.testing.assert_array_equal(run.field.values, dock.session.state.field.values)
    np.testing.assert_array_equal(run.reconstruction, dock.session.state.again)


# ---- stacks ---------------------------------------------------------------------------------


def test_a_stack_decodes_to_a_lazy_stack(make_dock, viewer, drawn, settle):
    frames = np.stack([drawn.image, drawn.image[:, :, :]])
    frames[1, 10:70, 12:92] = frames[1, 10:70, 12:92][::-1]
    viewer.add_layer(Image(frames, name="movie", rgb=True))
    dock = make_dock(ImageToDataWidget)
    dock.session.correct(
        plot_box=drawn.box, bar_box=drawn.bar, source="bar", vmin=drawn.vmin, vmax=drawn.vmax
    )
    press(dock.decode.decode)
    settle(dock)
    data = viewer.layers["movie data"].data
    assert hasattr(data, "dask")
    assert data.shape == (2, *drawn.truth.shape)
    second = np.asarray(data[1])
    assert np.nanmean(np.abs(second - drawn.truth[::-1])) < 0.04
    viewer.dims.set_current_step(0, 1)
    press(dock.mask.mask)
    settle(dock)
    np.testing.assert_array_equal(dock.session.need_field().values, second)
    assert viewer.layers["movie gradient mask"].data.shape == drawn.truth.shape


# ---- the docks of a single step -------------------------------------------------------------


def test_the_single_steps_do_the_same_as_the_large_dock(dock, make_dock, viewer, settle):
    press(dock.do_all)
    settle(dock)
    expected = {
        name: np.array(viewer.layers[name].data)
        for name in sorted(names(viewer))
        if "boxes" not in name
    }
    viewer.layers.selection.active = viewer.layers["fig data"]
    before = names(viewer)

    mask = make_dock(MaskWidget)
    assert mask.source.values.value is viewer.layers["fig data"]
    press(mask.mask.mask)
    settle(mask)
    cluster = make_dock(ClusterWidget)
    cluster.source.extra["mask"].value = viewer.layers["fig gradient mask"]
    press(cluster.cluster.cluster)
    settle(cluster)
    rebuild = make_dock(RebuildWidget)
    rebuild.source.extra["centroids"].value = viewer.layers["fig centroids"]
    press(rebuild.rebuild.rebuild)
    settle(rebuild)
    assert names(viewer) == before
    for name, data in expected.items():
        np.testing.assert_array_equal(viewer.layers[name].data, data)
        np.testing.assert_array_equal(
            viewer.layers[name].data_to_world((0, 0))[-2:],
            (10, 12) if name != "fig" else (0, 0),
        )


def test_a_single_step_takes_any_layer_of_values(make_dock, viewer, settle):
    values = np.repeat(np.arange(6.0), 10) * np.ones((40, 1))
    viewer.add_image(values, name="values", translate=(3, 4))
    dock = make_dock(MaskWidget)
    dock.mask.tolerance.value = 0
    press(dock.mask.mask)
    settle(dock)
    mask = viewer.layers["values gradient mask"]
    assert 0 < mask.data.mean() < 1
    np.testing.assert_array_equal(mask.translate, (3, 4))


def test_a_mask_of_another_size_is_refused(make_dock, viewer, errors):
    viewer.add_image(np.zeros((40, 50)), name="values")
    viewer.add_labels(np.zeros((10, 10), int), name="flat")
    dock = make_dock(ClusterWidget)
    assert dock.source.extra["mask"].value is viewer.layers["flat"]
    assert len(errors) == 1
    assert "belong together" in errors[0]


@pytest.mark.parametrize("kind", [MaskWidget, ClusterWidget, RebuildWidget])
def test_a_single_step_without_values_says_where_they_come_from(make_dock, kind):
    dock = make_dock(kind)
    assert "Decode colors" in dock.source.note.value


def test_a_shut_dock_lets_go_of_the_viewer(make_dock, viewer, figure, drawn):
    dock = make_dock(ImageToDataWidget)
    dock.shut()
    viewer.add_image(drawn.image, name="other", rgb=True)
    assert dock.session.figure is figure
    assert viewer.mouse_move_callbacks == []


# ---- what the colours are mixed with, cells, samples ----------------------------------------


def a_figure_of(viewer, image):
    viewer.layers.clear()
    return viewer.add_layer(Image(image, name="pic", rgb=True))


def colors_of(values):
    scale = i2d.ColorScale.from_name("viridis", vmin=0.0, vmax=1.0)
    return scale.to_color(values)


@pytest.fixture
def shaded():
    from napari_image2data.decode.blend import blend

    value, light = np.meshgrid(np.linspace(0.1, 0.9, 90), np.linspace(0.2, 0.8, 70))
    return value, light, np.round(blend("soft", colors_of(value), light) * 255).astype(np.uint8)


def test_a_shaded_figure_is_named_and_the_light_taken_out(
    make_dock, viewer, figure, shaded, settle, qtbot
):
    value, light, image = shaded
    a_figure_of(viewer, image)
    dock = make_dock(DecodeWidget)
    dock.session.correct(source="name", cmap="viridis", vmin=0.0, vmax=1.0)
    press(dock.decode.decode)
    settle(dock)
    assert "choose 'light: a hillshade' above" in dock.decode.note.value
    with qtbot.waitSignal(dock.decode._soon.timeout, timeout=10_000):
        dock.decode.settings.mixed.value = "light"
    settle(dock)
    assert '"soft" was taken out' in dock.decode.note.value
    assert np.nanmean(np.abs(viewer.layers["pic data"].data - value)) < 0.01
    assert np.nanmean(np.abs(viewer.layers["pic light"].data - light)) < 0.02
    assert dock.session.state.steps["decode"]["shading"] is True


def test_a_picture_beneath_is_taken_out(make_dock, viewer, figure, settle):
    value = np.tile(np.linspace(0.1, 0.9, 90), (70, 1))
    base = np.random.default_rng(0).integers(0, 255, (70, 90, 3), np.uint8)
    image = np.round(0.5 * colors_of(value) * 255 + 0.5 * base).astype(np.uint8)
    drawn = a_figure_of(viewer, image)
    beneath = viewer.add_layer(Image(base, name="photo", rgb=True))
    dock = make_dock(DecodeWidget)
    viewer.layers.selection.active = drawn
    dock.session.correct(source="name", cmap="viridis", vmin=0.0, vmax=1.0)
    dock.decode.settings.overlays.value = "keep"
    dock.decode.settings.mixed.value = "base"
    dock.decode.settings.base.value = beneath
    press(dock.decode.decode)
    settle(dock)
    assert np.nanmean(np.abs(viewer.layers["pic data"].data - value)) < 0.01
    assert dock.session.state.field.mixture.opacity == pytest.approx(0.5, abs=0.01)


def test_one_value_a_cell_is_a_layer_over_the_figure(make_dock, viewer, figure, settle, tmp_path):
    cells = np.random.default_rng(0).random((7, 9))
    image = np.round(colors_of(np.kron(cells, np.ones((10, 12)))) * 255).astype(np.uint8)
    a_figure_of(viewer, image)
    dock = make_dock(ImageToDataWidget)
    dock.session.correct(source="name", cmap="viridis", vmin=0.0, vmax=1.0)
    press(dock.decode.decode)
    settle(dock)
    dock.decode.cells.value = True
    settle(dock)
    layer = viewer.layers["pic cells"]
    np.testing.assert_allclose(layer.data, cells, atol=0.01)
    # the middle of the first cell, and of the last
    np.testing.assert_allclose(layer.data_to_world((0, 0)), (4.5, 5.5), atol=0.1)
    np.testing.assert_allclose(layer.data_to_world((6, 8)), (64.5, 101.5), atol=0.1)
    dock.save.folder.value = str(tmp_path)
    press(dock.save.save)
    settle(dock)
    assert (tmp_path / "pic-cells.csv").exists()
    dock.decode.cells.value = False
    assert "pic cells" not in names(viewer)


def test_the_original_samples_become_the_points(make_dock, viewer, figure, settle):
    from scipy.spatial import cKDTree

    rng = np.random.default_rng(1)
    sites, values = rng.uniform(5, 95, (40, 2)), rng.random(40)
    nearest = cKDTree(sites).query(np.argwhere(np.ones((100, 100))))[1].reshape(100, 100)
    a_figure_of(viewer, np.round(colors_of(values[nearest]) * 255).astype(np.uint8))
    dock = make_dock(ImageToDataWidget)
    dock.session.correct(source="name", cmap="viridis", vmin=0.0, vmax=1.0)
    press(dock.decode.decode)
    settle(dock)
    press(dock.reduce.samples)
    settle(dock)
    found = viewer.layers["pic centroids"].data
    assert (cKDTree(found).query(sites)[0] < 3).mean() >= 0.9
    assert "find_nodes" in dock.session.state.steps


def test_another_frame_of_a_stack_makes_mask_and_points_anew(make_dock, viewer, drawn, settle):
    frames = np.stack([drawn.image, drawn.image[::-1]])
    viewer.add_layer(Image(frames, name="movie", rgb=True))
    dock = make_dock(ImageToDataWidget)
    dock.session.correct(
        plot_box=(12, 14, 92, 70), source="name", cmap="viridis", vmin=2.0, vmax=6.0
    )
    viewer.dims.set_current_step(0, 0)
    press(dock.decode.decode)
    settle(dock)
    press(dock.mask.mask)
    settle(dock)
    before = np.array(viewer.layers["movie gradient mask"].data)
    viewer.dims.set_current_step(0, 1)
    settle(dock)
    after = viewer.layers["movie gradient mask"].data
    assert not np.array_equal(before, after)
    assert "Another frame" in dock.message.value
    np.testing.assert_array_equal(dock.session.state.mask, np.asarray(after) > 0)


@pytest.mark.parametrize(
    ("values", "clusters", "words"),
    [
        (np.random.default_rng(0).uniform(2, 6, (60, 80)), False, "raise the gradient tolerance"),
        (np.full((60, 80), 4.0), True, "A mesh needs 3 points or more and there are 1; keep more"),
        (np.repeat([2.4, 3.6, 4.8, 5.6], 20) * np.ones((60, 1)), True, "keep points off that line"),
    ],
    ids=["nothing flat", "one cluster", "points on one line"],
)
def test_points_that_do_not_do_are_said_and_nothing_is_lost(
    dock, viewer, settle, errors, figure, values, clusters, words
):
    scale = i2d.ColorScale.from_name("viridis", vmin=2.0, vmax=6.0)
    image = figure.data.copy()
    image[10:70, 12:92] = np.round(scale.to_color(values) * 255)
    figure.data = image
    dock.session.correct(source="name", cmap="viridis", vmin=2.0, vmax=6.0)
    press(dock.decode.decode)
    settle(dock)
    dock.mask.tolerance.value = 0
    press(dock.mask.mask)
    settle(dock)
    there = [layer.name for layer in viewer.layers]
    press(dock.cluster.cluster)
    settle(dock)
    if clusters:
        assert not errors
        there = [layer.name for layer in viewer.layers]
        dock.rebuild.method.value = "linear"
        press(dock.rebuild.rebuild)
        settle(dock)
    assert len(errors) == 1
    assert words in errors[0]
    assert [layer.name for layer in viewer.layers] == there
