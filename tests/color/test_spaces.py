from __future__ import annotations

import numpy as np
import pytest
from skimage.color import rgb2lab

from napari_image2data.color.spaces import luma_chroma_matrix, srgb_to_linear, to_space
from napari_image2data.errors import ScaleError


def test_cielab_is_that_of_scikit_image() -> None:
    colors = np.random.default_rng(0).integers(0, 256, (500, 3))
    ours = to_space(colors, "cielab") / 2.55
    # both use D65; theirs is the rounded white (0.95047, 1, 1.08883)
    np.testing.assert_allclose(ours, rgb2lab(colors / 255.0), atol=0.02)


@pytest.mark.parametrize(
    ("srgb", "lab"),
    [
        ((255, 255, 255), (1.0, 0.0, 0.0)),
        ((255, 0, 0), (0.62796, 0.22486, 0.12585)),
        ((0, 255, 0), (0.86644, -0.23389, 0.17950)),
        ((0, 0, 255), (0.45201, -0.03246, -0.31153)),
    ],
)
def test_oklab_of_the_primaries_as_published(srgb, lab) -> None:
    np.testing.assert_allclose(to_space(np.array(srgb), "oklab") / 255, lab, atol=1e-4)


def test_luma_keeps_its_weight_and_chroma_loses_half() -> None:
    gray, red_minus_gray = np.array([7.0, 7, 7]), np.array([0.701, -0.299, -0.299])
    matrix = luma_chroma_matrix(0.5)
    np.testing.assert_allclose(matrix @ gray, gray)
    np.testing.assert_allclose(matrix @ red_minus_gray, red_minus_gray / 2, atol=1e-12)


def test_srgb_transfer_curve_at_its_joint() -> None:
    below, above = srgb_to_linear(np.array([0.04045, 0.04046]))
    assert above - below == pytest.approx(0.00001 / 12.92, rel=0.2)


def test_an_unknown_metric_is_refused() -> None:
    with pytest.raises(ScaleError, match="luma-chroma"):
        to_space(np.zeros(3), "hsv")
