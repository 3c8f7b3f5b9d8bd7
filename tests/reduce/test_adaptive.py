"""Few points within a stated error, and the nodes that a field was drawn from."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.interpolate import griddata
from scipy.ndimage import gaussian_filter
from scipy.spatial import KDTree

import napari_image2data as i2d
from napari_image2data.reduce import exchange_points, few_points, thin_sites
from napari_image2data.reduce import sites as sites_module
from napari_image2data.reduce.cells import grid_sites
from napari_image2data.reduce.growing_mesh import GrowingMesh


def smooth(shape: tuple[int, int], seed: int, scale: float = 12) -> np.ndarray:
    field = gaussian_filter(np.random.default_rng(seed).normal(size=shape), scale)
    field = (field - field.min()) / np.ptp(field)
    return (np.floor(field * 255) + 0.5) / 256


def stations(n: int, method: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Scattered places with the four corners, and the field interpolated from them in 256 steps."""
    rng = np.random.default_rng(seed)
    shape = (120, 150)
    corners = [[0, 0], [0, 1], [1, 0], [1, 1]]
    places = np.vstack([rng.uniform(0.05, 0.95, (n, 2)), corners]) * (shape[0] - 1, shape[1] - 1)
    values = rng.random(len(places))
    field = griddata(places, values, tuple(np.indices(shape)), method=method)
    return places, np.floor((field - values.min()) / np.ptp(values) * 255) / 255


@pytest.mark.parametrize("norm", ["rmse", "max"])
@pytest.mark.parametrize("tolerance", [0.05, 0.01])
@pytest.mark.parametrize("holes", [False, True])
def test_the_stated_tolerance_is_kept(norm: str, tolerance: float, holes: bool) -> None:
    field = smooth((90, 110), 1)
    if holes:
        y, x = np.indices(field.shape)
        field[(y - 50) ** 2 + (x - 60) ** 2 < 300] = np.nan
        field[(y - 45) ** 2 + (x - 55) ** 2 > 48**2] = np.nan
    points = i2d.reduce_adaptive(field, tolerance=tolerance, norm=norm)
    again = i2d.reconstruct(points, field.shape)
    report = i2d.compare(field, again, points=points)
    assert getattr(report, norm) <= tolerance
    assert report.lost == 0
    assert np.isfinite(field[points["row"], points["col"]]).all()
    assert points["size"].sum() >= report.pixels
    assert len(points) < report.pixels / 10


@pytest.mark.parametrize("norm", ["rmse", "max"])
def test_errors_counted_while_growing_are_those_of_the_rebuilt_field(norm: str) -> None:
    field = 100 * smooth((50, 60), 9)
    y, x = np.indices(field.shape)
    field[(y - 25) ** 2 + (x - 30) ** 2 > 24**2] = np.nan
    growth = GrowingMesh(field, norm=norm, fit=norm == "rmse")
    for _ in range(4):
        growth.grow(None, 60)
        report = i2d.compare(field, i2d.reconstruct(growth.table(), field.shape))
        assert growth.errors() == (report.rmse, report.max)


def test_at_the_recipes_number_of_points_the_error_is_at_most_0_4_of_its() -> None:
    field = smooth((200, 240), 2, 25)
    labels = i2d.cluster(i2d.gradient_mask(field, tolerance=0), eps=1.5, min_samples=5)
    recipe = i2d.centroids(labels, field)
    theirs = i2d.compare(field, i2d.reconstruct(recipe, field.shape)).rmse
    ours = i2d.reduce_adaptive(field, n_points=len(recipe))
    assert len(ours) == len(recipe)
    assert i2d.compare(field, i2d.reconstruct(ours, field.shape)).rmse < 0.4 * theirs
    assert len(i2d.reduce_adaptive(field, tolerance=theirs)) < len(recipe) / 3


def test_fitted_heights_are_no_worse_than_the_fields_own() -> None:
    field = smooth((90, 110), 3)
    errors = [
        i2d.compare(
            field, i2d.reconstruct(i2d.reduce_adaptive(field, n_points=80, fit=fit), field.shape)
        ).rmse
        for fit in (True, False)
    ]
    assert errors[0] < 0.95 * errors[1]


def test_moved_points_do_much_better_than_fitted_heights_alone() -> None:
    _, field = stations(60, "linear", 3)
    growth = GrowingMesh(field, norm="rmse", fit=True)
    while not growth.done(None, 120):
        growth.grow(None, 120)
    before = growth.errors()[0]
    points = i2d.reduce_adaptive(field, n_points=120, method="linear")
    assert len(points) == 120
    assert i2d.compare(field, i2d.reconstruct(points, field.shape)).rmse < 0.8 * before
    assert not points.duplicated(["row", "col"]).any()


def test_a_plane_needs_its_corners_only() -> None:
    y, x = np.indices((30, 40)).astype(float)
    points = i2d.reduce_adaptive(0.5 * y - 2 * x, tolerance=1e-4, norm="max")
    assert len(points) == 4
    assert len(i2d.reduce_adaptive(np.ones((30, 40)), n_points=100)) == 4


@pytest.mark.parametrize("norm", ["rmse", "max"])
def test_one_point_is_enough_where_one_value_is(norm: str) -> None:
    field = smooth((60, 70), 8)
    field[20:30, 10:40] = np.nan
    enough = np.nanstd(field) if norm == "rmse" else (np.nanmax(field) - np.nanmin(field)) / 2
    points = i2d.reduce_adaptive(field, tolerance=1.001 * enough, norm=norm)
    assert (len(points), points.attrs["method"]) == (1, "nearest")
    assert np.isfinite(field[points["row"][0], points["col"][0]])
    report = i2d.compare(field, i2d.reconstruct(points, field.shape))
    assert getattr(report, norm) <= 1.001 * enough
    assert len(i2d.reduce_adaptive(field, tolerance=0.98 * enough, norm=norm)) > 1
    assert len(i2d.reduce_adaptive(np.ones((9, 9)), tolerance=0)) == 1


@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize("n_points", [5, 50, 700])
def test_progress_rises_to_one_in_small_steps_and_cancel_stops(n_points: int, flat: bool) -> None:
    field, shares = smooth((60, 70), 4), [0.0]
    if flat:
        field = np.random.default_rng(2).random((40, 40)).repeat(4, axis=0).repeat(3, axis=1)
    i2d.reduce_adaptive(field, n_points=n_points, progress=shares.append)
    assert shares[-1] == 1.0
    steps = np.diff(shares)
    assert (steps > 0).all()
    assert steps.max() <= (0.2 if n_points <= 50 else 0.5)  # where nothing helps it ends early
    with pytest.raises(i2d.Image2DataError, match="stopped"):
        i2d.reduce_adaptive(field, n_points=n_points, cancel=lambda: True)


def test_the_curve_falls_and_agrees_with_a_reduction() -> None:
    field = smooth((80, 90), 5)
    curve = i2d.reduction_curve(field, n_points=[20, 80, 200])
    assert list(curve["n_points"]) == [20, 80, 200]
    assert curve["rmse"].is_monotonic_decreasing
    # up to 500 points a reduction exchanges some, which the curve leaves out
    points = i2d.reduce_adaptive(field, n_points=20)
    report = i2d.compare(field, i2d.reconstruct(points, field.shape), points=points)
    assert report.rmse <= curve["rmse"][0] * (1 + 1e-6)
    assert curve["compression"][0] == report.compression
    many = i2d.reduction_curve(field, n_points=[510])
    points = i2d.reduce_adaptive(field, n_points=510)
    report = i2d.compare(field, i2d.reconstruct(points, field.shape), points=points)
    assert many["rmse"][0] == pytest.approx(report.rmse, rel=0.03)  # its points move once less


@pytest.mark.parametrize(
    ("field", "options", "sentence"),
    [
        (np.zeros((5, 5)), {}, "either a tolerance or a number"),
        (np.zeros((5, 5)), {"tolerance": 1, "n_points": 9}, "either a tolerance or a number"),
        (np.zeros((5, 5)), {"tolerance": -1}, "tolerance is -1"),
        (np.zeros((5, 5)), {"n_points": 2}, "n_points is 2; give a whole number, 3"),
        (np.zeros((5, 5)), {"n_points": 9, "norm": "L1"}, "norm 'L1' is unknown"),
        (np.full((5, 5), np.nan), {"tolerance": 1}, "0 clean pixels"),
        (np.where(np.eye(5) > 0, 1.0, np.nan), {"tolerance": 1}, "on one line"),
    ],
)
def test_bad_input_is_one_sentence(field: np.ndarray, options: dict, sentence: str) -> None:
    with pytest.raises(i2d.Image2DataError, match=sentence):
        i2d.reduce_adaptive(field, **options)


@pytest.mark.parametrize(("method", "n", "seed"), [("nearest", 20, 2), ("linear", 12, 1)])
def test_stations_of_an_interpolated_field_are_found(method: str, n: int, seed: int) -> None:
    places, field = stations(n, method, seed)
    found = i2d.find_nodes(field)
    assert found.kind == method
    away, _ = KDTree(found.points[["row", "col"]].to_numpy()).query(places)
    assert np.mean(away <= 3) >= 0.8
    again = i2d.reconstruct(found.points, field.shape, method=found.kind)
    assert np.mean(np.abs(again - field) > 0.02) < 0.03


@pytest.mark.parametrize(("n", "steps", "seed"), [(60, 40, 0), (100, 24, 2)])
def test_cells_of_one_value_that_touch_are_told_apart(n: int, steps: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    places, grid = rng.random((n, 2)) * (199, 249), tuple(np.indices((200, 250)))
    values = np.floor(rng.random(n) * steps) / steps
    found = i2d.find_nodes(griddata(places, values, grid, method="nearest"))
    assert found.kind == "nearest"
    away, _ = KDTree(found.points[["row", "col"]].to_numpy()).query(places)
    assert np.mean(away <= 3) >= 0.95
    assert found.relative_rmse < 0.01
    assert len(found.points) < 1.1 * n


def test_a_smooth_field_has_no_nodes() -> None:
    found = i2d.find_nodes(smooth((90, 110), 6, 15))
    assert (found.kind, len(found.points)) == ("none", 0)
    assert "a reduction to a stated error or number of points" in found.message


def test_nodes_of_one_value_or_no_value_are_one_sentence() -> None:
    with pytest.raises(i2d.Image2DataError, match="one value"):
        i2d.find_nodes(np.ones((9, 9)))
    with pytest.raises(i2d.Image2DataError, match="0 clean pixels"):
        i2d.find_nodes(np.full((9, 9), np.nan))
    with pytest.raises(i2d.Image2DataError, match="stopped"):
        i2d.find_nodes(np.eye(9), cancel=lambda: True)


def cells(shape: tuple[int, int], grid: tuple[int, int], seed: int) -> np.ndarray:
    """A smooth field in 256 steps, drawn as a heat map with this many cells down and across."""
    coarse = smooth(grid, seed, 4)
    row, col = (np.arange(n) * g // n for n, g in zip(shape, grid, strict=True))
    return coarse[np.ix_(row, col)]


def test_a_heat_map_is_rebuilt_exactly_from_one_site_a_cell() -> None:
    field = cells((131, 170), (20, 30), 1)
    points = i2d.reduce_adaptive(field, tolerance=1e-6, norm="max", method="nearest")
    assert len(points) <= 20 * 30
    np.testing.assert_allclose(i2d.reconstruct(points, field.shape), field, atol=1e-6)


@pytest.mark.parametrize("holes", [False, True])
def test_in_heat_maps_both_goals_against_the_recipe_are_met(holes: bool) -> None:
    field = cells((180, 260), (26, 41), 2)
    if holes:
        y, x = np.indices(field.shape)
        field[(y - 80) ** 2 + (x - 90) ** 2 < 40**2] = np.nan
    labels = i2d.cluster(i2d.gradient_mask(field, tolerance=0), eps=1.5, min_samples=3)
    recipe = i2d.centroids(labels, field)
    theirs = i2d.compare(field, i2d.reconstruct(recipe, field.shape)).rmse
    ours = i2d.reduce_adaptive(field, n_points=len(recipe))
    assert len(ours) <= len(recipe)
    assert i2d.compare(field, i2d.reconstruct(ours, field.shape)).rmse < 0.4 * theirs
    few = i2d.reduce_adaptive(field, tolerance=theirs)
    assert i2d.compare(field, i2d.reconstruct(few, field.shape)).rmse <= theirs
    assert len(few) < len(recipe) / 3


def test_a_handful_of_points_bends_a_spline_through_a_banded_field() -> None:
    bands = np.floor(8 * smooth((70, 90), 5, 18))
    bands[20:40, 30:50] = np.nan
    mesh = i2d.reduce_adaptive(bands, n_points=6, method="linear")
    few = i2d.reduce_adaptive(bands, n_points=6)
    assert few.attrs["method"] == "rbf"
    assert len(few) == 6
    assert few["row"].between(0, 69).all()
    assert few["col"].between(0, 89).all()
    assert few["size"].sum() == np.isfinite(bands).sum()
    rmse = [i2d.compare(bands, i2d.reconstruct(p, bands.shape)).rmse for p in (mesh, few)]
    assert rmse[1] < 0.8 * rmse[0]
    # the points bear rounding: a table of few digits rebuilds the same
    again = i2d.reconstruct(few.round(2), bands.shape)
    np.testing.assert_allclose(again, i2d.reconstruct(few, bands.shape), atol=0.2)


def test_points_exchanged_do_better_than_points_moved_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows, cols = np.arange(90) * 8 // 90, np.arange(120) * 20 // 120
    coarse = np.floor(9 * smooth((8, 20), 3, 1.2))
    field = coarse[np.ix_(rows, cols)]
    field[10:20, 10:30] = np.nan
    monkeypatch.setattr(exchange_points, "TRIES", 15)
    exchanged = i2d.reduce_adaptive(field, n_points=44, method="linear")
    monkeypatch.setattr(exchange_points, "TRIES", 0)
    moved = i2d.reduce_adaptive(field, n_points=44, method="linear")
    assert len(exchanged) == len(moved) == 44
    errors = [i2d.compare(field, i2d.reconstruct(p, field.shape)).rmse for p in (exchanged, moved)]
    assert errors[0] < 0.95 * errors[1]
    assert np.isfinite(field[exchanged["row"], exchanged["col"]]).all()


def test_two_sites_at_one_place_are_one(monkeypatch: pytest.MonkeyPatch) -> None:
    field = cells((60, 70), (12, 14), 7)
    found = grid_sites(field)
    assert found is not None
    twice = tuple(np.concatenate([part, part[:40]]) for part in found)
    monkeypatch.setattr(thin_sites, "grid_sites", lambda values: twice)
    points = i2d.reduce_adaptive(field, tolerance=0.02, method="nearest")
    assert not points.duplicated(["row", "col"]).any()
    assert i2d.compare(field, i2d.reconstruct(points, field.shape)).rmse <= 0.02


def test_borders_of_cells_under_grid_lines_are_found() -> None:
    field = cells((131, 170), (20, 30), 1)
    whole = i2d.reduce_adaptive(field, tolerance=1e-6, norm="max", method="nearest")
    hidden = field.copy()
    # lines of ink where cells touch: rows 64 | 65 | 66, columns 84 | 85
    hidden[[64, 65]] = hidden[:, [84, 85]] = np.nan
    assert (field[64] != field[66]).any()
    points = i2d.reduce_adaptive(hidden, tolerance=1e-6, norm="max", method="nearest")
    assert len(points) <= len(whole)
    again = i2d.reconstruct(points, field.shape)
    np.testing.assert_allclose(again[np.isfinite(hidden)], field[np.isfinite(hidden)], atol=1e-6)


@pytest.mark.parametrize("norm", ["rmse", "max"])
@pytest.mark.parametrize("grid", [(24, 28), (30, 35)])
def test_sites_left_out_keep_the_tolerance(norm: str, grid: tuple[int, int]) -> None:
    field = cells((120, 140), grid, 3)
    every = i2d.reduce_adaptive(field, tolerance=1e-9, norm=norm, method="nearest")
    few = i2d.reduce_adaptive(field, tolerance=0.02, norm=norm, method="nearest")
    assert len(few) < 0.9 * len(every)
    report = i2d.compare(field, i2d.reconstruct(few, field.shape), points=few)
    assert getattr(report, norm) <= 0.02
    assert few["size"].sum() == field.size


def test_sites_swapped_do_better_than_sites_left_out_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    field = cells((120, 150), (40, 50), 6)
    errors = []
    for swaps in (30, 0):
        monkeypatch.setattr(sites_module, "SWAPS", swaps)
        points = i2d.reduce_adaptive(field, n_points=1500, method="nearest")
        assert len(points) == 1500
        errors.append(i2d.compare(field, i2d.reconstruct(points, field.shape)).rmse)
    assert errors[0] < 0.95 * errors[1]


def test_sites_moved_do_better_than_sites_swapped_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    field = np.kron(np.random.default_rng(0).integers(0, 256, (30, 40)) / 256, np.ones((4, 4)))
    moved = i2d.reduce_adaptive(field, n_points=480, method="nearest")
    monkeypatch.setattr(thin_sites, "nudge", lambda *_args, **_options: None)
    swapped = i2d.reduce_adaptive(field, n_points=480, method="nearest")
    errors = [i2d.compare(field, i2d.reconstruct(p, field.shape)).rmse for p in (moved, swapped)]
    assert len(moved) == len(swapped) == 480
    assert errors[0] < 0.97 * errors[1]


def test_pixels_that_are_off_get_their_site_back() -> None:
    field = np.kron(np.random.default_rng(0).random((6, 8)), np.ones((4, 4)))
    rows, cols, heights = grid_sites(field)
    pixels = np.argwhere(np.isfinite(field)).astype(float)
    sites = sites_module.Sites(rows, cols, heights, pixels, field.ravel(), largest=True)
    sites.active[[9, 30]] = False
    sites.settle()
    assert sites.error() > 0.01
    assert sites.mend(0.01, lambda: None)
    assert sites.error() <= 0.01
    assert sites.number == 48


def test_the_method_can_be_chosen_and_must_suit() -> None:
    field = cells((60, 80), (10, 12), 4)
    linear = i2d.reduce_adaptive(field, n_points=60, method="linear")
    assert linear.attrs["method"] == "linear"
    np.testing.assert_array_equal(
        i2d.reconstruct(linear, field.shape),
        i2d.reconstruct(linear, field.shape, method="linear"),
    )
    with pytest.raises(i2d.Image2DataError, match="not made of flat cells"):
        i2d.reduce_adaptive(smooth((60, 70), 7), tolerance=0.01, method="nearest")
    with pytest.raises(i2d.Image2DataError, match="method 'best' is unknown"):
        i2d.reduce_adaptive(field, n_points=60, method="best")


def test_the_slope_of_a_splines_misfit_is_that_of_its_differences() -> None:
    rng = np.random.default_rng(0)
    pixels, unknown = rng.random((400, 2)), np.append(rng.random(10), 0.3)
    truth = np.sin(5 * pixels[:, 0]) * pixels[:, 1] ** 2
    _, slope = few_points.misfit_of(pixels, truth - truth.mean(), unknown)
    for number, one in enumerate(1e-6 * np.eye(11)):
        after, before = (
            few_points.misfit_of(pixels, truth - truth.mean(), unknown + way * one)[0]
            for way in (1, -1)
        )
        assert slope[number] == pytest.approx((after - before) / 2e-6, rel=1e-4, abs=1e-7)


def test_a_few_points_bend_a_stretched_spline_through_stretched_bands() -> None:
    field = np.floor(
        6 * gaussian_filter(np.random.default_rng(2).normal(size=(70, 90)), (4, 30)) * 40
    )
    points = i2d.reduce_adaptive(field, n_points=7)
    assert points.attrs["method"] == "rbf"
    down, across = points.attrs["spacing"]
    assert down > 1.3 * across
    report = i2d.compare(field, i2d.reconstruct(points, field.shape))
    even = i2d.compare(field, i2d.reconstruct(points, field.shape, spacing=(1, 1)))
    assert report.rmse < even.rmse
