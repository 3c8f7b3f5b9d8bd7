"""Between the steps: finer on smooth fields, never outside a band, else untouched."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from napari_image2data import ColorScale, Flag, decode
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


def extended(norm: str = "linear", *, falling: bool = False):
    """A scale of five classes with a colour beyond either end, and a picture of all seven."""
    table = ColorScale.from_name("viridis", vmin=0, vmax=1).to_color(np.linspace(0, 1, 7))
    edges = 10.0 ** np.arange(6) if norm == "log" else np.arange(6.0)
    middles = np.sqrt(edges[1:] * edges[:-1]) if norm == "log" else (edges[1:] + edges[:-1]) / 2
    if falling:
        edges, middles = edges[::-1], middles[::-1]
    scale = ColorScale.from_colors(
        table[1:-1],
        middles,
        norm=norm,
        discrete=True,
        vmin=edges[0],
        vmax=edges[-1],
        under=table[0],
        over=table[-1],
    )
    y, x = np.indices((140, 210))
    bands = ((x + 15 * np.sin(y / 20)) // 30).astype(int).clip(0, 6)
    return scale, bands, table[bands], np.concatenate([edges[:1], middles, edges[-1:]])


@pytest.mark.parametrize("norm", ["linear", "log"])
@pytest.mark.parametrize("falling", [False, True])
def test_colours_beyond_the_ends_of_filled_contours_are_data_at_the_ends(norm, falling):
    scale, bands, picture, values = extended(norm, falling=falling)
    found = decode(picture, scale)
    np.testing.assert_allclose(found.values, values[bands], rtol=1e-6)
    np.testing.assert_array_equal((found.flags & Flag.BELOW) > 0, bands == 0)
    np.testing.assert_array_equal((found.flags & Flag.ABOVE) > 0, bands == 6)
    assert found.scale is scale


def test_between_the_steps_what_lies_beyond_the_ends_stays_there():
    scale, bands, picture, values = extended()
    edges = np.arange(6.0)
    fine = decode(picture, scale, dequantize=list(edges)).values
    outer = (bands == 0) | (bands == 6)
    np.testing.assert_array_equal(fine[outer], values[bands[outer]])
    low, high = edges[bands[~outer] - 1], edges[bands[~outer]]
    assert ((fine[~outer] >= low - 1e-6) & (fine[~outer] <= high + 1e-6)).all()
    assert np.abs(fine - values[bands])[~outer].max() > 0.3


def test_a_colour_beyond_an_end_that_is_the_ends_own_is_no_class():
    scale, bands, picture, values = extended()
    same = replace(scale, under=scale.colors[0], over=scale.colors[-1])
    inner = picture[:, 60:150]
    found = decode(inner, same)
    np.testing.assert_allclose(found.values, values[bands[:, 60:150]], rtol=1e-6)
    assert not (found.flags & (Flag.BELOW | Flag.ABOVE)).any()
