"""The table of goals prints what it says it prints."""

import numpy as np
import pytest
from benchmarks.goals import Row, inked, plain_values
from benchmarks.neighborhood import drawn, random_field

from benchmarks import goals
from napari_image2data import lookup


def test_the_plain_recipe_is_the_nearest_color():
    field = random_field(0, 12, (40, 60))
    picture, scale = drawn("viridis", field)
    values = plain_values(picture, scale)
    assert abs(values - field).max() < 0.005
    assert abs(values - lookup(picture, scale).values).max() < 0.003
    picture[5, 7] = (255, 0, 0)
    assert np.argwhere(np.isnan(plain_values(picture, scale))).tolist() == [[5, 7]]


def test_ink_covers_what_it_says():
    picture, _ = drawn("viridis", random_field(0, 12, (120, 160)))
    with_ink, covered = inked(picture, (0, 0, 0))
    np.testing.assert_array_equal(with_ink[~covered], picture[~covered])
    assert 0.02 < covered.mean() < 0.3
    assert (with_ink[covered].max(axis=1) < 20).sum() > 50


def test_every_row_has_a_goal_or_says_there_is_none(monkeypatch, capsys):
    monkeypatch.setattr(goals, "PARTS", (goals.step_rows,))
    goals.print_table()
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 6
    for line in lines[2:]:
        row = Row(*line.strip("| ").split(" | "))
        assert float(row.here) <= float(row.goal)


@pytest.mark.parametrize(("found", "same"), [("viridis_r", True), ("plasma", False)])
def test_a_map_and_its_reverse_hold_the_same_colors(found, same):
    assert goals.same_colors(found, "viridis") is same
