"""What happens to a figure on its way: JPEG, palettes, resampled screenshots."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from scipy.ndimage import map_coordinates

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.drawing.drawn import Box, DrawnAxis, DrawnBar, DrawnFigure, Tick


def as_jpeg(figure: DrawnFigure, quality: int) -> DrawnFigure:
    """Return the figure as stored by JPEG with its colours at half resolution (4:2:0)."""
    return _stored(figure, "jpg", format="JPEG", quality=quality, subsampling=2)


def as_gif(figure: DrawnFigure, n_colors: int = 256, dither: bool = False) -> DrawnFigure:
    """Return the figure with a palette of its own, as GIF stores it."""
    mode = Image.Dither.FLOYDSTEINBERG if dither else Image.Dither.NONE
    picture = Image.fromarray(figure.image).quantize(n_colors, dither=mode)
    return _stored(figure, "gif", picture, format="GIF")


def as_palette_png(figure: DrawnFigure, n_colors: int = 256) -> DrawnFigure:
    """Return the figure as a PNG with a palette."""
    picture = Image.fromarray(figure.image).quantize(n_colors, dither=Image.Dither.NONE)
    return _stored(figure, "png", picture, format="PNG")


def _stored(
    figure: DrawnFigure, encoding: str, picture: Image.Image | None = None, **options: object
) -> DrawnFigure:
    file = io.BytesIO()
    (Image.fromarray(figure.image) if picture is None else picture).save(file, **options)
    image = np.asarray(Image.open(file).convert("RGB"))
    quality = options.get("quality")
    tag = f"jpeg{quality}" if quality is not None else f"{encoding}-palette"
    return replace(
        figure.tagged(tag),
        image=image,
        jpeg_quality=quality,
        encoding=encoding,
        encoded=file.getvalue(),
    )


def resampled(figure: DrawnFigure, factor: float) -> DrawnFigure:
    """Return the figure as a screenshot at another zoom: Lanczos, all geometry scaled."""
    rows, cols = figure.image.shape[:2]
    size = max(1, round(cols * factor)), max(1, round(rows * factor))
    image = np.asarray(Image.fromarray(figure.image).resize(size, Image.Resampling.LANCZOS))
    sx, sy = size[0] / cols, size[1] / rows
    box = _scaled_box(figure.plot_box, sx, sy)
    x0, y0, x1, y1 = (round(edge) for edge in box)
    left, top = figure.origin
    at_x = (np.arange(x0, x1) + 0.5) / sx - 0.5 - left
    at_y = (np.arange(y0, y1) + 0.5) / sy - 0.5 - top
    truth = sample(figure.truth, at_y, at_x)
    reach = max(1.0, 1 / min(sx, sy))
    occluded = _any_within(figure.occluded, at_y, at_x, reach)
    return replace(
        figure.tagged("resampled"),
        image=image,
        plot_box=box,
        truth=truth.astype(np.float32),
        occluded=occluded,
        bar=_scaled_bar(figure.bar, sx, sy),
        x_axis=_scaled_axis(figure.x_axis, sx),
        y_axis=_scaled_axis(figure.y_axis, sy),
        encoded=None,
        encoding="png",
    )


def sample(field: np.ndarray, rows: np.ndarray, cols: np.ndarray) -> np.ndarray:
    """Bilinear values of a field at rows x cols; NaN where the nearest pixel has none."""
    y, x = np.meshgrid(rows, cols, indexing="ij")
    known = np.isfinite(field)
    filled = np.where(known, field, 0.0).astype(float)
    weight = map_coordinates(known.astype(float), [y, x], order=1, mode="nearest")
    value = map_coordinates(filled, [y, x], order=1, mode="nearest")
    with np.errstate(all="ignore"):
        return np.where(weight > 0.5, value / weight, np.nan)


def _any_within(mask: np.ndarray, rows: np.ndarray, cols: np.ndarray, reach: float) -> np.ndarray:
    """Pixels that a resampling kernel of that half width gives a visible share of the mask."""
    y, x = np.meshgrid(rows, cols, indexing="ij")
    seen = np.zeros(y.shape, bool)
    for dy in (-reach, 0.0, reach):
        for dx in (-reach, 0.0, reach):
            seen |= (
                map_coordinates(mask.astype(float), [y + dy, x + dx], order=0, mode="nearest") > 0.5
            )
    return seen


def _scaled_box(box: Box, sx: float, sy: float) -> Box:
    return box[0] * sx, box[1] * sy, box[2] * sx, box[3] * sy


def _scaled_ticks(ticks: tuple[Tick, ...], scale: float) -> tuple[Tick, ...]:
    return tuple(replace(tick, pixel=tick.pixel * scale) for tick in ticks)


def _scaled_axis(axis: DrawnAxis | None, scale: float) -> DrawnAxis | None:
    return None if axis is None else replace(axis, ticks=_scaled_ticks(axis.ticks, scale))


def _scaled_bar(bar: DrawnBar | None, sx: float, sy: float) -> DrawnBar | None:
    if bar is None:
        return None
    along = sx if bar.direction in ("left", "right") else sy
    return replace(bar, box=_scaled_box(bar.box, sx, sy), ticks=_scaled_ticks(bar.ticks, along))


VARIANTS: dict[str, Callable[[DrawnFigure], DrawnFigure]] = {
    "x0.7": lambda figure: resampled(figure, 0.7),
    "x1.5": lambda figure: resampled(figure, 1.5),
    "jpeg75": lambda figure: as_jpeg(figure, 75),
}
