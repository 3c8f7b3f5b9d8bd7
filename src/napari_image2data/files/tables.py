"""Fields and points to CSV, NPZ, NetCDF, GeoTIFF and XYZ files."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_image2data.errors import FileError, MissingExtraError
from napari_image2data.files.stored import from_plain, to_plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pandas as pd

    from napari_image2data.decode.field import Field


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Give a temporary name beside ``path`` and rename it there when the block succeeds.

    A write that fails leaves neither a half-written file nor a damaged older one behind.
    """
    path = Path(path)
    if not path.parent.is_dir():
        raise FileError(f"There is no folder {str(path.parent)!r} to write {path.name!r} into.")
    try:
        handle, name = tempfile.mkstemp(
            dir=path.parent, prefix=f".{path.stem}-", suffix=path.suffix
        )
    except OSError as error:
        raise FileError(f"{str(path)!r} cannot be written: {error}.") from error
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)  # mkstemp makes private files
        temporary.replace(path)
    except OSError as error:
        raise FileError(f"{str(path)!r} cannot be written: {error}.") from error
    finally:
        temporary.unlink(missing_ok=True)


def save_field(field: Field, path: str | Path) -> Path:
    """Write a field; the file name's ending chooses the format.

    Parameters
    ----------
    field : Field
        A decoded picture ``(h, w)``.
    path : str or Path
        ``.npz`` everything; ``.nc`` NetCDF with coordinates (extra ``netcdf``); ``.tif``
        GeoTIFF with values and sigma as bands (extra ``geo``, regular axes only);
        ``.csv`` one row a readable pixel: x, y, value, sigma, flags;
        ``.xyz`` the same without header, x y value only.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    FileError
        For an unknown ending, a missing folder, a field that is no single picture.
    MissingExtraError
        When the format needs an extra that is not installed.

    Examples
    --------
    >>> import tempfile
    >>> import napari_image2data as i2d
    >>> scale = i2d.ColorScale.from_name("gray", vmin=0.0, vmax=1.0)
    >>> field = i2d.lookup(np.zeros((2, 3, 3), np.uint8), scale)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_field(field, f"{folder}/field.csv").name
    'field.csv'
    """
    path = Path(path)
    writers: dict[str, Callable[[Field, Path], None]] = {
        ".npz": _write_npz,
        ".csv": _write_csv,
        ".xyz": _write_xyz,
        ".nc": _write_netcdf,
        ".tif": _write_geotiff,
        ".tiff": _write_geotiff,
    }
    writer = writers.get(path.suffix.lower())
    if writer is None:
        raise FileError(
            f"A field cannot be written as {path.suffix or 'a file without ending'!r}; "
            f"use one of {', '.join(writers)}."
        )
    if field.values.ndim != 2:
        raise FileError(f"Only a single picture can be written, not a field of {field.shape}.")
    with atomic(path) as temporary:
        writer(field, temporary)
    return path


def load_field(path: str | Path) -> Field:
    """Read a field back from the NPZ that `save_field` wrote.

    Raises
    ------
    FileError
        When the file is missing or is not such an NPZ.
    """
    from napari_image2data.decode.field import Field

    path = Path(path)
    try:
        with np.load(path) as stored:
            arrays = dict(stored)
        scale = from_plain(json.loads(str(arrays["scale"]))) if "scale" in arrays else None
        box = tuple(int(edge) for edge in arrays["box"]) if "box" in arrays else None
        return Field(
            arrays["values"],
            arrays["distance"],
            arrays["sigma"],
            arrays["flags"],
            arrays["x"],
            arrays["y"],
            scale,
            box if box is None else (box[0], box[1], box[2], box[3]),
        )
    except (OSError, ValueError, KeyError) as error:
        raise FileError(
            f"{str(path)!r} is not a field that save_field wrote as .npz ({type(error).__name__})."
        ) from error


def save_points(points: pd.DataFrame, path: str | Path) -> Path:
    """Write a table of points as CSV (or, for the ending ``.xyz``, as plain x y value lines).

    Raises
    ------
    FileError
        For an unknown ending or a missing folder.
    """
    path = Path(path)
    if path.suffix.lower() not in (".csv", ".xyz"):
        raise FileError(f"Points are written as .csv or .xyz, not as {path.suffix!r}.")
    with atomic(path) as temporary:
        if path.suffix.lower() == ".csv":
            points.to_csv(temporary, index=False)
        else:
            points[["x", "y", "value"]].to_csv(temporary, index=False, header=False, sep=" ")
    return path


def _write_npz(field: Field, path: Path) -> None:
    arrays: dict[str, Any] = {
        name: np.asarray(getattr(field, name))
        for name in ("values", "distance", "sigma", "flags", "x", "y")
    }
    if field.box is not None:
        arrays["box"] = np.asarray(field.box)
    if field.scale is not None:
        arrays["scale"] = np.asarray(json.dumps(to_plain(field.scale)))
    with path.open("wb") as file:
        np.savez_compressed(file, **arrays)


def field_table(field: Field) -> pd.DataFrame:
    """One row a readable pixel: x, y, value, sigma, flags."""
    import pandas as pd

    values = np.asarray(field.values)
    rows, columns = np.nonzero(np.isfinite(values))
    return pd.DataFrame(
        {
            "x": field.x[columns],
            "y": field.y[rows],
            "value": values[rows, columns],
            "sigma": np.asarray(field.sigma)[rows, columns],
            "flags": np.asarray(field.flags)[rows, columns],
        }
    )


def _write_csv(field: Field, path: Path) -> None:
    field_table(field).to_csv(path, index=False, float_format="%.7g")


def _write_xyz(field: Field, path: Path) -> None:
    table = field_table(field)[["x", "y", "value"]]
    table.to_csv(path, index=False, header=False, sep=" ", float_format="%.7g")


def _write_netcdf(field: Field, path: Path) -> None:
    try:
        import netCDF4
    except ImportError as error:
        raise MissingExtraError(
            "Writing NetCDF needs the extra 'netcdf': pip install \"napari-image2data[netcdf]\"."
        ) from error
    with netCDF4.Dataset(path, "w") as dataset:
        dataset.Conventions = "CF-1.8"
        dataset.source = "decoded from a colour-mapped picture by napari-image2data"
        for axis, coordinates in (("y", field.y), ("x", field.x)):
            dataset.createDimension(axis, len(coordinates))
            dataset.createVariable(axis, "f8", (axis,))[:] = coordinates
        for name in ("values", "sigma", "distance"):
            variable = dataset.createVariable(
                name, "f4", ("y", "x"), zlib=True, fill_value=np.float32(np.nan)
            )
            variable[:] = np.asarray(getattr(field, name))
        dataset["values"].ancillary_variables = "sigma flags"
        dataset["sigma"].long_name = "standard uncertainty of values"
        dataset["distance"].long_name = "colour distance to the scale, levels of 255"
        flags = dataset.createVariable("flags", "u1", ("y", "x"), zlib=True)
        flags[:] = np.asarray(field.flags)
        _describe_flags(flags)


def _describe_flags(variable: object) -> None:
    from napari_image2data.decode.field import Flag

    variable.flag_masks = np.array([flag.value for flag in Flag], np.uint8)  # type: ignore[attr-defined]
    variable.flag_meanings = " ".join(str(flag.name).lower() for flag in Flag)  # type: ignore[attr-defined]


def _write_geotiff(field: Field, path: Path) -> None:
    try:
        import rasterio
        from rasterio.transform import Affine
    except ImportError as error:
        raise MissingExtraError(
            "Writing GeoTIFF needs the extra 'geo': pip install \"napari-image2data[geo]\"."
        ) from error
    steps = []
    for name, coordinates in (("x", field.x), ("y", field.y)):
        step = np.diff(coordinates)
        if len(step) == 0 or not np.allclose(step, step.mean(), rtol=1e-3):
            raise FileError(
                f"GeoTIFF needs evenly spaced coordinates and {name} is not; write .nc instead."
            )
        steps.append(float(step.mean()))
    dx, dy = steps
    transform = Affine(dx, 0, float(field.x[0]) - dx / 2, 0, dy, float(field.y[0]) - dy / 2)
    height, width = field.values.shape
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=width,
        height=height,
        count=2,
        dtype="float32",
        nodata=np.nan,
        transform=transform,
        compress="deflate",
    ) as raster:
        raster.write(np.asarray(field.values, np.float32), 1)
        raster.write(np.asarray(field.sigma, np.float32), 2)
        raster.set_band_description(1, "value")
        raster.set_band_description(2, "sigma")
