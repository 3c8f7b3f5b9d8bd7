"""Ink that JPEG has made hard to tell is found by its lightness; JPEGs without ink lose nothing."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw
from scipy import ndimage

from napari_image2data import ColorScale, decode
from napari_image2data.decode.frame import edge_ticks, frame_depths
from napari_image2data.decode.jpeg_ink import (
    bridge_ink,
    dense_ink,
    off_in_lightness,
    rims_in_lightness,
)


def smooth_field(seed: int, shape: tuple[int, int], width: float) -> np.ndarray:
    field = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=shape), width)
    return (field - field.min()) / np.ptp(field)


def draw(truth: np.ndarray, scale: ColorScale) -> np.ndarray:
    return np.rint(scale.to_color(truth) * 255).astype(np.uint8)


def as_jpeg(picture: np.ndarray, quality: int) -> np.ndarray:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=quality, subsampling=2)
    return np.asarray(Image.open(file).convert("RGB"))


def levels(scale: ColorScale) -> np.ndarray:
    return np.asarray(scale.colors, float) * 255


@pytest.mark.parametrize("name", ["RdBu_r", "plasma", "viridis"])
def test_thin_lines_over_fine_data_are_found_by_their_lightness(name: str) -> None:
    scale = ColorScale.from_name(name, vmin=0, vmax=1)
    y, x = np.mgrid[:120, :160]
    truth = 0.55 + 0.3 * np.cos(np.hypot(x - 80, y - 60) / 3)
    picture = draw(truth, scale)
    picture[:, 50] = picture[70] = 0
    ink = np.zeros(truth.shape, bool)
    ink[:, 50] = ink[70] = True
    found = off_in_lightness(as_jpeg(picture, 80), levels(scale), np.zeros(truth.shape, bool))
    assert found[ink].mean() > 0.5
    away = ~ndimage.binary_dilation(ink, np.ones((5, 5)))
    assert found[away].mean() < 0.001


@pytest.mark.parametrize("name", ["jet", "RdBu_r", "viridis", "hot", "nipy_spectral", "Blues"])
@pytest.mark.parametrize(("width", "quality"), [(30, 30), (8, 60), (3, 75), (3, 30)])
def test_jpegs_without_ink_lose_nothing_to_it(name: str, width: float, quality: int) -> None:
    scale = ColorScale.from_name(name, vmin=0, vmax=1)
    truth = smooth_field(3, (180, 240), width)
    picture, nothing = as_jpeg(draw(truth, scale), quality), np.zeros(truth.shape, bool)
    assert off_in_lightness(picture, levels(scale), nothing).mean() < 0.002
    assert dense_ink(picture, truth.astype(np.float32), levels(scale), nothing).mean() < 0.002
    assert not bridge_ink(picture, nothing).any()


def arrows(shape: tuple[int, int], pitch: int) -> np.ndarray:
    """Ink of a field of short thick arrows."""
    picture = Image.new("L", shape[::-1])
    pen = ImageDraw.Draw(picture)
    for row in range(pitch, shape[0] - pitch // 2, pitch):
        for col in range(pitch, shape[1] - pitch // 2, pitch):
            pen.line((col - 6, row + 6, col + 5, row - 5), fill=255, width=3)
            pen.polygon(((col + 8, row - 8), (col + 1, row - 6), (col + 6, row - 1)), fill=255)
    return np.asarray(picture) > 0


@pytest.mark.parametrize("pitch", [24, 34])
def test_dense_black_arrows_on_a_scale_that_begins_in_black(pitch: int) -> None:
    scale = ColorScale.from_name("CMRmap", vmin=0, vmax=1)
    rng = np.random.default_rng(1)
    rows = ndimage.gaussian_filter1d(rng.normal(size=(33, 8)), 2, axis=0)
    rows = 0.3 + 0.6 * (rows - rows.min()) / np.ptp(rows)
    truth = np.kron(rows, np.ones((8, 50)))
    ink = arrows(truth.shape, pitch)
    picture = draw(truth, scale)
    picture[ink] = 0
    field = decode(as_jpeg(picture, 75), scale, jpeg=True)
    wrong = np.abs(field.values - truth) > 0.05
    assert wrong[ink].mean() < 0.03
    away = ~ndimage.binary_dilation(ink, np.ones((5, 5)))
    assert np.isnan(field.values[away]).mean() < 0.01


def test_a_scale_with_white_in_its_middle_has_no_dense_white_ink() -> None:
    scale = ColorScale.from_name("RdBu_r", vmin=0, vmax=1)
    truth = smooth_field(5, (200, 260), 5)
    truth[::20] = 0.5
    picture = as_jpeg(draw(truth, scale), 80)
    nothing = np.zeros(truth.shape, bool)
    assert not dense_ink(picture, truth.astype(np.float32), levels(scale), nothing).any()


def test_a_gap_is_bridged_and_an_open_end_is_not() -> None:
    picture = np.full((60, 120, 3), 120, np.uint8)
    picture[:, 50:70] = 45
    picture[20:22] = 5
    picture[40:42, :65] = 5
    dark = (picture == 5).all(axis=2)
    found = dark.copy()
    found[:, 50:70] = False
    more = bridge_ink(picture, found)
    np.testing.assert_array_equal(more[:30], (dark & ~found)[:30])
    assert not more[30:].any()


@pytest.mark.parametrize("name", ["gray_r", "Greys"])
def test_ticks_of_a_jpeg_are_found_on_a_scale_that_ends_in_black(name: str) -> None:
    scale = ColorScale.from_name(name, vmin=0, vmax=1)
    cells = np.random.default_rng(2).random((8, 8)) * 0.8
    picture = draw(np.kron(cells, np.ones((32, 40))), scale)
    ink = np.zeros(picture.shape[:2], bool)
    ink[16::32, :4] = ink[16::32, -4:] = True
    ink[:4, 20::40] = ink[-4:, 20::40] = True
    picture[ink] = 0
    picture = as_jpeg(picture, 85)
    found = edge_ticks(picture, (0, 0, 0, 0), noisy=True)
    assert found[ink].mean() > 0.6
    assert found[~ndimage.binary_dilation(ink, np.ones((3, 3)))].sum() < 5


def test_a_pale_frame_of_a_jpeg_is_found() -> None:
    scale = ColorScale.from_name("copper", vmin=0, vmax=1)
    truth = 0.3 + 0.7 * smooth_field(7, (200, 240), 20)
    picture = draw(truth, scale).astype(float)
    picture[:, 0] *= 0.8
    picture = as_jpeg(np.rint(picture).astype(np.uint8), 75)
    assert frame_depths(picture, noisy=True) == (0, 0, 1, 0)


@pytest.mark.parametrize("quality", [60, 90])
def test_soft_rims_beside_ink_are_told_by_lightness_and_data_are_not(quality: int) -> None:
    scale = ColorScale.from_name("PuOr", vmin=0, vmax=1)
    truth = 0.2 + 0.6 * smooth_field(3, (200, 260), 18)
    rows, cols = np.indices(truth.shape)
    cover = np.clip(1.4 - np.abs((rows + cols // 4) % 50 - 25.3), 0, 1)
    picture = np.rint(draw(truth, scale) * (1 - cover[..., None])).astype(np.uint8)
    core, half = cover > 0.8, (cover > 0.3) & (cover <= 0.8)
    half &= ndimage.binary_dilation(core, np.ones((3, 3)))
    found = rims_in_lightness(as_jpeg(picture, quality), core)
    assert found[half].mean() > 0.95
    assert found[cover == 0].mean() < 0.01
    clean = as_jpeg(draw(truth, scale), quality)
    assert rims_in_lightness(clean, core).mean() < 0.001
