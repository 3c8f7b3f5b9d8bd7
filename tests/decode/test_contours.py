"""Filled contours as matplotlib draws them: every band comes back as itself."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from scipy import ndimage

from napari_image2data import ColorScale, decode
from napari_image2data.decode.overlay import soft_edges
from napari_image2data.decode.strokes import find_strange_patches

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


def test_bare_paper_and_markers_in_the_color_of_a_far_band_are_no_data() -> None:
    y, x = np.mgrid[:240, :320]
    truth = 3.9 * np.sin(x / 50) * np.cos(y / 45)
    picture, colors = contours("gray", truth)
    middles = (LEVELS[1:] + LEVELS[:-1]) / 2
    scale = ColorScale.from_colors(colors, middles, discrete=True)
    clean = decode(picture, scale)
    bare, marker = truth < -3, np.zeros(truth.shape, bool)
    marker[100:112, 60:72] = marker[30:41, 280:291] = True
    picture = picture.copy()
    picture[bare] = 255  # the last band's colour, amid the first one
    picture[marker & (truth < 1)] = np.rint(colors[-1] * 255)
    picture[marker & (truth >= 1)] = np.rint(colors[0] * 255)
    kept = np.isfinite(decode(picture, scale).values)
    assert bare.mean() > 0.02
    assert kept[bare].mean() < 0.02
    assert not kept[marker].any()
    assert (~kept & ~bare & ~marker & np.isfinite(clean.values)).mean() < 0.005


def test_narrow_peaks_of_filled_contours_are_data() -> None:
    y, x = np.mgrid[:240, :320]
    truth = np.sin(x / 50) * np.cos(y / 45)
    for row, col in ((60, 80), (150, 200), (180, 60)):
        truth = truth + 3 * np.exp(-np.hypot(y - row, x - col) / 5)
    picture, colors = contours("viridis", truth.clip(-3.9, 3.9))
    middles = (LEVELS[1:] + LEVELS[:-1]) / 2
    field = decode(picture, ColorScale.from_colors(colors, middles, discrete=True))
    assert np.isfinite(field.values).mean() > 0.985
    assert np.isfinite(field.values)[[60, 150, 180], [80, 200, 60]].all()


@pytest.mark.parametrize("noisy", [False, True])
def test_a_strip_three_pixels_thick_in_a_far_band_is_strange(noisy: bool) -> None:
    bands = np.add.outer(np.arange(80), np.arange(160)) // 28
    strip = np.zeros(bands.shape, bool)
    strip[37:40, 20:50] = True  # thinner than what tells that bands are smooth
    found = find_strange_patches(
        np.where(strip, 9, bands), np.zeros(bands.shape, bool), noisy=noisy
    )
    assert (found == strip).all()


def test_mixes_beside_a_line_are_its_rim_and_edges_of_a_resampled_picture_are_not() -> None:
    line, edge = np.zeros((40, 60), bool), np.zeros((40, 60), bool)
    line[10:14] = True
    rim = line.copy()
    rim[11:13, 5:] = rim[13, ::2] = rim[10] = False  # a part happens to be a mix of both sides
    edge[30] = True
    assert not soft_edges(line, rim).any()
    assert (soft_edges(line | edge, rim | edge) == rim | edge).all()  # most mixes lie elsewhere
    assert (soft_edges(edge, edge) == edge).all()
