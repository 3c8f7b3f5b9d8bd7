"""Sample figures for napari's File > Open Sample; scripts in ``examples/`` drew them."""

from __future__ import annotations

from importlib.resources import as_file, files
from typing import Any

from napari_image2data.files.images import read_image

LayerData = tuple[Any, dict[str, Any], str]


def _sample(file: str, name: str, frame: int | None = 0) -> list[LayerData]:
    with as_file(files("napari_image2data.samples") / file) as path:
        picture = read_image(path, frame=frame)
    return [(picture, {"name": name, "rgb": True}, "image")]


def tomography() -> list[LayerData]:
    """Seismic tomography: JPEG, reversed jet, coast line and labels over the data."""
    return _sample("tomography.jpg", "tomography")


def log_bar() -> list[LayerData]:
    """A concentration over four decades: viridis with a logarithmic colour bar."""
    return _sample("log-bar.png", "concentration")


def diverging_with_holes() -> list[LayerData]:
    """An anomaly around zero in diverging colours, with areas of no data."""
    return _sample("holes.png", "anomaly")


def filled_contours() -> list[LayerData]:
    """Filled contours: ten classes and a stepped colour bar."""
    return _sample("contours.png", "contours")


def thermal() -> list[LayerData]:
    """A thermal camera's still: dark, without axes."""
    return _sample("thermal.png", "thermal")


def movie() -> list[LayerData]:
    """A movie of a changing field; it decodes frame by frame."""
    return _sample("movie.webp", "movie", frame=None)
