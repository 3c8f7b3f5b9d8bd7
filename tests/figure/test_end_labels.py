"""Stills of thermal cameras: a margin at one side, a number beyond either end of the bar."""

import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

import drawing
from napari_image2data.decode.decode import decode
from napari_image2data.figure.end_labels import calibrate_ends
from napari_image2data.figure.layout import find_layout
from napari_image2data.figure.read import read_figure
from napari_image2data.figure.text import Text

FONT = mpl.get_data_path() + "/fonts/ttf/DejaVuSans-Bold.ttf"


def still(*, page="black", ink="white", low="-4.5", high="38.0"):
    """A field of 320 x 240 that touches three borders of its picture, its bar in the margin."""
    picture = Image.new("RGB", (380, 240), page)
    values = drawing.field(240, 320)
    picture.paste(Image.fromarray(drawing.colored(values, "inferno").astype(np.uint8)), (0, 0))
    bar = drawing.colored(drawing.bar_values(190, 16), "inferno")
    picture.paste(Image.fromarray(bar.astype(np.uint8)), (340, 25))
    pen, font = ImageDraw.Draw(picture), ImageFont.truetype(FONT, 12)
    pen.text((332, 7), high, font=font, fill=ink)
    pen.text((332, 219), low, font=font, fill=ink)
    return np.asarray(picture), values


@pytest.mark.parametrize(
    ("page", "ink", "degrade"),
    [("black", "white", drawing.as_jpeg), ("white", "black", lambda rgb: rgb)],
    ids=["dark JPEG", "pale PNG"],
)
def test_a_thermal_still_reads_without_a_click(page, ink, degrade):
    rgb, values = still(page=page, ink=ink)
    rgb = degrade(rgb)
    (panel,) = read_figure(rgb).panels
    assert panel.plot_box == pytest.approx((0, 0, 320, 240), abs=1)
    assert panel.plot_box[:2] == (0, 0)
    assert (panel.scale.vmin, panel.scale.vmax) == pytest.approx((-4.5, 38), abs=0.2)
    assert any("Only two labels" in problem for problem in panel.problems)
    found = decode(rgb, panel.scale, box=panel.plot_box).values[:, :315]
    error = np.abs(found - (values[:, :315] * 42.5 - 4.5))
    assert np.nanmean(error) < 0.01 * 42.5
    assert np.isnan(found).mean() < 0.05


def test_numbers_that_are_not_in_line_with_the_bar_are_not_its_ends():
    bar = (340, 25, 356, 215)
    above, below = Text("38.0", (332.0, 8.0, 362.0, 18.0), 1.0), (332.0, 220.0, 362.0, 230.0)
    found = calibrate_ends(bar, True, [above, Text("20.0", below, 1.0)])
    assert found.axis.to_value(np.array([25.0, 215.0])) == pytest.approx((38, 20))
    for other in (
        Text("20.0", (232.0, 220.0, 262.0, 230.0), 1.0),  # beside the plot
        Text("20.0", (332.0, 300.0, 362.0, 310.0), 1.0),  # far below
        Text("20.0", (300.0, 218.0, 390.0, 248.0), 1.0),  # a headline
        Text("38.0", below, 1.0),
        Text("max", below, 1.0),
    ):
        assert calibrate_ends(bar, True, [above, other]) is None


def test_numbers_left_and_right_of_a_level_bar_are_its_ends():
    high = Text("250", (311.0, 202.0, 335.0, 212.0), 1.0)
    near, far = (
        Text("0", (x, 202.0, x + 8, 212.0), 1.0) for x in (86.0, 66.0)
    )  # 6 and 26 pixels before the bar
    found = calibrate_ends((100, 200, 300, 214), False, [near, high])
    assert found.axis.to_value(np.array([100.0, 200.0, 300.0])) == pytest.approx((0, 125, 250))
    assert calibrate_ends((100, 200, 300, 214), False, [far, high]) is None


def test_a_margin_at_one_side_without_a_bar_leaves_the_picture_one_plot():
    values = drawing.field(240, 320)
    rgb = np.zeros((240, 380, 3), np.uint8)
    rgb[:, :320] = drawing.colored(values, "inferno")
    layout = find_layout(rgb)
    assert layout.bars == []
    assert [plot.rect for plot in layout.plots] == [(0, 0, 380, 240)]
