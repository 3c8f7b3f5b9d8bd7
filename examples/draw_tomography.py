"""Draw the example figure: a seismic map as a journal prints it, with its truth beside it.

Run ``python examples/draw_tomography.py [FOLDER]`` to write ``tomography.jpg`` and
``tomography-truth.npz`` (by default into the package's samples, where ``examples/`` links to).
The field is made up: smooth anomalies, known at scattered stations and interpolated linearly
between them, so that a few hundred points really do carry the whole picture.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
from PIL import Image
from scipy.interpolate import LinearNDInterpolator

mpl.use("agg")
import matplotlib.pyplot as plt

SAMPLES = Path(__file__).resolve().parents[1] / "src/napari_image2data/samples"
LONGITUDE, LATITUDE = (144.0, 149.0), (-44.0, -40.0)
VMIN, VMAX = 0.0, 0.7
N_STATIONS = 320


def draw_stations(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Station coordinates (N, 2) in degrees and their values (N,) in seconds."""
    corners = [(x, y) for x in LONGITUDE for y in LATITUDE]
    count = N_STATIONS - len(corners)
    inner = np.column_stack([rng.uniform(*LONGITUDE, count), rng.uniform(*LATITUDE, count)])
    points = np.vstack([corners, inner])
    values = np.full(N_STATIONS, 0.36)
    for _ in range(16):
        x, y = rng.uniform(*LONGITUDE), rng.uniform(*LATITUDE)
        width, height = rng.uniform(0.4, 1.0), rng.uniform(-0.3, 0.3)
        distance = np.hypot(points[:, 0] - x, 1.2 * (points[:, 1] - y))
        values += height * np.exp(-((distance / width) ** 2))
    return points, np.clip(values, 0.03, 0.67)


def draw_coastline(rng: np.random.Generator) -> np.ndarray:
    """A closed, rugged outline (N, 2) in degrees."""
    angle = np.linspace(0, 2 * np.pi, 600)
    radius = np.ones_like(angle)
    for order in range(2, 26):
        radius += rng.normal(0, 0.32 / order) * np.cos(order * angle + rng.uniform(0, 2 * np.pi))
    return np.column_stack(
        [146.6 + 1.5 * radius * np.cos(angle), -42.1 + 1.2 * radius * np.sin(angle)]
    )


def draw_figure(
    field: LinearNDInterpolator, coast: np.ndarray | None
) -> tuple[Image.Image, tuple[float, ...]]:
    """Draw the figure; without a coast, draw no ink over the data at all.

    Returns
    -------
    picture : PIL.Image.Image
    box : (x0, y0, x1, y1)
        Edges of the plot area in pixels.
    """
    figure, axes = plt.subplots(figsize=(6.4, 4.6), dpi=125)
    grid = np.meshgrid(np.linspace(*LONGITUDE, 640), np.linspace(*LATITUDE, 512))
    shown = axes.imshow(
        field(*grid),
        origin="lower",
        extent=(*LONGITUDE, *LATITUDE),
        cmap="jet_r",
        vmin=VMIN,
        vmax=VMAX,
        interpolation="bilinear",
        aspect="auto",
    )
    figure.colorbar(shown, label="delay time (s)")
    axes.set(xlabel="longitude (°E)", ylabel="latitude (°N)", title="Shear-wave splitting")
    if coast is None:
        axes.spines[:].set_visible(False)
        axes.tick_params(length=0)
    else:
        axes.plot(*coast.T, color="black", lw=1.1)
        for name, place in (("Launceston", (147.1, -41.4)), ("Hobart", (147.3, -42.9))):
            axes.plot(*place, "k^", ms=5)
            axes.annotate(name, place, xytext=(5, 4), textcoords="offset points", fontsize=9)
        axes.text(144.2, -43.8, "Southern Ocean", style="italic", fontsize=10)
    figure.canvas.draw()
    extent, height = axes.get_window_extent(), figure.bbox.height
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    plt.close(figure)
    box = (extent.x0, height - extent.y1, extent.x1, height - extent.y0)
    return Image.open(buffer).convert("RGB"), box


def main(folder: Path) -> None:
    """Write the figure and its truth."""
    rng = np.random.default_rng(2016)
    points, values = draw_stations(rng)
    field = LinearNDInterpolator(points, values)
    inked, box = draw_figure(field, draw_coastline(rng))
    clean, _ = draw_figure(field, None)
    x0, y0, x1, y1 = (round(edge) for edge in box)
    across = (np.arange(x0, x1) + 0.5 - box[0]) / (box[2] - box[0])
    down = (np.arange(y0, y1) + 0.5 - box[1]) / (box[3] - box[1])
    x = LONGITUDE[0] + across.clip(0, 1) * np.ptp(LONGITUDE)
    y = LATITUDE[1] - down.clip(0, 1) * np.ptp(LATITUDE)
    truth = field(*np.meshgrid(x, y))
    occluded = (np.asarray(clean) != np.asarray(inked)).any(axis=2)[y0:y1, x0:x1]
    inked.save(folder / "tomography.jpg", quality=90)
    np.savez_compressed(
        folder / "tomography-truth.npz",
        truth=np.round((truth - VMIN) / (VMAX - VMIN) * 65535).astype(np.uint16),
        occluded=np.packbits(occluded, axis=1),
        box=np.array(box),
        vmin_vmax=np.array([VMIN, VMAX]),
        stations=np.column_stack([points, values]).astype(np.float32),
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLES)
