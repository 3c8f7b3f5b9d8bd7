"""Paper around the data is no data, in JPEGs too, whatever part white has in the scale."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage
from scipy.spatial import cKDTree

from napari_image2data import ColorScale, decode
from napari_image2data.decode.holes import even_off_scale
from napari_image2data.decode.jpeg import find_jpeg_grid


def patches(seed: int, shape: tuple[int, int] = (240, 320), count: int = 150) -> np.ndarray:
    """A field in irregular flat patches, livelier than what JPEG likes."""
    rng = np.random.default_rng(seed)
    sites = rng.random((count, 2)) * shape
    noise = ndimage.gaussian_filter(rng.normal(size=shape), 25)
    noise = (noise - noise.min()) / np.ptp(noise)
    _, nearest = cKDTree(sites).query(np.stack(np.indices(shape), axis=-1).reshape(-1, 2))
    at = sites.astype(int)
    return noise[at[:, 0], at[:, 1]][nearest].reshape(shape)


def on_paper(name: str, seed: int, quality: int, *, lines: bool) -> tuple[np.ndarray, ...]:
    """A JPEG of patches in a slanted outline on white, grid lines over all; paper; ink."""
    scale = ColorScale.from_name(name, vmin=0, vmax=1)
    truth = 0.85 * patches(seed)
    rows, cols = np.indices(truth.shape)
    outline = np.abs(rows - 120) / 100 + (np.abs(cols - 160) / 146) ** 6
    paper = outline > 1
    ink = np.zeros(truth.shape, bool)
    if lines:
        ink[40::50] = ink[:, 30::60] = True
    picture = np.rint(scale.colors[np.rint(truth * 255).astype(int)] * 255)
    picture[paper] = 255
    picture[ink] = 110
    file = io.BytesIO()
    Image.fromarray(picture.astype(np.uint8)).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file).convert("RGB")), truth, paper & ~ink, ink


@pytest.mark.parametrize("name", ["hot", "YlOrRd_r", "RdYlBu_r", "rainbow"])
@pytest.mark.parametrize(("quality", "lines"), [(75, True), (90, False)])
def test_paper_around_data_is_no_data_in_a_jpeg(name: str, quality: int, lines: bool) -> None:
    picture, _, paper, ink = on_paper(name, 3, quality, lines=lines)
    field = decode(picture, ColorScale.from_name(name, vmin=0, vmax=1), jpeg=True)
    kept = np.isfinite(field.values)
    assert kept[paper].mean() < 0.04
    data = ~ndimage.binary_dilation(paper | ink, iterations=4)
    assert (~kept[data]).mean() < 0.02


@pytest.mark.parametrize("quality", [30, 50, 75, 90])
@pytest.mark.parametrize("name", ["viridis", "RdBu_r", "hot"])
def test_even_data_are_on_the_scale_at_any_quality(name: str, quality: int) -> None:
    scale = ColorScale.from_name(name, vmin=0, vmax=1)
    truth = np.kron(np.random.default_rng(4).random((8, 10)), np.ones((32, 32)))
    picture = np.rint(scale.colors[np.rint(truth * 255).astype(int)] * 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=quality)
    field = decode(np.asarray(Image.open(file)), scale, overlays="keep", jpeg=True)
    found = even_off_scale(np.asarray(Image.open(file)), field.distance)
    assert not found.any()


@pytest.mark.parametrize("seed", [5, 6])
def test_a_jpeg_is_recognized_between_many_sharp_edges(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth = np.kron(rng.random((60, 80)), np.ones((4, 4)))  # the liveliest places
    truth[60:, :] = patches(seed)[60:]
    scale = ColorScale.from_name("hot_r", vmin=0, vmax=1)
    picture = np.rint(scale.colors[np.rint(truth * 255).astype(int)] * 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=75)
    grid = find_jpeg_grid(np.asarray(Image.open(file))[3:, 5:])
    assert grid is not None
    assert (grid.row, grid.col) == (5, 3)
    assert grid.share > 0.68


@pytest.mark.parametrize(("middle", "radius"), [((50, 90), 16), ((40, 120), 18)])
def test_a_hole_that_touches_data_of_its_own_color_is_one(
    middle: tuple[int, int], radius: int
) -> None:
    scale = ColorScale.from_name("bwr", vmin=0, vmax=1)
    row, col = np.indices((180, 240))
    away = np.hypot(row - 90, col - 120)
    rings = 0.5 + 0.25 * np.cos(away / 9) * np.exp(-away / 120)
    truth = np.kron(rings[::3, ::3], np.ones((3, 3)))  # a third of the hole's edge is white
    hole = np.hypot(row - middle[0], (col - middle[1]) / 1.3) < radius
    picture = np.rint(scale.colors[np.rint(truth * 255).astype(int)] * 255).astype(np.uint8)
    clean = decode(picture, scale)
    picture[hole] = 255
    kept = np.isfinite(decode(picture, scale).values)
    assert kept[hole].mean() < 0.02
    assert (~kept & ~hole).mean() < 0.005
    assert np.isfinite(clean.values).all()
