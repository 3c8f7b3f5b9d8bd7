"""How exact decode() is where boxes and colours are known: values, masks and sigma.

    python -m benchmarks accuracy [--variants] [--tools matplotlib gnuplot ...]

The plot area and the scale are given, so nothing but decoding is measured. Errors are shares of the
scale's range; ``ink kept`` is the share of covered pixels that carry a value more than 5 % off the
data beneath; ``in 90 %`` is the share of values whose truth lies within 1.645 sigma.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import numpy as np

import napari_image2data as i2d
from benchmarks import goals
from benchmarks.drawing.gallery import figures
from benchmarks.drawing.variants import VARIANTS
from benchmarks.scoring import coverage, score_field

if TYPE_CHECKING:
    from benchmarks.drawing.drawn import DrawnFigure

COLUMNS = ("mae", "p90 mae", "lost", "holes kept", "ink kept", "in 90 %")


def known_scale(figure: DrawnFigure) -> i2d.ColorScale:
    """Build the scale that a figure was drawn with."""
    if figure.levels is not None and figure.level_colors is not None:
        levels = np.array(figure.levels)
        middles = (levels[1:] + levels[:-1]) / 2
        below = [levels[0] - 1] if figure.level_extend in ("min", "both") else []
        above = [levels[-1] + 1] if figure.level_extend in ("max", "both") else []
        values = np.concatenate([below, middles, above])
        return i2d.ColorScale.from_colors(figure.level_colors / 255, values, discrete=True)
    n = len(figure.lut)
    position = np.linspace(0, 1, n) if n >= 1000 else (np.arange(n) + 0.5) / n
    if figure.norm == "log":
        first, last = np.log10([figure.vmin, figure.vmax])
        values = 10 ** (first + position * (last - first))
    else:
        values = figure.vmin + position * (figure.vmax - figure.vmin)
    return i2d.ColorScale.from_colors(figure.lut / 255, values, norm=figure.norm)


def recipe_and_score(figure: DrawnFigure) -> dict[str, float]:
    """Score the plain recipe: the nearest of 10 000 colours, off the scale beyond 60 levels."""
    x, y = figure.origin
    rows, cols = figure.truth.shape
    picture = figure.image[y : y + rows, x : x + cols, :3]
    found = goals.plain_values(picture, known_scale(figure))
    return score_field(found, figure) | {"coverage": np.nan}


def decode_and_score(figure: DrawnFigure) -> dict[str, float]:
    """Decode the plot area with its own scale and score values, masks and sigma."""
    x, y = figure.origin
    rows, cols = figure.truth.shape
    field = i2d.decode(figure.image[y : y + rows, x : x + cols], known_scale(figure))
    scored = score_field(field.values, figure)
    known = figure.levels is None and "cyclic" not in figure.tags
    return scored | {"coverage": coverage(field, figure) if known else np.nan}


def row(name: str, scores: list[dict[str, float]]) -> str:
    """One line of the table: medians of values and of coverage, means of what is masked."""

    def over(key: str, summary: str) -> float:
        values = np.array([score[key] for score in scores])
        values = values[np.isfinite(values)]
        if not values.size:
            return np.nan
        return float({"mean": np.mean, "median": np.median}[summary](values))

    worst = float(np.percentile([score["mae"] for score in scores], 90))
    cells = (
        over("mae", "median"),
        worst,
        over("lost", "mean"),
        over("holes_kept", "mean"),
        over("ink_kept_bad", "mean"),
        over("coverage", "median"),
    )
    return f"{name:<18}{len(scores):>4}" + "".join(f"{cell:11.4f}" for cell in cells)


def main() -> None:
    parser = argparse.ArgumentParser(description="Decode drawn figures whose scale is known.")
    parser.add_argument("--variants", action="store_true", help="also resampled and as JPEG")
    parser.add_argument("--tools", nargs="*", default=[], help="only figures by these tools")
    args = parser.parse_args()
    groups: dict[str, list[dict[str, float]]] = {}
    for figure in figures(frozenset(args.tools)):
        scored = decode_and_score(figure)
        for name in ("all", figure.stratum):
            groups.setdefault(name, []).append(scored)
        groups.setdefault("all, plain recipe", []).append(recipe_and_score(figure))
        for name, change in VARIANTS.items() if args.variants else ():
            groups.setdefault(f"all {name}", []).append(decode_and_score(change(figure)))
    print("\n" + " " * 22 + "".join(f"{column:>11}" for column in COLUMNS))
    for name, scores in groups.items():
        print(row(name, scores))
    if not args.tools:
        print("\nWhat asks more than one pixel's colour, and the goal of each:\n")
        goals.print_table()


if __name__ == "__main__":
    main()
