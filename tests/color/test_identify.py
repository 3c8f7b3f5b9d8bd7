from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter

from napari_image2data import ColorScale, identify_colormap
from napari_image2data.color.picture_colors import picture_colors
from napari_image2data.color.tool_maps import tool_map, tool_map_names
from napari_image2data.errors import ImageError


def smooth_field(seed: int = 0, shape: tuple[int, int] = (240, 320)) -> np.ndarray:
    field = gaussian_filter(np.random.default_rng(seed).normal(size=shape), 25)
    return (field - field.min()) / np.ptp(field)


def painted(name: str, field: np.ndarray) -> np.ndarray:
    colors = ColorScale.from_name(name, vmin=0, vmax=1).colors
    return (colors[np.minimum((field * 256).astype(int), 255)] * 255).astype(np.uint8)


def as_jpeg(image: np.ndarray, quality: int) -> np.ndarray:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer))


@pytest.mark.parametrize(
    "name",
    [
        *("bids:viridis", "bids:magma", "matlab:jet", "google:turbo", "matlab:hsv"),
        *("colorbrewer:RdBu", "colorbrewer:Blues", "cividis:cividis", "crameri:batlow"),
        *("octave:jet", "ggplot2:viridis", "cmocean:thermal", "colorcet:CET_L20"),
    ],
)
def test_names_the_map_of_a_lossless_picture(name: str) -> None:
    matches = identify_colormap(painted(name, smooth_field()))
    assert matches[0].name == name
    assert matches[0].score > 0.9
    assert not matches[0].direction_known


@pytest.mark.parametrize("name", ["bids:plasma", "matlab:jet", "colorbrewer:Spectral"])
@pytest.mark.parametrize("quality", [30, 75])
def test_names_the_map_of_a_jpeg_with_text_and_a_partly_used_map(name: str, quality: int) -> None:
    picture = Image.fromarray(painted(name, 0.15 + 0.6 * smooth_field(1)))
    draw = ImageDraw.Draw(picture)
    for row in range(20, 220, 50):
        draw.text((30, row), "station 12.5", fill=(0, 0, 0), font_size=18)
    matches = identify_colormap(as_jpeg(np.asarray(picture), quality))
    assert matches[0].name == name
    low, high = matches[0].used
    assert abs(low - 0.15) < 0.1
    assert abs(high - 0.75) < 0.1


def test_a_map_and_its_reverse_are_one_match() -> None:
    forward, backward = (identify_colormap(painted(n, smooth_field()))[0] for n in ("jet", "jet_r"))
    assert forward.name == backward.name == "matlab:jet"
    gray = identify_colormap(painted("binary", smooth_field()))[0]
    assert {"matplotlib:binary", "matlab:gray", "yorick:yarg"} <= {gray.name, *gray.aliases}


def test_loose_noisy_pixels_with_a_quarter_of_white() -> None:
    rng = np.random.default_rng(3)
    table = ColorScale.from_name("inferno", vmin=0, vmax=1).colors * 255
    pixels = table[rng.integers(30, 231, 6000)] + rng.uniform(-6, 6, (6000, 3))
    pixels[rng.random(6000) < 0.25] = 255
    match = identify_colormap(pixels.clip(0, 255).round().astype(np.uint8).reshape(60, 100, 3))[0]
    assert match.name == "bids:inferno"
    assert match.used[1] - match.used[0] > 0.5


def test_colors_of_no_map_get_a_low_score() -> None:
    ramp = np.linspace(0, 1, 200)[:, None]
    corners = np.array([[200, 40, 30], [90, 200, 200], [20, 90, 10], [240, 120, 220]])
    path = np.stack(
        [np.interp(ramp[:, 0], np.linspace(0, 1, 4), corners[:, i]) for i in range(3)], 1
    )
    picture = path[(smooth_field() * 199).astype(int)].round().astype(np.uint8)
    assert identify_colormap(picture)[0].score < 0.5


def test_a_land_mask_weighs_no_more_than_a_color_of_the_data() -> None:
    picture = painted("viridis", smooth_field())
    picture[:, :150] = 200
    found = picture_colors(picture)
    gray = (found.colors == 200).all(axis=1)
    assert found.weights[gray].sum() < 0.02
    assert identify_colormap(picture)[0].name == "bids:viridis"


@pytest.mark.parametrize(
    "bad", [np.zeros((0, 3, 3), np.uint8), np.zeros(5), np.zeros((4, 4, 3), np.int64)]
)
def test_what_is_no_picture_is_refused(bad: np.ndarray) -> None:
    with pytest.raises(ImageError, match="picture"):
        identify_colormap(bad)


@pytest.mark.parametrize("shape", [(1, 1, 3), (40, 50, 3)])
def test_one_color_names_no_map(shape: tuple[int, ...]) -> None:
    with pytest.raises(ImageError, match="one colour"):
        identify_colormap(np.full(shape, 90, np.uint8))


def test_clear_pixels_show_no_color() -> None:
    picture = np.zeros((20, 20, 4), np.uint8)
    with pytest.raises(ImageError, match="opaque"):
        identify_colormap(picture)


def test_tool_maps_are_in_the_catalog_and_reverse() -> None:
    for name in tool_map_names():
        scale = ColorScale.from_name(name, vmin=0, vmax=1)
        flipped = ColorScale.from_name(name + "_r", vmin=0, vmax=1)
        np.testing.assert_allclose(scale.colors, flipped.colors[::-1], atol=1e-6)
    assert tool_map("bids:viridis") is None


def test_octave_jet_has_the_published_corner_colors() -> None:
    jet = tool_map("octave:jet")
    assert jet is not None
    corners = jet(np.array([0, 1 / 8, 3 / 8, 5 / 8, 7 / 8, 1]))[:, :3]
    expected = [[0, 0, 0.5], [0, 0, 1], [0, 1, 1], [1, 1, 0], [1, 0, 0], [0.5, 0, 0]]
    np.testing.assert_allclose(corners, expected, atol=0.02)
