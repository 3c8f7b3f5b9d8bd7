"""Stations found again in fields that were interpolated from them.

    python -m benchmarks nodes [--stations 50 100 ...] [--kinds nearest linear cubic none]
                               [--seeds 5] [--json FILE]

Fields of 400 x 500 pixels are interpolated from random stations (and the four corners), painted in
viridis, 8 bits a colour, and decoded. Kind "none" is a smooth field that no station made.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
from scipy.interpolate import griddata
from scipy.ndimage import gaussian_filter
from scipy.spatial import KDTree

import napari_image2data as i2d

KINDS = ("nearest", "linear", "cubic", "none")
STATIONS = (50, 100, 200, 350, 500)
SHAPE = (400, 500)
NEAR = 3.0
"""A station counts as found when a point is this near (pixels)."""


def drawn(kind: str, stations: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The true places (row, column) and the field, before it is painted."""
    rng = np.random.default_rng([seed, stations])
    height, width = SHAPE
    places = rng.random((stations, 2)) * (height - 1, width - 1)
    ground = gaussian_filter(rng.normal(size=SHAPE), 40)
    ground /= np.ptp(ground)
    if kind == "none":
        return places, ground
    corners = [[0, 0], [0, width - 1], [height - 1, 0], [height - 1, width - 1]]
    every = np.vstack([places, corners])
    rows, cols = every.round().astype(int).T
    values = ground[rows, cols] + rng.normal(0, 0.05, len(every))
    return places, griddata(every, values, tuple(np.indices(SHAPE)), method=kind)


def painted(field: np.ndarray) -> i2d.Field:
    """The field decoded from its picture in viridis."""
    scale = i2d.ColorScale.from_name("viridis", 0.0, 1.0)
    table = np.round(scale.colors * 255).astype(np.uint8)
    share = (field - field.min()) / np.ptp(field)
    image = table[np.minimum((share * len(table)).astype(int), len(table) - 1)]
    return i2d.decode(image, scale)


def searched(kind: str, stations: int, seed: int) -> dict[str, object]:
    """What `find_nodes` makes of one field."""
    places, field = drawn(kind, stations, seed)
    decoded = painted(field)
    start = time.perf_counter()
    found = i2d.find_nodes(decoded)
    result: dict[str, object] = {
        "kind": kind,
        "stations": stations,
        "seed": seed,
        "said": found.kind,
        "seconds": round(time.perf_counter() - start, 1),
    }
    if found.kind != "none":
        away, _ = KDTree(found.points[["row", "col"]].to_numpy()).query(places)
        result["near"] = float(np.mean(away <= NEAR))
        result["points"] = len(found.points) / stations
        result["rmse"] = found.relative_rmse
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stations", type=int, nargs="+", default=STATIONS)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--json", type=Path, help="write every single result into this file")
    chosen = parser.parse_args()
    results = []
    print("kind     stations  said so  within 3 px  points/station  rmse %  seconds")
    for kind in chosen.kinds:
        for stations in chosen.stations[:1] if kind == "none" else chosen.stations:
            some = [searched(kind, stations, seed) for seed in range(chosen.seeds)]
            results += some
            right = sum(one["said"] == kind for one in some)
            line = f"{kind:9}{stations:8}{right:6}/{len(some)}"
            found = [one for one in some if one["said"] != "none"]
            for name, factor in (("near", 100), ("points", 1), ("rmse", 100)):
                figures = [factor * float(str(one[name])) for one in found]
                spread = f"{min(figures):.2f}-{max(figures):.2f}" if found else "-"
                line += f"{spread:>14}"
            seconds = np.median([float(str(one["seconds"])) for one in some])
            print(f"{line}{seconds:9.1f}", flush=True)
    if chosen.json is not None:
        chosen.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
