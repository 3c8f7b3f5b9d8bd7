"""What lies under the cursor: place, value, uncertainty, and why not, in words."""

from __future__ import annotations

from typing import Any

import numpy as np

from napari_image2data.decode.field import Field
from napari_image2data.plugin.layers import REASONS


def significant(value: float, sigma: float) -> str:
    """Write a value with the digits that its uncertainty leaves, one more.

    Examples
    --------
    >>> significant(0.412345, 0.0042), significant(1234.5, 30.0), significant(2.0, float("nan"))
    ('0.4123', '1234', '2')
    """
    if not np.isfinite(sigma) or sigma <= 0:
        return f"{value:.5g}"
    decimals = 1 - int(np.floor(np.log10(sigma)))
    return f"{value:.{decimals}f}" if 0 <= decimals < 7 else f"{value:.5g}"


def reading_at(field: Field, row: int, column: int, unit: str = "") -> str:
    """One line about a pixel of a single decoded picture.

    Parameters
    ----------
    field : Field
        Arrays ``(h, w)``.
    row, column : int
        Pixel of the field.
    unit : str
        Words behind the value.
    """
    height, width = field.values.shape
    if not (0 <= row < height and 0 <= column < width):
        return ""
    place = f"x {field.x[column]:.5g}, y {field.y[row]:.5g}:  "
    value, sigma = float(field.values[row, column]), float(field.sigma[row, column])
    flags = int(field.flags[row, column])
    reasons = ", ".join(words for flag, (words, _) in REASONS.items() if flags & int(flag))
    if np.isnan(value):
        return place + (reasons or "not read")
    text = f"{place}{significant(value, sigma)}"
    if np.isfinite(sigma):
        text += f" ± {sigma:.2g}"
    if unit:
        text += f" {unit}"
    return text + (f"  ({reasons})" if reasons else "")


class Readout:
    """Follows the mouse over a session's decoded field and tells what is there.

    Parameters
    ----------
    session : Session
    tell : callable
        Called with one line of text.
    """

    def __init__(self, session: Any, tell: Any) -> None:
        self._session = session
        self._tell = tell
        session.viewer.mouse_move_callbacks.append(self.on_move)

    def on_move(self, viewer: Any, event: Any) -> None:
        """Tell about the pixel at the event's position."""
        session = self._session
        layer = session.state.layers.get("data")
        if session.state.field is None or layer is None:
            return
        place = np.asarray(layer.world_to_data(event.position))[-2:]
        field = session.state.field
        if field.values.ndim > 2 or not isinstance(field.values, np.ndarray):
            field = session.shown_plane(field)
        row, column = (int(np.floor(at + 0.5)) for at in place)
        text = reading_at(field, row, column, session.choices.unit)
        if text:
            self._tell(text)

    def close(self) -> None:
        """Let go of the viewer."""
        callbacks = self._session.viewer.mouse_move_callbacks
        if self.on_move in callbacks:
            callbacks.remove(self.on_move)
