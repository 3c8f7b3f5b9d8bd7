"""Nodes of interpolated fields: as few as the samples, and none where no samples were."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.interpolate import griddata
from scipy.ndimage import gaussian_filter
from scipy.spatial import KDTree

import napari_image2data as i2d
from napari_image2data.reduce.moving_mesh import MovingMesh
from napari_image2data.reduce.nodes_selection import Selection


def linear_field(n: int, seed: int, shape: tuple[int, int]) -> tuple[np.ndarray, ...]:
    """Places and heights of n stations and the corners, and the plane between any three."""
    rng = np.random.default_rng(seed)
    size = np.array(shape) - 1
    corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]) * size
    places = np.vstack([rng.random((n, 2)) * size, corners])
    heights = rng.random(len(places))
    field = griddata(places, heights, tuple(np.indices(shape)), method="linear")
    return places, heights, field


def in_steps(field: np.ndarray, steps: int = 256) -> np.ndarray:
    share = (field - field.min()) / np.ptp(field)
    return (np.minimum(np.floor(share * steps), steps - 1) + 0.5) / steps


def smooth(shape: tuple[int, int], sigma: float, seed: int) -> np.ndarray:
    return gaussian_filter(np.random.default_rng(seed).normal(size=shape), sigma)


def test_a_linear_field_in_table_steps_has_hardly_more_nodes_than_stations() -> None:
    places, _, field = linear_field(30, 1, (130, 160))
    found = i2d.find_nodes(in_steps(field))
    assert found.kind == "linear"
    away, _ = KDTree(found.points[["row", "col"]].to_numpy()).query(places)
    assert np.mean(away <= 3) >= 0.8
    assert len(found.points) <= 1.5 * 30
    assert found.relative_rmse < 0.01


def test_only_nodes_are_selected_from_nodes_and_points_between_them() -> None:
    places, heights, field = linear_field(20, 3, (120, 140))
    rng = np.random.default_rng(0)
    extra = np.unique(rng.integers(5, 115, (25, 2)), axis=0)
    extra = extra[KDTree(places).query(extra)[0] > 4]
    row, col = np.vstack([places, extra]).T
    height = np.append(heights, field[tuple(extra.T)])
    true = np.arange(len(row)) < len(places)
    fixed = true & (np.arange(len(row)) >= len(places) - 4)
    surface = MovingMesh(field, np.isfinite(field), row, col, height, fixed)
    noise = 1 / 256
    surface.soft = 3 * noise
    first = true & (rng.random(len(row)) < 0.7)
    chosen = Selection(surface, true.astype(float), first, cost=60 * noise**2)
    before = chosen.score
    on = chosen.settle()
    assert chosen.score < before
    assert not on[~true].any()
    assert chosen.score - 60 * noise**2 * on.sum() < 60 * noise**2 * (true.sum() - on.sum() + 1)


def test_cells_in_rows_and_columns_have_one_node_each() -> None:
    values = np.random.default_rng(2).integers(0, 9, (6, 8)) / 8  # some neighbors are equal
    found = i2d.find_nodes(np.kron(values, np.ones((15, 12))))
    assert (found.kind, len(found.points)) == ("nearest", 48)
    assert "6 rows and 8 columns" in found.message
    assert found.rmse == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    "field",
    [
        in_steps(smooth((100, 120), 9, 0)),
        np.floor(in_steps(smooth((100, 120), 14, 1)) * 9),  # filled contours
        in_steps(np.add.outer(np.arange(80.0), 0.4 * np.arange(90.0))),
        np.random.default_rng(3).random((60, 80)),
        in_steps(smooth((100, 120), 14, 4) + 0.001 * smooth((100, 120), 0.5, 5)),
    ],
    ids=["smooth", "contours", "plane", "noise", "smooth and noise"],
)
def test_fields_without_samples_have_no_nodes(field: np.ndarray) -> None:
    found = i2d.find_nodes(field)
    assert (found.kind, len(found.points)) == ("none", 0)


def test_the_search_stops_when_it_is_told_to_and_its_progress_does_not_go_back() -> None:
    *_, field = linear_field(20, 1, (90, 100))
    shares: list[float] = []

    def late() -> bool:
        return bool(shares) and shares[-1] > 0.3

    with pytest.raises(i2d.Image2DataError, match="stopped"):
        i2d.find_nodes(in_steps(field), progress=shares.append, cancel=late)
    assert shares == sorted(shares)
    assert shares[-1] < 0.5
