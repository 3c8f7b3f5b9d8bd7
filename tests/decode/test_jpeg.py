"""JPEG is recognised, smoothed with its edges kept, and lossless pictures are left alone."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage
from scipy.spatial import cKDTree

from napari_image2data import ColorScale, Flag, ImageToData, decode, lookup
from napari_image2data.decode.curve import Curve, read_positions
from napari_image2data.decode.jpeg import find_jpeg_grid, looks_like_jpeg, shows_cells
from napari_image2data.decode.jpeg_info import JpegInfo
from napari_image2data.decode.jpeg_smooth import smooth_positions
from napari_image2data.decode.noise import color_spread

if TYPE_CHECKING:
    from pathlib import Path


def smooth_field(seed: int, shape: tuple[int, int] = (224, 288), width: float = 30) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=(shape[0] + 120, shape[1] + 120))
    field = ndimage.gaussian_filter(noise, width)[60:-60, 60:-60]
    return (field - field.min()) / np.ptp(field)


def draw(truth: np.ndarray, scale: ColorScale) -> np.ndarray:
    index = np.clip((truth * 256).astype(int), 0, 255)
    return np.rint(scale.colors[index] * 255).astype(np.uint8)


def as_jpeg(picture: np.ndarray, quality: int) -> np.ndarray:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=quality, subsampling=2)
    return np.asarray(Image.open(file).convert("RGB"))


def nearest_color_error(picture: np.ndarray, scale: ColorScale, truth: np.ndarray) -> float:
    _, index = cKDTree(scale.colors * 255).query(picture.reshape(-1, 3))
    return float(np.abs(scale.values[index].reshape(truth.shape) - truth).mean())


@pytest.mark.parametrize("name", ["jet", "turbo", "viridis", "RdBu_r"])
@pytest.mark.parametrize("seed", [0, 10, 11])
def test_smooth_fields_at_quality_30(name: str, seed: int) -> None:
    truth, scale = smooth_field(seed), ColorScale.from_name(name, vmin=0, vmax=1)
    picture = as_jpeg(draw(truth, scale), 30)
    field = decode(picture, scale)
    assert np.isnan(field.values).mean() < 0.01
    error = np.nanmean(np.abs(field.values - truth))
    assert error < 0.7 * nearest_color_error(picture, scale, truth)


def test_edges_stay() -> None:
    truth, scale = smooth_field(1), ColorScale.from_name("viridis", vmin=0, vmax=1)
    truth = np.where(smooth_field(2) > 0.5, truth, 1 - truth)
    picture = as_jpeg(draw(truth, scale), 75)
    error = np.nanmean(np.abs(decode(picture, scale).values - truth))
    assert error < 0.85 * nearest_color_error(picture, scale, truth)


@pytest.mark.parametrize("quality", [30, 75, 90])
@pytest.mark.parametrize("corner", [(0, 0), (3, 5)])
def test_the_block_grid_is_found_wherever_the_crop_begins(
    quality: int, corner: tuple[int, int]
) -> None:
    scale = ColorScale.from_name("jet", vmin=0, vmax=1)
    picture = as_jpeg(draw(smooth_field(3, width=12), scale), quality)
    grid = find_jpeg_grid(picture[corner[0] :, corner[1] :])
    assert grid is not None
    assert (grid.row, grid.col) == ((-corner[0]) % 8, (-corner[1]) % 8)
    assert grid.share > 0.8


@pytest.mark.parametrize("name", ["viridis", "gray", "jet", "hot"])
@pytest.mark.parametrize("side", [1, 8])
def test_lossless_pictures_are_not_touched(name: str, side: int) -> None:
    scale = ColorScale.from_name(name, vmin=0, vmax=1)
    truth = smooth_field(4, width=12)
    truth = np.kron(truth[::side, ::side], np.ones((side, side)))
    picture = draw(truth, scale)
    found, plain = decode(picture, scale), decode(picture, scale, jpeg=False)
    np.testing.assert_array_equal(found.values, plain.values)
    np.testing.assert_array_equal(found.sigma, plain.sigma)


@pytest.mark.parametrize("quality", [50, 75, 90])
def test_intervals_hold_under_jpeg(quality: int) -> None:
    scale = ColorScale.from_name("plasma", vmin=-3, vmax=7)
    truth = smooth_field(5)
    field = decode(as_jpeg(draw(truth, scale), quality), scale)
    inside = np.abs(field.values - (10 * truth - 3)) <= 1.645 * field.sigma
    assert 0.8 < inside[np.isfinite(field.values)].mean() <= 1


@pytest.mark.parametrize("quality", [30, 75, 95])
def test_borders_of_cells_are_told_from_those_of_jpeg_blocks(quality: int) -> None:
    scale = ColorScale.from_name("viridis", vmin=0, vmax=1)
    smooth = smooth_field(6)
    cells = np.kron(smooth_field(7, (224, 294), 12)[3::7, 3::7], np.ones((7, 7)))
    for truth, expected in ((smooth, False), (cells, True)):
        values = lookup(as_jpeg(draw(truth, scale), quality), scale).values
        assert shows_cells(values, np.isfinite(values)) is expected


def test_texture_livelier_than_its_noise_is_not_smoothed() -> None:
    rng = np.random.default_rng(8)
    texture = ndimage.gaussian_filter(rng.normal(size=(120, 160)), 1.5).astype(np.float32)
    position = 0.5 + texture
    ones = np.ones(position.shape, np.float32)
    found = smooth_positions(position, ones, 900 * ones, ones > 0)
    assert np.abs(found - position).max() < 1e-4


def with_info(picture: np.ndarray, quality: int) -> tuple[np.ndarray, JpegInfo]:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=quality, subsampling=2)
    stored = Image.open(file)
    luma, chroma = (tuple(stored.quantization[n]) for n in (0, 1))
    return np.asarray(stored.convert("RGB")), JpegInfo(luma, chroma, (2, 2))


@pytest.mark.parametrize("quality", [30, 75])
def test_the_tables_tell_the_noise_of_a_grey_picture(quality: int) -> None:
    truth, scale = smooth_field(9), ColorScale.from_name("gray", vmin=0, vmax=1)
    picture, info = with_info(draw(truth, scale), quality)
    error = np.nanmean(np.abs(decode(picture, scale, jpeg=info).values - truth))
    assert error < 0.6 * nearest_color_error(picture, scale, truth)


def test_the_tables_of_a_fine_jpeg_need_no_traces() -> None:
    truth, scale = smooth_field(12), ColorScale.from_name("viridis", vmin=0, vmax=1)
    picture, info = with_info(draw(truth, scale), 95)
    error = np.nanmean(np.abs(decode(picture, scale, jpeg=info).values - truth))
    assert error < 0.6 * nearest_color_error(picture, scale, truth)


@pytest.mark.parametrize("quality", [30, 75, 95])
@pytest.mark.parametrize("width", [4, 12, 30])
def test_quantisation_noise_follows_from_the_tables(quality: int, width: float) -> None:
    scale = ColorScale.from_name("gray", vmin=0, vmax=1)
    original = draw(smooth_field(13, width=width), scale)
    picture, info = with_info(original, quality)
    true = float((picture[..., 0].astype(float) - original[..., 0]).std())
    assert 0.4 < info.luma_noise(picture) / true < 2.5


def test_a_cut_moves_the_grid_of_blocks() -> None:
    scale = ColorScale.from_name("gray", vmin=0, vmax=1)
    picture, info = with_info(draw(smooth_field(14, width=8), scale), 50)
    part = info.cropped(11, 5)
    assert part.origin == (5, 3)
    whole = info.cropped(16, 8).luma_noise(picture[16:, 8:])
    assert part.luma_noise(picture[11:, 5:]) == pytest.approx(whole)


def test_a_file_passes_its_tables_on_and_the_recipe_keeps_them(tmp_path: Path) -> None:
    truth, scale = smooth_field(15), ColorScale.from_name("gray", vmin=0, vmax=1)
    path = tmp_path / "figure.jpg"
    Image.fromarray(draw(truth, scale)).save(path, quality=30, subsampling=2)
    run = ImageToData(path).read(scale=scale, box=(16, 24, 200, 180)).decode(overlays="keep")
    assert run.field is not None
    again = ImageToData.from_recipe(run.recipe, run.image)
    assert again.field is not None
    np.testing.assert_array_equal(again.field.values, run.field.values)
    blind = decode(run.image, scale, (16, 24, 200, 180), overlays="keep")
    inner = truth[24:180, 16:200]
    assert np.nanmean(abs(run.field.values - inner)) < 0.7 * np.nanmean(abs(blind.values - inner))


def cells(name: str, side: int, seed: int) -> tuple[np.ndarray, ColorScale]:
    scale = ColorScale.from_name(name, vmin=0, vmax=1)
    values = np.random.default_rng(seed).random((-(-330 // side), -(-410 // side)))
    truth = np.kron(values, np.ones((side, side)))[:330, :410]
    return draw(truth, scale), scale


def taken_for_jpeg(picture: np.ndarray, scale: ColorScale) -> bool:
    curve = Curve.of(scale)
    spread = color_spread(read_positions(picture, curve).distance)
    return looks_like_jpeg(find_jpeg_grid(picture), spread, gray=curve.is_gray)


@pytest.mark.parametrize("name", ["YlOrRd_r", "viridis"])
@pytest.mark.parametrize(("side", "quality"), [(38, 80), (59, 80), (78, 80)])
def test_large_even_cells_are_known_for_a_jpeg_by_the_steps_of_its_blocks(
    name: str, side: int, quality: int
) -> None:
    picture, scale = cells(name, side, quality)
    stored = as_jpeg(picture, quality)[3:, 5:]
    assert taken_for_jpeg(stored, scale)
    assert not taken_for_jpeg(picture[3:, 5:], scale)


@pytest.mark.parametrize("name", ["viridis", "gray"])
@pytest.mark.parametrize("side", [4, 8, 16, 24])
def test_lossless_cells_of_whole_blocks_are_no_jpeg(name: str, side: int) -> None:
    picture, scale = cells(name, side, side)
    assert not taken_for_jpeg(picture[3:, 5:], scale)
    assert not taken_for_jpeg(picture, scale)


def test_gray_cells_of_a_jpeg_are_no_holes() -> None:
    picture, scale = cells("gray", 38, 3)
    found = decode(as_jpeg(picture, 85), scale)
    assert not (found.flags & Flag.NO_DATA).any()
    assert np.isfinite(found.values).mean() > 0.98


def test_gray_bands_of_a_jpeg_are_no_holes() -> None:
    field = np.kron(np.random.default_rng(2).random((5, 6)), np.ones((70, 60)))
    steps = np.linspace(0, 255, 9)
    scale = ColorScale.from_colors(
        np.repeat(steps[:, None] / 255, 3, axis=1), np.arange(9.0), discrete=True
    )
    band = (field * 9).astype(int)
    picture = np.repeat(steps[band][..., None], 3, axis=2).astype(np.uint8)
    found = decode(as_jpeg(picture, 30), scale)
    assert not (found.flags & Flag.NO_DATA).any()
    seen = np.isfinite(found.values)
    assert seen.mean() > 0.92  # rims of edges are masked
    assert (found.values == band)[seen].mean() > 0.99
