"""Ink is masked, data are not: on pictures drawn here, whose truth is known."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from napari_image2data import ColorScale, Flag, background_color, decode
from napari_image2data.decode.frame import edge_ticks, frame_depths
from napari_image2data.decode.strokes import find_band_strokes, find_strokes
from napari_image2data.errors import FigureError, ScaleError


def smooth_field(
    seed: int = 0, shape: tuple[int, int] = (160, 220), width: float = 20
) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=(shape[0] + 80, shape[1] + 80))
    field = ndimage.gaussian_filter(noise, width)[40:-40, 40:-40]
    return (field - field.min()) / np.ptp(field)


def draw(truth: np.ndarray, scale: ColorScale) -> np.ndarray:
    index = np.clip((truth * len(scale.colors)).astype(int), 0, len(scale.colors) - 1)
    return np.rint(scale.colors[index] * 255).astype(np.uint8)


def as_jpeg(picture: np.ndarray, quality: int) -> np.ndarray:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file).convert("RGB"))


def with_ink(picture: np.ndarray, color: int) -> tuple[np.ndarray, np.ndarray]:
    """A frame of two lines, a thick and a soft line, and a ring; and where they are."""
    cover = np.zeros(picture.shape[:2])
    cover[:2] = cover[-2:] = 1
    cover[:, :2] = cover[:, -2:] = 1
    cover[70:73, 20:200] = 1
    rows, cols = np.indices(cover.shape)
    cover = np.maximum(cover, np.clip(1.5 - np.abs(cols - rows - 30) / 1.4, 0, 1))
    away = np.hypot(rows - 110, cols - 60)
    cover = np.maximum(cover, np.clip(1.6 - np.abs(away - 12), 0, 1))
    inked = picture * (1 - cover[..., None]) + color * cover[..., None]
    return np.rint(inked).astype(np.uint8), cover > 0


@pytest.mark.parametrize(
    ("name", "color"), [("viridis", 0), ("viridis", 255), ("jet", 0), ("RdBu_r", 0), ("magma", 0)]
)
def test_ink_is_masked_and_little_else(name: str, color: int) -> None:
    truth, scale = smooth_field(), ColorScale.from_name(name, vmin=0, vmax=1)
    picture, ink = with_ink(draw(truth, scale), color)
    field = decode(picture, scale)
    kept = np.isfinite(field.values)
    assert (np.abs(field.values - truth)[ink & kept] > 0.05).sum() <= 0.01 * ink.sum()
    assert (~kept & ~ink).sum() < 0.01 * (~ink).sum()
    assert np.nanmax(np.abs(field.values - truth)[~ink]) < 0.02
    assert (field.flags[~kept] & (Flag.OVERLAY | Flag.OFF_SCALE) > 0).all()


@pytest.mark.parametrize("color", [0, 255])
def test_ink_in_a_color_of_the_scale_is_found_by_its_shape(color: int) -> None:
    # in the middle of the scale, ink differs from the data beneath
    truth, scale = 0.3 + 0.4 * smooth_field(3), ColorScale.from_name("gray", vmin=0, vmax=1)
    picture, ink = with_ink(draw(truth, scale), color)
    field = decode(picture, scale)
    kept = np.isfinite(field.values)
    assert (np.abs(field.values - truth)[ink & kept] > 0.05).sum() <= 0.02 * ink.sum()
    assert (~kept & ~ink).sum() < 0.01 * (~ink).sum()


def cells(values: np.ndarray, side: int) -> np.ndarray:
    return np.kron(values, np.ones((side, side)))


def correlation_matrix(n: int = 12) -> np.ndarray:
    data = np.random.default_rng(5).normal(size=(40, n))
    return (np.corrcoef(data.T) + 1) / 2


CLEAN = {
    "checkerboard": cells(np.indices((12, 16)).sum(axis=0) % 2 * 1.0, 10),
    "correlation": cells(correlation_matrix(), 17),
    "random cells": cells(np.random.default_rng(1).random((30, 40)), 5),
    "step": np.where(np.arange(200) < 90, 0.2, 0.9)[None] * np.ones((150, 1)),
    "texture": np.random.default_rng(2).random((120, 160)),
    "clipped": np.clip(2.5 * smooth_field(4) - 0.7, 0, 1),
    "smooth": smooth_field(6),
}


@pytest.mark.parametrize("name", ["gray", "hot", "viridis", "RdBu_r", "seismic"])
@pytest.mark.parametrize("kind", list(CLEAN))
def test_clean_data_lose_nothing(kind: str, name: str) -> None:
    scale = ColorScale.from_name(name, vmin=0, vmax=1)
    field = decode(draw(CLEAN[kind], scale), scale)
    assert np.isnan(field.values).mean() < 0.001


@pytest.mark.parametrize("kind", ["smooth", "random cells", "texture", "correlation"])
def test_pictures_without_a_frame_lose_no_frame(kind: str) -> None:
    for name in ("gray", "viridis", "hot"):
        scale = ColorScale.from_name(name, vmin=0, vmax=1)
        assert frame_depths(draw(CLEAN[kind], scale)) == (0, 0, 0, 0)


@pytest.mark.parametrize(("depth", "opacity"), [(1, 1.0), (2, 1.0), (3, 0.5), (1, 0.3)])
def test_a_frame_is_found_to_its_depth(depth: int, opacity: float) -> None:
    scale = ColorScale.from_name("magma", vmin=0, vmax=1)
    picture = draw(smooth_field(7), scale).astype(float)
    picture[:, -depth:] = (1 - opacity) * picture[:, -depth:] + opacity * 30
    assert frame_depths(np.rint(picture).astype(np.uint8)) == (0, 0, 0, depth)


@pytest.mark.parametrize("name", ["nipy_spectral", "copper", "magma", "gray"])
@pytest.mark.parametrize("frame", [0, 1])
def test_ticks_of_two_pixels_are_found_on_a_scale_that_ends_in_black(name: str, frame: int) -> None:
    truth, scale = 0.3 + 0.4 * smooth_field(13), ColorScale.from_name(name, vmin=0, vmax=1)
    picture = draw(truth, scale)
    ticks = np.zeros(truth.shape, bool)
    picture[-frame - 2, 30::35] //= 2  # the half of a pixel
    ticks[-frame - 2 :, 30::35] = True
    picture[len(picture) - frame - 1 :, 30::35] = 0
    picture[len(picture) - frame :] = 0
    field = decode(picture, scale)
    assert np.isnan(field.values[ticks]).all()
    assert np.isnan(field.values[:-3]).mean() < 0.001


@pytest.mark.parametrize("kind", list(CLEAN))
def test_no_ticks_are_seen_in_data(kind: str) -> None:
    for name in ("gray", "hot", "nipy_spectral"):
        picture = draw(CLEAN[kind], ColorScale.from_name(name, vmin=0, vmax=1))
        assert edge_ticks(picture, (0, 0, 0, 0)).mean() < 0.0005


@pytest.mark.parametrize("kind", list(CLEAN))
@pytest.mark.parametrize("quality", [75, 90])
def test_jpegs_without_a_frame_lose_no_frame(kind: str, quality: int) -> None:
    for name in ("viridis", "RdBu_r"):
        scale = ColorScale.from_name(name, vmin=0, vmax=1)
        picture = as_jpeg(draw(CLEAN[kind], scale), quality)
        assert frame_depths(picture, noisy=True) == (0, 0, 0, 0)


@pytest.mark.parametrize("name", ["viridis", "RdBu_r", "jet", "hot"])
@pytest.mark.parametrize("quality", [75, 90])
def test_the_smeared_color_of_a_frame_costs_no_data(name: str, quality: int) -> None:
    truth, scale = 0.1 + 0.8 * smooth_field(12), ColorScale.from_name(name, vmin=0, vmax=1)
    picture = draw(truth, scale)
    frame = np.ones(truth.shape, bool)
    frame[1:-1, 1:-1] = False
    picture[frame] = 0
    picture[1:4, 20::40] = 0  # ticks
    picture = as_jpeg(picture, quality)
    assert frame_depths(picture, noisy=True) == (1, 1, 1, 1)
    field = decode(picture, scale, jpeg=True)
    assert np.isnan(field.values[frame]).all()
    assert np.isnan(field.values[4:-4, 4:-4]).mean() < 0.002


@pytest.mark.parametrize("quality", [75, 90])
def test_lines_across_steep_data_are_masked_in_a_jpeg(quality: int) -> None:
    rows, cols = np.indices((240, 300))
    truth = 0.5 + 0.4 * np.sin(np.hypot(rows - 120, cols - 150) / 16)
    scale = ColorScale.from_name("rainbow", vmin=0, vmax=1)
    ink = (rows % 60 == 30) | (cols % 60 == 30)
    picture = draw(truth, scale).astype(float)
    picture[ink] = 0.3 * picture[ink] + 0.7 * 255
    field = decode(as_jpeg(np.rint(picture).astype(np.uint8), quality), scale)
    kept = np.isfinite(field.values)
    bad = np.abs(field.values - truth) > 0.05
    assert (bad & ink).sum() < 0.05 * ink.sum()
    assert (~kept & ~ndimage.binary_dilation(ink, iterations=2)).mean() < 0.01


def test_white_holes_under_a_map_that_ends_in_white() -> None:
    scale = ColorScale.from_name("hot", vmin=0, vmax=1)
    truth = 0.7 * smooth_field(8)
    picture = draw(truth, scale)
    hole = np.zeros(truth.shape, bool)
    hole[20:60, 30:90] = True
    picture[hole] = 255
    field = decode(picture, scale)
    assert np.isfinite(field.values[hole]).mean() < 0.01
    assert (field.flags[hole] & Flag.NO_DATA > 0).mean() > 0.95
    assert np.isnan(field.values[~hole]).mean() < 0.005


def test_filled_ink_is_close_and_says_how_close() -> None:
    truth, scale = smooth_field(9), ColorScale.from_name("viridis", vmin=0, vmax=1)
    picture, ink = with_ink(draw(truth, scale), 0)
    field = decode(picture, scale, overlays="fill")
    filled = (field.flags & Flag.FILLED) > 0
    error = np.abs(field.values - truth)
    assert filled[ink].mean() > 0.9
    assert np.isfinite(field.values).all()
    assert error[filled].mean() < 0.015
    assert 0.8 < (error <= 1.645 * field.sigma)[filled].mean() <= 1
    plain = decode(picture, scale)
    np.testing.assert_array_equal(field.values[~filled], plain.values[~filled])


def test_kept_overlays_leave_only_the_color_test() -> None:
    scale = ColorScale.from_name("gray", vmin=0, vmax=1)
    picture, _ = with_ink(draw(smooth_field(), scale), 0)
    assert np.isfinite(decode(picture, scale, overlays="keep").values).all()


def test_given_colors_are_no_data_and_the_background_is_offered() -> None:
    scale = ColorScale.from_name("viridis", vmin=0, vmax=1)
    picture = draw(smooth_field(), scale)
    picture[:40, :50] = (210, 180, 140)
    assert background_color(picture, scale) == (210, 180, 140)
    for color in ((210, 180, 140), "tan"):
        field = decode(picture, scale, no_data=[color])
        assert np.isnan(field.values[:40, :50]).all()
        assert (field.flags[:40, :50] & Flag.NO_DATA > 0).all()
    assert background_color(draw(smooth_field(), scale), scale) is None
    with pytest.raises(ScaleError, match="not a colour"):
        decode(picture, scale, no_data=["no such colour"])


def test_a_box_cuts_and_names_its_pixels_and_a_bad_one_is_refused() -> None:
    scale = ColorScale.from_name("viridis", vmin=0, vmax=1)
    picture = draw(smooth_field(), scale)
    field = decode(picture, scale, (10.4, 20, 99.6, 120))
    assert field.shape == (100, 90)
    assert field.x[0] == 10.5
    assert field.y[-1] == 119.5
    with pytest.raises(FigureError, match="does not lie inside"):
        decode(picture, scale, (0, 0, 999, 10))
    with pytest.raises(FigureError, match="overlays is"):
        decode(picture, scale, overlays="erase")  # type: ignore[arg-type]


def test_progress_is_told_and_may_cancel() -> None:
    scale = ColorScale.from_name("viridis", vmin=0, vmax=1)
    picture = draw(smooth_field(), scale)
    told: list[float] = []
    decode(picture, scale, progress=lambda stage, done: told.append(done))
    assert told == sorted(told)
    assert told[-1] == 1.0

    class Canceled(Exception):
        pass

    def cancel(stage: str, done: float) -> None:
        raise Canceled

    with pytest.raises(Canceled):
        decode(picture, scale, progress=cancel)


@pytest.mark.parametrize(
    ("name", "value"), [("gray", 0.5), ("hot", 0.35), ("jet", 0.9), ("RdBu_r", 0.5), ("Greys", 1)]
)
@pytest.mark.parametrize("quality", [None, 75])
def test_ink_in_any_color_of_the_scale_is_found_where_it_differs_clearly(
    name: str, value: float, quality: int | None
) -> None:
    scale = ColorScale.from_name(name, vmin=0, vmax=1)
    color = np.rint(scale.colors[int(value * 255)] * 255)
    truth = smooth_field(11, (240, 320), 30)
    rows, cols = np.indices(truth.shape)
    lines = (np.abs(rows - 120 - 40 * np.sin(cols / 40)) < 1.6) | (np.abs(cols - 200) < 1.1)
    picture = np.where(lines[..., None], color, draw(truth, scale)).astype(np.uint8)
    if quality is not None:
        picture = as_jpeg(picture, quality)
    field = decode(picture, scale, jpeg=quality is not None)
    kept = np.isfinite(field.values)
    bad = (np.abs(field.values - truth) > 0.15) & lines
    plain = decode(picture, scale, jpeg=quality is not None, overlays="keep")
    worst = (np.abs(plain.values - truth) > 0.15) & lines
    assert bad.sum() <= (0.1 if quality is None else 0.2) * worst.sum()
    assert (~kept & ~ndimage.binary_dilation(lines, iterations=3)).mean() < 0.01


def test_cells_that_the_edge_cuts_are_no_strokes() -> None:
    truth = np.kron(np.random.default_rng(3).random((12, 15)), np.ones((16, 16)))[5:-13, 9:-11]
    frame = np.zeros(truth.shape, bool)
    frame[-1] = frame[:, 0] = True
    assert find_strokes(truth.astype(np.float32), frame).mean() < 0.0005


def test_contour_lines_in_a_color_of_some_far_band_are_masked() -> None:
    truth = smooth_field(14, (240, 320), 30)
    bands = np.clip((truth * 10).astype(int), 0, 9)
    table = ColorScale.from_name("cubehelix_r", vmin=0, vmax=1).colors[
        np.linspace(0, 255, 11).astype(int)
    ]
    scale = ColorScale.from_colors(table, np.arange(11.0), discrete=True)
    clean = np.rint(table[bands] * 255).astype(np.uint8)
    lines = np.pad(np.diff(bands, axis=1) != 0, [(0, 0), (0, 1)])
    lines |= np.pad(np.diff(bands, axis=0) != 0, [(0, 1), (0, 0)])
    lines &= bands < 6  # far from the black of the last band
    picture = np.where(lines[..., None], np.uint8(0), clean)
    kept = np.isfinite(decode(picture, scale).values)
    assert kept[lines].mean() < 0.05
    assert np.isfinite(decode(clean, scale).values).mean() > 0.999


def test_narrow_bands_on_a_steep_slope_are_no_ink():
    # rings whose slope lets some bands be 2 pixels wide, as a contour line would be
    y, x = np.mgrid[-230:229, -317:318]
    bands = np.rint(4 + 4 * np.cos(np.hypot(x, 1.4 * y) ** 0.8 / 8)).astype(np.int32)
    assert not find_band_strokes(bands, np.zeros(bands.shape, bool)).any()


@pytest.mark.parametrize("name", ["cubehelix", "jet", "coolwarm"])
def test_edges_that_a_resampled_screenshot_softened_are_data(name: str) -> None:
    scale = ColorScale.from_name(name, vmin=0, vmax=1)
    coarse = np.random.default_rng(2).random((5, 6))
    small = Image.fromarray(draw(cells(coarse, 40), scale))
    size = (int(small.width * 1.5), int(small.height * 1.5))
    picture = np.asarray(small.resize(size, Image.Resampling.BICUBIC))
    field = decode(picture, scale)
    assert np.isnan(field.values).mean() < 0.01
    truth = cells(coarse, 60)
    inside = np.ones(truth.shape, bool)
    for middle in range(60, 360, 60):
        inside[middle - 4 : middle + 4] = inside[:, middle - 4 : middle + 4] = False
    assert np.abs(field.values - truth)[inside].max() < 0.005


def test_outer_cells_that_are_paler_than_the_next_are_no_frame() -> None:
    scale = ColorScale.from_name("seismic", vmin=0, vmax=1)
    row, col = np.indices((60, 70))
    away = np.hypot(row - 29.5, col - 34.5)
    picture = draw(cells(0.5 - 0.4 * np.exp(-((away - 20) ** 2) / 60), 4), scale)
    assert frame_depths(picture) == (0, 0, 0, 0)
    picture[:, :2] = 0
    picture[:, 2] = picture[:, 2] // 4 * 3  # the soft rim of a line of two pixels
    assert frame_depths(picture) == (0, 0, 3, 0)


@pytest.mark.parametrize("name", ["viridis", "jet", "YlOrRd"])
def test_an_outer_column_of_one_cell_is_no_frame_of_a_jpeg(name: str) -> None:
    scale = ColorScale.from_name(name, vmin=0, vmax=1)
    truth = 0.1 + 0.8 * smooth_field(14)
    truth[:, :4] = 0.4  # one color, beside all kinds of others
    picture = as_jpeg(draw(truth, scale), 85)
    assert frame_depths(picture, noisy=True) == (0, 0, 0, 0)
    picture = draw(truth, scale)
    picture[:, :4] = 110  # a frame as light as that, in grey
    assert frame_depths(as_jpeg(picture, 85), noisy=True) == (0, 0, 4, 0)
