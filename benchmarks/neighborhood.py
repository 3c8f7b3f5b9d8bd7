"""Measure what asks more than one pixel's colour: names, order, rivals, shading, steps, cells.

    python -m benchmarks neighborhood            # print the tables of docs/method
    python -m benchmarks neighborhood --pictures # draw the before and after pictures of docs/images

All figures are fractions of the scale's range on synthetic fields (Gaussian random fields scaled to
0..1), so they can be repeated anywhere with matplotlib.
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.colors import LightSource
from PIL import Image
from scipy.ndimage import gaussian_filter
from scipy.stats import spearmanr

from napari_image2data import ColorScale, decode, identify_colormap, lookup, recover_scale
from napari_image2data.decode.cells import find_cells

IMAGES = Path(__file__).parents[1] / "docs" / "images"


def random_field(seed: int, width: float, shape: tuple[int, int] = (200, 260)) -> np.ndarray:
    field = gaussian_filter(np.random.default_rng(seed).normal(size=shape), width)
    return (field - field.min()) / np.ptp(field)


def drawn(name: str, field: np.ndarray) -> tuple[np.ndarray, ColorScale]:
    colormap = matplotlib.colormaps[name]
    table = colormap(np.arange(colormap.N), bytes=True)[:, :3]
    values = (np.arange(colormap.N) + 0.5) / colormap.N
    scale = ColorScale.from_colors(table / 255, values, vmin=0.0, vmax=1.0)
    return np.ascontiguousarray(colormap(field, bytes=True)[..., :3]), scale


def jpeg(picture: np.ndarray, quality: int) -> np.ndarray:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer))


def stored(rgb: np.ndarray) -> np.ndarray:
    return np.round(rgb.clip(0, 1) * 255).astype(np.uint8)


def hillshaded(name: str, mode: str) -> tuple[np.ndarray, ColorScale, np.ndarray]:
    field = random_field(1, 20)
    terrain = field * 100 + random_field(0, 3) * 60
    scale = drawn(name, field)[1]
    colors = matplotlib.colormaps[name](field)[..., :3]
    shaded = LightSource(315, 45).shade_rgb(colors, terrain, blend_mode=mode)
    return stored(shaded), scale, field


def print_identify() -> None:
    print("identify: right map first (JPEG quality 30, 60 % of the map in use)")
    for name in ("viridis", "plasma", "jet", "turbo", "RdBu", "Spectral", "terrain", "cubehelix"):
        found = []
        for quality in (None, 75, 30):
            picture = drawn(name, 0.2 + 0.6 * random_field(2, 25))[0]
            match = identify_colormap(picture if quality is None else jpeg(picture, quality))[0]
            found.append(f"{match.name} {match.score:.2f}")
        print(f"  {name:12}", *(text.ljust(28) for text in found))


def print_recover() -> None:
    print("recover_scale: |rank correlation| lossless, JPEG 75 (worst of 4 fields)")
    for name in ("jet", "viridis", "hsv", "turbo", "RdBu", "Blues"):
        worst = []
        for quality in (None, 75):
            ranks = []
            for seed in range(4):
                field = random_field(seed, 26, (256, 256))
                picture = drawn(name, field)[0]
                picture = picture if quality is None else jpeg(picture, quality)
                values = lookup(picture, recover_scale(picture)).values
                known = np.isfinite(values)
                ranks.append(abs(spearmanr(values[known], field[known])[0]))
            worst.append(min(ranks))
        print(f"  {name:8} {worst[0]:.5f} {worst[1]:.5f}")


def print_rivals() -> None:
    print("rivals: largest error, share > 0.05 off: nearest colour | neighbourhood (3 fields)")
    for name in ("prism", "flag", "hsv", "twilight"):
        for quality in (None, 75):
            row = []
            for rivals in ("nearest", "resolve"):
                errors = []
                for seed in range(3):
                    field = random_field(seed, 28)
                    picture, scale = drawn(name, field)
                    picture = picture if quality is None else jpeg(picture, quality)
                    errors.append(abs(decode(picture, scale, rivals=rivals).values - field))
                row.append(f"{np.nanmax(errors):.4f} {(np.array(errors) > 0.05).mean():.4f}")
            print(f"  {name:9} {quality or 'lossless':>9}  {row[0]} | {row[1]}")


def print_shading() -> None:
    print("hillshade: mean error, mode found, share flagged")
    for name in ("viridis", "terrain", "jet", "RdBu", "magma", "hsv", "gray"):
        for mode in ("overlay", "soft", "hsv"):
            picture, scale, field = hillshaded(name, mode)
            found = decode(picture, scale, shading=True)
            error, flagged = abs(found.values - field), (found.flags & 8 > 0).mean()
            print(f"  {name:8} {mode:8} {np.nanmean(error):.4f} {found.mixture.mode} {flagged:.3f}")
    print("layer over unknown grey: mean error, opacity found")
    base = random_field(5, 2)[..., None]
    for name in ("viridis", "jet", "RdBu_r", "hot", "magma"):
        for opacity in (0.3, 0.6, 0.9):
            field = random_field(1, 20)
            colors = matplotlib.colormaps[name](field)[..., :3]
            picture = stored(opacity * colors + (1 - opacity) * base)
            found = decode(picture, drawn(name, field)[1], opacity="auto")
            error = np.nanmean(abs(found.values - field))
            print(f"  {name:8} {opacity} {error:.4f} {found.mixture.opacity:.2f}")


def jpeg_fields(seed: int) -> dict[str, np.ndarray]:
    """Draw a field of each kind: smooth, with edges, in cells of 12 pixels, rough at all scales."""
    smooth, other = random_field(seed, 30, (344, 408)), random_field(seed + 100, 12, (344, 408))
    cells = np.kron(random_field(seed, 1, (29, 34)), np.ones((12, 12)))
    down, across = np.fft.fftfreq(344)[:, None], np.fft.fftfreq(408)[None]
    falling = np.maximum(np.hypot(down, across), 1 / 408) ** -1.5
    noise = np.random.default_rng(seed).normal(size=(344, 408))
    rough = np.fft.ifft2(np.fft.fft2(noise) * falling).real
    kinds = {
        "smooth": smooth,
        "edges": np.where(other > 0.5, smooth, 1 - smooth),
        "cells": cells[:344, :408],
        "rough": (rough - rough.min()) / np.ptp(rough),
    }
    return {kind: field[60:284, 60:348] for kind, field in kinds.items()}


def print_jpeg() -> None:
    print("JPEG 4:2:0: mean error relative to nearest colour, two fields; share lost")
    for quality in (30, 75, 95):
        for name in ("jet", "turbo", "viridis", "RdBu_r"):
            row: dict[str, list[str]] = {}
            for seed in (0, 1):
                for kind, field in jpeg_fields(seed).items():
                    picture, scale = drawn(name, field)
                    picture = jpeg(picture, quality)
                    plain = lookup(picture, scale, max_distance=np.inf, metric="rgb").values
                    found = decode(picture, scale).values
                    known = np.isfinite(found)
                    ratio = abs(found - field)[known].mean() / abs(plain - field).mean()
                    row.setdefault(kind, []).append(f"{ratio:.2f} ({1 - known.mean():.1%})")
            cells = (f"{kind} {' '.join(texts)}" for kind, texts in row.items())
            print(f"  {quality} {name:8}", " | ".join(cells))


def print_cells() -> None:
    print("cells: shape found, largest error (40 x 30 cells on 800 x 600 pixels)")
    cells = random_field(3, 1, (30, 40))
    picture, scale = drawn("viridis", np.kron(cells, np.ones((20, 20))))
    for factor in (1.0, 0.85, 0.7, 0.5):
        size = (int(800 * factor), int(600 * factor))
        small = Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS)
        grid = find_cells(decode(np.asarray(small), scale))
        print(f"  {factor:4} {grid.shape} {np.nanmax(abs(grid.values - cells)):.4f}")


def print_steps() -> None:
    print(
        "between the steps: mean error as a share of the quarter step of nearest colour (3 fields)"
    )
    for count in (64, 16, 10):
        edges = np.linspace(0, 1, count + 1)
        table = drawn("viridis", (edges[1:] + edges[:-1])[None] / 2)[0][0] / 255
        scale = ColorScale.from_colors(table, (edges[1:] + edges[:-1]) / 2, discrete=True)
        shares = []
        for seed in range(3):
            field = random_field(seed, 28)
            picture = stored(table[np.minimum((field * count).astype(int), count - 1)])
            fine = decode(picture, scale, dequantize=list(edges)).values
            shares.append(4 * count * np.nanmean(abs(fine - field)))
        print(f"  {count:3} colours", " ".join(f"{share:.3f}" for share in shares))


def save(name: str, *panels: np.ndarray) -> None:
    gap = np.full((panels[0].shape[0], 8, 3), 255, np.uint8)
    row = [part for panel in panels for part in (panel, gap)][:-1]
    Image.fromarray(np.concatenate(row, axis=1)).save(IMAGES / name, optimize=True)


def shown(values: np.ndarray) -> np.ndarray:
    return stored(matplotlib.colormaps["viridis"](np.nan_to_num(values))[..., :3])


def draw_pictures() -> None:
    field = random_field(0, 28)
    picture, scale = drawn("prism", field)
    readings = [decode(picture, scale, rivals=how).values for how in ("nearest", "resolve")]
    save("ambiguity.png", picture, *map(shown, readings))
    picture, scale, _ = hillshaded("viridis", "overlay")
    readings = [decode(picture, scale).values, decode(picture, scale, shading=True).values]
    save("shading.png", picture, *map(shown, readings))
    picture = drawn("turbo", field)[0]
    save("identify.png", picture, shown(lookup(picture, recover_scale(picture)).values))
    cells = random_field(3, 1, (12, 15))
    picture, scale = drawn("viridis", np.kron(cells, np.ones((17, 17))))
    small = np.asarray(Image.fromarray(picture).resize((178, 142), Image.Resampling.LANCZOS))
    grid = find_cells(decode(small, scale))
    save("cells.png", small, shown(np.kron(grid.values, np.ones((12, 12))))[:142])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", action="store_true")
    if parser.parse_args().pictures:
        draw_pictures()
    else:
        print_tables()


def print_tables() -> None:
    print_identify()
    print_recover()
    print_rivals()
    print_jpeg()
    print_shading()
    print_steps()
    print_cells()


if __name__ == "__main__":
    main()
