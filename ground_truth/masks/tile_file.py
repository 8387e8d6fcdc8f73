"""Writes a mask file: its levels, tiles in any order, then the directories.

Levels, sizes and sampling are ASAP's: level L has floor(size / 2^L) pixels, each the level-0 pixel
at (x * 2^L, y * 2^L), and their number follows from the width alone.
"""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from glob import escape
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from ground_truth.masks.bigtiff import (
    HEADER_BYTES,
    Compression,
    Directory,
    directory_bytes,
    header,
    resolution,
)
from ground_truth.masks.layout import Codec
from ground_truth.masks.tiles import Grid, grids_of

Ints = NDArray[np.int64]

SMALLEST_WIDTH_PX = 1024
"""ASAP halves until the width is nearest to this."""

LARGEST_SIDE_PX = 2**20
"""Four times the largest side of a CAMELYON slide."""

_PROCESS = re.compile(r"[1-9][0-9]{0,8}")

_COMPRESSION = {
    Codec.DEFLATE: Compression.DEFLATE,
    Codec.ZSTD: Compression.ZSTD,
    Codec.LZW: Compression.LZW,
}


@dataclass(frozen=True, slots=True)
class EncodedTiles:
    """Tiles' streams in ``data``, and int64 arrays of one entry a tile: number, place and size."""

    data: bytes
    tile: Ints
    offset: Ints
    size: Ints


class TileFile:
    """An open mask file and where each tile's bytes are; tiles are numbered through all levels."""

    def __init__(self, file: BinaryIO, sizes: Sequence[tuple[int, int]]) -> None:
        self.grids: list[Grid] = grids_of(sizes)
        count = sum(grid.across * grid.down for grid in self.grids)
        self.offsets = np.zeros(count, dtype=np.int64)
        self.sizes = np.zeros(count, dtype=np.int64)
        self._level_sizes = tuple(sizes)
        self._file = file
        self._place = HEADER_BYTES
        file.write(b"\0" * HEADER_BYTES)

    def write_tiles(self, tiles: EncodedTiles) -> None:
        """Write tiles, each with its own bytes."""
        place = self._append(tiles.data)
        self.offsets[tiles.tile] = place + tiles.offset
        self.sizes[tiles.tile] = tiles.size

    def write_shared_tile(self, data: bytes, tiles: Ints) -> None:
        """Write bytes once for many tiles."""
        self.offsets[tiles] = self._append(data)
        self.sizes[tiles] = len(data)

    def finish(
        self, codec: Codec, spacing_um: tuple[float, float] | None, extremes: tuple[int, int]
    ) -> None:
        """Write the directories; ``extremes`` are the values that level 0 states."""
        first = self._place
        per_cm = [resolution(um) for um in spacing_um or ()]
        for level, (size, grid) in enumerate(zip(self._level_sizes, self.grids, strict=True)):
            tiles = slice(grid.first, grid.first + grid.across * grid.down)
            directory = Directory(
                columns=size[0],
                rows=size[1],
                compression=_COMPRESSION[codec],
                pixels_per_cm=(per_cm[0] / 2**level, per_cm[1] / 2**level) if per_cm else None,
                range=None if level else extremes,
                offsets=self.offsets[tiles],
                sizes=self.sizes[tiles],
            )
            has_next = level + 1 < len(self.grids)
            self._append(directory_bytes(directory, self._place, has_next=has_next))
        self._file.seek(0)
        self._file.write(header(first))

    def _append(self, data: bytes) -> int:
        """Write bytes, filled up to a multiple of 8; return where they begin."""
        place = self._place
        filled = data + b"\0" * (-len(data) % 8)
        self._file.write(filled)
        self._place += len(filled)
        return place


def level_sizes(columns: int, rows: int) -> list[tuple[int, int]]:
    """Return the (columns, rows) of every level that ASAP gives a slide.

    Raises
    ------
    ValueError
        When there is no pixel or more than any slide has, or the height is so small that a level
        would have no row, where ASAP crashes.
    """
    if not (1 <= columns <= LARGEST_SIDE_PX and 1 <= rows <= LARGEST_SIDE_PX):
        raise ValueError(f"no slide has {columns} x {rows} pixels")
    count = level_count(columns)
    if not rows >> (count - 1):
        raise ValueError(f"a slide of {columns} x {rows} pixels is too low for its {count} levels")
    return [(columns >> level, rows >> level) for level in range(count)]


def level_count(columns: int) -> int:
    """Return how many levels ASAP gives an image of so many columns, the base included."""
    count, width = 1, columns
    while width > SMALLEST_WIDTH_PX:
        count, width = count + 1, width // 2
    return count + (abs(SMALLEST_WIDTH_PX - width) <= abs(SMALLEST_WIDTH_PX - 2 * width))


@contextmanager
def new_file(path: Path, sizes: Sequence[tuple[int, int]]) -> Iterator[TileFile]:
    """Open a file that is given its name once it is complete, and removed after an error."""
    remove_abandoned(path)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as file:
            yield TileFile(file, sizes)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def remove_abandoned(path: Path) -> None:
    """Remove the incomplete copies of a file that killed processes have left."""
    for partial in path.parent.glob(f".{escape(path.name)}.*.partial"):
        number = _PROCESS.fullmatch(partial.name.rsplit(".", 2)[1])
        if number and not _is_running(int(number[0])):
            partial.unlink(missing_ok=True)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # it is another user's
    return True
