import numpy as np
import pytest
from matplotlib import colors

from napari_image2data.figure.curved import fit_curve

LENGTH, BEGIN = 260.0, 100.0


def drawn(norm, values, noise=0.4, seed=0):
    """Pixels where a bar with this norm, rising to the right, prints its numbers."""
    share = np.array([float(norm(v)) for v in values])
    wobble = np.random.default_rng(seed).uniform(-noise, noise, len(values))
    return BEGIN + LENGTH * share + wobble


@pytest.mark.parametrize(
    ("family", "norm", "values"),
    [
        ("power", colors.PowerNorm(0.5, 0, 10), [0, 2, 4, 6, 8, 10]),
        ("power", colors.PowerNorm(2, 1.3, 11), [2, 4, 6, 8, 10]),
        ("two-slope", colors.TwoSlopeNorm(0, -200, 1000), [-200, -100, 0, 200, 400, 800]),
        (
            "symlog",
            colors.SymLogNorm(1, vmin=-1000, vmax=1000, base=10),
            [-1000, -100, -10, -1, 0, 1, 10, 100, 1000],
        ),
    ],
)
def test_the_norm_is_found_from_the_labels_alone(family, norm, values):
    curve = fit_curve(drawn(norm, values), values, BEGIN, BEGIN + LENGTH)
    assert curve.family == family
    between = np.linspace(0.02, 0.98, 40)
    found = curve.axis.to_value(BEGIN + LENGTH * between)
    # compared in the norm itself: half a pixel is 0.2 % of the bar
    np.testing.assert_allclose([float(norm(v)) for v in found], between, atol=0.006)


def test_a_bar_that_falls_is_the_same_curve_mirrored():
    norm, values = colors.PowerNorm(0.5, 0, 8), [0, 2, 4, 6, 8]
    pixels = 2 * BEGIN + LENGTH - drawn(norm, values)
    curve = fit_curve(pixels[::-1], values[::-1], BEGIN, BEGIN + LENGTH)
    ends = curve.axis.to_value(np.array([BEGIN, BEGIN + LENGTH]))
    np.testing.assert_allclose(ends, [8, 0], atol=0.04)


def test_numbers_in_no_order_that_a_norm_gives_are_refused():
    assert fit_curve([0, 60, 90, 200, 230], [0, 1, 5, 6, 30], 0, 260) is None
    assert fit_curve([0, 100, 200], [0, 1, 4], 0, 200) is None
