"""How likely each part of a reading is right: what was counted on figures with known truth.

The numbers are shares of right readings among 509 pictures (figures of the development corpus and
others drawn by chance, also resampled by 0.7 and saved as JPEG 75), (right + 1) / (all + 2), in the
groups that the evidence at hand makes. A reading of another kind of figure may do worse.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_image2data.figure.calibrate import Calibration

_PLOT_AREA = 0.99
_LABELLED_BAR, _BARE_BAR = 0.99, 0.5
_BY_DOUBTS = (0.99, 0.65, 0.45)  # of a range with so many sentences against it; more: the last
_BY_LABELS = {2: 0.5, 3: 0.87}  # of an axis through so few labels; through more of them:
_MANY_LABELS = 0.97
_FEW_MARKS = 0.65  # of an axis where one or two labels have their tick mark, the others none


@dataclass(frozen=True)
class Confidence:
    """How likely each part of a panel was read right; 0 where it was not found or not read.

    Attributes
    ----------
    plot_area, colorbar : float
        Of the two boxes, 0..1.
    value_range : float
        Of the values at the ends of the colour bar.
    x_axis, y_axis : float
        Of the two axes.
    """

    plot_area: float = 0.0
    colorbar: float = 0.0
    value_range: float = 0.0
    x_axis: float = 0.0
    y_axis: float = 0.0

    @property
    def of_values(self) -> float:
        """Of the values that the panel decodes to: of the least sure part that they need."""
        return min(self.plot_area, self.colorbar, self.value_range)


def confidence_in(
    *,
    has_bar: bool,
    has_range: bool,
    bar_labels: Calibration | None,
    doubts: int,
    x_axis: Calibration | None,
    y_axis: Calibration | None,
) -> Confidence:
    """How sure the parts of a panel are, from what speaks for and against them.

    Parameters
    ----------
    has_bar, has_range : bool
        Whether a colour bar, and the values at its ends, were found.
    bar_labels : Calibration or None
        The labels beside the bar.
    doubts : int
        Sentences that speak against the range.
    x_axis, y_axis : Calibration or None
        The labels of the two axes.

    Examples
    --------
    >>> nothing = confidence_in(
    ...     has_bar=False, has_range=False, bar_labels=None, doubts=0, x_axis=None, y_axis=None
    ... )
    >>> nothing.plot_area, nothing.colorbar, nothing.of_values
    (0.99, 0.0, 0.0)
    """
    bar = 0.0
    if has_bar:
        bar = _BARE_BAR if bar_labels is None else _LABELLED_BAR
    by_doubts = _BY_DOUBTS[min(doubts, len(_BY_DOUBTS) - 1)]
    return Confidence(
        plot_area=_PLOT_AREA,
        colorbar=bar,
        value_range=by_doubts if has_range else 0.0,
        x_axis=_of_axis(x_axis),
        y_axis=_of_axis(y_axis),
    )


def _of_axis(found: Calibration | None) -> float:
    if found is None:
        return 0.0
    by_labels = _BY_LABELS.get(len(found.used), _MANY_LABELS)
    return min(by_labels, _FEW_MARKS) if 0 < found.snapped < 3 else by_labels
