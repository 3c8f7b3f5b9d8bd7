"""What a test knows of a figure that it drew itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class KnownFigure:
    """A drawn figure, its truth, and where its parts lie."""

    image: np.ndarray
    truth: np.ndarray
    box: tuple[int, int, int, int]
    colorbar: tuple[int, int, int, int]
    vmin: float
    vmax: float
    cmap: str
