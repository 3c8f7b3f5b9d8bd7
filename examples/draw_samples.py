"""Draw the sample figures of napari's File > Open Sample, each of another kind.

Run ``python examples/draw_samples.py [FOLDER]``; by default into the package's samples. The
fields are made up. Nothing here is needed at run time.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter, zoom

mpl.use("agg")
import matplotlib.pyplot as plt
from matplotlib.colors import LogNorm

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SAMPLES = Path(__file__).resolve().parents[1] / "src/napari_image2data/samples"


def smooth_field(
    seed: int, shape: tuple[int, int], width: float, *, edges: str = "reflect"
) -> np.ndarray:
    """A random field ``shape``, 0..1, smooth over ``width`` pixels."""
    noise = np.random.default_rng(seed).standard_normal(shape)
    field = gaussian_filter(noise, width, mode=edges)
    return (field - field.min()) / np.ptp(field)


def picture_of(figure: Figure) -> Image.Image:
    """A figure's pixels, as RGB."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    plt.close(figure)
    return Image.open(buffer).convert("RGB")


def draw_log_bar() -> Image.Image:
    """Concentration over four decades, viridis, colour bar with powers of ten."""
    field = 10 ** (4 * smooth_field(3, (180, 240), 16) - 2)
    figure, axes = plt.subplots(figsize=(6.4, 4.4), dpi=100, layout="constrained")
    drawn = axes.imshow(
        field, norm=LogNorm(1e-2, 1e2), cmap="viridis", extent=(0, 12, 0, 9), aspect="auto"
    )
    axes.set(xlabel="distance (km)", ylabel="depth (km)", title="Tracer")
    figure.colorbar(drawn, label="concentration (µg/L)")
    return picture_of(figure)


def draw_holes() -> Image.Image:
    """An anomaly around zero in diverging colours, with missing areas, bar at the bottom."""
    field = 6 * smooth_field(11, (220, 360), 22) - 3
    field[smooth_field(5, field.shape, 14) > 0.62] = np.nan
    figure, axes = plt.subplots(figsize=(6.4, 5.0), dpi=100, layout="constrained")
    drawn = axes.imshow(field, vmin=-3, vmax=3, cmap="RdBu_r", extent=(-30, 30, 35, 70))
    axes.set_facecolor("0.75")
    axes.set(xlabel="longitude (°)", ylabel="latitude (°)", title="Temperature anomaly")
    figure.colorbar(drawn, location="bottom", label="anomaly (K)", extend="both", aspect=40)
    return picture_of(figure)


def draw_contours() -> Image.Image:
    """Filled contours: ten classes with a stepped bar."""
    field = 100 * smooth_field(20, (160, 200), 18)
    x, y = np.linspace(0, 50, 200), np.linspace(0, 40, 160)
    figure, axes = plt.subplots(figsize=(6.0, 4.6), dpi=100, layout="constrained")
    drawn = axes.contourf(x, y, field, levels=np.arange(0, 101, 10), cmap="YlGnBu")
    axes.set(xlabel="x (mm)", ylabel="y (mm)")
    figure.colorbar(drawn, label="strain (%)", ticks=np.arange(0, 101, 20))
    return picture_of(figure)


def draw_thermal() -> Image.Image:
    """A thermal camera's still: no axes, dark surroundings, a thin bar with two numbers."""
    height, width = 240, 320
    y, x = np.mgrid[:height, :width]
    heat = 21 + 2.5 * smooth_field(8, (height, width), 30)
    for row, column, size, rise in ((120, 110, 38, 13), (150, 215, 26, 9), (70, 240, 12, 16)):
        heat += rise * np.exp(
            -((((y - row) / size) ** 2 + ((x - column) / (0.8 * size)) ** 2) ** 1.5)
        )
    figure = plt.figure(figsize=(4.0, 2.8), dpi=100, facecolor="black")
    axes = figure.add_axes((0.02, 0.07, 0.8, 0.86))
    drawn = axes.imshow(heat, cmap="inferno", vmin=20, vmax=40, aspect="auto")
    axes.set_axis_off()
    bar = figure.colorbar(drawn, cax=figure.add_axes((0.86, 0.12, 0.04, 0.76)), ticks=[20, 30, 40])
    bar.ax.tick_params(colors="white", labelsize=9, length=2)
    bar.outline.set_edgecolor("white")
    figure.text(0.94, 0.93, "°C", color="white", size=9, ha="center")
    return picture_of(figure)


def draw_movie(frames: int = 16) -> list[Image.Image]:
    """Frames of a field that drifts and changes."""
    base, other = (smooth_field(seed, (60, 120), 9, edges="wrap") for seed in (31, 32))
    pictures = []
    for frame in range(frames):
        turn = 2 * np.pi * frame / frames
        field = np.roll(base, 3 * frame, axis=1) * (0.75 + 0.25 * np.cos(turn))
        field = zoom(field + 0.4 * other * np.sin(turn) ** 2, 3, order=1)
        figure, axes = plt.subplots(figsize=(4.4, 2.6), dpi=100, layout="constrained")
        drawn = axes.imshow(field, cmap="plasma", vmin=0, vmax=1.2, extent=(0, 40, 0, 20))
        axes.set(xlabel="x (m)", ylabel="y (m)", title=f"t = {frame} s")
        figure.colorbar(drawn, label="height (m)", shrink=0.75)
        pictures.append(picture_of(figure))
    return pictures


def main(folder: Path = SAMPLES) -> None:
    """Draw and save all samples."""
    for name, draw in (
        ("log-bar", draw_log_bar),
        ("holes", draw_holes),
        ("contours", draw_contours),
        ("thermal", draw_thermal),
    ):
        draw().save(folder / f"{name}.png", optimize=True)
    first, *others = draw_movie()
    first.save(folder / "movie.webp", save_all=True, append_images=others, lossless=True)


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:2]))
