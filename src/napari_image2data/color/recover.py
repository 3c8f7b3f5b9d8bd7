"""A scale for a picture that no known colour map drew: its own colours, put in order.

In a smooth field neighbouring pixels have neighbouring values, so the colours that touch each other
in the picture are neighbours on the unknown map. The colours are the nodes of a graph, the pairs
that touch its edges; an edge costs the square of its colour distance, so that the cheapest way from
one colour to another follows the map in small steps and takes no short cut. The two colours that
are farthest apart on this graph are the map's ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_image2data.color.image import as_rgb
from napari_image2data.color.picture_colors import pack
from napari_image2data.color.scale import ColorScale
from napari_image2data.color.spaces import to_space
from napari_image2data.errors import ScaleError

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_LONGEST_STEP = 40.0
_OTHER_SIDE = 25.0
_CELL = 8
_FAST = 45.0  # levels within 3 x 3 pixels: less is no edge
_THIN = 16  # levels that a thin stroke stands out at least
_STROKE = 7  # pixels: what is wider is no stroke
_RINGING = 4  # pixels around ink that JPEG disturbs
_MOST_DISTURBED = 0.7
_N_PARTS = 64
_PACE = 0.6
_SPACES = ("rgb", "luma-chroma", "oklab")


def recover_scale(
    image: np.ndarray, *, vmin: float = 0.0, vmax: float = 1.0, n_colors: int = 256
) -> ColorScale:
    """Order the colours of a picture into a scale.

    Parameters
    ----------
    image : (H, W), (H, W, 3) or (H, W, 4) ndarray
        The plot area of a picture of a mostly smooth field.
    vmin, vmax : float
        Values to give to the two ends.
    n_colors : int
        Length of the scale's table.

    Returns
    -------
    ColorScale
        Without a name. The order of the colours is the picture's; how far apart they lie is an
        estimate (from the length of their path and from how fast the picture runs through it), so
        values are right up to a monotonic function. The direction does not show in a picture: by
        convention the scale runs from dark to light or, where its ends are alike in lightness,
        from the bluer to the redder end.

    Raises
    ------
    ImageError
        When the array is not a picture.
    ScaleError
        When the picture has fewer than three colours that touch.

    Notes
    -----
    Seriation of colours by geodesic distance; compare isomap (Tenenbaum, de Silva and Langford,
    Science 290:2319, 2000), with pixel adjacency in place of nearest neighbours.

    Examples
    --------
    >>> from napari_image2data.color.scale import ColorScale
    >>> jet = ColorScale.from_name("jet", vmin=0, vmax=1).colors
    >>> picture = jet[np.add.outer(np.arange(100), np.arange(156))]
    >>> found = recover_scale(picture).colors
    >>> bool(abs(found - jet).mean() < 0.05)
    True
    """
    every_color, labels = _nodes(as_rgb(image)[0])
    graph, weights = _touching(labels, every_color)
    kept, graph = _main_part(graph, weights)
    if len(kept) < 3:
        raise ScaleError("The picture has too few colours that touch, so they give no order.")
    colors, weights = every_color[kept], weights[kept]
    path = _longest_way(graph)
    back = _way_back(graph, colors, weights, path)
    curve = _evened(colors[np.append(path, back[1:-1])].astype(float))
    along = _lengths(curve)
    along = _paced(labels, every_color, curve, along)
    at = np.linspace(0, 1, n_colors)
    table = np.stack([np.interp(at, along, curve[:, i]) for i in range(3)], axis=1) / 255
    if _runs_backward(table):
        table = table[::-1]
    position = (np.arange(n_colors) + 0.5) / n_colors
    return ColorScale.from_colors(
        table.clip(0, 1), vmin + position * (vmax - vmin), vmin=vmin, vmax=vmax
    )


def _disturbed(rgb: np.ndarray, reach: int) -> np.ndarray:
    """Thin strokes, sharp edges, and what lies around them: ink.

    The antialiased rims of ink, and the ringing of JPEG, hold the colours between ink and data;
    they would bridge the map. Nothing is taken out of a picture that consists of edges.
    """
    from scipy.ndimage import grey_closing, grey_opening, maximum_filter, minimum_filter

    block, wide = (3, 3, 1), (_STROKE, _STROKE, 1)
    change = (maximum_filter(rgb, block) - minimum_filter(rgb, block)).max(axis=2)
    fast = change > max(_FAST, 4.0 * float(np.percentile(change, 60)))
    fast |= (grey_closing(rgb, wide) - rgb).max(axis=2) > _THIN
    fast |= (rgb - grey_opening(rgb, wide)).max(axis=2) > _THIN
    for size in (2 * reach + 1, 3):
        around = np.asarray(maximum_filter(fast, size))
        if around.mean() <= _MOST_DISTURBED:
            return around
    return np.zeros_like(fast)


def _nodes(rgb: np.ndarray, *, most: int = 1200) -> tuple[np.ndarray, np.ndarray]:
    """Colours that occur often (K, 3) and its pixels or blocks as their numbers, or -1."""
    from scipy.ndimage import uniform_filter

    codes, pixels, count = np.unique(pack(rgb), return_inverse=True, return_counts=True)
    as_drawn = np.sort(count)[::-1][:400].sum() >= 0.98 * count.sum()
    clean = ~_disturbed(rgb, 3 if as_drawn else _RINGING)
    if as_drawn:
        count = np.bincount(np.asarray(pixels).reshape(clean.shape)[clean], minlength=len(codes))
        colors = np.stack([codes >> 16, codes >> 8 & 255, codes & 255], axis=1).astype(np.float32)
        often = count >= max(3, 2e-5 * rgb.shape[0] * rgb.shape[1])
        labels = np.asarray(pixels).reshape(clean.shape)
    else:
        mean = uniform_filter(rgb.astype(np.float32), (3, 3, 1), mode="nearest")[1::2, 1::2]
        clean = clean[1::2, 1::2]
        codes, cells = np.unique(pack(mean // _CELL), return_inverse=True)
        labels = np.asarray(cells).reshape(clean.shape)
        count = np.bincount(labels[clean], minlength=len(codes))
        total = [np.bincount(labels[clean], mean[..., i][clean], len(codes)) for i in range(3)]
        colors = (np.stack(total, axis=1) / np.maximum(count, 1)[:, None]).astype(np.float32)
        often = count >= 3
    if often.sum() > most:
        often &= count >= np.sort(count)[-most]
    number = np.where(often, np.cumsum(often) - 1, -1)
    return colors[often], np.where(clean, number[labels], -1)


def _touching(labels: np.ndarray, colors: np.ndarray) -> tuple[csr_matrix, np.ndarray]:
    """Graph of colours that touch, an edge the square of their distance; pixels of each colour."""
    from scipy.sparse import coo_matrix

    first = np.concatenate([labels[:, :-1].ravel(), labels[:-1].ravel()])
    second = np.concatenate([labels[:, 1:].ravel(), labels[1:].ravel()])
    apart = (first != second) & (first >= 0) & (second >= 0)
    low, high = np.minimum(first, second)[apart], np.maximum(first, second)[apart]
    pair, count = np.unique(low.astype(np.int64) * len(colors) + high, return_counts=True)
    low, high = pair // len(colors), pair % len(colors)
    distance = np.linalg.norm(colors[low] - colors[high], axis=1)
    keep = distance <= _LONGEST_STEP
    cost = distance[keep] ** 2 * (1 + 3 / count[keep])
    shape = (len(colors), len(colors))
    graph = coo_matrix((cost, (low[keep], high[keep])), shape=shape).tocsr()
    weights = np.bincount(labels[labels >= 0], minlength=len(colors)).astype(float)
    return graph + graph.T, weights


def _main_part(graph: csr_matrix, weights: np.ndarray) -> tuple[np.ndarray, csr_matrix]:
    from scipy.sparse.csgraph import connected_components

    _, part = connected_components(graph, directed=False)
    size = np.bincount(part, (weights > 0) + 1e-9 * weights)
    kept = np.flatnonzero(part == size.argmax())
    return kept, graph[kept][:, kept]


def _longest_way(graph: csr_matrix) -> np.ndarray:
    """Nodes from one end of the graph to the other, along the cheapest way between them."""
    from scipy.sparse.csgraph import dijkstra

    start = 0
    for _ in range(3):
        cost, before = dijkstra(graph, indices=start, return_predecessors=True)
        end = int(cost.argmax())
        way = _trace(before, end)
        start = end
    return way


def _trace(before: np.ndarray, end: int) -> np.ndarray:
    way = [end]
    while before[way[-1]] >= 0:
        way.append(int(before[way[-1]]))
    return np.array(way[::-1])


def _way_back(
    graph: csr_matrix, colors: np.ndarray, weights: np.ndarray, path: np.ndarray
) -> np.ndarray:
    """The other side of a closed map: from the path's end back to its start; else empty."""
    from scipy.sparse.csgraph import dijkstra

    none = np.empty(0, int)
    away = np.sqrt(((colors[:, None] - colors[path][None]) ** 2).sum(axis=2).min(axis=1))
    if weights[away > _OTHER_SIDE].sum() < 0.1 * weights.sum():
        return none
    middle = path[len(path) // 8 : -len(path) // 8]
    close = np.sqrt(((colors[:, None] - colors[middle][None]) ** 2).sum(axis=2).min(axis=1))
    open_nodes = np.flatnonzero(close > _OTHER_SIDE / 2)
    if not {path[0], path[-1]} <= set(open_nodes.tolist()):
        return none
    number = {int(node): i for i, node in enumerate(open_nodes)}
    rest = graph[open_nodes][:, open_nodes]
    cost, before = dijkstra(rest, indices=number[int(path[-1])], return_predecessors=True)
    goal = number[int(path[0])]
    return open_nodes[_trace(before, goal)] if np.isfinite(cost[goal]) else none


def _lengths(curve: np.ndarray) -> np.ndarray:
    """Share of the way at each colour, 0..1: the mean over spaces, as maps are even in one each."""
    ways = []
    for space in _SPACES:
        step = np.linalg.norm(np.diff(to_space(curve, space), axis=0), axis=1)
        way = np.append(0.0, np.cumsum(step))
        ways.append(way / way[-1])
    return np.asarray(np.mean(ways, axis=0))


def _paced(
    labels: np.ndarray, colors: np.ndarray, curve: np.ndarray, along: np.ndarray
) -> np.ndarray:
    """Positions along the curve such that the field's slope depends less on its value.

    Where the colours of a picture change fast from pixel to pixel, the unknown map changes fast:
    in a stationary Gaussian field the size of the slope is independent of the value. Real fields
    obey that in part, so the correction is raised to a power below one.
    """
    from scipy.ndimage import gaussian_filter1d
    from scipy.spatial import cKDTree

    _, nearest = cKDTree(curve).query(colors)
    place = np.where(labels >= 0, along[nearest][labels], np.nan)
    down, right = (place[2:, 1:-1] - place[:-2, 1:-1], place[1:-1, 2:] - place[1:-1, :-2])
    slope = np.hypot(down, right)
    known = (slope < 0.2) & np.isfinite(
        place[1:-1, 1:-1]
    )  # not across an edge, not where a pixel has no place
    if known.sum() < 1000:
        return along
    part = np.minimum((place[1:-1, 1:-1][known] * _N_PARTS).astype(int), _N_PARTS - 1)
    count = np.bincount(part, minlength=_N_PARTS).astype(float)
    total = np.bincount(part, slope[known], minlength=_N_PARTS)
    mean = total.sum() / count.sum()
    speed = (gaussian_filter1d(total, 2) + 50 * mean) / (gaussian_filter1d(count, 2) + 50)
    paced = np.append(0.0, np.cumsum(speed**-_PACE))
    return np.asarray(np.interp(along, np.linspace(0, 1, _N_PARTS + 1), paced / paced[-1]))


def _evened(curve: np.ndarray) -> np.ndarray:
    """The path without the zigzag that noise and rounding put into it; ends stay."""
    from scipy.ndimage import gaussian_filter1d

    if len(curve) < 5:
        return curve
    smooth = gaussian_filter1d(curve, 1.0, axis=0, mode="nearest")
    smooth[[0, -1]] = curve[[0, -1]]
    return np.asarray(smooth)


def _runs_backward(table: np.ndarray) -> bool:
    ends = table[[0, -1]]
    light = ends @ np.array([0.299, 0.587, 0.114])
    if abs(light[1] - light[0]) > 0.2:
        return bool(light[1] < light[0])
    warm = ends[:, 0] - ends[:, 2]
    return bool(warm[1] < warm[0])
