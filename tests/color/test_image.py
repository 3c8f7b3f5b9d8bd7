from __future__ import annotations

import numpy as np
import pytest

from napari_image2data.color.image import as_rgb
from napari_image2data.errors import ImageError


def test_every_depth_gives_the_same_8_bits() -> None:
    eight = np.random.default_rng(1).integers(0, 256, (7, 9, 3)).astype(np.uint8)
    for other in (eight.astype(np.uint16) * 257, eight / 255, (eight / 255).astype(np.float32)):
        np.testing.assert_array_equal(as_rgb(other)[0], eight)


def test_eight_bit_colors_are_not_copied() -> None:
    image = np.zeros((4, 5, 4), np.uint8)
    assert np.shares_memory(as_rgb(image)[0], image)


def test_gray_and_bool_become_three_channels() -> None:
    rgb, opacity = as_rgb(np.array([[False, True]]))
    assert rgb.tolist() == [[[0, 0, 0], [255, 255, 255]]]
    assert opacity is None


def test_pixels_with_nan_are_clear() -> None:
    image = np.ones((2, 2, 3))
    image[0, 1, 2] = np.nan
    _, opacity = as_rgb(image)
    assert opacity is not None
    assert (opacity == 0).tolist() == [[False, True], [False, False]]


@pytest.mark.parametrize(
    ("array", "sentence"),
    [
        (np.zeros((0, 5, 3), np.uint8), "empty"),
        (np.zeros(5, np.uint8), "shape"),
        (np.zeros((5, 5, 2), np.uint8), "shape"),
        (np.zeros((5, 5, 5), np.uint8), "shape"),
        (np.zeros((5, 5, 3), np.int64), "int64"),
        (np.zeros((5, 5, 3), complex), "complex"),
        (np.full((5, 5, 3), 255.0), "divide"),
        (np.full((5, 5), -1.0), "0..1"),
    ],
)
def test_what_is_no_picture_is_refused(array: np.ndarray, sentence: str) -> None:
    with pytest.raises(ImageError, match=sentence):
        as_rgb(array)
