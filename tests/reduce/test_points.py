"""Points, rebuilt fields and their comparison."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.interpolate import griddata
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

import napari_image2data as i2d


def scattered(n: int, shape: tuple[int, int], seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    places = rng.choice(shape[0] * shape[1], n, replace=False)
    row, col = np.divmod(places, shape[1])
    return pd.DataFrame({"row": row, "col": col, "value": rng.random(n)})


def test_centroid_is_the_pixel_of_the_cluster_nearest_to_its_middle() -> None:
    rng = np.random.default_rng(3)
    mask = rng.random((40, 50)) < 0.4
    values = rng.random((40, 50))
    labels = i2d.cluster(mask, eps=1, min_samples=2)
    points = i2d.centroids(labels, values)
    assert len(points) == labels.max()
    for number, point in enumerate(points.itertuples(), start=1):
        pixels = np.argwhere(labels == number)
        away = np.linalg.norm(pixels - pixels.mean(axis=0), axis=1)
        own = np.linalg.norm([point.row, point.col] - pixels.mean(axis=0))
        assert labels[point.row, point.col] == number
        assert own == pytest.approx(away.min())
        assert point.value == pytest.approx(np.median(values[labels == number]), rel=1e-6)
        assert point.size == len(pixels)
        assert (point.x, point.y) == (point.col + 0.5, point.row + 0.5)


def test_centroids_carry_the_fields_axes_and_sigma() -> None:
    shape = (4, 6)
    field = i2d.Field(
        values=np.ones(shape, np.float32),
        distance=np.zeros(shape, np.float32),
        sigma=np.full(shape, 0.25, np.float32),
        flags=np.zeros(shape, np.uint8),
        x=np.linspace(100, 200, 6),
        y=np.linspace(-1, -4, 4),
    )
    labels = np.zeros(shape, int)
    labels[1:4, 2:5] = 7
    (point,) = i2d.centroids(labels, field).itertuples()
    assert (point.row, point.col, point.x, point.y) == (2, 3, 160.0, -3.0)
    assert (point.value, point.sigma, point.size) == (1.0, 0.25, 9)


@pytest.mark.parametrize("method", ["linear", "cubic", "nearest"])
def test_rebuilding_agrees_with_scipy_inside_the_hull(method: str) -> None:
    points, shape = scattered(60, (40, 50), 4), (40, 50)
    grid = tuple(np.indices(shape))
    places = points[["row", "col"]].to_numpy(float)
    expected = griddata(places, points["value"].to_numpy(), grid, method=method)
    inside = i2d.inside_hull(points, shape)
    found = i2d.reconstruct(points, shape, method=method, outside="nan")
    np.testing.assert_array_equal(np.isfinite(found), inside)
    both = inside & np.isfinite(expected)
    # of several equally near points, and of several Delaunay meshes on a grid, any is right
    least = 0.9 if method == "nearest" else 0.97
    assert np.mean(np.abs(found - expected)[both] < 1e-5) > least


def test_rbf_passes_through_its_points_and_through_a_plane() -> None:
    points = scattered(30, (20, 30), 5)
    found = i2d.reconstruct(points, (20, 30), method="rbf")
    np.testing.assert_allclose(found[points["row"], points["col"]], points["value"], atol=1e-5)
    points["value"] = 2.0 * points["row"] - points["col"]
    y, x = np.indices((20, 30))
    found = i2d.reconstruct(points, (20, 30), method="rbf", neighbors=8)
    np.testing.assert_allclose(found, 2 * y - x, atol=1e-3)


@pytest.mark.parametrize("method", ["linear", "cubic"])
def test_outside_the_hull_is_the_nearest_place_of_the_hull(method: str) -> None:
    points = pd.DataFrame({"row": [2, 2, 6], "col": [2, 6, 2], "value": [0.0, 4.0, 8.0]})
    found = i2d.reconstruct(points, (9, 9), method=method)
    assert np.isfinite(found).all()
    assert found[0, 0] == pytest.approx(0.0, abs=1e-4)
    assert found[0, 4] == pytest.approx(2.0, abs=1e-4)
    assert found[8, 8] == pytest.approx(6.0, abs=1e-4)


def test_the_order_of_the_points_does_not_matter() -> None:
    y, x = np.mgrid[:20:4, :24:4]
    points = pd.DataFrame({"row": y.ravel(), "col": x.ravel()})
    points["value"] = np.random.default_rng(6).random(len(points))
    mixed = points.sample(frac=1, random_state=1)
    np.testing.assert_array_equal(
        i2d.reconstruct(points, (20, 24)), i2d.reconstruct(mixed, (20, 24))
    )


def test_holes_stay_open_with_a_mask() -> None:
    points, mask = scattered(20, (10, 12), 7), np.ones((10, 12), bool)
    mask[3:5, 4:8] = False
    found = i2d.reconstruct(points, (10, 12), mask=mask)
    np.testing.assert_array_equal(np.isnan(found), ~mask)


def test_report_agrees_with_published_definitions() -> None:
    rng = np.random.default_rng(8)
    field = rng.random((30, 40)).astype(np.float32)
    again = field + rng.normal(0.02, 0.05, field.shape).astype(np.float32)
    points = scattered(25, field.shape, 1)
    report = i2d.compare(field, again, points=points)
    error = again.astype(float) - field
    span = float(np.ptp(field))
    assert report.rmse == pytest.approx(np.sqrt(np.mean(error**2)), rel=1e-5)
    assert report.mae == pytest.approx(np.abs(error).mean(), rel=1e-5)
    assert report.bias == pytest.approx(error.mean(), rel=1e-4)
    assert report.max == pytest.approx(np.abs(error).max(), rel=1e-5)
    assert report.r2 == pytest.approx(1 - np.sum(error**2) / np.sum((field - field.mean()) ** 2))
    assert report.psnr == pytest.approx(peak_signal_noise_ratio(field, again, data_range=span))
    _, similarity = structural_similarity(field, again, data_range=span, full=True)
    assert report.ssim == pytest.approx(similarity[3:-3, 3:-3].mean(), abs=2e-4)
    assert report.compression == 1200 / 25
    assert report.byte_compression == 1200 * 4 / (25 * 12)
    assert report.outside == pytest.approx(1 - i2d.inside_hull(points, field.shape).mean())
    assert str(report).startswith("1 200 pixels -> 25 points, rmse")


def test_only_clean_pixels_are_compared() -> None:
    values = np.arange(120, dtype=np.float32).reshape(10, 12)
    flags = np.zeros(values.shape, np.uint8)
    flags[0, 0] = i2d.Flag.FILLED
    values[5, 5] = np.nan
    field = i2d.Field(values, values, values, flags, np.arange(12.0), np.arange(10.0))
    again = np.nan_to_num(values, nan=1e9)
    again[0, 0] = 1e9
    again[9, 9] = np.nan
    report = i2d.compare(field, again)
    assert report.rmse == 0
    assert report.psnr == float("inf")
    assert report.pixels == 117
    assert report.lost == pytest.approx(1 / 118)


@pytest.mark.parametrize(
    ("points", "method", "sentence"),
    [
        (pd.DataFrame({"row": [], "col": [], "value": []}), "linear", "no point"),
        (pd.DataFrame({"row": [1, 2], "col": [1, 3], "value": [1, 2]}), "linear", "3 points"),
        (pd.DataFrame({"row": [1, 2, 3], "col": [1, 2, 3], "value": [1, 2, 3]}), "linear", "line"),
        (pd.DataFrame({"row": [1, 2, 3], "col": [1, 2, 3], "value": [1, 2, 3]}), "cubic", "line"),
        (pd.DataFrame({"row": [1, 2], "col": [1, 2], "value": [1, 2]}), "rbf", "3 points"),
        (pd.DataFrame({"row": [1, 2, 3], "col": [1, 2, 3]}), "nearest", "no column 'value'"),
        (
            pd.DataFrame({"row": [1, 2, 3], "col": [1, 2, 1], "value": [1, 2, 3]}),
            "wavelet",
            "unknown",
        ),
    ],
)
def test_points_that_do_not_do(points: pd.DataFrame, method: str, sentence: str) -> None:
    with pytest.raises(i2d.Image2DataError, match=sentence):
        i2d.reconstruct(points, (5, 5), method=method)


def test_one_cluster_is_one_point_and_nearest_rebuilds_from_it() -> None:
    points = i2d.centroids(np.ones((4, 5), int), np.full((4, 5), 2.0))
    assert len(points) == 1
    assert (i2d.reconstruct(points, (4, 5), method="nearest") == 2).all()
    with pytest.raises(i2d.Image2DataError, match="choose method='nearest'"):
        i2d.reconstruct(points, (4, 5))


def test_no_cluster_and_wrong_shapes_are_one_sentence() -> None:
    with pytest.raises(i2d.Image2DataError, match="There is no cluster"):
        i2d.centroids(np.zeros((3, 3), int), np.zeros((3, 3)))
    with pytest.raises(i2d.Image2DataError, match="labels have the shape"):
        i2d.centroids(np.ones((3, 3), int), np.zeros((4, 3)))
    with pytest.raises(i2d.Image2DataError, match="rebuilt field has the shape"):
        i2d.compare(np.zeros((3, 3)), np.zeros((4, 3)))
    with pytest.raises(i2d.Image2DataError, match="nothing to compare"):
        i2d.compare(np.zeros((3, 3)), np.full((3, 3), np.nan))
