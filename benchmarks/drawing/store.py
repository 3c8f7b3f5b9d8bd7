"""Drawn figures on disk: the picture, a JSON of what is true of it, an NPZ of its values."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from benchmarks.drawing.drawn import DrawnBar, DrawnFigure

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.drawing.drawn import DrawnAxis, Tick


def save(figure: DrawnFigure, folder: Path) -> Path:
    """Write ``name.png`` (or .jpg, .gif), ``name.json`` and ``name.npz``; return the picture."""
    picture = folder / f"{figure.name}.{figure.encoding}"
    if figure.encoded is not None:
        picture.write_bytes(figure.encoded)
    else:
        Image.fromarray(figure.image).save(picture)
    arrays = {"truth": figure.truth, "occluded": figure.occluded, "lut": figure.lut}
    if figure.level_colors is not None:
        arrays["level_colors"] = figure.level_colors
    np.savez_compressed(folder / f"{figure.name}.npz", **arrays)
    (folder / f"{figure.name}.json").write_text(
        json.dumps(describe(figure, picture.name), indent=1)
    )
    return picture


def load(folder: Path) -> Iterator[DrawnFigure]:
    """Figures of a folder, by name: their values, colours and boxes; ticks and axes stay behind."""
    for path in sorted(folder.glob("*.json")):
        known = json.loads(path.read_text())
        if "truth_key" not in known:
            continue
        with np.load(path.with_suffix(".npz")) as stored:
            arrays = {name: stored[name] for name in stored.files}
        with Image.open(folder / known["image"]["file"]) as picture:
            image = np.asarray(picture.convert("RGB"))
        x, y = known["truth_origin_px"]
        rows, cols = arrays["truth"].shape
        bar = None
        if known["colorbar_box"] is not None:
            bar = DrawnBar(tuple(known["colorbar_box"]), known["colorbar_direction"], ())
        levels = known["levels"] if isinstance(known["levels"], list) else None
        yield DrawnFigure(
            name=path.stem,
            tool=known["renderer"]["name"],
            image=image,
            plot_box=(x, y, x + cols, y + rows),
            truth=arrays["truth"],
            occluded=arrays["occluded"],
            lut=arrays.get("lut", np.empty((0, 3))),
            vmin=float(known["vmin"]),
            vmax=float(known["vmax"]),
            norm=known["norm"],
            bar=bar,
            levels=None if levels is None else tuple(levels),
            tags=tuple(known["tags"]),
            jpeg_quality=known["image"]["jpeg_quality"],
        )


def describe(figure: DrawnFigure, file: str) -> dict[str, Any]:
    """Everything but the arrays, ready for JSON."""
    rows, cols = figure.image.shape[:2]
    bar = figure.bar
    error = figure.color_error()
    return {
        "id": figure.name,
        "renderer": {"name": figure.tool},
        "image": {
            "file": file,
            "size": [cols, rows],
            "format": figure.encoding,
            "jpeg_quality": figure.jpeg_quality,
        },
        "plot_box": list(figure.plot_box),
        "truth_key": "truth",
        "truth_origin_px": list(figure.origin),
        "colorbar_box": None if bar is None else list(bar.box),
        "colorbar_orientation": None
        if bar is None
        else ("vertical" if bar.direction in ("up", "down") else "horizontal"),
        "colorbar_direction": None if bar is None else bar.direction,
        "colorbar_extend": None if bar is None else bar.extend,
        "colorbar_ticks": [] if bar is None else _ticks(bar.ticks),
        "colorbar_offset_text": "" if bar is None else bar.offset_text,
        "colorbar_is_discrete": bar is not None and bar.discrete,
        "cmap": {"name": figure.cmap, "matplotlib_equivalent": figure.catalog_name},
        "vmin": figure.vmin,
        "vmax": figure.vmax,
        "norm": figure.norm,
        "levels": None if figure.levels is None else list(figure.levels),
        "level_extend": figure.level_extend,
        "x_axis": _axis(figure.x_axis),
        "y_axis": _axis(figure.y_axis),
        "tags": list(figure.tags),
        "validation": {
            "median_abs_rgb": float(np.median(error)) if error.size else None,
            "mean_abs_rgb": float(error.mean()) if error.size else None,
            "p95_abs_rgb": float(np.percentile(error, 95)) if error.size else None,
            "frac_gt10": float((error > 10).mean()) if error.size else None,
            "occluded_frac": float(figure.occluded.mean()),
            "nodata_frac": float(np.isnan(figure.truth).mean()),
        },
    }


def _ticks(ticks: tuple[Tick, ...]) -> list[dict[str, Any]]:
    return [{"value": t.value, "label": t.label, "pixel": t.pixel} for t in ticks]


def _axis(axis: DrawnAxis | None) -> dict[str, Any] | None:
    if axis is None:
        return None
    return {
        "ticks": _ticks(axis.ticks),
        "limits": list(axis.limits),
        "scale": axis.scale,
        "inverted": axis.inverted,
    }
