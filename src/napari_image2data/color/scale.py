"""ColorScale: the colours of a scale, the values they stand for, its norm."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np

from napari_image2data.color.catalog import colormap_table, is_qualitative
from napari_image2data.color.colorbar import Direction, bar_ends, read_colorbar
from napari_image2data.color.norm import (
    check_ends,
    check_norm,
    interpolate,
    knots_from_ticks,
    unwarp,
    warp,
)
from napari_image2data.errors import ScaleError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

Norm = Literal["linear", "log"]


@dataclass(frozen=True, eq=False)
class ColorScale:
    """An ordered set of colours and the values they stand for.

    Build one with `from_name`, `from_colors` or `from_colorbar`. Along a scale, position 0 is
    ``vmin`` and position 1 is ``vmax``; between them values lie as ``norm`` says, or, where the
    scale has ``knots``, as the norm says between one knot and the next.

    Attributes
    ----------
    colors : (N, 3) float64 ndarray
        sRGB, 0..1, from the scale's first end to its last.
    values : (N,) float64 ndarray
        Value of each colour, strictly increasing or strictly decreasing.
    vmin, vmax : float
        Value at the scale's first and last end (``vmin > vmax`` is allowed).
    norm : {"linear", "log"}
        How values lie between the colours; log means log10.
    discrete : bool
        True when each colour is a class (filled contours) and nothing lies between two colours.
    name : str or None
        Qualified name of the colour map, where it is known.
    knots : (M, 2) float64 ndarray or None
        Positions and values of a piecewise norm (symlog, power, two-slope, uneven ticks).
    under, over : (3,) float64 ndarray or None
        Colours of values below the first and beyond the last end (extend triangles), sRGB 0..1.
    bad : (3,) float64 ndarray or None
        Colour that stands for "no data".
    offsets : tuple of int
        For a table of whole 8-bit levels: steps (1 or -1) that lead, in some channels, from a
        picture's colour to the table's, tried in this order. Renderers round real colours in one
        place and cut them down in another, so a picture's table can differ by one from its bar's.
    """

    colors: np.ndarray
    values: np.ndarray
    vmin: float
    vmax: float
    norm: Norm = "linear"
    discrete: bool = False
    name: str | None = None
    knots: np.ndarray | None = None
    under: np.ndarray | None = None
    over: np.ndarray | None = None
    bad: np.ndarray | None = None
    offsets: tuple[int, ...] = ()

    def __repr__(self) -> str:
        kind = "classes" if self.discrete else "colors"
        norm = self.norm if self.knots is None else f"piecewise {self.norm}"
        return (
            f"ColorScale({self.name or 'unnamed'}, {len(self.colors)} {kind}, "
            f"{self.vmin:g}..{self.vmax:g}, {norm})"
        )

    @classmethod
    def from_colors(
        cls,
        colors: ArrayLike,
        values: ArrayLike,
        *,
        norm: Norm = "linear",
        discrete: bool = False,
        vmin: float | None = None,
        vmax: float | None = None,
        name: str | None = None,
        knots: ArrayLike | None = None,
        under: ArrayLike | None = None,
        over: ArrayLike | None = None,
        bad: ArrayLike | None = None,
        offsets: tuple[int, ...] | None = None,
    ) -> ColorScale:
        """Scale of given colours at given values.

        Parameters
        ----------
        colors : (N, 3) array_like
            sRGB, 0..1, N >= 2; a fourth column (opacity) is ignored.
        values : (N,) array_like
            Value of each colour, strictly rising or falling.
        norm : {"linear", "log"}
        discrete : bool
            Each colour is a class of its own.
        vmin, vmax : float, optional
            Values at the ends, where they are not those of the first and last colour (a class or a
            bin reaches half its width further).
        name : str, optional
        knots : (M, 2) array_like, optional
            Positions and values of a piecewise norm, from position 0 to position 1.
        under, over, bad : (3,) array_like, optional
            Colours of values below, beyond, and of no data.
        offsets : tuple of int, optional
            See the class; by default (1, -1) for a table of whole levels, else ().

        Returns
        -------
        ColorScale

        Raises
        ------
        ScaleError
            Colours that are empty, not finite, outside 0..1 or all the same; values that are not
            one a colour, not finite, or do not strictly rise or fall; a log scale with a value at
            or below zero.

        Examples
        --------
        >>> scale = ColorScale.from_colors([[0, 0, 0], [1, 1, 1]], [0.0, 10.0])
        >>> scale.to_color(2.5).tolist()
        [0.25, 0.25, 0.25]
        """
        check_norm(norm)
        table = _checked_colors(colors)
        value = np.array(values, float)
        if value.shape != (len(table),):
            raise ScaleError(
                f"A scale needs one value a colour: {len(table)} colours came with values of the "
                f"shape {value.shape}."
            )
        if not np.isfinite(value).all():
            raise ScaleError("The values of a scale must be finite numbers.")
        steps = np.diff(value)
        if not (np.all(steps > 0) or np.all(steps < 0)):
            raise ScaleError("The values of a scale must strictly rise or strictly fall.")
        if norm == "log" and value.min() <= 0:
            raise ScaleError(f"A log scale needs values above zero, not {value.min():g}.")
        first = float(value[0] if vmin is None else vmin)
        last = float(value[-1] if vmax is None else vmax)
        check_ends(first, last, norm)
        return cls(
            _frozen(table),
            _frozen(value),
            first,
            last,
            norm,
            discrete,
            name,
            None if knots is None else _frozen(np.array(knots, float)),
            _checked_color(under, "under"),
            _checked_color(over, "over"),
            _checked_color(bad, "bad"),
            _offsets(table) if offsets is None else offsets,
        )

    @classmethod
    def from_name(
        cls,
        name: str,
        vmin: float,
        vmax: float,
        *,
        norm: Norm = "linear",
        n_colors: int | None = None,
        under: ArrayLike | None = None,
        over: ArrayLike | None = None,
        bad: ArrayLike | None = None,
    ) -> ColorScale:
        """Scale of a named colour map: ``n_colors`` equal bins of [vmin, vmax].

        Parameters
        ----------
        name : str
            A name of `colormap_names`; ``_r`` at its end reverses the map.
        vmin, vmax : float
            Values at the map's first and last end.
        norm : {"linear", "log"}
        n_colors : int, optional
            Bins; by default 256, or a qualitative map's own number of colours.
        under, over, bad : (3,) array_like, optional
            Colours of values below, beyond, and of no data, sRGB 0..1.

        Returns
        -------
        ColorScale
            Its values are the bins' centres; a qualitative map makes a discrete scale.

        Raises
        ------
        ScaleError
            An unknown name (the message suggests near ones), or ends that make no scale.

        Examples
        --------
        >>> scale = ColorScale.from_name("viridis", vmin=0, vmax=256)
        >>> scale.values[:3].tolist(), scale.name
        ([0.5, 1.5, 2.5], 'bids:viridis')
        """
        check_ends(vmin, vmax, norm)
        colors, qualified = colormap_table(name, n_colors)
        position = (np.arange(len(colors)) + 0.5) / len(colors)
        ends = np.array([[0.0, vmin], [1.0, vmax]])
        return cls.from_colors(
            colors,
            _value_at(position, ends, norm),
            norm=norm,
            discrete=is_qualitative(name),
            vmin=vmin,
            vmax=vmax,
            name=qualified,
            under=under,
            over=over,
            bad=bad,
        )

    @classmethod
    def from_colorbar(
        cls,
        image: np.ndarray,
        box: Sequence[float],
        *,
        vmin: float | None = None,
        vmax: float | None = None,
        norm: Norm = "linear",
        direction: Direction | None = None,
        ticks: Sequence[tuple[float, float]] | None = None,
    ) -> ColorScale:
        """Scale read from the pixels of a colour bar.

        Parameters
        ----------
        image : (H, W), (H, W, 3) or (H, W, 4) ndarray
            The picture the bar is in.
        box : (x0, y0, x1, y1)
            Edges of the bar in pixels. ``vmin`` stands at its first edge in the bar's direction
            and ``vmax`` at its last. Extend triangles beyond it become the under and over
            colours; a box that includes them is cut to the bar's body.
        vmin, vmax : float
            Values at the ends of the bar; not needed where ``ticks`` are given.
        norm : {"linear", "log"}
        direction : {"up", "down", "left", "right"}, optional
            Where values go from vmin to vmax; by default up, or right where the bar is wide.
        ticks : sequence of (pixel, value), optional
            In place of ``vmin`` and ``vmax``: pixel coordinates along the bar and their values.
            Three or more that lie on no straight scale make a piecewise norm.

        Returns
        -------
        ColorScale
            ``discrete`` where the bar is drawn in classes.

        Raises
        ------
        ScaleError
            A box outside the picture, without pixels or of one colour; ends or ticks that make no
            scale.

        Examples
        --------
        >>> bar = np.repeat(np.linspace(0, 255, 256).astype(np.uint8)[:, None], 12, axis=1)
        >>> scale = ColorScale.from_colorbar(bar, (0, 0, 12, 256), vmin=0, vmax=1, direction="down")
        >>> round(float(scale.to_value(scale.to_position(0.3))), 6), scale.discrete
        (0.3, False)
        """
        bar = read_colorbar(image, box, direction)
        if ticks is not None:
            if vmin is not None or vmax is not None:
                raise ScaleError("Give a colour bar either its ticks or vmin and vmax, not both.")
            start, end = bar_ends(box, bar.direction)
            knots = knots_from_ticks(ticks, start, end, norm)
        elif vmin is None or vmax is None:
            raise ScaleError("A colour bar needs vmin and vmax, or two or more ticks.")
        else:
            check_ends(vmin, vmax, norm)
            knots = np.array([[0.0, vmin], [1.0, vmax]], float)
        return cls.from_colors(
            bar.colors,
            _value_at(bar.positions, knots, norm),
            norm=norm,
            discrete=bar.discrete,
            vmin=float(knots[0, 1]),
            vmax=float(knots[-1, 1]),
            name=bar.name,
            knots=knots if len(knots) > 2 else None,
            under=bar.under,
            over=bar.over,
            offsets=bar.offsets,
        )

    @cached_property
    def positions(self) -> np.ndarray:
        """``(N,)`` position of each colour along the scale, 0 at vmin, 1 at vmax."""
        return _frozen(self.to_position(self.values))

    def to_value(self, position: ArrayLike) -> np.ndarray:
        """Value at a position along the scale (0 is vmin, 1 is vmax; it goes on beyond both).

        Examples
        --------
        >>> scale = ColorScale.from_name("jet", vmin=1, vmax=1000, norm="log")
        >>> scale.to_value([0, 1 / 3, 2 / 3]).round(6).tolist()
        [1.0, 10.0, 100.0]
        """
        return _value_at(position, self._knots, self.norm)

    def to_position(self, value: ArrayLike) -> np.ndarray:
        """Position of a value along the scale; NaN at or below zero on a log scale.

        Examples
        --------
        >>> ColorScale.from_name("jet", vmin=0, vmax=-10).to_position(-2.5).tolist()
        0.25
        """
        knots = self._knots
        return interpolate(warp(value, self.norm), warp(knots[:, 1], self.norm), knots[:, 0])

    def to_color(self, value: ArrayLike) -> np.ndarray:
        """Colour of a value, sRGB 0..1: what a renderer would draw; NaN for NaN.

        Between two colours it is interpolated (on a discrete scale it is the nearest class's);
        beyond the ends it is the under or over colour, else the end's.

        Parameters
        ----------
        value : array_like

        Returns
        -------
        (..., 3) float64 ndarray

        Examples
        --------
        >>> ColorScale.from_name("gray", 0, 1).to_color([-1, 2]).tolist()
        [[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]]
        """
        where = np.asarray(self.to_position(value))
        at = self.positions
        if self.discrete:
            middles = (at[1:] + at[:-1]) / 2
            color = self.colors[np.searchsorted(middles, where)]
        else:
            color = np.stack([np.interp(where, at, self.colors[:, i]) for i in range(3)], axis=-1)
        color = np.where(np.isnan(where)[..., None], np.nan, color)
        for outside, extreme in ((where < 0, self.under), (where > 1, self.over)):
            if extreme is not None:
                color = np.where(outside[..., None], extreme, color)
        return np.asarray(color)

    @property
    def cyclic(self) -> bool:
        """Whether the last colour runs into the first, so that the scale is a closed curve."""
        if self.discrete or len(self.colors) < 8:
            return False
        levels = self.colors * 255
        step = np.linalg.norm(np.diff(levels, axis=0), axis=1)
        gap = np.linalg.norm(levels[-1] - levels[0])
        reach = np.linalg.norm(levels - levels[0], axis=1).max()
        return bool(gap <= max(8.0, 5 * np.median(step)) and reach > 10 * gap)

    def reversed(self) -> ColorScale:
        """Return the scale with its colours in the opposite order, over the same values."""
        at = 1 - self.positions[::-1]
        return replace(
            self,
            colors=_frozen(self.colors[::-1].copy()),
            values=_frozen(self.to_value(at)),
            name=self.name and (self.name[:-2] if self.name.endswith("_r") else self.name + "_r"),
            under=self.over,
            over=self.under,
        )

    @property
    def _knots(self) -> np.ndarray:
        if self.knots is not None:
            return self.knots
        return np.array([[0.0, self.vmin], [1.0, self.vmax]])


def _value_at(position: ArrayLike, knots: np.ndarray, norm: str) -> np.ndarray:
    return unwarp(interpolate(position, knots[:, 0], warp(knots[:, 1], norm)), norm)


def _checked_colors(colors: ArrayLike) -> np.ndarray:
    try:
        table = np.array(colors, float)
    except (TypeError, ValueError):
        raise ScaleError(
            "The colours of a scale are rows of three numbers, sRGB in 0..1."
        ) from None
    if table.ndim != 2 or table.shape[1] not in (3, 4) or len(table) < 2:
        raise ScaleError(
            f"The colours of a scale have the shape (N, 3), N >= 2; not {table.shape}."
        )
    table = table[:, :3].copy()
    if not np.isfinite(table).all():
        raise ScaleError("The colours of a scale must be finite numbers.")
    if table.min() < 0 or table.max() > 1:
        raise ScaleError(
            f"The colours of a scale are sRGB in 0..1; these reach from {table.min():g} to "
            f"{table.max():g} (divide 8-bit colours by 255)."
        )
    if np.ptp(table, axis=0).max() == 0:
        raise ScaleError("All colours of the scale are the same, so no value can be told apart.")
    return table


def _offsets(table: np.ndarray) -> tuple[int, ...]:
    levels = table * 255
    return (1, -1) if np.abs(levels - np.rint(levels)).max() < 1e-6 else ()


def _checked_color(color: ArrayLike | None, role: str) -> np.ndarray | None:
    if color is None:
        return None
    array = np.array(color, float)[..., :3]
    if array.shape != (3,) or not np.isfinite(array).all() or array.min() < 0 or array.max() > 1:
        raise ScaleError(f"The {role} colour is three numbers in 0..1 (sRGB), not {color!r}.")
    return _frozen(array)


def _frozen(array: np.ndarray) -> np.ndarray:
    array.flags.writeable = False
    return array
