from __future__ import annotations

from napari_image2data import Label
from napari_image2data.plugin.ticks import UNUSED, USED, tick_layer
from napari_image2data.plugin.update import add_or_update


def test_every_label_says_what_it_was_taken_for(viewer):
    labels = (
        Label("1O", (10.0, 50.0, 20.0, 60.0), "x", value=10.0, pixel=15.0),
        Label("7?", (100.0, 20.0, 110.0, 30.0), "colorbar"),
    )
    layer = add_or_update(viewer, tick_layer(labels, "fig"))
    assert list(layer.features["shown"]) == ["10", "7? ?"]
    assert list(layer.features["used"]) == [True, False]
    assert USED != UNUSED
    assert layer.data[0].tolist() == [67.5, 14.5]
    assert layer.data[1].tolist() == [11.5, 104.5]


def test_labels_of_a_bar_that_lies_are_named_below_it(viewer):
    label = Label("7", (100.0, 20.0, 110.0, 30.0), "colorbar", value=7.0)
    data, _, _ = tick_layer((label,), "fig", bar_lies=True)
    assert data[0].tolist() == [37.5, 104.5]
