"""Writes masks as sparse pyramidal TIFF, with the same levels and pixels as ASAP.

Tiles of zeros are not written, tiles of one other value are written once, and only the tiles that
hold a border are encoded, from runs.
"""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from ground_truth.masks.huffman import run_code
from ground_truth.masks.layout import Codec, Layout
from ground_truth.masks.run_deflate import deflated_tiles
from ground_truth.masks.tile_file import EncodedTiles, TileFile, level_sizes, new_file
from ground_truth.masks.tiles import (
    TILE_PIXELS,
    Grid,
    TiledRuns,
    piece_batches,
    tiled_runs,
    unpacked_pieces,
)
from ground_truth.raster import Runs, halved_runs

Ints = NDArray[np.int64]

_BATCH_PIECES = 2**14
_SLAB_RUNS = 2**15
_ZSTD_LEVEL = 3


def write_pyramid(
    path: Path,
    runs: Runs,
    size: tuple[int, int],
    spacing_um: float | None,
    layout: Layout | None = None,
    *,
    spacing_y_um: float | None = None,
) -> None:
    """Write level-0 runs as a mask of (width, height) pixels; the file appears whole or not at all.

    ``spacing_y_um`` is stated for y where it is given, ``spacing_um`` for both otherwise.

    Raises
    ------
    ValueError
        As `level_sizes` does.
    OSError
        When the file cannot be written.
    """
    layout = layout or Layout()
    sizes = level_sizes(*size)
    with new_file(path, sizes) as file:
        _write_tiles(file, runs, sizes, layout)
        spacings = None if spacing_um is None else (spacing_um, spacing_y_um or spacing_um)
        file.finish(layout.codec, spacings, _extremes(runs, file.grids[0]))


def compressed_tile(pixels: NDArray[np.uint8], codec: Codec) -> bytes:
    """Compress one tile's pixels, (rows, columns) uint8, in raster order."""
    if codec is Codec.DEFLATE:
        return zlib.compress(pixels.tobytes(), 9)
    if codec is Codec.ZSTD:
        return bytes(imagecodecs.zstd_encode(pixels.tobytes(), _ZSTD_LEVEL))
    return bytes(imagecodecs.lzw_encode(pixels.tobytes()))


def _write_tiles(
    file: TileFile, runs: Runs, sizes: Sequence[tuple[int, int]], layout: Layout
) -> None:
    code = run_code((0, *np.unique(runs.value).tolist()))
    full: dict[int, list[Ints]] = {}
    for part in _joined_slabs(tiled_runs(_levels(runs, sizes, file.grids), _SLAB_RUNS), full):
        for batch in piece_batches(part, _BATCH_PIECES):
            is_deflate = layout.codec is Codec.DEFLATE
            file.write_tiles(
                deflated_tiles(batch, code) if is_deflate else _painted_tiles(batch, layout.codec)
            )
    for value, tiles in full.items():
        pixels = np.full(TILE_PIXELS, value, dtype=np.uint8)
        file.write_shared_tile(compressed_tile(pixels, layout.codec), np.concatenate(tiles))
    if layout.is_dense:
        zeros = compressed_tile(np.zeros(TILE_PIXELS, dtype=np.uint8), layout.codec)
        file.write_shared_tile(zeros, np.flatnonzero(file.sizes == 0))


def _joined_slabs(slabs: Iterable[TiledRuns], full: dict[int, list[Ints]]) -> Iterator[Ints]:
    """Join the pieces of small slabs, which are cheaper to encode together; note full tiles."""
    waiting: list[Ints] = []
    for slab in slabs:
        for value, tiles in slab.full.items():
            full.setdefault(value, []).append(tiles)
        waiting.append(slab.pieces)
        if sum(map(len, waiting)) >= _BATCH_PIECES:
            yield np.concatenate(waiting)
            waiting = []
    if waiting:
        yield np.concatenate(waiting)


def _levels(
    runs: Runs, sizes: Sequence[tuple[int, int]], grids: Sequence[Grid]
) -> Iterator[tuple[Grid, Runs]]:
    for level, (size, grid) in enumerate(zip(sizes, grids, strict=True)):
        runs = halved_runs(runs, *size) if level else runs
        yield grid, runs


def _painted_tiles(batch: Ints, codec: Codec) -> EncodedTiles:
    """Paint tiles from their pieces and compress each, for codecs that need pixels."""
    pieces = unpacked_pieces(batch)
    begin = np.flatnonzero(np.diff(pieces.tile, prepend=-1))
    end = pieces.first + pieces.length
    before = np.append(0, end[:-1])
    before[begin] = 0
    lengths = np.stack([pieces.first - before, pieces.length], axis=1)
    values = np.stack([np.zeros_like(end), pieces.value], axis=1).astype(np.uint8)
    tiles = [
        compressed_tile(np.repeat(value.ravel(), length.ravel()), codec)
        for value, length in zip(
            np.split(values, begin[1:]), np.split(lengths, begin[1:]), strict=True
        )
    ]
    sizes = np.array([len(tile) for tile in tiles], dtype=np.int64)
    return EncodedTiles(b"".join(tiles), pieces.tile[begin], np.cumsum(sizes) - sizes, sizes)


def _extremes(runs: Runs, grid: Grid) -> tuple[int, int]:
    """Return the smallest and largest value of whole level-0 tiles; beyond the image is 0."""
    if not len(runs.row):
        return 0, 0
    is_covered = int((runs.stop - runs.start).sum()) == grid.across * grid.down * TILE_PIXELS
    return int(runs.value.min()) if is_covered else 0, int(runs.value.max())
