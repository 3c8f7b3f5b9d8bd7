import dataclasses
import io

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

import drawing
from napari_image2data.figure.bands import band_edges
from napari_image2data.figure.edges import Edge, measure_outline
from napari_image2data.figure.layout import find_layout, iou, overlap_share
from napari_image2data.figure.map_ends import with_map_ends
from napari_image2data.figure.mapped import is_color_mapped
from napari_image2data.figure.rectangles import inner_page
from napari_image2data.figure.ticks import find_ticks

PLOT = (50.3, 30.6, 310.4, 250.7)
BAR = (340.4, 40.2, 356.1, 240.8)
WHITE = np.array([255.0, 255.0, 255.0])


def off(found, true):
    return np.abs(np.array(found) - true).max()


@pytest.mark.parametrize(
    ("thickness", "name"),
    [(1.2, "viridis"), (2.4, "viridis"), (0.0, "viridis"), (1.2, "RdBu"), (2.4, "gray")],
)
def test_edges_are_found_to_a_fraction_of_a_pixel(thickness, name):
    layout = find_layout(drawing.heat_map(PLOT, BAR, framed=thickness, name=name))
    assert len(layout.plots) == 1
    # the oversampled page holds edges to an eighth of a pixel; gray ends as dark as the ink
    assert off(layout.plots[0].box, PLOT) < 0.3
    assert off(layout.bars[0].outline.box, BAR) < 0.4


@pytest.mark.parametrize(
    ("degrade", "scale", "limit"),
    [
        (lambda rgb: drawing.resampled(rgb, 0.7), 0.7, 0.5),
        (lambda rgb: drawing.resampled(rgb, 1.5), 1.5, 0.5),
        (drawing.as_jpeg, 1.0, 0.5),
    ],
)
def test_edges_survive_resampling_and_jpeg(degrade, scale, limit):
    layout = find_layout(degrade(drawing.heat_map(PLOT, BAR, framed=1.2)))
    assert off(layout.plots[0].box, np.array(PLOT) * scale) < limit
    assert off(layout.bars[0].outline.box, np.array(BAR) * scale) < limit


@pytest.mark.parametrize("color", [(60, 62, 68), (240, 240, 240)], ids=["dark", "pale"])
def test_page_inside_a_window(color):
    rgb = drawing.heat_map(PLOT, BAR, framed=1.2)
    window = np.full((rgb.shape[0] + 60, rgb.shape[1] + 24, 3), color, np.uint8)
    window[48:-12, 12:-12] = rgb
    page = inner_page(window)
    assert page is not None
    assert (page[:48] == 255).all()
    np.testing.assert_array_equal(page[48:-12, 12:-12], rgb)
    assert find_layout(window).bars == []
    moved = np.add(BAR, (12, 48, 12, 48))
    assert off(find_layout(page).bars[0].outline.box, moved) < 0.4


def test_a_heat_map_that_fills_the_picture_holds_no_page():
    assert inner_page(drawing.as_jpeg(drawing.heat_map(PLOT, BAR, framed=1.2))) is None
    values = drawing.field(120, 160)
    assert inner_page(drawing.colored(values)) is None


def test_the_dark_end_of_a_short_bar_is_no_frame_line():
    bar = (20.0, 20.0, 45.0, 139.0)
    rgb = np.full((160, 70, 3), 255, np.uint8)
    rows = np.arange(119)
    ramp = np.stack([46 + 1.5 * rows, 1 + 1.7 * rows, 77 + 1.2 * rows], axis=1)
    rgb[20:139, 20:45] = np.rint(ramp)[:, None]
    rgb[19, 20:45] = (227, 221, 231)
    outline = measure_outline(rgb, (20, 19, 45, 139), WHITE)
    assert outline.framed_sides == 0
    assert off(outline.box, bar) < 0.5


def test_dark_page():
    rgb = drawing.heat_map(PLOT, BAR, name="plasma", background=(0, 0, 0))
    layout = find_layout(rgb)
    assert iou(layout.plots[0].box, PLOT) > 0.98
    assert iou(layout.bars[0].outline.box, BAR) > 0.9
    assert layout.bars[0].vertical


def test_plot_colors_decide_which_strip_is_the_bar():
    big = drawing.page(420, 300)
    drawing.paint(big, PLOT, lambda h, w: drawing.colored(drawing.field(h, w)))
    drawing.paint(big, BAR, lambda h, w: drawing.colored(drawing.bar_values(h, w), "hot"))
    assert find_layout(drawing.finished(big)).bars == []


def test_triangles_do_not_belong_to_the_bar():
    big = drawing.page(420, 300)
    drawing.paint(big, PLOT, lambda h, w: drawing.colored(drawing.field(h, w)))
    drawing.paint(big, BAR, lambda h, w: drawing.colored(drawing.bar_values(h, w)))
    middle = (BAR[0] + BAR[2]) / 2
    for step in np.arange(0, 12, 0.125):
        half = (BAR[2] - BAR[0]) / 2 * (1 - step / 12)
        top = BAR[1] - step
        drawing.paint(big, (middle - half, top - 0.125, middle + half, top), (253, 231, 37))
    bar = find_layout(drawing.finished(big)).bars[0]
    assert bar.extended == (True, False)
    assert abs(bar.outline.box[1] - BAR[1]) < 1.0


def test_two_plots_share_a_bar():
    left, right = (20.0, 40.0, 170.0, 240.0), (190.0, 40.0, 330.0, 240.0)
    big = drawing.page(420, 300)
    for box in (left, right):
        drawing.paint(big, box, lambda h, w: drawing.colored(drawing.field(h, w)))
    drawing.paint(big, BAR, lambda h, w: drawing.colored(drawing.bar_values(h, w)))
    layout = find_layout(drawing.finished(big))
    assert len(layout.plots) == 2
    assert len(layout.bars) == 1
    assert min(layout.bars[0].shares) > 0.9


def test_round_map_keeps_its_bounding_box():
    big = drawing.page(420, 300)
    y, x = np.mgrid[: big.shape[0], : big.shape[1]] / drawing.OVERSAMPLING
    inside = (x - 170) ** 2 + (y - 150) ** 2 < 110**2
    big[inside] = drawing.colored(drawing.field(*big.shape[:2]))[inside]
    drawing.paint(big, BAR, lambda h, w: drawing.colored(drawing.bar_values(h, w)))
    assert iou(find_layout(drawing.finished(big)).plots[0].box, (60, 40, 280, 260)) > 0.95


def test_ticks_outside_the_frame():
    rgb = drawing.page(420, 300)
    drawing.paint(rgb, PLOT, lambda h, w: drawing.colored(drawing.field(h, w)))
    drawing.frame(rgb, PLOT, 1.2)
    true = [60.25, 120.5, 180.75, 240.0]
    for tick in true:
        drawing.paint(rgb, (PLOT[0] - 6, tick - 0.5, PLOT[0], tick + 0.5), drawing.INK)
    image = drawing.finished(rgb)
    outline = measure_outline(image, (49, 30, 312, 252), WHITE)
    ticks = find_ticks(image, outline, "left", WHITE)
    assert ticks.outward
    np.testing.assert_allclose(ticks.positions, true, atol=0.15)
    assert find_ticks(image, outline, "right", WHITE).positions == ()


def test_bands_of_a_resampled_bar():
    steps = np.repeat(
        np.array([[20, 60, 90], [90, 120, 30], [200, 190, 60], [250, 240, 230]]), 25, 0
    )
    bar = np.tile(steps[:, None], (1, 12, 1)).astype(np.uint8)
    profile = np.median(drawing.resampled(bar, 1.4), axis=1)
    np.testing.assert_allclose(band_edges(profile, noisy=True), [35, 70, 105], atol=0.7)
    assert band_edges(drawing.colored(np.linspace(0, 1, 300))) is None


def test_mapped_areas_are_told_from_photos_drawings_and_pages():
    mapped = drawing.colored(drawing.field(120, 160), "inferno").astype(np.uint8)
    assert is_color_mapped(mapped)
    assert is_color_mapped(drawing.as_jpeg(mapped, 80))
    rng = np.random.default_rng(3)
    assert not is_color_mapped(rng.integers(0, 256, (120, 160, 3), np.uint8))
    drawn = np.full((120, 160, 3), 255, np.uint8)
    drawn[40:60] = (200, 30, 30)
    assert not is_color_mapped(drawn)
    grey = np.repeat((drawing.field(120, 160) * 255).astype(np.uint8)[..., None], 3, axis=2)
    assert not is_color_mapped(grey)


def test_a_smooth_field_with_holes_is_no_chart_and_a_pie_is_one():
    white = np.full(3, 255.0)
    field = drawing.colored(0.2 + 0.6 * drawing.field(160, 200), "cool").astype(np.uint8)
    field[30:90, 20:80] = 255
    assert is_color_mapped(field, white)
    y, x = np.mgrid[-80:80, -100:100]
    wedge = np.digitize(np.arctan2(y, x), [-2, -1, 0.2, 1.5]) / 4
    pie = np.where((np.hypot(y, x) < 75)[..., None], drawing.colored(wedge, "viridis"), 255)
    assert not is_color_mapped(drawing.as_jpeg(pie.astype(np.uint8), 60), white)


def test_rectangle_arithmetic():
    assert iou((0, 0, 2, 2), (1, 0, 3, 2)) == pytest.approx(1 / 3)
    assert overlap_share((0, 0, 2, 2), (1, 0, 5, 5)) == pytest.approx(0.5)


@pytest.mark.parametrize("degrade", [lambda rgb: rgb, drawing.as_jpeg])
def test_a_frameless_bar_with_a_white_end_on_white_paper_ends_where_its_map_does(degrade):
    layout = find_layout(degrade(drawing.heat_map(PLOT, BAR, framed=0.0, name="Reds")))
    bar = with_map_ends(layout.bars[0], WHITE, noisy=layout.background.noisy)
    assert off(bar.outline.box, BAR) < 1.0


def test_a_bar_that_shows_a_part_of_its_map_keeps_its_ends():
    layout = find_layout(drawing.heat_map(PLOT, BAR, framed=0.0, name="viridis"))
    bar = layout.bars[0]
    lower = dataclasses.replace(bar, profile=bar.profile[: len(bar.profile) * 2 // 3])
    edges = (*bar.outline.edges[:3], Edge(200.6 / 3, 200.6 / 3))
    lower = dataclasses.replace(lower, outline=dataclasses.replace(bar.outline, edges=edges))
    assert with_map_ends(lower, WHITE) == lower


def test_a_bar_beside_a_shaded_plot_is_found_by_its_map():
    rgb = drawing.heat_map(PLOT, BAR, framed=1.2, name="terrain")
    x0, y0, x1, y1 = (round(edge) for edge in PLOT)
    inside = rgb[y0 + 3 : y1 - 3, x0 + 3 : x1 - 3]
    light = 0.45 + 0.25 * np.sin(np.arange(inside.shape[1]) / 5)
    inside[:] = np.rint(120 * light[:, None] + inside * light[:, None] / 2)
    layout = find_layout(rgb)
    assert off(layout.bars[0].outline.box, BAR) < 0.4
    assert layout.bars[0].share < 0.3


def test_the_tip_of_a_triangle_taken_for_a_part_of_the_bar_is_cut_off():
    layout = find_layout(drawing.heat_map(PLOT, BAR, framed=1.2, name="turbo"))
    bar = layout.bars[0]
    left, _, right, bottom = bar.outline.edges
    x0, _, x1, y1 = bar.outline.rect
    first = bar.outline.inner[1]
    taller = dataclasses.replace(
        bar.outline, rect=(x0, first - 8, x1, y1), edges=(left, Edge(0.0, 0.0), right, bottom)
    )
    profile = np.concatenate([np.repeat(bar.profile[:1], 8, axis=0), bar.profile])
    cut = with_map_ends(dataclasses.replace(bar, profile=profile, outline=taller), WHITE)
    assert off(cut.outline.box, BAR) < 1.0


@pytest.mark.parametrize(("aspect", "size"), [(30, (3.2, 2.3)), (20, (6, 4)), (12, (4, 3))])
@pytest.mark.parametrize("banded", [True, False])
def test_triangles_of_thin_bars_end_where_the_bar_begins(aspect, size, banded):
    import io

    import matplotlib as mpl
    from PIL import Image

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=size)
    values = 10 * drawing.field(60, 80)
    if banded:
        drawn = axes.contourf(values, levels=[2, 3, 4, 5, 6, 7, 8], extend="both", cmap="jet")
    else:
        drawn = axes.pcolormesh(values, vmin=2, vmax=8, cmap="RdYlBu_r")
    bar = figure.colorbar(drawn, aspect=aspect, extend="both")
    stream = io.BytesIO()
    figure.savefig(stream, dpi=100)
    rgb = np.asarray(Image.open(stream).convert("RGB"))
    true = bar.ax.get_window_extent()
    plt.close(figure)
    height = rgb.shape[0]
    versions = [(rgb, 0.9)]
    if not banded:
        versions.append((drawing.as_jpeg(rgb), 1.1))
    for picture, limit in versions:
        found = find_layout(picture).bars[0]
        assert found.extended == (True, True)
        assert off(found.outline.box[1::2], (height - true.y1, height - true.y0)) < limit


def test_bands_of_a_bar_saved_as_jpeg():
    borders = np.array([31.0, 55.0, 90.0, 121.0, 150.0])
    colors = np.array(
        [[0, 0, 130], [0, 90, 255], [60, 255, 200], [255, 230, 0], [255, 60, 0], [120, 0, 0]]
    )
    rows = np.arange(190)
    picture = np.full((190, 60, 3), 255, np.uint8)
    picture[:, 20:34] = colors[np.searchsorted(borders, rows, side="right")][:, None]
    profile = np.median(drawing.as_jpeg(picture, 60)[:, 22:32].astype(float), axis=1)
    assert off(band_edges(profile, noisy=True), borders) < 0.8
    ramp = np.median(
        drawing.as_jpeg(drawing.heat_map(PLOT, BAR, framed=0.0), 60)[42:238, 343:353], axis=1
    )
    assert band_edges(ramp.astype(float), noisy=True) is None


def test_a_thin_framed_bar_saved_as_jpeg_is_still_one():
    # subsampled chroma smears across the whole bar
    bar = (340.4, 40.2, 350.6, 240.8)
    rgb = drawing.as_jpeg(drawing.heat_map(PLOT, bar, framed=1.4, name="jet"), 60)
    (found,) = find_layout(rgb).bars
    assert found.outline.framed_sides == 4
    assert off(found.outline.box[1::2], bar[1::2]) < 0.6


def test_short_ticks_inside_the_frame():
    rgb = drawing.heat_map((50.5, 30.5, 310.5, 250.5), BAR, framed=1.0)
    for row in (60, 120, 180):
        rgb[row, 51:53] = 0
    outline = find_layout(rgb).plots[0]
    ticks = find_ticks(rgb, outline, "left", WHITE)
    assert not ticks.outward
    seen = [place for place in ticks.positions if place not in ticks.guessed]
    np.testing.assert_allclose(seen, [60.5, 120.5, 180.5], atol=0.2)
    np.testing.assert_allclose(ticks.guessed, [30.5, 250.5], atol=0.2)


@pytest.mark.parametrize("factor", [0.6, 0.7])
def test_a_frame_line_spread_over_two_rows_is_of_the_same_pen(factor):
    # at its yellow end the line of a shrunken bar is olive, at the others nearly black
    bar = (340.5, 41.0, 356.5, 241.0)
    rgb = drawing.resampled(drawing.heat_map(PLOT, bar, framed=1.0, name="plasma"), factor)
    (found,) = find_layout(drawing.as_jpeg(rgb, 90)).bars
    assert off(found.outline.box[1::2], np.array(bar[1::2]) * factor) < 0.6


def test_a_plot_in_bands_shows_little_of_a_continuous_bar():
    page = drawing.page(460, 300)

    def banded(values):
        return drawing.colored((np.floor(values * 7.999) + 0.5) / 8)

    drawing.paint(page, PLOT, lambda h, w: banded(drawing.field(h, w)))
    second = (400.0, 40.0, 416.0, 240.0)
    drawing.paint(page, BAR, lambda h, w: drawing.colored(drawing.bar_values(h, w)))
    drawing.paint(page, second, lambda h, w: banded(drawing.bar_values(h, w)))
    for box in (PLOT, BAR, second):
        drawing.frame(page, box)
    bars = sorted(find_layout(drawing.finished(page)).bars, key=lambda bar: bar.outline.box)
    assert [bar.shares[0] > 0.9 for bar in bars] == [True, True]
    assert bars[0].seen[0] < 0.5 < 0.9 < bars[1].seen[0]


def test_white_ticks_inside_a_bar_without_a_frame():
    bar = (340.0, 40.0, 364.0, 160.0)
    rgb = drawing.heat_map(PLOT, bar, framed=0.0)
    places = (59, 84, 110, 135)
    for row in places:
        rgb[row, 340:345] = rgb[row, 359:364] = 255
    outline = measure_outline(rgb, (340, 40, 364, 160), WHITE)
    ticks = find_ticks(rgb, outline, "right", WHITE)
    assert not ticks.outward
    assert ticks.guessed == ()  # an end without a frame hides no mark
    np.testing.assert_allclose(ticks.positions, np.array(places) + 0.5, atol=0.1)


def test_borders_of_cells_are_no_tick_marks():
    plot = (50.5, 30.5, 310.5, 250.5)
    rgb = drawing.heat_map(plot, BAR, framed=1.0)
    cells = np.random.default_rng(2).uniform(size=(20, 26))
    rgb[31:250, 51:310] = drawing.colored(np.kron(cells, np.ones((11, 10))))[:219, :259]
    for row in (60, 123, 180):
        rgb[row, 51:53] = 0
    outline = measure_outline(rgb, (50, 30, 311, 251), WHITE)
    ticks = find_ticks(rgb, outline, "left", WHITE)
    seen = [place for place in ticks.positions if place not in ticks.guessed]
    np.testing.assert_allclose(seen, [60.5, 123.5, 180.5], atol=0.2)


def test_short_ticks_of_a_shrunken_picture():
    big = drawing.page(420, 300)
    drawing.paint(big, PLOT, lambda h, w: drawing.colored(drawing.field(h, w)))
    drawing.frame(big, PLOT, 1.0)
    true = np.array([60.25, 120.5, 180.75, 240.0])
    for tick in true:
        drawing.paint(big, (PLOT[0] - 3.5, tick - 0.5, PLOT[0], tick + 0.5), drawing.INK)
    rgb = drawing.resampled(drawing.finished(big), 0.7)
    outline = find_layout(rgb).plots[0]
    np.testing.assert_allclose(
        find_ticks(rgb, outline, "left", WHITE).positions, 0.7 * true, atol=0.3
    )


@pytest.mark.parametrize("factor", [1.0, 0.7])
def test_a_frame_line_that_black_data_hide_is_where_the_bar_ends(factor):
    bar = (340.5, 40.5, 356.5, 241.5)
    rgb = drawing.resampled(drawing.heat_map(PLOT, bar, framed=1.0, name="inferno"), factor)
    (found,) = find_layout(rgb).bars
    assert abs(found.outline.box[3] - bar[3] * factor) < 0.25


def test_a_low_section_beside_its_bar_is_a_plot():
    section, bar = (20.0, 40.0, 400.0, 57.0), (20.0, 90.0, 400.0, 106.0)
    big = drawing.page(420, 140)
    drawing.paint(big, section, lambda h, w: drawing.colored(drawing.field(h, w)))
    drawing.paint(big, bar, lambda h, w: drawing.colored(drawing.bar_values(h, w, vertical=False)))
    layout = find_layout(drawing.finished(big))
    assert off(layout.plots[0].box, section) < 1.0
    assert off(layout.bars[0].outline.box, bar) < 0.5


def test_panels_of_one_size_come_as_one_reads():
    field = np.add.outer(np.linspace(0, 1, 60), np.linspace(0, 1, 80))
    figure = Figure(figsize=(8, 5))
    axes = figure.subplots(2, 3)
    for k, ax in enumerate(axes.flat):
        # renderers place equal axes a hundredth of a pixel apart
        ax.imshow(np.roll(field, 7 * k, axis=1), cmap="viridis", vmin=0, vmax=2, aspect="auto")
    figure.colorbar(axes[0, 0].images[0], ax=axes)
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=100)
    layout = find_layout(np.asarray(Image.open(stream).convert("RGB")))
    corners = [(plot.rect[1], plot.rect[0]) for plot in layout.plots]
    assert len(corners) == 6
    rows = [corners[:3], corners[3:]]
    for row in rows:
        assert [x for _, x in row] == sorted(x for _, x in row)
    assert max(y for y, _ in rows[0]) < min(y for y, _ in rows[1])
