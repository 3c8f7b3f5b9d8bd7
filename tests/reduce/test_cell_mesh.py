"""Meshes over the cells of a picture of flat cells, and triangles as long as the field asks for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import gaussian_filter

import napari_image2data as i2d
from napari_image2data.reduce.cell_edges import CellEdges, find_edges
from napari_image2data.reduce.cell_mesh import CellMesh
from napari_image2data.reduce.cells import grid_sites
from napari_image2data.reduce.growing_mesh import GrowingMesh
from napari_image2data.reduce.long_triangles import lengthen
from napari_image2data.reduce.thin_sites import flat_cells

if TYPE_CHECKING:
    from pathlib import Path


def in_steps(field: np.ndarray, steps: int = 256) -> np.ndarray:
    field = (field - field.min()) / np.ptp(field)
    return np.minimum(np.floor(field * steps), steps - 1) / steps


def smooth_cells(shape: tuple[int, int], grid: tuple[int, int], seed: int) -> np.ndarray:
    """A smooth field drawn as cells, so many down and across, in 256 steps."""
    coarse = in_steps(gaussian_filter(np.random.default_rng(seed).normal(size=grid), 5))
    row, col = (np.arange(n) * g // n for n, g in zip(shape, grid, strict=True))
    return coarse[np.ix_(row, col)]


def rmse(field: np.ndarray, points: object) -> float:
    return i2d.compare(field, i2d.reconstruct(points, field.shape)).rmse


@pytest.mark.parametrize("grid", [(40, 50), (75, 90)])
def test_edges_of_cells_are_found_where_they_are(grid: tuple[int, int]) -> None:
    field = smooth_cells((150, 170), grid, 1)
    edges = find_edges(field)
    assert edges is not None
    assert edges.shape == grid
    for found, length, many in zip(
        (edges.row_edges, edges.col_edges), field.shape, grid, strict=True
    ):
        inner = np.flatnonzero(np.diff(np.arange(length) * many // length)) + 0.5
        np.testing.assert_array_equal(found, [-0.5, *inner, length - 0.5])
    # even cells but for the rounding to pixels: two numbers an axis, three numbers a point
    assert edges.costs == 2


def test_uneven_edges_cost_a_number_each() -> None:
    rows = np.array([-0.5, 3.5, 4.5, 11.5, 19.5])
    assert CellEdges(rows, np.arange(-0.5, 60, 3)).costs == 2  # 3 + 2 numbers
    assert CellEdges(rows, np.cumsum([-0.5, 9, 1, 9, 1, 9, 1])).costs == 3  # 3 + 5


def test_smooth_cells_need_fewer_points_than_a_mesh_over_pixels_or_sites() -> None:
    field = smooth_cells((160, 200), (62, 75), 2)
    points = i2d.reduce_adaptive(field, n_points=600)
    assert points.attrs["method"] == "linear"
    edges = points.attrs["cells"]
    assert len(points) <= 600 - CellEdges(*map(np.array, edges.values())).costs
    for method in ("linear", "nearest"):
        other = i2d.reduce_adaptive(field, n_points=600, method=method)
        assert rmse(field, points) < 0.4 * rmse(field, other)
    again = i2d.reconstruct(points, field.shape)
    assert not np.diff(again, axis=0)[np.diff(field, axis=0).any(axis=1) == 0].any()


@pytest.mark.parametrize("norm", ["rmse", "max"])
@pytest.mark.parametrize("tolerance", [0.03, 0.005])
def test_a_stated_error_is_kept_on_cells_with_holes_and_stray_pixels(
    norm: str, tolerance: float
) -> None:
    field = smooth_cells((131, 170), (40, 50), 3)
    y, x = np.indices(field.shape)
    field[(y - 60) ** 2 + (x - 80) ** 2 < 400] = np.nan
    field[100, 20:24] += 1 / 256  # not all pixels of a cell agree
    points = i2d.reduce_adaptive(field, tolerance=tolerance, norm=norm)
    report = i2d.compare(field, i2d.reconstruct(points, field.shape), points=points)
    assert getattr(report, norm) <= tolerance
    assert report.lost == 0
    if "cells" in points.attrs:
        assert points["size"].sum() >= report.pixels


@pytest.mark.parametrize("share", [7, 9, 12])
def test_a_largest_error_is_kept_where_some_cells_have_a_pixel_that_is_off(share: float) -> None:
    field = smooth_cells((120, 150), (30, 30), 8)
    off = np.random.default_rng(0).random((30, 30)) < 0.03
    field[1::4, 2::5] += 6 * off / 256
    edges = find_edges(field)
    assert edges is not None
    growth = CellMesh(field, edges, norm="max", fit=False)
    for _ in range(100):
        if growth.done(share / 256, None):
            break
        growth.grow(share / 256, None)
    assert growth.errors()[1] <= share / 256
    points = i2d.reduce_adaptive(field, tolerance=share / 256, norm="max")
    assert i2d.compare(field, i2d.reconstruct(points, field.shape)).max <= share / 256


@pytest.mark.parametrize("norm", ["rmse", "max"])
def test_errors_counted_on_cells_are_those_of_the_painted_field(norm: str) -> None:
    field = 100 * smooth_cells((83, 97), (30, 41), 4)
    field[:20, :30] = np.nan
    field[50, 50] += 3.0
    edges = find_edges(field)
    assert edges is not None
    growth = CellMesh(field, edges, norm=norm, fit=norm == "rmse")
    for _ in range(5):
        growth.grow(None, 80)
        report = i2d.compare(field, i2d.reconstruct(growth.table(), field.shape))
        assert growth.errors() == (report.rmse, report.max)


def test_a_point_counts_for_the_cell_it_lies_in() -> None:
    field = smooth_cells((120, 150), (30, 30), 5)
    points = i2d.reduce_adaptive(field, tolerance=0.01)
    assert "cells" in points.attrs
    again = i2d.reconstruct(points, field.shape)
    points["row"], points["col"] = points["row"] + 1.2, points["col"] - 1.9  # cells of 4 x 5 pixels
    np.testing.assert_array_equal(i2d.reconstruct(points, field.shape), again)
    smaller = i2d.reconstruct(points, (60, 60))
    np.testing.assert_array_equal(smaller, again[:60, :60])
    inside = i2d.reconstruct(points, field.shape, method="nearest", outside="nan")
    assert np.isfinite(inside).mean() > 0.9


def test_what_points_are_for_outlives_json_and_csv(tmp_path: Path) -> None:
    field = smooth_cells((120, 150), (30, 30), 5)[::-1]
    points = i2d.reduce_adaptive(field, tolerance=0.01)
    assert "cells" in points.attrs
    i2d.save_points(points, tmp_path / "points.csv")
    read = pd.read_csv(tmp_path / "points.csv")
    read.attrs = json.loads(json.dumps(points.attrs))
    again = i2d.reconstruct(read, field.shape)
    np.testing.assert_array_equal(again, i2d.reconstruct(points, field.shape))


@pytest.mark.parametrize("edges", [3, {"rows": [0, 1]}, {"rows": [1, 0], "cols": [0, 1]}])
def test_edges_that_are_none_are_one_sentence(edges: object) -> None:
    points = i2d.reduce_adaptive(np.add.outer(np.arange(9.0), np.arange(9.0)), n_points=5)
    points.attrs["cells"] = edges
    with pytest.raises(i2d.Image2DataError, match="'cells' out of their attrs"):
        i2d.reconstruct(points, (9, 9))


def streaks(seed: int, *, down: bool) -> np.ndarray:
    field = in_steps(gaussian_filter(np.random.default_rng(seed).normal(size=(150, 160)), (2, 40)))
    return field.T if down else field


@pytest.mark.parametrize("down", [False, True])
def test_long_triangles_follow_streaks(down: bool) -> None:
    field = streaks(6, down=down)
    points = i2d.reduce_adaptive(field, n_points=510, method="linear")
    along, across = points.attrs["spacing"] if down else points.attrs["spacing"][::-1]
    assert across >= 4 * along
    growth = GrowingMesh(field, norm="rmse", fit=True)
    while not growth.done(None, 510):
        growth.grow(None, 510)
    growth.move(12)
    assert rmse(field, points) < 0.7 * growth.errors()[0]
    few = i2d.reduce_adaptive(field, tolerance=0.03)
    assert rmse(field, few) <= 0.03


def test_round_fields_keep_the_triangles_of_the_pixels() -> None:
    field = in_steps(gaussian_filter(np.random.default_rng(7).normal(size=(90, 110)), 8))
    growth = GrowingMesh(field, norm="rmse", fit=True)
    lengthen(growth, 100, lambda: None)
    assert growth.spacing == (1.0, 1.0)
    assert "spacing" not in i2d.reduce_adaptive(field, tolerance=0.05).attrs


def test_the_curve_of_a_heat_map_is_that_of_a_mesh_over_its_cells() -> None:
    coarse = gaussian_filter(np.random.default_rng(2).normal(size=(50, 60)), 3)
    field = np.kron(coarse, np.ones((4, 4))).astype(np.float32)
    curve = i2d.reduction_curve(field, n_points=[30, 100, 600])
    assert curve["rmse"].is_monotonic_decreasing
    # beyond 500 points nothing is exchanged, but the batches differ
    points = i2d.reduce_adaptive(field, n_points=600)
    report = i2d.compare(field, i2d.reconstruct(points, field.shape), points=points)
    assert curve["rmse"].iloc[-1] == pytest.approx(report.rmse, rel=0.05)
    over_pixels = i2d.reduce_adaptive(field, n_points=600, method="linear")
    again = i2d.reconstruct(over_pixels, field.shape)
    assert curve["rmse"].iloc[-1] < i2d.compare(field, again).rmse / 1.5


@pytest.mark.parametrize(("seed", "tolerance"), [(2, 0.12), (3, 0.12)])
def test_few_sites_that_keep_an_error_are_made_fewer(seed: int, tolerance: float) -> None:
    coarse = gaussian_filter(np.random.default_rng(seed).normal(size=(8, 9)), 0.8)
    field = np.kron((coarse - coarse.min()) / np.ptp(coarse), np.ones((10, 11)))
    sites = flat_cells(field, n_points=None, tolerance=tolerance, largest=False, step=lambda: None)
    assert sites is not None
    points = i2d.reduce_adaptive(field, tolerance=tolerance)
    assert rmse(field, points) <= tolerance
    edges = points.attrs.get("cells", {"rows": [], "cols": []})
    costs = CellEdges(*map(np.array, edges.values())).costs if edges["rows"] else 0
    assert len(points) + costs < sites.number


def test_many_rows_and_columns_with_borders_of_bands_are_no_cells() -> None:
    y, x = np.indices((300, 320)) // 2
    bands = 1.0 * (y > x)
    sites = grid_sites(bands)
    assert sites is not None
    assert len(sites[0]) > 10_000
    found = flat_cells(bands, n_points=60, tolerance=None, largest=False, step=lambda: None)
    assert found is None or len(found.active) < 1000
