"""How well a rebuilt field agrees with the one it came from, and how small it became."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_image2data.errors import ReductionError
from napari_image2data.reduce.cell_edges import edges_of
from napari_image2data.reduce.inputs import as_field_array, finite_number, real_numbers

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

BYTES_PER_PIXEL = 4
"""A pixel of the field: one float32."""
BYTES_PER_POINT = 12
"""A point: x, y and value as float32."""


@dataclass(frozen=True)
class Report:
    """Agreement of a rebuilt field with the field, over the clean pixels of both.

    Attributes
    ----------
    rmse, mae, max, bias : float
        Root of the mean square, mean absolute, largest absolute and mean error (rebuilt minus
        field), in value units.
    relative_rmse : float
        ``rmse`` as a fraction of ``data_range``.
    r2 : float
        Coefficient of determination; NaN for a constant field.
    psnr : float
        Peak signal-to-noise ratio ``20 log10(data_range / rmse)`` in dB; infinite without error.
    ssim : float
        Mean structural similarity [1]_ over the pixels whose 7 x 7 window is clean; NaN where
        there is no such pixel.
    pixels, points : int
        Clean pixels that were compared; points the field was rebuilt from (0: not told).
    lost : float
        Share of the field's clean pixels that the rebuilt field has no value for.
    outside, rmse_inside : float
        Share of the compared pixels outside of the points' convex hull, and the rmse of those
        inside; NaN where the points were not given or span no area.
    compression : float
        Pixels per point; NaN where the points were not given.
    byte_compression : float
        Bytes of the pixels (float32) per byte of the points (x, y, value as float32) and of the
        edges of the cells they are for; NaN where the points were not given.
    data_range : float
        The range that relative_rmse, psnr and ssim refer to, in value units.

    References
    ----------
    .. [1] Z. Wang, A. C. Bovik, H. R. Sheikh, E. P. Simoncelli, "Image quality assessment: from
       error visibility to structural similarity", *IEEE Trans. Image Processing* 13, 2004,
       600-612.
    """

    rmse: float
    mae: float
    max: float
    bias: float
    relative_rmse: float
    r2: float
    psnr: float
    ssim: float
    pixels: int
    points: int
    lost: float
    outside: float
    rmse_inside: float
    compression: float
    byte_compression: float
    data_range: float

    def as_dict(self) -> dict[str, float]:
        """All figures by name, for a table or a file."""
        return asdict(self)

    def __str__(self) -> str:
        """One line for people: what became of the pixels, at which error."""
        kept = f"{self.pixels:,} pixels".replace(",", " ")
        if self.points:
            kept += f" -> {self.points:,} points".replace(",", " ")
        return f"{kept}, rmse {100 * self.relative_rmse:.2g} %"


def compare(
    field: Any,
    again: ArrayLike,
    *,
    points: pd.DataFrame | None = None,
    data_range: float | None = None,
) -> Report:
    """Compare a rebuilt field with the decoded one, on its clean pixels only.

    Parameters
    ----------
    field : Field or (h, w) array_like of float
        The decoded field; its NaN pixels are not compared. Of a `Field`, pixels that were filled
        in (flag FILLED) are not compared either: they were never read.
    again : (h, w) array_like of float
        The rebuilt field (`reconstruct`); pixels that are NaN in it count as lost.
    points : DataFrame, optional
        The points it was rebuilt from, for compression and for what lies outside of their hull.
    data_range : float, optional
        The range that relative figures refer to; by default the range of the field's scale,
        else that of the clean values.

    Returns
    -------
    Report
        The figures; see there.

    Raises
    ------
    ReductionError
        Different shapes, or no pixel that is clean in both.

    Examples
    --------
    >>> import numpy as np
    >>> field = np.array([[0.0, 1.0, np.nan], [2.0, 3.0, 4.0]])
    >>> report = compare(field, field + 0.1)
    >>> round(report.rmse, 3), round(report.bias, 3), report.pixels
    (0.1, 0.1, 5)
    """
    values = as_field_array(field).astype(np.float64)
    again = real_numbers("The rebuilt field", getattr(again, "values", again))
    rebuilt = again.astype(np.float64)
    if rebuilt.shape != values.shape:
        raise ReductionError(
            f"The rebuilt field has the shape {rebuilt.shape}, the field {values.shape}; rebuild "
            "it with the field's shape."
        )
    clean = clean_pixels(field)
    both = clean & np.isfinite(rebuilt)
    if not both.any():
        raise ReductionError(
            "No pixel has a value in both fields, so there is nothing to compare; check the mask "
            "and the method that the field was rebuilt with."
        )
    error = rebuilt[both] - values[both]
    known = values[both]
    if data_range is None:
        span = _data_range(field, known)
    else:
        span = finite_number("data_range", data_range, "a range above 0 in value units")
    square = float(np.mean(error**2))
    variance = float(np.var(known))
    rmse = square**0.5
    number = 0 if points is None else len(points)
    edges = None if points is None else edges_of(points)
    told = number + (0 if edges is None else edges.costs)
    outside, rmse_inside = _hull_figures(points, both, error)
    nan = float("nan")
    return Report(
        rmse=rmse,
        mae=float(np.mean(np.abs(error))),
        max=float(np.max(np.abs(error))),
        bias=float(np.mean(error)),
        relative_rmse=rmse / span if span else nan,
        r2=1.0 - square / variance if variance else nan,
        psnr=float(20 * np.log10(span / rmse)) if rmse and span else float("inf"),
        ssim=_ssim(values, rebuilt, both, span),
        pixels=int(both.sum()),
        points=number,
        lost=float(1.0 - both.sum() / clean.sum()),
        outside=outside,
        rmse_inside=rmse_inside,
        compression=both.sum() / number if number else nan,
        byte_compression=(
            both.sum() * BYTES_PER_PIXEL / (told * BYTES_PER_POINT) if number else nan
        ),
        data_range=span,
    )


def clean_pixels(field: Any) -> NDArray[np.bool_]:
    """Pixels that were read: finite, and not filled in from their surroundings."""
    clean: NDArray[np.bool_] = np.isfinite(as_field_array(field))
    flags = getattr(field, "flags", None)
    # a bare array has ``flags`` too, but those tell of its memory
    if flags is not None and not isinstance(field, np.ndarray):
        from napari_image2data.decode.field import Flag

        clean &= (np.asarray(flags) & Flag.FILLED) == 0
    return clean


def _data_range(field: Any, known: NDArray[np.float64]) -> float:
    scale = getattr(field, "scale", None)
    if scale is not None:
        return abs(float(scale.vmax) - float(scale.vmin))
    return float(np.ptp(known))


def _hull_figures(
    points: pd.DataFrame | None, both: NDArray[np.bool_], error: NDArray[np.float64]
) -> tuple[float, float]:
    from napari_image2data.reduce.reconstruct import inside_hull

    nan = float("nan")
    if points is None:
        return nan, nan
    try:
        inside = inside_hull(points, both.shape)[both]
    except ReductionError:  # one or two points, or points on one line: there is no inside
        return nan, nan
    if not inside.any():
        return 1.0, nan
    return float(1.0 - inside.mean()), float(np.mean(error[inside] ** 2) ** 0.5)


def _ssim(
    values: NDArray[np.float64],
    rebuilt: NDArray[np.float64],
    both: NDArray[np.bool_],
    span: float,
) -> float:
    """Mean structural similarity over the pixels whose whole window is clean in both fields."""
    from scipy.ndimage import minimum_filter
    from skimage.metrics import structural_similarity

    window = 7
    whole = minimum_filter(both, window, mode="constant", cval=0)
    if not span or not whole.any():
        return float("nan")
    low = values[both].min()
    first = np.where(both, values - low, 0.0)
    second = np.where(both, rebuilt - low, 0.0)
    _, similarity = structural_similarity(
        first, second, win_size=window, data_range=span, full=True
    )
    return float(np.mean(similarity[whole]))
