import io
import sys

import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image

import drawing
from napari_image2data.errors import FigureError, ImageError
from napari_image2data.figure import text
from napari_image2data.figure.layout import iou
from napari_image2data.figure.read import read_figure

mpl.use("Agg")


def rendered(figure):
    import matplotlib.pyplot as plt

    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=100)
    plt.close(figure)
    return np.asarray(Image.open(stream).convert("RGB"))


def true_box(axes, height):
    box = axes.get_window_extent()
    return box.x0, height - box.y1, box.x1, height - box.y0


def heat_map(norm=None, *, data=None, extent=(0, 40, 0, 30), **options):
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 4.5))
    values = drawing.field(60, 80) if data is None else data
    image = axes.imshow(values, extent=extent, aspect="auto", norm=norm, **options)
    bar = figure.colorbar(image)
    figure.canvas.draw()
    boxes = true_box(axes, 450), true_box(bar.ax, 450)
    return rendered(figure), *boxes


def assert_range(panel, low, high):
    span = abs(high - low)
    assert sorted((panel.scale.vmin, panel.scale.vmax)) == pytest.approx(
        [low, high], abs=0.005 * span
    )


@pytest.mark.parametrize("degrade", [lambda rgb: rgb, drawing.as_jpeg])
def test_a_plain_figure_reads_without_a_click(degrade):
    rgb, plot, bar = heat_map(cmap="viridis", vmin=-2, vmax=6, data=8 * drawing.field(60, 80) - 2)
    (panel,) = read_figure(degrade(rgb)).panels
    assert iou(panel.plot_box, plot) > 0.98
    assert iou(panel.colorbar_box, bar) > 0.85
    assert_range(panel, -2, 6)
    assert panel.problems == ()
    assert panel.confidence > 0.9
    sure = panel.confidences
    assert min(sure.plot_area, sure.colorbar, sure.value_range, sure.x_axis, sure.y_axis) > 0.9
    for axis, ends, values in (
        (panel.x_axis, (plot[0], plot[2]), (0, 40)),
        (panel.y_axis, (plot[3], plot[1]), (0, 30)),
    ):
        np.testing.assert_allclose(axis.to_value(np.array(ends)), values, atol=0.005 * values[1])
    roles = {label.role for label in panel.labels}
    assert roles == {"x", "y", "colorbar"}


def test_data_range_between_the_labels():
    low, high = 0.137, 0.912
    data = low + (high - low) * drawing.field(60, 80)
    rgb, _, _ = heat_map(cmap="magma", data=data)
    assert_range(read_figure(rgb).panels[0], low, high)


def test_log_bar():
    from matplotlib.colors import LogNorm

    data = 10 ** (4 * drawing.field(60, 80) - 2)
    rgb, _, _ = heat_map(LogNorm(0.01, 100), data=data, cmap="inferno")
    scale = read_figure(rgb).panels[0].scale
    assert scale.norm == "log"
    np.testing.assert_allclose(np.log10([scale.vmin, scale.vmax]), [-2, 2], atol=0.02)


def test_offset_text_scales_the_labels():
    rgb, _, _ = heat_map(data=3e-5 * drawing.field(60, 80), vmin=0, vmax=3e-5, cmap="cividis")
    assert_range(read_figure(rgb).panels[0], 0, 3e-5)


def test_a_label_beyond_the_white_end_of_a_frameless_bar_raises_a_doubt():
    import matplotlib.pyplot as plt

    stops = [(0, "#20404a"), (0.4, "#c07030"), (0.94, "white"), (1, "white")]
    colors = mpl.colors.LinearSegmentedColormap.from_list("no map of the catalogue", stops)
    figure, axes = plt.subplots(figsize=(6, 4.5))
    image = axes.imshow(drawing.field(60, 80), aspect="auto", cmap=colors, vmin=0, vmax=1)
    bar = figure.colorbar(image, ticks=[0, 0.25, 0.5, 0.75, 1])
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=0)
    (panel,) = read_figure(rendered(figure)).panels
    assert "1.00" in [label.text for label in panel.labels if label.role == "colorbar"]
    assert panel.scale is not None
    assert max(panel.scale.vmin, panel.scale.vmax) < 0.98  # the white part is not seen
    assert any("beyond the ends" in problem for problem in panel.problems)
    assert panel.confidence == panel.confidences.value_range < 0.7 < panel.confidences.y_axis


def test_uneven_levels_drawn_evenly():
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 4.5))
    levels = [0, 1, 2, 5, 10, 20, 50]
    drawn = axes.contourf(50 * drawing.field(60, 80) ** 2, levels=levels, cmap="plasma")
    figure.colorbar(drawn, spacing="uniform")
    scale = read_figure(rendered(figure)).panels[0].scale
    assert sorted((scale.vmin, scale.vmax)) == [0, 50]
    assert scale.discrete
    middles = [0.5, 1.5, 3.5, 7.5, 15, 35]
    np.testing.assert_allclose(np.sort(scale.values), middles, rtol=0.08)


def test_without_ocr_the_boxes_are_found_and_the_range_is_asked_for(monkeypatch):
    rgb, plot, bar = heat_map(cmap="viridis")
    monkeypatch.setitem(sys.modules, "rapidocr", None)
    text._engine.cache_clear()
    (panel,) = read_figure(rgb).panels
    text._engine.cache_clear()
    assert iou(panel.plot_box, plot) > 0.98
    assert iou(panel.colorbar_box, bar) > 0.85
    assert panel.scale is None
    assert panel.x_axis is None
    assert any("type the two end values" in problem for problem in panel.problems)
    sure = panel.confidences
    assert sure.plot_area > 0.9 > sure.colorbar > 0
    assert (sure.value_range, sure.x_axis, sure.y_axis, panel.confidence) == (0, 0, 0, 0)


def test_an_axis_of_few_labels_is_less_sure():
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 4.5))
    image = axes.imshow(drawing.field(60, 80), aspect="auto", extent=(0, 40, 0, 30))
    axes.set_xticks([0, 20, 40])
    figure.colorbar(image)
    sure = read_figure(rendered(figure)).panels[0].confidences
    assert 0 < sure.x_axis < sure.y_axis


def test_a_bare_raster_is_one_panel():
    raster = drawing.colored(drawing.field(200, 260), "inferno").astype(np.uint8)
    (panel,) = read_figure(raster).panels
    assert panel.plot_box == (0, 0, 260, 200)
    assert panel.colorbar_box is None
    assert panel.scale is None
    assert panel.problems


def test_what_is_no_colour_mapped_picture_is_refused_in_one_sentence():
    import matplotlib.pyplot as plt

    rng = np.random.default_rng(5)
    drawn = []
    for draw in (
        lambda axes: axes.plot([0, 3, 1, 2]),
        lambda axes: axes.pie([3, 2, 4, 1, 5], labels=list("abcde")),
        lambda axes: axes.stackplot(range(9), *rng.random((5, 9))),
        lambda axes: axes.scatter(*rng.random((2, 90)), c=rng.random(90)),
    ):
        figure, axes = plt.subplots()
        draw(axes)
        drawn.append(rendered(figure))
    for picture in (
        *drawn,
        np.full((100, 120, 3), 255, np.uint8),
        rng.integers(0, 256, (100, 120, 3), np.uint8),
    ):
        with pytest.raises(FigureError, match=r"^No colour-mapped area found[^\n]*\.$"):
            read_figure(picture)


def test_a_stack_is_no_figure():
    with pytest.raises(ImageError):
        read_figure(np.zeros((3, 50, 60, 3), np.uint8))


@pytest.mark.parametrize("angle", [45, 90])
def test_turned_labels_that_stand_with_one_end_at_their_mark(angle):
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 4.5))
    data = 350 * drawing.field(60, 80)
    image = axes.imshow(data, extent=(0, 1000, 0, 30), aspect="auto", vmin=0, vmax=350)
    bar = figure.colorbar(image)
    for side in (axes.xaxis, axes.yaxis, bar.ax.yaxis):
        side.set_tick_params(rotation=angle)
    plt.setp(axes.get_xticklabels(), ha="right")
    figure.tight_layout()
    plot = true_box(axes, 450)
    (panel,) = read_figure(rendered(figure)).panels
    assert_range(panel, 0, 350)
    np.testing.assert_allclose(panel.x_axis.to_value(np.array(plot[::2])), (0, 1000), atol=5)
    np.testing.assert_allclose(panel.y_axis.to_value(np.array(plot[1::2])), (30, 0), atol=0.15)
