from __future__ import annotations

import tracemalloc
from functools import partial
from typing import TYPE_CHECKING

import dask.array as da
import numpy as np
import pytest

from napari_image2data import ColorScale, Field, decode, lookup, rethreshold
from napari_image2data.decode import arguments, arrays
from napari_image2data.errors import ImageError

if TYPE_CHECKING:
    from pathlib import Path

SCALE = ColorScale.from_name("viridis", 0, 10)
FIELDS = ("values", "distance", "sigma", "flags")


def stack(frames: int = 3, height: int = 40, width: int = 50) -> np.ndarray:
    v, u = np.mgrid[0:height, 0:width]
    t = np.arange(frames)[:, None, None]
    truth = 5 + 4 * np.sin(u / 9 + t) * np.cos(v / 7)
    return np.round(SCALE.to_color(truth) * 255).astype(np.uint8)


def assert_same(found: Field, known: Field) -> None:
    for name in FIELDS:
        np.testing.assert_array_equal(np.asarray(getattr(found, name)), getattr(known, name))


def test_a_stack_is_looked_up_frame_by_frame() -> None:
    images = stack()
    field = lookup(images, SCALE)
    assert field.shape == (3, 40, 50)
    for k in range(3):
        np.testing.assert_array_equal(field.values[k], lookup(images[k], SCALE).values)


@pytest.mark.parametrize("chunks", [(1, 40, 50, 3), (2, 17, 23, 3), (3, 40, 50, 1)])
def test_a_dask_stack_stays_lazy_and_gives_the_same_numbers(chunks) -> None:
    images = stack()
    field = lookup(da.from_array(images, chunks=chunks), SCALE)
    assert all(isinstance(getattr(field, name), da.Array) for name in FIELDS)
    assert field.values.dtype == np.float32
    assert field.flags.dtype == np.uint8
    assert field.values.chunks == da.from_array(images[..., 0], chunks=chunks[:3]).chunks
    assert_same(field, lookup(images, SCALE))
    assert_same(rethreshold(field, 1.0), rethreshold(lookup(images, SCALE), 1.0))


def test_a_lazy_gray_picture() -> None:
    image = np.arange(256, dtype=np.uint8).reshape(16, 16)
    scale = ColorScale.from_name("gray", 0, 1)
    assert_same(lookup(da.from_array(image, chunks=7), scale), lookup(image, scale))


def test_a_cluster_computes_the_same_numbers() -> None:
    from dask.distributed import Client, LocalCluster

    images = stack(4)
    lazy = lookup(da.from_array(images, chunks=(1, 20, 50, 3)), SCALE)
    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None
        ) as cluster,
        Client(cluster) as client,
    ):
        found = client.gather(client.compute([getattr(lazy, name) for name in FIELDS]))
    known = lookup(images, SCALE)
    for name, array in zip(FIELDS, found, strict=True):
        np.testing.assert_array_equal(array, getattr(known, name))


def test_frames_are_decoded_one_by_one_eagerly_and_lazily() -> None:
    images = stack()
    one = partial(decode, scale=SCALE)
    known = [one(image) for image in images]
    eager = arrays.over_frames(one, images)
    lazy = arrays.over_frames(one, da.from_array(images, chunks=(2, 20, 25, 3)))
    assert isinstance(lazy.values, da.Array)
    for k, field in enumerate(known):
        for name in FIELDS:
            np.testing.assert_array_equal(getattr(eager, name)[k], getattr(field, name))
    assert_same(lazy, eager)


def test_decode_takes_stacks_and_cuts_its_box_from_each_frame() -> None:
    images, box = stack(2), (5, 4, 45, 30)
    eager = decode(images, SCALE, box=box)
    assert_same(decode(da.from_array(images), SCALE, box=box), eager)
    single = decode(images[1], SCALE, box=box)
    np.testing.assert_array_equal(eager.values[1], single.values)
    np.testing.assert_array_equal(eager.x, single.x)
    assert eager.box == single.box


@pytest.mark.parametrize("lazily", [False, True])
def test_a_frame_too_large_for_memory_is_decoded_in_tiles(
    monkeypatch: pytest.MonkeyPatch, lazily: bool
) -> None:
    monkeypatch.setattr(arrays, "WHOLE", 150 * 150)
    monkeypatch.setattr(arrays, "TILE", 100 * 100)
    monkeypatch.setattr(arrays, "OVERLAP", 8)
    image = stack(1, 150, 230)[0]
    sizes = []

    def one(part: np.ndarray) -> Field:
        sizes.append(part.shape[0] * part.shape[1])
        return lookup(part, SCALE)

    field = arrays.over_frames(one, da.from_array(image, chunks=150) if lazily else image)
    assert_same(field, lookup(image, SCALE))
    assert len(sizes) >= 6
    assert max(sizes) <= 116 * 116


def test_a_large_memory_mapped_picture_decodes_like_one_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = np.tile(stack(1, 120, 150)[0], (2, 2, 1))
    path = tmp_path / "large.raw"
    image.tofile(path)
    mapped = np.memmap(path, np.uint8, "r", shape=image.shape)
    box = (10, 20, 280, 230)
    known = decode(image, SCALE, box=box)
    for module in (arrays, arguments):
        monkeypatch.setattr(module, "WHOLE", 200 * 200)
    monkeypatch.setattr(arrays, "TILE", 100 * 100)
    tiled = decode(mapped, SCALE, box=box)
    assert_same(tiled, known)
    assert tiled.box == known.box
    np.testing.assert_array_equal(tiled.x, known.x)


def test_a_memory_mapped_picture_needs_no_copy(tmp_path: Path) -> None:
    image = np.tile(stack(1, 400, 500)[0], (4, 4, 1))
    path = tmp_path / "large.raw"
    image.tofile(path)
    mapped = np.memmap(path, np.uint8, "r", shape=image.shape)
    known = lookup(image, SCALE)
    table = arrays.ColorTable(SCALE)
    arrays.read_pixels(mapped[:2, :2], table)
    tracemalloc.start()
    try:
        pixels = arrays.read_pixels(mapped, table)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    outputs = sum(array.nbytes for array in pixels)
    # chunks' scratch memory, a few megabytes a core, and no second picture
    assert peak - outputs < 2 * image.nbytes / 2 + 8 * 2**20
    np.testing.assert_array_equal(pixels.values, known.values)


def test_floats_are_converted_in_bands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrays, "BAND", 300)
    image = stack(1)[0] / 255
    image[11, 7] = np.nan
    field = lookup(image, SCALE)
    assert np.isnan(field.values[11, 7])
    image[11, 7] = 0.5
    expected = lookup((image * 255).round().astype(np.uint8), SCALE)
    np.testing.assert_array_equal(np.delete(field.values, 11, 0), np.delete(expected.values, 11, 0))


def test_clear_pixels_hold_no_data() -> None:
    image = np.full((2, 2, 4), 255, np.uint8)
    image[..., :3] = np.round(SCALE.colors[100] * 255)
    image[0, 0, 3] = 0
    field = lookup(image, SCALE)
    assert np.isnan(field.values).tolist() == [[True, False], [False, False]]
    assert field.flags[0, 0] == 64


@pytest.mark.parametrize("shape", [(5,), (4, 4, 2), (0, 4, 3), (2, 4, 4, 5)])
@pytest.mark.parametrize("lazily", [False, True])
def test_what_is_no_picture_is_refused(shape, lazily: bool) -> None:
    image = da.zeros(shape, dtype=np.uint8) if lazily else np.zeros(shape, np.uint8)
    with pytest.raises(ImageError, match="shape"):
        lookup(image, SCALE)


def test_one_pixel_is_a_picture() -> None:
    image = np.round(SCALE.colors[128:129] * 255).astype(np.uint8)[None]
    assert lookup(image, SCALE).values[0, 0] == pytest.approx(SCALE.values[128], abs=0.03)
