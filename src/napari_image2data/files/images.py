"""read_image(): pictures out of PNG, JPEG, TIFF, GIF, WebP and PDF files; and what a JPEG says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_image2data.decode.jpeg_info import JpegInfo
from napari_image2data.errors import FileError, MissingExtraError

if TYPE_CHECKING:
    from PIL import Image

TIFF_SUFFIXES = (".tif", ".tiff")

_ORIENTATION = 0x0112
"""Tag of EXIF that tells how a camera was held."""


def read_image(
    path: str | Path,
    *,
    frame: int | None = 0,
    dpi: float = 200.0,
    embedded: int | None = None,
) -> np.ndarray:
    """Read a picture as 8-bit RGB, with its opacity where it has one.

    Parameters
    ----------
    path : str or Path
        PNG, JPEG, TIFF, GIF, WebP, BMP (whatever Pillow and tifffile read) or PDF.
    frame : int or None
        Which frame of a GIF, WebP or TIFF stack, or which page of a PDF; negative numbers count
        from the end; None reads all of them into one stack.
    dpi : float
        Resolution at which a PDF page is drawn, in pixels an inch.
    embedded : int, optional
        PDF only: take the n-th raster picture of the page as it is stored, in place of drawing
        the page. A stored raster is the author's own pixels: nothing is resampled.

    Returns
    -------
    image : (H, W, 3) or (H, W, 4) uint8 ndarray, or (T, H, W, 3|4) for ``frame=None``
        sRGB; the fourth channel is opacity (0 clear, 255 opaque). 16-bit pictures are rounded to
        8 bits; float pictures must lie in 0..1; camera rotation (EXIF) is applied.

    Raises
    ------
    FileError
        When the file is missing, is no picture, or has no such frame.
    MissingExtraError
        When a PDF is asked for and the extra ``pdf`` is not installed.

    Examples
    --------
    >>> import tempfile
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Image.new("P", (4, 2)).save(f"{folder}/tiny.png")
    ...     read_image(f"{folder}/tiny.png").shape
    (2, 4, 3)
    """
    path = Path(path)
    if not 1 <= dpi <= 2400:
        raise FileError(f"A page is drawn at 1 to 2400 dots an inch, not {dpi}.")
    if not path.is_file():
        raise FileError(f"There is no file {str(path)!r}; check the name and the folder.")
    suffix = path.suffix.lower()
    if suffix == ".pdf":
        return _read_pdf(path, frame, dpi, embedded)
    if suffix in TIFF_SUFFIXES:
        return _read_tiff(path, frame)
    return _read_pillow(path, frame)


def read_jpeg_info(path: str | Path) -> JpegInfo | None:
    """Read how a JPEG file was quantised, for ``decode(image, scale, jpeg=...)``.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    JpegInfo or None
        None for files of other kinds, and for photographs that `read_image` turns upright or
        that are stored in more than three channels: their blocks are not those of the array.

    Examples
    --------
    >>> import tempfile
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Image.new("RGB", (16, 16)).save(f"{folder}/a.jpg", quality=75, subsampling=2)
    ...     info = read_jpeg_info(f"{folder}/a.jpg")
    >>> info.luma[:4], info.subsampling
    ((8, 6, 5, 8), (2, 2))
    """
    from PIL import Image

    try:
        with Image.open(path) as picture:
            if picture.format not in ("JPEG", "MPO") or picture.getexif().get(_ORIENTATION, 1) != 1:
                return None
            tables: Any = getattr(picture, "quantization", None)
            layers: Any = getattr(picture, "layer", None)
    except (OSError, SyntaxError, Image.DecompressionBombError):
        return None
    if not tables or not layers or len(layers) not in (1, 3):
        return None
    try:
        luma, chroma = (tuple(int(q) for q in tables[layers[n][3]]) for n in (0, -1))
        down, across = (max(1, layers[0][n] // layers[-1][n]) for n in (2, 1))
    except (KeyError, IndexError, ZeroDivisionError):
        return None
    return JpegInfo(luma, chroma, (down, across))


def _pick(count: int, frame: int | None, path: Path, kind: str) -> range:
    """The indices that ``frame`` asks for, out of ``count``."""
    if frame is None:
        return range(count)
    if not -count <= frame < count:
        raise FileError(f"{path.name!r} has {count} {kind}(s); {kind} {frame} does not exist.")
    index = frame % count
    return range(index, index + 1)


def _stack(frames: list[np.ndarray], frame: int | None) -> np.ndarray:
    """One frame as it is; several frames as a stack."""
    return frames[0] if frame is not None or len(frames) == 1 else np.stack(frames)


def _read_pillow(path: Path, frame: int | None) -> np.ndarray:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as picture:
            frames = []
            for index in _pick(getattr(picture, "n_frames", 1), frame, path, "frame"):
                picture.seek(index)
                frames.append(_pillow_rgb(picture))
    except UnidentifiedImageError as error:
        raise FileError(
            f"{path.name!r} is not a picture that can be read; "
            "use PNG, JPEG, TIFF, GIF, WebP or PDF."
        ) from error
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise FileError(f"{path.name!r} cannot be read: {str(error).rstrip('.')}.") from error
    return _stack(frames, frame)


def _pillow_rgb(picture: Image.Image) -> np.ndarray:
    from PIL import ImageOps

    picture = ImageOps.exif_transpose(picture)
    if picture.mode.startswith("I") or picture.mode == "F":
        return _as_8_bit(np.asarray(picture), Path(str(getattr(picture, "filename", "picture"))))
    has_opacity = picture.mode in ("RGBA", "LA", "PA", "RGBa", "La") or (
        "transparency" in picture.info
    )
    return np.asarray(picture.convert("RGBA" if has_opacity else "RGB"))


def _read_tiff(path: Path, frame: int | None) -> np.ndarray:
    import tifffile

    try:
        with tifffile.TiffFile(path) as tiff:
            series: Any = tiff.series[0]
            page: Any = series.pages[0]
            plain = page.photometric.name in ("MINISBLACK", "RGB")
            if plain:
                array = np.asarray(series.asarray())
                axes = str(series.axes)
    except (tifffile.TiffFileError, ValueError, OSError, IndexError, KeyError) as error:
        raise FileError(
            f"{path.name!r} is not a TIFF picture that can be read: {str(error).rstrip('.')}."
        ) from error
    if not plain:  # palette, CMYK, inverted grey, YCbCr: Pillow converts them
        return _read_pillow(path, frame)
    samples = array.ndim > 2 and "S" in axes
    if samples and axes.index("S") != array.ndim - 1:
        array = np.moveaxis(array, axes.index("S"), -1)
    if not samples:
        array = np.repeat(array[..., None], 3, axis=-1)
    if array.shape[-1] == 2:
        array = np.concatenate([np.repeat(array[..., :1], 3, axis=-1), array[..., 1:]], axis=-1)
    array = _as_8_bit(array[..., :4], path)
    stack = array.reshape(-1, *array.shape[-3:])
    chosen = _pick(len(stack), frame, path, "frame")
    return stack[chosen.start] if frame is not None or len(stack) == 1 else stack


def _as_8_bit(array: np.ndarray, path: Path) -> np.ndarray:
    """Levels 0..255 out of bool, 8-bit, 16-bit (full range) or float (0..1) pixels."""
    if array.ndim == 2:
        array = np.repeat(array[..., None], 3, axis=-1)
    if array.dtype == np.uint8:
        return array
    if array.dtype == bool:
        return array.astype(np.uint8) * np.uint8(255)
    if array.dtype.kind in "iu":
        low, high = (int(array.min()), int(array.max())) if array.size else (0, 0)
        if low >= 0 and high <= 65535:
            return np.asarray(np.round(array / 257.0), np.uint8)
    elif array.dtype.kind == "f":
        finite = array[np.isfinite(array)]
        if finite.size and finite.min() >= 0 and finite.max() <= 1:
            return np.asarray(np.round(np.nan_to_num(array) * 255), np.uint8)
    raise FileError(
        f"{path.name!r} holds {array.dtype} numbers that are not levels of a picture "
        "(8 or 16 bits, or 0..1): it may be data already."
    )


def _read_pdf(path: Path, page: int | None, dpi: float, embedded: int | None) -> np.ndarray:
    try:
        import pypdfium2 as pdfium
    except ImportError as error:
        raise MissingExtraError(
            "Reading a PDF needs the extra 'pdf': pip install \"napari-image2data[pdf]\"."
        ) from error
    try:
        document = pdfium.PdfDocument(path)
    except pdfium.PdfiumError as error:
        raise FileError(
            f"{path.name!r} is not a PDF that can be read: {str(error).rstrip('.')}."
        ) from error
    try:
        frames = []
        for index in _pick(len(document), page, path, "page"):
            sheet = document[index]
            if embedded is None:
                bitmap = sheet.render(scale=dpi / 72)
            else:
                rasters = list(sheet.get_objects(filter=[pdfium.raw.FPDF_PAGEOBJ_IMAGE]))
                if not 0 <= embedded < len(rasters):
                    raise FileError(
                        f"Page {index} of {path.name!r} holds {len(rasters)} raster picture(s); "
                        f"picture {embedded} does not exist."
                    )
                bitmap = rasters[embedded].get_bitmap()
            frames.append(np.asarray(bitmap.to_pil().convert("RGB")))
    finally:
        document.close()
    return _stack(frames, page)
