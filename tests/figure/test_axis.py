import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_image2data.errors import FigureError
from napari_image2data.figure.axis import Axis, fit_axis
from napari_image2data.figure.numerals import readings_of

place = st.floats(-2000, 2000)


@given(place, place, st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.floats(0, 1))
def test_linear_axis_goes_through_its_ticks_and_back(a, b, u, v, part):
    if abs(a - b) < 1 or abs(u - v) < 1e-3:
        return
    axis = Axis.through((a, b), (u, v))
    pixel = a + part * (b - a)
    expected = u + part * (v - u)
    np.testing.assert_allclose(axis.to_value(pixel), expected, atol=1e-6 * abs(u - v))
    np.testing.assert_allclose(axis.to_pixel(axis.to_value(pixel)), pixel, atol=1e-6 * abs(a - b))


def test_log_axis_has_no_place_for_zero():
    axis = Axis.through((10.0, 110.0, 210.0), (0.01, 1.0, 100.0), norm="log")
    np.testing.assert_allclose(axis.to_value(60.0), 0.1)
    assert np.isnan(axis.to_pixel(0.0))
    assert axis.residual < 1e-9


def test_piecewise_axis_bends_at_its_ticks_and_goes_on_beyond_them():
    axis = Axis.through((0.0, 10.0, 20.0), (0.0, 1.0, 5.0), norm="piecewise")
    np.testing.assert_allclose(axis.to_value(np.array([-10, 5, 15, 30])), [-1, 0.5, 3, 9])
    np.testing.assert_allclose(axis.to_pixel(axis.to_value(17.0)), 17.0)


def test_shifted_axis_gives_the_same_value_further_on():
    axis = Axis.through((0.0, 100.0), (3.0, 8.0))
    np.testing.assert_allclose(axis.shifted(2.5).to_value(52.5), axis.to_value(50.0))


@pytest.mark.parametrize(
    ("pixels", "values", "norm"),
    [
        ((1.0,), (1.0,), "linear"),
        ((1.0, 1.0), (1.0, 2.0), "linear"),
        ((1.0, 2.0), (3.0, 3.0), "linear"),
        ((1.0, 2.0), (0.0, 3.0), "log"),
        ((1.0, 2.0, 3.0), (0.0, 3.0, 1.0), "piecewise"),
    ],
)
def test_ticks_that_make_no_axis_are_refused(pixels, values, norm):
    with pytest.raises(FigureError):
        Axis.through(pixels, values, norm=norm)


def fit(labels, positions):
    return fit_axis(positions, [readings_of(text) for text in labels], tolerance=2.5)


def test_one_misread_label_stays_off_the_line():
    found = fit(["0", "20", "48", "60", "80"], [400, 300, 200, 100, 0])
    assert found.used == (0, 1, 3, 4)
    assert found.slope == pytest.approx(-0.2)


@pytest.mark.parametrize(
    ("labels", "values"),
    [
        (["4", "2", "0", "-2", "4"], [4, 2, 0, -2, -4]),  # lost its minus sign
        (["0.0", "05", "1.0", "1.5"], [0, 0.5, 1, 1.5]),  # lost its point
        (["2.5", "50", "7.5", "10.0"], [2.5, 5, 7.5, 10]),
    ],
)
def test_what_was_lost_comes_back_by_the_arithmetic_of_the_neighbours(labels, values):
    found = fit(labels, [100.0 * k for k in range(len(labels))])
    assert found.values == pytest.approx(values)
    assert found.penalty > 0


def test_powers_of_ten_make_a_log_axis():
    found = fit(["10⁻³", "10⁻²", "10⁻¹", "10⁰"], [0, 80, 160, 240])
    assert found.norm == "log"
    assert found.slope == pytest.approx(1 / 80)


def test_plain_numbers_in_a_row_stay_linear():
    assert fit(["1", "2", "3"], [0, 50, 100]).norm == "linear"
    assert fit(["1", "10", "100"], [0, 50, 100]).norm == "log"


def test_labels_that_agree_on_nothing_give_no_axis():
    assert fit(["7"], [10]) is None
    assert fit(["depth", "km"], [10, 90]) is None
    assert math.isfinite(fit(["3", "9"], [10, 90]).slope)


def test_labels_printed_off_their_ticks_stand_at_the_corners():
    from napari_image2data.figure.calibrate import calibrate_side
    from napari_image2data.figure.edges import Edge, Outline
    from napari_image2data.figure.text import Text

    page = np.full((200, 300, 3), 255, np.uint8)
    page[20:150, 40:260] = 90
    edge = Edge(0.0, 0.0)
    outline = Outline((40, 20, 260, 150), (edge, edge, edge, edge))
    off_ticks = [(0, 42.5), (50, 97.5), (100, 152.5), (150, 207.5), (200, 262.5)]
    white = np.array([255.0, 255.0, 255.0])

    def read(shifts):
        texts = [
            Text(str(value), (at + shift - 8, 156, at + shift + 8, 166), 1.0)
            for (value, at), shift in zip(off_ticks, shifts, strict=True)
        ]
        return calibrate_side(
            page, outline, "bottom", texts, [], white, reach=60, look_closer=False
        ).axis

    ends = np.array([40.0, 260.0])
    np.testing.assert_allclose(read([0] * 5).to_value(ends), (0, 200), atol=0.01)
    # labels that lie inward of both corners belong to ticks within the side
    inward = read([0, -1.25, -2.5, -3.75, -5])
    np.testing.assert_allclose(inward.to_value(np.array([42.5, 257.5])), (0, 200), atol=0.01)
