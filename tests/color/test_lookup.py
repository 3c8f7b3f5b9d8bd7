from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.color import deltaE_ciede2000, rgb2lab

from napari_image2data import ColorScale, Flag, lookup, rethreshold
from napari_image2data.color.lookup import CHUNK, ColorTable
from napari_image2data.errors import FigureError, ScaleError

MONOTONIC = ("viridis", "magma", "cividis", "gray", "cmocean:haline", "batlow")
SCALES = {name: ColorScale.from_name(name, 0.0, 1.0) for name in MONOTONIC}


def drawn(scale: ColorScale, values: np.ndarray) -> np.ndarray:
    """What a renderer with a table draws: the bin a value falls in, 8 bits."""
    position = np.asarray(scale.to_position(values))
    bins = np.clip((position * len(scale.colors)).astype(int), 0, len(scale.colors) - 1)
    return np.round(scale.colors[bins] * 255).astype(np.uint8)


@given(value=st.floats(0, 1), name=st.sampled_from(MONOTONIC))
@settings(max_examples=60, deadline=None)
def test_a_round_trip_errs_by_half_a_step_at_most(value: float, name: str) -> None:
    from napari_image2data.color.match import ColorCurve

    scale = SCALES[name]
    color = drawn(scale, np.array([value]))
    index = ColorCurve(scale).match(color).index
    # entries of one 8-bit colour are one step
    step = np.sum((np.round(scale.colors * 255) == color).all(axis=1)) / 256
    assert abs((float(index[0]) + 0.5) / 256 - value) <= 0.5 * step + 1e-9


@pytest.mark.parametrize("name", ["viridis", "hsv", "RdBu", "jet", "turbo"])
def test_a_ramp_comes_back_to_a_quarter_of_a_step_on_average(name: str) -> None:
    truth = np.linspace(0, 1, 4096)
    scale = ColorScale.from_name(name, 0, 1)
    error = np.abs(lookup(drawn(scale, truth)[None], scale).values[0] - truth)
    # a quarter of a step is 0.00098; colours that a map repeats cost a little more
    assert error.mean() < 0.00126
    if name == "viridis":
        assert error.max() < 1 / 256  # two of its neighbouring entries are one colour in 8 bits


@given(
    first=st.floats(0, 0.8),
    share=st.floats(0.1, 1),
    vmin=st.floats(-100, 100),
    span=st.floats(0.1, 1000),
)
@settings(max_examples=40, deadline=None)
def test_a_truth_inside_the_bar_is_not_stretched_to_its_ends(first, share, vmin, span) -> None:
    scale = ColorScale.from_name("viridis", vmin, vmin + span)
    ends = vmin + span * np.array([first, first + share * (1 - first)])
    field = lookup(drawn(scale, np.linspace(*ends, 300))[None], scale)
    # half a step of 256, and the two entries of viridis that are one colour in 8 bits
    off = np.abs(np.array([field.values.min(), field.values.max()]) - ends) / span
    assert off.max() < 1 / 256


def test_a_range_that_starts_at_zero_is_a_range() -> None:
    scale = ColorScale.from_name("viridis", 0, 5)
    top = lookup(drawn(scale, np.array([[5.0]])), scale).values[0, 0]
    assert top == pytest.approx(5, abs=0.01)


@given(
    ends=st.one_of(
        st.tuples(st.floats(-1e3, 1e3), st.floats(0.1, 1e3)).map(
            lambda at: {"vmin": at[0], "vmax": at[0] + at[1]}
        ),
        st.tuples(st.floats(0.01, 100), st.floats(1.5, 1e4)).map(
            lambda at: {"vmin": at[0], "vmax": at[0] * at[1], "norm": "log"}
        ),
    ),
    noise=st.floats(0, 6),
    seed=st.integers(0, 2**16),
)
@settings(max_examples=40, deadline=None)
def test_a_reversed_scale_gives_mirrored_values(ends, noise: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    scale = ColorScale.from_name("cividis", **ends)
    levels = scale.colors[rng.integers(0, 256, (20, 30))] * 255 + rng.normal(0, noise, (20, 30, 3))
    image = levels.round().clip(0, 255).astype(np.uint8)
    swapped = ColorScale.from_name(
        "cividis_r", **(ends | {"vmin": ends["vmax"], "vmax": ends["vmin"]})
    )
    a, b = (scale.to_position(lookup(image, s).values) for s in (scale, swapped))
    np.testing.assert_allclose(a, b, atol=0.5 / 256)


@given(
    name=st.sampled_from(["viridis", "jet", "hsv", "gray"]),
    seed=st.integers(0, 2**16),
    dtype=st.sampled_from(["float64", "float32", "uint16"]),
)
@settings(max_examples=30, deadline=None)
def test_bytes_and_floats_give_the_same_numbers(name: str, seed: int, dtype: str) -> None:
    image = np.random.default_rng(seed).integers(0, 256, (30, 40, 3)).astype(np.uint8)
    scale = ColorScale.from_name(name, 0, 1)
    other = image.astype(dtype) * 257 if dtype == "uint16" else (image / 255).astype(dtype)
    for array in ("values", "distance", "sigma", "flags"):
        np.testing.assert_array_equal(
            getattr(lookup(image, scale), array), getattr(lookup(other, scale), array)
        )


def test_painted_cells_read_back_their_values_and_the_reversed_map_its_low_end() -> None:
    cells = np.kron(np.array([[0, 0.25], [0.5, 1]]), np.ones((20, 20)))
    scale = ColorScale.from_name("viridis", 10, 20)
    image = np.round(scale.to_color(10 + 10 * cells) * 255).astype(np.uint8)
    np.testing.assert_allclose(lookup(image, scale).values, 10 + 10 * cells, atol=0.1)
    turned = ColorScale.from_name("viridis_r", 10, 20)
    assert lookup(image, turned).values[-1, -1] == pytest.approx(10, abs=0.1)


@pytest.mark.parametrize("cell", [1, 2, 4])
def test_a_field_and_its_bar_give_the_field(cell: int) -> None:
    v, u = np.mgrid[0:100, 0:200]
    u, v = (u // cell * cell + cell / 2) / 200, (v // cell * cell + cell / 2) / 100
    truth = (u + v) / 2
    scale = ColorScale.from_name("viridis", 0, 1)
    bar = np.repeat(drawn(scale, (np.arange(256)[::-1] + 0.5) / 256)[:, None], 15, axis=1)
    read = ColorScale.from_colorbar(bar, (0, 0, 15, 256), vmin=0, vmax=1)
    field = lookup(drawn(scale, truth), read)
    assert np.abs(field.values - truth).max() < 0.01
    assert not (field.flags & Flag.OFF_SCALE).any()
    assert len(np.unique(field.values)) > 90


def test_red_is_not_on_viridis() -> None:
    scale = ColorScale.from_name("viridis", 0, 1)
    red = np.array([[[255, 0, 0]]], np.uint8)
    away = deltaE_ciede2000(rgb2lab(red / 255.0)[0], rgb2lab(scale.colors[None])[0])
    assert away.min() > 10
    field = lookup(red, scale)
    assert field.flags[0, 0] == Flag.OFF_SCALE
    assert np.isnan(field.values[0, 0])
    assert np.isnan(field.sigma[0, 0])


def test_the_top_color_is_flagged_as_clipped() -> None:
    scale = ColorScale.from_name("viridis", 0, 1)
    field = lookup(np.tile(drawn(scale, np.array([[1.0]])), (10, 10, 1)), scale)
    assert (field.flags & Flag.ABOVE).astype(bool).sum() == 100
    middle = lookup(drawn(scale, np.array([[0.5]])), scale)
    assert middle.flags[0, 0] == 0


def test_extreme_and_bad_colors_are_told_from_the_scale() -> None:
    scale = ColorScale.from_name(
        "viridis", 2, 4, under=(1, 0, 1), over=(1, 0.5, 0), bad=(0.5, 0.5, 0.5)
    )
    image = np.array([[[255, 0, 255], [255, 128, 0], [128, 128, 128]]], np.uint8)
    field = lookup(image, scale)
    assert field.flags[0].tolist() == [Flag.BELOW, Flag.ABOVE, Flag.NO_DATA]
    np.testing.assert_array_equal(field.values[0], [2, 4, np.nan])


def test_sigma_is_a_step_where_the_table_is_hit_and_grows_where_the_map_is_flat() -> None:
    scale = ColorScale.from_name("viridis", 0, 1)
    hit = lookup(drawn(scale, np.array([[0.5]])), scale).sigma[0, 0]
    assert 1 / 256 / np.sqrt(12) < hit < 2 / 256 / np.sqrt(12)
    steep, flat = np.linspace(0, 0.5, 100), np.linspace(0.5, 0.52, 101)[1:]
    gray = np.concatenate([steep, flat])[:, None] * np.ones(3)
    scale = ColorScale.from_colors(gray, np.arange(200.0))
    sigma = lookup(np.array([[[60] * 3, [130] * 3]], np.uint8), scale).sigma
    assert sigma[0, 1] > 5 * sigma[0, 0]


def test_sigma_and_a_flag_tell_of_a_rival() -> None:
    colors = np.concatenate([np.linspace(0, 1, 50), np.linspace(1, 0, 50)])[:, None] * np.ones(3)
    scale = ColorScale.from_colors(colors, np.arange(100.0))
    field = lookup(np.full((1, 1, 3), 128, np.uint8), scale)
    assert field.flags[0, 0] & Flag.AMBIGUOUS
    assert field.sigma[0, 0] > 20


def test_log_scales_have_log_uncertainty() -> None:
    scale = ColorScale.from_name("viridis", 1, 1e4, norm="log")
    field = lookup(drawn(scale, np.array([[10.0, 1000.0]])), scale)
    relative = field.sigma / field.values
    assert relative[0, 0] == pytest.approx(relative[0, 1], rel=0.5)
    np.testing.assert_allclose(field.values, [[10, 1000]], rtol=0.02)


def test_a_new_threshold_is_the_look_up_with_that_threshold() -> None:
    image = np.random.default_rng(6).integers(0, 256, (40, 50, 3)).astype(np.uint8)
    scale = SCALES["viridis"]
    once = lookup(image, scale, max_distance=np.inf)
    for limit in (100, 40, 5):
        again, direct = rethreshold(once, limit), lookup(image, scale, max_distance=limit)
        for name in ("values", "distance", "sigma", "flags"):
            np.testing.assert_array_equal(getattr(again, name), getattr(direct, name))


def test_values_alone_are_the_values() -> None:
    image = np.random.default_rng(7).integers(0, 256, (60, 70, 3)).astype(np.uint8)
    table = ColorTable(SCALES["magma"])
    np.testing.assert_array_equal(table.read_values(image), table.read(image).values)


@pytest.mark.parametrize(
    "view",
    [
        lambda a: a[3:-5, 7:-2],
        lambda a: a[::-1],
        lambda a: a[:, ::-1],
        lambda a: a[..., ::-1],
        lambda a: a[::2, ::3],
        lambda a: a.transpose(1, 0, 2),
        lambda a: np.asfortranarray(a),
        lambda a: a[:1, :1],
        lambda a: np.broadcast_to(a[0, 0], a.shape),
        lambda a: np.concatenate([a, a[..., :1]], axis=2)[..., :3],
    ],
)
def test_any_layout_of_memory_gives_the_same_numbers(view) -> None:
    image = np.random.default_rng(8).integers(0, 256, (90, 110, 3)).astype(np.uint8)
    part = view(image)
    table = ColorTable(SCALES["viridis"])
    for found, known in zip(table.read(part), table.read(part.copy(order="C")), strict=True):
        np.testing.assert_array_equal(found, known)


def test_wide_and_high_pictures_are_cut_into_chunks_without_a_seam() -> None:
    scale = SCALES["gray"]
    row = np.arange(2 * CHUNK + 77) % 256
    image = np.repeat(row[:, None], 3, axis=1).astype(np.uint8)
    expected = scale.values[row].astype(np.float32)
    for shape in ((1, -1, 3), (-1, 1, 3)):
        field = lookup(image.reshape(shape), scale)
        np.testing.assert_array_equal(field.values.ravel(), expected)


def test_a_table_travels_without_what_it_has_learnt() -> None:
    table = ColorTable(SCALES["viridis"], max_distance=12, metric="rgb")
    image = np.random.default_rng(9).integers(0, 256, (30, 30, 3)).astype(np.uint8)
    known = table.read(image)
    sent = pickle.dumps(table)
    assert len(sent) < 100_000
    for a, b in zip(pickle.loads(sent).read(image), known, strict=True):
        np.testing.assert_array_equal(a, b)


def test_an_unknown_metric_is_refused() -> None:
    with pytest.raises(ScaleError, match="metric"):
        lookup(np.zeros((2, 2, 3), np.uint8), SCALES["gray"], metric="hsv")  # type: ignore[arg-type]


@pytest.mark.parametrize("limit", [-1, np.nan])
def test_a_limit_that_is_no_distance_is_refused(limit: float) -> None:
    field = lookup(np.zeros((2, 2, 3), np.uint8), SCALES["gray"])
    with pytest.raises(FigureError, match="from 0 up"):
        rethreshold(field, limit)
