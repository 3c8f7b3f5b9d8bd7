import io

import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image

import drawing
from napari_image2data.figure.read import read_figure
from napari_image2data.figure.text import Text
from napari_image2data.figure.titles import find_title, unit_of

mpl.use("Agg")


@pytest.mark.parametrize(
    ("title", "unit"),
    [
        ("longitude (°E)", "°E"),
        ("log10(power) [dB]", "dB"),
        ("delay time / s", "s"),
        ("Temperature, K", "K"),
        ("velocity (m s-1)", "m s-1"),
        ("depth", ""),
        ("a/b", ""),
        ("land, sea and the ice between", ""),
        ("T(K)", "K"),
        ("", ""),
    ],
)
def test_the_unit_is_what_a_title_says_last(title, unit):
    assert unit_of(title) == unit


def test_titles_of_axes_and_bar_are_read():
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 4.5))
    image = axes.imshow(drawing.field(60, 80), extent=(0, 40, 0, 30), aspect="auto")
    axes.set(xlabel="Distance (km)", ylabel="Depth (m)", title="Section of the bay")
    figure.colorbar(image, label="Temperature [K]")
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=100)
    plt.close(figure)
    (panel,) = read_figure(np.asarray(Image.open(stream).convert("RGB"))).panels
    assert panel.x_axis.title == "Distance (km)"
    assert panel.y_axis.title == "Depth (m)"
    assert panel.colorbar_axis.unit == "K"


def text(words, box, rotated=False):
    return Text(words, box, 0.99, rotated)


LABELS = [(30.0, y, 45.0, y + 8.0) for y in (20.0, 60.0, 100.0)]
PLOT = (50, 10, 150, 120)


def test_the_pieces_of_an_upright_title_are_joined_from_below():
    pieces = [text("(m)", (10, 30, 20, 50), True), text("Depth", (10, 54, 20, 90), True)]
    found = find_title("left", PLOT, pieces, LABELS, [])
    assert [piece.text for piece in found] == ["Depth", "(m)"]


@pytest.mark.parametrize(
    "stray",
    [
        text("0.5", (10, 60, 20, 68)),  # a number
        text("Section A", (2, 60, 28, 68)),  # level words beside an upright axis
        text("Depth", (10, 0, 20, 16), True),  # beside the corner, not the middle
        text("Depth", (-60, 54, -50, 90), True),  # far away
        text("Depth", (35, 54, 44, 90), True),  # among the labels
    ],
)
def test_other_words_are_no_title(stray):
    assert find_title("left", PLOT, [stray], LABELS, []) == []


def test_a_title_beyond_another_plot_is_not_ours():
    title = text("Depth", (10, 54, 20, 90), True)
    assert find_title("left", PLOT, [title], LABELS, [(22, 0, 28, 130)]) == []
