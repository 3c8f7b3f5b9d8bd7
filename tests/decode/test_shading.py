from __future__ import annotations

import matplotlib
import numpy as np
import pytest
import skimage.data
from matplotlib.colors import LightSource
from scipy.ndimage import gaussian_filter

from napari_image2data import ColorScale, Flag, decode, image_to_data
from napari_image2data.decode.blend import blend
from napari_image2data.errors import FigureError, ImageError

SHAPE = (120, 150)


def field_of(seed: int, width: float) -> np.ndarray:
    field = gaussian_filter(np.random.default_rng(seed).normal(size=SHAPE), width)
    return (field - field.min()) / np.ptp(field)


VALUE, TERRAIN = field_of(1, 16), field_of(1, 16) * 100 + field_of(0, 3) * 25


def scale_of(name: str) -> ColorScale:
    table = matplotlib.colormaps[name](np.arange(256))[:, :3]
    return ColorScale.from_colors(table, (np.arange(256) + 0.5) / 256, vmin=0.0, vmax=1.0)


def stored(rgb: np.ndarray) -> np.ndarray:
    return np.round(rgb.clip(0, 1) * 255).astype(np.uint8)


@pytest.mark.parametrize("mode", ["overlay", "soft", "hsv"])
def test_blend_modes_are_those_of_matplotlib(mode: str) -> None:
    rng = np.random.default_rng(0)
    color, light = rng.random((40, 50, 3)), rng.random((40, 50))
    blender = getattr(LightSource(), f"blend_{'soft_light' if mode == 'soft' else mode}")
    np.testing.assert_allclose(
        blend(mode, color, light), blender(color, light[..., None]), atol=1e-6
    )


@pytest.mark.parametrize("mode", ["overlay", "soft", "hsv"])
@pytest.mark.parametrize("name", ["viridis", "terrain", "jet", "RdBu", "magma"])
def test_hillshade_over_any_map(name: str, mode: str) -> None:
    colors = matplotlib.colormaps[name](VALUE)[..., :3]
    picture = stored(LightSource(315, 45).shade_rgb(colors, TERRAIN, blend_mode=mode))
    field = decode(picture, scale_of(name), shading=True)
    assert field.mixture is not None
    assert field.mixture.mode == mode
    error = abs(field.values - VALUE)
    assert np.isfinite(field.values).mean() > 0.98
    firm = (field.flags & Flag.AMBIGUOUS) == 0
    assert np.nanmean(error[firm]) <= 0.011
    if name != "jet":  # its pure blue and pure red are one line of colours whatever the light
        assert np.nanmean(error) <= 0.02
    else:
        assert firm.mean() < 0.95
        assert np.nanmean(error) <= 0.022


def test_the_light_is_recovered_too() -> None:
    light = LightSource(315, 45).hillshade(TERRAIN)
    picture = stored(blend("soft", matplotlib.colormaps["viridis"](VALUE)[..., :3], light))
    field = decode(picture, scale_of("viridis"), shading="soft")
    assert field.mixture is not None
    assert np.nanmean(abs(field.mixture.light - light)) < 0.01
    stack = decode(np.stack([picture, picture]), scale_of("viridis"), shading="soft")
    np.testing.assert_array_equal(stack.mixture.light[1], field.mixture.light)


def test_shaded_gray_is_flagged_everywhere() -> None:
    colors = matplotlib.colormaps["gray"](VALUE)[..., :3]
    picture = stored(LightSource(315, 45).shade_rgb(colors, TERRAIN, blend_mode="soft"))
    field = decode(picture, scale_of("gray"), shading=True, overlays="keep")
    assert ((field.flags & Flag.AMBIGUOUS) > 0).mean() > 0.99
    assert np.nanmedian(field.sigma) > 0.1


@pytest.mark.parametrize("name", ["viridis", "jet", "RdBu_r", "hot"])
@pytest.mark.parametrize("opacity", [0.3, 0.6, 0.9])
def test_layer_over_an_unknown_gray_base(name: str, opacity: float) -> None:
    base = field_of(5, 2)
    colors = matplotlib.colormaps[name](VALUE)[..., :3]
    field = decode(
        stored(opacity * colors + (1 - opacity) * base[..., None]), scale_of(name), opacity="auto"
    )
    assert field.mixture is not None
    assert abs(field.mixture.opacity - opacity) <= 0.02
    assert np.nanmean(abs(field.values - VALUE)) <= 0.01
    assert np.nanmean(abs(field.mixture.light - base)) <= 0.03 / (1 - opacity)


@pytest.mark.parametrize("name", ["viridis", "jet", "RdBu_r", "hot", "magma"])
@pytest.mark.parametrize("opacity", [0.3, 0.6, 0.9])
def test_over_an_unknown_photograph_values_are_right_or_flagged(name: str, opacity: float) -> None:
    photo = np.stack([field_of(seed, 6) for seed in (7, 8, 9)], axis=-1)
    colors = matplotlib.colormaps[name](VALUE)[..., :3]
    picture = stored(opacity * colors + (1 - opacity) * photo)
    field = decode(picture, scale_of(name), opacity="auto")
    seen = np.isfinite(field.values)
    told = seen & ((field.flags & Flag.AMBIGUOUS) == 0)
    assert told.any() == (opacity == 0.9 and name != "RdBu_r")
    assert abs(field.values - VALUE)[told].sum() <= 0.03 * told.sum()
    assert (abs(field.values - VALUE) < 1.645 * field.sigma)[seen].mean() > 0.6


@pytest.mark.parametrize(("photo", "cast"), [("chelsea", (1, -1)), ("rocket", (-1, 1))])
@pytest.mark.parametrize("name", ["viridis", "jet", "RdBu_r", "magma"])
def test_the_cast_of_a_photograph_beneath_is_found(
    name: str, photo: str, cast: tuple[int, int]
) -> None:
    value = np.pad(VALUE, ((0, 80), (0, 50)), mode="reflect")
    beneath = getattr(skimage.data, photo)()[:200, 100:300] / 255
    colors = matplotlib.colormaps[name](value)[..., :3]
    field = decode(stored(0.6 * colors + 0.4 * beneath), scale_of(name), opacity="auto")
    assert field.mixture is not None
    assert abs(field.mixture.opacity - 0.6) <= 0.05
    assert tuple(np.sign(field.mixture.cast)) == cast
    seen = np.isfinite(field.values)
    assert seen.mean() > 0.9
    error = abs(field.values - value)
    assert error[seen].mean() <= 0.02
    assert (error < 1.645 * field.sigma)[seen].mean() > 0.8
    told = decode(stored(0.6 * colors + 0.4 * beneath), scale_of(name), opacity=0.6)
    assert np.nanmean(abs(told.values - value)) <= 0.02


def test_layer_over_a_known_colored_base() -> None:
    base = stored(np.stack([field_of(seed, 2) for seed in (7, 8, 9)], axis=-1))
    colors = matplotlib.colormaps["magma"](VALUE)[..., :3]
    picture = stored(0.4 * colors + 0.6 * base / 255)
    field = decode(picture, scale_of("magma"), base=base)
    assert field.mixture is not None
    assert abs(field.mixture.opacity - 0.4) <= 0.01
    assert np.nanmean(abs(field.values - VALUE)) <= 0.01
    part = decode(picture, scale_of("magma"), (30, 20, 130, 90), base=base, opacity=0.4)
    assert np.nanmean(abs(part.values - VALUE[20:90, 30:130])) <= 0.01


def test_a_gray_scale_over_a_gray_base_is_flagged() -> None:
    colors = matplotlib.colormaps["gray"](VALUE)[..., :3]
    picture = stored(0.5 * colors + 0.5 * field_of(5, 2)[..., None])
    field = decode(picture, scale_of("gray"), opacity=0.5)
    assert (field.flags > 0).mean() > 0.99


def test_a_plain_decode_says_that_the_picture_looks_shaded() -> None:
    colors = matplotlib.colormaps["viridis"](VALUE)[..., :3]
    picture = stored(LightSource(315, 45).shade_rgb(colors, TERRAIN, blend_mode="overlay"))
    (note,) = decode(picture, scale_of("viridis")).notes
    assert "shading=True" in note
    assert decode(stored(colors), scale_of("viridis")).notes == ()


def test_a_plain_decode_says_that_something_shows_through() -> None:
    colors = matplotlib.colormaps["viridis"](VALUE)[..., :3]
    picture = stored(0.4 * colors + 0.6 * field_of(5, 2)[..., None])
    (note,) = decode(picture, scale_of("viridis")).notes
    assert "opacity of 0.4" in note


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"shading": "bright"}, "shading is True, False or one of overlay"),
        ({"opacity": 0}, "opacity is 'auto' or a number"),
        ({"opacity": True}, "opacity is 'auto' or a number"),
        ({"shading": True, "opacity": 0.5}, "both at once"),
        ({"opacity": "auto"}, "Nothing shows through"),
    ],
)
def test_options_that_make_no_sense_get_one_sentence(
    options: dict[str, object], message: str
) -> None:
    picture = stored(matplotlib.colormaps["viridis"](VALUE)[..., :3])
    with pytest.raises(FigureError, match=message):
        image_to_data(picture, scale=scale_of("viridis"), box="all", **options)


def test_a_base_of_another_size_is_refused() -> None:
    picture = np.zeros((20, 30, 3), np.uint8)
    with pytest.raises(ImageError, match="size"):
        decode(picture, scale_of("jet"), base=picture[:10])
