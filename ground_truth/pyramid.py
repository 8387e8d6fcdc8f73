"""Masks as sparse pyramidal TIFF, level for level what ASAP writes in hours.

Levels, sizes and sampling are ASAP's: level L has floor(size / 2^L) pixels, each the level-0 pixel
at (x * 2^L, y * 2^L), and their number follows from the width alone. Tiles of zeros are not
written, tiles of one other value are written once.
"""

import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from ground_truth.bigtiff import (
    HEADER_BYTES,
    Compression,
    Directory,
    directory_bytes,
    header,
    resolution,
)
from ground_truth.huffman import run_code
from ground_truth.mask_layout import Codec, Layout
from ground_truth.raster import Runs, halved
from ground_truth.run_deflate import EncodedTiles, deflated
from ground_truth.tiles import (
    TILE_PIXELS,
    TILE_PX,
    Grid,
    TiledRuns,
    batches,
    grids_of,
    tiled,
    unpacked,
)

Ints = NDArray[np.int64]

SMALLEST_WIDTH_PX = 1024
"""ASAP halves until the width is nearest to this."""

LARGEST_SIDE_PX = 2**20
"""Four times the largest side of a CAMELYON slide."""

_BATCH_PIECES = 2**14
_ZSTD_LEVEL = 3


_COMPRESSION = {
    Codec.DEFLATE: Compression.DEFLATE,
    Codec.ZSTD: Compression.ZSTD,
    Codec.LZW: Compression.LZW,
}


def level_sizes(columns: int, rows: int) -> list[tuple[int, int]]:
    """Return the (columns, rows) of every level that ASAP gives a slide.

    Raises
    ------
    ValueError
        When there is no pixel or more than any slide has, or the slide is so low that a level
        would have no row, where ASAP crashes.
    """
    if not (1 <= columns <= LARGEST_SIDE_PX and 1 <= rows <= LARGEST_SIDE_PX):
        raise ValueError(f"no slide has {columns} x {rows} pixels")
    count, width = 1, columns
    while width > SMALLEST_WIDTH_PX:
        count, width = count + 1, width // 2
    count += abs(SMALLEST_WIDTH_PX - width) <= abs(SMALLEST_WIDTH_PX - 2 * width)
    if not rows >> (count - 1):
        raise ValueError(f"a slide of {columns} x {rows} pixels is too low for its {count} levels")
    return [(columns >> level, rows >> level) for level in range(count)]


def write_pyramid(
    path: Path,
    runs: Runs,
    size: tuple[int, int],
    spacing_um: float | None,
    layout: Layout | None = None,
) -> None:
    """Write level-0 runs as a mask of (width, height) pixels; the file appears whole or not at all.

    Raises
    ------
    ValueError
        As `level_sizes` does.
    OSError
        When the file cannot be written.
    """
    layout = layout or Layout()
    sizes = level_sizes(*size)
    grids = grids_of(sizes)
    content = tiled(list(_levels(runs, sizes, grids)))
    values = (0, *np.unique(runs.value).tolist())
    with _appearing(path) as file:
        file.write(b"\0" * HEADER_BYTES)
        index = _TileIndex(file, sum(grid.across * grid.down for grid in grids))
        _write_tiles(index, content, values, layout)
        _write_directories(index, sizes, grids, _Claims(layout, spacing_um, _range(runs, grids[0])))


@dataclass(frozen=True, slots=True)
class _Claims:
    """What the directories state beside sizes and tiles."""

    layout: Layout
    spacing_um: float | None
    range: tuple[int, int]


class _TileIndex:
    """An open file and where in it each tile's bytes are; the file only grows."""

    def __init__(self, file: BinaryIO, count: int) -> None:
        self.file = file
        self.place = HEADER_BYTES
        self.offsets = np.zeros(count, dtype=np.int64)
        self.sizes = np.zeros(count, dtype=np.int64)

    def append(self, data: bytes) -> int:
        """Write bytes, filled up to a multiple of 8; return where they begin."""
        place = self.place
        self.file.write(data + b"\0" * (-len(data) % 8))
        self.place += len(data) + -len(data) % 8
        return place

    def put(self, tiles: EncodedTiles) -> None:
        """Write tiles, each with its own bytes."""
        place = self.append(tiles.data)
        self.offsets[tiles.tile] = place + tiles.offset
        self.sizes[tiles.tile] = tiles.size

    def share(self, data: bytes, tiles: Ints | NDArray[np.bool_]) -> None:
        """Write bytes once for many tiles."""
        self.offsets[tiles] = self.append(data)
        self.sizes[tiles] = len(data)


def _levels(
    runs: Runs, sizes: list[tuple[int, int]], grids: list[Grid]
) -> Iterator[tuple[Grid, Runs]]:
    for level, (size, grid) in enumerate(zip(sizes, grids, strict=True)):
        runs = halved(runs, *size) if level else runs
        yield grid, runs


def _write_tiles(
    index: _TileIndex, content: TiledRuns, values: tuple[int, ...], layout: Layout
) -> None:
    code = run_code(values)
    for batch in batches(content.pieces, _BATCH_PIECES):
        is_deflate = layout.codec is Codec.DEFLATE
        index.put(deflated(batch, code) if is_deflate else _painted(batch, layout.codec))
    for value, tiles in content.full.items():
        index.share(_encoded(np.full(TILE_PIXELS, value, dtype=np.uint8), layout.codec), tiles)
    if layout.is_dense:
        zeros = np.zeros(TILE_PIXELS, dtype=np.uint8)
        index.share(_encoded(zeros, layout.codec), index.sizes == 0)


def _painted(batch: Ints, codec: Codec) -> EncodedTiles:
    """Paint tiles from their pieces and compress each; the way of codecs that need pixels."""
    pieces = unpacked(batch)
    begin = np.flatnonzero(np.diff(pieces.tile, prepend=-1))
    end = pieces.first + pieces.length
    before = np.append(0, end[:-1])
    before[begin] = 0
    lengths = np.stack([pieces.first - before, pieces.length], axis=1)
    values = np.stack([np.zeros_like(end), pieces.value], axis=1).astype(np.uint8)
    tiles = [
        _encoded(np.repeat(value.ravel(), length.ravel()), codec)
        for value, length in zip(
            np.split(values, begin[1:]), np.split(lengths, begin[1:]), strict=True
        )
    ]
    sizes = np.array([len(tile) for tile in tiles], dtype=np.int64)
    return EncodedTiles(b"".join(tiles), pieces.tile[begin], np.cumsum(sizes) - sizes, sizes)


def _encoded(pixels: NDArray[np.uint8], codec: Codec) -> bytes:
    if codec is Codec.DEFLATE:
        return zlib.compress(pixels.tobytes(), 9)
    if codec is Codec.ZSTD:
        return bytes(imagecodecs.zstd_encode(pixels.tobytes(), _ZSTD_LEVEL))
    return bytes(imagecodecs.lzw_encode(pixels.tobytes()))


def _range(runs: Runs, grid: Grid) -> tuple[int, int]:
    """Return the smallest and largest value of whole level-0 tiles; beyond the image is 0."""
    if not len(runs.row):
        return 0, 0
    is_covered = int((runs.stop - runs.start).sum()) == grid.across * grid.down * TILE_PX**2
    return int(runs.value.min()) if is_covered else 0, int(runs.value.max())


def _write_directories(
    index: _TileIndex, sizes: list[tuple[int, int]], grids: list[Grid], claims: _Claims
) -> None:
    per_cm = None if claims.spacing_um is None else resolution(claims.spacing_um)
    first = index.place
    for level, ((columns, rows), grid) in enumerate(zip(sizes, grids, strict=True)):
        tiles = slice(grid.first, grid.first + grid.across * grid.down)
        directory = Directory(
            columns=columns,
            rows=rows,
            compression=_COMPRESSION[claims.layout.codec],
            pixels_per_cm=per_cm / 2**level if per_cm else None,
            range=None if level else claims.range,
            offsets=index.offsets[tiles],
            sizes=index.sizes[tiles],
        )
        index.append(directory_bytes(directory, index.place, has_next=level + 1 < len(sizes)))
    index.file.seek(0)
    index.file.write(header(first))


@contextmanager
def _appearing(path: Path) -> Iterator[BinaryIO]:
    """Open a file that takes its name once it is whole, and is gone after an error."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as file:
            yield file
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
