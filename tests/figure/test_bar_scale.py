from dataclasses import replace

import numpy as np
import pytest

from napari_image2data.figure.axis import Axis
from napari_image2data.figure.bar_scale import bar_range
from napari_image2data.figure.calibrate import Calibration, Candidate
from napari_image2data.figure.edges import Edge, Outline
from napari_image2data.figure.layout import Bar
from napari_image2data.figure.numerals import readings_of
from napari_image2data.figure.offset import Offset
from napari_image2data.figure.pale_bands import with_pale_bands
from napari_image2data.figure.text import Text
from napari_image2data.figure.ticks import Ticks

TOP, BOTTOM = 20, 220


def bar(profile, *, extended=(False, False), edge=0.0):
    rect = (300, TOP, 316, BOTTOM)
    side = Edge(edge, edge)
    return Bar(Outline(rect, (side, side, side, side)), True, profile, 1.0, extended)


def calibration(places, values, ticks=None):
    used = []
    for place, value in zip(places, values, strict=True):
        text = Text(f"{value:g}", (325, place - 5, 350, place + 5), 1.0)
        used.append((Candidate(text, place, 9, readings_of(text.text)), value))
    axis = Axis.through(places, values, side="right")
    return Calibration(axis, tuple(used), (), 0.0, float(len(used)), ticks or Ticks(), 0)


def stepped(n_bands):
    colors = np.linspace((10, 0, 80), (250, 240, 30), n_bands).round()
    return np.repeat(colors, (BOTTOM - TOP) // n_bands, axis=0)


def test_labels_beside_the_borders_of_bands_stand_at_them():
    # the labels are read 1.6 pixels too low at one end, 1.2 too high at the other
    values = np.array([10.0, 8.0, 6.0, 4.0, 2.0, 0.0])
    places = np.linspace(TOP - 1.2, BOTTOM + 1.6, 6)
    found = bar_range(bar(stepped(5)), calibration(places, values), Offset(), noisy=False)
    assert (found.first, found.last) == (10.0, 0.0)
    assert float(found.axis.to_value(100.0)) == pytest.approx(6.0)
    assert found.doubts == ()


def test_labels_between_the_borders_of_bands_stay_where_they_are():
    # 16 colours and four labels that have nothing to do with their steps
    values = np.array([70.0, 50.0, 30.0, 10.0])
    places = TOP + (75.5 - values) * (BOTTOM - TOP) / 75.5
    profile = np.repeat(stepped(16)[:: (BOTTOM - TOP) // 16], 13, axis=0)[: BOTTOM - TOP]
    found = bar_range(bar(profile), calibration(places, values), Offset(), noisy=False)
    assert (found.first, found.last) == pytest.approx((75.5, 0.0), abs=0.01)


@pytest.mark.parametrize("extended", [(True, True), (True, False)])
def test_ticks_on_whole_pixels_beside_an_outline_that_is_not(extended):
    values = np.array([80.0, 60.0, 40.0, 20.0])
    begin, end = TOP + 0.2, BOTTOM - 0.2
    places = np.floor(begin + (93.0 - values) / 93 * (end - begin) + 0.5) + 0.5
    ramp = np.linspace((0, 0, 0), (250, 250, 250), BOTTOM - TOP)
    ticks = Ticks(tuple(places), True, 4.0)
    found = bar_range(
        bar(ramp, extended=extended, edge=0.2),
        calibration(places, values, ticks),
        Offset(),
        noisy=False,
    )
    assert (found.first, found.last) == pytest.approx((93.0, 0.0), abs=0.25)


def test_an_end_beside_a_label_whose_tick_was_not_seen_is_doubted():
    values = np.array([80.0, 60.0, 40.0, 20.0, 0.0])
    places = TOP + 1.6 + (80.0 - values) * 2.4
    found = calibration(places, values)
    without_first = Axis.through(places[1:], values[1:], side="right")
    ramp = np.linspace((0, 0, 0), (250, 250, 250), BOTTOM - TOP)
    for axis in (found.axis, without_first):
        doubts = bar_range(bar(ramp), replace(found, axis=axis), Offset(), noisy=False).doubts
        assert any("1.6 pixels from the label 80" in doubt for doubt in doubts)


def test_a_label_that_an_end_is_taken_to_be_at_from_afar_is_doubted():
    values = np.array([80.0, 60.0, 40.0, 20.0, 0.0])
    places = np.linspace(TOP + 3.2, BOTTOM, 5)
    ramp = np.linspace((0, 0, 0), (250, 250, 250), BOTTOM - TOP)
    ticks = Ticks(tuple(places), True, 4.0)
    found = bar_range(
        bar(ramp, extended=(True, False)), calibration(places, values, ticks), Offset(), noisy=False
    )
    assert found.first == 80.0
    assert any("at the label 80, 3.2 pixels away" in doubt for doubt in found.doubts)


@pytest.mark.parametrize(("turned", "doubted"), [(0.0, False), (0.6, False), (1.6, True)])
def test_labels_that_are_spaced_otherwise_than_the_marks_raise_a_doubt(turned, doubted):
    values = np.array([80.0, 60.0, 40.0, 20.0, 0.0])
    places = np.linspace(TOP, BOTTOM, 5)
    marks = places - np.linspace(0, turned, 5)
    found = calibration(places + 1.0, values)  # all labels are off their marks by the same
    found = replace(found, axis=Axis.through(marks, values, side="right"), snapped=5)
    ramp = np.linspace((0, 0, 0), (250, 250, 250), BOTTOM - TOP)
    doubts = bar_range(bar(ramp), found, Offset(), noisy=False).doubts
    assert any("spaced otherwise than its marks" in doubt for doubt in doubts) == doubted


@pytest.mark.parametrize(("ink", "doubted"), [(None, True), (np.zeros(3), False)])
def test_an_end_that_no_line_closes_is_less_sure(ink, doubted):
    # two ends a little beyond the labels, together 1.8 or 0.9 pixels unsure; 1.6 are too much
    side = Edge(0.0, 0.0, ink)
    ramp = np.linspace((0, 0, 0), (250, 250, 250), BOTTOM - TOP)
    ends = bar(ramp)
    ends = replace(ends, outline=Outline(ends.outline.rect, (side, side, side, side)))
    places = np.linspace(TOP + 20, BOTTOM - 20, 5)
    found = replace(calibration(places, np.linspace(80.0, 0.0, 5)), snapped=5)
    doubts = bar_range(ends, found, Offset(), noisy=False).doubts
    assert any("200 pixels long" in doubt for doubt in doubts) == doubted


@pytest.mark.parametrize(("beyond", "bands"), [(0.0, 0), (2.0, 0), (34.0, 1), (40.0, 1), (77.0, 2)])
def test_a_stepped_bar_goes_on_in_pale_bands_as_far_as_its_labels(beyond, bands):
    labels = calibration(np.linspace(TOP - beyond, BOTTOM, 3), [2.0, 1.0, 0.0])
    found = with_pale_bands(bar(stepped(5)), labels)
    assert found.outline.box == pytest.approx((300, TOP - 40 * bands, 316, BOTTOM), abs=0.5)


def test_a_frame_line_or_uneven_bands_end_a_bar_before_its_labels():
    labels = calibration(np.linspace(TOP - 40.0, BOTTOM, 3), [2.0, 1.0, 0.0])
    known = bar(stepped(5))
    line = Edge(-1.0, 1.0, np.zeros(3))
    framed = replace(known, outline=replace(known.outline, edges=(line,) * 4))
    uneven = replace(known, profile=np.repeat(stepped(5)[::40], (20, 60, 30, 50, 40), axis=0))
    for one in (framed, uneven):
        assert with_pale_bands(one, labels).outline.box == one.outline.box
