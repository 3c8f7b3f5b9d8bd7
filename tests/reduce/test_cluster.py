"""Clusters against scikit-learn's DBSCAN, whose labels they must equal."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.cluster import DBSCAN

import napari_image2data as i2d
from napari_image2data.reduce import cluster as cluster_module

# Spacings and radii that are exact in binary: a pixel at eps exactly is then the same for both.
eighths = st.integers(1, 24).map(lambda n: n / 8)


@settings(max_examples=150, deadline=None)
@given(
    mask=arrays(bool, st.tuples(st.integers(1, 18), st.integers(1, 18))),
    eps=st.integers(1, 64).map(lambda n: n / 8),
    min_samples=st.integers(1, 12),
    spacing=st.tuples(eighths, eighths),
)
def test_labels_equal_those_of_scikit_learn(
    mask: np.ndarray, eps: float, min_samples: int, spacing: tuple[float, float]
) -> None:
    if not mask.any():
        return
    labels = i2d.cluster(mask, eps=eps, min_samples=min_samples, spacing=spacing)
    points = np.argwhere(mask) * np.array(spacing)
    expected = DBSCAN(eps=eps, min_samples=min_samples).fit_predict(points) + 1
    np.testing.assert_array_equal(labels[mask], expected)
    assert not labels[~mask].any()


@pytest.mark.parametrize("share", [0.05, 0.3, 0.6])
@pytest.mark.parametrize(("eps", "min_samples"), [(1, 3), (2.5, 6), (10, 40)])
def test_larger_random_masks(share: float, eps: float, min_samples: int) -> None:
    mask = np.random.default_rng(5).random((70, 90)) < share
    labels = i2d.cluster(mask, eps=eps, min_samples=min_samples)
    expected = DBSCAN(eps=eps, min_samples=min_samples).fit_predict(np.argwhere(mask)) + 1
    np.testing.assert_array_equal(labels[mask], expected)


def test_a_gap_of_eps_is_bridged_and_a_wider_one_is_not() -> None:
    mask = np.array([[1, 0, 0, 1, 0, 0, 0, 1]], bool)
    np.testing.assert_array_equal(
        i2d.cluster(mask, eps=3, min_samples=1), [[1, 0, 0, 1, 0, 0, 0, 2]]
    )


def test_values_keep_plateaus_apart() -> None:
    values = np.repeat([[0.0, 0.0, 0.0, 1.0, 1.0, 1.0]], 3, axis=0)
    mask = np.ones(values.shape, bool)
    assert i2d.cluster(mask, eps=1.5, min_samples=3).max() == 1
    labels = i2d.cluster(mask, eps=1.5, min_samples=3, values=values, value_eps=0.1)
    np.testing.assert_array_equal(labels, values + 1)


def test_a_kept_pixel_without_a_value_has_no_cluster() -> None:
    values = np.zeros((3, 3))
    values[1, 1] = np.nan
    labels = i2d.cluster(np.ones((3, 3), bool), eps=1.5, min_samples=2, values=values)
    assert labels[1, 1] == 0
    assert (labels == 1).sum() == 8


@pytest.mark.parametrize("method", ["dbscan", "hdbscan"])
def test_scattered_points_in_two_heaps(method: str) -> None:
    rng = np.random.default_rng(0)
    points = np.vstack([rng.normal(0, 0.1, (30, 2)), rng.normal(9, 0.1, (30, 2)), [[np.nan, 0]]])
    eps = 1.0 if method == "dbscan" else None
    labels = i2d.cluster_points(points, eps=eps, min_samples=5, method=method)
    assert labels[-1] == 0
    assert len(set(labels[:30])) == len(set(labels[30:60])) == 1
    assert labels[0] != labels[30]
    assert min(labels[0], labels[30]) > 0


def test_many_points_off_the_grid_are_warned_about(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_module, "MANY_POINTS", 10)
    with pytest.warns(UserWarning, match="16 points off the pixel grid"):
        i2d.cluster(np.ones((4, 4), bool), eps=1, min_samples=2, values=np.zeros((4, 4)))


@pytest.mark.parametrize(
    ("mask", "options", "sentence"),
    [
        (np.zeros((3, 3), bool), {}, "keeps no pixel"),
        (np.ones((3, 3), bool), {"eps": 0}, "eps is 0"),
        (np.ones((3, 3), bool), {"eps": float("nan")}, "eps is nan"),
        (np.ones((3, 3), bool), {"eps": -1}, "eps is -1"),
        (np.ones((3, 3), bool), {"min_samples": 0}, "min_samples is 0"),
        (np.ones((3, 3), bool), {"spacing": (0, 1)}, "spacing"),
        (np.ones(3, bool), {}, "2-D"),
        (np.ones((3, 3), bool), {"values": np.ones((2, 2))}, "must be the same"),
        (np.ones((3, 3), bool), {"values": np.full((3, 3), np.nan)}, "Every kept pixel is NaN"),
    ],
)
def test_bad_input_is_one_sentence(mask: np.ndarray, options: dict, sentence: str) -> None:
    with pytest.raises(i2d.Image2DataError, match=sentence):
        i2d.cluster(mask, **({"eps": 1.5, "min_samples": 2} | options))
