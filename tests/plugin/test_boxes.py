from __future__ import annotations

import numpy as np
import pytest

from napari_image2data.plugin.boxes import (
    COLOR_BAR,
    PLOT_AREA,
    BoxEditor,
    box_of,
    corners,
    free_corner,
)

SIZE = (100, 200)
BOXES = {PLOT_AREA: (10.0, 12.0, 90.0, 92.0), COLOR_BAR: (150.0, 10.0, 160.0, 90.0)}


@pytest.mark.parametrize("box", [*BOXES.values(), (0.0, 0.0, 200.0, 100.0)])
def test_a_box_survives_the_way_to_napari_and_back(box):
    assert box_of(corners(box), SIZE) == box


def test_a_turned_rectangle_becomes_the_box_around_it():
    diamond = np.array([[9.5, 49.5], [49.5, 89.5], [89.5, 49.5], [49.5, 9.5]])
    assert box_of(diamond, SIZE) == (10, 10, 90, 90)


def test_a_rectangle_outside_is_no_box():
    assert box_of(corners((300, 10, 320, 20)), SIZE) is None


@pytest.fixture
def editor(viewer):
    made = BoxEditor(viewer)
    made.show(BOXES, "fig", SIZE)
    return made


@pytest.fixture
def moves(editor):
    seen = []
    editor.moved.connect(lambda role, box: seen.append((role, box)))
    return seen


def drag(editor, index, by):
    data = [np.array(rectangle) for rectangle in editor.layer.data]
    data[index] += by
    editor.layer.data = data


def test_a_dragged_rectangle_is_told_once_and_snaps_to_pixels(editor, moves):
    drag(editor, 1, (0, 3.4))
    assert moves == [(COLOR_BAR, (153.0, 10.0, 163.0, 90.0))]
    np.testing.assert_array_equal(editor.layer.data[1], corners((153, 10, 163, 90)))
    assert list(editor.layer.features["role"]) == [PLOT_AREA, COLOR_BAR]


def test_a_deleted_rectangle_comes_back(editor, moves):
    editor.layer.selected_data = {0}
    editor.layer.remove_selected()
    assert moves == []
    assert list(editor.layer.features["role"]) == [PLOT_AREA, COLOR_BAR]
    np.testing.assert_array_equal(editor.layer.data[0], corners(BOXES[PLOT_AREA]))


def test_a_rectangle_without_a_role_does_not_stay(editor, moves):
    editor.layer.add_rectangles(corners((1, 1, 5, 5)))
    assert moves == []
    assert editor.layer.nshapes == 2


def test_a_rectangle_dragged_out_of_the_picture_comes_back(editor, moves):
    drag(editor, 0, (500, 0))
    assert moves == []
    np.testing.assert_array_equal(editor.layer.data[0], corners(BOXES[PLOT_AREA]))


def test_showing_again_keeps_the_layer(editor, viewer):
    layer = editor.layer
    assert editor.show({PLOT_AREA: (1, 2, 3, 4)}, "fig", SIZE, layer=layer) is layer
    assert len(viewer.layers) == 1
    assert [each.tolist() for each in layer.data] == [corners((1, 2, 3, 4)).tolist()]


@pytest.mark.parametrize(
    ("bar", "corner"),
    [
        ((104.0, 10.0, 112.0, 70.0), "top_left"),
        ((2.0, 10.0, 8.0, 70.0), "top_right"),
        ((12.0, 74.0, 92.0, 80.0), "top_left"),
        ((12.0, 2.0, 92.0, 8.0), "bottom_left"),
    ],
)
def test_the_value_bar_lies_away_from_the_figures_own(bar, corner):
    assert free_corner(bar, (84, 124)) == corner
