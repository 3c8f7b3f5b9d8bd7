"""What a JPEG file says about its own losses: quantisation tables, subsampling, block grid."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from napari_image2data.color.spaces import LUMA
from napari_image2data.errors import ImageError


@dataclass(frozen=True)
class JpegInfo:
    """How a JPEG was quantised.

    Attributes
    ----------
    luma, chroma : tuple of 64 int
        Steps of the cosine coefficients, row by row (vertical frequency first). A grey JPEG has no
        chroma; its luma stands for both.
    subsampling : (int, int)
        How many rows and columns of pixels share one chroma sample: (2, 2) is 4:2:0.
    origin : (int, int)
        First row and column at which a block of 8 x 8 begins; 0 in a whole file.

    Raises
    ------
    ImageError
        When a table has not 64 positive steps.

    Examples
    --------
    >>> info = JpegInfo((16,) * 64, (20,) * 64, (2, 2))
    >>> info.cropped(10, 24).origin
    (6, 0)
    """

    luma: tuple[int, ...]
    chroma: tuple[int, ...]
    subsampling: tuple[int, int]
    origin: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        for table in (self.luma, self.chroma):
            if len(table) != 64 or min(table) < 1:
                raise ImageError("A quantisation table of a JPEG has 64 steps from 1 up.")

    def cropped(self, row: int, col: int) -> JpegInfo:
        """Return the same for a picture cut off above a row and left of a column."""
        down, right = self.origin
        return replace(self, origin=((down - row) % 8, (right - col) % 8))

    def luma_noise(self, rgb: np.ndarray) -> float:
        """Standard deviation, in levels, of what quantising took from the lightness of a picture.

        A coefficient that was kept errs evenly over its step q, ``q^2 / 12``. One that was set to
        zero errs by what it held: its distribution is taken for Laplace's, whose width follows from
        the share p of coefficients that were kept, ``exp(-a q / 2) = p``. Where none was kept in
        any block, there was nothing to lose. Rounding to 8 bits adds ``1 / 12``.

        Parameters
        ----------
        rgb : (h, w, 3) uint8 ndarray
            Pixels of the file, from which ``origin`` counts.

        Returns
        -------
        float
            0 where no whole block lies inside the picture.

        Notes
        -----
        Laplace's distribution of the coefficients: E. Y. Lam and J. W. Goodman, "A mathematical
        analysis of the DCT coefficient distributions for images", IEEE Trans. Image Processing 9
        (2000) 1661-1666.

        Examples
        --------
        >>> flat = np.full((32, 32, 3), 100, np.uint8)
        >>> round(JpegInfo((16,) * 64, (16,) * 64, (1, 1)).luma_noise(flat), 2)
        0.65
        """
        from scipy.fft import dctn

        part = rgb[self.origin[0] :, self.origin[1] :]
        high, wide = part.shape[0] // 8, part.shape[1] // 8
        if high == 0 or wide == 0:
            return 0.0
        light = part[: high * 8, : wide * 8].astype(np.float32) @ LUMA.astype(np.float32) - 128
        blocks = light.reshape(high, 8, wide, 8).transpose(0, 2, 1, 3).reshape(-1, 8, 8)
        blocks = blocks[:: max(1, len(blocks) // 4000)]
        step = np.array(self.luma, float)
        size = np.abs(dctn(blocks, axes=(1, 2), norm="ortho").reshape(-1, 64))
        kept = (size > step / 2).mean(axis=0)
        kept[0] = 1.0  # every block has a mean
        rate = -2 * np.log(kept.clip(1e-6, 1 - 1e-6)) / step
        half = step / 2
        tail = np.exp(-rate * half)
        # variance of Laplace's distribution between -q/2 and q/2
        inside = 2 / rate**2 - tail * half * (half + 2 / rate) / np.maximum(1 - tail, 1e-6)
        zeroed = np.where(kept > 0, np.minimum(inside, step**2 / 12), 0.0)
        return float(np.sqrt((kept * step**2 / 12 + (1 - kept) * zeroed).mean() + 1 / 12))
