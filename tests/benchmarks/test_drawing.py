"""What the drawn figures claim must explain their pixels; no package code takes part."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from benchmarks.drawing import matplotlib_figures
from benchmarks.drawing.matplotlib_canvas import capture
from benchmarks.drawing.plot import GREY, Painted, Plot, draw
from benchmarks.drawing.store import load, save
from benchmarks.drawing.variants import as_gif, as_jpeg, resampled


@pytest.mark.parametrize(
    "drawing",
    [
        matplotlib_figures.plain_viridis,
        matplotlib_figures.log_cells,
        matplotlib_figures.filled_contours,
        matplotlib_figures.white_middle_with_holes,
    ],
)
def test_truth_explains_every_pixel_that_shows_data(drawing):
    error = drawing().color_error()
    assert np.median(error) <= 1
    assert (error > 10).mean() < 0.005  # antialiased edges of bands


def test_ink_is_marked_and_holes_hold_no_value():
    figure = matplotlib_figures.white_middle_with_holes()
    x, y = figure.origin
    rows, cols = figure.truth.shape
    crop = figure.image[y : y + rows, x : x + cols].astype(int)
    hole = np.isnan(figure.truth) & ~figure.occluded
    assert hole.mean() > 0.05
    assert (crop[hole] == 255).all()
    black = crop.max(axis=2) < 40  # neither the frame nor a tick is a color of this map
    assert black.sum() > 500
    assert figure.occluded[black].all()


def test_ticks_of_a_bar_lie_on_its_colors():
    figure = matplotlib_figures.plain_viridis()
    assert len(figure.bar.ticks) >= 4
    assert all(tick.label for tick in figure.bar.ticks)
    column = round((figure.bar.box[0] + figure.bar.box[2]) / 2)
    for tick in figure.bar.ticks:
        position = (tick.value - figure.vmin) / (figure.vmax - figure.vmin)
        if 0.02 < position < 0.98:
            expected = figure.lut[int(position * 256)].astype(int)
            seen = figure.image[int(tick.pixel), column].astype(int)
            assert np.abs(seen - expected).max() <= 4


@pytest.mark.parametrize("factor", [0.7, 1.5])
def test_a_resampled_figure_keeps_its_truth(factor):
    figure = matplotlib_figures.plain_viridis()
    smaller = resampled(figure, factor)
    assert smaller.plot_box == pytest.approx([factor * edge for edge in figure.plot_box], abs=0.5)
    assert smaller.truth.shape == smaller.occluded.shape
    assert np.median(smaller.color_error()) <= 1


def test_stored_figures_are_what_their_bytes_say():
    figure = matplotlib_figures.plain_viridis()
    jpeg, gif = as_jpeg(figure, 75), as_gif(figure, 64)
    assert jpeg.stratum == "jpeg"
    assert 0 < np.abs(jpeg.image.astype(int) - figure.image).mean() < 3
    assert len(np.unique(gif.image.reshape(-1, 3), axis=0)) <= 64


@pytest.mark.parametrize("extend", ["neither", "min"])
def test_what_filled_contours_leave_bare_holds_no_value(extend):
    figure = plt.figure(figsize=(3, 2))
    x, y = np.linspace(0, 1, 40), np.linspace(0, 1, 30)
    z = np.add.outer(y, x)
    axes = figure.add_subplot()
    drawn = axes.contourf(x, y, z, levels=[0.5, 1.0, 1.5], cmap="jet", extend=extend)
    found = capture("bare", figure, axes, drawn, grid=(x, y, z))
    plt.close(figure)
    white = (found.image == 255).all(axis=2)[_rows(found)]
    bare = np.isnan(found.truth)
    assert bare.mean() == pytest.approx(0.25 if extend == "neither" else 0.125, abs=0.01)
    assert (bare != white)[~found.occluded].mean() < 0.01


def _rows(figure):
    """Where the plot area lies in the picture."""
    x, y = figure.origin
    return np.s_[y : y + figure.truth.shape[0], x : x + figure.truth.shape[1]]


def test_a_figure_comes_back_from_disk_with_its_truth(tmp_path):
    drawn = as_jpeg(matplotlib_figures.log_cells(), 75)
    save(drawn, tmp_path)
    (found,) = load(tmp_path)
    np.testing.assert_array_equal(found.image, drawn.image)
    np.testing.assert_array_equal(found.truth, drawn.truth)
    np.testing.assert_array_equal(found.occluded, drawn.occluded)
    assert (found.origin, found.stratum, found.norm) == (drawn.origin, "jpeg", "log")
    assert found.color_error().mean() == drawn.color_error().mean()
    assert found.bar.box == drawn.bar.box


def test_truth_of_any_painter_comes_from_its_own_drawing():
    field = np.linspace(0, 1, 12).reshape(3, 4)
    field[1, 2] = np.nan
    plot = Plot("cells", field, size=(100, 80), box=(0.1, 0.1, 0.9, 0.7), bar=None)

    def paint(plot: Plot, painted: Painted) -> np.ndarray:
        page = np.full((80, 100, 3), 255, np.uint8)
        low, high = painted.limits
        index = (painted.z - low) / (high - low) * (len(painted.palette) - 1)
        cells = painted.palette[np.nan_to_num(index).round().astype(int)]
        cells[np.isnan(painted.z)] = 255
        page[8:56, 10:90] = cells[::-1].repeat(16, axis=0).repeat(20, axis=1)
        if painted.ink:
            page[20:24, 30:60] = 0
        return page

    drawn = draw(plot, paint, "cells")
    expected = field[::-1].repeat(16, axis=0).repeat(20, axis=1)
    np.testing.assert_allclose(drawn.truth, expected, atol=2e-5)
    assert drawn.occluded.sum() == 4 * 30
    assert GREY.shape == (256, 3)
