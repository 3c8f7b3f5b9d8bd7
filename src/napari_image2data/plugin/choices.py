"""What is chosen for one panel of a figure: boxes, colour scale, range, axes. No window needed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_image2data.color.norm import check_ends
from napari_image2data.color.scale import ColorScale
from napari_image2data.errors import ImageError, ScaleError

if TYPE_CHECKING:
    from napari.layers import Image

    from napari_image2data.decode.field import Field
    from napari_image2data.figure.axis import Axis
    from napari_image2data.figure.confidence import Confidence
    from napari_image2data.figure.panel import Label, Panel

Box = tuple[float, float, float, float]


@dataclass
class Choices:
    """Everything that decides what a panel decodes to; what was read, then what was corrected.

    Attributes
    ----------
    plot_box, bar_box : (x0, y0, x1, y1) or None
        Pixel edges; None is the whole picture, and no colour bar.
    source : {"bar", "name", "own"}
        Take the scale's colours from the figure's colour bar, from a colour map by its name, or
        from the picture itself (see `recover_scale`).
    cmap : str
        The named colour map.
    reverse : bool
        Whether the named map, or the picture's own colours, run backwards.
    vmin, vmax : float or None
        Values at the first and last colour; None where they are not known yet.
    norm : str
        "linear" or "log", or the norm that was read.
    direction : str or None
        Where the bar's values go to vmax; None asks the bar's shape.
    unit : str
        Words for the values, e.g. the colour bar's title.
    x_axis, y_axis, bar_axis : Axis or None
        Pixel <-> value, in figure pixels; ``bar_axis`` along the colour bar.
    read_scale : ColorScale or None
        The scale as it was read; in force until something it depends on is corrected.
    own_colors : ColorScale or None
        The picture's own colours in order; None until they were asked for.
    problems : tuple of str
        What could not be read, in plain sentences.
    labels : tuple of Label
        The tick labels that were found.
    confidences : Confidence or None
        How likely each part was read right; None where nothing was read.
    covered : tuple of (x0, y0, x1, y1)
        Parts of the plot area that a colour bar covers.
    corrected : set of str
        Names of the attributes that a person has set.
    """

    plot_box: Box | None = None
    bar_box: Box | None = None
    source: str = "name"
    cmap: str = "viridis"
    reverse: bool = False
    vmin: float | None = None
    vmax: float | None = None
    norm: str = "linear"
    direction: str | None = None
    unit: str = ""
    x_axis: Axis | None = None
    y_axis: Axis | None = None
    bar_axis: Axis | None = None
    read_scale: ColorScale | None = None
    own_colors: ColorScale | None = None
    problems: tuple[str, ...] = ()
    labels: tuple[Label, ...] = ()
    confidences: Confidence | None = None
    covered: tuple[Box, ...] = ()
    corrected: set[str] = field(default_factory=set)

    def correct(self, **values: Any) -> bool:
        """Set what a person corrected; returns whether anything changed."""
        changed = {name: value for name, value in values.items() if getattr(self, name) != value}
        for name, value in changed.items():
            setattr(self, name, value)
        self.corrected |= set(changed)
        if changed.keys() & {"bar_box", "vmin", "vmax", "norm", "direction"}:
            self.read_scale = None
        if "bar_box" in changed and not self.corrected & {"vmin", "vmax"}:
            self._range_from_axis()
        return bool(changed)

    def sure_of(self) -> list[tuple[str, float]]:
        """Name and confidence of each part that was read and that no person has corrected since."""
        sure = self.confidences
        if sure is None:
            return []
        parts = [
            ("plot area", sure.plot_area, {"plot_box"}),
            ("colour bar", sure.colorbar, {"bar_box", "source"}),
            ("range", sure.value_range, {"bar_box", "source", "vmin", "vmax", "norm", "direction"}),
            ("x axis", sure.x_axis, set()),
            ("y axis", sure.y_axis, set()),
        ]
        return [(part, share) for part, share, by in parts if share > 0 and not by & self.corrected]

    def _range_from_axis(self) -> None:
        """Read the values at the ends of a bar that was moved off the axis beside it."""
        if self.bar_axis is None or self.bar_box is None:
            return
        x0, y0, x1, y1 = self.bar_box
        ends = {"up": (y1, y0), "down": (y0, y1), "left": (x1, x0), "right": (x0, x1)}
        first, last = ends[self.direction or ("up" if y1 - y0 >= x1 - x0 else "right")]
        self.vmin = float(self.bar_axis.to_value(first))
        self.vmax = float(self.bar_axis.to_value(last))

    def scale(self, picture: np.ndarray) -> ColorScale:
        """The colour scale that these choices stand for.

        Raises
        ------
        ScaleError
            When the range, the bar or the name is missing or makes no sense.
        """
        if self.source == "bar" and self.read_scale is not None:
            return self.read_scale
        if self.vmin is None or self.vmax is None:
            raise ScaleError(
                "The values at the two ends of the colour scale are not known; "
                "type them under 'Colour scale'."
            )
        if self.source == "bar":
            if self.bar_box is None:
                raise ScaleError(
                    "No colour bar is marked; press 'Mark the colour bar' and drag the rectangle "
                    "over it, or choose a colour map by its name."
                )
            options: dict[str, Any] = {"norm": self.norm}
            if self.direction is not None:
                options["direction"] = self.direction
            return ColorScale.from_colorbar(
                picture, self.bar_box, vmin=self.vmin, vmax=self.vmax, **options
            )
        if self.source == "own":
            return self._own_scale(self.vmin, self.vmax)
        return ColorScale.from_name(
            self.cmap + ("_r" if self.reverse else ""),
            vmin=self.vmin,
            vmax=self.vmax,
            norm=self.norm,  # type: ignore[arg-type]
        )

    def _own_scale(self, vmin: float, vmax: float) -> ColorScale:
        if self.own_colors is None:
            raise ScaleError(
                "The picture's colours are in no order yet; press 'Put the colours in order'."
            )
        check_ends(vmin, vmax, self.norm)
        colors = self.own_colors.colors[:: -1 if self.reverse else 1]
        spread = np.geomspace if self.norm == "log" else np.linspace
        values = spread(vmin, vmax, len(colors))
        return ColorScale.from_colors(colors, values, norm=self.norm)  # type: ignore[arg-type]


def choices_of(panel: Panel) -> Choices:
    """Choices as `read_figure` found them in a panel."""
    scale, axis, box = panel.scale, panel.colorbar_axis, panel.colorbar_box
    direction = None
    if axis is not None and box is not None:
        upright = box[3] - box[1] >= box[2] - box[0]
        ends = axis.to_value(np.array(box)[[1, 3] if upright else [0, 2]])
        rises = bool(ends[1] > ends[0])
        direction = ("down" if rises else "up") if upright else ("right" if rises else "left")
    return Choices(
        plot_box=panel.plot_box,
        bar_box=panel.colorbar_box,
        source="bar" if panel.colorbar_box is not None else "name",
        vmin=None if scale is None else scale.vmin,
        vmax=None if scale is None else scale.vmax,
        norm="linear" if scale is None else scale.norm,
        direction=direction,
        unit="" if axis is None else axis.unit,
        x_axis=panel.x_axis,
        y_axis=panel.y_axis,
        bar_axis=axis,
        read_scale=scale,
        problems=tuple(panel.problems),
        labels=tuple(panel.labels),
        confidences=panel.confidences,
        covered=panel.covered,
    )


def picture_of(layer: Image) -> Any:
    """The picture (or stack of pictures) that an Image layer shows, as `decode` takes it.

    A gray layer of floats outside 0..1, or of integers that are no 8-bit or full-range 16-bit
    picture, is shown by napari through its contrast limits; so those decide here, too.

    Returns
    -------
    (..., H, W[, 3|4]) ndarray or dask array
        A stack in memory becomes a lazy one, a picture a chunk.
    """
    data = layer.data[0] if layer.multiscale else layer.data
    color = bool(layer.rgb) or (data.ndim == 3 and data.shape[-1] in (3, 4))
    core = 3 if color else 2
    if data.ndim < core or 0 in data.shape:
        raise ImageError(f"The layer {layer.name!r} holds no picture; choose an image layer.")
    if not color and data.dtype not in (np.uint8, bool):
        low, high = (float(limit) for limit in layer.contrast_limits)
        data = _to_unit_range(data, low, high)
    if data.ndim > core and isinstance(data, np.ndarray):
        import dask.array

        data = dask.array.from_array(data, chunks=(1,) * (data.ndim - core) + data.shape[-core:])
    return data


def _to_unit_range(data: Any, low: float, high: float) -> Any:
    return ((data.astype(np.float32) - low) / ((high - low) or 1.0)).clip(0, 1)


def is_stack(picture: Any) -> bool:
    """Whether `picture_of` gave several pictures."""
    return bool(picture.ndim > (3 if picture.shape[-1] in (3, 4) else 2))


def picture_size(layer: Image) -> tuple[int, int]:
    """Height and width of the pictures in a layer."""
    data = layer.data[0] if layer.multiscale else layer.data
    color = bool(layer.rgb) or (data.ndim == 3 and data.shape[-1] in (3, 4))
    height, width = data.shape[-3:-1] if color else data.shape[-2:]
    return int(height), int(width)


def plane_of(array: Any, index: tuple[int, ...]) -> Any:
    """The picture of a stack at a viewer's step (its last axes are the stack's), in memory."""
    more = array.ndim - 2
    if more > 0:
        steps = (0,) * array.ndim + tuple(index)
        ahead = zip(steps[-array.ndim :], array.shape[:more], strict=False)
        array = array[tuple(min(step, size - 1) for step, size in ahead)]
    return np.asarray(array)


def field_plane(field: Field, index: tuple[int, ...]) -> Field:
    """One picture of a decoded stack, computed; a single picture as it is."""
    if field.values.ndim == 2 and isinstance(field.values, np.ndarray):
        return field
    return replace(
        field,
        **{
            name: plane_of(getattr(field, name), index)
            for name in ("values", "distance", "sigma", "flags")
        },
    )


def number(text: str, what: str) -> float | None:
    """The number that a person typed, None for an empty line.

    Raises
    ------
    ScaleError
        When it is no finite number.

    Examples
    --------
    >>> number("−1.5e3", "vmin"), number(" ", "vmin"), number("0,7", "vmax")
    (-1500.0, None, 0.7)
    """
    plain = text.strip().replace("−", "-").replace("–", "-").replace(" ", "")
    if not plain:
        return None
    if plain.count(",") == 1 and "." not in plain:
        plain = plain.replace(",", ".")
    try:
        value = float(plain)
    except ValueError:
        value = float("nan")
    if not np.isfinite(value):
        raise ScaleError(f"{text!r} is no number; type {what} like 0.5, -20 or 1e-3.")
    return value


def numbers(text: str, what: str) -> list[float]:
    """The numbers that a person typed into one line, with blanks, commas or semicolons between.

    Raises
    ------
    ScaleError
        When one of them is no finite number.

    Examples
    --------
    >>> numbers("0, 5, 10", "a border"), numbers("0 2.5 1e1", "a border"), numbers("", "a border")
    ([0.0, 5.0, 10.0], [0.0, 2.5, 10.0], [])
    >>> numbers("0,5; 1,5", "a border"), numbers("-1,0,1", "a border")
    ([0.5, 1.5], [-1.0, 0.0, 1.0])
    """
    parts = [part.strip(",") for part in text.replace(";", " ").split()]
    if len(parts) == 1 and parts[0].count(",") > 1:
        parts = parts[0].split(",")
    found = (number(part, what) for part in parts)
    return [each for each in found if each is not None]
