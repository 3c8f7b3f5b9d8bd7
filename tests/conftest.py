"""Figures whose values are known, drawn once for all tests."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

import napari_image2data as i2d
from known import KnownFigure


@pytest.fixture(scope="session")
def known_figure() -> KnownFigure:
    """A framed viridis map of a smooth field from 2 to 10, with a colour bar but no numbers."""
    box, bar = (40, 30, 240, 190), (260, 30, 275, 190)
    y, x = np.mgrid[0:160, 0:200]
    field = np.sin(x / 31) * np.cos(y / 23)
    truth = 2 + 8 * (field - field.min()) / np.ptp(field)
    scale = i2d.ColorScale.from_name("viridis", vmin=2.0, vmax=10.0)
    table = np.round(scale.colors * 255).astype(np.uint8)
    canvas = np.full((230, 320, 3), 255, np.uint8)
    index = ((truth - 2) / 8 * 256).astype(int).clip(0, 255)
    canvas[30:190, 40:240] = table[index]
    ramp = ((159.5 - np.arange(160)) / 160 * 256).astype(int)
    canvas[30:190, 260:275] = table[ramp][:, None]
    picture = Image.fromarray(canvas)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((39, 29, 240, 190), outline=(0, 0, 0))
    draw.rectangle((259, 29, 275, 190), outline=(0, 0, 0))
    return KnownFigure(np.asarray(picture), truth, box, bar, 2.0, 10.0, "viridis")
