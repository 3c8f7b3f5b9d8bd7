"""A page of a paper: figures between columns of text."""

import io

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from napari_image2data.figure.layout import find_layout, iou
from napari_image2data.figure.read import read_figure

DPI, SIZE = 130, (8.3, 11.7)
PLACES = {"above": (0.1, 0.68, 0.28, 0.22), "below": (0.56, 0.12, 0.28, 0.2)}
RANGES = {"above": (-300.0, 300.0), "below": (2.0, 9.0)}
TEXT = (
    "The field was sampled at 240 stations between 2011 and 2014. Values above 35 were left out, "
    "as were all stations with fewer than 12 readings. Cells of 0.25 degrees were filled from them."
)


def column(page, x, top, lines, rng):
    text = "\n".join(" ".join(rng.choice(TEXT.split(), 9)) for _ in range(lines))
    page.text(x, top, text, fontsize=7.5, va="top", family="serif")


@pytest.fixture(scope="module")
def page():
    """The picture, and the box of each plot area in pixels."""
    rng = np.random.default_rng(0)
    with mpl.rc_context({"font.size": 7.5}):
        figure = Figure(figsize=SIZE)
        figure.text(0.1, 0.935, "Observed heat flow", fontsize=9)
        y, x = np.mgrid[0:60, 0:80] / 9.0
        for name, (left, bottom, width, height) in PLACES.items():
            low, high = RANGES[name]
            axes = figure.add_axes((left, bottom, width, height))
            bar = figure.add_axes((left + width + 0.015, bottom, 0.012, height))
            values = low + (high - low) * (0.5 + 0.5 * np.sin(x) * np.cos(y))
            image = axes.pcolormesh(
                values, vmin=low, vmax=high, cmap="jet" if name == "above" else "viridis"
            )
            figure.colorbar(image, cax=bar)
        column(figure, 0.08, 0.36, 24, rng)
        column(figure, 0.54, 0.93, 26, rng)
        figure.text(0.08, 0.03, "Journal of unread footnotes", fontsize=7.5)
        stream = io.BytesIO()
        figure.savefig(stream, format="png", dpi=DPI)
    picture = np.asarray(Image.open(stream).convert("RGB"))
    height, width = picture.shape[:2]
    boxes = {
        name: (x * width, (1 - y - h) * height, (x + w) * width, (1 - y) * height)
        for name, (x, y, w, h) in PLACES.items()
    }
    return picture, boxes


def test_words_are_no_colour_bars(page):
    picture, boxes = page
    layout = find_layout(picture)
    assert len(layout.plots) == len(layout.bars) == 2
    for plot, box in zip(layout.plots, boxes.values(), strict=True):
        assert iou(plot.box, box) > 0.97


def test_both_figures_are_read_and_only_the_text_around_them(page):
    picture, boxes = page
    figure = read_figure(picture)
    found = {
        name: panel
        for name, box in boxes.items()
        for panel in figure.panels
        if iou(panel.plot_box, box) > 0.97
    }
    for name, (low, high) in RANGES.items():
        panel = found[name]
        assert panel.problems == ()
        assert abs(panel.scale.vmin - low) < 0.005 * (high - low)
        assert abs(panel.scale.vmax - high) < 0.005 * (high - low)
        assert panel.x_axis is not None
        assert panel.y_axis is not None
    assert "Observed heat flow" in figure.texts
    assert not any("footnote" in text for text in figure.texts)
