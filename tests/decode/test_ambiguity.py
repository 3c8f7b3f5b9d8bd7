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
from napari_image2data.decode.unwrap import find_period


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


def as_jpeg(picture: np.ndarray, quality: int) -> np.ndarray:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer))


@pytest.mark.parametrize("name", ["prism", "flag"])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_maps_that_repeat_their_colors_survive_jpeg(name: str, seed: int) -> None:
    truth = smooth_field(seed)
    picture, scale = drawn(name, truth)
    field = decode(as_jpeg(picture, 75), scale)
    assert (abs(field.values - truth) > 0.05).mean() < 0.02
    assert ((field.flags & Flag.AMBIGUOUS) > 0).mean() < 0.02
    assert np.isfinite(field.values).mean() > 0.97


@pytest.mark.parametrize("name", ["prism", "flag"])
def test_a_map_that_repeats_its_colors_is_read_where_no_table_was_used(name: str) -> None:
    truth = smooth_field(3)
    _, scale = drawn(name, truth)
    colors = matplotlib.colormaps[name].resampled(4096)(truth)[..., :3]
    field = decode(np.rint(colors * 255).astype(np.uint8), scale)
    assert np.nanmax(abs(field.values - truth)) <= 0.015
    assert ((field.flags & Flag.AMBIGUOUS) > 0).mean() < 0.001


@pytest.mark.parametrize("name", ["prism", "flag"])
@pytest.mark.parametrize("what", ["part of the scale", "texture", "stripes too thin"])
def test_repetitions_that_the_picture_cannot_tell_are_flagged(name: str, what: str) -> None:
    truth = smooth_field(8)
    if what == "part of the scale":  # shifted by a repetition it looks the same
        truth = 0.2 + 0.5 * truth
    elif what == "texture":
        truth = np.random.default_rng(0).random(truth.shape)
    else:
        truth = np.sin(np.add.outer(np.arange(160), np.arange(220)) / 12) / 2 + 0.5
    picture, scale = drawn(name, truth)
    field = decode(as_jpeg(picture, 75), scale)
    wrong = abs(field.values - truth) > 0.05
    told = (field.flags & Flag.AMBIGUOUS) == 0
    assert (wrong & told).mean() < 0.02
    assert (told & np.isfinite(field.values)).mean() < 0.02
    assert np.nanmedian(field.sigma) > 0.2


def test_lines_that_cut_a_field_do_not_part_its_repetitions() -> None:
    truth = smooth_field(1)
    picture, scale = drawn("prism", truth)
    covered = np.zeros(truth.shape, bool)
    covered[:, 70:73] = covered[60:62] = True
    picture[covered] = 0
    field = decode(as_jpeg(picture, 75), scale)
    seen = ~covered & np.isfinite(field.values)
    assert (abs(field.values - truth)[seen] > 0.05).mean() < 0.02
    assert ((field.flags & Flag.AMBIGUOUS) > 0).mean() < 0.02


@pytest.mark.parametrize(
    ("name", "period"), [("prism", 2 / 20.9), ("flag", 2 / 31.5), ("prism_r", 2 / 20.9)]
)
def test_period_of_a_map_is_that_of_its_formula(name: str, period: float) -> None:
    found = find_period(Curve.of(drawn(name, np.zeros((2, 2)))[1]).colors)
    assert found is not None
    assert abs(found - period) < 0.0005


@pytest.mark.parametrize("name", ["viridis", "jet", "hsv", "twilight", "gist_ncar", "gray"])
def test_other_maps_have_no_period(name: str) -> None:
    assert find_period(Curve.of(drawn(name, np.zeros((2, 2)))[1]).colors) is None


@pytest.mark.parametrize("name", ["hsv", "twilight"])
@pytest.mark.parametrize("quality", [None, 75])
def test_cyclic_maps_stay_on_their_branch(name: str, quality: int | None) -> None:
    truth = smooth_field(4)
    picture, scale = drawn(name, truth)
    picture = picture if quality is None else as_jpeg(picture, quality)
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
