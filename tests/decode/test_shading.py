from __future__ import annotations

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import LightSource
from scipy.ndimage import gaussian_filter

from napari_image2data import ColorScale, Flag
from napari_image2data.decode.blend import blend
from napari_image2data.decode.shading import remove_base, remove_shading
from napari_image2data.errors import ImageError

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
    found = remove_shading(picture, scale_of(name))
    assert found.mode == mode
    error = abs(found.field.values - VALUE)
    assert np.isfinite(found.field.values).mean() > 0.98
    # pure blue and pure red of jet are one line of colours whatever light falls on them
    assert np.nanmean(error) <= (0.03 if name == "jet" else 0.02)
    firm = (found.field.flags & Flag.AMBIGUOUS) == 0
    assert np.nanmean(error[firm]) <= 0.02


def test_the_light_is_recovered_too() -> None:
    light = LightSource(315, 45).hillshade(TERRAIN)
    picture = stored(blend("soft", matplotlib.colormaps["viridis"](VALUE)[..., :3], light))
    assert abs(remove_shading(picture, scale_of("viridis")).second - light).mean() < 0.01


def test_shaded_gray_is_flagged_everywhere() -> None:
    colors = matplotlib.colormaps["gray"](VALUE)[..., :3]
    picture = stored(LightSource(315, 45).shade_rgb(colors, TERRAIN, blend_mode="soft"))
    found = remove_shading(picture, scale_of("gray"))
    assert ((found.field.flags & Flag.AMBIGUOUS) > 0).mean() > 0.99
    assert np.median(found.field.sigma) > 0.1


@pytest.mark.parametrize("name", ["viridis", "jet", "RdBu_r", "hot"])
@pytest.mark.parametrize("opacity", [0.3, 0.6, 0.9])
def test_layer_over_an_unknown_gray_base(name: str, opacity: float) -> None:
    base = field_of(5, 2)
    colors = matplotlib.colormaps[name](VALUE)[..., :3]
    found = remove_base(stored(opacity * colors + (1 - opacity) * base[..., None]), scale_of(name))
    assert abs(found.opacity - opacity) <= 0.02
    assert np.nanmean(abs(found.field.values - VALUE)) <= 0.01
    assert np.nanmean(abs(found.second - base)) <= 0.03 / (1 - opacity)


def test_layer_over_a_known_colored_base() -> None:
    base = stored(np.stack([field_of(seed, 2) for seed in (7, 8, 9)], axis=-1))
    colors = matplotlib.colormaps["magma"](VALUE)[..., :3]
    picture = stored(0.4 * colors + 0.6 * base / 255)
    found = remove_base(picture, scale_of("magma"), base=base)
    assert abs(found.opacity - 0.4) <= 0.01
    assert np.nanmean(abs(found.field.values - VALUE)) <= 0.01


def test_a_gray_scale_over_a_gray_base_is_flagged() -> None:
    colors = matplotlib.colormaps["gray"](VALUE)[..., :3]
    found = remove_base(stored(0.5 * colors + 0.5 * field_of(5, 2)[..., None]), scale_of("gray"))
    assert ((found.field.flags & (Flag.AMBIGUOUS | Flag.OFF_SCALE)) > 0).mean() > 0.99


def test_a_base_of_another_size_is_refused() -> None:
    picture = np.zeros((20, 30, 3), np.uint8)
    with pytest.raises(ImageError, match="size"):
        remove_base(picture, scale_of("jet"), base=picture[:10])
