"""Draw the before/after pictures of docs/method: ``python -m benchmarks.method_pictures``."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image
from scipy import ndimage

import napari_image2data as i2d

FOLDER = Path(__file__).parents[1] / "docs" / "images"


def smooth_field(seed: int, width: float = 22) -> np.ndarray:
    """Draw a smooth random field in 0..1."""
    noise = np.random.default_rng(seed).normal(size=(240, 300))
    field = ndimage.gaussian_filter(noise, width)[50:-50, 50:-50]
    return np.asarray((field - field.min()) / np.ptp(field))


def paint(values: np.ndarray, scale: i2d.ColorScale) -> np.ndarray:
    """Colour values in 0..1; NaN is grey."""
    index = np.nan_to_num(values * len(scale.colors)).astype(int).clip(0, len(scale.colors) - 1)
    picture = np.rint(scale.colors[index] * 255)
    picture[np.isnan(values)] = 170
    return picture.astype(np.uint8)


def save(name: str, *pictures: np.ndarray) -> None:
    """Save pictures side by side."""
    gap = np.full((pictures[0].shape[0], 8, 3), 255, np.uint8)
    parts = [part for picture in pictures for part in (picture, gap)][:-1]
    Image.fromarray(np.concatenate(parts, axis=1)).save(FOLDER / f"{name}.png", optimize=True)


def main() -> None:
    scale = i2d.ColorScale.from_name("magma", vmin=0, vmax=1)
    truth = 0.25 + 0.7 * smooth_field(1)
    picture = paint(truth, scale)
    rows, cols = np.indices(truth.shape)
    picture[np.abs(np.hypot(rows - 70, cols - 100) - 40) < 1.2] = 0
    picture[np.abs(rows + cols - 190) < 2] = 0
    picture[:2] = picture[-2:] = picture[:, :2] = picture[:, -2:] = 0
    masked = i2d.decode(picture, scale).values
    filled = i2d.decode(picture, scale, overlays="fill").values
    save("overlays", picture, paint(masked, scale), paint(filled, scale))

    scale = i2d.ColorScale.from_name("viridis", vmin=0, vmax=1)
    truth = smooth_field(2)
    file = io.BytesIO()
    Image.fromarray(paint(truth, scale)).save(file, "JPEG", quality=30, subsampling=2)
    picture = np.asarray(Image.open(file).convert("RGB"))
    ten = i2d.ColorScale.from_name("gray", vmin=0, vmax=1)
    errors = [i2d.lookup(picture, scale).values, i2d.decode(picture, scale).values]
    save("jpeg", *(paint(np.abs(values - truth) * 25, ten) for values in errors))

    bands = i2d.ColorScale.from_name("viridis", vmin=0, vmax=1, n_colors=10)
    picture = paint(truth, bands)
    fine = i2d.decode(picture, bands, dequantize=True).values
    save("bands", picture, paint(fine, scale))


if __name__ == "__main__":
    main()
