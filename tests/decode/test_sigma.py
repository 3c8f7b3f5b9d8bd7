"""The uncertainty covers what it says, for table colours, cut colours and soft colours."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from napari_image2data import ColorScale, decode, lookup
from napari_image2data.decode.curve import Curve, read_positions
from napari_image2data.decode.noise import component_noise


def smooth_field(seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=(280, 340))
    field = ndimage.gaussian_filter(noise, 20)[60:-60, 60:-60]
    return (field - field.min()) / np.ptp(field)


def table_colors(truth: np.ndarray, scale: ColorScale) -> np.ndarray:
    return np.rint(scale.colors[np.clip((truth * 256).astype(int), 0, 255)] * 255)


def continuous_colors(truth: np.ndarray, scale: ColorScale) -> np.ndarray:
    at = np.clip(truth * 256 - 0.5, 0, 255)
    channels = [np.interp(at, np.arange(256), channel) for channel in scale.colors.T]
    return np.rint(np.stack(channels, axis=-1) * 255)


def cut_colors(truth: np.ndarray, scale: ColorScale) -> np.ndarray:
    return np.floor(scale.colors[np.clip((truth * 256).astype(int), 0, 255)] * 255)


@pytest.mark.parametrize("drawn", [table_colors, continuous_colors, cut_colors])
@pytest.mark.parametrize("name", ["viridis", "jet", "gray", "RdBu_r", "plasma"])
def test_intervals_hold(drawn, name: str) -> None:  # type: ignore[no-untyped-def]
    scale = ColorScale.from_name(name, vmin=100, vmax=300)
    truth = smooth_field(1)
    field = decode(drawn(truth, scale).astype(np.uint8), scale)
    known = np.isfinite(field.values)
    inside = np.abs(field.values - (100 + 200 * truth)) <= 1.645 * field.sigma
    assert known.mean() > 0.99
    assert 0.85 < inside[known].mean() <= 1
    rms = np.sqrt(((field.values - 100 - 200 * truth)[known] ** 2).mean())
    # a renderer that does not quantise leaves less error than a table entry is wide
    assert 0.6 < np.median(field.sigma[known]) / rms < (3.5 if drawn is continuous_colors else 2)


def test_a_flat_part_of_the_scale_says_so() -> None:
    colors = np.zeros((101, 3))
    colors[:, 0] = np.concatenate(
        [np.linspace(0, 0.5, 40), np.full(21, 0.5), np.linspace(0.5, 1, 40)]
    )
    scale = ColorScale.from_colors(colors, np.linspace(0, 1, 101))
    picture = np.tile(np.rint(colors[::2, None] * 255), (1, 60, 1)).astype(np.uint8)
    sigma = decode(picture, scale).sigma[:, 30]
    assert sigma[25] > 5 * sigma[8]
    assert sigma[25] > 0.05


@pytest.mark.parametrize("name", ["hsv", "cubehelix", "RdBu_r"])
def test_noise_of_the_components_is_told_from_the_colors(name: str) -> None:
    scale = ColorScale.from_name(name, vmin=0, vmax=1)
    curve = Curve.of(scale)
    rng = np.random.default_rng(4)
    y, cb, cr = rng.normal(size=(3, 200, 200)) * np.array([2.4, 3, 3])[:, None, None]
    noise = np.stack([y + 1.402 * cr, y - 0.344 * cb - 0.714 * cr, y + 1.772 * cb], axis=-1)
    # hsv runs along the edges of the RGB cube, where clipping hides half of the noise and more
    picture = np.rint(curve.color(rng.random((200, 200))) + noise).clip(0, 255).astype(np.uint8)
    reading = read_positions(picture, curve, jpeg=True)
    found = component_noise(reading.distance.ravel(), reading.position.ravel(), curve)
    assert found == pytest.approx(3, rel=0.3)


def test_slopes_that_a_jpeg_drew_as_stairs_are_uncertain() -> None:
    scale = ColorScale.from_name("coolwarm", vmin=0, vmax=1)
    truth = np.add.outer(np.linspace(0.1, 0.3, 240), np.linspace(0, 0.3, 320))
    buffer = io.BytesIO()
    Image.fromarray(table_colors(truth, scale).astype(np.uint8)).save(buffer, "JPEG", quality=40)
    field = decode(np.asarray(Image.open(buffer)), scale, jpeg=True)
    inside = np.abs(field.values - truth) <= 1.645 * field.sigma
    assert inside.mean() > 0.85


@pytest.mark.parametrize("name", ["viridis", "gray"])
def test_clipped_values_lie_within_their_uncertainty(name: str) -> None:
    colors = np.rint(ColorScale.from_name(name, vmin=0, vmax=1).colors * 255) / 255
    scale = ColorScale.from_colors(colors, (np.arange(256) + 0.5) / 256, vmin=0, vmax=1)
    truth = (1.6 * smooth_field(2) - 0.3).clip(0, 1)
    field = decode(table_colors(truth, scale).astype(np.uint8), scale)
    for end in (0, 1):
        clipped = truth == end
        assert clipped.mean() > 0.02
        assert np.all(np.abs(field.values - end)[clipped] <= 1.645 * field.sigma[clipped])


@pytest.mark.parametrize("read", [decode, lookup])
@pytest.mark.parametrize("offset", [1e6, 1e7, -3e8])
def test_the_rounding_of_values_far_from_zero_is_part_of_it(read, offset) -> None:  # type: ignore[no-untyped-def]
    # 64 to 128 numbers of single precision lie within the range
    span = 100 * float(np.spacing(np.float32(abs(offset))))
    scale = ColorScale.from_name("viridis", vmin=offset, vmax=offset + span)
    truth = smooth_field(3)
    field = read(table_colors(truth, scale).astype(np.uint8), scale)
    error = np.abs(field.values.astype(float) - (offset + span * truth))
    assert 0.85 < (error < 1.645 * field.sigma)[np.isfinite(error)].mean() <= 1


@pytest.mark.parametrize("read", [decode, lookup])
def test_small_values_of_a_log_scale_are_as_sure_as_large_ones(read) -> None:  # type: ignore[no-untyped-def]
    scale = ColorScale.from_name("viridis", vmin=1e-6, vmax=1e6, norm="log")
    field = read(table_colors(smooth_field(3), scale).astype(np.uint8), scale)
    relative = (field.sigma / field.values)[np.isfinite(field.values)]
    assert relative.max() < 0.2
