"""The command ``image2data``: decode, read, identify, open, demo, run."""

from __future__ import annotations

import argparse
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_image2data import __version__
from napari_image2data.decode.blend import BLEND_MODES
from napari_image2data.errors import Image2DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_image2data.color.scale import ColorScale
    from napari_image2data.figure.axis import Axis

FORMATS = ("npz", "csv", "nc", "tif", "xyz")

FEW_READABLE = 0.2
"""Share of readable pixels below which the scale or the plot area is probably wrong."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code: 0 done, 2 bad input (one line on stderr).

    Examples
    --------
    >>> main(["decode", "no-such-figure.png", "--cmap", "viridis", "--vmin", "0", "--vmax", "1"])
    2
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    options = _parser().parse_args(_joined_numbers(arguments))
    try:
        options.command(options)
    except Image2DataError as error:
        print(f"image2data: {error}", file=sys.stderr)
        return 2
    return 0


def _joined_numbers(arguments: Sequence[str]) -> list[str]:
    """Arguments with ``--vmin -1e-3`` joined to ``--vmin=-1e-3``.

    argparse takes a negative number in powers of ten for an option.

    Examples
    --------
    >>> _joined_numbers(["--vmin", "-1e-3", "--vmax", "5"])
    ['--vmin=-1e-3', '--vmax', '5']
    """
    joined: list[str] = []
    for argument in arguments:
        if joined and joined[-1] in ("--vmin", "--vmax") and argument.startswith("-"):
            try:
                float(argument)
            except ValueError:
                pass
            else:
                joined[-1] += f"={argument}"
                continue
        joined.append(argument)
    return joined


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="image2data",
        description="Turn colour-mapped pictures back into the numbers they were drawn from.",
    )
    parser.add_argument("--version", action="version", version=f"image2data {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    decode = commands.add_parser("decode", help="write a figure's data as files")
    decode.set_defaults(command=_decode)
    decode.add_argument("figure", type=Path)
    _add_reading_options(decode)
    decode.add_argument("-o", "--output", type=Path, default=Path(), help="folder to write into")
    decode.add_argument(
        "--formats",
        type=lambda text: text.split(","),
        help=f"which files, of {','.join(FORMATS)} (npz, csv and, if its extra is installed, nc)",
    )
    decode.add_argument(
        "--overlays",
        choices=("mask", "fill", "keep"),
        default="mask",
        help="ink over the data: leave it out, fill it from around, or decode it (mask)",
    )
    decode.add_argument(
        "--shading",
        choices=("auto", *BLEND_MODES),
        help="take the light of a hillshade out; auto finds how it was mixed in",
    )
    decode.add_argument(
        "--opacity",
        type=_opacity,
        help="the colours lie over another picture with this opacity (0..1, or auto)",
    )
    decode.add_argument(
        "--base", type=Path, metavar="PICTURE", help="the picture beneath, as large as the figure"
    )
    decode.add_argument(
        "--between-steps",
        action="store_true",
        help="read smooth fields finer than the steps of their scale (filled contours)",
    )
    decode.add_argument(
        "--cells", action="store_true", help="also write one value a cell (heat maps of cells)"
    )
    decode.add_argument(
        "--points",
        type=float,
        metavar="TOLERANCE",
        help="also write the fewest points that carry the data within this rms error",
    )

    read = commands.add_parser("read", help="say what can be read off a figure")
    read.set_defaults(command=_read)
    read.add_argument("figure", type=Path)
    read.add_argument("--page", type=int, default=0, help="page of a PDF or frame of a GIF (0)")

    identify = commands.add_parser("identify", help="name the colour map that drew a picture")
    identify.set_defaults(command=_identify)
    identify.add_argument("figure", type=Path)
    identify.add_argument("--box", type=_box, help="plot area x0,y0,x1,y1 (found by itself)")

    show = commands.add_parser("open", help="open a figure in napari, with the dock ready")
    show.set_defaults(command=_open)
    show.add_argument("figure", type=Path)

    demo = commands.add_parser("demo", help="do the whole job on the example figure")
    demo.set_defaults(command=_demo)
    demo.add_argument("-o", "--output", type=Path, default=Path("demo-output"))
    demo.add_argument("--no-window", action="store_true", help="do not open napari at the end")

    run = commands.add_parser("run", help="run a saved recipe on a figure")
    run.set_defaults(command=_run)
    run.add_argument("recipe", type=Path)
    run.add_argument("figure", type=Path)
    _add_page_options(run)
    run.add_argument("-o", "--output", type=Path, default=Path())
    return parser


def _add_reading_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--cmap", help="name of the colour map, e.g. viridis or jet_r")
    parser.add_argument("--vmin", type=float, help="value at the first colour")
    parser.add_argument("--vmax", type=float, help="value at the last colour")
    parser.add_argument("--norm", choices=("linear", "log"), default="linear")
    parser.add_argument("--colorbar", type=_box, help="box of the colour bar x0,y0,x1,y1")
    parser.add_argument(
        "--direction", choices=("up", "down", "left", "right"), help="where the bar goes to vmax"
    )
    parser.add_argument("--box", type=_box, help="plot area x0,y0,x1,y1 (found by itself)")
    parser.add_argument("--whole", action="store_true", help="the whole picture is the plot area")
    parser.add_argument("--panel", type=int, default=0, help="which panel of the figure (0)")
    _add_page_options(parser)


def _add_page_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--page", type=int, default=0, help="page of a PDF or frame of a GIF (0)")
    parser.add_argument(
        "--dpi", type=float, default=200.0, help="resolution at which a PDF page is drawn (200)"
    )


def _box(text: str) -> tuple[float, float, float, float]:
    try:
        x0, y0, x1, y1 = (float(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a box: four numbers x0,y0,x1,y1 in pixels"
        ) from None
    return x0, y0, x1, y1


def _opacity(text: str) -> float | str:
    try:
        return "auto" if text == "auto" else float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no opacity: 0..1, or auto") from None


def _scale(options: argparse.Namespace, image: object) -> ColorScale | None:
    """The scale that the options name, None when it is to be read from the figure."""
    import numpy as np

    from napari_image2data.color.scale import ColorScale

    if options.cmap is None and options.colorbar is None:
        if options.vmin is not None or options.vmax is not None:
            raise Image2DataError("--vmin and --vmax need a --cmap or a --colorbar beside them.")
        return None
    if options.vmin is None or options.vmax is None:
        raise Image2DataError("Give --vmin and --vmax: the values at the scale's two ends.")
    if options.colorbar is not None:
        return ColorScale.from_colorbar(
            np.asarray(image),
            options.colorbar,
            vmin=options.vmin,
            vmax=options.vmax,
            norm=options.norm,
            direction=options.direction,
        )
    return ColorScale.from_name(options.cmap, options.vmin, options.vmax, norm=options.norm)


def _decode(options: argparse.Namespace) -> None:
    import numpy as np

    from napari_image2data.files.images import read_image, read_jpeg_info
    from napari_image2data.files.tables import save_points
    from napari_image2data.pipeline import ImageToData

    formats = options.formats
    if formats is None:
        formats = ["npz", "csv", *(["nc"] if find_spec("netCDF4") else [])]
    unknown = [name for name in formats if name not in FORMATS]
    if unknown:
        raise Image2DataError(f"--formats knows {', '.join(FORMATS)}, not {unknown[0]!r}.")
    image = read_image(options.figure, frame=options.page, dpi=options.dpi)
    run = ImageToData(image, name=options.figure.name, jpeg_info=read_jpeg_info(options.figure))
    run.read(
        scale=_scale(options, image),
        box="all" if options.whole else options.box or "auto",
        panel=options.panel,
    ).decode(**_decode_options(options))
    if options.cells:
        run.cells()
    if options.points is not None:
        run.reduce(tolerance=options.points)
    assert run.field is not None
    assert run.scale is not None
    folder, stem = _folder(options.output), options.figure.stem
    written = [run.save(folder / f"{stem}.{ending}") for ending in formats]
    if run.cell_grid is not None:
        written.append(save_points(run.cell_grid.table(), folder / f"{stem}-cells.csv"))
    if run.points is not None:
        written.append(save_points(run.points, folder / f"{stem}-points.csv"))
    written.append(run.recipe.save(folder / f"{stem}-recipe.json"))
    readable = float(np.isfinite(run.field.values).mean())
    print(
        f"{options.figure.name}: {run.field.shape[1]} x {run.field.shape[0]} pixels, "
        f"{readable:.1%} readable, scale {run.scale.name or 'from the colour bar'} "
        f"{run.scale.vmin:g}..{run.scale.vmax:g} {run.scale.norm}"
    )
    mixture = run.field.mixture
    if mixture is not None and mixture.mode == "base":
        print(f"opacity over what lies beneath: {mixture.opacity:.2f}")
    elif mixture is not None:
        print(f'light mixed in as "{mixture.mode}" was taken out')
    if run.cell_grid is not None:
        print(f"{run.cell_grid.shape[0]} x {run.cell_grid.shape[1]} cells")
    for problem in (*(run.panel.problems if run.panel is not None else ()), *run.field.notes):
        print(f"note: {problem}")
    if readable < FEW_READABLE:
        print(
            f"note: Only {readable:.1%} of the pixels have colours of this scale: check the "
            "colour map and the plot area."
        )
    for path in written:
        print(path)


def _decode_options(options: argparse.Namespace) -> dict[str, Any]:
    """Options of `decode` that were given; the others keep their defaults."""
    from napari_image2data.files.images import read_image

    given: dict[str, Any] = {"overlays": options.overlays}
    if options.shading is not None:
        given["shading"] = True if options.shading == "auto" else options.shading
    if options.opacity is not None:
        given["opacity"] = options.opacity
    if options.base is not None:
        given["base"] = read_image(options.base)
    if options.between_steps:
        given["dequantize"] = True
    return given


def _folder(path: Path) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Image2DataError(f"The folder {str(path)!r} cannot be made: {error}.") from error
    return path


def _quoted(axis: Axis | None) -> str:
    return f', "{axis.title}"' if axis is not None and axis.title else ""


def _read(options: argparse.Namespace) -> None:
    from napari_image2data.figure.read import read_figure
    from napari_image2data.files.images import read_image

    figure = read_figure(read_image(options.figure, frame=options.page))
    for number, panel in enumerate(figure.panels):
        print(f"panel {number}: plot area {_round_box(panel.plot_box)}")
        if panel.colorbar_box is not None:
            print(f"  colour bar {_round_box(panel.colorbar_box)}")
        if panel.scale is not None:
            words = _quoted(panel.colorbar_axis)
            print(
                f"  range {panel.scale.vmin:g} .. {panel.scale.vmax:g}, {panel.scale.norm}{words}"
            )
        for name, axis in (("x", panel.x_axis), ("y", panel.y_axis)):
            if axis is not None:
                low, high = (0, 2) if name == "x" else (3, 1)
                start = float(axis.to_value(panel.plot_box[low]))
                end = float(axis.to_value(panel.plot_box[high]))
                print(f"  {name} axis {start:g} .. {end:g}, {axis.norm}{_quoted(axis)}")
        sure = panel.confidences
        print(
            f"  confidence {panel.confidence:.2f} (plot area {sure.plot_area:.2f}, colour bar "
            f"{sure.colorbar:.2f}, range {sure.value_range:.2f}, x axis {sure.x_axis:.2f}, "
            f"y axis {sure.y_axis:.2f})"
        )
        for problem in panel.problems:
            print(f"  note: {problem}")


def _round_box(box: Sequence[float]) -> str:
    return ",".join(f"{edge:.1f}" for edge in box)


def _identify(options: argparse.Namespace) -> None:
    from napari_image2data.color.identify import identify_colormap
    from napari_image2data.errors import FigureError
    from napari_image2data.figure.read import read_figure
    from napari_image2data.files.images import read_image

    image = read_image(options.figure)
    box = options.box
    if box is None:
        try:
            box = read_figure(image).panels[0].plot_box
        except FigureError:
            box = (0, 0, image.shape[1], image.shape[0])
    x0, y0, x1, y1 = (round(edge) for edge in box)
    if not (0 <= x0 < x1 <= image.shape[1] and 0 <= y0 < y1 <= image.shape[0]):
        raise FigureError(
            f"The box {_round_box(box)} does not lie inside the "
            f"{image.shape[1]} x {image.shape[0]} picture."
        )
    for match in identify_colormap(image[y0:y1, x0:x1])[:5]:
        direction = "" if match.direction_known else "  (direction not known)"
        print(f"{match.name:30s} {match.score:.3f}{direction}")


def _open(options: argparse.Namespace) -> None:
    from napari_image2data.files.images import read_image

    read_image(options.figure)  # what cannot be read is said here, before a window opens
    _need_qt()
    import napari

    from napari_image2data.plugin.launch import open_figure

    open_figure(options.figure)
    napari.run()


def _need_qt() -> None:
    from napari_image2data.errors import MissingExtraError

    try:
        import qtpy.QtWidgets  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(
            'The window needs Qt: pip install "napari-image2data[all]".'
        ) from error


def _demo(options: argparse.Namespace) -> None:
    from napari_image2data.demo import run_demo

    run_demo(_folder(options.output), window=not options.no_window)


def _run(options: argparse.Namespace) -> None:
    from napari_image2data.files.images import read_image
    from napari_image2data.files.recipe import Recipe
    from napari_image2data.files.tables import save_points
    from napari_image2data.pipeline import ImageToData

    recipe = Recipe.load(options.recipe)
    image = read_image(options.figure, frame=options.page, dpi=options.dpi)
    run = ImageToData.from_recipe(recipe, image)
    if run.recipe.fingerprint != recipe.fingerprint:
        print("note: the recipe was made for another picture", file=sys.stderr)
    folder, stem = _folder(options.output), options.figure.stem
    print(run.save(folder / f"{stem}.npz"))
    if run.cell_grid is not None:
        print(save_points(run.cell_grid.table(), folder / f"{stem}-cells.csv"))
    if run.points is not None:
        print(save_points(run.points, folder / f"{stem}-points.csv"))
