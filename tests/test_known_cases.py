"""Cases that tools of this kind test themselves with, or fail; more stand beside what they test."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from napari_image2data import ColorScale, Flag, decode, identify_colormap
from napari_image2data.figure.layout import find_layout
from napari_image2data.figure.ticks import find_ticks

WHITE = np.array([255.0, 255, 255])


def bar_of(colors: np.ndarray, thickness: int = 16) -> np.ndarray:
    """A bar without a frame whose colours run upward, one line a colour."""
    levels = np.rint(np.asarray(colors) * 255).astype(np.uint8)
    return np.repeat(levels[::-1, None], thickness, axis=1)


def test_cells_read_with_ticks_that_stop_short_of_the_ends() -> None:
    truth = np.random.default_rng(1).uniform(0, 10, (4, 8))
    table = ColorScale.from_name("viridis", 0, 10)
    cells = np.kron(np.rint(table.to_color(truth) * 255), np.ones((20, 20, 1))).astype(np.uint8)
    bar = bar_of(table.colors)
    ticks = [(256 * 0.8, 2), (256 * 0.2, 8)]
    scale = ColorScale.from_colorbar(bar, (0, 0, 16, 256), ticks=ticks)
    field = decode(cells, scale)
    assert np.abs(field.values[10::20, 10::20] - truth).max() < 0.08
    assert not field.flags.any()


def test_cells_of_a_crooked_grid_on_a_log_bar() -> None:
    truth = 10 ** np.random.default_rng(2).uniform(0, 3, (10, 5))
    table = ColorScale.from_name("viridis", 1, 1000, norm="log")
    corners = np.array([(22.0, 18), (125, 26), (118, 232), (14, 224)])

    def place(u: np.ndarray, v: np.ndarray) -> np.ndarray:
        weights = np.stack([(1 - u) * (1 - v), u * (1 - v), u * v, (1 - u) * v], axis=-1)
        return weights @ corners

    fine_u, fine_v = np.meshgrid((np.arange(1500) + 0.5) / 1500, (np.arange(3000) + 0.5) / 3000)
    x, y = place(fine_u, fine_v).astype(int).transpose(2, 0, 1)
    picture = np.full((250, 140, 3), 255, np.uint8)
    cell = truth[(fine_v * 10).astype(int), (fine_u * 5).astype(int)]
    picture[y, x] = np.rint(table.to_color(cell) * 255)
    ticks = [(256.0, 1), (256 * 2 / 3, 10), (256 / 3, 100), (0.0, 1000)]
    scale = ColorScale.from_colorbar(bar_of(table.colors), (0, 0, 16, 256), ticks=ticks, norm="log")
    values = decode(picture, scale, overlays="keep").values
    u, v = np.meshgrid((np.arange(5) + 0.5) / 5, (np.arange(10) + 0.5) / 10)
    x, y = place(u, v).astype(int).transpose(2, 0, 1)
    assert np.abs(np.log10(values[y, x]) - np.log10(truth)).max() < 0.03


@pytest.mark.parametrize(
    "name", ["viridis", "magma", "cividis", "RdBu", "twilight", "turbo", "jet_r"]
)
def test_a_noisy_bar_of_180_lines_names_its_map_and_runs_as_it_does(name: str) -> None:
    noise = np.random.default_rng(3).uniform(-6, 6, (180, 16, 3)) / 255
    table = ColorScale.from_name(name, 0, 1)
    colors = table.to_color(np.linspace(0.002, 0.998, 180))
    bar = np.rint((colors[::-1, None] + noise).clip(0, 1) * 255).astype(np.uint8)
    match = identify_colormap(bar)[0]
    names = [found.lower() for found in (match.name, *match.aliases)]
    assert str(table.name).removesuffix("_r").lower() in names
    read = ColorScale.from_colorbar(bar, (0, 0, 16, 180), vmin=0, vmax=1)
    at = np.linspace(0.02, 0.98, 100)
    assert np.abs(read.to_color(at) - table.to_color(at)).mean() < 3 / 255


def test_strange_lines_beyond_a_bar_do_not_hide_its_map() -> None:
    plasma = ColorScale.from_name("plasma", 0, 1).colors
    lines = np.concatenate([np.ones((10, 3)), plasma, np.zeros((6, 3))])
    assert identify_colormap(bar_of(lines))[0].name == "bids:plasma"


def test_a_ramp_from_red_to_green_is_a_part_of_maps_but_the_whole_of_none() -> None:
    matches = identify_colormap(bar_of(np.linspace((1, 0, 0), (0, 1, 0), 256)))
    whole = [match for match in matches if match.used[1] - match.used[0] > 0.9]
    assert all(match.score < 0.9 for match in whole)
    assert matches[0].name == "matplotlib:brg"  # whose upper half it is
    assert matches[0].used[0] == pytest.approx(0.5, abs=0.02)


def test_an_outlined_bar_and_its_ticks_are_found_to_the_pixel() -> None:
    picture = np.full((270, 330, 3), 255, np.uint8)
    table = np.rint(ColorScale.from_name("viridis", 0, 1).colors * 255).astype(np.uint8)
    rows = (np.arange(198)[::-1] + 0.5) / 198
    picture[30:230, 20:40] = 0  # the outline, one pixel wide
    picture[31:229, 21:39] = table[(rows * 256).astype(int)][:, None]
    for tick in (30, 80, 130, 180, 229):
        picture[tick, 40:45] = 0
    field = ndimage.gaussian_filter(np.random.default_rng(4).normal(size=(200, 220)), 15)
    field = (field - field.min()) / np.ptp(field)
    picture[30:230, 80:300] = table[(field * 255).astype(int)]
    bar = find_layout(picture).bars[0]
    x0, y0, x1, y1 = bar.outline.box
    assert (x0 + x1) / 2 == pytest.approx(30, abs=1)
    assert y0 == pytest.approx(30.5, abs=1)
    assert y1 == pytest.approx(229.5, abs=1)
    ticks = find_ticks(picture, bar.outline, "right", WHITE).positions
    assert min(abs(tick - 130.5) for tick in ticks) <= 0.6


def test_a_jet_field_with_a_white_corner_between_100_and_200() -> None:
    noise = np.random.default_rng(5).normal(size=(64, 64))
    truth = ndimage.gaussian_filter(noise, 6)
    truth = 100 + 100 * (truth - truth.min()) / np.ptp(truth)
    table = ColorScale.from_name("jet", 100, 200)
    bins = ((truth - 100) * 2.56).astype(int).clip(0, 255)
    picture = np.rint(table.colors[bins] * 255).astype(np.uint8)
    picture[:3, :3] = 255
    page = np.full((256, 80, 3), 255, np.uint8)
    page[:64, :64] = picture
    page[:, 70:75] = bar_of(table.colors, 5)
    scale = ColorScale.from_colorbar(page, (70, 0, 75, 256), vmin=100, vmax=200)
    for known in (table, scale):
        field = decode(page, known, box=(0, 0, 64, 64))
        assert np.isnan(field.values[:3, :3]).all()
        assert (field.flags[:3, :3] & (Flag.OFF_SCALE | Flag.OVERLAY | Flag.NO_DATA)).all()
        error = np.abs(field.values - truth) / 100
        assert np.isfinite(error).sum() == 64 * 64 - 9
        assert np.nanmean(error) <= 0.00118
        assert np.nanmax(field.values) <= 200
