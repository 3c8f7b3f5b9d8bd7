"""The tick labels that were read, written at their places in the figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_image2data.plugin import layers as as_layers

if TYPE_CHECKING:
    from napari_image2data.figure.panel import Label
    from napari_image2data.plugin.session import Session

USED, UNUSED = "#00a878", "#e5383b"


def tick_layer(
    labels: tuple[Label, ...], figure: str, place: dict[str, Any] | None = None
) -> as_layers.LayerData:
    """``<fig> tick labels``: the number that each label was taken for, right above the label.

    Green ones were used; red ones did not fit the others and stand as they were read.
    """
    import pandas as pd

    rows = [
        [1.8 * label.box[1] - 0.8 * label.box[3] - 0.5, (label.box[0] + label.box[2]) / 2 - 0.5]
        for label in labels
    ]
    used = [label.value is not None for label in labels]
    features = pd.DataFrame(
        {
            "read": [label.text for label in labels],
            "shown": [
                f"{label.text} ?" if label.value is None else f"{label.value:.6g}"
                for label in labels
            ],
            "belongs to": [label.role for label in labels],
            "used": used,
        }
    )
    colors = [USED if fits else UNUSED for fits in used]
    return (
        np.array(rows, float).reshape(-1, 2),
        {
            **as_layers.named(figure, "tick labels", place, None),
            "features": features,
            "text": {
                "string": "{shown}",
                "size": 10,
                "color": colors or "white",
            },
            "size": 1,
            "face_color": "transparent",
            "border_color": "transparent",
        },
        "points",
    )


def show_tick_labels(session: Session) -> None:
    """Show (or show anew) what was read at every tick."""
    if session.figure is None:
        return
    old = session.state.layers.pop("tick labels", None)
    if old is not None and old in session.viewer.layers:
        session.viewer.layers.remove(old)
    labels = session.choices.labels
    if labels:
        place = as_layers.figure_placement(session.figure)
        session.show("tick labels", tick_layer(labels, session.name(), place))
    else:
        session.say("No tick label was read in this panel.")
