from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter
from scipy.stats import spearmanr

from napari_image2data import ColorScale, lookup, recover_scale
from napari_image2data.errors import ScaleError

# colour error (rms) of unmap's guess on a 256 x 256 smooth field
UNMAP_RMS = {
    "jet": 0.117,
    "viridis": 0.110,
    "hsv": 0.176,
    "turbo": 0.092,
    "colorbrewer:RdBu": 0.087,
    "colorbrewer:Blues": 0.047,
}


def smooth_field(seed: int = 1) -> np.ndarray:
    field = gaussian_filter(np.random.default_rng(seed).normal(size=(256, 256)), 26)
    return (field - field.min()) / np.ptp(field)


def drawn(name: str, field: np.ndarray) -> np.ndarray:
    colors = ColorScale.from_name(name, vmin=0, vmax=1).colors
    return (colors[np.minimum((field * 256).astype(int), 255)] * 255).astype(np.uint8)


def rank_correlation(picture: np.ndarray, field: np.ndarray) -> float:
    values = lookup(picture, recover_scale(picture)).values
    known = np.isfinite(values)
    assert known.mean() > 0.9
    return abs(float(spearmanr(values[known], field[known])[0]))


@pytest.mark.parametrize("name", sorted(UNMAP_RMS))
@pytest.mark.parametrize("quality", [None, 75])
def test_orders_the_colors_of_a_smooth_field(name: str, quality: int | None) -> None:
    field = smooth_field()
    picture = drawn(name, field)
    if quality is not None:
        buffer = io.BytesIO()
        Image.fromarray(picture).save(buffer, "JPEG", quality=quality)
        picture = np.asarray(Image.open(buffer))
    assert rank_correlation(picture, field) >= 0.99


@pytest.mark.parametrize("name", sorted(UNMAP_RMS))
def test_spaces_the_colors_better_than_unmap(name: str) -> None:
    truth = ColorScale.from_name(name, vmin=0, vmax=1).colors
    errors = []
    for seed in range(4):
        found = recover_scale(drawn(name, smooth_field(seed))).colors
        errors.append(min(np.sqrt(((c - truth) ** 2).mean()) for c in (found, found[::-1])))
    assert np.mean(errors) < UNMAP_RMS[name]


def test_text_and_a_land_mask_do_not_join_the_scale() -> None:
    field = smooth_field(2)
    picture = Image.fromarray(drawn("viridis", field))
    draw = ImageDraw.Draw(picture)
    draw.text((40, 40), "station 12.5", fill=(0, 0, 0), font_size=24)
    draw.ellipse([120, 120, 220, 200], fill=(230, 230, 230))
    scale = recover_scale(np.asarray(picture))
    nearest = abs(scale.colors[:, None] - np.array([[0, 0, 0], [230, 230, 230]]) / 255).max(2)
    assert nearest.min() > 0.08


@pytest.mark.parametrize(
    ("name", "quality"), [("jet", None), ("jet", 90), ("turbo", 90), ("viridis", None)]
)
def test_lines_and_words_do_not_bridge_the_map(name: str, quality: int | None) -> None:
    field = smooth_field(3)
    plain = drawn(name, field)
    canvas = Image.fromarray(plain)
    draw = ImageDraw.Draw(canvas)
    across = np.arange(0, 256, 2)
    for level in (60, 120, 190):
        wave = level + 18 * np.sin(across / 17 + level) + 6 * np.sin(across / 5)
        draw.line(list(zip(across.tolist(), wave.tolist(), strict=True)), fill=(0, 0, 0), width=2)
    draw.text((40, 20), "Label 12", fill=(255, 255, 255), font_size=14)
    draw.text((140, 90), "Label 7", fill=(0, 0, 0), font_size=14)
    picture = np.asarray(canvas)
    covered = (picture != plain).any(axis=2)
    if quality is not None:
        buffer = io.BytesIO()
        canvas.save(buffer, "JPEG", quality=quality)
        picture = np.asarray(Image.open(buffer))
    values = lookup(picture, recover_scale(picture)).values
    seen = np.isfinite(values) & ~covered
    assert seen.mean() > 0.8
    assert abs(spearmanr(values[seen], field[seen])[0]) >= 0.99


def test_values_of_the_ends_are_as_asked() -> None:
    scale = recover_scale(drawn("magma", smooth_field()), vmin=10, vmax=30)
    assert (scale.vmin, scale.vmax) == (10, 30)
    assert scale.colors[0].sum() < scale.colors[-1].sum()


def test_a_picture_of_one_color_gives_no_order() -> None:
    with pytest.raises(ScaleError, match="order"):
        recover_scale(np.full((40, 40, 3), 90, np.uint8))
