"""Pictures and tables that were brought to 8 bits in different ways."""

from __future__ import annotations

import matplotlib
import numpy as np
import pytest
from scipy import ndimage

from napari_image2data import ColorScale, decode
from napari_image2data.decode.curve import Curve, read_positions
from napari_image2data.decode.rounding import drawn_with

TO_LEVELS = {"rounded": lambda real: np.floor(real + 0.5), "cut": np.floor}


def colors_of(name: str) -> np.ndarray:
    return matplotlib.colormaps[name](np.arange(256))[:, :3] * 255


def scale_of(levels: np.ndarray) -> ColorScale:
    return ColorScale.from_colors(levels / 255, (np.arange(256) + 0.5) / 256, vmin=0, vmax=1)


def smooth_field() -> np.ndarray:
    field = ndimage.gaussian_filter(np.random.default_rng(3).normal(size=(220, 260)), 18)[
        40:-40, 40:-40
    ]
    return (field - field.min()) / np.ptp(field)


@pytest.mark.parametrize("flipped", [False, True])
@pytest.mark.parametrize(("picture", "table"), [("rounded", "cut"), ("cut", "rounded")])
@pytest.mark.parametrize("name", ["copper", "bone", "ocean", "RdYlBu", "plasma", "jet"])
def test_every_pixel_is_read_as_its_own_entry(
    name: str, picture: str, table: str, flipped: bool
) -> None:
    real = colors_of(name)[:: -1 if flipped else 1]
    truth = smooth_field()
    entry = np.minimum((truth * 256).astype(int), 255)
    field = decode(
        TO_LEVELS[picture](real)[entry].astype(np.uint8), scale_of(TO_LEVELS[table](real))
    )
    # entries that share a colour cannot be told apart
    shown = TO_LEVELS[picture](real)
    alike = np.array([np.ptp(np.flatnonzero((shown == color).all(axis=1))) for color in shown])
    off = np.abs(field.values * 256 - 0.5 - entry)
    assert np.isfinite(field.values).mean() > 0.99
    assert np.nanmean(off > alike[entry] + 0.01) < 0.002


def test_a_map_that_no_catalog_knows_keeps_its_table() -> None:
    t = np.linspace(0, 1, 256)
    real = np.stack([40 + 170 * t**1.3, 20 + 90 * t, 200 - 150 * t**0.8], axis=-1)
    picture = np.floor(real + 0.5).astype(np.uint8)[:, None].repeat(3, axis=1)
    curve = Curve.of(scale_of(np.floor(real)))
    assert drawn_with(picture, read_positions(picture, curve), curve) is None


def test_a_picture_with_the_colors_of_its_table_keeps_it() -> None:
    levels = TO_LEVELS["cut"](colors_of("viridis"))
    picture = levels.astype(np.uint8)[:, None].repeat(3, axis=1)
    curve = Curve.of(scale_of(levels))
    assert drawn_with(picture, read_positions(picture, curve), curve) is None


def test_a_picture_of_another_map_keeps_the_table() -> None:
    picture = TO_LEVELS["rounded"](colors_of("magma")).astype(np.uint8)[:, None].repeat(3, axis=1)
    curve = Curve.of(scale_of(TO_LEVELS["cut"](colors_of("plasma"))))
    assert drawn_with(picture, read_positions(picture, curve), curve) is None
