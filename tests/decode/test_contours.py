"""Filled contours as matplotlib draws them: every band comes back as itself."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from scipy import ndimage

from napari_image2data import ColorScale, decode

LEVELS = np.array([-4, -2, -1, -0.5, 0, 0.5, 1, 2, 4])


def contours(cmap: str, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The picture, one pixel a value, and the colours of its bands."""
    rows, cols = truth.shape
    figure = Figure(figsize=(cols / 100, rows / 100), dpi=100)
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    x, y = np.arange(cols) + 0.5, np.arange(rows) + 0.5
    drawn = axes.contourf(x, y, truth, levels=LEVELS, cmap=cmap)
    axes.set(xlim=(0, cols), ylim=(rows, 0))
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3], drawn.to_rgba(drawn.cvalues)[:, :3]


@pytest.mark.parametrize("cmap", ["viridis", "jet", "RdBu_r", "gray", "nipy_spectral"])
def test_every_band_of_filled_contours_decodes_to_its_own(cmap: str) -> None:
    y, x = np.mgrid[:240, :320]
    truth = 3.9 * np.sin(x / 50) * np.cos(y / 45)
    picture, colors = contours(cmap, truth)
    middles = (LEVELS[1:] + LEVELS[:-1]) / 2
    field = decode(picture, ColorScale.from_colors(colors, middles, discrete=True))
    band = np.digitize(truth, LEVELS) - 1
    near = ndimage.maximum_filter(band, 3) != ndimage.minimum_filter(band, 3)
    near[[0, -1]] = near[:, [0, -1]] = True  # contours end at the middles of the outer pixels
    assert set(np.unique(band[~near])) == set(range(len(middles)))
    assert (field.values[~near] == middles[band[~near]]).all()
    found = near & np.isfinite(field.values)
    off = np.digitize(field.values[found], LEVELS) - 1 - band[found]
    assert found.sum() > 0.5 * near.sum()
    assert (abs(off) > 1).mean() < 0.01  # blended with the page's white at its own edge
