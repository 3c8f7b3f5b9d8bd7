"""Read blocky figures with one value a cell: is the grid found, and is each cell right.

    python -m benchmarks cells DIR ... [--all | --sums]

DIR holds figures with truth as ``python -m benchmarks figures --out DIR`` keeps them. Those count
whose truth is constant in rectangles of at least 2.5 pixels (in resampled figures, but for their
rims). The plot area and the scale are given. A grid is exact when rows and columns are as many as
drawn and each border lies where it was drawn, within a pixel and a half; an outer cell that the
frame cuts to less than 2.5 pixels, or one of an outer column without data, may be there or not. A
cell is right within 1 % of the range, or in the band of its colour where that is wider.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import napari_image2data as i2d
from benchmarks.accuracy import known_scale
from benchmarks.drawing.drawn import scale_position
from benchmarks.drawing.store import load
from benchmarks.scoring import CYCLIC

if TYPE_CHECKING:
    from collections.abc import Iterable

    from benchmarks.drawing.drawn import DrawnFigure

SMALLEST = 2.5
"""Pixels of the narrowest cell that counts."""
_RIM = 4  # changes side by side: a border over which a reduced screenshot blends two cells
_PLACED = 1.5  # pixels: how far a border may lie off
_COVERED = 0.25  # share of a cell that ink may hide in the second count


@dataclass(frozen=True)
class CellScore:
    """How one blocky figure was read: its grid, and how many of its cells are right."""

    name: str
    jpeg: bool
    drawn: tuple[int, int]
    found: tuple[int, int] | None
    exact: bool = False
    free: int = 0
    free_right: int = 0
    seen: int = 0
    seen_right: int = 0
    seen_unread: int = 0
    said: str = ""


def drawn_edges(truth: np.ndarray) -> np.ndarray | None:
    """Borders of the columns of a truth that is constant in rectangles; None where it is not."""
    known = np.isfinite(truth)
    shown = np.flatnonzero(known.any(axis=0))
    if len(shown) < 2 * SMALLEST:
        return None
    changes = known[:, 1:] & known[:, :-1] & (truth[:, 1:] != truth[:, :-1])
    places = np.flatnonzero(changes.any(axis=0)) + 1
    places = places[(places > shown[0]) & (places <= shown[-1])]
    runs = np.split(places, np.flatnonzero(np.diff(places) > 1) + 1)
    if len(places) == 0 or max(len(run) for run in runs) > _RIM:
        return None
    step = np.where(changes, abs(np.diff(np.nan_to_num(truth), axis=1)), 0).mean(axis=0)
    inner = np.array([np.average(run, weights=step[run - 1]) for run in runs])
    gaps = np.diff(inner)
    least = SMALLEST if len(runs) == len(places) else SMALLEST + 1  # what rims leave of a cell
    if len(gaps) and (gaps.min() < 1.99 or np.mean(gaps) < least):
        return None
    usual = float(np.median(gaps)) if len(gaps) else np.inf
    parts = np.maximum(np.round(gaps / usual).astype(int), 1)
    if len(gaps) and (abs(gaps - parts * usual) <= 1.01 * parts).all():
        filled = [  # neighbours may happen to be equal
            np.linspace(a, b, n, endpoint=False)
            for a, b, n in zip(inner[:-1], inner[1:], parts, strict=True)
        ]
        inner = np.concatenate([*filled, inner[-1:]])
    return np.concatenate([[shown[0]], inner, [shown[-1] + 1]]).astype(float)


def without_cut(edges: np.ndarray) -> np.ndarray:
    """Borders without outer cells that the frame cuts to less than counts."""
    first = int(edges[1] - edges[0] < SMALLEST)
    last = len(edges) - int(edges[-1] - edges[-2] < SMALLEST)
    return edges[first:last]


def agree(found: np.ndarray, drawn: np.ndarray) -> bool:
    """Whether the inner borders are those drawn, but for outer cells that are cut."""
    least, most = without_cut(drawn)[1:-1], drawn[1:-1]
    inner = found[1:-1]
    inner = inner[(inner > drawn[0] + _PLACED) & (inner < drawn[-1] - _PLACED)]
    if len(inner) < len(least):
        return False
    near = np.array([abs(inner - border).min() <= _PLACED for border in least])
    meant = np.array([abs(most - border).min() <= _PLACED for border in inner])
    return bool(near.all() and meant.all() and len(inner) <= len(most))


def score(figure: DrawnFigure) -> CellScore | None:
    """Read a figure cell by cell; None where it is not made of cells."""
    if figure.levels is not None or len(figure.lut) == 0:
        return None
    truth = figure.truth.astype(float)
    x_edges, y_edges = drawn_edges(truth), drawn_edges(truth.T)
    if x_edges is None or y_edges is None:
        return None
    shape = (len(y_edges) - 1, len(x_edges) - 1)
    jpeg = figure.jpeg_quality is not None
    x, y = figure.origin
    picture = figure.image[y : y + truth.shape[0], x : x + truth.shape[1], :3]
    try:
        field = i2d.decode(picture, known_scale(figure), cells=True)
    except i2d.Image2DataError as error:
        return CellScore(figure.name, jpeg, shape, None, said=str(error))
    assert field.cells is not None
    exact = agree(field.cells.x_edges, x_edges) and agree(field.cells.y_edges, y_edges)
    place_y, place_x = without_cut(y_edges), without_cut(x_edges)
    middle_y, middle_x = (place_y[1:] + place_y[:-1]) / 2, (place_x[1:] + place_x[:-1]) / 2
    true = truth[np.ix_(middle_y.astype(int), middle_x.astype(int))]
    row = np.searchsorted(field.cells.y_edges, middle_y) - 1
    column = np.searchsorted(field.cells.x_edges, middle_x) - 1
    padded = np.pad(field.values.astype(float), 1, constant_values=np.nan)
    value = padded[np.ix_(row.clip(-1, field.shape[0]) + 1, column.clip(-1, field.shape[1]) + 1)]
    covered = _means(figure.occluded, np.round(place_y).astype(int), np.round(place_x).astype(int))
    right = is_right(value, true, figure)
    seen = np.isfinite(true) & (covered <= _COVERED)
    free = seen & (covered == 0)
    return CellScore(
        figure.name,
        jpeg,
        shape,
        field.shape,
        exact,
        free=int(free.sum()),
        free_right=int((free & right).sum()),
        seen=int(seen.sum()),
        seen_right=int((seen & right).sum()),
        seen_unread=int((seen & np.isnan(value)).sum()),
    )


def is_right(value: np.ndarray, true: np.ndarray, figure: DrawnFigure) -> np.ndarray:
    """Whether values are right to 1 %, or in the band of the true value where bands are wider."""
    ends = sorted((figure.vmin, figure.vmax))
    places = [scale_position(one.clip(*ends), *ends, figure.norm) for one in (value, true)]
    error = abs(places[0] - places[1])
    error = np.minimum(error, abs(1 - error)) if CYCLIC in figure.tags else error
    steps = len(figure.lut)
    band = np.minimum(np.floor(places[1] * steps + 1e-4), steps - 1)
    away = abs(places[0] * steps - band - 0.5)
    return np.asarray((error <= 0.01) | (away <= 0.5 + 1e-3))


def _means(what: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Mean in each rectangle between neighbouring rows and columns."""
    whole = np.pad(np.cumsum(np.cumsum(what, axis=0), axis=1), ((1, 0), (1, 0)))
    corners = whole[np.ix_(rows, columns)].astype(float)
    sums = np.diff(np.diff(corners, axis=0), axis=1)
    return np.asarray(sums / np.outer(np.diff(rows), np.diff(columns)))


def line(score: CellScore) -> str:
    """What was found of one figure."""
    drawn = "x".join(str(n) for n in score.drawn)
    if score.found is None:
        return f"  {score.name:<28} {drawn:>9} refused: {score.said}"
    found = "x".join(str(n) for n in score.found)
    wrong = score.free - score.free_right
    verdict = "exact" if score.exact else "not exact"
    return (
        f"  {score.name:<28} {drawn:>9} {found:>9} {verdict}; {wrong} of {score.free} cells "
        f"without ink wrong; of {score.seen} {score.seen - score.seen_right} wrong, "
        f"{score.seen_unread} of them unread"
    )


def total(title: str, scores: Iterable[CellScore]) -> str:
    """Sums over some figures."""
    of = list(scores)
    exact, refused = sum(s.exact for s in of), sum(s.found is None for s in of)
    free, seen = sum(s.free for s in of), sum(s.seen for s in of)
    right = sum(s.free_right for s in of) / max(free, 1)
    seen_right = sum(s.seen_right for s in of) / max(seen, 1)
    all_right = sum(s.exact and s.free_right == s.free for s in of)
    return (
        f"{title:<9} {exact} of {len(of)} grids exact, {refused} refused; of {free} cells without "
        f"ink {right:.5f} right, of {seen} mostly seen {seen_right:.5f}; exact with every cell "
        f"without ink right: {all_right}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Read blocky figures cell by cell.")
    parser.add_argument("folders", nargs="+", type=Path, metavar="DIR")
    parser.add_argument("--all", action="store_true", help="a line for each figure")
    parser.add_argument("--sums", action="store_true", help="no line for any figure")
    args = parser.parse_args()
    scores: list[CellScore] = []
    for folder in args.folders:
        print(folder.name)
        for figure in load(folder):
            one = score(figure)
            if one is None:
                continue
            scores.append(one)
            whole = one.exact and one.free_right == one.free
            if not args.sums and (args.all or not whole):
                print(line(one), flush=True)
    print(total("lossless", (s for s in scores if not s.jpeg)))
    print(total("JPEG", (s for s in scores if s.jpeg)))


if __name__ == "__main__":
    main()
