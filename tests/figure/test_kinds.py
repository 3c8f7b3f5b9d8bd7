"""Every kind of label, of colour bar and of picture that is none, each with a fact about it."""

import io

import matplotlib as mpl
import numpy as np
import pytest
from benchmarks.drawing import matplotlib_figures
from benchmarks.drawing.variants import resampled
from matplotlib.figure import Figure
from matplotlib.ticker import ScalarFormatter
from PIL import Image
from skimage import data

import drawing
from napari_image2data.errors import FigureError
from napari_image2data.figure.axis import Axis
from napari_image2data.figure.bands import band_edges
from napari_image2data.figure.bar_scale import BarRange, color_scale
from napari_image2data.figure.layout import find_layout, iou
from napari_image2data.figure.read import read_figure

PLOT = (90.3, 80.6, 310.4, 250.7)
SIZE = (430, 340)


def rendered(figure):
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=100)
    return np.asarray(Image.open(stream).convert("RGB"))


def drawn(draw, size=(6, 4.5), **style):
    with mpl.rc_context(style):
        figure = Figure(figsize=size)
        draw(figure.subplots())
        return rendered(figure)


# ---------------------------------------------------------------------------- printed labels
def thousands(value, _):
    return f"{value:,.0f}"


def east_west(value, _):
    return f"{abs(value):g}°" + ("E" if value > 0 else "W" if value < 0 else "")


def north_south(value, _):
    return f"{abs(value):g}°" + ("N" if value > 0 else "S" if value < 0 else "")


def powers():
    formatter = ScalarFormatter(useMathText=True)
    formatter.set_powerlimits((0, 0))
    return formatter


FORMS = {
    # along x, along y, along the bar: (least, greatest, how they are printed)
    "minus signs, degrees": ((-40, 60, east_west), (-30, 30, north_south), (-2.5, 1.5, None)),
    "thousands, k, M": (
        (0, 8000, lambda v, _: f"{v / 1e3:g}k"),
        (0, 3e6, lambda v, _: f"{v / 1e6:g}M"),
        (0, 42000, thousands),
    ),
    "exponents, percent": (
        (0, 0.005, lambda v, _: f"{v:.0e}".replace("e-0", "e-")),
        (0, 90, lambda v, _: f"{v:g}%"),
        (0, 7500, powers()),
    ),
    "factors and amounts printed once": (
        (0, 4e6, None),
        (4512300, 4512300.5, None),
        (80, 80.3, None),
    ),
}


@pytest.mark.parametrize("forms", FORMS.values(), ids=FORMS)
def test_labels_of_every_form(forms):
    def draw(axes):
        (x0, x1, _), (y0, y1, _), (low, high, _) = forms
        values = low + (high - low) * drawing.field(60, 80)[::-1]
        shown = axes.imshow(values, extent=(x0, x1, y0, y1), aspect="auto", vmin=low, vmax=high)
        bar = axes.figure.colorbar(shown)
        axes.set_position((0.16, 0.12, 0.58, 0.8))
        bar.ax.set_position((0.77, 0.12, 0.04, 0.8))
        for axis, (_, _, form) in zip((axes.xaxis, axes.yaxis, bar.ax.yaxis), forms, strict=True):
            if form is not None:
                axis.set_major_formatter(form)

    (panel,) = read_figure(drawn(draw)).panels
    (x0, x1, _), (y0, y1, _), (low, high, _) = forms
    for axis, places, ends in (
        (panel.x_axis, (96, 444), (x0, x1)),
        (panel.y_axis, (396, 36), (y0, y1)),
    ):
        found = axis.to_value(np.array(places))
        assert found == pytest.approx(ends, abs=0.006 * (ends[1] - ends[0]))
    ends = sorted((panel.scale.vmin, panel.scale.vmax))
    assert ends == pytest.approx([low, high], abs=0.005 * (high - low))
    assert panel.problems == ()


def test_superscripts_on_a_log_bar():
    def draw(axes):
        values = 10 ** (6 * drawing.field(60, 80) - 5)
        norm = mpl.colors.LogNorm(1e-5, 10)
        axes.figure.colorbar(axes.imshow(values, aspect="auto", norm=norm))

    (panel,) = read_figure(drawn(draw)).panels
    assert panel.scale.norm == "log"
    np.testing.assert_allclose(np.log10([panel.scale.vmin, panel.scale.vmax]), (-5, 1), atol=0.03)


# ------------------------------------------------------------------------------- colour bars
BARS = {
    "right": (340.4, 85.2, 356.1, 245.8),
    "left": (40.4, 85.2, 56.1, 245.8),
    "top": (95.2, 40.4, 305.8, 56.1),
    "bottom": (95.2, 280.4, 305.8, 296.1),
    "short": (340.4, 130.2, 356.1, 200.8),
    "longer than the plot": (340.4, 20.2, 356.1, 320.8),
    "thin": (340.4, 85.2, 348.3, 245.8),
}


def beside(bar, *, framed=1.2, name="viridis", reverse=False, bands=0):
    x0, y0, x1, y1 = bar
    vertical = y1 - y0 > x1 - x0

    def paint(height, width):
        values = drawing.bar_values(height, width, vertical=vertical)
        values = 1 - values if reverse else values
        values = (np.floor(values * bands * 0.9999) + 0.5) / bands if bands else values
        return drawing.colored(values, name)

    big = drawing.page(*SIZE)
    drawing.paint(big, PLOT, lambda h, w: drawing.colored(drawing.field(h, w), name))
    drawing.paint(big, bar, paint)
    if framed:
        drawing.frame(big, PLOT, framed)
        drawing.frame(big, bar, framed)
    return drawing.finished(big)


@pytest.mark.parametrize("framed", [1.2, 0.0])
@pytest.mark.parametrize("place", BARS)
def test_bars_of_every_place_and_length(place, framed):
    layout = find_layout(beside(BARS[place], framed=framed))
    (bar,) = layout.bars
    assert bar.vertical == (place not in ("top", "bottom"))
    assert bar.extended == (False, False)
    assert np.abs(np.array(bar.outline.box) - BARS[place]).max() < 0.4
    assert iou(layout.plots[0].box, PLOT) > 0.99


def test_a_stepped_bar_gives_the_borders_of_its_steps():
    (bar,) = find_layout(beside(BARS["right"], bands=5)).bars
    begin = bar.outline.inner[1]
    step = (245.8 - 85.2) / 5
    np.testing.assert_allclose(
        band_edges(bar.profile) + begin, 85.2 + step * np.arange(1, 5), atol=0.6
    )


@pytest.mark.parametrize("degrade", [lambda rgb: rgb, drawing.as_jpeg], ids=["PNG", "JPEG"])
def test_a_stepped_bar_without_a_frame_goes_on_over_its_white_middle(degrade):
    # seven bands: those beside the white one are nearly 80 levels off the page
    layout = find_layout(degrade(beside(BARS["right"], framed=0.0, name="bwr", bands=7)))
    (bar,) = layout.bars
    assert np.abs(np.array(bar.outline.box) - BARS["right"]).max() < 1.0


@pytest.mark.parametrize("reverse", [False, True])
def test_a_bar_whose_values_rise_downward(reverse):
    rgb = beside(BARS["right"], reverse=reverse)
    (bar,) = find_layout(rgb).bars
    axis = Axis.through((85.2, 245.8), (3.0, 8.0), side="right")
    scale = color_scale(rgb, bar, BarRange(3.0, 8.0, axis, ()))
    viridis = drawing.colored(np.array([0.0, 1.0])) / 255
    # from the color of the least value, at the top, to that of the greatest
    assert (scale.vmin, scale.vmax) == (3.0, 8.0)
    expected = viridis if reverse else viridis[::-1]
    np.testing.assert_allclose(scale.to_color(np.array([3.0, 8.0])), expected, atol=0.03)


# ---------------------------------------------------------------------- pictures that are none
def in_order(n):
    return drawing.colored(np.linspace(0, 0.999, n)) / 255


CHARTS = {
    "line plot": lambda axes: axes.plot([0, 3, 1, 2]),
    "pie along a map": lambda axes: axes.pie([3, 2, 4, 1, 5], colors=in_order(5)),
    "bars along a map": lambda axes: axes.bar(range(9), 3 + np.arange(9) % 4, color=in_order(9)),
    "touching layers": lambda axes: [
        axes.bar(range(9), np.full(9, 2.0), bottom=2.0 * k, width=1, color=in_order(6)[k])
        for k in range(6)
    ],
}
PICTURES = {
    "photo of things": lambda: data.coffee()[::2, ::2],
    "photo of a face": lambda: data.astronaut()[::2, ::2],
    "grey photo": lambda: data.camera()[::2, ::2],
    "grey photo with strips": lambda: data.moon(),
    "logo": lambda: data.logo()[..., :3],
    "page of text": lambda: data.page(),
    "blank page": lambda: np.full((120, 150), 255, np.uint8),
}


@pytest.mark.parametrize("degrade", [lambda rgb: rgb, drawing.as_jpeg], ids=["PNG", "JPEG"])
@pytest.mark.parametrize("name", [*CHARTS, *PICTURES])
def test_a_picture_that_is_no_map_is_refused_in_one_sentence(name, degrade):
    rgb = drawn(CHARTS[name]) if name in CHARTS else PICTURES[name]()
    rgb = np.ascontiguousarray(np.asarray(Image.fromarray(rgb).convert("RGB")))
    with pytest.raises(FigureError, match=r"^No colour-mapped area found[^\n]*\.$"):
        read_figure(degrade(rgb))


def test_a_grey_photo_with_two_axes_is_a_grey_map_without_a_range():
    (panel,) = read_figure(drawn(lambda axes: axes.imshow(data.camera(), "gray"))).panels
    assert panel.x_axis is not None
    assert panel.y_axis is not None
    assert panel.scale is None
    assert any("No colour bar was found" in problem for problem in panel.problems)


def bands(axes):
    values = 100 * drawing.field(60, 80)
    axes.contourf(np.linspace(0, 40, 80), np.linspace(0, 30, 60), values, levels=5, cmap="magma")


def test_bands_without_a_bar_are_a_map_where_both_axes_are_read():
    (panel,) = read_figure(drawn(bands)).panels
    assert panel.scale is None
    assert panel.problems == ("No colour bar was found: choose the colours and type the range.",)
    np.testing.assert_allclose(
        panel.x_axis.to_value(np.array(panel.plot_box[::2])), (0, 40), atol=0.2
    )

    def without_numbers(axes):
        bands(axes)
        axes.set(xticks=[], yticks=[])

    with pytest.raises(FigureError, match="No colour-mapped area"):
        read_figure(drawn(without_numbers))


def test_bands_without_a_bar_are_a_map_beside_a_panel_that_is_one():
    figure = Figure(figsize=(8, 4))
    left, right = figure.subplots(1, 2)
    left.imshow(drawing.field(60, 80), aspect="auto")
    bands(right)
    right.set(xticks=[], yticks=[])
    panels = read_figure(rendered(figure)).panels
    assert len(panels) == 2
    assert all(panel.scale is None for panel in panels)


def test_powers_of_ten_on_both_sides_of_zero_make_a_symmetric_log_scale():
    norm = mpl.colors.SymLogNorm(1, vmin=-100, vmax=100, base=10)
    field = np.tile(np.linspace(-100, 100, 60), (40, 1))

    def draw(axes):
        mappable = axes.imshow(field, norm=norm, cmap="RdBu_r", aspect="auto")
        axes.figure.colorbar(mappable)

    panel = read_figure(drawn(draw, (6, 5))).panels[0]
    assert panel.scale.vmin == pytest.approx(-100, abs=1)
    assert panel.scale.vmax == pytest.approx(100, abs=1)
    assert not panel.problems
    # one decade is as long as another
    place = panel.colorbar_axis.to_pixel(np.array([-100, -10, -1, 1, 10, 100]))
    steps = np.abs(np.diff(place))[[0, 1, 3, 4]]
    np.testing.assert_allclose(steps, steps.mean(), atol=1.0)


def test_triangles_of_a_bar_in_a_shrunken_picture_are_no_part_of_its_range():
    drawn = resampled(matplotlib_figures.filled_contours(), 0.7)
    (panel,) = read_figure(drawn.image).panels
    np.testing.assert_allclose(panel.colorbar_box, drawn.bar.box, atol=1.5)
    np.testing.assert_allclose((panel.scale.vmin, panel.scale.vmax), (-5, 5), atol=0.05)
