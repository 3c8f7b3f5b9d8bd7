"""ImageToData: all steps in one object; image_to_data(): one call."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from napari_image2data.decode.covered import without
from napari_image2data.decode.decode import decode
from napari_image2data.errors import FigureError, Image2DataError
from napari_image2data.files.images import read_image, read_jpeg_info
from napari_image2data.files.recipe import Recipe, fingerprint
from napari_image2data.files.stored import from_plain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    import pandas as pd

    from napari_image2data.color.scale import ColorScale
    from napari_image2data.decode.cells import CellGrid
    from napari_image2data.decode.field import Field
    from napari_image2data.decode.jpeg_info import JpegInfo
    from napari_image2data.figure.axis import Axis
    from napari_image2data.figure.panel import Figure, Panel
    from napari_image2data.reduce.compare import Report
    from napari_image2data.reduce.nodes import Nodes

    Progress = Callable[[str, float], None]

Box = tuple[float, float, float, float]

STEPS = (
    "read",
    "decode",
    "cells",
    "mask",
    "cluster",
    "reduce",
    "find_nodes",
    "reconstruct",
)
"""Steps that a recipe can hold: methods of `ImageToData`."""

FLAT_SLOPE = 0.0015
"""Slope that counts as flat when no tolerance is given: fraction of the range a pixel."""


def _no_scale(panel: Panel) -> str:
    """Why a panel has no colour scale, and how to give one."""
    if panel.colorbar_box is None:
        return (
            "The colour scale could not be read, because no colour bar was found: give "
            "scale=ColorScale.from_name(name, vmin=..., vmax=...), or --cmap, --vmin and --vmax "
            "on the command line."
        )
    box = ",".join(f"{edge:.0f}" for edge in panel.colorbar_box)
    return (
        f"The numbers of the colour bar at {box} could not be read: give "
        "scale=ColorScale.from_colorbar(image, box, vmin=..., vmax=...), or --colorbar, --vmin "
        "and --vmax on the command line."
    )


class ImageToData:
    """The whole way from a picture to its data and to the few points that carry it.

    Each step is a method that returns the object, so steps chain; each result is an attribute.
    A step that needs an earlier one runs it with its defaults. Every choice is recorded in
    ``recipe``.

    Parameters
    ----------
    source : str, Path or (H, W[, 3|4]) ndarray
        A picture file (as `read_image` reads) or the picture itself.
    name : str, optional
        What to call the picture in the recipe; the file's name by default.
    jpeg_info : JpegInfo, optional
        What the picture's file says of its compression; read from the file where one is given.

    Attributes
    ----------
    image : (H, W, 3|4) ndarray
        The picture.
    figure : Figure or None
        What `read_figure` found; None when a scale and a box were given.
    panel : Panel or None
        The panel of the figure that is decoded.
    scale : ColorScale or None
        The colour scale in use.
    box : (x0, y0, x1, y1) or None
        The plot area in use, None for the whole picture.
    field : Field or None
        The decoded data, from `decode`.
    cell_grid : CellGrid or None
        One value a cell, from `cells` or ``decode(cells=True)``.
    nodes : Nodes or None
        The samples that the picture was interpolated from, from `find_nodes`.
    gradient_mask : (h, w) bool ndarray or None
        Flat pixels, from `mask`.
    labels : (h, w) int32 ndarray or None
        Clusters, 0 = none, from `cluster`.
    points : pandas.DataFrame or None
        The points that carry the field, from `cluster` or `reduce`.
    reconstruction : (h, w) ndarray or None
        The field rebuilt from ``points``, from `reconstruct`.
    report : Report or None
        How near the reconstruction comes to the field.
    recipe : Recipe
        All choices so far.

    Raises
    ------
    Image2DataError
        One of its kinds, in one sentence, when a step cannot be done.

    Examples
    --------
    >>> import numpy as np
    >>> import napari_image2data as i2d
    >>> scale = i2d.ColorScale.from_name("viridis", vmin=0.0, vmax=10.0)
    >>> ramp = np.linspace(0, 255, 60).round().astype(int)
    >>> picture = np.round(scale.colors[np.tile(ramp, (40, 1))] * 255).astype(np.uint8)
    >>> run = i2d.ImageToData(picture).read(scale=scale, box="all").decode(overlays="keep")
    >>> run.field.values.shape
    (40, 60)
    """

    def __init__(
        self,
        source: str | Path | np.ndarray,
        *,
        name: str | None = None,
        jpeg_info: JpegInfo | None = None,
    ) -> None:
        from napari_image2data import __version__

        if isinstance(source, str | Path):
            name = name or Path(source).name
            jpeg_info = read_jpeg_info(source)
            source = read_image(source)
        self.jpeg_info = jpeg_info
        self.image: np.ndarray = source
        self.figure: Figure | None = None
        self.panel: Panel | None = None
        self.scale: ColorScale | None = None
        self.box: Box | None = None
        self.x_axis: Axis | None = None
        self.y_axis: Axis | None = None
        self.covered: tuple[Box, ...] = ()
        self.field: Field | None = None
        self.cell_grid: CellGrid | None = None
        self.nodes: Nodes | None = None
        self.gradient_mask: np.ndarray | None = None
        self.labels: np.ndarray | None = None
        self.points: pd.DataFrame | None = None
        self.reconstruction: np.ndarray | None = None
        self.report: Report | None = None
        self.recipe = Recipe(name, fingerprint(self.image), __version__)

    def read(
        self,
        *,
        scale: ColorScale | None = None,
        box: Box | Literal["auto", "all"] = "auto",
        panel: int = 0,
        x_axis: Axis | None = None,
        y_axis: Axis | None = None,
        covered: Sequence[Box] | None = None,
    ) -> Self:
        """Settle what to decode: plot area, axes and colour scale.

        Parameters
        ----------
        scale : ColorScale, optional
            The colour scale; read from the figure's colour bar when it is not given.
        box : (x0, y0, x1, y1) or "auto" or "all"
            The plot area in pixel edges; "auto" finds it, "all" takes the whole picture.
        panel : int
            Which panel of the figure.
        x_axis, y_axis : Axis, optional
            Pixel <-> value; read from the figure when the box is found there.
        covered : sequence of (x0, y0, x1, y1), optional
            Parts of the plot area without data, pixel edges; what the figure's own colour bar
            covers when the box is found there.

        Raises
        ------
        FigureError
            When the range of the colour bar, or the plot area, cannot be read.
        """
        if isinstance(box, str) and box not in ("auto", "all"):
            raise FigureError(f"A box is 'auto', 'all' or (x0, y0, x1, y1), not {box!r}.")
        found: Panel | None = None
        if scale is None or box == "auto":
            found = self._read_panel(panel, needed=scale is None)
        if scale is None:
            assert found is not None
            scale = found.scale
            if scale is None:
                raise FigureError(_no_scale(found))
        if box == "auto":
            box = found.plot_box if found is not None else "all"
        if found is not None:
            x_axis = found.x_axis if x_axis is None else x_axis
            y_axis = found.y_axis if y_axis is None else y_axis
            covered = found.covered if covered is None else covered
        self.scale, self.panel = scale, found
        self.box = None if isinstance(box, str) else box
        self.x_axis, self.y_axis = x_axis, y_axis
        self.covered = tuple(covered or ())
        extra = {"covered": [list(part) for part in self.covered]} if self.covered else {}
        return self._record(
            "read", scale=scale, box=self.box or "all", x_axis=x_axis, y_axis=y_axis, **extra
        )

    def _read_panel(self, index: int, *, needed: bool) -> Panel | None:
        from napari_image2data.figure.read import read_figure

        try:
            self.figure = read_figure(self.image)
        except FigureError:
            if needed:
                raise
            return None
        if not -len(self.figure.panels) <= index < len(self.figure.panels):
            raise FigureError(
                f"The figure has {len(self.figure.panels)} panel(s); panel {index} does not exist."
            )
        return self.figure.panels[index]

    def decode(self, *, progress: Progress | None = None, **options: Any) -> Self:
        """Decode the plot area; ``options`` are those of `napari_image2data.decode`."""
        if self.scale is None:
            self.read()
        assert self.scale is not None
        if self.jpeg_info is not None:
            options = {"jpeg": self.jpeg_info, **options}
        self.field = decode(
            without(self.image, self.covered),
            self.scale,
            self.box,
            x_axis=self.x_axis,
            y_axis=self.y_axis,
            progress=progress,
            **options,
        )
        if self.field.cells is not None:
            self.cell_grid = self.field.cells
        return self._record("decode", **options)

    def cells(self) -> Self:
        """Take one value a cell off a picture of cells; see `find_cells`."""
        from napari_image2data.decode.cells import find_cells

        self.cell_grid = find_cells(self._decoded(), self.image)
        return self._record("cells")

    def find_nodes(self) -> Self:
        """Find the samples that the picture was interpolated from; see `find_nodes`.

        They become the ``points``, if there are any.
        """
        from napari_image2data.reduce.nodes import find_nodes

        self.nodes = find_nodes(self._decoded())
        if len(self.nodes.points):
            self.points = self.nodes.points
        return self._record("find_nodes")

    def mask(self, **options: Any) -> Self:
        """Mark the flat pixels; ``options`` are those of `gradient_mask`.

        ``sigma="field"`` stands for the field's own uncertainty, which a recipe need not hold.
        Without a tolerance, a slope of 0.15 % of the scale's range a pixel still counts as flat:
        about half a step of a 256-colour table. On a log scale the slope is that of log10 of the
        values, so that range, tolerance and uncertainty are in decades.
        """
        from napari_image2data.reduce.gradient import gradient_mask

        field = self._decoded()
        values, sigma, span = even_values(field)
        options.setdefault("tolerance", FLAT_SLOPE * span)
        own = isinstance(options.get("sigma"), str) and options["sigma"] == "field"
        noise = {"sigma": sigma} if own else {}
        self.gradient_mask = gradient_mask(values, **{**options, **noise})
        return self._record("mask", **options)

    def cluster(self, **options: Any) -> Self:
        """Cluster the flat pixels and keep a point of each; ``options`` are those of `cluster`.

        By default two flat pixels side by side make a cluster (``eps=1, min_samples=2``).
        """
        from napari_image2data.reduce.cluster import cluster
        from napari_image2data.reduce.points import centroids

        field = self._decoded()
        if self.gradient_mask is None:
            self.mask()
        assert self.gradient_mask is not None
        options = {"eps": 1.0, "min_samples": 2, **options}
        self.labels = cluster(self.gradient_mask, **options)
        self.points = centroids(self.labels, field)
        return self._record("cluster", **options)

    def reduce(self, *, progress: Callable[[float], object] | None = None, **options: Any) -> Self:
        """Keep the fewest points within a tolerance; options of `reduce_adaptive`."""
        from napari_image2data.reduce.adaptive import reduce_adaptive

        self.points = reduce_adaptive(self._decoded(), progress=progress, **options)
        return self._record("reduce", **options)

    def reconstruct(self, **options: Any) -> Self:
        """Rebuild the field from the points and compare; options of `reconstruct`."""
        from napari_image2data.reduce.compare import compare
        from napari_image2data.reduce.reconstruct import reconstruct

        field = self._decoded()
        if self.points is None:
            self.cluster()
        assert self.points is not None
        self.reconstruction = reconstruct(self.points, self._size(), **options)
        self.report = compare(field, self.reconstruction, points=self.points)
        return self._record("reconstruct", **options)

    def save(self, path: str | Path) -> Path:
        """Write the decoded field; the ending chooses the format (see `save_field`)."""
        from napari_image2data.files.tables import save_field

        return save_field(self._decoded(), path)

    @classmethod
    def from_recipe(cls, recipe: Recipe, source: str | Path | np.ndarray) -> ImageToData:
        """Run a recipe on a picture: the same picture gives the same numbers, bit for bit.

        Raises
        ------
        Image2DataError
            When a step's name or option is unknown, or the step cannot be done.
        """
        run = cls(source)
        for name, options in recipe.steps:
            if name not in STEPS:
                raise Image2DataError(f"The recipe asks for a step {name!r} that does not exist.")
            try:
                getattr(run, name)(**{key: from_plain(value) for key, value in options.items()})
            except TypeError as error:
                raise Image2DataError(
                    f"The recipe's step {name!r} cannot be run: {error}."
                ) from None
        return run

    def _decoded(self) -> Field:
        if self.field is None:
            self.decode()
        assert self.field is not None
        return self.field

    def _size(self) -> tuple[int, int]:
        height, width = self._decoded().shape
        return height, width

    def _record(self, step: str, **options: Any) -> Self:
        self.recipe = self.recipe.with_step(step, options)
        return self


def even_values(field: Field) -> tuple[np.ndarray, np.ndarray, float]:
    """A field as its colours see it: in decades on a log scale, else in its own units.

    Equal steps of colour are equal steps of these values, so one slope is flat everywhere.

    Parameters
    ----------
    field : Field
        Decoded values (h, w).

    Returns
    -------
    values, sigma : (h, w) ndarray
        Values and standard uncertainties; log10 of the values, and sigma / (value ln 10), on a
        log scale. NaN where the field has none.
    span : float
        Range of the scale (of the values where there is no scale) in the same units.

    Examples
    --------
    >>> import numpy as np
    >>> import napari_image2data as i2d
    >>> scale = i2d.ColorScale.from_name("gray", vmin=0.01, vmax=100, norm="log")
    >>> field = i2d.lookup(np.full((2, 2, 3), 255, np.uint8), scale)
    >>> values, _, span = even_values(field)
    >>> round(float(values[0, 0]), 1), span
    (2.0, 4.0)
    """
    import numpy as np

    scale = field.scale
    if scale is None:
        finite = field.values[np.isfinite(field.values)]
        return field.values, field.sigma, float(np.ptp(finite)) if finite.size else 1.0
    if scale.norm != "log":
        return field.values, field.sigma, abs(float(scale.vmax) - float(scale.vmin))
    values = np.where(field.values > 0, field.values, np.nan)
    span = abs(float(np.log10(scale.vmax) - np.log10(scale.vmin)))
    return np.log10(values), field.sigma / (values * np.log(10)), span


def image_to_data(
    source: str | Path | np.ndarray,
    *,
    scale: ColorScale | None = None,
    box: Box | Literal["auto", "all"] = "auto",
    panel: int = 0,
    **options: Any,
) -> Field:
    """Picture in, data out: read the figure and decode it.

    Parameters
    ----------
    source : str, Path or ndarray
        A picture file or the picture itself.
    scale, box, panel
        As in `ImageToData.read`; with none of them given, all is read from the figure.
    **options
        Options of `napari_image2data.decode`.

    Returns
    -------
    Field
        Values in the figure's own units, NaN where nothing can be read.

    Raises
    ------
    Image2DataError
        When the picture, its plot area or its scale cannot be read.

    Examples
    --------
    >>> import numpy as np
    >>> import napari_image2data as i2d
    >>> scale = i2d.ColorScale.from_name("gray", vmin=0.0, vmax=1.0)
    >>> picture = np.full((30, 40, 3), 128, np.uint8)
    >>> float(i2d.image_to_data(picture, scale=scale, box="all").values[15, 20].round(2))
    0.5
    """
    run = ImageToData(source).read(scale=scale, box=box, panel=panel).decode(**options)
    assert run.field is not None
    return run.field
