from __future__ import annotations

import itertools

import numpy as np
import pytest

from napari_image2data import ColorScale
from napari_image2data.color.match import ColorCurve
from napari_image2data.color.spaces import to_space


def nearest_by_hand(curve_colors: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Index and distance of the nearest point on a polyline, one piece after the other."""
    best, index = np.full(len(points), np.inf), np.zeros(len(points))
    for k, (a, b) in enumerate(itertools.pairwise(curve_colors)):
        chord = b - a
        along = np.clip((points - a) @ chord / max(chord @ chord, 1e-12), 0, 1)
        away = np.linalg.norm(points - a - along[:, None] * chord, axis=1)
        closer = away < best
        best, index = np.where(closer, away, best), np.where(closer, k + along, index)
    return index, best


@pytest.mark.parametrize("metric", ["rgb", "luma-chroma"])
@pytest.mark.parametrize("name", ["viridis", "turbo", "gist_rainbow", "coolwarm"])
def test_the_nearest_point_of_the_whole_curve_is_found(name: str, metric: str) -> None:
    rng = np.random.default_rng(2)
    scale = ColorScale.from_name(name, 0, 1, n_colors=100)
    colors = rng.uniform(0, 255, (2000, 3))
    match = ColorCurve(scale, metric).match(colors)
    index, _ = nearest_by_hand(to_space(scale.colors * 255, metric), to_space(colors, metric))
    # ties between two branches may go either way
    assert (np.abs(match.index - index) < 1e-3).mean() > 0.999


@pytest.mark.parametrize("metric", ["auto", "rgb", "luma-chroma", "oklab", "cielab"])
def test_table_colors_are_their_bins_in_every_metric(metric: str) -> None:
    scale = ColorScale.from_name("viridis", 0, 256)
    for rounded in (np.rint(scale.colors * 255), np.floor(scale.colors * 255)):
        match = ColorCurve(scale, metric).match(rounded)
        assert np.abs(scale.to_value(match.position) - scale.values).mean() < 0.2


def test_halfway_between_black_and_white_is_half() -> None:
    scale = ColorScale.from_colors([[0, 0, 0], [1, 1, 1]], [0, 1])
    match = ColorCurve(scale).match(np.array([[127.5, 127.5, 127.5]]))
    assert match.position[0] == pytest.approx(0.5)
    five = ColorScale.from_colors(np.linspace(0, 1, 5)[:, None] * np.ones(3), np.linspace(0, 1, 5))
    assert ColorCurve(five).match(five.colors[2:3] * 255).position[0] == pytest.approx(0.5)


def test_a_curve_that_crosses_itself_names_the_rival() -> None:
    # a figure of eight in the red-green plane: its middle stands for two values
    t = np.linspace(0, 1, 200)
    colors = np.stack([0.5 + 0.4 * np.sin(2 * np.pi * t), 0.5 + 0.4 * np.sin(4 * np.pi * t), 0 * t])
    scale = ColorScale.from_colors(colors.T, t)
    match = ColorCurve(scale).match(np.array([[127.5, 127.5, 0]]))
    assert match.rival_distance[0] < 1
    assert abs(match.rival_position[0] - match.position[0]) > 0.4


def test_rivals_of_a_cyclic_scale_are_not_across_its_seam() -> None:
    scale = ColorScale.from_name("twilight", 0, 1)
    match = ColorCurve(scale).match(scale.colors[:1] * 255)
    gap = np.abs(match.rival_position - match.position)
    assert np.minimum(gap, 1 - gap)[0] > 0.02


def test_repeated_colors_stand_for_their_middle() -> None:
    colors = np.array([0, 0.2, 0.2, 0.2, 1.0])[:, None] * np.ones(3)
    scale = ColorScale.from_colors(colors, np.arange(5.0))
    assert ColorCurve(scale).match(np.array([[51, 51, 51]])).index[0] == 2


def test_a_picture_cut_down_to_8_bits_is_seen_through_a_rounded_table() -> None:
    real = ColorScale.from_name("viridis", 0, 256)
    table = ColorScale.from_colors(np.rint(real.colors * 255) / 255, real.values)
    match = ColorCurve(table).match(np.floor(real.colors * 255))
    plain = ColorScale.from_colors(table.colors, real.values, offsets=())
    without = ColorCurve(plain).match(np.floor(real.colors * 255))
    error = np.abs(table.to_value(match.position) - real.values).mean()
    assert error < 0.25
    assert error < 0.6 * np.abs(plain.to_value(without.position) - real.values).mean()


def test_classes_take_the_nearest_and_nothing_between() -> None:
    scale = ColorScale.from_name("tab10", 0, 10)
    rng = np.random.default_rng(3)
    noisy = scale.colors * 255 + rng.normal(0, 5, (10, 3))
    match = ColorCurve(scale, "rgb").match(noisy)
    np.testing.assert_array_equal(match.index, np.arange(10))
    gap = np.linalg.norm(noisy[:, None] - scale.colors[None] * 255, axis=2)
    np.testing.assert_allclose(match.rival_distance, np.sort(gap, axis=1)[:, 1])
