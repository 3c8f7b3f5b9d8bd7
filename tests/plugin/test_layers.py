from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from napari.components import ViewerModel
from napari.layers import Image, Labels, Layer

import napari_image2data as i2d
from napari_image2data.plugin import layers as as_layers
from napari_image2data.plugin.update import add_or_update


def shown_colors(display: dict, values: np.ndarray) -> np.ndarray:
    """Colors (N, 3) in which napari shows values of an Image layer."""
    low, high = display["contrast_limits"]
    position = ((values - low) / (high - low)) ** display["gamma"]
    return display["colormap"].map(position)[:, :3]


@pytest.mark.parametrize(
    ("vmin", "vmax", "norm"),
    [(0.0, 0.7, "linear"), (6.0, 2.0, "linear"), (-3.0, 3.0, "linear"), (1e-3, 10.0, "log")],
)
def test_a_value_is_shown_in_the_color_it_had_in_the_figure(vmin, vmax, norm):
    scale = i2d.ColorScale.from_name("turbo", vmin=vmin, vmax=vmax, norm=norm)
    display = as_layers.scale_display(scale, "name")
    assert display["contrast_limits"][0] < display["contrast_limits"][1]
    np.testing.assert_allclose(shown_colors(display, scale.values), scale.colors, atol=1e-6)


def test_four_decades_keep_their_colors_in_a_table_of_1024_steps():
    scale = i2d.ColorScale.from_name("viridis", vmin=1e-2, vmax=1e2, norm="log")
    display = as_layers.scale_display(scale, "name")
    table = display["colormap"].map(np.linspace(0, 1, 1024))[:, :3]
    low, high = display["contrast_limits"]
    texel = np.round(((scale.values - low) / (high - low)) ** display["gamma"] * 1023).astype(int)
    spread = np.abs(table[texel] - scale.colors).max(axis=1)
    plain = as_layers.scale_display(scale, "name", spread=False)
    crowded = plain["colormap"].map(np.linspace(0, 1, 1024))[:, :3]
    texel = np.round((scale.values - low) / (high - low) * 1023).astype(int)
    assert spread.max() < 0.05 < 0.1 < np.abs(crowded[texel] - scale.colors).max()


def test_a_discrete_scale_is_shown_in_its_classes_only():
    scale = i2d.ColorScale.from_colors(
        [[1, 0, 0], [0, 1, 0], [0, 0, 1]], [5, 15, 25], discrete=True, vmin=0, vmax=30
    )
    display = as_layers.scale_display(scale, "name")
    shown = shown_colors(display, np.array([0.5, 9.5, 10.5, 19.5, 20.5, 29.5]))
    np.testing.assert_array_equal(shown, np.repeat(scale.colors, 2, axis=0))


@pytest.fixture
def field(drawn):
    scale = i2d.ColorScale.from_name("viridis", vmin=drawn.vmin, vmax=drawn.vmax)
    return i2d.decode(drawn.image, scale, drawn.box, overlays="keep")


def test_layers_lie_over_the_figure_whatever_its_transform(viewer, drawn, field):
    figure = Image(
        drawn.image,
        rgb=True,
        scale=(2, 3),
        translate=(5, -7),
        rotate=30,
        shear=[0.2],
        affine=np.array([[2, 0.1, 3], [0.3, 1, 4], [0, 0, 1]]),
    )
    place = as_layers.figure_placement(figure, (10, 12))
    for make in (as_layers.data_layer, as_layers.flags_layer):
        layer = add_or_update(viewer, make(field, "fig", place))
        np.testing.assert_allclose(
            layer.data_to_world((3, 4)), figure.data_to_world((13, 16)), atol=1e-9
        )


def test_a_field_on_a_regular_grid_can_lie_at_its_axes_values(viewer, field):
    regular = replace(
        field, x=np.linspace(144, 149, field.values.shape[1]), y=np.linspace(-40, -44, 60)
    )
    place = as_layers.axis_placement(regular)
    layer = add_or_update(viewer, as_layers.data_layer(regular, "fig", place))
    np.testing.assert_allclose(layer.data_to_world((0, 0)), (-40, 144))
    np.testing.assert_allclose(layer.data_to_world((59, 79)), (-44, 149))
    assert as_layers.axis_placement(replace(field, x=np.geomspace(1, 100, 80))) is None


def test_updating_keeps_the_layer_and_what_the_user_chose(viewer, field):
    about = {"scale": {"vmin": 2.0}}
    layer = add_or_update(viewer, as_layers.data_layer(field, "fig", None, about))
    layer.contrast_limits = (3, 4)
    layer.opacity = 0.5
    other = replace(field, values=field.values + 1)
    again = add_or_update(viewer, as_layers.data_layer(other, "fig", None, about))
    assert again is layer
    assert layer.opacity == 0.5
    assert tuple(layer.contrast_limits) == (3, 4)
    np.testing.assert_array_equal(layer.data, other.values)
    assert layer.metadata[as_layers.SOURCE] is other
    add_or_update(viewer, as_layers.data_layer(other, "fig", None, {"scale": {"vmin": 0.0}}))
    assert tuple(layer.contrast_limits) == (2, 6)


def test_a_renamed_layer_is_updated_by_identity(viewer, field):
    layer = add_or_update(viewer, as_layers.data_layer(field, "fig"))
    layer.name = "mine"
    assert add_or_update(viewer, as_layers.data_layer(field, "fig"), layer) is layer
    assert [each.name for each in viewer.layers] == ["mine"]


def test_a_layer_of_another_kind_is_never_overwritten(viewer, field):
    theirs = viewer.add_image(np.zeros((5, 5)), name="fig gradient mask")
    mine = add_or_update(viewer, as_layers.mask_layer(np.eye(4, dtype=bool), "fig"))
    assert isinstance(mine, Labels)
    assert theirs in viewer.layers
    assert theirs.data.shape == (5, 5)
    assert mine.name != theirs.name


def table(count: int) -> pd.DataFrame:
    values = np.linspace(2, 6, count)
    return pd.DataFrame(
        {"row": range(count), "col": range(count), "x": 0.0, "y": 0.0, "value": values}
        | {"sigma": 0.1, "size": 3}
    )


@pytest.mark.parametrize("count", [3, 9])
def test_points_update_to_more_and_to_fewer_in_their_values_colors(viewer, count):
    scale = i2d.ColorScale.from_name("viridis", vmin=2.0, vmax=6.0)
    first = add_or_update(viewer, as_layers.points_layer(table(5), "fig", scale))
    layer = add_or_update(viewer, as_layers.points_layer(table(count), "fig", scale))
    assert layer is first
    assert len(layer.data) == len(layer.features) == count
    expected = scale.to_color(layer.features["value"].to_numpy())
    np.testing.assert_allclose(layer.face_color[:, :3], expected, atol=0.02)


def test_points_of_a_log_scale_have_the_figures_colors(viewer):
    scale = i2d.ColorScale.from_name("viridis", vmin=1e-2, vmax=1e2, norm="log")
    points = table(5).assign(value=[0.01, 0.1, 1.0, 10.0, 100.0])
    layer = add_or_update(viewer, as_layers.points_layer(points, "fig", scale))
    np.testing.assert_allclose(
        layer.face_color[:, :3], scale.to_color(points["value"].to_numpy()), atol=0.02
    )


def test_flags_name_each_reason_once(viewer, field):
    flags = np.zeros_like(field.flags)
    flags[0, 0] = i2d.Flag.OVERLAY
    flags[0, 1] = i2d.Flag.OVERLAY | i2d.Flag.FILLED
    layer = add_or_update(viewer, as_layers.flags_layer(replace(field, flags=flags), "f"))
    reason = layer.features.set_index("index")["reason"]
    assert reason[layer.data[0, 0]] == "ink over the data"
    assert reason[layer.data[0, 1]] == "filled from the surroundings"
    assert reason[layer.data[5, 5]] == "read"
    assert set(as_layers.REASONS) == set(i2d.Flag)


def test_the_difference_is_white_at_zero_and_symmetric(viewer):
    difference = np.linspace(-1, 3, 300).reshape(10, 30)
    layer = add_or_update(viewer, as_layers.difference_layer(difference, "fig"))
    low, high = layer.contrast_limits
    assert low == -high
    middle = layer.colormap.map(np.array([0.5]))[0, :3]
    assert middle.min() > 0.85


def test_no_layer_touches_the_array_it_shows(viewer, field):
    before = field.values.copy()
    layer: Layer = add_or_update(viewer, as_layers.data_layer(field, "fig"))
    assert layer.data is field.values
    add_or_update(viewer, as_layers.sigma_layer(field, "fig"))
    np.testing.assert_array_equal(field.values, before)


def test_a_viewer_model_is_enough() -> None:
    viewer = ViewerModel()
    data = as_layers.reconstruction_layer(np.zeros((4, 5)), "fig")
    assert add_or_update(viewer, data).name == "fig reconstruction"
