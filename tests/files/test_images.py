"""read_image(): every kind of stored picture comes back as the same 8-bit colours."""

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from napari_image2data.errors import FileError
from napari_image2data.files.images import read_image, read_jpeg_info


@pytest.fixture
def colors() -> np.ndarray:
    """A picture of few colours, so that even a palette holds it exactly."""
    rng = np.random.default_rng(0)
    table = rng.integers(0, 256, (64, 3), dtype=np.uint8)
    return table[rng.integers(0, 64, (20, 30))]


@pytest.mark.parametrize("suffix", ["png", "tif", "bmp"])
def test_lossless_formats_are_exact(tmp_path: Path, colors: np.ndarray, suffix: str) -> None:
    path = tmp_path / f"figure.{suffix}"
    Image.fromarray(colors).save(path)
    np.testing.assert_array_equal(read_image(path), colors)


def test_lossless_webp_is_exact(tmp_path: Path, colors: np.ndarray) -> None:
    Image.fromarray(colors).save(tmp_path / "figure.webp", lossless=True)
    np.testing.assert_array_equal(read_image(tmp_path / "figure.webp"), colors)


@pytest.mark.parametrize("suffix", ["png", "gif"])
def test_palette_pictures_become_rgb(tmp_path: Path, colors: np.ndarray, suffix: str) -> None:
    Image.fromarray(colors).quantize(64).save(tmp_path / f"figure.{suffix}")
    image = read_image(tmp_path / f"figure.{suffix}")
    assert image.shape == colors.shape
    assert np.abs(image.astype(int) - colors).mean() < 1


def test_jpeg_is_close(tmp_path: Path) -> None:
    ramp = np.linspace(0, 255, 64).astype(np.uint8)
    smooth = np.stack([np.tile(ramp, (48, 1))] * 3, axis=-1)
    Image.fromarray(smooth).save(tmp_path / "figure.jpg", quality=95)
    assert np.abs(read_image(tmp_path / "figure.jpg").astype(int) - smooth).max() <= 4


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_sixteen_bits_round_to_eight(tmp_path: Path, suffix: str) -> None:
    levels = np.array([[0, 128, 129, 257, 65535]], np.uint16)
    path = tmp_path / f"grey.{suffix}"
    if suffix == "tif":
        tifffile.imwrite(path, levels)
    else:
        Image.fromarray(levels).save(path)
    np.testing.assert_array_equal(read_image(path)[0, :, 0], [0, 0, 1, 1, 255])


def test_float_tiff_in_0_to_1_is_a_picture(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.array([[0.0, 0.5, 1.0]], np.float32))
    np.testing.assert_array_equal(read_image(tmp_path / "a.tif")[0, :, 0], [0, 128, 255])


def test_float_tiff_of_data_is_refused(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "data.tif", np.array([[250.0, 310.5]], np.float32))
    with pytest.raises(FileError, match="may be data already"):
        read_image(tmp_path / "data.tif")


def test_planar_tiff_puts_channels_last(tmp_path: Path, colors: np.ndarray) -> None:
    path = tmp_path / "planar.tif"
    planes = np.moveaxis(colors, -1, 0)
    tifffile.imwrite(path, planes, photometric="rgb", planarconfig="separate")
    np.testing.assert_array_equal(read_image(path), colors)


def test_opacity_is_kept_and_only_where_there_is_one(tmp_path: Path, colors: np.ndarray) -> None:
    opacity = np.arange(600, dtype=np.uint8).reshape(20, 30)
    rgba = np.dstack([colors, opacity])
    Image.fromarray(rgba).save(tmp_path / "clear.png")
    np.testing.assert_array_equal(read_image(tmp_path / "clear.png"), rgba)
    Image.fromarray(colors).save(tmp_path / "opaque.png")
    assert read_image(tmp_path / "opaque.png").shape[2] == 3


def test_frames_of_a_gif(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (8, 6), (level, 0, 0)) for level in (10, 100, 200)]
    frames[0].save(tmp_path / "movie.gif", save_all=True, append_images=frames[1:])
    stack = read_image(tmp_path / "movie.gif", frame=None)
    assert stack.shape == (3, 6, 8, 3)
    np.testing.assert_array_equal(stack[:, 0, 0, 0], [10, 100, 200])
    np.testing.assert_array_equal(read_image(tmp_path / "movie.gif", frame=-1), stack[2])
    with pytest.raises(FileError, match=r"3 frame\(s\); frame 3 does not exist"):
        read_image(tmp_path / "movie.gif", frame=3)


def test_rotation_of_a_camera_is_applied(tmp_path: Path, colors: np.ndarray) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned by 90 degrees
    Image.fromarray(colors).save(tmp_path / "turned.png", exif=exif)
    np.testing.assert_array_equal(read_image(tmp_path / "turned.png"), np.rot90(colors, -1))


def test_pdf_page_and_its_stored_raster(tmp_path: Path, colors: np.ndarray) -> None:
    Image.fromarray(np.kron(colors, np.ones((8, 8, 1), np.uint8))).save(
        tmp_path / "paper.pdf", resolution=72
    )
    page = read_image(tmp_path / "paper.pdf", dpi=144)
    assert page.shape == (320, 480, 3)
    raster = read_image(tmp_path / "paper.pdf", embedded=0)
    assert raster.shape == (160, 240, 3)
    with pytest.raises(FileError, match="picture 1 does not exist"):
        read_image(tmp_path / "paper.pdf", embedded=1)


@pytest.mark.parametrize("name", ["absent.png", "text.png", "text.tif", "text.pdf", "text.jpg"])
def test_what_is_no_picture_gets_one_sentence(tmp_path: Path, name: str) -> None:
    if not name.startswith("absent"):
        (tmp_path / name).write_text("these are words")
    with pytest.raises(FileError) as caught:
        read_image(tmp_path / name)
    assert "\n" not in str(caught.value)
    assert name in str(caught.value)


def test_a_cut_off_file_gets_one_sentence(tmp_path: Path, colors: np.ndarray) -> None:
    Image.fromarray(np.kron(colors, np.ones((9, 9, 1), np.uint8))).save(tmp_path / "whole.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "whole.png").read_bytes()[:400])
    with pytest.raises(FileError, match=r"'cut.png' cannot be read"):
        read_image(tmp_path / "cut.png")


@pytest.mark.parametrize(("option", "expected"), [(0, (1, 1)), (1, (1, 2)), (2, (2, 2))])
def test_a_jpeg_tells_its_tables(
    tmp_path: Path, colors: np.ndarray, option: int, expected: tuple[int, int]
) -> None:
    path = tmp_path / "figure.jpg"
    Image.fromarray(colors).save(path, quality=50, subsampling=option)
    info = read_jpeg_info(path)
    assert info is not None
    assert info.luma[:9] == (16, 11, 10, 16, 24, 40, 51, 61, 12)  # Annex K of ITU-T T.81
    assert info.chroma[:9] == (17, 18, 24, 47, 99, 99, 99, 99, 18)
    assert info.subsampling == expected


def test_files_without_blocks_of_their_own_tell_none(tmp_path: Path, colors: np.ndarray) -> None:
    Image.fromarray(colors).save(tmp_path / "figure.png")
    turned = Image.Exif()
    turned[0x0112] = 6
    Image.fromarray(colors).save(tmp_path / "turned.jpg", exif=turned)
    Image.fromarray(colors).convert("CMYK").save(tmp_path / "print.jpg")
    for name in ("figure.png", "turned.jpg", "print.jpg", "missing.jpg"):
        assert read_jpeg_info(tmp_path / name) is None


def test_a_grey_jpeg_has_one_table(tmp_path: Path, colors: np.ndarray) -> None:
    Image.fromarray(colors).convert("L").save(tmp_path / "grey.jpg", quality=50)
    info = read_jpeg_info(tmp_path / "grey.jpg")
    assert info is not None
    assert info.chroma == info.luma
    assert info.subsampling == (1, 1)
