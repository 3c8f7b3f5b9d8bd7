from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from napari_image2data.decode.filters import by_strips, local_maximum, local_mean, local_minimum


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 40),
    st.integers(1, 40),
    st.sampled_from([1, 3, 5, 7, 9, 11, 17, 21]),
    st.sampled_from([np.float32, np.uint8, np.int16, bool]),
    st.integers(0, 999),
)
def test_windows_hold_what_scipys_filters_find(height, width, size, dtype, seed):
    array = np.random.default_rng(seed).integers(0, 2 if dtype is bool else 200, (height, width))
    array = array.astype(dtype)
    for ours, theirs in (
        (local_minimum, ndimage.minimum_filter),
        (local_maximum, ndimage.maximum_filter),
    ):
        found = ours(array, size)
        assert found.dtype == dtype
        np.testing.assert_array_equal(found, theirs(array, size, mode="nearest"))


@pytest.mark.parametrize("size", [3, 9])
def test_strips_join_without_a_seam(size):
    # more pixels than one strip holds, of a width that does not divide it
    array = np.random.default_rng(1).normal(size=(1201, 501)).astype(np.float32)
    np.testing.assert_array_equal(local_maximum(array, size), ndimage.maximum_filter(array, size))


@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (1201, 501), (700, 2000)])
@pytest.mark.parametrize("size", [9, 31])
def test_means_of_strips_are_those_of_the_whole(shape, size):
    array = np.random.default_rng(2).random(shape, np.float32)
    found = local_mean(array, size)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, ndimage.uniform_filter(array, size), rtol=3e-7)


def test_a_filter_by_strips_is_the_filter():
    array = np.random.default_rng(3).random((1201, 501), np.float32)

    def smooth(part):
        return ndimage.gaussian_filter(part, 2.5, mode="nearest", truncate=3.0)

    np.testing.assert_array_equal(by_strips(smooth, array, 8), smooth(array))
