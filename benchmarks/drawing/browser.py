"""Heat maps by plotly and bokeh, photographed in a headless Chromium."""

from __future__ import annotations

import functools
import importlib.util
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from benchmarks.drawing.plot import GREY, Painted, Plot, draw

if TYPE_CHECKING:
    from benchmarks.drawing.drawn import DrawnFigure

CLEAR = "rgba(0,0,0,0)"


@functools.cache
def missing(package: str) -> str | None:
    """Why plotly or bokeh cannot draw here, or None."""
    if importlib.util.find_spec(package) is None:
        return f"the package {package} is not installed"
    return None if _chromium() else "no Chromium is installed to take the picture"


def plotly_heat_map(
    plot: Plot, *, template: str = "plotly_white", dark: bool = False
) -> DrawnFigure:
    """Draw cells by ``plotly.graph_objects.Heatmap``; plotly decides where the bar lies."""

    def paint(plot: Plot, painted: Painted) -> np.ndarray:
        import plotly.io

        figure = _plotly_figure(plot, painted, template if not dark else "plotly_dark")
        html = plotly.io.to_html(figure, include_plotlyjs=True, config={"staticPlot": True})
        body = "<style>body{margin:0;overflow:hidden}</style>"
        return _photograph(html.replace("<head>", "<head>" + body), plot.size)

    continuous = plot.n_colors > 64
    return draw(plot, paint, "plotly", continuous=continuous, measure_bar=plot.bar is not None)


def _plotly_figure(plot: Plot, painted: Painted, template: str) -> Any:
    import plotly.graph_objects as go

    x, y = plot.centers()
    stops = np.linspace(0, 1, len(painted.palette))
    colors = [
        [float(s), "rgb({},{},{})".format(*c)]
        for s, c in zip(stops, painted.palette.tolist(), strict=True)
    ]
    side = {"orientation": "h", "y": -0.15, "yanchor": "top"} if plot.horizontal else {}
    heat = go.Heatmap(
        x=x,
        y=y,
        z=[[None if np.isnan(v) else float(v) for v in row] for row in painted.z],
        colorscale=colors,
        zmin=painted.limits[0],
        zmax=painted.limits[1],
        showscale=painted.ink and plot.bar is not None,
        colorbar={
            "tickvals": list(plot.bar_ticks),
            "ticktext": [plot.text(v) for v in plot.bar_ticks],
            "title": {"text": plot.bar_label},
            "ticks": "outside",
            **side,
        },
    )
    left, top, right, bottom = plot.box_px
    axis = {"showgrid": False, "zeroline": False, "ticks": "outside" if painted.ink else ""}
    if not painted.ink:
        axis |= {"showticklabels": False, "showline": False}
    figure = go.Figure(heat)
    if painted.ink:
        for line in plot.lines:
            figure.add_scatter(
                x=line[:, 0], y=line[:, 1], mode="lines", line={"color": "black"}, showlegend=False
            )
        for at_x, at_y, text in plot.texts:
            figure.add_annotation(x=at_x, y=at_y, text=text, showarrow=False)
    figure.update_layout(
        template=template,
        width=plot.size[0],
        height=plot.size[1],
        margin={
            "l": left,
            "t": top,
            "r": plot.size[0] - right,
            "b": plot.size[1] - bottom,
            "autoexpand": False,
        },
        title=plot.title if painted.ink else "",
        xaxis={
            **axis,
            "range": list(plot.x_limits),
            "tickvals": list(plot.x_ticks),
            "ticktext": [plot.text(v) for v in plot.x_ticks],
            "title": plot.x_label if painted.ink else "",
        },
        yaxis={
            **axis,
            "range": list(plot.y_limits),
            "tickvals": list(plot.y_ticks),
            "ticktext": [plot.text(v) for v in plot.y_ticks],
            "title": plot.y_label if painted.ink else "",
        },
    )
    if painted.palette is GREY:
        figure.update_layout(paper_bgcolor="white", plot_bgcolor="white")
    return figure


def bokeh_heat_map(plot: Plot) -> DrawnFigure:
    """Draw cells by bokeh's ``image()``."""

    def paint(plot: Plot, painted: Painted) -> np.ndarray:
        from bokeh.embed import file_html
        from bokeh.resources import INLINE

        html = file_html(_bokeh_figure(plot, painted), INLINE, "figure")
        body = "<style>html,body{margin:0!important;padding:0!important;overflow:hidden}</style>"
        return _photograph(html.replace("<head>", "<head>" + body), plot.size)

    return draw(plot, paint, "bokeh", measure=True, measure_bar=plot.bar is not None)


def _bokeh_figure(plot: Plot, painted: Painted) -> Any:
    from bokeh.models import ColorBar, FixedTicker, LinearColorMapper, LogColorMapper
    from bokeh.plotting import figure

    colors = ["#" + bytes(color.tolist()).hex() for color in painted.palette]
    mapper_class = LogColorMapper if painted.log else LinearColorMapper
    mapper = mapper_class(
        palette=colors, low=painted.limits[0], high=painted.limits[1], nan_color=CLEAR
    )
    (x0, x1), (y0, y1) = plot.x_limits, plot.y_limits
    drawn = figure(
        width=plot.size[0],
        height=plot.size[1],
        x_range=plot.x_limits,
        y_range=plot.y_limits,
        toolbar_location=None,
        title=plot.title or None,
        x_axis_label=plot.x_label or None,
        y_axis_label=plot.y_label or None,
        min_border=20,
    )
    drawn.grid.visible = False
    z = painted.z if y1 > y0 else painted.z[::-1]
    drawn.image(
        image=[z],
        x=min(x0, x1),
        y=min(y0, y1),
        dw=abs(x1 - x0),
        dh=abs(y1 - y0),
        color_mapper=mapper,
    )
    drawn.xaxis.ticker = FixedTicker(ticks=list(plot.x_ticks))
    drawn.yaxis.ticker = FixedTicker(ticks=list(plot.y_ticks))
    if plot.bar is not None:
        # the bar of a number drawing must keep its place but not its range
        bar_class = LogColorMapper if plot.log else LinearColorMapper
        bar_mapper = bar_class(
            palette=["#" + bytes(c.tolist()).hex() for c in plot.palette],
            low=plot.vmin,
            high=plot.vmax,
        )
        bar = ColorBar(
            color_mapper=bar_mapper,
            ticker=FixedTicker(ticks=list(plot.bar_ticks)),
            title=plot.bar_label or None,
        )
        drawn.add_layout(bar, "below" if plot.horizontal else "right")
    for line in plot.lines if painted.ink else ():
        drawn.line(line[:, 0], line[:, 1], line_color="black", line_width=2)
    if not painted.ink:
        drawn.outline_line_color = None
        for axis in (*drawn.xaxis, *drawn.yaxis):
            axis.axis_line_color = axis.major_tick_line_color = axis.minor_tick_line_color = None
            axis.major_label_text_color = axis.axis_label_text_color = CLEAR
        if plot.bar is not None:
            bar.visible = True
            bar.bar_line_color = bar.major_label_text_color = CLEAR
            bar.scale_alpha = 0.0
    return drawn


def _chromium() -> str | None:
    for name in ("chromium", "chromium-browser", "google-chrome", "chrome"):
        if shutil.which(name):
            return name
    return None


def _photograph(html: str, size: tuple[int, int]) -> np.ndarray:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "page.html").write_text(html)
        command = [
            _chromium() or "chromium",
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            "--force-color-profile=srgb",
            "--force-device-scale-factor=1",
            "--virtual-time-budget=4000",
            f"--user-data-dir={folder / 'profile'}",
            f"--window-size={size[0]},{size[1]}",
            f"--screenshot={folder / 'out.png'}",
            (folder / "page.html").as_uri(),
        ]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        image = np.asarray(Image.open(folder / "out.png").convert("RGB"))
        return image[: size[1], : size[0]]
