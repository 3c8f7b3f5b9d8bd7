import pytest

from napari_image2data.figure.axis import Axis
from napari_image2data.figure.offset import Offset, find_offsets, offset_of
from napari_image2data.figure.text import Text

PLOT, BAR = (60, 40, 400, 300), (420, 40, 436, 300)
SIDES = [(BAR, "right", True), (PLOT, "bottom", False), (PLOT, "left", False)]


def at(x, y, printed):
    return Text(printed, (x, y, x + 30, y + 10), 1.0)


@pytest.mark.parametrize(
    ("printed", "factor", "added"),
    [
        ("1e-4", 1e-4, 0),
        ("le−4", 1e-4, 0),
        ("×10³", 1e3, 0),
        ("x10^-2", 1e-2, 0),
        ("1e6", 1e6, 0),
        ("+5e3", 1, 5000),
        ("−2.5e2", 1, -250),
        ("+4.5123e6", 1, 4512300),
        ("1e−5+5e2", 1e-5, 500),
        ("×10⁻³+2×10²", 1e-3, 200),
        ("+1.234", 1, 1.234),
    ],
)
def test_what_an_offset_says(printed, factor, added):
    offset = offset_of(printed)
    assert (offset.factor, offset.added) == pytest.approx((factor, added))
    assert offset.value(0.3) == pytest.approx(0.3 * factor + added, rel=1e-11)


@pytest.mark.parametrize("printed", ["m/s", "10", "-20", "1.5", "2e5", "T (K)", "x"])
def test_what_is_no_offset(printed):
    assert offset_of(printed) is None


def test_every_side_has_its_own_offset():
    texts = [at(410, 20, "+5e3"), at(375, 325, "1e6"), at(60, 22, "×10⁻³")]
    assert find_offsets(texts, SIDES) == [Offset(added=5000), Offset(1e6), Offset(1e-3)]
    assert find_offsets(texts[::-1], SIDES[::-1]) == [Offset(1e-3), Offset(1e6), Offset(added=5000)]


def test_an_offset_far_from_every_side_or_inside_a_box_is_nobodys():
    texts = [at(200, 150, "1e6"), at(700, 500, "×10³"), at(200, 360, "m/s")]
    assert find_offsets(texts, SIDES) == [Offset()] * 3


def test_an_offset_beside_the_labels_of_a_bar_counts_but_not_beside_those_of_an_axis():
    beside_bar, beside_plot = at(470, 160, "×10³"), at(5, 160, "×10³")
    assert find_offsets([beside_bar, beside_plot], SIDES) == [Offset(1000.0), Offset(), Offset()]


def test_a_log_axis_takes_a_factor_and_nothing_else():
    axis = Axis.through((0.0, 100.0, 200.0), (1.0, 10.0, 100.0), norm="log")
    assert Offset(1e3).applied(axis).to_value(100.0) == pytest.approx(1e4)
    assert Offset(added=5.0).applied(axis) == axis
