"""The whole way in one object: results, recipe, and what is said when a step cannot be done."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.spatial import KDTree

import napari_image2data as i2d
from known import KnownFigure
from napari_image2data.demo import example_figure, example_truth
from napari_image2data.errors import FigureError, FileError


@pytest.fixture(scope="module")
def example_run() -> i2d.ImageToData:
    """The example figure with its map and range given, decoded."""
    scale = i2d.ColorScale.from_name("jet_r", vmin=0.0, vmax=0.7)
    return i2d.ImageToData(example_figure()).read(scale=scale, box=example_truth().box).decode()


def recipe_oracle(image: np.ndarray, vmin: float, vmax: float) -> np.ndarray:
    """The original recipe: 10 000 samples of the map, KD-tree, nearest colour of every pixel."""
    import matplotlib as mpl

    samples = mpl.colormaps["jet_r"](np.linspace(0, 1, 10_000))[:, :3]
    _, index = KDTree(samples).query(image.reshape(-1, 3) / 255)
    return (vmin + index / 9_999 * (vmax - vmin)).reshape(image.shape[:2])


def test_example_figure_is_as_good_as_the_goal_and_the_recipe(example_run: i2d.ImageToData) -> None:
    truth = example_truth()
    x0, y0, x1, y1 = (round(edge) for edge in truth.box)
    values = example_run.field.values
    seen = np.isfinite(values) & ~truth.occluded
    error = np.abs(values - truth.values)[seen].mean() / 0.7
    oracle = recipe_oracle(example_run.image[y0:y1, x0:x1], 0.0, 0.7)
    assert error <= 0.006
    assert error <= np.abs(oracle - truth.values)[seen].mean() / 0.7
    assert np.isfinite(values)[~truth.occluded].mean() > 0.97


def test_example_figure_hides_its_ink(example_run: i2d.ImageToData) -> None:
    truth = example_truth()
    hidden = truth.occluded
    kept = np.isfinite(example_run.field.values) & hidden
    wrong = np.abs(example_run.field.values - truth.values)[kept] > 0.05 * 0.7
    assert wrong.sum() / hidden.sum() < 0.02


def test_all_steps_chain(known_figure: KnownFigure) -> None:
    scale = i2d.ColorScale.from_name("viridis", vmin=2.0, vmax=10.0)
    run = i2d.ImageToData(known_figure.image).read(scale=scale, box=known_figure.box)
    run.decode().mask(tolerance=0.05).cluster(eps=1.5, min_samples=3).reconstruct()
    assert run.gradient_mask.shape == run.labels.shape == (160, 200)
    assert run.labels.max() == len(run.points) > 10
    assert run.report.rmse < 0.2 * 8
    assert [name for name, _ in run.recipe.steps] == [
        "read",
        "decode",
        "mask",
        "cluster",
        "reconstruct",
    ]


def test_a_later_step_runs_the_earlier_ones(known_figure: KnownFigure) -> None:
    scale = i2d.ColorScale.from_name("viridis", vmin=2.0, vmax=10.0)
    run = i2d.ImageToData(known_figure.image).read(scale=scale, box=known_figure.box)
    run.reduce(n_points=200).reconstruct()
    assert len(run.points) == 200
    assert run.report.rmse < 0.02 * 8


def test_a_recipe_gives_the_same_numbers_bit_for_bit(
    known_figure: KnownFigure, tmp_path: Path
) -> None:
    path = tmp_path / "figure.png"
    Image.fromarray(known_figure.image).save(path)
    scale = i2d.ColorScale.from_colorbar(known_figure.image, known_figure.colorbar, vmin=2, vmax=10)
    run = i2d.ImageToData(path).read(scale=scale, box=known_figure.box).decode(overlays="fill")
    run.mask(tolerance=0.05).cluster(eps=2.0, min_samples=4).reconstruct(method="nearest")
    recipe = i2d.Recipe.load(run.recipe.save(tmp_path / "recipe.json"))
    again = i2d.ImageToData.from_recipe(recipe, path)
    for name in ("values", "distance", "sigma", "flags", "x", "y"):
        np.testing.assert_array_equal(getattr(again.field, name), getattr(run.field, name))
    np.testing.assert_array_equal(again.labels, run.labels)
    np.testing.assert_array_equal(again.reconstruction, run.reconstruction)
    assert again.recipe == run.recipe


def test_the_plot_area_is_found_when_only_the_scale_is_given(known_figure: KnownFigure) -> None:
    scale = i2d.ColorScale.from_name("viridis", vmin=2.0, vmax=10.0)
    field = i2d.image_to_data(known_figure.image, scale=scale)
    np.testing.assert_allclose(field.box, known_figure.box, atol=1)


def test_a_bar_without_numbers_is_said_and_nothing_invented(known_figure: KnownFigure) -> None:
    with pytest.raises(FigureError, match="could not be read") as caught:
        i2d.image_to_data(known_figure.image)
    assert "\n" not in str(caught.value)


def test_bad_recipes_get_one_sentence(known_figure: KnownFigure) -> None:
    unknown = i2d.Recipe(None, "", "0").with_step("paint", {})
    with pytest.raises(i2d.Image2DataError, match="'paint' that does not exist"):
        i2d.ImageToData.from_recipe(unknown, known_figure.image)
    wrong = i2d.Recipe(None, "", "0").with_step("read", {"colour": 1})
    with pytest.raises(i2d.Image2DataError, match="'read' cannot be run"):
        i2d.ImageToData.from_recipe(wrong, known_figure.image)
    strange = i2d.Recipe(None, "", "0").with_step("read", {"scale": {"object": "X", "fields": {}}})
    with pytest.raises(FileError, match="not known here"):
        i2d.ImageToData.from_recipe(strange, known_figure.image)


def test_a_panel_that_does_not_exist(known_figure: KnownFigure) -> None:
    scale = i2d.ColorScale.from_name("viridis", vmin=2.0, vmax=10.0)
    with pytest.raises(FigureError, match="panel 7 does not exist"):
        i2d.ImageToData(known_figure.image).read(scale=scale, panel=7)


def test_a_recipe_keeps_the_options_of_decode_and_the_cells(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    cells = rng.random((9, 12))
    base = rng.integers(0, 255, (90, 144, 3), np.uint8)
    scale = i2d.ColorScale.from_name("viridis", vmin=0.0, vmax=1.0)
    colors = scale.to_color(np.kron(cells, np.ones((10, 12)))) * 255
    picture = np.round(0.6 * colors + 0.4 * base).astype(np.uint8)
    run = i2d.ImageToData(picture).read(scale=scale, box="all")
    run.decode(base=base, opacity=0.6, overlays="keep").cells()
    assert run.cell_grid.shape == cells.shape
    np.testing.assert_allclose(run.cell_grid.values, cells, atol=0.01)
    table = run.cell_grid.table()
    np.testing.assert_array_equal(table["value"], run.cell_grid.values.ravel())
    assert (table["x"][1], table["y"][13]) == pytest.approx((18, 15), abs=0.1)
    recipe = i2d.Recipe.load(run.recipe.save(tmp_path / "recipe.json"))
    again = i2d.ImageToData.from_recipe(recipe, picture)
    np.testing.assert_array_equal(again.field.values, run.field.values)
    np.testing.assert_array_equal(again.cell_grid.values, run.cell_grid.values)


def test_the_samples_of_a_picture_become_its_points() -> None:
    from scipy.spatial import cKDTree

    rng = np.random.default_rng(1)
    sites, values = rng.uniform(5, 95, (40, 2)), rng.random(40)
    nearest = cKDTree(sites).query(np.argwhere(np.ones((100, 100))))[1].reshape(100, 100)
    scale = i2d.ColorScale.from_name("viridis", vmin=0.0, vmax=1.0)
    picture = np.round(scale.to_color(values[nearest]) * 255).astype(np.uint8)
    run = i2d.ImageToData(picture).read(scale=scale, box="all").find_nodes()
    assert run.nodes.kind == "nearest"
    found = cKDTree(run.points[["row", "col"]]).query(sites)[0]
    assert (found < 3).mean() >= 0.9
    assert [name for name, _ in run.recipe.steps] == ["read", "decode", "find_nodes"]
