"""How well whole figures are read: draw them, read them from their pixels, compare with the truth.

    python -m benchmarks figures [--out DIR] [--variants] [--tools matplotlib gnuplot ...]

Needs matplotlib and the ``ocr`` extra. gnuplot, R, ggplot2, Octave, GMT, plotly and bokeh take part
where they are installed; a line says which are missing. ``--variants`` reads every figure again
resampled to 0.7 and 1.5 of its size and stored as a JPEG of quality 75.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.drawing.gallery import figures
from benchmarks.drawing.random_figures import Drops, random_figures
from benchmarks.drawing.store import save
from benchmarks.drawing.variants import VARIANTS
from benchmarks.scoring import Score, rate, read_and_score

if TYPE_CHECKING:
    from collections.abc import Sequence

COLUMNS = ("box", "bar", "range", "x axis", "y axis", "end to end", "silent", "median s", "max s")


def summary(scores: Sequence[Score]) -> list[float]:
    """Rates of the goals over some figures, in the order of COLUMNS."""
    seconds = [score.seconds for score in scores]
    return [
        rate(None if s.box_iou is None else s.box_iou > 0.95 for s in scores),
        rate(None if s.bar_iou is None else s.bar_iou > 0.85 for s in scores),
        rate(s.range_ok for s in scores),
        rate(s.x_axis_ok for s in scores),
        rate(s.y_axis_ok for s in scores),
        rate(s.end_to_end for s in scores),
        rate(s.silently_wrong for s in scores),
        float(np.median(seconds)),
        max(seconds),
    ]


def row(name: str, scores: Sequence[Score]) -> str:
    """One line of the table."""
    cells = "".join(f"{value:11.3f}" for value in summary(scores))
    return f"{name:<18}{len(scores):>4}{cells}"


def misses(score: Score) -> str:
    """Say what was not reached in one figure; empty where all was."""
    parts = [score.failure] if score.failure else []
    if score.box_iou is not None and score.box_iou <= 0.95:
        parts.append(f"box IoU {score.box_iou:.2f}")
    if score.bar_iou is not None and score.bar_iou <= 0.85:
        parts.append(f"bar IoU {score.bar_iou:.2f}")
    for name in ("range_ok", "x_axis_ok", "y_axis_ok", "end_to_end"):
        if getattr(score, name) is False:
            parts.append(f"not {name}")
    if score.silently_wrong:
        parts.append("silently wrong")
    return ", ".join(parts)


def main() -> None:
    parser = argparse.ArgumentParser(description="Read drawn figures and score what was read.")
    parser.add_argument("--out", type=Path, help="keep pictures and truth in this folder")
    parser.add_argument("--variants", action="store_true", help="also resampled and as JPEG")
    parser.add_argument("--tools", nargs="*", default=[], help="only figures by these tools")
    parser.add_argument(
        "--random", nargs=2, type=int, metavar=("SEED", "COUNT"), help="figures by chance instead"
    )
    parser.add_argument("--damaged", action="store_true", help="with --random: JPEG or resampled")
    parser.add_argument("--draw-only", action="store_true", help="draw and keep, read nothing")
    args = parser.parse_args()
    if args.out is not None:
        args.out.mkdir(parents=True, exist_ok=True)
    groups: dict[str, list[Score]] = {}
    tools, drops = frozenset(args.tools), Drops()
    drawn = figures(tools)
    if args.random is not None:
        drawn = random_figures(*args.random, tools, damaged=args.damaged, drops=drops)
    for figure in drawn:
        if args.out is not None:
            save(figure, args.out)
        if args.draw_only:
            continue
        versions = {"": figure}
        if args.variants:
            versions |= {name: change(figure) for name, change in VARIANTS.items()}
        for name, version in versions.items():
            score = read_and_score(version)
            groups.setdefault("all" if not name else f"all {name}", []).append(score)
            if not name:
                groups.setdefault(figure.stratum, []).append(score)
            missed = misses(score)
            if missed:
                print(f"{figure.name} {name}: {missed}")
    for reason, times in drops.reasons.items():
        print(f"drawn again {times} times: {reason}")
    if args.draw_only:
        return
    print("\n" + " " * 22 + "".join(f"{column:>11}" for column in COLUMNS))
    for name, scores in groups.items():
        print(row(name, scores))


if __name__ == "__main__":
    main()
