"""What a reduction cannot use is one sentence that says what to change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import napari_image2data as i2d

if TYPE_CHECKING:
    from collections.abc import Callable

NAN, INF = float("nan"), float("inf")
RAMP = np.add.outer(np.arange(12.0), np.arange(15.0))
MASK = np.ones(RAMP.shape, bool)
LABELS = np.ones(RAMP.shape, int)
POINTS = pd.DataFrame({"row": [0, 0, 9, 9], "col": [0, 9, 0, 9], "value": [1.0, 2, 3, 4]})

FIELDS = {
    "empty": (np.zeros((0, 0)), "shape"),
    "one row": (np.ones((1, 9)), "at least 2 x 2"),
    "a stack": (np.ones((2, 5, 5)), "one frame"),
    "words": (np.array([["a", "b"], ["c", "d"]]), "real numbers"),
    "complex": (np.ones((4, 4)) * 1j, "real numbers"),
    "ragged": ([[1.0, 2.0], [3.0]], "rows of one length"),
    "huge": (RAMP * 1e300, "divide it by a constant"),
    "tiny": (RAMP * 1e-50, "divide it by a constant"),
    "nothing": (None, "shape"),
}
TAKING_A_FIELD: dict[str, Callable[[Any], Any]] = {
    "gradient_mask": lambda field: i2d.gradient_mask(field),
    "centroids": lambda field: i2d.centroids(LABELS, field),
    "reduce_adaptive": lambda field: i2d.reduce_adaptive(field, tolerance=0.1),
    "reduction_curve": lambda field: i2d.reduction_curve(field),
    "find_nodes": lambda field: i2d.find_nodes(field),
    "compare": lambda field: i2d.compare(field, field),
}


@pytest.mark.parametrize("function", TAKING_A_FIELD)
@pytest.mark.parametrize("kind", FIELDS)
def test_fields_that_do_not_do(function: str, kind: str) -> None:
    field, sentence = FIELDS[kind]
    with pytest.raises(i2d.Image2DataError, match=sentence):
        TAKING_A_FIELD[function](field)


NO_NUMBERS = [NAN, -1, "a", None, np.array([1, 2])]
TAKING_A_NUMBER: dict[str, Callable[[Any], Any]] = {
    "eps": lambda n: i2d.cluster(MASK, eps=n, min_samples=2),
    "min_samples": lambda n: i2d.cluster(MASK, eps=1, min_samples=n),
    "min_samples ": lambda n: i2d.cluster_points(np.eye(3), eps=1, min_samples=n),
    "eps ": lambda n: i2d.cluster_points(np.eye(3), eps=n),
    "spacing": lambda n: i2d.cluster(MASK, eps=1, min_samples=2, spacing=(n, 1)),
    "spacing ": lambda n: i2d.reconstruct(POINTS, (9, 9), spacing=(n, 1)),
    "gradient tolerance": lambda n: i2d.gradient_mask(RAMP, tolerance=n),
    "n_points": lambda n: i2d.reduction_curve(RAMP, n_points=[n]),
    "neighbors": lambda n: i2d.reconstruct(POINTS, (9, 9), method="rbf", neighbors=n),
    "shape": lambda n: i2d.reconstruct(POINTS, (n, 9)),
    "shape ": lambda n: i2d.inside_hull(POINTS, n),
}


@pytest.mark.parametrize("name", TAKING_A_NUMBER)
@pytest.mark.parametrize("given", NO_NUMBERS, ids=repr)
def test_numbers_that_do_not_do(name: str, given: Any) -> None:
    if name == "shape " and np.ndim(given):
        given = np.array([1, 2, 3])
    with pytest.raises(i2d.Image2DataError, match=rf"{name.strip()}.*(is|shape).*; give"):
        TAKING_A_NUMBER[name](given)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: i2d.reduce_adaptive(RAMP, n_points=NAN), "n_points is nan; give a whole number"),
        (lambda: i2d.reduce_adaptive(RAMP, n_points=9.5), "n_points is 9.5; give a whole number"),
        (lambda: i2d.reduce_adaptive(RAMP, tolerance="a"), "tolerance is a; give an error"),
        (lambda: i2d.reduction_curve(RAMP, n_points=[]), "no number of points"),
        (lambda: i2d.reduction_curve(RAMP, norm="L1"), "norm 'L1' is unknown"),
        (lambda: i2d.cluster(MASK, eps=INF, min_samples=1), "eps is inf"),
        (
            lambda: i2d.cluster(MASK, eps=1, min_samples=1, values=RAMP, value_eps=1e-320),
            "give a larger one",
        ),
        (lambda: i2d.cluster(np.where(RAMP > 3, 1, NAN), eps=1, min_samples=1), "holds NaN"),
        (lambda: i2d.cluster_points(np.eye(3), method="hdbscan"), "5 points and there are 3"),
        (lambda: i2d.cluster_points(np.eye(9) * 1e300, method="hdbscan"), "overflow"),
        (lambda: i2d.cluster_points(np.zeros((3, 0)), eps=1), "shape"),
        (lambda: i2d.cluster_points(np.eye(3), eps=1, method="k"), "method 'k' is unknown"),
        (lambda: i2d.cluster(RAMP < 0, eps=1, min_samples=1), "raise the gradient tolerance"),
        (lambda: i2d.gradient_mask(RAMP, sigma="a"), "sigma must be"),
        (lambda: i2d.gradient_mask(RAMP, sigma=[1, 2]), "one number or one for every pixel"),
        (lambda: i2d.reconstruct([[1, 2, 3]], (9, 9)), "give a table"),
        (lambda: i2d.reconstruct(POINTS.astype(str) + "a", (9, 9)), "column 'row' must be"),
        (lambda: i2d.reconstruct(POINTS, (9, 9), outside="zero"), "'zero' is unknown"),
        (lambda: i2d.reconstruct(POINTS, (9, 9), mask=MASK), "must be the same"),
        (lambda: i2d.reconstruct(POINTS, (10**9, 10**9)), "is no picture"),
        (lambda: i2d.compare(RAMP, RAMP + 1, data_range=-1), "data_range is -1; give"),
    ],
)
def test_one_sentence_says_what_to_change(call: Callable[[], Any], sentence: str) -> None:
    with pytest.raises(i2d.Image2DataError, match=sentence) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_what_is_infinite_or_masked_counts_as_unknown() -> None:
    odd = RAMP.copy()
    odd[3, 4] = INF
    hidden = np.ma.masked_equal(RAMP, RAMP[3, 4])
    for field in (odd, hidden):
        mask = i2d.gradient_mask(field, tolerance=2)
        assert mask.any()
        assert not mask[3, 4]
        points = i2d.reduce_adaptive(field, tolerance=1e-3)
        report = i2d.compare(field, i2d.reconstruct(points, RAMP.shape))
        assert report.rmse <= 1e-3
        assert report.pixels < RAMP.size
    sigma = np.where(RAMP < 5, INF, 0.1)
    assert not i2d.gradient_mask(RAMP, tolerance=0, sigma=sigma).any()


def test_more_points_than_pixels_are_as_many_as_are_of_use() -> None:
    field = np.random.default_rng(1).random((6, 7))
    points = i2d.reduce_adaptive(field, n_points=10**30)
    assert len(points) <= field.size
    assert i2d.compare(field, i2d.reconstruct(points, field.shape)).rmse < 1e-3
    assert len(i2d.reduction_curve(field, n_points=12)) == 1


def test_steps_everywhere_and_one_plateau() -> None:
    assert not i2d.gradient_mask(RAMP).any()
    flat = i2d.gradient_mask(np.ones((5, 6)))
    assert flat.all()
    assert i2d.cluster(flat, eps=1, min_samples=3).max() == 1
