from __future__ import annotations

import matplotlib
import numpy as np
import pytest

from napari_image2data.color.catalog import colormap_names, colormap_table, is_qualitative
from napari_image2data.errors import ScaleError

# the catalogue's gist_stern is Yorick's original; matplotlib's has one stop elsewhere
EXCEPTIONS = {"gist_stern", "gist_stern_r"}


@pytest.mark.parametrize("name", sorted(set(matplotlib.colormaps) - EXCEPTIONS))
def test_every_matplotlib_map_is_there_with_its_colors(name: str) -> None:
    theirs = matplotlib.colormaps[name]
    ours, _ = colormap_table(name, theirs.N)
    np.testing.assert_allclose(ours, theirs(np.arange(theirs.N))[:, :3], atol=2 / 255)


def test_the_one_exception_is_still_one() -> None:
    theirs = matplotlib.colormaps["gist_stern"](np.arange(256))[:, :3]
    ours, name = colormap_table("gist_stern")
    assert name == "yorick:stern"
    assert np.abs(ours - theirs).max() > 2 / 255


def test_a_qualitative_map_keeps_its_own_number_of_colors() -> None:
    colors, _ = colormap_table("tab10")
    assert len(colors) == 10
    assert is_qualitative("tab10")
    assert not is_qualitative("viridis")


def test_a_reversed_name_reverses_the_table() -> None:
    forward, _ = colormap_table("magma")
    backward, name = colormap_table("magma_r")
    np.testing.assert_allclose(backward, forward[::-1], atol=1e-9)
    assert name.endswith("_r")


@pytest.mark.parametrize(("wrong", "hint"), [("virids", "viridis"), ("Jet2_r", "_r")])
def test_an_unknown_name_suggests_near_ones(wrong: str, hint: str) -> None:
    with pytest.raises(ScaleError, match=hint):
        colormap_table(wrong)


def test_a_name_like_nothing_says_where_to_look() -> None:
    with pytest.raises(ScaleError, match="colormap_names"):
        colormap_table("##########")


def test_names_come_sorted_and_plenty() -> None:
    names = colormap_names()
    assert list(names) == sorted(names)
    assert len(names) > 500


def test_an_ambiguous_short_name_logs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    colormap_table("RdBu")
    assert not caplog.records
