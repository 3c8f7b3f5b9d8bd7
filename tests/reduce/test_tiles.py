"""Tiles of a few pixels, where every few pixels are noise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import napari_image2data as i2d
from napari_image2data.reduce import goal
from napari_image2data.reduce.tiles import tiles


def noise(shape: tuple[int, int], seed: int, lost: float = 0.05) -> np.ndarray:
    rng = np.random.default_rng(seed)
    field = rng.random(shape)
    field[rng.random(shape) < lost] = np.nan
    return field


@settings(max_examples=25, deadline=None)
@given(
    shape=st.tuples(st.integers(2, 23), st.integers(2, 23)),
    seed=st.integers(0, 99),
    tolerance=st.sampled_from([0.0, 0.01, 0.05, 0.12, 0.2, 0.25, 0.28, 0.4]),
    largest=st.booleans(),
)
def test_the_nearest_site_rebuilds_every_tile_and_the_error_is_kept(
    shape: tuple[int, int], seed: int, tolerance: float, largest: bool
) -> None:
    field = noise(shape, seed)
    found = tiles(field, tolerance=tolerance, largest=largest)
    points = found.table(field)
    again = i2d.reconstruct(points, shape, method="nearest")
    own = found.value[found.owner].astype(np.float32)
    np.testing.assert_array_equal(again.ravel()[found.pixels], own)
    report = i2d.compare(field, again)
    assert (report.max if largest else report.rmse) <= tolerance
    assert points["size"].sum() == np.isfinite(field).sum()


def test_tiles_are_few_where_the_error_allows_it() -> None:
    field = noise((80, 90), 1, lost=0)
    # four pixels with one value keep sqrt(3 / 4) of the noise, single ones nothing
    deviation = 12**-0.5
    assert tiles(field, tolerance=0.88 * deviation, largest=False).number == 40 * 45
    some = tiles(field, tolerance=0.3 * deviation, largest=False).number
    assert 0.3 * field.size < some < 0.6 * field.size
    assert tiles(np.ones((9, 9)), tolerance=0, largest=True).number == 25


@pytest.mark.parametrize("norm", ["rmse", "max"])
def test_a_mesh_that_takes_too_long_gives_way_to_tiles(
    norm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(goal, "MOST_WORK", 2000)
    field = noise((90, 100), 2)
    points = i2d.reduce_adaptive(field, tolerance=0.1, norm=norm)
    assert points.attrs["method"] == "nearest"
    assert len(points) < 0.9 * np.isfinite(field).sum()
    report = i2d.compare(field, i2d.reconstruct(points, field.shape))
    assert getattr(report, norm) <= 0.1
    assert report.lost == 0
    mesh = i2d.reduce_adaptive(field, tolerance=0.2, norm=norm, method="linear")
    assert mesh.attrs["method"] == "linear"
