import math
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from napari_image2data.figure.axis import fit_axis
from napari_image2data.figure.numerals import readings_of


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12),
        ("\u22123.5", -3.5),
        ("–0.25", -0.25),
        (".5", 0.5),
        ("1,000", 1000),
        ("12,345.5", 12345.5),
        ("0,75", 0.75),
        ("1e-3", 1e-3),
        ("2.5E+4", 2.5e4),
        ("10⁵", 1e5),
        ("10⁻²", 1e-2),
        ("3×10⁴", 3e4),
        ("10^-6", 1e-6),
        ("-10²", -100),
        ("40%", 40),
        ("+0 dB", 0),
        ("-20 dB", -20),
        ("1013 hPa", 1013),
        ("2.5km", 2.5),
        ("−3 °C", -3),
        ("30°", 30),
        ("60°W", -60),
        ("15°S", -15),
        ("20°N", 20),
        ("140E", 140),
        ("5k", 5000),
        ("1.5M", 1.5e6),
        ("200µ", 2e-4),
        ("π", math.pi),
        ("-π", -math.pi),
        ("π/2", math.pi / 2),
        ("l0", 10),
        ("0.100", 0.1),
        ("-2.103", -2.103),
        ("2.10-3", 2e-3),
        ("40-", 40),
        ("- 4", -4),
    ],
)
def test_first_reading(text, value):
    assert readings_of(text)[0].value == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize("text", ["", "Longitude", "T (K)", "(a)", "--", "e5"])
def test_no_number(text):
    assert readings_of(text) == ()


@given(st.decimals(-99999, 99999, places=3))
@example(Decimal("14.100"))
def test_a_printed_number_reads_as_itself(number):
    first = readings_of(str(number))[0]
    assert first.value == pytest.approx(float(number))
    assert first.penalty == 0


@given(st.integers(10, 9999))
def test_less_likely_readings_cost_more(number):
    readings = readings_of(str(number))
    assert [r.penalty for r in readings] == sorted(r.penalty for r in readings)
    assert -number in {r.value for r in readings if r.penalty > 0}
    assert any(r.value == pytest.approx(number / 10) for r in readings if r.penalty > 0)


def test_a_zero_in_front_is_what_a_lost_point_leaves_but_not_on_clocks():
    for labels, values in (
        (["-04", "-02", "00", "02", "04"], [-0.4, -0.2, 0.0, 0.2, 0.4]),
        (["00", "06", "12", "18", "24"], [0, 6, 12, 18, 24]),
    ):
        fit = fit_axis(
            [0, 40, 80, 120, 160], [readings_of(label) for label in labels], tolerance=2.0
        )
        assert fit.values == pytest.approx(values)


def test_a_mark_before_a_minus_sign_is_no_second_minus():
    assert readings_of("--8")[0].value == readings_of("_-8")[0].value == -8.0
