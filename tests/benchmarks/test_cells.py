"""The benchmark of cells counts what was drawn, and what was read of it."""

import numpy as np
import pytest
from benchmarks.cells import agree, drawn_edges, is_right, line, score, total, without_cut
from benchmarks.drawing.drawn import DrawnFigure

from napari_image2data.color.catalog import colormap_table


def figure(cells, size=9, *, steps=256, hide=None, smooth=False):
    truth = np.kron(cells, np.ones((size, size)))
    if smooth:
        truth = np.add.outer(np.sin(np.arange(90) / 20), np.cos(np.arange(110) / 30))
        truth = (truth - truth.min()) / np.ptp(truth)
    lut = colormap_table("viridis")[0]
    lut = np.rint(lut[np.linspace(0, len(lut) - 1, steps).astype(int)] * 255).astype(np.uint8)
    image = lut[np.minimum((truth * steps).astype(int), steps - 1)]
    occluded = np.zeros(truth.shape, bool)
    if hide is not None:
        occluded[hide] = True
        image[hide] = 0
    rows, cols = truth.shape
    return DrawnFigure("it", "none", image, (0, 0, cols, rows), truth, occluded, lut, 0.0, 1.0)


CELLS = np.random.default_rng(2).random((8, 11))


def test_all_cells_of_a_clean_picture_are_right():
    one = score(figure(CELLS))
    assert one is not None
    assert (one.drawn, one.found, one.exact) == ((8, 11), (8, 11), True)
    assert one.free == one.free_right == one.seen == 88
    assert "0 of 88 cells" in line(one)
    assert "1 of 1 grids exact, 0 refused" in total("all", [one])


def test_covered_cells_are_not_asked_for():
    one = score(figure(CELLS, hide=(slice(9, 12), slice(0, 99))))
    assert one is not None
    assert one.free == 77
    assert one.seen == 77  # a third of the second row's cells is covered


def test_smooth_figures_are_not_blocky():
    assert score(figure(CELLS, smooth=True)) is None


def test_borders_between_equal_cells_are_supplied():
    cells = np.tile(np.arange(8.0), (3, 1))
    cells[:, 4] = 3.0
    edges = drawn_edges(np.kron(cells, np.ones((5, 5))))
    np.testing.assert_allclose(edges, np.arange(0, 41, 5))


def test_blended_rims_of_a_resampled_figure_are_borders():
    rows = np.kron(CELLS, np.ones((6, 6)))
    rows[:, 5:-1:6] = (rows[:, 5:-1:6] + rows[:, 6::6]) / 2
    np.testing.assert_allclose(drawn_edges(rows), [0, *(np.arange(6, 66, 6) - 0.5), 66])


def test_outer_cells_that_are_cut_may_be_missing():
    drawn = np.array([0.0, 1, 6, 11, 16])
    np.testing.assert_array_equal(without_cut(drawn), [1, 6, 11, 16])
    assert agree(np.array([0, 1.2, 6, 11, 16]), drawn)
    assert agree(np.array([0, 6, 11.0, 16]), drawn)
    assert not agree(np.array([0, 11.0, 16]), drawn)
    assert not agree(np.array([0, 6, 8.5, 11.0, 16]), drawn)
    assert not agree(np.array([0, 8.0, 11.0, 16]), drawn)


def test_outer_cells_without_data_may_be_there():
    drawn = np.array([5.0, 10, 15, 20])
    assert agree(np.array([0, 5, 10.0, 15, 20, 25]), drawn)
    assert not agree(np.array([0, 5, 10.0, 20, 25]), drawn)


@pytest.mark.parametrize(("value", "right"), [(0.55, True), (0.51, True), (0.61, False)])
def test_a_value_in_its_wide_band_is_right(value, right):
    coarse = figure(CELLS, steps=10)
    assert bool(is_right(np.array([value]), np.array([0.59]), coarse)[0]) is right
    fine = figure(CELLS)
    assert not is_right(np.array([0.55]), np.array([0.59]), fine)[0]
