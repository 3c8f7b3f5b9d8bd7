"""Grids over the data are found whole; stripes, cells and noise of the data are none."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from napari_image2data import ColorScale, decode
from napari_image2data.decode.grid_lines import find_grid_lines

SHAPE = (180, 240)
DOTS, DASHES, SOLID = (1, 2), (4, 6), (1, 1)


def rings() -> np.ndarray:
    """A field with slopes of up to 5 % of its range a pixel."""
    row, col = np.indices(SHAPE)
    return 0.5 + 0.48 * np.cos(np.hypot(row - 80, col - 110) / 9)


def cells() -> np.ndarray:
    """Values of 15 x 8 cells."""
    coarse = np.random.default_rng(3).random((15, 8))
    return np.kron(coarse, np.ones((12, 30)))


def draw(truth: np.ndarray, scale: ColorScale) -> np.ndarray:
    index = np.clip((truth * len(scale.colors)).astype(int), 0, len(scale.colors) - 1)
    return np.rint(scale.colors[index] * 255).astype(np.uint8)


def with_grid(
    picture: np.ndarray, gray: int, pattern: tuple[int, int], opacity: float
) -> tuple[np.ndarray, np.ndarray]:
    """Three lines along the rows and four along the columns, and which pixels they cover."""
    ink = np.zeros(SHAPE, bool)
    on, period = pattern
    for row in (30, 85, 140):
        ink[row] |= np.arange(SHAPE[1]) % period < on
    for col in (25, 80, 141, 200):
        ink[:, col] |= np.arange(SHAPE[0]) % period < on
    tinted = np.rint((1 - opacity) * picture[ink] + opacity * gray)
    picture = picture.copy()
    picture[ink] = tinted.astype(np.uint8)
    return picture, ink


@pytest.mark.parametrize("truth", [rings(), cells()], ids=["rings", "cells"])
@pytest.mark.parametrize(
    ("name", "gray", "pattern", "opacity"),
    [
        ("copper", 0, DOTS, 0.7),
        ("gray", 176, SOLID, 0.8),
        ("gray", 0, DASHES, 0.6),
        ("jet", 0, DASHES, 1.0),
        ("viridis", 255, SOLID, 0.5),
    ],
)
def test_a_grid_is_masked_and_little_else(
    truth: np.ndarray, name: str, gray: int, pattern: tuple[int, int], opacity: float
) -> None:
    scale = ColorScale.from_name(name, vmin=0, vmax=1)
    picture, ink = with_grid(draw(truth, scale), gray, pattern, opacity)
    field = decode(picture, scale)
    kept = np.isfinite(field.values)
    bad = np.abs(field.values - truth)[ink & kept] > 0.05
    # where a grey dash crosses a slope of greys, it may be a mix of the data on either side
    assert bad.sum() <= (0.035 if name == "gray" else 0.01) * ink.sum()
    assert (~kept & ~ink).sum() < 0.002 * (~ink).sum()


@pytest.mark.parametrize(("name", "gray"), [("jet", 0), ("viridis", 255), ("copper", 0)])
def test_a_grid_in_a_jpeg(name: str, gray: int) -> None:
    scale = ColorScale.from_name(name, vmin=0, vmax=1)
    truth = 0.5 + 0.4 * np.cos(np.hypot(*np.indices(SHAPE)) / 20)
    picture, ink = with_grid(draw(truth, scale), gray, SOLID, 0.8)
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=80)
    field = decode(np.asarray(Image.open(file)), scale)
    kept = np.isfinite(field.values)
    assert (np.abs(field.values - truth)[ink & kept] > 0.05).sum() <= 0.03 * ink.sum()
    beside = np.asarray(ndimage.binary_dilation(ink, iterations=4))
    assert (~kept & ~beside).mean() < 0.01


@pytest.mark.parametrize("period", [2, 3, 5, 8, 14, 25])
def test_stripes_of_the_data_are_no_grid(period: int) -> None:
    row, col = np.indices(SHAPE)
    waves = 0.5 + 0.3 * np.sin(2 * np.pi * row / period) + 0.1 * np.sin(col / 40)
    picture = draw(waves, ColorScale.from_name("gray", vmin=0, vmax=1))
    assert not find_grid_lines(picture, np.zeros(SHAPE, bool)).any()


def test_noise_thin_rows_and_single_lines_are_no_grid() -> None:
    rng = np.random.default_rng(0)
    scale, nothing = ColorScale.from_name("gray", vmin=0, vmax=1), np.zeros(SHAPE, bool)
    assert not find_grid_lines(draw(rng.random(SHAPE), scale), nothing).any()
    rows = np.repeat(rng.random((SHAPE[0] // 2, 8)), 2, axis=0)
    thin = np.kron(rows, np.ones((1, SHAPE[1] // 8)))
    assert not find_grid_lines(draw(thin, scale), nothing).any()
    single = draw(cells(), scale)
    single[60] = 0
    assert not find_grid_lines(single, nothing).any()
