"""Stations found again in fields that were interpolated from them.

    python -m benchmarks nodes [--stations 50 100 ...] [--kinds nearest linear cubic none]
                               [--cases usual random ...] [--seeds 5] [--json FILE]

Fields are interpolated from random stations, painted in viridis, 8 bits a colour, and decoded.
Kind "none" is a smooth field that no station made. The usual field has 400 x 500 pixels, stations
everywhere and in the four corners, and heights of smooth ground with a scatter of 5 %; the other
cases change one thing each (see `CASES`).
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.interpolate import griddata
from scipy.ndimage import gaussian_filter
from scipy.spatial import KDTree

import napari_image2data as i2d

KINDS = ("nearest", "linear", "cubic", "none")
STATIONS = (50, 100, 200, 350, 500)
NEAR = 3.0
"""A station counts as found when a point is this near (pixels)."""


@dataclass(frozen=True)
class Case:
    """What is unlike the usual field."""

    shape: tuple[int, int] = (400, 500)
    layout: str = "even"  # or "clustered", "denser" (to the right)
    corners: bool = True  # whether stations stand in the four corners
    scatter: float = 0.05  # of the heights, as a share of the ground's range; inf: no ground
    steps: int = 256  # colours in the table
    ink: bool = False  # lines of ink across, which are masked


CASES = {
    "usual": Case(),
    "plain": Case(scatter=0.0),
    "scatter": Case(scatter=0.15),
    "random": Case(scatter=np.inf),
    "clustered": Case(layout="clustered"),
    "denser": Case(layout="denser"),
    "hull": Case(corners=False),
    "wide": Case(shape=(170, 1180)),
    "tall": Case(shape=(1180, 170)),
    "64 steps": Case(steps=64),
    "ink": Case(ink=True),
}


def placed(case: Case, stations: int, rng: np.random.Generator) -> np.ndarray:
    """Rows and columns of the stations, without those of the corners."""
    size = np.array(case.shape) - 1
    if case.layout == "clustered":
        middles = rng.random((8, 2))
        share = middles[rng.integers(0, 8, stations)] + rng.normal(0, 0.08, (stations, 2))
        return np.abs(1 - np.abs(1 - share)) * size  # mirrored at the rim
    share = rng.random((stations, 2))
    if case.layout == "denser":
        share[:, 1] = np.sqrt(share[:, 1])
    return share * size


def drawn(kind: str, stations: int, seed: int, case: Case) -> tuple[np.ndarray, np.ndarray]:
    """The true places (row, column) and the field, before it is painted."""
    rng = np.random.default_rng([seed, stations])
    places = placed(case, stations, rng)
    height, width = case.shape
    ground = gaussian_filter(rng.normal(size=case.shape), 40)
    ground /= np.ptp(ground)
    if kind == "none":
        return places, ground
    every = places
    if case.corners:
        corners = [[0, 0], [0, width - 1], [height - 1, 0], [height - 1, width - 1]]
        every = np.vstack([places, corners])
    rows, cols = every.round().astype(int).T
    if np.isinf(case.scatter):
        values = rng.random(len(every))
    else:
        values = ground[rows, cols] + rng.normal(0, 1, len(every)) * case.scatter
    return places, griddata(every, values, tuple(np.indices(case.shape)), method=kind)


def painted(field: np.ndarray, case: Case) -> i2d.Field:
    """The field decoded from its picture in viridis, white where there is nothing."""
    full = i2d.ColorScale.from_name("viridis", 0.0, 1.0)
    pick = np.linspace(0, len(full.colors) - 1, case.steps).round().astype(int)
    colors = full.colors[pick]
    scale = i2d.ColorScale.from_colors(colors, (np.arange(case.steps) + 0.5) / case.steps)
    table = np.round(colors * 255).astype(np.uint8)
    share = (field - np.nanmin(field)) / np.ptp(field[np.isfinite(field)])
    level = np.minimum((np.nan_to_num(share) * case.steps).astype(int), case.steps - 1)
    image = np.where(np.isfinite(field)[..., None], table[level], 255).astype(np.uint8)
    if case.ink:
        image[::67] = image[1::67] = 255
        image[:, ::83] = image[:, 1::83] = 255
    return i2d.decode(image, scale)


def searched(kind: str, stations: int, seed: int, case: Case) -> dict[str, object]:
    """What `find_nodes` makes of one field."""
    places, field = drawn(kind, stations, seed, case)
    decoded = painted(field, case)
    start = time.process_time()
    found = i2d.find_nodes(decoded)
    result: dict[str, object] = {
        "kind": kind,
        "stations": stations,
        "seed": seed,
        "said": found.kind,
        "seconds": round(time.process_time() - start, 1),
    }
    if found.kind != "none":
        away, _ = KDTree(found.points[["row", "col"]].to_numpy()).query(places)
        result["near"] = float(np.mean(away <= NEAR))
        result["points"] = len(found.points) / stations
        result["rmse"] = found.relative_rmse
    return result


def spread(some: list[dict[str, object]], name: str, factor: float) -> str:
    """Lowest, middle and highest of one figure, where nodes were found."""
    figures = [factor * float(str(one[name])) for one in some if name in one]
    if not figures:
        return f"{'-':>22}"
    low, middle, high = np.percentile(figures, [0, 50, 100])
    return f"{low:8.2f}{middle:7.2f}{high:7.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stations", type=int, nargs="+", default=STATIONS)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--cases", nargs="+", choices=CASES, default=["usual"])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--json", type=Path, help="write every single result into this file")
    chosen = parser.parse_args()
    results = []
    figures = ("within 3 px %", "points/station", "rmse %", "processor s")
    print("case      kind     stations  said so" + "".join(f"{figure:>22}" for figure in figures))
    for name in chosen.cases:
        for kind in chosen.kinds:
            for stations in chosen.stations[:1] if kind == "none" else chosen.stations:
                some = [
                    {"case": name, **searched(kind, stations, seed, CASES[name])}
                    for seed in range(chosen.seeds)
                ]
                results += some
                right = sum(one["said"] == kind for one in some)
                line = f"{name:10}{kind:9}{stations:8}{right:6}/{len(some):<3}"
                for figure, factor in (("near", 100), ("points", 1), ("rmse", 100)):
                    line += spread(some, figure, factor)
                print(line + spread(some, "seconds", 1), flush=True)
                if chosen.json is not None:
                    chosen.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
