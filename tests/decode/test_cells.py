from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter

from napari_image2data import ColorScale, decode
from napari_image2data.decode.cells import find_cells
from napari_image2data.decode.field import Flag
from napari_image2data.errors import FigureError

SCALE = ColorScale.from_name("viridis", vmin=0, vmax=1)


def cells_of(shape: tuple[int, int], seed: int = 0) -> np.ndarray:
    cells = gaussian_filter(np.random.default_rng(seed).normal(size=shape), 0.7)
    return (cells - cells.min()) / np.ptp(cells)


def drawn(cells: np.ndarray, width: int, height: int) -> np.ndarray:
    rows = np.minimum((np.arange(height) + 0.5) * cells.shape[0] / height, cells.shape[0] - 1)
    columns = np.minimum((np.arange(width) + 0.5) * cells.shape[1] / width, cells.shape[1] - 1)
    return (SCALE.to_color(cells[np.ix_(rows.astype(int), columns.astype(int))]) * 255).astype(
        np.uint8
    )


@pytest.mark.parametrize(
    ("shape", "size"), [((30, 40), (800, 600)), ((12, 12), (500, 420)), ((25, 33), (640, 480))]
)
def test_grid_and_values_are_exact(shape: tuple[int, int], size: tuple[int, int]) -> None:
    cells = cells_of(shape)
    grid = find_cells(decode(drawn(cells, *size), SCALE))
    assert grid.shape == shape
    assert grid.regular == (True, True)
    assert abs(grid.values - cells).max() < 0.01
    pitch = size[0] / shape[1]
    np.testing.assert_allclose(grid.x, (np.arange(shape[1]) + 0.5) * pitch, atol=0.6)


@pytest.mark.parametrize("factor", [0.7, 0.85])
def test_downscaled_screenshot(factor: float) -> None:
    cells = cells_of((24, 32), 1)
    picture = Image.fromarray(drawn(cells, 800, 600))
    small = picture.resize((int(800 * factor), int(600 * factor)), Image.Resampling.LANCZOS)
    grid = find_cells(decode(np.asarray(small), SCALE))
    assert grid.shape == cells.shape
    assert np.nanmax(abs(grid.values - cells)) < 0.01


def test_text_on_cells_leaves_their_values() -> None:
    cells = cells_of((8, 9), 2)
    picture = Image.fromarray(drawn(cells, 450, 400))
    draw = ImageDraw.Draw(picture)
    for i in range(8):
        for j in range(9):
            draw.text(
                (j * 50 + 14, i * 50 + 18), f"{cells[i, j]:.1f}", fill=(255, 0, 0), font_size=14
            )
    grid = find_cells(decode(np.asarray(picture), SCALE))
    assert grid.shape == cells.shape
    assert abs(grid.values - cells).max() < 0.01
    assert grid.share.min() < 1


def test_a_cell_masked_as_ink_is_read_again() -> None:
    cells = cells_of((9, 11), 8)
    picture = drawn(cells, 440, 360)
    field = decode(picture, SCALE)
    field.values[80:120, 120:160] = field.sigma[80:120, 120:160] = np.nan
    field.flags[80:120, 120:160] = Flag.OVERLAY
    assert np.isnan(find_cells(field).values[2, 3])
    again = find_cells(field, picture)
    assert abs(again.values - cells).max() < 0.01
    picture[80:120:3, 120:160] = 0  # hatched: half of the cell is of another colour
    picture[81:120:3, 120:160] = (255, 0, 0)
    assert np.isnan(find_cells(field, picture).values[2, 3])


def test_the_picture_must_be_the_fields_own() -> None:
    picture = drawn(cells_of((9, 11), 8), 440, 360)
    with pytest.raises(FigureError, match="not the one"):
        find_cells(decode(picture, SCALE), picture[:100])


def test_equal_neighbors_do_not_merge() -> None:
    cells = cells_of((10, 12), 3)
    cells[:, 5] = cells[:, 4]
    grid = find_cells(decode(drawn(cells, 480, 400), SCALE))
    assert grid.shape == (10, 12)


def test_padding_around_the_data_is_no_cell() -> None:
    picture = np.full((300, 360, 3), 255, np.uint8)
    picture[30:270, 30:330] = drawn(cells_of((8, 10), 4), 300, 240)
    grid = find_cells(decode(picture, SCALE))
    assert grid.shape == (8, 10)
    np.testing.assert_allclose(grid.x_edges, 30 + 30 * np.arange(11), atol=0.6)


def test_white_lines_and_text_between_the_borders_do_not_matter() -> None:
    cells = cells_of((7, 8), 5)
    image = drawn(cells, 440, 350)
    for at in range(55, 440, 55):
        image[:, at - 2 : at + 1] = 255
    for at in range(50, 350, 50):
        image[at - 2 : at + 1] = 255
    picture = Image.fromarray(image)
    draw = ImageDraw.Draw(picture)
    for i in range(7):
        for j in range(8):
            ink = (255, 255, 255) if cells[i, j] < 0.6 else (40, 40, 40)
            draw.text((j * 55 + 14, i * 50 + 18), f"{cells[i, j]:.2f}", fill=ink, font_size=13)
    grid = find_cells(decode(np.asarray(picture), SCALE))
    assert grid.shape == cells.shape
    assert abs(grid.values - cells).max() < 0.01


@pytest.mark.parametrize(("shape", "quality"), [((22, 14), 75), ((40, 50), 75), ((12, 30), 95)])
def test_jpeg_of_cells(shape: tuple[int, int], quality: int) -> None:
    cells = gaussian_filter(np.random.default_rng(6).normal(size=shape), 1.5)
    cells = (cells - cells.min()) / np.ptp(cells)
    stored = io.BytesIO()
    Image.fromarray(drawn(cells, 470, 390)).save(stored, "JPEG", quality=quality)
    grid = find_cells(decode(np.asarray(Image.open(stored)), SCALE))
    assert grid.shape == shape
    assert (abs(grid.values - cells) < 0.01).mean() > 0.98


def test_grid_lines_over_a_smooth_field_make_no_cells() -> None:
    field = gaussian_filter(np.random.default_rng(2).normal(size=(240, 300)), 20)
    image = (SCALE.to_color((field - field.min()) / np.ptp(field)) * 255).astype(np.uint8)
    image[::40] = image[:, ::50] = 0
    with pytest.raises(FigureError, match=r"no (rectangular )?cells"):
        find_cells(decode(image, SCALE))


def test_staggered_cells_are_refused() -> None:
    cells = cells_of((12, 14), 7)
    field = np.kron(cells, np.ones((24, 24)))
    for row in range(0, 12, 2):
        field[row * 24 : row * 24 + 24] = np.roll(field[row * 24 : row * 24 + 24], 12, axis=1)
    wavy = np.stack([np.roll(c, 8 * (i // 8 % 3)) for i, c in enumerate(field.T)], axis=1)
    with pytest.raises(FigureError, match=r"no (rectangular )?cells"):
        find_cells(decode((SCALE.to_color(wavy) * 255).astype(np.uint8), SCALE))


def test_a_smooth_field_has_no_cells() -> None:
    field = gaussian_filter(np.random.default_rng(0).normal(size=(200, 260)), 25)
    field = (field - field.min()) / np.ptp(field)
    with pytest.raises(FigureError, match="no cells"):
        find_cells(decode((SCALE.to_color(field) * 255).astype(np.uint8), SCALE))


def test_one_value_everywhere_shows_no_borders() -> None:
    picture = np.tile((SCALE.colors[100] * 255).astype(np.uint8), (40, 50, 1))
    with pytest.raises(FigureError, match="one value"):
        find_cells(decode(picture, SCALE))
