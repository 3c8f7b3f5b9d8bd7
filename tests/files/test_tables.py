"""What is written comes back, and a failed write leaves nothing behind."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import napari_image2data as i2d
from napari_image2data.errors import FileError
from napari_image2data.files.recipe import Recipe, fingerprint
from napari_image2data.files.tables import (
    atomic,
    field_table,
    load_field,
    save_field,
    save_points,
)


@pytest.fixture
def field() -> i2d.Field:
    """Twelve pixels of a log scale, one of them off the scale, on real axes."""
    scale = i2d.ColorScale.from_name("viridis", vmin=1.0, vmax=1000.0, norm="log")
    levels = np.round(scale.colors[:: 256 // 12][:12] * 255).astype(np.uint8).reshape(3, 4, 3)
    levels[1, 2] = (255, 0, 0)
    read = i2d.lookup(levels, scale, max_distance=20)
    return i2d.Field(
        read.values,
        read.distance,
        read.sigma,
        read.flags,
        np.array([10.0, 10.5, 11.0, 11.5]),
        np.array([3.0, 2.0, 1.0]),
        scale,
        (0, 0, 4, 3),
    )


def test_npz_comes_back_whole(tmp_path: Path, field: i2d.Field) -> None:
    again = load_field(save_field(field, tmp_path / "field.npz"))
    for name in ("values", "distance", "sigma", "flags", "x", "y"):
        np.testing.assert_array_equal(getattr(again, name), getattr(field, name))
    assert again.box == field.box
    assert again.scale is not None
    assert again.scale.norm == "log"
    np.testing.assert_array_equal(again.scale.colors, field.scale.colors)
    np.testing.assert_array_equal(again.scale.values, field.scale.values)


def test_csv_holds_the_readable_pixels_only(tmp_path: Path, field: i2d.Field) -> None:
    table = pd.read_csv(save_field(field, tmp_path / "field.csv"))
    assert list(table.columns) == ["x", "y", "value", "sigma", "flags"]
    assert len(table) == 11
    assert not ((table.x == 11.0) & (table.y == 2.0)).any()
    np.testing.assert_allclose(table.value, field_table(field).value, rtol=1e-6)


def test_xyz_has_three_columns_without_header(tmp_path: Path, field: i2d.Field) -> None:
    rows = np.loadtxt(save_field(field, tmp_path / "field.xyz"))
    assert rows.shape == (11, 3)
    np.testing.assert_allclose(rows[0], [10.0, 3.0, field.values[0, 0]], rtol=1e-6)


def test_netcdf_is_read_by_xarray(tmp_path: Path, field: i2d.Field) -> None:
    import xarray

    with xarray.open_dataset(save_field(field, tmp_path / "field.nc")) as dataset:
        np.testing.assert_array_equal(dataset["values"], field.values)
        np.testing.assert_array_equal(dataset["x"], field.x)
        assert float(dataset["values"].sel(x=11.5, y=1.0)) == field.values[2, 3]
        assert "off_scale" in dataset["flags"].attrs["flag_meanings"]


def test_geotiff_places_pixels_by_their_centers(tmp_path: Path, field: i2d.Field) -> None:
    import rasterio

    with rasterio.open(save_field(field, tmp_path / "field.tif")) as raster:
        np.testing.assert_array_equal(raster.read(1), field.values)
        assert raster.index(11.5, 1.0) == (2, 3)
        assert raster.bounds.left == 9.75
        assert raster.descriptions == ("value", "sigma")


def test_points_as_csv(tmp_path: Path) -> None:
    points = pd.DataFrame({"x": [1.0, 2.0], "y": [3.0, 4.0], "value": [0.5, 0.25]})
    again = pd.read_csv(save_points(points, tmp_path / "points.csv"))
    pd.testing.assert_frame_equal(again, points)


@pytest.mark.parametrize("name", ["field.docx", "field", "nowhere/field.csv"])
def test_bad_names_get_one_sentence(tmp_path: Path, field: i2d.Field, name: str) -> None:
    with pytest.raises(FileError) as caught:
        save_field(field, tmp_path / name)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("old")

    def fail_halfway() -> None:
        with atomic(path) as temporary:
            temporary.write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_halfway()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_is_no_field(tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", a=np.zeros(3))
    with pytest.raises(FileError, match="not a field"):
        load_field(tmp_path / "other.npz")


def test_recipe_keeps_every_digit(tmp_path: Path) -> None:
    options = {"tolerance": 0.1 + 0.2, "values": np.array([1 / 3, 2 / 3])}
    recipe = Recipe("figure.png", "ab", "1", ()).with_step("mask", options)
    again = Recipe.load(recipe.save(tmp_path / "recipe.json"))
    assert again.steps == (("mask", {"tolerance": 0.1 + 0.2, "values": {"array": [1 / 3, 2 / 3]}}),)


def test_a_step_that_runs_again_replaces_what_followed() -> None:
    recipe = Recipe(None, "", "1").with_step("read", {}).with_step("decode", {})
    recipe = recipe.with_step("mask", {"tolerance": 1}).with_step("decode", {"jpeg": True})
    assert recipe.steps == (("read", {}), ("decode", {"jpeg": True}))


def test_what_is_no_recipe(tmp_path: Path) -> None:
    (tmp_path / "list.json").write_text("[1, 2]")
    with pytest.raises(FileError, match="not a recipe"):
        Recipe.load(tmp_path / "list.json")
    with pytest.raises(FileError, match="cannot be read"):
        Recipe.load(tmp_path / "absent.json")


def test_fingerprint_sees_shape_type_and_pixels() -> None:
    image = np.zeros((2, 3, 3), np.uint8)
    prints = {
        fingerprint(image),
        fingerprint(image.reshape(3, 2, 3)),
        fingerprint(image.astype(np.uint16)),
        fingerprint(image + np.uint8(1)),
    }
    assert len(prints) == 4
    assert fingerprint(image.copy()) == fingerprint(image)
