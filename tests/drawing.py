"""Small figures drawn with known geometry: everything in edge coordinates."""

import io

import numpy as np
from PIL import Image

from napari_image2data.color.catalog import colormap_table

OVERSAMPLING = 8
INK = (0, 0, 0)


def field(height, width):
    """A smooth field in 0..1 that reaches both ends."""
    y, x = np.mgrid[:height, :width]
    values = np.sin(x / width * 5) + np.cos(y / height * 4 + x / width)
    return (values - values.min()) / np.ptp(values)


def colored(values, name="viridis"):
    table = colormap_table(name)[0] * 255
    return table[np.clip((values * 256).astype(int), 0, 255)]


def bar_values(height, width, *, vertical=True):
    ramp = np.linspace(1, 0, height)[:, None] if vertical else np.linspace(0, 1, width)[None]
    return np.broadcast_to(ramp, (height, width))


def page(width, height, background=(255, 255, 255)):
    big = np.empty((height * OVERSAMPLING, width * OVERSAMPLING, 3), np.float32)
    big[:] = background
    return big


def paint(big, box, colors):
    """Fill a box, given to a fraction of a pixel."""
    x0, y0, x1, y1 = (round(edge * OVERSAMPLING) for edge in box)
    if callable(colors):
        colors = colors(y1 - y0, x1 - x0)
    big[y0:y1, x0:x1] = colors


def frame(big, box, thickness=1.0, ink=INK):
    """Lines whose middle lies on the box's edges."""
    x0, y0, x1, y1 = box
    half = thickness / 2
    for line in (
        (x0 - half, y0 - half, x0 + half, y1 + half),
        (x1 - half, y0 - half, x1 + half, y1 + half),
        (x0 - half, y0 - half, x1 + half, y0 + half),
        (x0 - half, y1 - half, x1 + half, y1 + half),
    ):
        paint(big, line, ink)


def finished(big):
    """The page at its final size: box-filtered, 8 bits."""
    height, width = (n // OVERSAMPLING for n in big.shape[:2])
    small = big.reshape(height, OVERSAMPLING, width, OVERSAMPLING, 3).mean(axis=(1, 3))
    return small.round().astype(np.uint8)


def as_jpeg(rgb, quality=75):
    stream = io.BytesIO()
    Image.fromarray(rgb).save(stream, "JPEG", quality=quality)
    return np.asarray(Image.open(stream).convert("RGB"))


def resampled(rgb, factor):
    size = round(rgb.shape[1] * factor), round(rgb.shape[0] * factor)
    return np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.LANCZOS))


def heat_map(plot, bar, *, framed=1.2, name="viridis", size=(420, 300), background=(255, 255, 255)):
    """A page with a plot area and a vertical colour bar."""
    ink = INK if sum(background) > 380 else (255, 255, 255)
    big = page(*size, background)
    paint(big, plot, lambda h, w: colored(field(h, w), name))
    paint(big, bar, lambda h, w: colored(bar_values(h, w), name))
    if framed:
        frame(big, plot, framed, ink)
        frame(big, bar, framed, ink)
    return finished(big)
