"""The package unmap, run in a Python of its own, so that its dependencies meddle with nothing.

Its release 0.1.2 asks matplotlib for a named map in a way that matplotlib 3.9 dropped, and fails on
every name; given the map itself, an object of matplotlib, it runs. So that is what it gets, with a
background colour that no pixel has, so that it drops none of them.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

RELEASE = "unmap==0.1.2"

_TIMED = """
import sys, time
import matplotlib, numpy
from unmap.unmap import unmap

pixels = numpy.load(sys.argv[1])
best = float("inf")
for _ in range(2):
    start = time.perf_counter()
    values = unmap(pixels, cmap=matplotlib.colormaps[sys.argv[2]], background=(2, 2, 2))
    best = min(best, time.perf_counter() - start)
assert values.shape == pixels.shape[:2], "taken for a gray picture, and not read"
print(best)
"""


def install_unmap(folder: Path) -> Path | None:
    """Make an environment with unmap in a folder; its Python, or None where pip fails."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    pip = [python, "-m", "pip", "install", "--quiet", RELEASE]
    if subprocess.run(pip, capture_output=True, check=False).returncode:
        print(f"({RELEASE} could not be installed, so its column is empty.)\n")
        return None
    return python


def time_unmap(python: Path, pixels: np.ndarray, name: str) -> float:
    """Nanoseconds a pixel that unmap takes for ``(n, 3)`` colours in 0..1; fastest of two runs."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "pixels.npy"
        # a picture of one row would be squeezed to two dimensions, and pass as gray
        np.save(file, pixels[: len(pixels) // 2 * 2].reshape(2, -1, 3))
        run = [python, "-c", _TIMED, file, name]
        out = subprocess.run(run, capture_output=True, text=True, check=True).stdout
    return float(out) / len(pixels) * 1e9
