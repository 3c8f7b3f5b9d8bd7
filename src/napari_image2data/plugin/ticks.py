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
    labels: tuple[Label, ...],
    figure: str,
    place: dict[str, Any] | None = None,
    *,
    bar_lies: bool = False,
) -> as_layers.LayerData:
    """``<fig> tick labels``: the number that each label was taken for, right beside the label.

    It stands above labels in a column and below labels in a row (``bar_lies``: so are the colour
    bar's), away from what they belong to.

    Green ones were used; red ones did not fit the others and stand as they were read.
    """
    import pandas as pd

    rows = []
    for label in labels:
        x0, y0, x1, y1 = label.box
        below = label.role == "x" or (label.role == "colorbar" and bar_lies)
        row = y1 + 0.8 * (y1 - y0) if below else y0 - 0.8 * (y1 - y0)
        rows.append([row - 0.5, (x0 + x1) / 2 - 0.5])
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
        x0, y0, x1, y1 = session.choices.bar_box or (0, 0, 0, 0)
        lies = x1 - x0 > y1 - y0
        session.show("tick labels", tick_layer(labels, session.name(), place, bar_lies=lies))
    else:
        session.say("No tick label was read in this panel.")
