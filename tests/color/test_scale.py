from __future__ import annotations

import numpy as np
import pytest

from napari_image2data import ColorScale
from napari_image2data.errors import ScaleError

RAMP = np.linspace(0, 1, 5)[:, None] * np.ones(3)


def test_bins_of_a_named_map_stand_for_their_middles() -> None:
    scale = ColorScale.from_name("viridis", vmin=0, vmax=256)
    np.testing.assert_allclose(scale.values, np.arange(256) + 0.5)
    np.testing.assert_allclose(scale.positions, (np.arange(256) + 0.5) / 256)


def test_a_scale_may_run_downward() -> None:
    scale = ColorScale.from_name("viridis", vmin=5, vmax=-5)
    assert scale.values[0] > scale.values[-1]
    assert scale.to_position(5) == 0


def test_a_qualitative_map_is_discrete() -> None:
    scale = ColorScale.from_name("tab10", 0, 10)
    assert scale.discrete
    np.testing.assert_allclose(scale.values, np.arange(10) + 0.5)
    np.testing.assert_array_equal(scale.to_color(3.9), scale.colors[3])


@pytest.mark.parametrize("name", ["twilight", "hsv", "cmocean:phase"])
def test_cyclic_maps_close(name: str) -> None:
    assert ColorScale.from_name(name, 0, 1).cyclic


@pytest.mark.parametrize("name", ["viridis", "gray", "jet", "coolwarm", "prism"])
def test_other_maps_do_not(name: str) -> None:
    assert not ColorScale.from_name(name, 0, 1).cyclic


def test_reversing_keeps_the_values_and_swaps_the_extremes() -> None:
    scale = ColorScale.from_name("magma", 1, 100, norm="log", under=(1, 0, 0))
    turned = scale.reversed()
    np.testing.assert_allclose(turned.values, scale.values)
    np.testing.assert_array_equal(turned.colors, scale.colors[::-1])
    np.testing.assert_array_equal(turned.over, scale.under)
    assert turned.name == "bids:magma_r"
    assert turned.reversed().name == "bids:magma"


def test_colors_between_and_beyond() -> None:
    scale = ColorScale.from_colors(RAMP, [0, 1, 2, 3, 4], over=(1, 0, 0))
    color = scale.to_color([0.5, -1, 9, np.nan])
    np.testing.assert_allclose(color[:3], [[0.125] * 3, [0, 0, 0], [1, 0, 0]])
    assert np.isnan(color[3]).all()


def test_arrays_of_a_scale_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        ColorScale.from_name("gray", 0, 1).colors[0] = 1


@pytest.mark.parametrize(
    ("colors", "values", "options", "sentence"),
    [
        (np.empty((0, 3)), [], {}, "N >= 2"),
        (RAMP[:, 0], range(5), {}, "N >= 2"),
        (["red", "white"], [0, 1], {}, "three numbers"),
        ([[0, 0, 0], [1, 1]], [0, 1], {}, "three numbers"),
        (RAMP * np.nan, range(5), {}, "finite"),
        (RAMP * 255, range(5), {}, "divide"),
        (RAMP * 0, range(5), {}, "the same"),
        (RAMP, [0, 1, 2, 2, 3], {}, "strictly"),
        (RAMP, [0, 1, 3, 2, 4], {}, "strictly"),
        (RAMP, [0, 1, 2, 3], {}, "one value a colour"),
        (RAMP, [0, 1, 2, 3, np.inf], {}, "finite"),
        (RAMP, range(5), {"norm": "log"}, "above zero"),
        (RAMP, range(5), {"norm": "sqrt"}, "'linear' or 'log'"),
        (RAMP, range(5), {"under": (1, 2)}, "under colour"),
    ],
)
def test_colors_that_make_no_scale_are_refused(colors, values, options, sentence: str) -> None:
    with pytest.raises(ScaleError, match=sentence):
        ColorScale.from_colors(colors, list(values), **options)


@pytest.mark.parametrize(
    ("vmin", "vmax", "norm"),
    [
        (1, 1, "linear"),
        (0, np.nan, "linear"),
        (None, 1, "linear"),
        ("0", 1, "linear"),
        (0, 1, "log"),
        (0, 1e39, "linear"),
        (0, 1e-40, "linear"),
        (1e9, 1e9 + 100, "linear"),
    ],
)
def test_ends_that_make_no_scale_are_refused(vmin: float, vmax: float, norm) -> None:
    with pytest.raises(ScaleError):
        ColorScale.from_name("viridis", vmin, vmax, norm=norm)
