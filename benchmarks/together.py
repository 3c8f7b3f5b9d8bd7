"""All that decoding can do, on 4 megapixels: seconds, and how soon a press on Cancel is heard.

    python -m benchmarks together

The picture is a smooth field with a grid over it, as PNG and as a JPEG. "Longest wait" is the
longest time between two reports of progress, at each of which a caller can stop the work.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import zoom

from benchmarks.neighborhood import drawn, jpeg, random_field, stored
from napari_image2data import decode, identify_colormap, recover_scale
from napari_image2data.decode.cells import find_cells

if TYPE_CHECKING:
    from collections.abc import Callable

SIDE = 2000


class Watch:
    """Wall and processor time of a piece of work, and the longest wait between its reports."""

    def __init__(self) -> None:
        self.wall, self.processor = -time.perf_counter(), -time.process_time()
        self.last, self.longest = time.perf_counter(), 0.0

    def __call__(self, stage: str, done: float) -> None:
        """Take note of a report of progress."""
        now = time.perf_counter()
        self.longest, self.last = max(self.longest, now - self.last), now

    def stop(self) -> None:
        """End the measurement."""
        self("done", 1.0)
        self.wall += time.perf_counter()
        self.processor += time.process_time()


def line(name: str, work: Callable[[Watch], object]) -> None:
    watch = Watch()
    work(watch)
    watch.stop()
    print(f"{name:<44}{watch.wall:9.1f}{watch.processor:11.1f}{watch.longest:14.1f}", flush=True)


def main() -> None:
    field = zoom(random_field(1, 12, (SIDE // 8, SIDE // 8)), 8, order=3).clip(0, 1)
    sharp, scale = drawn("jet", field)
    sharp[::200] = sharp[:, ::250] = 0
    print(f"{'':<44}{'seconds':>9}{'processor':>11}{'longest wait':>14}")
    light = 0.5 + 0.5 * zoom(random_field(3, 3, (SIDE // 4, SIDE // 4)), 4, order=1)
    shady = stored(sharp / 255 * light[..., None])
    for kind, picture, mixed in (("PNG", sharp, shady), ("JPEG 75", jpeg(sharp, 75), None)):

        def filled(watch: Watch, rgb: np.ndarray = picture) -> None:
            decode(rgb, scale, overlays="fill", dequantize=True, progress=watch)

        def freed(watch: Watch, rgb: np.ndarray | None = mixed) -> None:
            decode(rgb, scale, shading=True, overlays="fill", progress=watch)

        line(f"{kind}, overlays filled, rivals, between steps", filled)
        if mixed is not None:
            line(f"{kind}, shading taken off, overlays filled", freed)
        line(f"{kind}, name of the map", lambda _, rgb=picture: identify_colormap(rgb))
        line(f"{kind}, order of the colours", lambda _, rgb=picture: recover_scale(rgb))
    cells, _ = drawn(
        "jet", np.kron(random_field(2, 1, (25, 40)), np.ones((SIDE // 25, SIDE // 40)))
    )
    line("cells", lambda watch: find_cells(decode(cells, scale, progress=watch)))


if __name__ == "__main__":
    main()
