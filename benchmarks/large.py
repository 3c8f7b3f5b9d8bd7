"""Decode a picture of 20 000 x 20 000 pixels in bounded memory.

    python -m benchmarks.large [--folder FOLDER] [--side PIXELS]

The picture is a memory-mapped file (1.2 GB). It is decoded as a dask array whose values and sigma
are stored into memory-mapped files as its tiles come, so that neither the picture nor the field is
ever in memory. It shows a smooth field in jet under a black line every 500 rows, and every value is
checked against the field.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path
from threading import Event, Thread

import dask.array as da
import numpy as np

from napari_image2data import ColorScale, decode

BAND = 500
"""Rows drawn and checked at a time."""


def truth(rows: slice, side: int) -> np.ndarray:
    """Field in 0..1 of some rows of the picture."""
    y = np.arange(rows.start, rows.stop, dtype=np.float32)[:, None]
    x = np.arange(side, dtype=np.float32)[None]
    waves = np.sin(x / 431) * np.cos(y / 367) + 0.4 * np.sin((x + 2 * y) / 97)
    return np.asarray(0.5 + waves / 2.9, np.float32)


def draw(path: Path, side: int) -> np.memmap:
    """Write the picture band by band."""
    picture = np.memmap(path, np.uint8, "w+", shape=(side, side, 3))
    table = np.round(ColorScale.from_name("jet", 0, 1).colors * 255).astype(np.uint8)
    for top in range(0, side, BAND):
        rows = slice(top, min(top + BAND, side))
        band = table[(truth(rows, side) * 256).astype(int).clip(0, 255)]
        band[BAND // 2 : BAND // 2 + 2, 40:-40] = 0  # a black line
        picture[rows] = band
    picture.flush()
    return picture


class Peak:
    """Watches, while entered, how much memory the process holds besides pages of mapped files."""

    bytes = 0

    def __enter__(self) -> Peak:
        self._ended = Event()
        self._watcher = Thread(target=self._watch)
        self._watcher.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self._ended.set()
        self._watcher.join()

    def _watch(self) -> None:
        while not self._ended.wait(0.05):
            with open("/proc/self/status", encoding="ascii") as status:
                now = next(int(line.split()[1]) for line in status if line.startswith("RssAnon"))
            self.bytes = max(self.bytes, now * 1024)


def main() -> None:
    """Draw, decode, check, and print time and memory."""
    parser = argparse.ArgumentParser(description="Decode a very large picture.")
    parser.add_argument("--folder", type=Path, help="for about 5 GB of files; a temporary one else")
    parser.add_argument("--side", type=int, default=20_000)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=args.folder) as folder:
        run(Path(folder), args.side)


def run(folder: Path, side: int) -> None:
    """Decode in ``folder``."""
    picture = draw(folder / "picture.raw", side)
    field = decode(
        da.from_array(picture, chunks=(2048, 2048, 3)), ColorScale.from_name("jet", 0, 1)
    )
    stores = [
        np.memmap(folder / f"{name}.raw", np.float32, "w+", shape=(side, side))
        for name in ("values", "sigma")
    ]
    highest = Peak()
    wall, processor = time.perf_counter(), time.process_time()
    with highest:
        da.store([field.values, field.sigma], stores)
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    values, sigma = stores
    wrong, known, inside = 0.0, 0, 0
    for top in range(0, side, BAND):
        rows = slice(top, min(top + BAND, side))
        error = np.abs(values[rows] - truth(rows, side))
        kept = np.isfinite(error)
        wrong += float(error[kept].sum())
        known += int(kept.sum())
        inside += int((error[kept] <= 1.645 * sigma[rows][kept]).sum())
    print(f"{side} x {side} pixels, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"{wall:.0f} s, {processor:.0f} s of processor time ({wall / side**2 * 1e6:.2f} s a Mpx)")
    print(f"at most {highest.bytes / 1e9:.2f} GB in memory besides the pages of mapped files")
    print(f"mean error {wrong / known:.6f} of the range over {known / side**2:.4f} of the pixels; ")
    print(f"{inside / known:.3f} of the truth lies within 1.645 sigma")


if __name__ == "__main__":
    main()
