"""Computes union, connected parts and holes of sets of pixels as runs, without a raster."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Ints = NDArray[np.int64]

_COLUMN_BITS = 26


@dataclass(frozen=True, slots=True)
class RunSet:
    """Stretches of pixels, int64 arrays of shape (n,): columns ``start`` to ``stop - 1`` of a row.

    In raster order; runs of one row neither overlap nor touch.
    """

    row: Ints
    start: Ints
    stop: Ints

    @property
    def starts(self) -> Ints:
        """Return keys of the starts, rising with row and column."""
        return (self.row << _COLUMN_BITS) | self.start

    @property
    def stops(self) -> Ints:
        """Return keys of the stops, rising with row and column."""
        return (self.row << _COLUMN_BITS) | self.stop


def union_of_runs(row: Ints, start: Ints, stop: Ints) -> RunSet:
    """Return the union of stretches in any order, which may overlap."""
    starts = np.sort((row << _COLUMN_BITS) | start)
    stops = np.sort((row << _COLUMN_BITS) | stop)
    # The i-th start begins a run where all stretches that began earlier have ended.
    opening = np.flatnonzero(np.append(True, starts[1:] > stops[:-1])[: len(starts)])
    closing = np.append(opening[1:], len(starts))[: len(opening)] - 1
    mask = 2**_COLUMN_BITS - 1
    first, last = starts[opening], stops[closing]
    return RunSet(first >> _COLUMN_BITS, first & mask, last & mask)


def without_holes(runs: RunSet, rows: int) -> RunSet:
    """Fill the background that does not reach the border of a frame of some rows.

    Background connects over shared pixel sides only, and is open before a row's first run and
    after its last.
    """
    same_row = runs.row[1:] == runs.row[:-1]
    before = np.flatnonzero(same_row)
    if not len(before):
        return runs
    gaps = RunSet(runs.row[before], runs.stop[before], runs.start[before + 1])
    is_hole = ~_reaches_outside(gaps, runs, rows)
    is_joined = np.zeros(len(runs.row) + 1, dtype=np.bool_)
    is_joined[before[is_hole] + 1] = True
    opening = np.flatnonzero(~is_joined[:-1])
    closing = np.flatnonzero(~is_joined[1:])
    return RunSet(runs.row[opening], runs.start[opening], runs.stop[closing])


def connected_parts(runs: RunSet) -> Ints:
    """Return the part, 0 to n - 1 in raster order, of each run; corners connect."""
    part = _parts(runs, reach=1)
    _, first, part = np.unique(part, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    numbered: Ints = rank[part]
    return numbered


def _reaches_outside(gaps: RunSet, runs: RunSet, rows: int) -> NDArray[np.bool_]:
    """Tell which gaps between runs of a row are open to the frame's border."""
    part = _parts(gaps, reach=0)
    is_open = (gaps.row == 0) | (gaps.row == rows - 1)
    for neighbour in (gaps.row - 1, gaps.row + 1):
        begin = np.searchsorted(runs.row, neighbour)
        end = np.searchsorted(runs.row, neighbour, side="right")
        is_empty = begin == end
        first = runs.start[np.minimum(begin, len(runs.row) - 1)]
        last = runs.stop[end - 1]
        # Before its first and after its last run a row is open to the border.
        is_open |= is_empty | (gaps.start < first) | (gaps.stop > last)
    count = int(part.max()) + 1
    open_parts = np.bincount(part[is_open], minlength=count) > 0
    reaches: NDArray[np.bool_] = open_parts[part]
    return reaches


def _parts(runs: RunSet, reach: int) -> Ints:
    """Label runs that lie within ``reach`` columns of each other in neighbouring rows."""
    count = len(runs.row)
    below = 1 << _COLUMN_BITS
    first = np.searchsorted(runs.stops, runs.starts + below - reach, side="right")
    end = np.searchsorted(runs.starts, runs.stops + below + reach, side="left")
    pairs = np.maximum(end - first, 0)
    upper = np.repeat(np.arange(count), pairs)
    lower = np.arange(len(upper)) + np.repeat(first - np.cumsum(pairs) + pairs, pairs)
    joined = coo_array((np.ones(len(upper), dtype=np.bool_), (upper, lower)), shape=(count, count))
    return np.asarray(connected_components(joined, directed=False)[1], dtype=np.int64)
