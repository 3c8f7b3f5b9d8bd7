"""decode(): whole pictures to Fields."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from napari_image2data.color.image import as_rgb
from napari_image2data.color.norm import kept_rounding
from napari_image2data.decode.ambiguity import choose_rivals
from napari_image2data.decode.arguments import (
    base_beneath,
    check_cells,
    check_choices,
    check_mixture,
    is_large,
    window_of,
)
from napari_image2data.decode.arrays import is_lazy, over_frames, picture_shape
from napari_image2data.decode.background import has_color
from napari_image2data.decode.between_steps import between_steps
from napari_image2data.decode.cells import one_value_a_cell
from napari_image2data.decode.curve import Curve, Reading, level_offset, read_positions
from napari_image2data.decode.field import Field, Flag
from napari_image2data.decode.fill import fill_error, fill_positions, nearest_value
from napari_image2data.decode.jpeg import find_jpeg_grid, looks_like_jpeg
from napari_image2data.decode.jpeg_cells import Evened, even_cells
from napari_image2data.decode.jpeg_info import JpegInfo
from napari_image2data.decode.jpeg_smooth import smooth_positions
from napari_image2data.decode.mixture import (
    Shading,
    Unmixed,
    remove_base,
    remove_shading,
    seems_mixed,
)
from napari_image2data.decode.noise import color_spread, position_uncertainty
from napari_image2data.decode.overlay import Masks, distance_limit, find_overlay
from napari_image2data.decode.rounding import drawn_with

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from napari_image2data.color.scale import ColorScale
    from napari_image2data.figure.axis import Axis

NEGLIGIBLE = 0.01
"""Share of the least uncertainty that rounding to single precision has to reach to be added."""
CLEARLY_OFF = 8.0
"""Levels from which a colour is off the scale, however much the limit gives way to the noise."""


def decode(
    image: np.ndarray,
    scale: ColorScale,
    box: tuple[float, float, float, float] | None = None,
    *,
    overlays: Literal["mask", "fill", "keep"] = "mask",
    jpeg: bool | JpegInfo | Literal["auto"] = "auto",
    rivals: Literal["resolve", "nearest"] = "resolve",
    max_distance: float | Literal["auto"] = "auto",
    no_data: Sequence[Sequence[float] | str] = (),
    dequantize: bool | Sequence[float] | Literal["auto"] = "auto",
    cells: bool | tuple[int, int] = False,
    shading: bool | Shading = False,
    opacity: float | Literal["auto"] | None = None,
    base: np.ndarray | None = None,
    x_axis: Axis | None = None,
    y_axis: Axis | None = None,
    progress: Callable[[str, float], None] | None = None,
) -> Field:
    """Decode a picture, or a part of it, with all that neighbouring pixels can tell.

    `lookup` reads each pixel alone. Here ink over the data is found and masked, holes without data
    too, the noise of JPEG is smoothed away, and the uncertainty follows from the picture.

    Parameters
    ----------
    image : (H, W), (..., H, W, 3) or (..., H, W, 4) numpy or dask array
        uint8, uint16, bool, or float in 0..1. Fully transparent pixels are no data. A stack is
        decoded frame by frame, a frame of more than 33 megapixels (it may be memory-mapped) in
        tiles; a dask array stays lazy.
    scale : ColorScale
    box : (x0, y0, x1, y1), optional
        Pixel edges of the plot area; rounded to whole pixels.
    overlays : {"mask", "fill", "keep"}
        What happens to ink (lines, text, markers, the axes' frame): NaN and OVERLAY; or, besides,
        interpolated from the surroundings, FILLED, with the error that filling makes in this very
        picture as its sigma; or nothing but the colour test.
    jpeg : bool, JpegInfo or "auto"
        Whether the picture went through JPEG; "auto" looks for its traces. What the file says of
        it (`read_jpeg_info`) is surer, and tells the noise of a grey picture. In a JPEG of cells
        the pixels of a cell take one value. On lossless pictures values are those of the pixel
        alone.
    rivals : {"resolve", "nearest"}
        Where a colour stands for several values, let the neighbourhood choose (see
        `decode.ambiguity`; what stays open is AMBIGUOUS), or take the nearest colour.
    max_distance : float or "auto"
        Colour distance, in levels of 255, from which a pixel is off the scale; "auto" adapts to the
        picture's noise.
    no_data : sequence of colours
        Names, "#rrggbb" or (r, g, b) in 0..255 that stand for "no data".
    dequantize : bool or sequence of float or "auto"
        Read finer than the scale's steps. "auto" does so in a picture of cells of few colours: the
        cells around tell where in its band a value lies (see `decode.cell_steps`). True reads the
        bands of a smooth field so, too, but for those of a JPEG (see `decode.bands`); a sequence
        gives the values at the borders of the bands, else taken midway between the scale's values.
        No value leaves its band; False gives its middle.
    cells : bool or (int, int)
        Give one value a cell of a picture of cells (heat map, correlation matrix), see
        `find_cells`: True finds the grid, ``(rows, columns)`` tells it where it is even and fills
        the box. Cells that ink hides whole are NaN, or FILLED on request. Not for stacks and dask
        arrays, and not together with bands of smooth fields.
    shading : bool or {"overlay", "soft", "hsv", "multiply"}
        Take the light of a hillshade out of the colours; True finds how it was mixed in: one of
        the blend modes of matplotlib's ``LightSource``, or colour times light.
    opacity : float or "auto", optional
        The scale's colours lie, with this opacity (0..1), over another picture; take that out.
    base : (H, W), (H, W, 3) or (H, W, 4) array, optional
        The picture beneath, as large as ``image``; without it, it is taken to be some picture in
        grey or in greys with one cast of colour. A base without ``opacity`` means
        ``opacity="auto"``.
    x_axis, y_axis : Axis, optional
        Give the field its coordinates; else they are pixels of the picture.
    progress : callable, optional
        Called as ``progress(stage, done)`` with ``done`` in 0..1 before each stage; what it raises
        ends the work, so that a user can cancel.

    Returns
    -------
    Field
        One value a pixel; with ``cells`` one a cell, x and y being those of the cells' centres and
        ``cells`` telling where they lie. Its ``mixture`` holds the light or grey that ``shading``
        or ``opacity`` took out; where colours leave the value open (greys under light) it is
        AMBIGUOUS and sigma is wide. Its ``notes`` say when the picture looks like such a mixture
        and neither was asked for.

    Raises
    ------
    FigureError
        When the box does not lie inside the picture, options contradict each other, or no grid of
        cells is found.
    ImageError
        When the array is no picture, or the base has another size.
    ScaleError
        When a no-data colour is not a colour, or band borders do not fit the scale.

    Examples
    --------
    >>> from napari_image2data import ColorScale
    >>> scale = ColorScale.from_name("viridis", vmin=0, vmax=10)
    >>> truth = np.tile(np.linspace(0, 10, 200), (100, 1))
    >>> picture = scale.colors[(truth * 25.5).round().astype(int)]
    >>> picture[50:53, 20:180] = 1.0  # a white line
    >>> field = decode(picture, scale)
    >>> int(np.isnan(field.values).sum())
    480
    >>> bool(np.nanmax(np.abs(field.values - truth)) < 0.05)
    True
    """
    check_choices(scale, overlays, jpeg, rivals, max_distance)
    check_mixture(shading, opacity, base)
    check_cells(image, cells, dequantize)
    if base is not None:
        opacity = "auto" if opacity is None else opacity
        base = base_beneath(base, picture_shape(image), box)
    # light and opacity are those of a whole picture
    in_tiles = shading is False and opacity is None
    if is_lazy(image) or np.ndim(image) > 3 or (in_tiles and is_large(image, box)):
        shape = picture_shape(image)
        window = window_of(box, shape[-2:])
        one = partial(
            decode,
            scale=scale,
            overlays=overlays,
            jpeg=_placed(jpeg, window),
            rivals=rivals,
            max_distance=max_distance,
            no_data=no_data,
            dequantize=dequantize,
            shading=shading,
            opacity=opacity,
            base=base,
            progress=None if is_lazy(image) else progress,  # a cluster's workers cannot call back
        )
        part = image[(slice(None),) * (len(shape) - 2) + window]
        frames = over_frames(one, part, in_tiles=in_tiles)
        field = replace(frames, scale=scale, **_place(*window, x_axis, y_axis))
        return field if cells is False else one_value_a_cell(field, image, cells)
    rgb, clear = as_rgb(image)
    rows, cols = window_of(box, rgb.shape[:2])
    rgb = np.ascontiguousarray(rgb[rows, cols])
    report = progress if progress is not None else _silent
    curve = Curve.of(scale)

    report("look up colours", 0.0)
    mixed: Unmixed | None = None
    if shading is not False:
        mixed = remove_shading(rgb, curve, "auto" if shading is True else shading)
    elif opacity is not None:
        mixed = remove_base(rgb, curve, base, opacity)
    if mixed is not None:
        reading, noisy = mixed.reading, False
    else:
        reading, curve, noisy = _read_plainly(rgb, curve, jpeg)
    limit = (
        distance_limit(reading.distance, noisy=noisy)
        if max_distance == "auto"
        else float(max_distance)
    )

    rival_gap = None
    if rivals == "resolve" and mixed is None:
        report("choose among rivals", 0.2)
        reading, rival_gap = choose_rivals(rgb, reading, curve, limit=limit, noisy=noisy)

    report("find overlays", 0.3)
    empty = has_color(rgb, no_data, tolerance=12.0 if noisy else 1.0)
    if clear is not None:
        empty |= clear[rows, cols] == 0
    seen = rgb if mixed is None else mixed.colors
    if overlays == "keep":
        nothing = np.zeros_like(empty)
        masks = Masks((reading.distance > limit) & ~empty, nothing, empty)
    else:
        masks = find_overlay(seen, reading, curve, empty, limit=limit, noisy=noisy)
    clean = ~masks.hidden

    position, light_noise, evened = reading.position, 0.0, Evened(reading.position, None, None)
    if noisy and not curve.discrete:
        report("smooth", 0.6)
        if isinstance(jpeg, JpegInfo) and curve.is_gray:
            light_noise = _placed(jpeg, (rows, cols)).luma_noise(rgb)
        # along greys the three channels move together
        least_noise = np.sqrt(3) * light_noise
        position = smooth_positions(
            position, reading.distance, reading.slope, clean, least_noise=least_noise
        )
        report("find cells", 0.7)
        evened = even_cells(position, rgb, curve, clean)
        position = evened.position

    report("estimate the uncertainty", 0.8)
    if mixed is not None:
        spread = mixed.spread
    else:
        spread = position_uncertainty(
            position,
            reading,
            curve,
            clean,
            noisy=noisy,
            least_noise=light_noise,
            cell_change=evened.change,
        )
    if rival_gap is not None:
        spread = np.hypot(spread, rival_gap / 2)
    values, sigma = curve.value(position), spread * curve.value_slope(position)
    if dequantize is not False:
        report("read between the steps", 0.85)
        seen, sure = reading.position, clean
        if evened.change is not None:
            seen, sure = position, np.isfinite(evened.change)
        values, sigma = between_steps(
            values, sigma, seen, curve, sure, dequantize, noisy=noisy, borders=evened.borders
        )

    flags = _end_flags(position, curve)
    if rival_gap is not None:
        flags[rival_gap > 0] |= np.uint8(Flag.AMBIGUOUS)
    if mixed is not None:
        flags[mixed.open] |= np.uint8(Flag.AMBIGUOUS)
    flags[~clean] = 0
    flags[masks.off_scale] |= np.uint8(Flag.OFF_SCALE)
    flags[masks.overlay] |= np.uint8(Flag.OVERLAY)
    flags[masks.hole] |= np.uint8(Flag.NO_DATA)
    filled = np.zeros_like(clean)
    if overlays == "fill":
        report("fill overlays", 0.9)
        filled = masks.overlay & ~masks.hole & ~masks.off_scale & bool(clean.any())
        place = fill_positions(position, filled, clean)
        report("measure the error of filling", 0.95)
        error = np.hypot(fill_error(position, filled, clean), nearest_value(spread, clean))
        values = np.where(filled, curve.value(place), values)
        sigma = np.where(filled, error * curve.value_slope(place), sigma)
        flags[filled] |= np.uint8(Flag.FILLED)
    readable = clean | filled
    far = max(abs(scale.vmin), abs(scale.vmax))
    if kept_rounding(far) > NEGLIGIBLE * np.fmin.reduce(sigma, axis=None):
        sigma = np.hypot(sigma, kept_rounding(values))
    note = (
        None
        if mixed is not None
        else seems_mixed(rgb, curve, reading.distance > min(limit, CLEARLY_OFF))
    )
    field = Field(
        np.where(readable, values, np.nan).astype(np.float32),
        reading.distance,
        np.where(readable, sigma, np.nan).astype(np.float32),
        flags,
        scale=scale,
        mixture=None if mixed is None else mixed.mixture,
        notes=() if note is None else (note,),
        **_place(rows, cols, x_axis, y_axis),
    )
    if cells is not False:
        report("find cells", 0.97)
        field = one_value_a_cell(field, image, cells)
    report("done", 1.0)
    return field


def _placed(jpeg: Any, window: tuple[slice, slice]) -> Any:
    """What is known of a JPEG, for a part of it."""
    rows, cols = window
    return jpeg.cropped(rows.start, cols.start) if isinstance(jpeg, JpegInfo) else jpeg


def _read_plainly(
    rgb: np.ndarray, curve: Curve, jpeg: bool | JpegInfo | Literal["auto"]
) -> tuple[Reading, Curve, bool]:
    """Positions of opaque, unshaded colours, on which curve, and whether it seems to be a JPEG."""
    reading = read_positions(rgb, curve)
    noisy = _is_jpeg(rgb, reading, curve) if jpeg == "auto" else bool(jpeg)
    if noisy:
        reading = read_positions(rgb, curve, jpeg=True)
    elif (other := drawn_with(rgb, reading, curve)) is not None:
        reading, curve = read_positions(rgb, other), other
    elif offset := level_offset(rgb, reading, curve):
        reading = read_positions(rgb, curve, offset=offset)
    return reading, curve, noisy


def _place(rows: slice, cols: slice, x_axis: Axis | None, y_axis: Axis | None) -> dict[str, Any]:
    """Box and coordinates of a field."""
    x, y = np.arange(cols.start, cols.stop) + 0.5, np.arange(rows.start, rows.stop) + 0.5
    return {
        "x": x if x_axis is None else np.asarray(x_axis.to_value(x), float),
        "y": y if y_axis is None else np.asarray(y_axis.to_value(y), float),
        "box": (cols.start, rows.start, cols.stop, rows.stop),
    }


def _silent(stage: str, done: float) -> None:
    """Report to nobody."""


def _end_flags(position: np.ndarray, curve: Curve) -> np.ndarray:
    """BELOW and ABOVE where the colour is the scale's first or last: the value may lie beyond.

    Of a scale of classes these are the colours beyond its ends.
    """
    flags = np.zeros(position.shape, np.uint8)
    ends = curve.outer if curve.discrete else (int(not curve.cyclic),) * 2
    if ends[0]:
        flags[position <= 0] = np.uint8(Flag.BELOW)
    if ends[1]:
        flags[position >= 1] = np.uint8(Flag.ABOVE)
    return flags


def _is_jpeg(rgb: np.ndarray, reading: Reading, curve: Curve) -> bool:
    spread, gray = color_spread(reading.distance), curve.is_gray
    if spread <= 0.6 and not gray:
        return False
    return looks_like_jpeg(find_jpeg_grid(rgb), spread, gray=gray)
