"""Each promise about messy figures beside the plain recipe and the goal set for it.

    python -m benchmarks goals

One row an item, on synthetic fields whose truth is known; errors are shares of the scale's range.
The plain recipe takes the nearest of 10 000 colours, pixel by pixel, and calls a pixel off the
scale beyond 60 levels. ``python -m benchmarks neighborhood`` prints the same cases one by one.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

import matplotlib
import numpy as np
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter
from scipy.spatial import cKDTree
from scipy.stats import spearmanr
from skimage.data import chelsea, rocket

from benchmarks.neighborhood import drawn, hillshaded, jpeg, jpeg_fields, random_field, stored
from napari_image2data import ColorScale, Flag, decode, identify_colormap, lookup, recover_scale
from napari_image2data.decode.cells import find_cells

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NONE = "-"


class Row(NamedTuple):
    """An item, what it is measured by, and its figure by the recipe, here and as it should be."""

    item: str
    measure: str
    plain: str
    here: str
    goal: str


def plain_values(picture: np.ndarray, scale: ColorScale) -> np.ndarray:
    """Values by the plain recipe; NaN where no colour comes within 60 levels."""
    colors, values = scale.colors, scale.values
    if not scale.discrete:
        at, table = np.linspace(0, 1, 10_000), np.linspace(0, 1, len(colors))
        colors = np.stack([np.interp(at, table, channel) for channel in colors.T], axis=1)
        values = np.interp(at, table, values)
    distance, index = cKDTree(colors * 255).query(picture.reshape(-1, 3))
    return np.where(distance > 60, np.nan, values[index]).reshape(picture.shape[:2])


def inked(picture: np.ndarray, ink: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Wavy lines, a grid, markers and words, drawn eight times as fine, over a picture."""
    height, width = picture.shape[:2]
    big = Image.new("L", (width * 4, height * 4))
    draw = ImageDraw.Draw(big)
    x = np.arange(0, width * 4, 8)
    for k in range(4):
        y = height * 4 * (0.2 * (k + 1) + 0.06 * np.sin(x / 90 + k))
        draw.line(list(zip(x.tolist(), y.tolist(), strict=True)), fill=255, width=6)
        draw.line([(width * (k + 0.6), 0), (width * (k + 0.6), height * 4)], fill=255, width=4)
        draw.text((width * (0.7 * k + 0.5), height * (k + 0.3)), f"{k}.25", fill=255, font_size=48)
        center_x, center_y = width * (k + 0.25), height * (3.3 - 0.8 * k)
        draw.ellipse([center_x, center_y, center_x + 26, center_y + 26], fill=255)
    share = np.asarray(big.resize((width, height), Image.Resampling.BOX), float)[..., None] / 255
    share[share < 0.02] = 0
    mixed = picture * (1 - share) + np.array(ink) * share
    return np.rint(mixed).astype(np.uint8), share[..., 0] > 0


def overlay_rows() -> Iterator[Row]:
    inks = (("magma", (0, 0, 0)), ("gray", (255, 255, 255)), ("jet", (0, 0, 0)), ("RdBu", (0,) * 3))
    for quality in (None, 75):
        bad: list[list[float]] = [[], []]
        lost, filled = [], []
        for name, ink in inks:
            for seed in (1, 2):
                field = 0.15 + 0.7 * random_field(seed, 26, (240, 320))
                picture, scale = drawn(name, field)
                picture, covered = inked(picture, ink)
                picture = picture if quality is None else jpeg(picture, quality)
                found = decode(picture, scale).values
                for into, values in zip(bad, (plain_values(picture, scale), found), strict=True):
                    into.append(float((abs(values - field)[covered] > 0.05).mean()))
                lost.append(float(np.isnan(found[~covered]).mean()))
                whole = decode(picture, scale, overlays="fill").values
                filled.append(float(np.nanmean(abs(whole - field)[covered])))
        item = "overlays" if quality is None else f"overlays, JPEG {quality}"
        plain, here = (f"{np.mean(share):.4f}" for share in bad)
        goal = "0.01" if quality is None else NONE
        yield Row(item, "covered pixels more than 5 % off", plain, here, goal)
        limit = "0.01 in 88 %" if quality is None else "0.02"
        yield Row(item, "clean data lost, median", NONE, f"{np.median(lost):.4f}", limit)
        yield Row(item, "mean error of filled pixels", NONE, f"{np.mean(filled):.4f}", "0.015")
    board = np.kron(np.indices((20, 26)).sum(axis=0) % 2, np.ones((12, 12)))
    picture, scale = drawn("gray", 0.1 + 0.8 * board)
    lost_board = np.isnan(decode(picture, scale).values).mean()
    yield Row("overlays", "lost of a checkerboard", NONE, f"{lost_board:.4f}", "0")


def jpeg_rows() -> Iterator[Row]:
    for name in ("jet", "turbo", "viridis", "RdBu_r"):
        ratios, lost = [], []
        for seed in (0, 1):
            field = jpeg_fields(seed)["smooth"]
            picture, scale = drawn(name, field)
            picture = jpeg(picture, 30)
            nearest = lookup(picture, scale, max_distance=np.inf, metric="rgb").values
            found = decode(picture, scale).values
            lost.append(np.isnan(found).mean())
            ratios.append(np.nanmean(abs(found - field)) / abs(nearest - field).mean())
        here = f"{max(ratios):.2f}"
        yield Row(f"JPEG 30, {name}", "mean error against nearest colour", "1", here, "0.7")
        yield Row(f"JPEG 30, {name}", "data lost", NONE, f"{max(lost):.4f}", "0.01")


def rival_rows() -> Iterator[Row]:
    for quality, name in ((q, n) for q in (None, 75) for n in ("prism", "flag", "hsv", "twilight")):
        worst: list[list[float]] = [[], []]
        wrong: list[list[float]] = [[], []]
        flagged = []
        for seed in range(3):
            field = random_field(seed, 28)
            picture, scale = drawn(name, field)
            picture = picture if quality is None else jpeg(picture, quality)
            found = decode(picture, scale)
            flagged.append((found.flags & Flag.AMBIGUOUS > 0).mean())
            for k, values in enumerate((plain_values(picture, scale), found.values)):
                error = abs(values - field)
                worst[k].append(float(np.nanmax(error)))
                wrong[k].append(float((error > 0.05).mean()))
        item = f"{name}, {'lossless' if quality is None else f'JPEG {quality}'}"
        if quality is None and name in ("prism", "flag"):
            yield Row(item, "largest error", *(f"{max(w):.4f}" for w in worst), "0.01")
            continue
        plain, here = (f"{max(share):.4f}" for share in wrong)
        here += f" ({np.mean(flagged):.0%} flagged)" if np.mean(flagged) > 0.005 else ""
        yield Row(item, "on the wrong branch", plain, here, "0.01" if quality is None else "0.02")


def same_colors(found: str, name: str) -> bool:
    """Whether two maps hold the same colours in either direction, whatever they are called."""
    at = np.linspace(0, 1, 64)
    one = ColorScale.from_name(found, vmin=0.0, vmax=1.0).to_color(at) * 255
    other = matplotlib.colormaps[name](at)[:, :3] * 255
    return bool(min(abs(one - other).mean(), abs(one - other[::-1]).mean()) < 4)


def identify_rows() -> Iterator[Row]:
    names = ("viridis", "plasma", "jet", "turbo", "RdBu", "Spectral", "terrain", "cubehelix")
    first, third = [], []
    for quality in (None, 75, 30):
        for name in names:
            picture, _ = drawn(name, 0.2 + 0.6 * random_field(2, 25))
            picture, _ = inked(picture, (0, 0, 0))
            picture = picture if quality is None else jpeg(picture, quality)
            found = [same_colors(match.name, name) for match in identify_colormap(picture)[:3]]
            first.append(found[0])
            third.append(any(found))
    item = "unknown map, 60 % in use, with ink"
    count = f"of {len(first)}"
    yield Row(item, "right first", NONE, f"{sum(first)} {count}", "90 %")
    yield Row(item, "among the first three", NONE, f"{sum(third)} {count}", "95 %")
    picture, _ = drawn("turbo", random_field(3, 60, (1000, 1000)))
    start = time.perf_counter()
    identify_colormap(picture)
    yield Row(item, "seconds for a megapixel", NONE, f"{time.perf_counter() - start:.1f}", "2")


def order_rows() -> Iterator[Row]:
    for name in ("jet", "viridis", "hsv", "turbo", "RdBu", "Blues"):
        ranks = []
        for seed in range(4):
            field = random_field(seed, 26, (256, 256))
            picture, _ = drawn(name, field)
            for seen in (picture, jpeg(picture, 75)):
                values = lookup(seen, recover_scale(seen)).values
                known = np.isfinite(values)
                ranks.append(abs(spearmanr(values[known], field[known])[0]))
        yield Row(
            f"order, {name}", "rank correlation, also JPEG 75", NONE, f"{min(ranks):.4f}", "0.99"
        )


def shading_rows() -> Iterator[Row]:
    for name in ("viridis", "terrain", "magma", "RdBu", "jet", "hsv"):
        plain, here, flagged, firm_error = [], [], [], []
        for mode in ("overlay", "soft", "hsv"):
            picture, scale, field = hillshaded(name, mode)
            found = decode(picture, scale, shading=True)
            error, firm = abs(found.values - field), found.flags & Flag.AMBIGUOUS == 0
            plain.append(np.nanmean(abs(plain_values(picture, scale) - field)))
            here.append(np.nanmean(error))
            flagged.append(1 - firm.mean())
            firm_error.append(np.nanmean(error[firm]))
        told = f"{max(here):.4f} (at most {max(flagged):.0%} flagged; others {max(firm_error):.4f})"
        yield Row(f"hillshade, {name}", "mean error", f"{max(plain):.4f}", told, "0.02")


def opacity_rows() -> Iterator[Row]:
    gray = random_field(5, 2)[..., None]
    photo = np.stack([random_field(seed, 6) for seed in (7, 8, 9)], axis=-1)
    warm, cold = (photograph[:200, 100:360] / 255 for photograph in (chelsea(), rocket()))
    for title, base, known in (
        ("an unknown grey picture", gray, False),
        ("a known photograph", photo, True),
        ("an unknown warm photograph", warm, False),
        ("an unknown cold photograph", cold, False),
        ("an unknown picture in all colours", photo, False),
    ):
        for opacity in (0.3, 0.6, 0.9):
            plain, here, flagged, firm_error = [], [], [], []
            for name in ("viridis", "jet", "RdBu_r", "hot", "magma"):
                field = random_field(1, 20)
                colors = matplotlib.colormaps[name](field)[..., :3]
                picture = stored(opacity * colors + (1 - opacity) * base)
                scale = drawn(name, field)[1]
                beneath = stored(base) if known else None
                found = decode(picture, scale, opacity="auto", base=beneath)
                error, firm = abs(found.values - field), found.flags & Flag.AMBIGUOUS == 0
                plain.append(np.nanmean(abs(plain_values(picture, scale) - field)))
                here.append(np.nanmean(error))
                flagged.append(1 - firm.mean())
                sure = firm & np.isfinite(error)
                if sure.any():
                    firm_error.append(error[sure].mean())
            told = f"{max(here):.4f}"
            if max(flagged) > 0.2:
                told += f" ({min(flagged):.0%}-{max(flagged):.0%} flagged"
                rest = f"others {max(firm_error):.4f}" if firm_error else "the rest is masked"
                told += f"; {rest})"
            item = f"opacity {opacity} over {title}"
            yield Row(item, "mean error", f"{max(plain):.4f}", told, "0.03")


def cell_rows() -> Iterator[Row]:
    cells = gaussian_filter(np.random.default_rng(3).normal(size=(30, 40)), 0.7)
    cells = (cells - cells.min()) / np.ptp(cells)
    picture, scale = drawn("viridis", np.kron(cells, np.ones((20, 20))))
    for factor, quality in ((1.0, None), (0.85, None), (0.7, None), (0.5, None), (1.0, 75)):
        size = (int(800 * factor), int(600 * factor))
        small = np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS))
        small = small if quality is None else jpeg(small, quality)
        rows, cols = (((np.arange(n) + 0.5) / (20 * factor)).astype(int) for n in size[::-1])
        pixels = (abs(plain_values(small, scale) - cells[np.ix_(rows, cols)]) < 0.01).mean()
        grid = find_cells(decode(small, scale))
        right = (abs(grid.values - cells) < 0.01).mean() if grid.shape == cells.shape else 0.0
        item = f"40 x 30 cells at {factor}" + ("" if quality is None else f", JPEG {quality}")
        here = f"{right:.4f}, grid {grid.shape[1]} x {grid.shape[0]}"
        yield Row(item, "right to 1 % (recipe: pixels)", f"{pixels:.4f}", here, "1, 40 x 30")


def step_rows() -> Iterator[Row]:
    for count, goal in ((64, "0.5"), (10, "0.35")):
        edges = np.linspace(0, 1, count + 1)
        middle = (edges[1:] + edges[:-1]) / 2
        table = drawn("viridis", middle[None])[0][0] / 255
        scale = ColorScale.from_colors(table, middle, vmin=0.0, vmax=1.0, discrete=True)
        plain, here, left = [], [], []
        for seed in range(3):
            field = random_field(seed, 28)
            band = np.minimum((field * count).astype(int), count - 1)
            picture = stored(table[band])
            fine = decode(picture, scale, dequantize=list(edges)).values
            plain.append(4 * count * np.nanmean(abs(plain_values(picture, scale) - field)))
            here.append(4 * count * np.nanmean(abs(fine - field)))
            left.append(float((abs(fine - middle[band]) > 0.5 / count + 1e-6).mean()))
        item, measure = f"{count} colours", "mean error against the quarter step"
        yield Row(item, measure, f"{max(plain):.2f}", f"{max(here):.3f}", goal)
        yield Row(item, "pixels that leave their band", "0", f"{max(left):.4f}", "0")


PARTS: tuple[Callable[[], Iterator[Row]], ...] = (
    overlay_rows,
    jpeg_rows,
    rival_rows,
    identify_rows,
    order_rows,
    shading_rows,
    opacity_rows,
    cell_rows,
    step_rows,
)


def print_table() -> None:
    """Print the rows as a table in Markdown, each as soon as it is known."""
    print("| what | measured by | plain recipe | here | goal |")
    print("|--|--|--|--|--|")
    for part in PARTS:
        for row in part():
            print("| " + " | ".join(row) + " |", flush=True)


def main() -> None:
    print_table()


if __name__ == "__main__":
    main()
