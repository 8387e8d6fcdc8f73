"""Cuts runs of pixels into 512 x 512 tiles: full tiles of one value, pieces of the others.

A piece is one integer: tile, first pixel in the tile's 262,144, length and value, so that sorting
integers puts pieces in tile and raster order. Tiles are numbered through all levels.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ground_truth.raster import Runs

Ints = NDArray[np.int64]

TILE_PX = 512
TILE_PIXELS = TILE_PX**2

_TILE_SHIFT, _FIRST_SHIFT, _LENGTH_SHIFT = 37, 18, 8


@dataclass(frozen=True, slots=True)
class Grid:
    """The tiles of one level: how many across and down, and the number of the first."""

    across: int
    down: int
    first: int


@dataclass(frozen=True, slots=True)
class TiledRuns:
    """What some tiles of a pyramid hold; a tile that is not named holds zeros.

    ``full`` gives the numbers of the tiles that hold nothing but one value; ``pieces`` are the
    packed pieces of the others, sorted, each tile's last one of length 0 behind its last pixel.
    """

    full: Mapping[int, Ints]
    pieces: Ints


@dataclass(frozen=True, slots=True)
class Pieces:
    """Unpacked pieces, int64 arrays of shape (n,)."""

    tile: Ints
    first: Ints
    length: Ints
    value: Ints


def grids_of(sizes: Sequence[tuple[int, int]]) -> list[Grid]:
    """Return the tile grids of levels given as (columns, rows)."""
    grids = []
    first = 0
    for columns, rows in sizes:
        grid = Grid(-(-columns // TILE_PX), -(-rows // TILE_PX), first)
        first += grid.across * grid.down
        grids.append(grid)
    return grids


def tiled_runs(levels: Iterable[tuple[Grid, Runs]], slab_runs: int) -> Iterator[TiledRuns]:
    """Cut the runs of all levels into their tiles, slab by slab of about so many runs."""
    for grid, runs in levels:
        for slab in _slabs(runs, slab_runs):
            full = _full_tiles(slab, grid)
            pieces = _pieces(slab, grid, full)
            yield TiledRuns({value: at + grid.first for value, at in full.items()}, pieces)


def unpacked_pieces(packed: Ints) -> Pieces:
    """Take packed pieces apart."""
    return Pieces(
        tile=packed >> _TILE_SHIFT,
        first=(packed >> _FIRST_SHIFT) & (2 ** (_TILE_SHIFT - _FIRST_SHIFT) - 1),
        length=(packed >> _LENGTH_SHIFT) & (2 ** (_FIRST_SHIFT - _LENGTH_SHIFT) - 1),
        value=packed & (2**_LENGTH_SHIFT - 1),
    )


def piece_batches(packed: Ints, size: int) -> list[Ints]:
    """Cut packed pieces into batches of about a size, none within a tile."""
    tile = packed >> _TILE_SHIFT
    wanted = np.arange(size, len(packed), size)
    cuts = np.unique(np.searchsorted(tile, tile[wanted]))
    return [batch for batch in np.split(packed, cuts) if len(batch)]


def _slabs(runs: Runs, size: int) -> Iterator[Runs]:
    """Cut runs between rows of tiles, so that memory stays bounded."""
    row = runs.row // TILE_PX
    cuts = np.searchsorted(row, row[np.arange(size, len(row), size)]).tolist()
    for first, end in pairwise(sorted({0, *cuts, len(row)})):
        part = slice(first, end)
        yield Runs(runs.row[part], runs.start[part], runs.stop[part], runs.value[part])


def _full_tiles(runs: Runs, grid: Grid) -> dict[int, Ints]:
    """Return the tiles that each value fills, numbered within the level."""
    first = (runs.start + TILE_PX - 1) // TILE_PX
    end = runs.stop // TILE_PX
    wide = np.flatnonzero(end > first)
    full = {}
    for value in np.unique(runs.value[wide]).tolist():
        at = wide[runs.value[wide] == value]
        row = runs.row[at] // TILE_PX
        top = int(row[0])
        row = (row - top) * (grid.across + 1)
        size = int(row[-1]) + grid.across + 1
        change = np.bincount(row + first[at], minlength=size)
        change -= np.bincount(row + end[at], minlength=size)
        covered_rows = np.cumsum(change.reshape(-1, grid.across + 1), axis=1)[:, :-1]
        tiles = np.flatnonzero(covered_rows == TILE_PX)
        if len(tiles):
            full[value] = tiles + top * grid.across
    return full


def _pieces(runs: Runs, grid: Grid, full: Mapping[int, Ints]) -> Ints:
    """Return the packed pieces in the tiles of a level that are not full."""
    row = runs.row // TILE_PX
    first = row * grid.across + runs.start // TILE_PX
    end = row * grid.across + (runs.stop - 1) // TILE_PX + 1
    run, tile = _touched(first, end, full, grid)
    left = (tile % grid.across) * TILE_PX
    start = np.maximum(runs.start[run] - left, 0)
    stop = np.minimum(runs.stop[run] - left, TILE_PX)
    place = (runs.row[run] % TILE_PX) * TILE_PX + start
    packed = (tile + grid.first) << _TILE_SHIFT
    packed |= (place << _FIRST_SHIFT) | ((stop - start) << _LENGTH_SHIFT) | runs.value[run]
    packed.sort()
    tiles = packed >> _TILE_SHIFT
    last = np.append(np.flatnonzero(tiles[1:] != tiles[:-1]), len(tiles) - 1)[: len(tiles)]
    closing = (tiles[last] << _TILE_SHIFT) | (TILE_PIXELS << _FIRST_SHIFT)
    return np.insert(packed, last + 1, closing)


def _touched(first: Ints, end: Ints, full: Mapping[int, Ints], grid: Grid) -> tuple[Ints, Ints]:
    """Return pairs of a run and a tile that it touches; full tiles are left out."""
    if not full:
        count = end - first
        run = np.repeat(np.arange(len(first)), count)
        return run, np.arange(len(run)) + np.repeat(first - np.cumsum(count) + count, count)
    is_wanted = np.ones(grid.across * grid.down, dtype=np.bool_)
    for tiles in full.values():
        is_wanted[tiles] = False
    wanted = np.flatnonzero(is_wanted)
    before = np.concatenate([[0], np.cumsum(is_wanted)])
    count = before[end] - before[first]
    run = np.repeat(np.arange(len(first)), count)
    index = np.arange(len(run)) + np.repeat(before[first] - np.cumsum(count) + count, count)
    return run, wanted[index]
