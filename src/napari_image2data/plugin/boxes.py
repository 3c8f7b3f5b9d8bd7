"""Plot area and colour bar as rectangles that can be dragged: a Shapes layer <-> boxes.

A box is ``(x0, y0, x1, y1)`` in pixel edges of the figure (column ``i`` spans ``[i, i + 1]``). A
rectangle in napari has corners ``(row, column)`` in pixel centres, so it lies half a pixel lower.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Shapes
from psygnal import Signal

from napari_image2data.plugin.layers import LayerData, named
from napari_image2data.plugin.update import add_or_update

Box = tuple[float, float, float, float]

PLOT_AREA = "plot area"
COLOR_BAR = "colour bar"
COLORS = {PLOT_AREA: "#00d9ff", COLOR_BAR: "#ff2fd0"}
"""Colours that few colour maps hold, so that the rectangles stand out on any figure."""


def corners(box: Box) -> np.ndarray:
    """The four corners ``(4, 2)`` in napari's rows and columns.

    Examples
    --------
    >>> corners((0, 0, 4, 2)).tolist()
    [[-0.5, -0.5], [-0.5, 3.5], [1.5, 3.5], [1.5, -0.5]]
    """
    x0, y0, x1, y1 = (float(edge) - 0.5 for edge in box)
    return np.array([[y0, x0], [y0, x1], [y1, x1], [y1, x0]])


def box_of(rectangle: np.ndarray, size: tuple[int, int]) -> Box | None:
    """Box around a rectangle (turned or sheared, too), snapped to whole pixels of the picture.

    Parameters
    ----------
    rectangle : (N, 2 or more) ndarray
        Corners; the last two columns are row and column.
    size : (height, width)
        Of the picture; the box is clipped to it.

    Returns
    -------
    (x0, y0, x1, y1) or None
        None when nothing of the rectangle lies inside the picture.

    Examples
    --------
    >>> box_of(np.array([[-0.7, -3.0], [-0.7, 3.4], [1.6, 3.4], [1.6, -3.0]]), (10, 20))
    (0.0, 0.0, 4.0, 2.0)
    """
    height, width = size
    edges = np.round(np.asarray(rectangle)[:, -2:] + 0.5)
    y0, x0 = np.clip(edges.min(axis=0), 0, (height, width))
    y1, x1 = np.clip(edges.max(axis=0), 0, (height, width))
    if y1 - y0 < 1 or x1 - x0 < 1:
        return None
    return float(x0), float(y0), float(x1), float(y1)


def first_box(role: str, size: tuple[int, int]) -> Box:
    """Box to begin with where none was found: about where figures have theirs.

    Examples
    --------
    >>> first_box(COLOR_BAR, (100, 200))
    (172.0, 15.0, 180.0, 85.0)
    """
    height, width = size
    if role == PLOT_AREA:
        shares = (0.1, 0.1, 0.8, 0.9)
    else:
        shares = (0.86, 0.15, max(0.9, 0.86 + 2 / width), 0.85)
    x0, y0, x1, y1 = shares
    return (
        float(round(x0 * width)),
        float(round(y0 * height)),
        float(round(x1 * width)),
        float(round(y1 * height)),
    )


def free_corner(bar: Box | None, size: tuple[int, int]) -> str:
    """Corner of the canvas that is farthest from the figure's own colour bar.

    Examples
    --------
    >>> free_corner((180, 10, 190, 90), (100, 200))
    'top_left'
    """
    if bar is None:
        return "top_right"
    height, width = size
    across = "right" if bar[0] + bar[2] < 0.8 * width else "left"
    upright = "bottom" if bar[1] + bar[3] < 0.8 * height else "top"
    return f"{upright}_{across}"


def boxes_layer(
    boxes: Mapping[str, Box], figure: str, place: Mapping[str, Any] | None = None
) -> LayerData:
    """``<fig> boxes``: a rectangle a role, the role written on it."""
    import pandas as pd

    roles = list(boxes)
    colors = [COLORS[role] for role in roles]
    return (
        [corners(boxes[role]) for role in roles],
        {
            **named(figure, "boxes", place, None),
            "ndim": 2,
            "shape_type": "rectangle",
            "features": pd.DataFrame({"role": pd.Series(roles, dtype=object)}),
            "text": {
                "string": "{role}",
                "anchor": "upper_left",
                "size": 10,
                "color": colors or "white",
                "translation": [-14, 0],
            },
            "edge_color": colors or "white",
            "face_color": "transparent",
            "edge_width": 2,
        },
        "shapes",
    )


class BoxEditor:
    """Keeps one Shapes layer and a set of boxes in step.

    Signals
    -------
    moved(role, box)
        The user dragged a rectangle; the box is already snapped and written back.
    """

    moved = Signal(str, tuple)

    def __init__(self, viewer: ViewerModel) -> None:
        self._viewer = viewer
        self.layer: Shapes | None = None
        self._boxes: dict[str, Box] = {}
        self._size = (0, 0)
        self._updating = False

    def show(
        self,
        boxes: Mapping[str, Box],
        figure: str,
        size: tuple[int, int],
        place: Mapping[str, Any] | None = None,
        layer: Shapes | None = None,
    ) -> Shapes:
        """Draw these boxes; ``layer`` is the layer that shows them already, if there is one."""
        self.release()
        self._boxes, self._size = dict(boxes), size
        previous = layer if layer in self._viewer.layers else None
        if previous is not None:
            self.layer = previous
            self._draw()
        else:
            active = self._viewer.layers.selection.active
            self.layer = add_or_update(self._viewer, boxes_layer(boxes, figure, place))
            if active is not None:
                self._viewer.layers.selection.active = active
            if self.layer.nshapes != len(boxes):
                self._draw()
        self.layer.mode = "select"
        self.layer.events.data.connect(self._on_data)
        return self.layer

    def release(self) -> None:
        """Follow no layer any more."""
        if self.layer is not None:
            self.layer.events.data.disconnect(self._on_data)
        self.layer = None

    def _draw(self) -> None:
        assert self.layer is not None
        data, attributes, _ = boxes_layer(self._boxes, "", None)
        self._updating = True
        try:
            self.layer.selected_data = set()
            self.layer.data = []
            if data:
                self.layer.add_rectangles(
                    data, edge_color=attributes["edge_color"], face_color="transparent"
                )
            self.layer.features = attributes["features"]
            self.layer.text = attributes["text"]
            self.layer.edge_width = [2] * len(data)
        finally:
            self._updating = False

    def _on_data(self, event: Any) -> None:
        action = str(getattr(event.action, "value", event.action))
        if self._updating or self.layer is None or action not in ("changed", "added", "removed"):
            return
        roles = list(self.layer.features["role"]) if len(self.layer.features) else []
        found: dict[str, Box] = {}
        for role, rectangle in zip(roles, self.layer.data, strict=True):
            box = box_of(rectangle, self._size)
            if role in self._boxes and role not in found and box is not None:
                found[role] = box
        # a deleted, doubled or lost rectangle is drawn again where it was
        moved = {role: box for role, box in found.items() if box != self._boxes[role]}
        kept = {**self._boxes, **found}
        self._boxes = kept
        if action != "changed" or moved or len(found) != len(roles):
            selected = set(self.layer.selected_data)
            self._draw()
            if len(roles) == len(kept):
                self.layer.selected_data = selected
        for role, box in moved.items():
            self.moved.emit(role, box)
