"""Colour bars inside the plot area, on the data or on a box."""

import io

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

import drawing
from napari_image2data.decode.covered import without
from napari_image2data.errors import MissingExtraError
from napari_image2data.figure import inner_bars, text
from napari_image2data.figure.layout import find_layout, iou
from napari_image2data.figure.read import read_figure
from napari_image2data.pipeline import ImageToData

LOW, HIGH = -10.0, 30.0


def drawn(cmap, *, place=None, pen="black", box=None, more=None):
    """A heat map of 600 x 450 pixels, the edges of its plot area and of the bar inside it."""
    figure = Figure(figsize=(6, 4.5))
    axes = figure.subplots()
    values = LOW + (HIGH - LOW) * drawing.field(90, 120)
    shown = axes.imshow(values, cmap, aspect="auto", interpolation="bicubic", vmin=LOW, vmax=HIGH)
    if box is not None:
        axes.inset_axes(box, facecolor="white", xticks=[], yticks=[])
    if more is not None:
        more(axes)
    edges = []
    inside = [axes]
    if place is not None:
        inside.append(axes.inset_axes(place, zorder=6))
        level = place[2] > place[3]
        figure.colorbar(shown, inside[1], orientation="horizontal" if level else "vertical")
        inside[1].tick_params(colors=pen, labelsize=8)
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=100)
    for part in inside:
        (x0, y0), (x1, y1) = part.get_window_extent().get_points()
        edges.append((x0, 450 - y1, x1, 450 - y0))
    return np.asarray(Image.open(stream).convert("RGB")), edges


KINDS = {
    "level, white labels, on the data": {
        "cmap": "inferno", "place": (0.3, 0.1, 0.45, 0.05), "pen": "white",
    },
    "level, black, on the data, JPEG": {"cmap": "cool", "place": (0.5, 0.85, 0.45, 0.05)},
    "upright, on a white box": {
        "cmap": "viridis", "place": (0.83, 0.1, 0.04, 0.6), "box": (0.8, 0.04, 0.19, 0.72),
    },
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_bar_inside_the_plot_is_read(kind):
    rgb, (plot, bar) = drawn(**KINDS[kind])
    rgb = drawing.as_jpeg(rgb, 90) if "JPEG" in kind else rgb
    (panel,) = read_figure(rgb).panels
    assert iou(panel.plot_box, plot) > 0.98
    assert iou(panel.colorbar_box, bar) > 0.85
    assert sorted((panel.scale.vmin, panel.scale.vmax)) == pytest.approx([LOW, HIGH], abs=0.2)
    assert panel.problems == ()
    assert panel.x_axis.to_value(np.array(panel.plot_box[::2])) == pytest.approx(
        (-0.5, 119.5), abs=1
    )
    (covered,) = panel.covered
    assert covered[0] <= bar[0]
    assert covered[1] <= bar[1]
    assert covered[2] >= bar[2]
    assert covered[3] >= bar[3]
    if "box" in KINDS[kind]:
        x, y, wide, high = KINDS[kind]["box"]
        x0, y0, x1, y1 = plot
        left, bottom = x0 + x * (x1 - x0), y1 - y * (y1 - y0)
        white = (left, bottom - high * (y1 - y0), left + wide * (x1 - x0), bottom)
        assert covered == pytest.approx(white, abs=3)


def test_what_the_bar_covers_is_no_data():
    rgb, (_plot, bar) = drawn(**KINDS["level, white labels, on the data"])
    run = ImageToData(rgb).read().decode()
    assert len(run.covered) == 1
    row = round((bar[1] + bar[3]) / 2) - round(run.box[1])
    x0, x1 = (round(edge) - round(run.box[0]) for edge in (bar[0], bar[2]))
    assert np.isnan(run.field.values[row, x0:x1]).all()
    assert np.isfinite(run.field.values[: row - 40]).mean() > 0.98
    again = ImageToData.from_recipe(run.recipe, rgb)
    np.testing.assert_array_equal(again.field.values, run.field.values)


def test_boxes_lines_and_legends_on_the_data_are_no_bars():
    def clutter(axes):
        axes.grid(color="black")
        axes.inset_axes((0.1, 0.6, 0.4, 0.08), facecolor="white", yticks=[])
        axes.plot([5, 90], [20, 70], "w", label="a profile of the field")
        axes.legend(loc="lower right")

    rgb, _ = drawn("viridis", more=clutter)
    (panel,) = read_figure(rgb).panels
    assert panel.colorbar_box is None
    assert panel.covered == ()
    assert any("No colour bar was found" in problem for problem in panel.problems)


def test_a_strip_without_labels_is_no_bar_and_costs_the_page_nothing(monkeypatch):
    def strip(axes):
        bar = axes.inset_axes((0.3, 0.1, 0.45, 0.05), xticks=[], yticks=[])
        bar.imshow(np.linspace(0, 1, 256)[None], "inferno", aspect="auto")

    rgb, _ = drawn("inferno", more=strip)
    layout = find_layout(rgb)
    strips = inner_bars.find_inner_bars(rgb, layout)
    assert len(strips) == 1
    kept, picture, texts = inner_bars.with_labels(rgb, strips, layout)
    assert kept == []
    assert texts == []
    assert picture is rgb

    def nothing():
        raise MissingExtraError("no OCR")

    monkeypatch.setattr(text, "_engine", nothing)
    with pytest.raises(MissingExtraError):
        inner_bars.with_labels(rgb, strips, layout)
    assert inner_bars.with_labels(rgb, [], layout)[1] is rgb


def test_transparent_pixels_stay_so_and_covered_ones_become_so():
    picture = np.full((20, 30, 4), 200, np.uint8)
    picture[3, 4, 3] = 0
    seen = without(picture, [(10.2, 5.0, 12.9, 7.5), (28, 18, 90, 90)])[..., 3] > 0
    assert not seen[3, 4]
    assert not seen[5:8, 10:13].any()
    assert not seen[18:, 28:].any()
    assert (~seen).sum() == 1 + 9 + 4
