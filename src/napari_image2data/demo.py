"""``image2data demo``: the main job on the example figure, every printed number measured."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from napari_image2data.color.scale import ColorScale
from napari_image2data.files.images import read_image
from napari_image2data.files.tables import save_points
from napari_image2data.pipeline import ImageToData

if TYPE_CHECKING:
    from collections.abc import Callable

FIGURE = "tomography"


@dataclass(frozen=True)
class Truth:
    """The values that the example figure was drawn from.

    Attributes
    ----------
    values : (h, w) float64 ndarray
        Value at every pixel centre of the plot area.
    occluded : (h, w) bool ndarray
        Pixels that ink hides.
    box : (x0, y0, x1, y1)
        Plot area, pixel edges.
    vmin, vmax : float
        Range of the colour bar.
    """

    values: np.ndarray
    occluded: np.ndarray
    box: tuple[float, float, float, float]
    vmin: float
    vmax: float


def example_figure() -> Path:
    """Where the example figure lies."""
    return Path(str(files("napari_image2data") / "samples" / f"{FIGURE}.jpg"))


def example_truth() -> Truth:
    """The truth beside the example figure."""
    with np.load(example_figure().with_name(f"{FIGURE}-truth.npz")) as stored:
        vmin, vmax = (float(value) for value in stored["vmin_vmax"])
        values = vmin + stored["truth"] / 65535 * (vmax - vmin)
        occluded = np.unpackbits(stored["occluded"], axis=1)[:, : values.shape[1]].astype(bool)
        x0, y0, x1, y1 = (float(edge) for edge in stored["box"])
    return Truth(values, occluded, (x0, y0, x1, y1), vmin, vmax)


def run_demo(folder: Path, *, window: bool = True) -> ImageToData:
    """Do the whole job, print a table, write the results, show them in napari.

    Parameters
    ----------
    folder : Path
        An existing folder to write into.
    window : bool
        Open napari at the end (or, without a display, take a picture of it under Xvfb).
    """
    truth = example_truth()
    image = read_image(example_figure())
    scale = ColorScale.from_name("jet_r", truth.vmin, truth.vmax)
    run = ImageToData(image, name=example_figure().name)
    print(f"{example_figure().name}, jet_r from {truth.vmin:g} to {truth.vmax:g}\n")
    print(f"{'step':<24}{'seconds':>8}   result")

    def step(name: str, work: Callable[[], object], result: Callable[[], str]) -> None:
        start = perf_counter()
        work()
        print(f"{name:<24}{perf_counter() - start:>8.2f}   {result()}", flush=True)

    step("read figure", lambda: run.read(scale=scale), lambda: _boxes(run))
    step("decode", run.decode, lambda: _decoded(run, truth))
    step("gradient mask", run.mask, lambda: _flat(run))
    step("DBSCAN, centroids", run.cluster, lambda: _points(run))
    step("reconstruct, compare", run.reconstruct, lambda: _compared(run, truth))
    recipe_points = run.points
    assert recipe_points is not None
    written = [run.save(folder / f"{FIGURE}.{ending}") for ending in ("npz", "csv", "nc")]
    written.append(save_points(recipe_points, folder / f"{FIGURE}-points.csv"))
    written.append(run.recipe.save(folder / f"{FIGURE}-recipe.json"))
    best = ImageToData(image)
    best.read(scale=scale, box=run.box or "all", x_axis=run.x_axis, y_axis=run.y_axis)
    best.field = run.field
    step(
        "adaptive reduction",
        lambda: best.reduce(n_points=len(recipe_points)).reconstruct(),
        lambda: _compared(best, truth),
    )
    print()
    for path in written:
        print(path)
    if window:
        _show(folder)
    return run


def _flat(run: ImageToData) -> str:
    assert run.gradient_mask is not None
    return f"{int(run.gradient_mask.sum()):,} flat pixels kept".replace(",", " ")


def _boxes(run: ImageToData) -> str:
    if run.box is None:
        return "the whole picture is the plot area"
    axes = [name for name, axis in (("x", run.x_axis), ("y", run.y_axis)) if axis is not None]
    box = ", ".join(f"{edge:.1f}" for edge in run.box)
    return f"plot area ({box}), axes calibrated: {' and '.join(axes) or 'none'}"


def _error(values: np.ndarray, run: ImageToData, truth: Truth) -> float:
    """Mean absolute error over unoccluded pixels, as a fraction of the range."""
    assert run.field is not None
    assert run.field.box is not None
    placed = np.full(truth.values.shape, np.nan)
    dx = run.field.box[0] - round(truth.box[0])
    dy = run.field.box[1] - round(truth.box[1])
    rows = np.arange(values.shape[0]) + dy
    columns = np.arange(values.shape[1]) + dx
    height, width = truth.values.shape
    inside_rows = (rows >= 0) & (rows < height)
    inside_columns = (columns >= 0) & (columns < width)
    placed[np.ix_(rows[inside_rows], columns[inside_columns])] = values[
        np.ix_(inside_rows, inside_columns)
    ]
    error = np.abs(placed - truth.values)[~truth.occluded]
    return float(np.nanmean(error) / (truth.vmax - truth.vmin))


def _decoded(run: ImageToData, truth: Truth) -> str:
    assert run.field is not None
    values = np.asarray(run.field.values)
    return (
        f"{values.shape[1]} x {values.shape[0]} pixels, {np.isfinite(values).mean():.1%} readable, "
        f"mean error {_error(values, run, truth):.2%} of the range against the truth"
    )


def _points(run: ImageToData) -> str:
    assert run.points is not None
    assert run.field is not None
    readable = int(np.isfinite(run.field.values).sum())
    return f"{len(run.points)} points, 1 for {readable / len(run.points):.0f} pixels"


def _compared(run: ImageToData, truth: Truth) -> str:
    assert run.report is not None
    assert run.points is not None
    assert run.reconstruction is not None
    span = truth.vmax - truth.vmin
    return (
        f"{len(run.points)} points: rmse {run.report.rmse / span:.2%} against the decoded field, "
        f"mean error {_error(run.reconstruction, run, truth):.2%} against the truth"
    )


def _show(folder: Path) -> None:
    """Open napari where there is a display; else take its picture under Xvfb."""
    picture = folder / f"{FIGURE}-napari.png"
    command = [sys.executable, "-m", "napari_image2data.plugin.launch", str(picture)]
    has_display = (
        not sys.platform.startswith("linux")
        or bool(os.environ.get("DISPLAY"))
        or bool(os.environ.get("WAYLAND_DISPLAY"))
    )
    if has_display:
        command.append("--stay")
    elif (xvfb := shutil.which("xvfb-run")) is not None:
        screen = "-screen 0 1600x1000x24"
        command = [xvfb, "--auto-servernum", f"--server-args={screen}", *command]
    else:
        print("No display and no xvfb-run: napari was not opened (install xvfb and xauth for it).")
        return
    finished = subprocess.run(command, check=False)  # noqa: S603 - our own module
    if finished.returncode:
        print(
            f"napari could not be shown (exit code {finished.returncode}); the files are complete."
        )
    else:
        print(picture)
