"""Pixels of a JPEG's cells take one value; smooth fields and resampled borders do not."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from napari_image2data import ColorScale, Field, decode
from napari_image2data.decode.curve import Curve, read_positions
from napari_image2data.decode.jpeg_cells import even_cells
from napari_image2data.decode.jpeg_smooth import smooth_positions


def as_jpeg(truth: np.ndarray, scale: ColorScale, quality: int) -> np.ndarray:
    file = io.BytesIO()
    picture = np.rint(scale.to_color(truth) * 255).astype(np.uint8)
    Image.fromarray(picture).save(file, "JPEG", quality=quality, subsampling=2)
    return np.asarray(Image.open(file).convert("RGB"))


def smooth(seed: int, shape: tuple[int, int], width: float) -> np.ndarray:
    field = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=shape), width)
    return (field - field.min()) / np.ptp(field)


def magnified(cells: np.ndarray, height: int, width: int) -> np.ndarray:
    """Cells whose borders lie between the nearest pixels."""
    rows = (np.arange(height) + 0.5) * len(cells) / height
    columns = (np.arange(width) + 0.5) * cells.shape[1] / width
    return cells[rows.astype(int)[:, None], columns.astype(int)]


def smoothed(picture: np.ndarray, curve: Curve) -> np.ndarray:
    reading = read_positions(picture, curve, jpeg=True)
    clean = np.ones(picture.shape[:2], bool)
    return smooth_positions(reading.position, reading.distance, reading.slope, clean)


@pytest.mark.parametrize("name", ["jet", "viridis", "RdBu_r"])
@pytest.mark.parametrize("quality", [30, 60, 90])
def test_cells_take_one_value_and_lose_half_their_error(name: str, quality: int) -> None:
    scale = ColorScale.from_name(name, vmin=0, vmax=1)
    truth = magnified(smooth(3, (42, 55), 2), 305, 358)
    picture = as_jpeg(truth, scale, quality)
    curve = Curve.of(scale)
    before = smoothed(picture, curve)
    position, change, _ = even_cells(before, picture, curve, np.ones(truth.shape, bool))
    assert change is not None
    assert np.isfinite(change).all()
    assert len(np.unique(position)) <= 42 * 55
    assert np.abs(position - truth).mean() < 0.55 * np.abs(before - truth).mean()


def test_decoding_does_so_and_its_intervals_hold() -> None:
    scale = ColorScale.from_name("turbo", vmin=-2, vmax=3)
    truth = 5 * magnified(smooth(4, (37, 49), 1.5), 290, 341) - 2
    field: Field = decode(as_jpeg(truth, scale, 60), scale)
    known = np.isfinite(field.values)
    assert known.mean() > 0.98
    assert len(np.unique(field.values[known])) < 1.1 * 37 * 49
    error = np.abs(field.values - truth)[known]
    assert 0.85 < (error < 1.645 * field.sigma[known]).mean() < 0.99


@pytest.mark.parametrize("quality", [10, 30, 50, 75, 95])
@pytest.mark.parametrize(("name", "width"), [("copper", 90), ("gray", 90), ("jet", 30)])
def test_smooth_fields_have_no_cells(name: str, width: float, quality: int) -> None:
    scale = ColorScale.from_name(name, vmin=0, vmax=1)
    picture = as_jpeg(smooth(0, (300, 400), width), scale, quality)[3:, 5:]
    curve = Curve.of(scale)
    before = smoothed(picture, curve)
    position, change, _ = even_cells(before, picture, curve, np.ones(before.shape, bool))
    assert change is None
    assert position is before


def test_mixed_pixels_between_cells_keep_their_own_value() -> None:
    scale = ColorScale.from_name("viridis", vmin=0, vmax=1)
    curve = Curve.of(scale)
    large = np.kron(smooth(5, (30, 40), 1.2), np.ones((30, 30)))
    size = (round(40 * 9.3), round(30 * 9.3))
    truth = np.asarray(Image.fromarray(large.astype(np.float32)).resize(size, Image.Resampling.BOX))
    picture = as_jpeg(truth, scale, 80)
    before = smoothed(picture, curve)
    position, change, _ = even_cells(before, picture, curve, np.ones(truth.shape, bool))
    assert change is not None
    own = np.isnan(change)
    assert 0.2 < own.mean() < 0.6
    np.testing.assert_array_equal(position[own], before[own])
    assert np.abs(position - truth)[~own].mean() < 0.7 * np.abs(before - truth)[~own].mean()


def test_cells_of_few_colors_are_read_between_the_steps() -> None:
    table = ColorScale.from_name("viridis", vmin=0, vmax=1).colors[::11][:24]
    middles = (np.arange(24) + 0.5) / 24
    scale = ColorScale.from_colors(table, middles)
    truth = magnified(smooth(6, (44, 52), 4), 300, 350)
    bands = (truth * 24).astype(int).clip(0, 23)
    field = decode(as_jpeg(middles[bands], scale, 50), scale)
    known = np.isfinite(field.values)
    middle_error = np.abs(middles[bands] - truth)[known].mean()
    assert np.abs(field.values - truth)[known].mean() < 0.9 * middle_error
