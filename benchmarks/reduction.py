"""Reduction: speed against scikit-learn and error against the recipe, as ratios of one run.

python -m benchmarks reduction
"""

from __future__ import annotations

import time

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


def clusters() -> None:
    mask = np.random.default_rng(0).random((1000, 1000)) < 0.5
    for eps, min_samples in ((1, 3), (2, 8)):
        start = time.perf_counter()
        labels = i2d.cluster(mask, eps=eps, min_samples=min_samples)
        ours = time.perf_counter() - start
        start = time.perf_counter()
        theirs = DBSCAN(eps=eps, min_samples=min_samples).fit_predict(np.argwhere(mask))
        ratio = (time.perf_counter() - start) / ours
        same = bool((labels[mask] == theirs + 1).all())
        print(f"cluster {mask.sum()} pixels, eps {eps}: {ratio:.0f}x faster, same labels: {same}")


def heat_map(down: int, across: int, smoothness: float, seed: int = 1) -> np.ndarray:
    """A field on a grid of so many values, drawn as flat cells on 400 x 500 pixels."""
    coarse = gaussian_filter(np.random.default_rng(seed).normal(size=(down, across)), smoothness)
    row, col = np.arange(400) * down // 400, np.arange(500) * across // 500
    return in_steps(coarse)[np.ix_(row, col)]


def compare_with_the_recipe(name: str, field: np.ndarray) -> None:
    """Error at the recipe's number of points, and points at the recipe's error."""
    mask = i2d.gradient_mask(field, tolerance=0)
    recipe = i2d.centroids(i2d.cluster(mask, eps=1.5, min_samples=3), field)
    rmse = i2d.compare(field, i2d.reconstruct(recipe, field.shape)).rmse
    ours = i2d.reduce_adaptive(field, n_points=len(recipe))
    error = i2d.compare(field, i2d.reconstruct(ours, field.shape)).rmse / rmse
    few = i2d.reduce_adaptive(field, tolerance=rmse)
    kept = i2d.compare(field, i2d.reconstruct(few, field.shape)).rmse <= rmse
    print(
        f"{name}, recipe {len(recipe)} points: {error:.2f} of its error "
        f"({ours.attrs['method']}), {len(few) / len(recipe):.2f} of its points "
        f"({few.attrs['method']}), tolerance kept: {kept}"
    )


def against_the_recipe() -> None:
    for method in ("linear", "cubic"):
        for stations in (200, 500):
            field = tomography(stations, method)
            compare_with_the_recipe(f"{method}, {stations} stations", field)
    for down, across, smoothness in ((12, 12, 1), (40, 60, 4), (60, 90, 8), (128, 128, 1)):
        name = f"heat map of {down} x {across} cells, smoothed over {smoothness}"
        compare_with_the_recipe(name, heat_map(down, across, smoothness))


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
    clusters()
    against_the_recipe()
    four_megapixels()


if __name__ == "__main__":
    main()
