"""Error of `lookup` by the colour space in which colours are compared, on figures kept on disk.

    python -m benchmarks spaces --figures DIR [DIR ...]

A folder holds figures with their truth, as ``python -m benchmarks.figures --draw-only --out DIR``
writes them. Banded figures take no part: their bands are far apart in every space. Errors are
shares of the scale's range. First with the true table of colours, then with the pixels of the
colour bar; then the weights of chroma against luma, by the nearest of many samples of the curve.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

from benchmarks.drawing.store import load
from benchmarks.scoring import error_of
from napari_image2data import ColorScale, Image2DataError, lookup
from napari_image2data.color.spaces import METRICS, luma_chroma_matrix

if TYPE_CHECKING:
    from benchmarks.drawing.drawn import DrawnFigure

WEIGHTS = (1.0, 0.7, 0.5, 0.35, 0.25)
CONTINUOUS = 1000
"""A table of so many colours is a ramp from end to end, a shorter one a row of equal bins."""


def table_scale(figure: DrawnFigure) -> ColorScale:
    """Scale of the true table of colours."""
    size = len(figure.lut)
    place = np.linspace(0, 1, size) if size >= CONTINUOUS else (np.arange(size) + 0.5) / size
    low, high = figure.vmin, figure.vmax
    values = low * (high / low) ** place if figure.norm == "log" else low + place * (high - low)
    return ColorScale.from_colors(figure.lut[:, :3] / 255, values, norm=figure.norm)


def bar_scale(figure: DrawnFigure) -> ColorScale | None:
    """Scale of the colour bar's pixels; None where there is none, or it holds one colour."""
    if figure.bar is None:
        return None
    try:
        return ColorScale.from_colorbar(
            figure.image,
            figure.bar.box,
            vmin=figure.vmin,
            vmax=figure.vmax,
            norm=figure.norm,
            direction=figure.bar.direction,
        )
    except Image2DataError:
        return None


def crop(figure: DrawnFigure) -> np.ndarray:
    """Pixels of the plot area."""
    x, y = figure.origin
    rows, cols = figure.truth.shape
    return figure.image[y : y + rows, x : x + cols]


def mean_error(values: np.ndarray, figure: DrawnFigure) -> float:
    """Mean error over the pixels that show data and got a value."""
    seen = np.isfinite(figure.truth) & ~figure.occluded & np.isfinite(values)
    return float(error_of(values, figure, seen).mean()) if seen.any() else np.nan


def by_weight(figure: DrawnFigure, scale: ColorScale, weight: float) -> float:
    """Mean error when colour differences count so much against differences of luma."""
    between = np.linspace(0, len(scale.colors) - 1, 8 * len(scale.colors) - 7)
    index = np.arange(len(scale.colors))
    curve = np.stack([np.interp(between, index, part) for part in scale.colors.T * 255], axis=1)
    log = figure.norm == "log"
    known = np.log10(scale.values) if log else scale.values
    values = np.interp(between, index, known)
    matrix = luma_chroma_matrix(weight).T
    colors, inverse = np.unique(crop(figure).reshape(-1, 3), axis=0, return_inverse=True)
    _, nearest = cKDTree(curve @ matrix).query(colors @ matrix)
    found = values[nearest][inverse.reshape(-1)].reshape(figure.truth.shape)
    return mean_error(10**found if log else found, figure)


def table_row(name: str, errors: dict[str, list[float]]) -> str:
    """Median and 90th percentile of lossless figures, then of JPEGs."""
    cells = [
        np.nanpercentile(errors[kind], share) if np.isfinite(errors[kind]).any() else np.nan
        for kind in ("lossless", "jpeg")
        for share in (50, 90)
    ]
    return f"{name:<22}" + "".join(f"{cell:10.5f}" for cell in cells)


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare colour spaces on figures on disk.")
    parser.add_argument("--figures", nargs="+", type=Path, metavar="DIR", required=True)
    read = [figure for folder in parser.parse_args().figures for figure in load(folder)]
    drawn = [figure for figure in read if figure.stratum != "banded" and len(figure.lut)]
    kinds = {kind: sum(f.stratum == kind for f in drawn) for kind in ("lossless", "jpeg")}
    print(f"{kinds['lossless']} lossless figures, {kinds['jpeg']} JPEGs")
    for title, scale_of in (("true table", table_scale), ("colour bar", bar_scale)):
        print(f"\n{title:<22}" + "".join(f"{c:>10}" for c in ("median", "p90", "JPEG", "p90")))
        scales = [scale_of(figure) for figure in drawn]
        for metric in ("auto", *METRICS):
            errors: dict[str, list[float]] = {"lossless": [], "jpeg": []}
            for figure, scale in zip(drawn, scales, strict=True):
                if scale is not None:
                    values = lookup(crop(figure), scale, metric=metric).values
                    errors[figure.stratum].append(mean_error(values, figure))
            print(table_row(metric, errors))
    print(f"\n{'weight of chroma':<22}")
    for weight in WEIGHTS:
        errors = {"lossless": [], "jpeg": []}
        for figure in drawn:
            errors[figure.stratum].append(by_weight(figure, table_scale(figure), weight))
        print(table_row(f"{weight:g}", errors))


if __name__ == "__main__":
    main()
