"""Reduction: speed against scikit-learn and error against the recipe, as ratios of one run.

    python -m benchmarks reduction
    python -m benchmarks reduction --figures DIR [--promises]

With ``--figures`` the true values of the figures in a folder (ID.json and ID.npz, as
``python -m benchmarks figures --draw-only`` writes them) take the place of the fields drawn here.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from scipy.interpolate import griddata
from scipy.ndimage import gaussian_filter
from sklearn.cluster import DBSCAN

import napari_image2data as i2d


def in_steps(field: np.ndarray, steps: int = 256) -> np.ndarray:
    """A field as a table of that many colours holds it, from 0 to 1."""
    field = (field - np.nanmin(field)) / np.ptp(field[np.isfinite(field)])
    return (np.clip(np.floor(field * steps), 0, steps - 1) + 0.5) / steps


def tomography(stations: int, method: str, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    places = np.vstack([rng.random((stations, 2)), [[0, 0], [0, 1], [1, 0], [1, 1]]]) * (399, 499)
    ground = gaussian_filter(rng.normal(size=(400, 500)), 40)
    rows, cols = places.round().astype(int).T
    values = ground[rows, cols] / np.ptp(ground) + rng.normal(0, 0.05, len(places))
    return in_steps(griddata(places, values, tuple(np.indices((400, 500))), method=method))


def clustered(ours: bool, side: int, eps: float) -> tuple[float, float, np.ndarray]:
    """Processor time (s), peak memory beyond the start (MB) and labels of one clustering."""
    mask = np.random.default_rng(0).integers(0, 2, (side, side), np.uint8).astype(bool)
    min_samples = max(3, int(np.pi * eps**2 / 2))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    if ours:
        labels = i2d.cluster(mask, eps=eps, min_samples=min_samples)[mask]
    else:
        labels = DBSCAN(eps=eps, min_samples=min_samples).fit_predict(np.argwhere(mask)) + 1
    took = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return took, peak / 1024, labels


def clusters(radii: tuple[float, ...] = (1.0, 2.0, 5.0, 10.0)) -> None:
    """Each in a process of its own, so that the peak of one does not hide that of the next."""

    def alone(*options: object) -> tuple[float, float, np.ndarray]:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            return pool.submit(clustered, *options).result()

    for eps in radii:
        ours, memory, labels = alone(True, 1000, eps)
        theirs, their_memory, their_labels = alone(False, 1000, eps)
        _, large, _ = alone(True, 2000, eps)
        print(
            f"cluster {len(labels)} pixels, eps {eps:g}: {theirs / ours:.0f}x faster, "
            f"same labels: {bool((labels == their_labels).all())}, "
            f"{memory:.0f} MB against {their_memory:.0f}; 4 times the pixels: {large:.0f} MB",
            flush=True,
        )


def heat_map(down: int, across: int, smoothness: float, seed: int = 1) -> np.ndarray:
    """A field on a grid of so many values, drawn as flat cells on 400 x 500 pixels."""
    coarse = gaussian_filter(np.random.default_rng(seed).normal(size=(down, across)), smoothness)
    row, col = np.arange(400) * down // 400, np.arange(500) * across // 500
    return in_steps(coarse)[np.ix_(row, col)]


def against_the_recipe(name: str, field: np.ndarray) -> dict[str, float] | None:
    """Error at the recipe's number of points, points at its error, and stated errors kept."""
    mask = i2d.gradient_mask(field, tolerance=0)
    try:
        recipe = i2d.centroids(i2d.cluster(mask, eps=1.5, min_samples=3), field)
        rmse = i2d.compare(field, i2d.reconstruct(recipe, field.shape)).rmse
    except i2d.Image2DataError as error:
        print(f"{name}: no recipe: {error}")
        return None
    ours = i2d.reduce_adaptive(field, n_points=len(recipe))
    error = i2d.compare(field, i2d.reconstruct(ours, field.shape)).rmse / rmse
    few = i2d.reduce_adaptive(field, tolerance=rmse)
    points = len(few) / len(recipe)
    kept = i2d.compare(field, i2d.reconstruct(few, field.shape)).rmse <= rmse
    print(
        f"{name}, recipe {len(recipe)} points: {error:.2f} of its error "
        f"({ours.attrs['method']}), {points:.2f} of its points "
        f"({few.attrs['method']}), tolerance kept: {kept}",
        flush=True,
    )
    return {"error": error, "points": points, "kept": kept}


def promised(name: str, field: np.ndarray) -> bool:
    """Whether every stated error is kept, rmse and largest, at 1 % and 3 % of the range."""
    span = np.ptp(field[np.isfinite(field)])
    kept = True
    for norm in ("rmse", "max"):
        for share in (0.01, 0.03):
            points = i2d.reduce_adaptive(field, tolerance=share * span, norm=norm)
            report = i2d.compare(field, i2d.reconstruct(points, field.shape))
            if getattr(report, norm) > share * span or report.lost:
                kept = False
                print(f"{name}: {norm} {getattr(report, norm) / span:.5f} instead of {share}")
    return kept


def drawn_fields() -> None:
    for method in ("linear", "cubic"):
        for stations in (200, 500):
            field = tomography(stations, method)
            against_the_recipe(f"{method}, {stations} stations", field)
    for down, across, smoothness in ((12, 12, 1), (40, 60, 4), (60, 90, 8), (128, 128, 1)):
        name = f"heat map of {down} x {across} cells, smoothed over {smoothness}"
        against_the_recipe(name, heat_map(down, across, smoothness))


def true_field(truth: np.ndarray, occluded: np.ndarray, about: dict) -> np.ndarray:
    """What a picture of 256 colours, or of bands, holds of true values; NaN under ink."""
    field = np.where(occluded, np.nan, truth.astype(np.float64))
    if isinstance(about.get("levels"), list):
        bands = np.digitize(field, np.sort(about["levels"])).astype(np.float64)
        return np.where(np.isfinite(field), bands, np.nan)
    low, high = sorted((float(about["vmin"]), float(about["vmax"])))
    field = np.clip(field, low, high)
    if about["norm"] == "log":
        field, low, high = np.log10(field), np.log10(low), np.log10(high)
    return (np.minimum(np.floor((field - low) / (high - low) * 256), 255) + 0.5) / 256


def figures_of(folder: Path, *, promises: bool) -> None:
    ratios, kept = [], []
    for file in sorted(folder.glob("*.npz")):
        about = json.loads(file.with_suffix(".json").read_text())
        with np.load(file) as arrays:
            field = true_field(arrays["truth"], arrays["occluded"], about)
        ratios.append(against_the_recipe(file.stem, field))
        if promises:
            kept.append(promised(file.stem, field))
    good = [one for one in ratios if one is not None]
    few_errors = sum(one["error"] <= 0.4 for one in good)
    few_points = sum(one["points"] <= 1 / 3 for one in good)
    print(
        f"{len(ratios)} figures, a mesh by the recipe in {len(good)}; "
        f"at most 0.4 of its error at its points: {few_errors}; "
        f"at most 1/3 of its points at its error: {few_points}, kept: "
        f"{sum(one['kept'] for one in good)}"
    )
    if promises:
        print(f"all errors stated kept: {sum(kept)} of {len(kept)}")


def four_megapixels() -> None:
    rng = np.random.default_rng(0)
    layers = (gaussian_filter(rng.normal(size=(2000, 2000)), s) * s**1.6 for s in (15, 40, 120))
    cells = np.repeat(np.repeat(heat_map(400, 500, 30)[::4, ::5], 20, axis=0), 20, axis=1)
    for name, field in (("smooth", in_steps(sum(layers))), ("cells", cells)):
        for options in ({"n_points": 7_000}, {"tolerance": 0.01, "norm": "max"}):
            start = time.perf_counter()
            points = i2d.reduce_adaptive(field, **options)
            took = time.perf_counter() - start
            print(f"4 Mpx, {name}, {options}: {len(points)} points in {took:.1f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--figures", type=Path, help="folder of figures with known values")
    parser.add_argument("--promises", action="store_true", help="check stated errors on them too")
    chosen = parser.parse_args()
    if chosen.figures is not None:
        figures_of(chosen.figures, promises=chosen.promises)
        return
    clusters()
    drawn_fields()
    four_megapixels()


if __name__ == "__main__":
    main()
