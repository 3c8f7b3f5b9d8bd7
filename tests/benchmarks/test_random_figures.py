"""Figures by chance: reproducible, explained by their truth, and with labels that can be read."""

import numpy as np
import pytest
from benchmarks.drawing import random_choices
from benchmarks.drawing.random_figures import COLOR_LIMIT, random_figures

MATPLOTLIB = frozenset({"matplotlib"})


@pytest.fixture(scope="module")
def drawn():
    return list(random_figures(11, 5, MATPLOTLIB))


def test_as_many_figures_as_asked_for_with_names_of_their_own(drawn):
    assert len({figure.name for figure in drawn}) == 5
    assert len({figure.image.shape for figure in drawn}) > 1


def test_a_seed_draws_the_same_pixels_again(drawn):
    (again,) = random_figures(11, 1, MATPLOTLIB)
    np.testing.assert_array_equal(again.image, drawn[0].image)
    np.testing.assert_array_equal(again.truth, drawn[0].truth)


def test_truth_explains_the_colors(drawn):
    intact = [f for f in drawn if f.jpeg_quality is None and "resampled" not in f.tags]
    assert intact
    for figure in intact:
        assert np.median(figure.color_error()) <= COLOR_LIMIT


def test_printed_ticks_lie_on_the_page(drawn):
    for figure in drawn:
        rows, cols = figure.image.shape[:2]
        for axis, length in ((figure.x_axis, cols), (figure.y_axis, rows)):
            for tick in axis.ticks if axis is not None else ():
                assert -1 <= tick.pixel <= length + 1


@pytest.mark.parametrize(("low", "high"), [(-4.2, 3.7), (270, 312.5), (90, 0), (1e-4, 9e-4)])
def test_ticks_are_inside_their_range_and_evenly_spaced(low, high):
    at = np.array(random_choices.ticks(low, high))
    assert len(at) >= 3
    assert at.min() >= min(low, high) - 1e-9
    assert at.max() <= max(low, high) + 1e-9
    np.testing.assert_allclose(np.diff(at), at[1] - at[0])


def test_damaged_figures_are_jpeg_or_resampled():
    for figure in random_figures(12, 3, MATPLOTLIB, damaged=True):
        assert figure.jpeg_quality is not None or "resampled" in figure.tags
