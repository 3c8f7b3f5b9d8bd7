from __future__ import annotations

import io

import matplotlib
import numpy as np
import pytest
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter

from drawing import as_jpeg
from napari_image2data import Axis, ColorScale, ImageToData, decode, image_to_data
from napari_image2data.decode import arguments, arrays
from napari_image2data.decode.cell_borders import find_borders
from napari_image2data.decode.cell_pixels import center_slices, medians
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
    ("shape", "size"), [((30, 40), (800, 600)), ((12, 12), (500, 420)), ((128, 128), (319, 331))]
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


def test_decode_gives_a_field_of_cells_with_their_own_coordinates() -> None:
    cells = cells_of((9, 12), 9)
    figure = np.full((300, 500, 3), 255, np.uint8)
    figure[30:264, 60:420] = drawn(cells, 360, 234)
    x_axis = Axis.through((60, 420), (0.0, 24.0))
    y_axis = Axis.through((264, 30), (1.0, 1000.0), norm="log")
    stages: list[str] = []
    field = decode(
        figure,
        SCALE,
        (60, 30, 420, 264),
        cells=True,
        x_axis=x_axis,
        y_axis=y_axis,
        progress=lambda stage, _: stages.append(stage),
    )
    assert field.shape == field.sigma.shape == field.flags.shape == field.distance.shape == (9, 12)
    assert abs(field.values - cells).max() < 0.01
    np.testing.assert_allclose(field.x, 1 + 2 * np.arange(12), atol=0.05)
    np.testing.assert_allclose(np.log10(field.y), 3 - (np.arange(9) + 0.5) / 3, atol=0.02)
    assert field.box == (60, 30, 420, 264)
    assert field.cells is not None
    np.testing.assert_allclose(field.cells.x_edges, 30 * np.arange(13), atol=0.6)
    assert stages[-2:] == ["find cells", "done"]
    assert find_cells(field) is field.cells
    assert repr(field).startswith("Field(9 x 12 cells")


def test_cells_are_those_that_the_step_finds_and_the_recipe_repeats_them() -> None:
    picture = drawn(cells_of((8, 9), 10), 360, 320)
    grid = find_cells(decode(picture, SCALE), picture)
    run = ImageToData(picture).read(scale=SCALE, box="all").decode(cells=True)
    assert run.field is not None
    np.testing.assert_array_equal(run.field.values, grid.values)
    np.testing.assert_array_equal(run.field.sigma, grid.sigma)
    assert run.cell_grid is run.field.cells
    again = ImageToData.from_recipe(run.recipe, picture)
    assert again.field is not None
    np.testing.assert_array_equal(again.field.values, grid.values)
    assert image_to_data(picture, scale=SCALE, box="all", cells=True).shape == (8, 9)


def test_a_picture_without_cells_is_refused_by_decode_too() -> None:
    field = gaussian_filter(np.random.default_rng(0).normal(size=(200, 260)), 25)
    picture = (SCALE.to_color((field - field.min()) / np.ptp(field)) * 255).astype(np.uint8)
    with pytest.raises(FigureError, match="no cells"):
        decode(picture, SCALE, cells=True)


def test_a_told_shape_is_taken_where_none_could_be_found() -> None:
    even = np.full((6, 10), 0.25)
    told = decode(drawn(even, 200, 90), SCALE, cells=(6, 10))
    assert told.shape == (6, 10)
    assert abs(told.values - 0.25).max() < 0.003
    np.testing.assert_allclose(told.x, 10 + 20 * np.arange(10))
    rough = np.random.default_rng(3).random((30, 40))
    small = decode(drawn(rough, 80, 60), SCALE, cells=(30, 40))  # two pixels a cell
    assert (abs(small.values - rough) < 0.01).mean() > 0.99
    with pytest.raises(FigureError, match="do not fit"):
        decode(drawn(even, 200, 90), SCALE, cells=(6, 201))


def test_only_cells_that_ink_hides_whole_are_filled_and_say_so() -> None:
    cells = cells_of((9, 11), 8)
    picture = drawn(cells, 110, 90)
    picture[40:50, 30:40] = (255, 0, 0)  # a marker over a whole cell
    picture[20:30, 50:53] = (255, 0, 0)  # a stroke over a third of another
    masked = decode(picture, SCALE, cells=(9, 11))
    filled = decode(picture, SCALE, cells=(9, 11), overlays="fill")
    other = np.ones(cells.shape, bool)
    other[4, 3] = False
    np.testing.assert_array_equal(filled.values[other], masked.values[other])
    assert abs(masked.values - cells)[other].max() < 0.01
    assert not (filled.flags & Flag.FILLED)[other].any()
    assert np.isnan(masked.values[4, 3])
    assert masked.flags[4, 3] == Flag.OVERLAY
    assert np.isfinite(filled.values[4, 3])
    assert filled.sigma[4, 3] > 5 * np.median(filled.sigma)
    assert filled.flags[4, 3] == Flag.OVERLAY | Flag.FILLED
    assert filled.cells is not None
    assert filled.cells.share[4, 3] == 0


def test_no_data_cells_stay_without_a_value() -> None:
    cells = cells_of((6, 8), 11)
    picture = np.dstack([drawn(cells, 320, 240), np.full((240, 320), 255, np.uint8)])
    picture[40:80, 80:120, 3] = 0
    field = decode(picture, SCALE, cells=True)
    assert field.shape == (6, 8)
    assert np.argwhere(np.isnan(field.values)).tolist() == [[1, 2]]
    assert field.flags[1, 2] == Flag.NO_DATA


def test_cells_under_light_have_their_light() -> None:
    cells = cells_of((7, 8), 12)
    light = np.linspace(0.6, 1.0, 240)[:, None, None]
    picture = (drawn(cells, 320, 240) * light).astype(np.uint8)
    field = decode(picture, SCALE, cells=(7, 8), shading="multiply")
    assert field.mixture is not None
    assert field.mixture.light is not None
    assert field.mixture.light.shape == (7, 8)
    assert (np.diff(np.nanmedian(field.mixture.light, axis=1)) > 0).all()
    assert np.nanmedian(abs(field.values - cells)) < 0.02


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cells": 3}, "rows and columns"),
        ({"cells": (0, 4)}, "rows and columns"),
        ({"cells": (2.5, 4)}, "rows and columns"),
        ({"cells": True, "dequantize": True}, "cells or dequantize"),
    ],
)
def test_options_that_make_no_sense_with_cells(options: dict, message: str) -> None:
    with pytest.raises(FigureError, match=message):
        decode(drawn(cells_of((6, 8), 11), 320, 240), SCALE, **options)


def test_cells_of_stacks_and_lazy_arrays_are_refused() -> None:
    picture = drawn(cells_of((6, 8), 11), 160, 120)
    with pytest.raises(FigureError, match="one by one"):
        decode(np.stack([picture, picture]), SCALE, cells=True)
    da = pytest.importorskip("dask.array")
    with pytest.raises(FigureError, match="one by one"):
        decode(da.from_array(picture), SCALE, cells=True)


def test_cells_of_a_picture_read_in_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    cells = cells_of((12, 16), 13)
    picture = drawn(cells, 640, 480)
    whole = decode(picture, SCALE, cells=True)
    for module in (arguments, arrays):
        monkeypatch.setattr(module, "WHOLE", 1 << 18)
    monkeypatch.setattr(arrays, "TILE", 1 << 16)
    tiled = decode(picture, SCALE, cells=True)
    assert tiled.shape == whole.shape == (12, 16)
    assert abs(tiled.values - cells).max() < 0.01


def test_medians_are_those_of_each_cell_by_itself() -> None:
    rng = np.random.default_rng(5)
    values, sigma = rng.normal(size=(47, 61)), rng.random((47, 61))
    values[rng.random(values.shape) < 0.3] = np.nan
    values[10:20, 20:33] = np.nan
    x_edges, y_edges = np.linspace(0, 61, 10), np.array([0, 3.2, 9, 20, 33.4, 47])
    middle, spread, share = medians(values, sigma, x_edges, y_edges)
    for i, row in enumerate(center_slices(y_edges)):
        for j, column in enumerate(center_slices(x_edges)):
            cell = values[row, column]
            known = np.isfinite(cell)
            assert share[i, j] == known.mean()
            if not known.any():
                assert np.isnan(middle[i, j])
                assert np.isnan(spread[i, j])
                continue
            clean = cell[known]
            assert middle[i, j] == np.median(clean)
            scatter = 1.4826 * np.median(abs(clean - np.median(clean))) / np.sqrt(len(clean))
            own = np.median(sigma[row, column][known])
            np.testing.assert_allclose(spread[i, j], np.hypot(own, scatter))


def test_a_last_column_of_one_pixel_is_no_cell() -> None:
    cells = np.random.default_rng(1).random((6, 20))
    pixels = np.kron(cells, np.ones((5, 4)))
    pixels = np.concatenate([pixels, np.full((30, 1), 0.5)], axis=1)
    found = find_borders(pixels)
    assert found is not None
    edges, regular = found
    assert regular
    np.testing.assert_allclose(edges, [*range(0, 80, 4), 81], atol=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_borders_of_large_cells_in_a_jpeg_are_placed_well(seed: int) -> None:
    cells = np.random.default_rng(seed).random((11, 19))
    row, column = (
        ((np.arange(372) + 0.5) / 33.8).astype(int),
        ((np.arange(381) + 0.5) / 20.06).astype(int),
    )
    picture = np.rint(SCALE.to_color(cells[np.ix_(row.clip(0, 10), column.clip(0, 18))]) * 255)
    grid = find_cells(decode(as_jpeg(picture.astype(np.uint8), 50), SCALE))
    assert grid.shape == (11, 19)
    assert abs(grid.x_edges[1:-1] - 20.06 * np.arange(1, 19)).max() < 0.75
    assert abs(grid.y_edges[1:-1] - 33.8 * np.arange(1, 11)).max() < 0.75


@pytest.mark.parametrize("name", ["twilight", "twilight_shifted", "hsv"])
def test_cells_of_one_color_are_right_where_the_map_nearly_repeats_it(name: str) -> None:
    cells = cells_of((70, 80), 1)
    colormap = matplotlib.colormaps[name]
    picture = colormap(np.kron(cells, np.ones((4, 4))), bytes=True)[..., :3]
    table = np.rint(colormap(np.arange(colormap.N))[:, :3] * 255) / 255
    scale = ColorScale.from_colors(table, (np.arange(colormap.N) + 0.5) / colormap.N)
    grid = find_cells(decode(picture, scale), picture)
    error = abs(grid.values - cells)
    assert np.minimum(error, 1 - error).max() < 0.01
