from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from drawing import as_jpeg
from napari_image2data import ColorScale
from napari_image2data.color.colorbar import read_colorbar
from napari_image2data.errors import ScaleError

DIRECTIONS = ("up", "down", "left", "right")


def drawn_bar(
    direction: str,
    colors: np.ndarray,
    *,
    length: int = 260,
    thickness: int = 18,
    frame: bool = True,
) -> tuple[np.ndarray, tuple[int, int, int, int]]:
    """A bar with frame and inward ticks on a white page; colours run along the direction."""
    table = np.round(colors * 255).astype(np.uint8)
    at = ((np.arange(length) + 0.5) / length * len(table)).astype(int)
    body = np.repeat(table[at][:, None], thickness, axis=1)
    if frame:
        body[[0, -1]] = body[:, [0, -1]] = 0
        body[::40, :4] = 0
    page = np.full((length + 60, thickness + 60, 3), 255, np.uint8)
    page[30:-30, 30:-30] = body
    if direction == "up":
        page = page[::-1]
    elif direction == "right":
        page = page.transpose(1, 0, 2)
    elif direction == "left":
        page = page.transpose(1, 0, 2)[:, ::-1]
    height, width = page.shape[:2]
    return np.ascontiguousarray(page), (30, 30, width - 30, height - 30)


def worst(scale: ColorScale, truth: ColorScale) -> float:
    """Largest error in position of the truth's inner colours as the scale reads them."""
    from napari_image2data import lookup

    inner = slice(8, -8)
    colors = np.round(truth.colors[inner] * 255).astype(np.uint8)
    return float(np.nanmax(np.abs(lookup(colors[None], scale).values[0] - truth.values[inner])))


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("name", ["viridis", "turbo_r", "coolwarm"])
def test_a_bar_reads_as_its_map_in_every_direction(direction, name: str) -> None:
    truth = ColorScale.from_name(name, 0, 1)
    image, box = drawn_bar(direction, truth.colors)
    scale = ColorScale.from_colorbar(image, box, vmin=0, vmax=1, direction=direction)
    assert not scale.discrete
    assert worst(scale, truth) < 1.5 / 256


@pytest.mark.parametrize("quality", [95, 75])
def test_a_jpeg_of_a_bar_reads_as_its_map(quality: int) -> None:
    truth = ColorScale.from_name("viridis", 0, 1)
    image, box = drawn_bar("up", truth.colors)
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=quality)
    scale = ColorScale.from_colorbar(np.asarray(Image.open(file)), box, vmin=0, vmax=1)
    assert worst(scale, truth) < 0.025


def test_a_resampled_screenshot_of_a_bar_reads_as_its_map() -> None:
    truth = ColorScale.from_name("plasma", 0, 1)
    image, box = drawn_bar("up", truth.colors, length=300)
    small = Image.fromarray(image).resize((55, 252), Image.Resampling.LANCZOS)
    factor = (55 / image.shape[1], 252 / image.shape[0])
    scaled = (box[0] * factor[0], box[1] * factor[1], box[2] * factor[0], box[3] * factor[1])
    scale = ColorScale.from_colorbar(np.asarray(small), scaled, vmin=0, vmax=1)
    assert worst(scale, truth) < 0.012


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_a_stepped_bar_is_discrete_and_a_smooth_one_is_not(direction) -> None:
    steps = ColorScale.from_name("turbo", 0, 1, n_colors=5).colors
    image, box = drawn_bar(direction, steps)
    bar = read_colorbar(image, box, direction)
    assert bar.discrete
    np.testing.assert_allclose(bar.positions, [0.1, 0.3, 0.5, 0.7, 0.9], atol=0.004)
    np.testing.assert_allclose(bar.colors, steps, atol=1 / 255)
    image, box = drawn_bar(direction, ColorScale.from_name("turbo", 0, 1).colors)
    smooth = read_colorbar(image, box, direction)
    assert not smooth.discrete
    assert len(smooth.colors) > 200


@pytest.mark.parametrize("n_steps", [24, 60])
def test_the_jitter_of_a_palette_leaves_steps_whole(n_steps: int) -> None:
    # a ramp in no catalogue, each of its steps drawn in two colours one level apart
    at = (np.arange(n_steps) + 0.5) / n_steps
    steps = 30 + 200 * np.stack([at, 0.9 - 0.8 * at, np.abs(2 * at - 1)], axis=1)
    length = 8 * n_steps
    lines = np.repeat(steps.round(), 8, axis=0)
    lines += np.random.default_rng(6).integers(0, 2, (length, 1))
    image = np.repeat(lines[:, None], 16, axis=1).astype(np.uint8)
    bar = read_colorbar(image, (0, 0, 16, length), "down")
    assert bar.discrete == (n_steps <= 40)
    np.testing.assert_allclose(bar.positions, at, atol=1e-9)
    np.testing.assert_allclose(bar.colors * 255, steps, atol=1.5)


def test_a_ramp_in_the_colors_of_a_palette_is_no_stepped_bar() -> None:
    scale = ColorScale.from_name("viridis", 0, 1)
    ramp = np.repeat((scale.colors * 255).round().astype(np.uint8), 2, axis=0)
    page = Image.fromarray(np.tile(ramp[:, None], (1, 200, 1)))
    palette = np.asarray(page.quantize(60, dither=Image.Dither.NONE).convert("RGB"))
    read = ColorScale.from_colorbar(palette, (0, 0, 200, 512), vmin=0, vmax=1, direction="down")
    assert not read.discrete
    at = np.linspace(0.02, 0.98, 97)
    np.testing.assert_allclose(read.to_color(at), scale.to_color(at), atol=9 / 255)


def test_a_stepped_bar_in_a_jpeg_keeps_its_classes() -> None:
    steps = ColorScale.from_name("turbo", 0, 1, n_colors=8).colors
    image, box = drawn_bar("up", steps)
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=85)
    bar = read_colorbar(np.asarray(Image.open(file)), box, "up")
    assert bar.discrete
    assert len(bar.colors) == 8


def with_triangles() -> tuple[np.ndarray, tuple[int, int, int, int]]:
    image, box = drawn_bar("down", ColorScale.from_name("viridis", 0, 1).colors, frame=False)
    for k in range(20):
        half = 9 - k * 9 // 20
        image[29 - k, 39 - half : 39 + half] = (255, 0, 255)
        image[image.shape[0] - 30 + k, 39 - half : 39 + half] = (255, 128, 0)
    return image, box


def test_extend_triangles_beyond_the_box_become_under_and_over() -> None:
    image, box = with_triangles()
    scale = ColorScale.from_colorbar(image, box, vmin=0, vmax=1, direction="down")
    assert scale.under is not None
    assert scale.over is not None
    np.testing.assert_allclose(scale.under * 255, (255, 0, 255), atol=1)
    np.testing.assert_allclose(scale.over * 255, (255, 128, 0), atol=1)


def test_a_box_that_includes_the_triangles_is_cut_to_the_body() -> None:
    image, (x0, y0, x1, y1) = with_triangles()
    truth = ColorScale.from_name("viridis", 0, 1)
    box = (x0, y0 - 20, x1, y1 + 20)
    scale = ColorScale.from_colorbar(image, box, vmin=0, vmax=1, direction="down")
    assert worst(scale, truth) < 0.02


def test_a_bar_without_triangles_has_no_extreme_colors() -> None:
    image, box = drawn_bar("up", ColorScale.from_name("viridis", 0, 1).colors)
    bar = read_colorbar(image, box, "up")
    assert bar.under is None
    assert bar.over is None


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_ticks_in_place_of_ends(direction) -> None:
    truth = ColorScale.from_name("viridis", -3, 7)
    image, box = drawn_bar(direction, truth.colors)
    start, end = {
        "up": (box[3], box[1]),
        "down": (box[1], box[3]),
        "left": (box[2], box[0]),
        "right": (box[0], box[2]),
    }[direction]
    ticks = [(start + (end - start) * (v + 3) / 10, v) for v in (-2, 0, 2, 4, 6)]
    scale = ColorScale.from_colorbar(image, box, ticks=ticks, direction=direction)
    assert scale.vmin == pytest.approx(-3)
    assert scale.vmax == pytest.approx(7)
    assert worst(scale, truth) < 10 * 1.5 / 256


def test_uneven_ticks_make_a_piecewise_scale() -> None:
    image, box = drawn_bar("up", ColorScale.from_name("viridis", 0, 1).colors)
    low, high = box[3], box[1]
    middle = (low + high) / 2
    scale = ColorScale.from_colorbar(image, box, ticks=[(low, -1), (middle, 0), (high, 10)])
    np.testing.assert_allclose(scale.to_value([0.25, 0.5, 0.75]), [-0.5, 0, 5], atol=1e-9)


@pytest.mark.parametrize(
    ("box", "options", "sentence"),
    [
        ((0, 0, 500, 50), {"vmin": 0, "vmax": 1}, "inside"),
        ((-9, 0, 5, 50), {"vmin": 0, "vmax": 1}, "inside"),
        ((9, 40, 5, 50), {"vmin": 0, "vmax": 1}, "inside"),
        ((2, 2, 20, 20), {"vmin": 0, "vmax": 1}, "one colour"),
        ((2, np.nan, 20, 20), {"vmin": 0, "vmax": 1}, "four numbers"),
        ((30, 30, 48, 290), {"vmin": 0}, "vmin and vmax"),
        ((30, 30, 48, 290), {"vmin": 0, "vmax": 0}, "different"),
        ((30, 30, 48, 290), {"vmin": 0, "vmax": 1, "norm": "log"}, "above zero"),
        ((30, 30, 48, 290), {"vmin": 0, "vmax": 1, "direction": "north"}, "direction"),
        ((30, 30, 48, 290), {"vmin": 0, "vmax": 1, "ticks": [(30, 0), (90, 1)]}, "not both"),
    ],
)
def test_a_bar_that_makes_no_scale_is_refused(box, options, sentence: str) -> None:
    image, _ = drawn_bar("up", ColorScale.from_name("viridis", 0, 1).colors)
    with pytest.raises(ScaleError, match=sentence):
        ColorScale.from_colorbar(image, box, **options)


def unknown_map(count: int) -> np.ndarray:
    t = np.linspace(0, 1, count)
    return np.stack([0.05 + 0.9 * t, 0.5 + 0.4 * np.sin(7 * t), 0.9 - 0.8 * t**2], axis=1)


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("count", [256, 250, 200])
def test_bins_hardly_a_line_high_are_counted(direction: str, count: int) -> None:
    image, box = drawn_bar(direction, unknown_map(count), length=324)
    bar = read_colorbar(image, box, direction)
    assert len(bar.colors) == count
    assert np.abs(bar.positions - (np.arange(count) + 0.5) / count).max() < 1e-9
    inner = slice(2, -2)  # the frame hides the outermost lines
    drawn = np.round(unknown_map(count) * 255)
    assert np.abs(bar.colors * 255 - drawn)[inner].max() < 1e-9
    assert np.abs(bar.colors * 255 - drawn).max() <= 2


def test_a_ramp_finer_than_its_lines_has_no_bins() -> None:
    image, box = drawn_bar("up", unknown_map(3000), length=324)
    bar = read_colorbar(image, box, "up")
    assert len(bar.colors) > 310


def bar_of(name: str, length: int, steps: int) -> np.ndarray:
    """A bar 20 pixels wide amid a white page, in some steps, or a ramp where they are 0."""
    place = (np.arange(length) + 0.5) / length
    if steps:
        place = (np.floor(place * steps) + 0.5) / steps
    colors = ColorScale.from_name(name, vmin=0, vmax=1).to_color(place)
    page = np.full((length + 40, 60, 3), 255, np.uint8)
    page[20:-20, 20:40] = np.rint(colors * 255).astype(np.uint8)[:, None]
    return page


@pytest.mark.parametrize("name", ["viridis", "nipy_spectral", "CMRmap", "Blues", "jet"])
@pytest.mark.parametrize(("length", "steps"), [(300, 24), (443, 24), (270, 12)])
def test_equal_steps_of_a_bar_are_counted_in_a_jpeg(name, length, steps):
    page = as_jpeg(bar_of(name, length, steps), 60)
    bar = read_colorbar(page, (20, 20, 40, 20 + length), "down")
    assert bar.discrete
    assert len(bar.colors) == steps
    np.testing.assert_allclose(bar.positions, (np.arange(steps) + 0.5) / steps, atol=0.01)
    exact = bar_of(name, length, steps)[20 + (bar.positions * length).astype(int), 30] / 255
    assert np.abs(bar.colors - exact).mean() < 0.02


@pytest.mark.parametrize("name", ["viridis", "nipy_spectral", "gray", "jet", "coolwarm", "hsv"])
@pytest.mark.parametrize("quality", [30, 75])
def test_a_ramp_in_a_jpeg_has_no_steps(name, quality):
    page = as_jpeg(bar_of(name, 330, 0), quality)
    assert not read_colorbar(page, (20, 20, 40, 350), "down").discrete
