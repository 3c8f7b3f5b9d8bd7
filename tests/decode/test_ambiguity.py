from __future__ import annotations

import io

import matplotlib
import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter

from napari_image2data import ColorScale, Flag, decode
from napari_image2data.decode.ambiguity import has_rivals, resolve
from napari_image2data.decode.curve import Curve, read_positions


def smooth_field(seed: int) -> np.ndarray:
    field = gaussian_filter(np.random.default_rng(seed).normal(size=(160, 220)), 28)
    return (field - field.min()) / np.ptp(field)


def drawn(name: str, field: np.ndarray) -> tuple[np.ndarray, ColorScale]:
    colormap = matplotlib.colormaps[name]
    table = colormap(np.arange(colormap.N), bytes=True)[:, :3]
    values = (np.arange(colormap.N) + 0.5) / colormap.N
    scale = ColorScale.from_colors(table / 255, values, vmin=0.0, vmax=1.0)
    return np.ascontiguousarray(colormap(field, bytes=True)[..., :3]), scale


@pytest.mark.parametrize("name", ["prism", "flag"])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_maps_that_repeat_their_colors_are_read_by_their_neighborhood(name: str, seed: int) -> None:
    truth = smooth_field(seed)
    picture, scale = drawn(name, truth)
    nearest = decode(picture, scale, rivals="nearest")
    field = decode(picture, scale)
    assert np.nanmax(abs(nearest.values - truth)) > 0.5
    assert np.nanmax(abs(field.values - truth)) <= 0.01
    assert np.isfinite(field.values).mean() > 0.99


@pytest.mark.parametrize("name", ["hsv", "twilight"])
@pytest.mark.parametrize("quality", [None, 75])
def test_cyclic_maps_stay_on_their_branch(name: str, quality: int | None) -> None:
    truth = smooth_field(4)
    picture, scale = drawn(name, truth)
    if quality is not None:
        buffer = io.BytesIO()
        Image.fromarray(picture).save(buffer, "JPEG", quality=quality)
        picture = np.asarray(Image.open(buffer))
    field = decode(picture, scale)
    wrong = abs(field.values - truth) > 0.1
    assert wrong.mean() < (0.01 if quality is None else 0.02)


@pytest.mark.parametrize("name", ["viridis", "gray", "RdBu", "turbo"])
def test_a_scale_without_rivals_is_read_bit_for_bit_as_before(name: str) -> None:
    picture, scale = drawn(name, smooth_field(5))
    for one, other in zip(
        *(
            (field.values, field.sigma, field.flags)
            for field in (decode(picture, scale), decode(picture, scale, rivals="nearest"))
        ),
        strict=True,
    ):
        np.testing.assert_array_equal(one, other)


def test_what_the_picture_cannot_tell_is_flagged() -> None:
    there = np.linspace([0, 0, 0], [250, 120, 0], 60)
    scale = ColorScale.from_colors(
        np.concatenate([there, there[-2::-1]]) / 255, np.linspace(0, 1, 119)
    )
    picture = there[(smooth_field(6) * 59).astype(int)].round().astype(np.uint8)
    field = decode(picture, scale, overlays="keep")
    told = (field.flags & Flag.AMBIGUOUS) == 0
    assert told.mean() < 0.2
    assert np.nanmedian(field.sigma) > 0.1


def test_an_island_is_read_by_itself_and_not_through_what_is_hidden() -> None:
    truth = smooth_field(7)
    picture, scale = drawn("flag", truth)
    hidden = np.zeros(truth.shape, bool)
    hidden[:, 100:110] = True
    picture[hidden] = (90, 130, 90)
    curve = Curve.of(scale)
    reading = read_positions(picture, curve)
    resolved = resolve(picture, reading.position, hidden, curve.colors, tolerance=0.5)
    assert resolved is not None
    np.testing.assert_array_equal(resolved.position[hidden], reading.position[hidden])
    error = abs(curve.value(resolved.position) - truth)
    assert error[~hidden & ~resolved.ambiguous].max() <= 0.01


def test_rivals_are_a_property_of_the_scale_and_the_noise() -> None:
    table = Curve.of(drawn("hsv", smooth_field(0))[1]).colors
    assert not has_rivals(table, 2.0)
    assert has_rivals(table, 30.0)
