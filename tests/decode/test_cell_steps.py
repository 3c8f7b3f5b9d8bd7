"""Cells of few colours: the cells around tell where in its band a value lies."""

from __future__ import annotations

import numpy as np
import pytest

from drawing import as_jpeg
from napari_image2data import ColorScale, decode
from napari_image2data.decode.cell_steps import refine_cells
from napari_image2data.errors import FigureError

SHAPE, PITCH = (40, 50), 7
STEPS = 24


def smooth(seed: int) -> np.ndarray:
    """A random field of cells, 0..1, that changes over some ten cells."""
    rng = np.random.default_rng(seed)
    y, x = np.indices(SHAPE) / 10.0
    field = sum(
        rng.normal() * np.sin(rng.normal() * x + rng.normal() * y + rng.uniform(0, 6))
        for _ in range(6)
    )
    return (field - field.min()) / np.ptp(field)


def drawn(cells: np.ndarray, low: float = 0.0, high: float = 1.0, norm: str = "linear"):
    """A picture of the cells in few colours, and its scale."""
    ends = np.log10([low, high]) if norm == "log" else (low, high)
    middles = np.linspace(*ends, 2 * STEPS + 1)[1::2]
    colors = ColorScale.from_name("viridis", vmin=0, vmax=1).to_color((np.arange(STEPS) + 0.5) / 24)
    scale = ColorScale.from_colors(
        colors, 10**middles if norm == "log" else middles, norm=norm, discrete=True
    )
    place = np.log10(cells) if norm == "log" else cells
    bands = np.floor((place - ends[0]) / (ends[1] - ends[0]) * STEPS).clip(0, STEPS - 1)
    return np.kron(scale.colors[bands.astype(int)], np.ones((PITCH, PITCH, 1))), scale


def at_cells(pixels: np.ndarray) -> np.ndarray:
    return pixels[PITCH // 2 :: PITCH, PITCH // 2 :: PITCH]


@pytest.mark.parametrize("seed", range(4))
def test_smooth_cells_are_read_finer_than_their_band(seed):
    truth = smooth(seed)
    picture, scale = drawn(truth)
    fine, plain = decode(picture, scale), decode(picture, scale, dequantize=False)
    error = np.abs(at_cells(fine.values) - truth)
    assert error.mean() < 0.7 * np.abs(at_cells(plain.values) - truth).mean()
    assert np.abs(fine.values - plain.values).max() <= 0.5 / STEPS + 1e-6
    assert (error <= 1.645 * at_cells(fine.sigma)).mean() > 0.8
    assert fine.sigma.max() <= 1 / STEPS / np.sqrt(12) + 1e-6


def test_between_the_steps_of_a_log_scale():
    truth = 10 ** (3 * smooth(7) - 1)
    picture, scale = drawn(truth, 0.1, 100.0, "log")
    fine, plain = decode(picture, scale), decode(picture, scale, dequantize=False)
    off = [np.abs(np.log10(at_cells(field.values) / truth)).mean() for field in (fine, plain)]
    assert off[0] < 0.7 * off[1]


def test_cells_that_have_nothing_to_do_with_their_neighbours_keep_the_middle_of_their_band():
    truth = np.random.default_rng(3).random(SHAPE)
    picture, scale = drawn(truth)
    fine, plain = decode(picture, scale), decode(picture, scale, dequantize=False)
    errors = [np.abs(at_cells(field.values) - truth).mean() for field in (fine, plain)]
    assert errors[0] < 1.05 * errors[1]


def test_ink_over_cells_stays_out():
    truth = smooth(1)
    picture, scale = drawn(truth)
    picture[100:104, 20:300] = 0.0
    fine = decode(picture, scale)
    assert np.isnan(fine.values[101:103, 40:280]).all()
    rest = np.abs(at_cells(fine.values) - truth)
    assert np.nanmean(rest) < 0.0075


def test_classes_are_no_steps():
    scale = ColorScale.from_name("tab10", vmin=0, vmax=10)
    classes = (10 * smooth(2)).astype(int).clip(0, 9)
    picture = np.kron(scale.colors[classes], np.ones((PITCH, PITCH, 1)))
    field = decode(picture, scale)
    np.testing.assert_array_equal(field.values, decode(picture, scale, dequantize=False).values)


def test_no_cells_no_change():
    y, x = np.indices((120, 150))
    bands = ((np.sin(x / 31.0) + np.cos(y / 23.0) + 2) * 3).astype(int)
    assert refine_cells(bands, np.arange(13.0), np.ones(bands.shape, bool)) is None
    assert refine_cells(0 * bands, np.arange(13.0), np.ones(bands.shape, bool)) is None
    assert refine_cells(bands, np.arange(13.0), np.zeros(bands.shape, bool)) is None


def test_a_word_that_is_no_option():
    picture, scale = drawn(smooth(0))
    with pytest.raises(FigureError, match="dequantize is True, False, 'auto'"):
        decode(picture, scale, dequantize="smooth")


@pytest.mark.parametrize("quality", [60, 85])
def test_cells_of_few_colours_in_a_jpeg_take_one_value(quality):
    truth = smooth(5)
    picture, scale = drawn(truth)
    rgb = as_jpeg(np.rint(picture * 255).astype(np.uint8), quality)
    fine, plain = decode(rgb, scale), decode(rgb, scale, dequantize=False)
    wanted = np.kron(truth, np.ones((PITCH, PITCH)))
    off = [np.nanmean(np.abs(field.values - wanted)) for field in (fine, plain)]
    assert off[0] < 0.7 * off[1]
    cell = fine.values[20 * PITCH : 21 * PITCH, 30 * PITCH : 31 * PITCH]
    assert np.nanmax(cell) - np.nanmin(cell) < 1e-6
