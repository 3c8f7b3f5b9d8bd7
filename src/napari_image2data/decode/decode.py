"""decode(): whole pictures to Fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from napari_image2data.color.image import as_rgb
from napari_image2data.decode.ambiguity import choose_rivals
from napari_image2data.decode.curve import Curve, Reading, read_positions
from napari_image2data.decode.field import Field, Flag
from napari_image2data.decode.jpeg import find_jpeg_grid, looks_like_jpeg, smooth_positions
from napari_image2data.decode.noise import color_spread, standard_uncertainty
from napari_image2data.decode.overlay import distance_limit, find_overlay
from napari_image2data.errors import FigureError

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_image2data.color.scale import ColorScale


def decode(
    image: np.ndarray,
    scale: ColorScale,
    box: tuple[float, float, float, float] | None = None,
    *,
    overlays: Literal["mask", "keep"] = "mask",
    jpeg: bool | Literal["auto"] = "auto",
    rivals: Literal["resolve", "nearest"] = "resolve",
    max_distance: float | Literal["auto"] = "auto",
    progress: Callable[[str, float], None] | None = None,
) -> Field:
    """Decode a picture, or the part of it inside ``box`` (x0, y0, x1, y1 pixel edges)."""
    rgb, opacity = as_rgb(image)
    height, width = rgb.shape[:2]
    x0, y0, x1, y1 = (0, 0, width, height) if box is None else (round(float(e)) for e in box)
    if not (0 <= x0 < x1 <= width and 0 <= y0 < y1 <= height):
        raise FigureError(f"The box {box} does not lie inside the {width} x {height} picture.")
    rgb = np.ascontiguousarray(rgb[y0:y1, x0:x1])
    report = progress if progress is not None else lambda stage, done: None
    curve = Curve.of(scale)

    report("look up colours", 0.0)
    reading = read_positions(rgb, curve)
    noisy = _is_jpeg(rgb, reading, curve) if jpeg == "auto" else bool(jpeg)
    if noisy:
        reading = read_positions(rgb, curve, chroma_weight=0.5)
    limit = (
        distance_limit(reading.distance, noisy=noisy)
        if max_distance == "auto"
        else float(max_distance)
    )

    flags = np.zeros(rgb.shape[:2], np.uint8)
    rival_gap = None
    if rivals == "resolve":
        reading, rival_gap = choose_rivals(rgb, reading, curve, limit=limit, noisy=noisy)
    if overlays == "keep":
        hidden = reading.distance > limit
        flags[hidden] |= np.uint8(Flag.OFF_SCALE)
    else:
        report("find overlays", 0.4)
        masks = find_overlay(rgb, reading, curve, limit=limit, noisy=noisy)
        hidden = masks.hidden
        flags[masks.off_scale] |= np.uint8(Flag.OFF_SCALE)
        flags[masks.overlay] |= np.uint8(Flag.OVERLAY)
        flags[masks.hole] |= np.uint8(Flag.NO_DATA)
    if opacity is not None:
        clear = opacity[y0:y1, x0:x1] == 0
        hidden = hidden | clear
        flags[clear] |= np.uint8(Flag.NO_DATA)

    position = reading.position
    if noisy and not curve.discrete:
        report("smooth", 0.6)
        position = smooth_positions(position, reading.distance, reading.slope, ~hidden)
    report("uncertainty", 0.8)
    sigma = standard_uncertainty(position, reading, curve, ~hidden, noisy=noisy)
    if rival_gap is not None:
        flags[rival_gap > 0] |= np.uint8(Flag.AMBIGUOUS)
        sigma = np.hypot(sigma, rival_gap / 2 * curve.value_slope(position))
    values = curve.value(position)
    values[hidden] = np.nan
    sigma[hidden] = np.nan
    report("done", 1.0)
    return Field(
        values.astype(np.float32),
        reading.distance,
        sigma.astype(np.float32),
        flags,
        np.arange(x0, x1) + 0.5,
        np.arange(y0, y1) + 0.5,
        scale,
        (x0, y0, x1, y1),
    )


def _is_jpeg(rgb: np.ndarray, reading: Reading, curve: Curve) -> bool:
    spread, gray = color_spread(reading.distance), curve.is_gray
    if spread <= 0.6 and not gray:
        return False
    return looks_like_jpeg(find_jpeg_grid(rgb), spread, gray=gray)
