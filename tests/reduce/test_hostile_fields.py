"""Fields that nobody draws: every promise of a reduction holds, or one sentence says why not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

import napari_image2data as i2d


def noise(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    return rng.normal(size=shape)


def blocks(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    down, across = rng.integers(1, 6, 2)
    coarse = rng.normal(size=(-(-shape[0] // down), -(-shape[1] // across)))
    return np.kron(coarse, np.ones((down, across)))[: shape[0], : shape[1]]


KINDS = {
    "noise": noise,
    "cells": blocks,
    "smooth": lambda rng, shape: gaussian_filter(rng.normal(size=shape), 2),
    "streaks": lambda rng, shape: gaussian_filter(rng.normal(size=shape), (1, 6)),
    "one value": lambda rng, shape: np.full(shape, rng.normal()),
    "two values": lambda rng, shape: rng.integers(0, 2, shape).astype(float),
    "chessboard": lambda rng, shape: np.indices(shape).sum(axis=0) % 2.0,
    "ramp": lambda rng, shape: np.add.outer(*(np.arange(n) * rng.normal() for n in shape)),
    "far from zero": lambda rng, shape: 1e9 + 200 * rng.normal(size=shape),
    "huge": lambda rng, shape: 1e30 * rng.normal(size=shape),
    "tiny": lambda rng, shape: 1e-30 * rng.normal(size=shape),
    "lone spike": lambda rng, shape: 1e6 * np.eye(*shape, int(rng.integers(-2, 3))),
}


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    kind=st.sampled_from(sorted(KINDS)),
    shape=st.tuples(st.integers(2, 24), st.integers(2, 24)),
    seed=st.integers(0, 1000),
    holes=st.sampled_from([0.0, 0.0, 0.3, 0.9]),
    norm=st.sampled_from(["rmse", "max"]),
    method=st.sampled_from(["auto", "auto", "linear", "nearest"]),
    fit=st.booleans(),
    aim=st.sampled_from(
        [("tolerance", s) for s in (0.0, 1e-6, 0.01, 0.1, 0.5)]
        + [("n_points", n) for n in (3, 4, 9, 30, 10**7)]
    ),
)
def test_a_reduction_keeps_its_word(
    kind: str,
    shape: tuple[int, int],
    seed: int,
    holes: float,
    norm: str,
    method: str,
    fit: bool,
    aim: tuple[str, float],
) -> None:
    rng = np.random.default_rng(seed)
    field = KINDS[kind](rng, shape).astype(np.float32)
    field[gaussian_filter(rng.random(shape), 0.7) < np.quantile(rng.random(99), holes) - 0.2] = (
        np.nan
    )
    clean = np.isfinite(field)
    options = {aim[0]: aim[1]}
    if aim[0] == "tolerance" and clean.any():
        options = {"tolerance": aim[1] * float(np.ptp(field[clean].astype(float)))}
    shares: list[float] = []
    try:
        points = i2d.reduce_adaptive(
            field, norm=norm, method=method, fit=fit, progress=shares.append, **options
        )
    except i2d.Image2DataError:
        return
    report = i2d.compare(field, i2d.reconstruct(points, shape), points=points)
    if "tolerance" in options:
        assert getattr(report, norm) <= options["tolerance"]
    else:
        assert len(points) <= options["n_points"]
    assert report.lost == 0
    assert np.isfinite(points["value"]).all()
    assert not points.duplicated(["row", "col"]).any()
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    # what the points say of themselves is what a comparison finds
    assert points["size"].sum() == clean.sum()
    square = np.sum(points["size"] * points["sigma"] ** 2) / clean.sum()
    scale = float(np.abs(field[clean]).max())
    assert square**0.5 == pytest.approx(report.rmse, rel=1e-3, abs=1e-6 * scale)


@pytest.mark.parametrize("norm", ["rmse", "max"])
def test_three_points_are_three(norm: str) -> None:
    y, x = np.indices((30, 40))
    plane = 0.5 * y + x
    points = i2d.reduce_adaptive(plane, n_points=3, norm=norm, method="linear", fit=False)
    assert len(points) == 3
    report = i2d.compare(plane, i2d.reconstruct(points, plane.shape), points=points)
    assert report.rmse_inside < 1e-5
