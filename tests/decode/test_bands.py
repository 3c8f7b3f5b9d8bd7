"""Between the steps: finer on smooth fields, never outside a band, else untouched."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from napari_image2data import ColorScale, decode
from napari_image2data.decode.bands import dequantize
from napari_image2data.errors import ScaleError


def smooth_field(seed: int, shape: tuple[int, int] = (240, 320), width: float = 30) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=(shape[0] + 120, shape[1] + 120))
    field = ndimage.gaussian_filter(noise, width)[60:-60, 60:-60]
    return (field - field.min()) / np.ptp(field)


@pytest.mark.parametrize(("count", "limit"), [(10, 0.35), (16, 0.25), (64, 0.5)])
def test_smooth_fields_are_read_finer_than_the_steps(count: int, limit: float) -> None:
    for seed in range(3):
        truth = smooth_field(seed)
        bands = np.clip((truth * count).astype(int), 0, count - 1)
        edges = np.linspace(0, 1, count + 1)
        fine = dequantize(bands, edges, np.ones(bands.shape, bool))
        error = np.abs(fine.values - truth)
        assert error.mean() < limit / (4 * count)
        assert (fine.values >= edges[bands] - 1e-12).all()
        assert (fine.values <= edges[bands + 1] + 1e-12).all()
        assert 0.8 < (error <= 1.645 * fine.sigma).mean() <= 1


def test_filled_contours_with_ink_on_their_borders() -> None:
    colors = ColorScale.from_name("viridis", vmin=0, vmax=1, n_colors=10).colors
    levels = np.array([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10.0])
    scale = ColorScale.from_colors(colors, (levels[1:] + levels[:-1]) / 2, discrete=True)
    truth = 10 * smooth_field(4)
    bands = np.clip(truth.astype(int), 0, 9)
    picture = np.rint(colors[bands] * 255).astype(np.uint8)
    border = np.zeros(bands.shape, bool)
    border[1:] |= bands[1:] != bands[:-1]
    border[:, 1:] |= bands[:, 1:] != bands[:, :-1]
    picture[border] = 0
    plain = decode(picture, scale)
    fine = decode(picture, scale, dequantize=list(levels))
    assert np.nanmean(np.abs(fine.values - truth)) < 0.4 * np.nanmean(np.abs(plain.values - truth))


def test_cells_and_noise_are_left_as_they_are() -> None:
    scale = ColorScale.from_name("viridis", vmin=0, vmax=1, n_colors=32)
    for truth in (
        np.kron(smooth_field(5)[::12, ::12], np.ones((12, 12))),
        np.random.default_rng(0).random((100, 120)),
    ):
        index = np.clip((truth * 32).astype(int), 0, 31)
        picture = np.rint(scale.colors[index] * 255).astype(np.uint8)
        fine, plain = decode(picture, scale, dequantize=True), decode(picture, scale)
        np.testing.assert_array_equal(fine.values, plain.values)


def test_borders_must_fit_the_scale() -> None:
    scale = ColorScale.from_name("viridis", vmin=0, vmax=1, n_colors=8)
    picture = np.rint(scale.colors[np.arange(64).reshape(8, 8) // 8] * 255).astype(np.uint8)
    with pytest.raises(ScaleError, match="9 borders"):
        decode(picture, scale, dequantize=[0, 1, 2])
