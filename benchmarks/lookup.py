"""Speed and memory of `lookup` and `decode`, as ratios to what else does the same in one run.

    python -m benchmarks lookup

The recipe: a KD-tree of 10 000 colours of the map, asked for every pixel. unmap: the function of
that name in the package's release, with its 256 colours (see `benchmarks.unmap_peer`). The nearest
of 256: the KD-tree query that unmap spends its time on, alone. All three are timed on a sample of
the pixels, since their cost a pixel does not change with the picture's size. The bare take: 24-bit
codes packed with numpy, and one `numpy.take` of a float32 table.
"""

from __future__ import annotations

import argparse
import io
import os
import platform
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter
from scipy.spatial import cKDTree

from benchmarks.unmap_peer import install_unmap, time_unmap
from napari_image2data import ColorScale, decode, lookup
from napari_image2data.color.lookup import ColorTable

if TYPE_CHECKING:
    from collections.abc import Callable

KINDS = ("PNG", "JPEG")
MEGAPIXELS = (6, 24, 100)
SAMPLE = 200_000
ROWS, COLUMNS = 2000, 3000


def picture(kind: str, megapixels: int) -> np.ndarray:
    """A field with coarse and fine structure in jet; more than 6 Mpx are copies side by side."""
    rng = np.random.default_rng(0)
    field = sum(
        weight
        * gaussian_filter(rng.standard_normal((ROWS, COLUMNS)).astype(np.float32), size)
        / size**-1.0
        for weight, size in ((1.0, 60), (0.6, 20), (0.3, 6))
    )
    low, high = np.percentile(field, (1, 99))
    scale = ColorScale.from_name("jet", 0, 1)
    bins = ((field - low) / (high - low) * 256).astype(int).clip(0, 255)
    image = np.round(scale.colors * 255).astype(np.uint8)[bins]
    if kind == "JPEG":
        file = io.BytesIO()
        Image.fromarray(image).save(file, "JPEG", quality=80)
        image = np.asarray(Image.open(file))
    copies = -(-megapixels // 6)
    return np.ascontiguousarray(np.tile(image, (copies, 1, 1))[: megapixels * 10**6 // COLUMNS])


def seconds(work: Callable[[], object], repeat: int = 3) -> float:
    """Shortest time of some runs: what the work takes when nothing else disturbs."""
    best = np.inf
    for _ in range(repeat):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def bare_take(image: np.ndarray, table: np.ndarray) -> np.ndarray:
    code = image[..., 0].astype(np.uint32)
    for channel in (1, 2):
        code <<= 8
        code |= image[..., channel]
    return np.take(table, code)


def compare(kind: str, megapixels: int, python_of_unmap: Path | None) -> dict[str, float]:
    """Nanoseconds a pixel of everything that is compared; unmap's are NaN where it is not there."""
    image = picture(kind, megapixels)
    pixels = image.size / 3
    scale = ColorScale.from_name("jet", 0, 1)
    fine = cKDTree(ColorScale.from_name("jet", 0, 1, n_colors=10_000).colors)
    coarse = cKDTree(scale.colors)
    step = max(1, int(pixels // SAMPLE))
    sample = image.reshape(-1, 3)[::step] / 255
    table = np.random.default_rng(0).random(1 << 24, np.float32)
    repeat = 5 if megapixels <= 24 else 3
    return {
        "recipe": seconds(lambda: fine.query(sample), 2) / len(sample) * 1e9,
        "unmap": time_unmap(python_of_unmap, sample, "jet") if python_of_unmap else np.nan,
        "nearest": seconds(lambda: coarse.query(sample), 2) / len(sample) * 1e9,
        "lookup": seconds(lambda: lookup(image, scale), repeat) / pixels * 1e9,
        "take": seconds(lambda: bare_take(image, table), repeat) / pixels * 1e9,
        "values": seconds(lambda: ColorTable(scale).read_values(image), repeat) / pixels * 1e9,
    }


def memory(kind: str, megapixels: int) -> float:
    """Peak memory of a look-up beyond input and outputs, MB; call it in a process of its own."""
    image = picture(kind, megapixels)
    scale = ColorScale.from_name("jet", 0, 1)
    lookup(image[:4, :4], scale)
    with open("/proc/self/statm", encoding="ascii") as status:
        before = int(status.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    with open("/proc/self/clear_refs", "w", encoding="ascii") as peak:
        peak.write("5")  # forget the peak of drawing the picture
    field = lookup(image, scale)
    outputs = sum(a.nbytes for a in (field.values, field.distance, field.sigma, field.flags))
    with open("/proc/self/status", encoding="ascii") as status:
        high = next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) * 1024
    return (high - before - outputs) / 1e6


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description="Speed and memory of the look-up.")
    parser.add_argument(
        "--unmap-python", type=Path, help="a Python that has unmap; else one is made"
    )
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tables(args.unmap_python or install_unmap(Path(folder)))


def tables(python_of_unmap: Path | None) -> None:
    """Print them, with unmap run by a Python of its own."""
    print("## Look-up\n")
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, ",
        end="",
    )
    print(f"numpy {np.__version__}, load {os.getloadavg()[0]:.1f} at the start\n")
    print(
        "| picture | Mpx | recipe | unmap | nearest of 256 | lookup | take | values alone | recipe "
        "/ lookup | unmap / lookup | nearest / lookup | values / take | lookup / lookup at 6 Mpx |"
    )
    print("|--" * 13 + "|")
    for kind in KINDS:
        first = None
        for megapixels in MEGAPIXELS:
            ns = compare(kind, megapixels, python_of_unmap)
            first = first or ns["lookup"]
            times = " | ".join(
                f"{ns[key]:.1f}"
                for key in ("recipe", "unmap", "nearest", "lookup", "take", "values")
            )
            ratios = " | ".join(
                f"{ratio:.2f}" if ratio < 10 else f"{ratio:.0f}"
                for ratio in (
                    ns["recipe"] / ns["lookup"],
                    ns["unmap"] / ns["lookup"],
                    ns["nearest"] / ns["lookup"],
                    ns["values"] / ns["take"],
                    ns["lookup"] / first,
                )
            )
            print(f"| {kind} | {megapixels} | {times} | {ratios} |", flush=True)
    print("\nTimes in ns a pixel.\n")
    print("| picture | Mpx | memory beyond input and outputs, MB |\n|--|--|--|")
    for kind in KINDS:
        code = f"from benchmarks.lookup import memory; print(memory({kind!r}, 100))"
        run = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        print(f"| {kind} | 100 | {float(run.stdout):.0f} |", flush=True)
    print("\n| picture | Mpx | decode, s a megapixel |\n|--|--|--|")
    scale = ColorScale.from_name("jet", 0, 1)
    for kind in KINDS:
        for megapixels in (3, 6):
            image = picture(kind, 6)[: ROWS * megapixels // 6]
            took = seconds(partial(decode, image, scale), 2) / megapixels
            print(f"| {kind} | {megapixels} | {took:.2f} |", flush=True)


if __name__ == "__main__":
    main()
