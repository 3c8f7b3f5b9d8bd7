"""The slope of a field and the pixels where it vanishes."""

from __future__ import annotations

import numpy as np
import pytest

import napari_image2data as i2d


@pytest.mark.parametrize(
    ("method", "slope"), [("recipe", 2.5), ("central", 13**0.5), ("sobel", 13**0.5)]
)
def test_slope_of_a_plane(method: str, slope: float) -> None:
    y, x = np.mgrid[:7, :9].astype(float)
    found = i2d.gradient_magnitude(3 * y - 2 * x, method=method)
    np.testing.assert_allclose(found, slope, rtol=1e-6)


def test_the_recipe_is_the_half_sum_of_forward_differences() -> None:
    values = np.random.default_rng(1).random((6, 8)).astype(np.float32)
    found = i2d.gradient_magnitude(values)
    expected = (np.abs(np.diff(values, axis=0))[:, :-1] + np.abs(np.diff(values, axis=1))[:-1]) / 2
    np.testing.assert_allclose(found[:-1, :-1], expected, rtol=1e-6)


@pytest.mark.parametrize("method", ["recipe", "central", "sobel"])
def test_nan_is_never_kept(method: str) -> None:
    values = np.zeros((5, 5))
    values[2, 2] = np.nan
    mask = i2d.gradient_mask(values, tolerance=1, method=method)
    assert not mask[2, 2]
    assert mask[0, 0]
    assert mask.sum() < 25


@pytest.mark.parametrize("method", ["recipe", "central", "sobel"])
def test_noise_in_units_of_sigma_keeps_the_same_share(method: str) -> None:
    """A flat field with noise: most pixels are flat within 3 sigma of the slope, few within 0.5."""
    sigma = 0.02
    values = np.random.default_rng(2).normal(0, sigma, (80, 90))
    assert i2d.gradient_mask(values, tolerance=3, method=method, sigma=sigma).mean() > 0.97
    assert i2d.gradient_mask(values, tolerance=0.5, method=method, sigma=sigma).mean() < 0.4
    assert i2d.gradient_mask(values, tolerance=0, method=method).mean() < 0.01


def test_a_pixel_of_unknown_sigma_is_not_kept() -> None:
    sigma = np.ones((4, 4))
    sigma[0, 0] = np.nan
    mask = i2d.gradient_mask(np.zeros((4, 4)), tolerance=1, sigma=sigma)
    assert not mask[0, 0]
    assert mask.sum() == 15


@pytest.mark.parametrize(
    ("values", "options", "sentence"),
    [
        (np.full((3, 3), np.nan), {}, "Every pixel of the field is NaN"),
        (np.zeros((3, 3)), {"tolerance": -1}, "tolerance is -1"),
        (np.zeros((3, 3)), {"method": "prewitt"}, "'prewitt' is unknown"),
        (np.zeros((3, 3)), {"sigma": np.ones((2, 2))}, "sigma has the shape"),
        (np.zeros((2, 3, 3)), {}, "one picture"),
        (np.zeros((1, 1)), {}, "at least 2 x 2"),
    ],
)
def test_bad_input_is_one_sentence(values: np.ndarray, options: dict, sentence: str) -> None:
    with pytest.raises(i2d.Image2DataError, match=sentence):
        i2d.gradient_mask(values, **({"tolerance": 0.0} | options))
