from __future__ import annotations

import numpy as np
import pytest

from napari_image2data import Field, Flag
from napari_image2data.plugin.readout import reading_at, significant


@pytest.fixture
def field():
    values = np.array([[0.412345, np.nan]], np.float32)
    flags = np.array([[Flag.AMBIGUOUS, Flag.OVERLAY]], np.uint8)
    sigma = np.array([[0.0042, np.nan]], np.float32)
    return Field(
        values, np.zeros_like(values), sigma, flags, np.array([144.1, 144.2]), np.array([-40.0])
    )


def test_a_pixel_is_told_with_its_place_uncertainty_unit_and_doubt(field):
    text = reading_at(field, 0, 0, "s")
    assert text == "x 144.1, y -40:  0.4123 ± 0.0042 s  (two values explain the colour)"


def test_a_pixel_without_a_value_says_why(field):
    assert reading_at(field, 0, 1, "s").endswith("ink over the data")


def test_outside_nothing_is_said(field):
    assert reading_at(field, -1, 0) == reading_at(field, 0, 2) == ""


@pytest.mark.parametrize(
    ("value", "sigma", "text"),
    [(1234.5, 30.0, "1234"), (1e-5, 2e-7, "1e-05"), (0.5, 0.0, "0.5"), (-3.14159, 0.2, "-3.14")],
)
def test_no_more_digits_than_the_uncertainty_leaves(value, sigma, text):
    assert significant(value, sigma) == text
