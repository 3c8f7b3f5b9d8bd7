"""Plain, JSON-able forms of the objects that a recipe keeps."""

from __future__ import annotations

import base64
import zlib
from dataclasses import fields
from typing import Any

import numpy as np

from napari_image2data.color.scale import ColorScale
from napari_image2data.decode.jpeg_info import JpegInfo
from napari_image2data.errors import FileError
from napari_image2data.figure.axis import Axis

LARGE = 10_000
"""Numbers from which an array is packed: as text a picture would fill a recipe."""

STORABLE: dict[str, type[Any]] = {
    "ColorScale": ColorScale,
    "Axis": Axis,
    "JpegInfo": JpegInfo,
}


def to_plain(value: Any) -> Any:
    """JSON-able form of an option: scales and axes as dicts of their fields, arrays as lists.

    Large arrays (a base picture) are compressed; all of their bits come back.

    Examples
    --------
    >>> to_plain(np.array([1.5, 2.0]))
    {'array': [1.5, 2.0]}
    """
    for name, kind in STORABLE.items():
        if isinstance(value, kind):
            return {
                "object": name,
                "fields": {item.name: to_plain(getattr(value, item.name)) for item in fields(kind)},
            }
    if isinstance(value, np.ndarray) and value.size > LARGE:
        packed = base64.b85encode(zlib.compress(np.ascontiguousarray(value).tobytes()))
        return {
            "packed": packed.decode("ascii"),
            "type": value.dtype.str,
            "shape": list(value.shape),
        }
    if isinstance(value, np.ndarray):
        return {"array": value.tolist()}
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, tuple | list):
        return [to_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: to_plain(item) for key, item in value.items()}
    return value


def from_plain(value: Any) -> Any:
    """The option that `to_plain` stored.

    Raises
    ------
    FileError
        When a stored object is of a kind, or has fields, that this package does not know.

    Examples
    --------
    >>> from_plain({"array": [1.5, 2.0]})
    array([1.5, 2. ])
    """
    if isinstance(value, list):
        return tuple(from_plain(item) for item in value)
    if not isinstance(value, dict):
        return value
    if "packed" in value:
        raw = zlib.decompress(base64.b85decode(value["packed"]))
        return np.frombuffer(raw, np.dtype(value["type"])).reshape(value["shape"])
    if "array" in value:
        return np.array(value["array"])
    if "object" not in value:
        return {key: from_plain(item) for key, item in value.items()}
    try:
        kind = STORABLE[value["object"]]
        return kind(**{key: from_plain(item) for key, item in value["fields"].items()})
    except (KeyError, TypeError) as error:
        raise FileError(f"The recipe holds an object that is not known here: {error}.") from None
