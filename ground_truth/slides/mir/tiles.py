"""Encodes the tiles of a written image, and keeps them in an unnamed file until it is written."""

import os
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from ground_truth.slides.mir.constants import JPEG, LZW

_FINEST_YCBCR = 90
"""From this quality on, ASAP leaves the colours of JPEG tiles as RGB."""

_RGB_SAMPLES = 3


@dataclass(frozen=True, slots=True)
class TileForm:
    """Square tiles of ``side_px`` pixels; ``quality`` counts for JPEG alone."""

    side_px: int
    samples: int
    dtype: np.dtype[Any]
    codec: int
    quality: int

    @property
    def shape(self) -> tuple[int, int, int]:
        """Rows, columns, samples."""
        return self.side_px, self.side_px, self.samples

    @property
    def is_ycbcr(self) -> bool:
        """Whether colours are stored as brightness and two differences, those halved in size."""
        is_colour = self.codec == JPEG and self.samples == _RGB_SAMPLES
        return is_colour and self.quality < _FINEST_YCBCR

    def encoded(self, tile: NDArray[Any]) -> bytes:
        """Compress a tile of `shape` and ``dtype``."""
        if self.codec == LZW:
            return _packed(tile.tobytes())
        if self.codec == JPEG:
            return self._jpeg(tile)
        return tile.tobytes()

    def decoded(self, content: bytes) -> NDArray[Any]:
        """Return a tile from what `encoded` made of it, zeros from nothing."""
        if not content:
            return np.zeros(self.shape, dtype=self.dtype)
        if self.codec == JPEG:
            return np.asarray(imagecodecs.jpeg8_decode(content)).reshape(self.shape)
        if self.codec == LZW:
            size_bytes = self.side_px**2 * self.samples * self.dtype.itemsize
            content = bytes(imagecodecs.lzw_decode(content, out=size_bytes))
        return np.frombuffer(content, dtype=self.dtype).reshape(self.shape)

    def _jpeg(self, tile: NDArray[Any]) -> bytes:
        if self.samples == 1:
            return bytes(imagecodecs.jpeg8_encode(tile[:, :, 0], level=self.quality))
        return bytes(
            imagecodecs.jpeg8_encode(
                tile,
                level=self.quality,
                colorspace="RGB",
                outcolorspace="YCbCr" if self.is_ycbcr else "RGB",
                subsampling="420" if self.is_ycbcr else "444",
            )
        )


def _packed(content: bytes) -> bytes:
    """Return bytes in LZW; most tiles of a heatmap are zeros, which are packed once."""
    zeros, packed_zeros = _zeros(len(content))
    return packed_zeros if content == zeros else bytes(imagecodecs.lzw_encode(content))


@lru_cache(maxsize=4)
def _zeros(size_bytes: int) -> tuple[bytes, bytes]:
    zeros = bytes(size_bytes)
    return zeros, bytes(imagecodecs.lzw_encode(zeros))


class TileStore:
    """Tiles in any order, each as the bytes put last; the file is gone with the process."""

    def __init__(self, folder: Path) -> None:
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - close() closes it
        self._offsets = np.zeros(0, dtype=np.int64)
        self._sizes = np.zeros(0, dtype=np.int64)
        self._end = 0

    def __len__(self) -> int:
        return len(self._sizes)

    def hold(self, count: int) -> None:
        """Forget all tiles and make room for a number of them."""
        self._offsets = np.zeros(count, dtype=np.int64)
        self._sizes = np.zeros(count, dtype=np.int64)

    def put(self, index: int, content: bytes) -> None:
        """Keep a tile's bytes."""
        self._file.write(content)
        self._offsets[index], self._sizes[index] = self._end, len(content)
        self._end += len(content)

    def content(self, index: int) -> bytes:
        """Return a tile's bytes, nothing where none were put."""
        self._file.flush()
        return os.pread(self._file.fileno(), int(self._sizes[index]), int(self._offsets[index]))

    def close(self) -> None:
        """Give the file up."""
        self._file.close()
