"""The pixels of triangles against their definition, and sums over runs."""

from __future__ import annotations

import numpy as np
import pytest

from napari_image2data.reduce.mesh import Mesh, Runs

SHAPE = (17, 23)


def points(kind: str, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    places = rng.random((12, 2)) * (20, 26) - 1.5
    if kind == "whole":
        places = places.round()
    elif kind == "quarters, one row of three":
        places = (4 * places).round() / 4
        places[:3, 0] = 5.0
    return np.unique(places, axis=0)


@pytest.mark.parametrize("step", [1, 2, 5])
@pytest.mark.parametrize("kind", ["whole", "broken", "quarters, one row of three"])
def test_a_triangle_has_the_pixels_whose_weights_are_not_negative(kind: str, step: int) -> None:
    places = points(kind, 3)
    mesh = Mesh(places[:, 0], places[:, 1], SHAPE, step=step)
    lines = [np.unique(np.append(np.arange(0, n, step), n - 1)) for n in SHAPE]
    y, x = (axis.ravel() for axis in np.meshgrid(*lines, indexing="ij"))
    for number, corners in enumerate(mesh.triangles):
        system = np.vstack([places[corners].T, np.ones(3)])
        if abs(np.linalg.det(system)) < 1e-6:
            continue
        weights = np.linalg.solve(system, np.vstack([y, x, np.ones(len(y))]))
        inside = (weights > -1e-9).all(axis=0)
        found = mesh.pixel[mesh.px_triangle == number]
        assert mesh.counts[number] == len(found)
        np.testing.assert_array_equal(found, y[inside] * SHAPE[1] + x[inside])
    np.testing.assert_array_equal(mesh.pixel, mesh.px_row * SHAPE[1] + mesh.px_col)
    assert (np.diff(mesh.px_triangle) >= 0).all()


@pytest.mark.parametrize("groups", [3, 500])
def test_sums_of_runs_are_those_of_their_groups(groups: int) -> None:
    rng = np.random.default_rng(0)
    group = np.sort(rng.choice(groups, 600))
    group = group[group != 1]  # a group without entries
    amount = rng.normal(size=len(group))
    expected = [amount[group == one].sum() for one in range(groups)]
    np.testing.assert_allclose(Runs(group, groups).sums(amount), expected, atol=1e-12)
