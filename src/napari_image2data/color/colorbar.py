"""The colours of a colour bar, read from its own pixels.

A bar's box gives the geometry: position 0 at its first edge in the bar's direction, 1 at its last.
Its pixels give the colours: frame, tick marks and resampling soil the bar's rim, so only the inner
part across counts, and rows at the ends that the frame has changed are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from napari_image2data.color.bar_map import HALF_BIN, BarMap, match_bar
from napari_image2data.color.bar_steps import (
    MOST_CLASSES,
    find_equal_bins,
    find_equal_steps,
    find_steps,
    middles,
    run_starts,
)
from napari_image2data.color.image import as_rgb
from napari_image2data.errors import ScaleError

if TYPE_CHECKING:
    from collections.abc import Sequence

Direction = Literal["up", "down", "left", "right"]


@dataclass(frozen=True)
class Colorbar:
    """What the pixels of a colour bar show.

    Attributes
    ----------
    colors : (N, 3) float64 ndarray
        sRGB, 0..1, from the bar's start to its end; N >= 2.
    positions : (N,) float64 ndarray
        Where each colour lies along the bar, strictly rising, in 0..1.
    discrete : bool
        The bar is drawn in classes; each colour is one class at its middle.
    direction : {"up", "down", "left", "right"}
    under, over : (3,) float64 ndarray or None
        Colours of the extend triangles at the start and at the end.
    offsets : tuple of int or None
        (1,) where the picture holds the bar's colours cut down to whole levels that the bar rounds,
        (-1,) where it is the other way round, else (); None where both may occur.
    name : str or None
        Qualified name of the map that the bar shows, where it is one of the catalogue.
    """

    colors: np.ndarray
    positions: np.ndarray
    discrete: bool
    direction: Direction
    under: np.ndarray | None
    over: np.ndarray | None
    offsets: tuple[int, ...] | None
    name: str | None = None


def bar_ends(box: Sequence[float], direction: Direction) -> tuple[float, float]:
    """Pixel coordinates of a bar's start and end along its direction.

    Examples
    --------
    >>> bar_ends((10, 20, 30, 220), "up")
    (220.0, 20.0)
    """
    x0, y0, x1, y1 = (float(edge) for edge in box)
    ends = {"up": (y1, y0), "down": (y0, y1), "left": (x1, x0), "right": (x0, x1)}
    if direction not in ends:
        raise ScaleError(
            f"The direction of a colour bar is 'up', 'down', 'left' or 'right', not {direction!r}."
        )
    return ends[direction]


def read_colorbar(
    image: np.ndarray, box: Sequence[float], direction: Direction | None = None
) -> Colorbar:
    """Read a bar's colours and where along it they lie.

    Parameters
    ----------
    image : (H, W), (H, W, 3) or (H, W, 4) ndarray
    box : (x0, y0, x1, y1)
        Edges of the bar in pixels, fractions allowed.
    direction : {"up", "down", "left", "right"}, optional
        By default up, or right where the box is wider than high.

    Returns
    -------
    Colorbar

    Raises
    ------
    ScaleError
        When the box does not lie in the picture, holds no pixel, or holds one colour.

    Examples
    --------
    >>> steps = np.repeat(np.array([0, 60, 120, 180, 240], np.uint8), 20)
    >>> bar = read_colorbar(np.tile(steps[:, None], (1, 10)), (0, 0, 10, 100), "down")
    >>> bar.discrete, bar.positions.round(9).tolist()
    (True, [0.1, 0.3, 0.5, 0.7, 0.9])
    """
    rgb, _ = as_rgb(image)
    x0, y0, x1, y1 = _checked_box(box, rgb)
    if direction is None:
        direction = "up" if y1 - y0 >= x1 - x0 else "right"
    bar_ends(box, direction)
    lines, start, end, left, right = _upright(rgb, (x0, y0, x1, y1), direction)
    first, last = _inner_pixels(start, end, len(lines))
    left_pixel, right_pixel = _inner_pixels(left, right, lines.shape[1])
    body = lines[first:last, left_pixel:right_pixel].astype(float)
    top, bottom = _triangles(body)
    if top:
        start = float(first + top)
    if bottom:
        end = float(last - bottom)
    under = _beyond(lines, start, -1, left, right)
    over = _beyond(lines, end, +1, left, right)
    profile, noisy = _profile(body[top : len(body) - bottom])
    where = np.arange(first + top, last - bottom) + 0.5
    head, tail = _soiled_ends(profile)
    profile, where = profile[head : len(profile) - tail], where[head : len(where) - tail]
    if len(profile) < 2 or np.ptp(profile, axis=0).max() < 2:
        raise ScaleError(
            f"The colour bar box {_shown(box)} holds one colour; a scale needs at least two."
        )
    length = end - start
    steps = find_equal_steps(profile, where - start, length) if noisy else None
    if steps is None:
        steps = find_steps(profile, where - start, length, noisy)
    if steps is not None and len(steps[0]) <= MOST_CLASSES:
        colors, middles = steps
        return Colorbar(colors / 255, middles / length, True, direction, under, over, ())
    known = match_bar(profile, where - start, length, noisy=noisy)
    if known is not None and not _fills(known, length):
        known = None
    if known is not None and (noisy or known.n_bins or _is_coarse(profile, rgb)):
        return Colorbar(
            known.table / 255,
            _known_positions(known, length, noisy=noisy),
            False,
            direction,
            under,
            over,
            None if known.n_bins else (),
            known.name,
        )
    offsets: tuple[int, ...] = ()
    if noisy:
        colors, at = _with_ends(_smooth(profile), where - start, length)
    else:
        colors, at = (
            steps
            or find_equal_bins(profile, where - start, length)
            or _ramp(profile, where - start, length)
        )
        offsets = _offsets(rgb, colors)
    name = None if known is None else known.name
    return Colorbar(colors / 255, at / length, False, direction, under, over, offsets, name)


def _fills(known: BarMap, length: float) -> bool:
    """Whether a map begins and ends where the bar does."""
    slack = max(2.5, 0.015 * length)
    return abs(known.start) <= slack and abs(known.end - length) <= slack


def _is_coarse(profile: np.ndarray, rgb: np.ndarray) -> bool:
    """Whether a bar shows few of the colours that the picture has along the same map."""
    return _held_shares(rgb, profile)[0] < 0.5


def _known_positions(known: BarMap, length: float, *, noisy: bool) -> np.ndarray:
    """Where along the bar, 0..1, the colours of a known map lie.

    Of a lossless bar the map fills the bar exactly, whatever its pixels say: with equal bins, or
    from the first colour at one end to the last at the other where the fit says that. Of a noisy
    bar the places are those that were fitted, within the bar.
    """
    count = len(known.table)
    middles = (np.arange(count) + 0.5) / count
    if not noisy:
        stretch = (known.end - length - known.start) / length
        ends_at_colors = known.n_bins == 0 or stretch > 0.5 / count
        return np.linspace(0, 1, count) if ends_at_colors else middles
    start, end = (
        fitted if abs(fitted - given) > HALF_BIN * length else given
        for fitted, given in ((known.start, 0.0), (known.end, length))
    )
    start, end = max(start, 0.0), min(end, length)
    return np.asarray((start + middles * (end - start)) / length)


def _offsets(rgb: np.ndarray, table: np.ndarray) -> tuple[int, ...]:
    """Whether the picture holds the table's colours rounded another way: one-sided by one level.

    A picture that was drawn from the table itself holds it exactly; one that was drawn in finer
    steps, or resampled, misses it to both sides.
    """
    exact, up, down, about = _held_shares(rgb, table)
    for offset, one, other in ((1, up, down), (-1, down, up)):
        if about and exact < 0.8 and one > 0.95 and other < 0.7:
            return (offset,)
    return ()


def _held_shares(rgb: np.ndarray, table: np.ndarray) -> tuple[float, float, float, float]:
    """How a picture's pixels that are within a level of a table's colours hold these.

    Share of those pixels that are exactly one; one or up to a level below; one or up to a level
    above; and the share of the picture that they are.
    """
    step = max(1, int(np.sqrt(rgb.shape[0] * rgb.shape[1] / 250_000)))
    bytes_ = np.array([1, 256, 65536])
    colors, count = np.unique(rgb[::step, ::step].reshape(-1, 3) @ bytes_, return_counts=True)
    levels = np.unique(np.rint(table).astype(int), axis=0)
    cube = np.array([(r, g, b) for r in (0, 1) for g in (0, 1) for b in (0, 1)])
    around = np.array([(r, g, b) for r in (-1, 0, 1) for g in (-1, 0, 1) for b in (-1, 0, 1)])

    def held(steps: np.ndarray) -> int:
        near = (levels[:, None] - steps).reshape(-1, 3)
        near = near[((near >= 0) & (near <= 255)).all(axis=1)]
        return int(count[np.isin(colors, near @ bytes_)].sum())

    about = held(around)
    exact, up, down = (held(steps) / max(1, about) for steps in (cube[:1], cube, -cube))
    return exact, up, down, about / int(count.sum())


def _checked_box(box: Sequence[float], rgb: np.ndarray) -> tuple[float, float, float, float]:
    height, width = rgb.shape[:2]
    edges = tuple(float(edge) for edge in box)
    if len(edges) != 4 or not np.isfinite(edges).all():
        raise ScaleError(f"A colour bar box is four numbers (x0, y0, x1, y1), not {box!r}.")
    x0, y0, x1, y1 = edges
    # half a pixel outside still has its outermost pixels' centres inside the picture
    if not (-0.5 <= x0 < x1 <= width + 0.5 and -0.5 <= y0 < y1 <= height + 0.5):
        raise ScaleError(
            f"The colour bar box {_shown(box)} does not lie inside the {width} x {height} picture."
        )
    return x0, y0, x1, y1


def _shown(box: Sequence[float]) -> str:
    return "(" + ", ".join(f"{float(edge):g}" for edge in box) + ")"


def _upright(
    rgb: np.ndarray, box: tuple[float, float, float, float], direction: Direction
) -> tuple[np.ndarray, float, float, float, float]:
    """Turn the picture so that axis 0 runs from the bar's start to its end."""
    x0, y0, x1, y1 = box
    height, width = rgb.shape[:2]
    if direction == "down":
        return rgb, y0, y1, x0, x1
    if direction == "up":
        return rgb[::-1], height - y1, height - y0, x0, x1
    turned = rgb.transpose(1, 0, 2)
    if direction == "right":
        return turned, x0, x1, y0, y1
    return turned[::-1], width - x1, width - x0, y0, y1


def _inner_pixels(low: float, high: float, size: int) -> tuple[int, int]:
    """First and one past the last pixel whose centre lies in [low, high]; at least one."""
    first = min(max(int(np.ceil(low - 0.5)), 0), size - 1)
    last = min(int(np.floor(high - 0.5)) + 1, size)
    return first, max(last, first + 1)


def _profile(body: np.ndarray) -> tuple[np.ndarray, bool]:
    """Colour of each line across the bar, and whether the bar is noisy (JPEG).

    The median line is safe from tick marks and dividers; the mean of the pixels near it averages
    what noise there is.
    """
    rim = round(body.shape[1] * 0.25)
    inner = body[:, rim : body.shape[1] - rim] if body.shape[1] - 2 * rim >= 1 else body
    median = np.median(inner, axis=1)
    away = np.abs(inner - median[:, None]).max(axis=2)
    noise = float(np.median(away.mean(axis=1)))
    near = away <= max(2.0, 4 * noise)
    weight = near[..., None].astype(float)
    mean = (inner * weight).sum(axis=1) / np.maximum(weight.sum(axis=1), 1)
    profile = np.where(near.any(axis=1)[:, None], mean, median)
    return profile, noise > 0.5


def _triangles(body: np.ndarray) -> tuple[int, int]:
    """Lines at both ends that an extend triangle narrows, when the box includes it."""
    middle, half = body.shape[1] // 2, body.shape[1] // 16
    central = np.median(body[:, max(0, middle - half - 1) : middle + half + 1], axis=1)
    width = (np.abs(body - central[:, None]).max(axis=2) <= 16).mean(axis=1)
    full = np.median(width)

    def narrowed(widths: np.ndarray) -> int:
        reach = min(len(widths) // 4, 80)
        thin = widths[:reach] < 0.85 * full
        if len(thin) < 4 or not thin[1:4].all():
            return 0
        n = int(np.argmin(thin)) if not thin.all() else 0
        # a triangle widens steadily: a tick mark or a soiled line does not
        rising = np.polyfit(np.arange(n), widths[:n], 1)[0] if n >= 4 else 0.0
        return n if n >= 4 and rising * n > 0.3 * full else 0

    return narrowed(width), narrowed(width[::-1])


def _beyond(
    lines: np.ndarray, edge: float, step: int, left: float, right: float
) -> np.ndarray | None:
    """Colour of an extend triangle just beyond a bar's end, or None where there is none."""
    middle = int((left + right) / 2)
    width = right - left
    rows = [round(edge - 0.5 + step * (3 + k)) for k in range(max(2, min(4, int(width / 5))))]
    if min(rows) < 0 or max(rows) >= len(lines):
        return None
    half = max(0, int(width / 10))
    patch = lines[rows, middle - half : middle + half + 1].astype(float)
    color = np.median(patch.reshape(-1, 3), axis=0)
    if np.abs(patch - color).max() > 24 or np.abs(patch - color).mean() > 6:
        return None
    reach = int(max(4, width / 2))
    sides = [lines[rows, max(0, int(left) - 3 - reach) : max(0, int(left) - 3)]]
    sides.append(lines[rows, int(right) + 3 : int(right) + 3 + reach])
    around = np.concatenate([side.reshape(-1, 3) for side in sides]).astype(float)
    if len(around) == 0:
        return None
    background = np.median(around, axis=0)
    if np.abs(color - background).max() <= 12:
        return None
    return np.asarray(color / 255)


def _soiled_ends(profile: np.ndarray) -> tuple[int, int]:
    """Lines at both ends whose colour the bar's frame has changed."""

    def soiled(lines: np.ndarray) -> int:
        steps = np.abs(np.diff(lines[:16], axis=0)).max(axis=1)
        if len(steps) < 8:
            return 0
        usual = np.percentile(steps[4:], 90)
        jumps = np.flatnonzero(steps[:4] > max(8.0, 4 * usual))
        return int(jumps[-1]) + 1 if len(jumps) else 0

    return soiled(profile), soiled(profile[::-1])


def _ramp(profile: np.ndarray, at: np.ndarray, length: float) -> tuple[np.ndarray, np.ndarray]:
    """Colours of a lossless ramp: one entry a run of equal colour, at the run's middle."""
    firsts = run_starts(profile, 0.0)
    if len(firsts) > 0.75 * len(profile):
        return _with_ends(profile, at, length, degree=2)
    lasts = np.append(firsts[1:], len(profile))
    if np.median(lasts - firsts) >= 3:
        # a single line between long steps is two of them blended, or the frame shining through
        whole = lasts - firsts >= 2
        firsts, lasts = firsts[whole], lasts[whole]
    edges = np.concatenate([[0.0], (at[lasts[:-1] - 1] + at[firsts[1:]]) / 2, [length]])
    return profile[firsts], middles(edges, length)


def _with_ends(
    profile: np.ndarray, at: np.ndarray, length: float, degree: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """Carry a ramp on to the two edges of the bar, which lie half a line (or more) further.

    A parabola (``degree`` 2) follows ramps that run ever faster towards their ends, as those
    interpolated in a perceptual space do; further than two lines out only a straight line is safe.
    """
    n = min(6, len(profile))

    def beyond(where: np.ndarray, lines: np.ndarray) -> np.ndarray:
        bend = degree if n == 6 and np.abs(where).min() <= 2 else 1
        return np.asarray(np.rint(np.polyfit(where, lines, bend)[-1]).clip(0, 255))

    if abs(at[0]) >= 0.25:
        first = beyond(at[:n], profile[:n])
        profile, at = np.concatenate([first[None], profile]), np.append(0.0, at)
    if abs(length - at[-1]) >= 0.25:
        last = beyond(at[-n:] - length, profile[-n:])
        profile, at = np.concatenate([profile, last[None]]), np.append(at, length)
    return profile, at


def _smooth(profile: np.ndarray) -> np.ndarray:
    """Savitzky-Golay along the bar: averages noise, keeps slopes and gentle bends."""
    from scipy.signal import savgol_filter

    window = min(7, len(profile) - 1 + len(profile) % 2)
    if window < 5:
        return profile
    return np.asarray(savgol_filter(profile, window, 2, axis=0)).clip(0, 255)
