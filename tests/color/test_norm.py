from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_image2data.color.norm import interpolate, knots_from_ticks
from napari_image2data.color.scale import ColorScale
from napari_image2data.errors import ScaleError


def test_three_uneven_ticks_make_a_piecewise_norm_that_goes_on_beyond_them() -> None:
    knots = knots_from_ticks([(20, 3), (60, 5), (100, 6)], 0, 100, "linear")
    found = interpolate([0.4, 0.8, 0.0], knots[:, 0], knots[:, 1])
    np.testing.assert_allclose(found, [4, 5.5, 2])


def test_two_log_ticks_make_decades() -> None:
    knots = knots_from_ticks([(0, 1), (90, 1000)], 0, 90, "log")
    scale = ColorScale.from_colors([[0, 0, 0], [1, 1, 1]], knots[:, 1], norm="log")
    np.testing.assert_allclose(scale.to_value([1 / 3, 2 / 3]), [10, 100])


def test_ticks_on_a_line_are_fitted_so_that_rounded_pixels_average_out() -> None:
    value = np.linspace(-5, 5, 11)
    pixel = np.rint(400 - (value + 5) * 36.63)
    knots = knots_from_ticks(list(zip(pixel, value, strict=True)), 400, 400 - 366.3, "linear")
    assert len(knots) == 2
    np.testing.assert_allclose(knots[:, 1], [-5, 5], atol=0.012)


@pytest.mark.parametrize(
    "forward",
    [
        lambda v: np.sign(v) * np.log10(1 + np.abs(v)),  # symlog
        lambda v: np.where(v < 0, v / 10, v),  # two-slope
        lambda v: np.sign(v) * np.sqrt(np.abs(v)),  # power
    ],
)
def test_any_monotonic_norm_is_exact_at_its_ticks(forward) -> None:
    value = np.array([-100.0, -10, -1, 0, 1, 10, 100])
    along = forward(value)
    pixel = 300 * (along - along[0]) / np.ptp(along)
    knots = knots_from_ticks(list(zip(pixel, value, strict=True)), 0, 300, "linear")
    np.testing.assert_allclose(interpolate(pixel / 300, knots[:, 0], knots[:, 1]), value, atol=1e-9)


@pytest.mark.parametrize(
    ("ticks", "norm", "sentence"),
    [
        ([(0, 1)], "linear", "at least two"),
        ([(0, 1), (0, 2)], "linear", "same pixel"),
        ([(0, 1), (5, 3), (9, 2)], "linear", "rise or fall"),
        ([(0, 0), (5, 3)], "log", "above zero"),
        ([(0, np.nan), (5, 3)], "linear", "finite"),
        ([(0, 1), (5, 3)], "sqrt", "linear"),
    ],
)
def test_ticks_that_make_no_scale_are_refused(ticks, norm: str, sentence: str) -> None:
    with pytest.raises(ScaleError, match=sentence):
        knots_from_ticks(ticks, 0, 10, norm)


@given(
    vmin=st.floats(-1e3, 1e3),
    span=st.floats(1e-2, 1e6),
    position=st.lists(st.floats(-0.5, 1.5), min_size=1, max_size=5),
    falling=st.booleans(),
)
def test_positions_and_values_invert_each_other(vmin, span, position, falling) -> None:
    ends = (vmin + span, vmin) if falling else (vmin, vmin + span)
    scale = ColorScale.from_colors([[0, 0, 0], [1, 1, 1]], ends)
    back = scale.to_position(scale.to_value(position))
    np.testing.assert_allclose(back, position, atol=1e-6)
