"""Which way a picture is read between the steps of its scale, if any."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from napari_image2data.color.bar_steps import MOST_CLASSES
from napari_image2data.decode.bands import Refined, dequantize, has_smooth_bands
from napari_image2data.decode.cell_steps import is_ramp, refine_cells
from napari_image2data.errors import ScaleError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_image2data.decode.curve import Curve

_ON_STEP, _STEPPED = 0.05, 0.9  # of a step; share of the pixels of a picture of few colours
_NEAR_STEP = 0.16  # of a step: what half the pixels of such a JPEG lie off; of any other 0.25
_WRONG = 0.12  # of a step: error of a JPEG's cells, some of which are taken for the next band


def between_steps(
    values: np.ndarray,
    sigma: np.ndarray,
    position: np.ndarray,
    curve: Curve,
    clean: np.ndarray,
    option: bool | Sequence[float] | Literal["auto"],
    *,
    noisy: bool,
    borders: tuple[np.ndarray, np.ndarray] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Values and uncertainties between the steps of the scale, where the picture tells them.

    Parameters
    ----------
    values, sigma : (h, w) ndarray
        As the colours alone give them.
    position : (h, w) float ndarray
        Of the pixels' colours; of the cells, where a JPEG shows cells.
    curve : Curve
    clean : (h, w) bool ndarray
        Pixels whose colour is that of data.
    option : bool or sequence of float or "auto"
        The option ``dequantize`` of `decode`, not False.
    noisy : bool
        The picture went through JPEG.
    borders : (ndarray, ndarray), optional
        Those of the columns and rows of cells, where they are known.

    Returns
    -------
    values, sigma : (h, w) ndarray

    Raises
    ------
    ScaleError
        When the borders do not fit the scale.
    """
    before, after = curve.outer
    count = len(curve.colors)
    inner = curve.values[before : count - after]
    if isinstance(option, bool | str):
        middle = (inner[1:] + inner[:-1]) / 2
        edges = np.concatenate([[2 * inner[0] - middle[0]], middle, [2 * inner[-1] - middle[-1]]])
    else:
        edges = np.asarray(option, float)
        steps = np.diff(edges)
        if edges.shape != (len(inner) + 1,) or not (np.all(steps > 0) or np.all(steps < 0)):
            raise ScaleError(
                f"A scale of {len(inner)} colours has {len(inner) + 1} borders that rise or fall."
            )
        edges = np.log10(edges) if curve.log else edges
    # bands of values beyond the ends have but one border
    edges = np.concatenate(
        [
            [2 * edges[0] - edges[1]] * before,
            edges,
            [2 * edges[-1] - edges[-2]] * after,
        ]
    )
    place = position * (count - 1)
    bands = np.rint(place).astype(int)
    fine: Refined | None = None
    if option != "auto" and not noisy and has_smooth_bands(bands, clean):
        fine = dequantize(bands, edges, clean)
    elif count <= MOST_CLASSES and _is_stepped(place, clean, noisy) and is_ramp(curve.colors):
        fine = refine_cells(bands, edges, clean, noisy=noisy, borders=borders)
    if fine is None:
        return values, sigma
    value, spread = fine
    if noisy:
        spread = np.hypot(spread, _WRONG * np.abs(np.diff(edges))[bands])
    if curve.log:
        value = 10**value
        spread = spread * np.log(10) * value
    better = np.isfinite(value) & (bands >= before) & (bands < count - after)
    return np.where(better, value, values), np.where(better, spread, sigma)


def _is_stepped(place: np.ndarray, clean: np.ndarray, noisy: bool) -> bool:
    """Whether the picture shows the colours of the scale's steps and none between them."""
    off = np.abs(place[clean] - np.rint(place[clean]))
    if not len(off):
        return False
    return bool(np.median(off) < _NEAR_STEP if noisy else (off < _ON_STEP).mean() > _STEPPED)
