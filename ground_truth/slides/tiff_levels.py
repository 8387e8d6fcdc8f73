"""Reads a slide's pyramid as its TIFF file stores it: tiles by level, raw or decoded."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

Pixels = NDArray[Any]
Size = tuple[int, int]

TILE_LIMIT_BYTES = 2**24
"""Packed bytes of one tile; a 1024 x 1024 tile has 3 MB before any compression."""

_SAMPLES = 3


class TiffLevels:
    """The tiled pages of a TIFF file that are its levels, largest first.

    Open a slide's with `open_levels`. All pages have the samples and the type of the first one,
    sample by sample within a pixel. Tiles are numbered by (column, row); reading is safe from
    several threads at once.
    """

    def __init__(self, file: tifffile.TiffFile, pages: Sequence[Any]) -> None:
        self._file = file
        self._descriptor = file.filehandle.fileno()
        self.pages = tuple(pages)  # tifffile's pages share no typed interface
        self.samples = int(self.pages[0].samplesperpixel)
        self.dtype = np.dtype(self.pages[0].dtype)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def size(self, level: int) -> Size:
        """Return (width, height) of a level in its own pixels."""
        page = self.pages[level]
        return int(page.imagewidth), int(page.imagelength)

    def tile_size(self, level: int) -> Size:
        """Return (width, height) of every tile of a level, those at the edges included."""
        page = self.pages[level]
        return int(page.tilewidth), int(page.tilelength)

    def grid(self, level: int) -> Size:
        """Return (columns, rows) of tiles of a level."""
        (width, height), (tile_width, tile_height) = self.size(level), self.tile_size(level)
        return -(-width // tile_width), -(-height // tile_height)

    def tile_bytes(self, level: int, column: int, row: int) -> bytes:
        """Return a tile as it is stored; no byte where the file leaves it out.

        Raises
        ------
        ValueError
            When there is no such tile, or it is too large to be one.
        OSError
            When the file cannot be read.
        """
        page, index = self.pages[level], self._index(level, column, row)
        count = page.databytecounts[index]
        if count > TILE_LIMIT_BYTES:
            raise ValueError(f"a tile of {count} bytes is too large")
        return os.pread(self._descriptor, count, page.dataoffsets[index])

    def tile(self, level: int, column: int, row: int) -> Pixels:
        """Return a tile's pixels, (tile height, tile width, samples); zeros where it is left out.

        Raises
        ------
        ValueError
            When there is no such tile, or its bytes cannot be decoded.
        """
        page, index = self.pages[level], self._index(level, column, row)
        width, height = self.tile_size(level)
        tile = np.zeros((height, width, self.samples), dtype=self.dtype)
        if content := self.tile_bytes(level, column, row):
            try:
                pixels, _, shape = page.decode(content, index, jpegtables=page.jpegtables)
            except Exception as error:  # a decoder may raise anything for damaged bytes
                raise ValueError(f"tile {column}, {row} cannot be decoded: {error}") from error
            tile[: shape[1], : shape[2]] = pixels[0, : shape[1], : shape[2]]
        return tile

    def region(self, level: int, left: int, top: int, size: Size) -> Pixels:
        """Return pixels of a level from (left, top) on, in the level's own pixels.

        The region of ``size`` (width, height) must lie within the level.
        """
        width, height = size
        tile_width, tile_height = self.tile_size(level)
        pixels = np.zeros((height, width, self.samples), dtype=self.dtype)
        for row in range(top // tile_height, -(-(top + height) // tile_height)):
            for column in range(left // tile_width, -(-(left + width) // tile_width)):
                tile = self.tile(level, column, row)
                x, y = column * tile_width - left, row * tile_height - top
                kept = tile[max(0, -y) : height - y, max(0, -x) : width - x]
                x, y = max(0, x), max(0, y)
                pixels[y : y + kept.shape[0], x : x + kept.shape[1]] = kept
        return pixels

    def _index(self, level: int, column: int, row: int) -> int:
        columns, rows = self.grid(level)
        if not (0 <= column < columns and 0 <= row < rows):
            raise ValueError(f"level {level} has no tile {column}, {row}")
        return row * columns + column


def open_levels(path: Path, sizes: Sequence[Size]) -> TiffLevels | None:
    """Open a TIFF whose tiled pages of 8-bit RGB or YCbCr have these sizes; None for any other.

    ``sizes`` are (width, height) of the levels as OpenSlide sees them.
    """
    try:
        file = tifffile.TiffFile(path)
    except (OSError, ValueError, tifffile.TiffFileError):
        return None
    try:
        pages = _pages_of(file, sizes)
    except Exception:  # noqa: BLE001 - a damaged directory can fail in any way; it is no pyramid
        pages = None
    if pages is None:
        file.close()
        return None
    return TiffLevels(file, pages)


def _pages_of(file: tifffile.TiffFile, sizes: Sequence[Size]) -> list[Any] | None:
    base: Any = file.pages[0]
    candidates: dict[Size, Any] = {}
    for page in (base, *(base.pages or ()), *file.pages[1:]):
        if _is_level(page):
            candidates.setdefault((int(page.imagewidth), int(page.imagelength)), page)
    found = [candidates.get(size) for size in sizes]
    return None if None in found else found


def _is_level(page: Any) -> bool:
    return bool(
        page.is_tiled
        and page.samplesperpixel == _SAMPLES
        and page.bitspersample == 8  # noqa: PLR2004 - a byte
        and page.planarconfig == tifffile.PLANARCONFIG.CONTIG
        and page.imagedepth == 1
    )
