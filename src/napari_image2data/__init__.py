"""Turn colour-mapped pictures back into the numbers they were drawn from."""

from importlib.metadata import version

from napari_image2data.color.catalog import colormap_names
from napari_image2data.color.scale import ColorScale
from napari_image2data.decode.decode import decode, lookup
from napari_image2data.decode.field import Field, Flag
from napari_image2data.errors import Image2DataError

__version__ = version("napari-image2data")

__all__ = [
    "ColorScale",
    "Field",
    "Flag",
    "Image2DataError",
    "colormap_names",
    "decode",
    "lookup",
]
