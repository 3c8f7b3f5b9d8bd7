"""The steps from a figure to its values, as a dock runs them: the library in a thread, then layers.

One function a step. Each takes a `Session` and plain options, runs the public function of the
library that a script would call, keeps the result in the session's state and shows its layers.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_image2data.decode.field import Flag
from napari_image2data.plugin import layers as as_layers
from napari_image2data.plugin.choices import Choices, choices_of, is_stack
from napari_image2data.plugin.jobs import Report
from napari_image2data.plugin.session import OF_A_FRAME, Session, Then

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_image2data.color.scale import ColorScale
    from napari_image2data.decode.cells import CellGrid
    from napari_image2data.decode.field import Field
    from napari_image2data.figure.panel import Figure
    from napari_image2data.plugin.choices import Box


def read(session: Session, *, then: Then = None) -> None:
    """Find plot areas, colour bars, ticks and numbers."""

    def work(report: Report) -> Figure:
        from napari_image2data import read_figure

        report(0.0, "reading the figure")
        return read_figure(picture)

    def done(reading: Figure) -> None:
        state = session.state
        state.reading = reading
        state.panels = [choices_of(panel) for panel in reading.panels] or [Choices()]
        state.panel = 0
        state.steps.clear()
        session.forget("field")
        session.changed.emit("reading")
        session.changed.emit("choices")
        session.show_boxes()
        if then is not None:
            then()

    picture = session.guarded(session.first_picture)
    if picture is not None:
        session.jobs.run("read", "Reading the figure", work, done)


def identify(session: Session, done: Callable[[list[Any]], None]) -> None:
    """Ask which colour maps could have drawn the plot area (or the colour bar)."""

    def work(report: Report) -> list[Any]:
        from napari_image2data import identify_colormap

        return list(identify_colormap(picture))

    box = session.choices.bar_box or session.choices.plot_box
    picture = session.guarded(lambda: _part(session, box))
    if picture is not None:
        session.jobs.run("identify", "Looking for the colour map", work, done)


def order_colors(session: Session, done: Callable[[ColorScale], None]) -> None:
    """Put the colours of the plot area in order."""

    def work(report: Report) -> ColorScale:
        from napari_image2data import recover_scale

        return recover_scale(picture)

    picture = session.guarded(lambda: _part(session, session.choices.plot_box))
    if picture is not None:
        session.jobs.run("identify", "Putting the colours in order", work, done)


def _part(session: Session, box: Box | None) -> np.ndarray:
    """The picture on view, or the part of it that a box holds."""
    picture = session.first_picture()
    if box is None:
        return picture
    x0, y0, x1, y1 = (round(edge) for edge in box)
    return picture[y0:y1, x0:x1]


def _has_values(session: Session, words: str) -> bool:
    """Whether anything was read; else that is said, and what was made of other values hidden."""
    if session.has_values():
        return True
    session.put_away(*OF_A_FRAME)
    session.fail(f"No pixel could be read: {words}")
    return False


def decode(
    session: Session,
    *,
    then: Then = None,
    sigma: bool = False,
    flags: bool = False,
    **options: Any,
) -> None:
    """Decode the plot area with the scale that was chosen; ``options`` are those of `decode`."""

    def work(report: Report) -> Field:
        from napari_image2data import decode as run
        from napari_image2data.decode.covered import without

        scale = choices.scale(sample)
        settled.append(scale)
        if is_stack(picture):
            return _decode_stack(picture, scale, choices, options)
        return run(
            without(picture, choices.covered),
            scale,
            choices.plot_box,
            x_axis=choices.x_axis,
            y_axis=choices.y_axis,
            progress=lambda stage, done: report(done, stage),
            **options,
        )

    def done(field: Field) -> None:
        session.forget("field")
        state = session.state
        state.field = field
        session.record(
            "read",
            scale=settled[0],
            box=choices.plot_box or "all",
            x_axis=choices.x_axis,
            y_axis=choices.y_axis,
            **({"covered": [list(part) for part in choices.covered]} if choices.covered else {}),
        )
        session.record("decode", **options)
        session.guarded(lambda: show_field(session, sigma=sigma, flags=flags))
        session.changed.emit("field")
        layer = state.layers.get("data")
        words = "none has a colour of this scale. Check the colour map and the boxes of step 1."
        if layer is not None:
            if not _has_values(session, words):
                return
            session.say(f"The values are in the layer {layer.name!r}: point at a pixel to read it.")
        if then is not None:
            then()

    settled: list[Any] = []
    picture = session.guarded(session.picture)
    if picture is None:
        return
    sample = session.first_picture()
    choices = session.choices
    session.jobs.run("decode", "Decoding", work, done)


def _decode_stack(picture: Any, scale: Any, choices: Choices, options: dict[str, Any]) -> Field:
    """Decode every frame when it is looked at, all with the same scale and box."""
    from napari_image2data import decode as run
    from napari_image2data.decode.arrays import over_frames

    height, width = picture.shape[-3:-1] if picture.shape[-1] in (3, 4) else picture.shape[-2:]
    x0, y0, x1, y1 = (round(edge) for edge in choices.plot_box or (0, 0, width, height))
    frames = (
        picture[..., y0:y1, x0:x1, :] if picture.shape[-1] in (3, 4) else picture[..., y0:y1, x0:x1]
    )
    field = over_frames(lambda frame: run(frame, scale, **options), frames)
    x, y = np.arange(x0, x1) + 0.5, np.arange(y0, y1) + 0.5
    return replace(
        field,
        scale=scale,
        box=(x0, y0, x1, y1),
        x=x if choices.x_axis is None else np.asarray(choices.x_axis.to_value(x)),
        y=y if choices.y_axis is None else np.asarray(choices.y_axis.to_value(y)),
    )


def show_field(session: Session, *, sigma: bool = False, flags: bool = False) -> None:
    """Show the decoded field, and its uncertainty and flags where asked for or there already."""
    state = session.state
    assert state.field is not None
    place, about, name = session.place(), session.provenance(), session.name()
    made = [("data", as_layers.data_layer)]
    if sigma or "sigma" in state.layers:
        made.append(("sigma", as_layers.sigma_layer))
    if flags or "flags" in state.layers:
        made.append(("flags", as_layers.flags_layer))
    if state.field.mixture is not None and state.field.mixture.light is not None:
        made.append(("light", as_layers.light_layer))
    ready = [(role, make(state.field, name, place, about)) for role, make in made]
    for role, layer_data in ready:
        session.show(role, layer_data)


def threshold(session: Session, limit: float) -> None:
    """Apply another colour distance threshold to what is decoded already; nothing is decoded again.

    Every pixel is looked up once, without a threshold; each move of the slider then is a
    comparison of distances.
    """

    def work(report: Report) -> tuple[Field, Field]:
        from napari_image2data import lookup

        looked_up = state.looked_up
        if looked_up is None:
            assert scale is not None
            looked_up = lookup(crop, scale, max_distance=float("inf"))
        return looked_up, with_limit(decoded, looked_up, limit)

    def done(result: tuple[Field, Field]) -> None:
        session.forget("mask")
        state.decoded = decoded
        state.looked_up, state.field = result
        session.record("decode", **{**state.steps.get("decode", {}), "max_distance": limit})
        show_field(session)
        session.changed.emit("field")
        _has_values(session, "every colour is farther from the scale than that. Raise the limit.")

    state = session.state
    if state.field is None:
        return
    decoded = state.decoded if state.decoded is not None else state.field
    if not isinstance(decoded.values, np.ndarray) or decoded.box is None:
        return
    scale = decoded.scale
    x0, y0, x1, y1 = decoded.box
    picture = session.guarded(session.first_picture)
    if picture is not None:
        crop = picture[y0:y1, x0:x1]
        session.jobs.run("decode", "Applying the colour limit", work, done, quick=True)


def with_limit(decoded: Field, looked_up: Field, limit: float) -> Field:
    """Field with another limit for the colour distance.

    Parameters
    ----------
    decoded : Field
        As `decode` made it, with whatever limit.
    looked_up : Field
        The same pixels from `lookup` without a limit.
    limit : float
        Largest distance (levels of 255) that is read.

    Returns
    -------
    Field
        Ink and no data stay as they are, whatever their colour.
    """
    from napari_image2data import rethreshold

    limited = rethreshold(looked_up, limit)
    ink = (decoded.flags & int(Flag.OVERLAY | Flag.NO_DATA)) != 0
    keep = ink | (np.isfinite(decoded.values) & np.isfinite(limited.values))
    return replace(
        decoded,
        values=np.where(keep, decoded.values, limited.values),
        sigma=np.where(keep, decoded.sigma, limited.sigma),
        distance=looked_up.distance,
        flags=np.where(keep, decoded.flags, limited.flags),
    )


def cells(session: Session) -> None:
    """Take one value a cell off the field."""

    def work(report: Report) -> CellGrid:
        from napari_image2data import find_cells

        report(0.0, "looking for cells")
        return find_cells(field, picture)

    def done(grid: CellGrid) -> None:
        session.state.cells = grid
        session.record("cells")
        place, about = session.place(), session.provenance()
        session.show("cells", as_layers.cells_layer(grid, field, session.name(), place, about))
        even = (
            "" if all(grid.regular) else " They are not evenly spaced: the layer shows them even."
        )
        rows, columns = grid.shape
        session.say(f"{rows} x {columns} cells are in the layer of that name.{even}")

    field = session.guarded(session.need_field)
    picture = session.guarded(session.first_picture)
    if field is not None and picture is not None:
        session.jobs.run("cells", "Looking for cells", work, done)
