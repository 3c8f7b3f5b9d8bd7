"""What a picture went through, said in the dock: the values are those of a script."""

from __future__ import annotations

import numpy as np
import pytest

import napari_image2data as i2d
from napari_image2data.plugin.decode_widget import DecodeWidget


def press(button):
    button.changed.emit(True)


@pytest.fixture
def start(make_dock):
    """Open the decode dock on a layer of the drawn figure, with its boxes and range given."""

    def make(drawn):
        dock = make_dock(DecodeWidget)
        dock.session.correct(
            plot_box=drawn.box, bar_box=drawn.bar, source="bar", vmin=drawn.vmin, vmax=drawn.vmax
        )
        return dock

    return make


def scale_of(image, drawn):
    return i2d.ColorScale.from_colorbar(image, drawn.bar, vmin=drawn.vmin, vmax=drawn.vmax)


@pytest.mark.parametrize(("option", "value"), [("jpeg", True), ("rivals", "nearest")])
def test_a_rare_option_is_that_of_a_script(start, viewer, figure, drawn, settle, option, value):
    rng = np.random.default_rng(3)
    x0, y0, x1, y1 = (int(edge) for edge in drawn.box)
    noisy = drawn.image.astype(int)
    noisy[y0:y1, x0:x1] += rng.integers(-6, 7, noisy[y0:y1, x0:x1].shape)
    figure.data = image = noisy.clip(0, 255).astype(np.uint8)
    dock = start(drawn)
    dock.decode.settings.more.value = True
    getattr(dock.decode.settings, option).value = value
    press(dock.decode.decode)
    settle(dock)
    expected = i2d.decode(image, scale_of(image, drawn), drawn.box, **{option: value})
    np.testing.assert_array_equal(dock.session.state.field.values, expected.values)


def test_a_background_is_offered_and_counts_as_no_data(start, viewer, figure, drawn, settle):
    image = drawn.image.copy()
    image[12:40, 15:50] = (200, 200, 210)
    figure.data = image
    dock = start(drawn)
    options = dock.decode.settings
    assert options.no_data.value == ""
    press(options.find_no_data)
    settle(dock)
    assert options.no_data.value == "#c8c8d2"
    press(dock.decode.decode)
    settle(dock)
    flags = dock.session.state.field.flags[2:30, 3:38]
    assert ((flags & int(i2d.Flag.NO_DATA)) != 0).all()


def test_no_common_color_off_the_scale_is_said(start, viewer, figure, drawn, settle):
    dock = start(drawn)
    said = []
    dock.session.said.connect(lambda sentence, wrong: said.append((sentence, wrong)))
    press(dock.decode.settings.find_no_data)
    settle(dock)
    assert ("All common colours of the plot area are on the scale.", False) in said
    assert dock.decode.settings.no_data.value == ""


def test_a_color_that_is_none_is_said(start, viewer, figure, drawn, settle, errors):
    dock = start(drawn)
    dock.decode.settings.no_data.value = "greenish"
    press(dock.decode.decode)
    settle(dock)
    assert "'greenish' is not a colour" in errors[-1]
    assert dock.session.state.field is None


def test_borders_of_bands_are_typed_as_one_line(start, viewer, figure, drawn, settle, errors):
    levels = [2.0, 2.5, 3.5, 5.0, 6.0]
    colors = np.round(255 * i2d.ColorScale.from_name("viridis", vmin=0, vmax=3).to_color(range(4)))
    image = np.full_like(drawn.image, 255)
    image[10:70, 12:92] = colors[np.digitize(drawn.truth, levels[1:-1])]
    image[10:70, 104:112] = colors[np.repeat([3, 2, 1, 0], 15)][:, None]
    figure.data = image
    dock = start(drawn)
    dock.decode.settings.steps.value = True
    dock.decode.settings.borders.value = "2, 2.5, 3.5"
    press(dock.decode.decode)
    settle(dock)
    assert dock.session.state.field is None
    assert len(errors) == 1
    assert "borders" in errors[0]
    dock.decode.settings.borders.value = "2, 2.5, 3.5, 5, 6"
    press(dock.decode.decode)
    settle(dock)
    values = dock.session.state.field.values
    expected = i2d.decode(image, scale_of(image, drawn), drawn.box, dequantize=levels)
    np.testing.assert_array_equal(values, expected.values)
    middles = np.convolve(levels, [0.5, 0.5], "valid")[np.digitize(drawn.truth, levels[1:-1])]
    assert np.abs(values - drawn.truth).mean() < 0.5 * np.abs(middles - drawn.truth).mean()


@pytest.mark.parametrize(("choice", "finer"), [("auto", True), (False, False)])
def test_cells_of_few_colors_are_read_finer_unless_told_not_to(
    start, viewer, figure, drawn, settle, choice, finer
):
    image = np.full((264, 424, 3), 255, np.uint8)
    y, x = np.mgrid[0:30, 0:40]
    cells = 4 + 1.9 * np.sin(x / 9.0) * np.cos(y / 8.0)
    colors = i2d.ColorScale.from_name("viridis", vmin=0, vmax=11).to_color(range(12))
    steps = np.round(255 * colors).astype(np.uint8)
    image[10:250, 12:332] = np.kron(
        steps[np.floor((cells - 2) * 3).astype(int)], np.ones((8, 8, 1), np.uint8)
    )
    image[10:250, 360:376] = steps[::-1].repeat(20, axis=0)[:, None]
    figure.data = image
    dock = start(drawn)
    dock.session.correct(plot_box=(12, 10, 332, 250), bar_box=(360, 10, 376, 250))
    dock.decode.settings.steps.value = choice
    press(dock.decode.decode)
    settle(dock)
    error = np.abs(dock.session.state.field.values[4::8, 4::8] - cells).mean()
    quarter_step = 4 / 12 / 4
    assert error < 0.7 * quarter_step if finer else error > 0.9 * quarter_step
