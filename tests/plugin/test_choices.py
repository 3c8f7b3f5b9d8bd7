from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from napari.layers import Image

from napari_image2data import Axis, ColorScale, Confidence, Image2DataError, Panel
from napari_image2data.plugin.choices import Choices, choices_of, number, picture_of, picture_size


def test_a_corrected_range_overrules_what_was_read(drawn):
    read = ColorScale.from_colorbar(drawn.image, drawn.bar, vmin=0.0, vmax=1.0)
    choices = Choices(bar_box=drawn.bar, source="bar", vmin=0.0, vmax=1.0, read_scale=read)
    assert choices.scale(drawn.image) is read
    assert choices.correct(vmin=2.0, vmax=6.0)
    scale = choices.scale(drawn.image)
    assert (scale.vmin, scale.vmax) == (2.0, 6.0)
    assert not choices.correct(vmin=2.0)


def panel(drawn) -> Panel:
    axis = Axis.through((10.0, 70.0), (6.0, 2.0))
    scale = ColorScale.from_colorbar(drawn.image, drawn.bar, vmin=2.0, vmax=6.0)
    return Panel(plot_box=drawn.box, colorbar_box=drawn.bar, scale=scale, colorbar_axis=axis)


def test_a_moved_bar_takes_its_range_from_the_axis_beside_it(drawn):
    choices = choices_of(panel(drawn))
    assert (choices.source, choices.direction) == ("bar", "up")
    x0, _, x1, _ = drawn.bar
    choices.correct(bar_box=(x0, 25.0, x1, 70.0))
    assert (choices.vmin, choices.vmax) == pytest.approx((2.0, 5.0))


def test_what_a_person_corrects_needs_no_confidence(drawn):
    sure = Confidence(plot_area=0.99, colorbar=0.9, value_range=0.65, x_axis=0.5)
    choices = choices_of(replace(panel(drawn), confidences=sure))
    read = [("plot area", 0.99), ("colour bar", 0.9), ("range", 0.65), ("x axis", 0.5)]
    assert choices.sure_of() == read
    choices.correct(vmax=60.0)
    assert choices.sure_of() == [read[0], read[1], read[3]]
    choices.correct(plot_box=(1, 2, 30, 40))
    assert choices.sure_of() == [read[1], read[3]]


def test_a_typed_range_stays_when_the_bar_is_moved(drawn):
    choices = choices_of(panel(drawn))
    choices.correct(vmax=60.0)
    x0, _, x1, _ = drawn.bar
    choices.correct(bar_box=(x0, 25.0, x1, 70.0))
    assert (choices.vmin, choices.vmax) == (2.0, 60.0)


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        (Choices(), "type them"),
        (Choices(source="bar", vmin=0.0, vmax=1.0), "Mark the colour bar"),
        (Choices(cmap="virids", vmin=0.0, vmax=1.0), "viridis"),
        (Choices(vmin=1.0, vmax=1.0), "different"),
    ],
)
def test_what_is_missing_is_said_in_one_sentence(drawn, choices, words):
    with pytest.raises(Image2DataError, match=words):
        choices.scale(drawn.image)


@pytest.mark.parametrize("text", ["1.2.3", "abc", "1e999", "nan"])
def test_what_is_no_number_is_said(text):
    with pytest.raises(Image2DataError, match="is no number"):
        number(text, "vmin")


def test_a_gray_layer_is_read_as_it_is_shown():
    data = np.linspace(-5, 5, 40 * 50).reshape(40, 50)
    picture = picture_of(Image(data, contrast_limits=(0, 5)))
    assert picture.min() == 0
    assert picture.max() == 1
    assert picture[0, 0] == 0
    gray = np.arange(40 * 50, dtype=np.uint8).reshape(40, 50)
    assert picture_of(Image(gray)) is not None
    np.testing.assert_array_equal(picture_of(Image(gray)), gray)


def test_a_small_color_picture_that_napari_takes_for_a_stack_is_a_picture():
    layer = Image(np.zeros((20, 25, 3), np.uint8))
    assert not layer.rgb
    assert picture_size(layer) == (20, 25)
    assert picture_of(layer).shape == (20, 25, 3)


def test_a_stack_is_lazy_a_picture_a_chunk():
    layer = Image(np.zeros((4, 40, 50, 3), np.uint8), rgb=True)
    picture = picture_of(layer)
    assert picture.chunks == ((1, 1, 1, 1), (40,), (50,), (3,))
    assert picture_size(layer) == (40, 50)
