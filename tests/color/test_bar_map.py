from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from napari_image2data import ColorScale, decode
from napari_image2data.color.bar_map import match_bar
from napari_image2data.color.catalog import colormap_table


def stretched(name: str, n_lines: int, start: float, end: float) -> tuple[np.ndarray, np.ndarray]:
    """Lines of a bar on which a table of 256 colours reaches from start to end; their places."""
    table = np.rint(colormap_table(name)[0] * 255)
    at = np.arange(n_lines) + 0.5
    return table[((at - start) / (end - start) * 256).astype(int).clip(0, 255)], at


def framed(bar: np.ndarray, *, width: int = 16) -> tuple[np.ndarray, tuple[int, int, int, int]]:
    """A page with an upright bar whose first line is at the bottom, in a frame of one pixel."""
    page = np.full((len(bar) + 40, width + 40, 3), 255, np.uint8)
    page[20:-20, 20:-20] = np.repeat(bar[::-1, None], width, axis=1)
    page[20, 20:-20] = page[-21, 20:-20] = page[20:-20, 20] = page[20:-20, -21] = 0
    return page, (20, 20, width + 20, len(bar) + 20)


@pytest.mark.parametrize("name", ["viridis", "jet_r", "coolwarm", "terrain", "gray", "Spectral"])
@pytest.mark.parametrize(("start", "end"), [(0.0, 300.0), (12.0, 280.0), (-25.0, 300.0)])
def test_a_map_is_recognised_with_where_it_begins_and_ends(name: str, start, end) -> None:
    profile, at = stretched(name, 300, start, end)
    found = match_bar(profile, at, 300.0)
    assert found is not None
    assert found.n_bins == 256
    assert abs(found.start - start) < 0.3
    assert abs(found.end - end) < 0.3
    table = colormap_table(name)[0] * 255
    assert np.abs(found.table - table).max() <= 1.0


@pytest.mark.parametrize("quality", [30, 75])
def test_the_ends_are_found_in_a_jpeg(quality: int) -> None:
    profile, _ = stretched("turbo", 240, 0.0, 240.0)
    page, _ = framed(profile)
    buffer = io.BytesIO()
    Image.fromarray(page).save(buffer, "JPEG", quality=quality)
    lines = np.asarray(Image.open(io.BytesIO(buffer.getvalue())), float)[20:-20, 24:-24]
    seen = np.median(lines[::-1], axis=1)[3:-3]
    found = match_bar(seen, np.arange(3, 237) + 0.5, 240.0, noisy=True)
    assert found is not None
    assert found.name == "google:turbo"
    assert abs(found.start) < 0.005 * 240
    assert abs(found.end - 240) < 0.005 * 240


def test_unknown_colours_are_no_known_map() -> None:
    t = np.linspace(0, 1, 200)
    odd = 255 * np.stack([0.5 + 0.5 * np.cos(9 * t), t**3, 0.5 + 0.4 * np.sin(7 * t)], axis=1)
    assert match_bar(np.rint(odd), np.arange(200) + 0.5, 200.0) is None


def test_cells_of_the_end_values_are_read_beside_a_short_framed_bar() -> None:
    profile, _ = stretched("coolwarm", 120, 0.0, 120.0)
    page, box = framed(profile)
    scale = ColorScale.from_colorbar(page, box, vmin=-1, vmax=1)
    ends = np.rint(colormap_table("coolwarm")[0][[0, -1]] * 255).astype(np.uint8)
    field = decode(np.kron(ends[:, None], np.ones((40, 80, 1), np.uint8)), scale)
    assert field.values[20, 40] == pytest.approx(-1, abs=0.01)
    assert field.values[60, 40] == pytest.approx(1, abs=0.01)


def test_a_bar_in_coarse_steps_that_show_their_lower_edge_gives_the_pictures_values() -> None:
    truth = ColorScale.from_name("turbo", 0, 1, n_colors=4096)
    fine = np.rint(truth.colors * 255).astype(np.uint8)
    steps = fine[np.arange(128) * 32]
    page, box = framed(steps[np.arange(320) * 128 // 320])
    values = np.linspace(0.05, 0.95, 256)
    picture = np.tile(fine[(values * 4095).round().astype(int)], (256, 1, 1))
    canvas = np.full((max(len(page), 256), page.shape[1] + 300, 3), 255, np.uint8)
    canvas[: len(page), : page.shape[1]] = page
    canvas[:256, page.shape[1] + 20 : page.shape[1] + 276] = picture
    scale = ColorScale.from_colorbar(canvas, box, vmin=0, vmax=1)
    field = decode(picture, scale)
    assert abs(float(np.nanmean(field.values - values))) < 0.001
