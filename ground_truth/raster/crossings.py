"""Finds the columns from which each edge counts in each row, by ASAP's float32 arithmetic.

ASAP tests every pixel with ``int(((x1-x0)*(y0-y)) - ((x-x0)*(y0-y1)))``, each operation rounded
to float32 and the cast cut towards zero. For one edge and row every rounded step is monotone in x,
so the columns where the edge counts are found by search instead of by testing pixels.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ground_truth.raster.edges import Edges

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]

COLUMN_BITS = 25
"""Bits of a column in a sort key."""

_COUNTS_FROM = np.float32(1.0)
"""The cast cuts towards zero, so a product counts from one on, not from above zero."""

_OVERFLOWS_FROM = np.float32(2.0**31)
"""From here on the cast to 32 bits gives the smallest integer (x86 cvttss2si)."""

_RISE, _FALL = 1, 0
_LAST_OVERFLOW_BELOW = np.nextafter(-_OVERFLOWS_FROM, np.float32(0))


@dataclass(frozen=True, slots=True)
class Events:
    """Changes of the winding number along rows, sorted by place.

    Arrays of shape (n,): from ``place`` on, the winding number changes by ``change``. A place is
    ``(outline * row_count + row - first_row) << COLUMN_BITS | column``; the changes of each
    outline and row add up to zero.
    """

    place: Ints
    change: Ints
    first_row: int
    row_count: int


@dataclass(frozen=True, slots=True)
class _Crossings:
    """Arrays of shape (n,), one entry for each edge and row it is tested on.

    ``offset + (x - x0) * height`` is ASAP's product, with its sign turned for edges that run back;
    it rises with x.
    """

    group: Ints
    is_back: NDArray[np.bool_]
    offset: Floats
    x0: Floats
    height: Floats
    first: Ints
    end: Ints

    def at(self, index: Ints | NDArray[np.bool_]) -> "_Crossings":
        """Return a selection of the crossings."""
        return _Crossings(
            self.group[index],
            self.is_back[index],
            self.offset[index],
            self.x0[index],
            self.height[index],
            self.first[index],
            self.end[index],
        )


def crossing_events(edges: Edges, level: int) -> Events:
    """Return the events of all edges, none of which may have an empty range of rows.

    Raises
    ------
    ValueError
        When there are too many rings and rows to number.
    """
    first_row = int(edges.first_row.min())
    row_count = int(edges.end_row.max()) - first_row
    if (int(edges.outline.max()) + 1) * row_count >= 2 ** (62 - COLUMN_BITS):
        raise ValueError("too many outlines for one raster")
    with np.errstate(over="ignore", invalid="ignore"):
        crossings = _crossings(edges, level, first_row, row_count)
        keys = _event_keys(edges, crossings, level)
    keys.sort()
    return Events(keys >> 1, ((keys & 1) << 1) - 1, first_row, row_count)


def _crossings(edges: Edges, level: int, first_row: int, row_count: int) -> _Crossings:
    heights = edges.end_row - edges.first_row
    edge = np.repeat(np.arange(len(heights)), heights)
    row = np.arange(len(edge)) + np.repeat(edges.first_row - np.cumsum(heights) + heights, heights)
    y = (row << level).astype(np.float32)
    return _Crossings(
        group=(edges.outline * row_count - first_row)[edge] + row,
        is_back=edges.is_back[edge],
        offset=edges.run[edge] * (edges.y0[edge] - y),
        x0=edges.x0[edge],
        height=edges.height[edge],
        first=edges.first_column[edge],
        end=edges.end_column[edge],
    )


def _event_keys(edges: Edges, crossings: _Crossings, level: int) -> Ints:
    if not edges.may_overflow.any():
        return _keys(crossings, _search(crossings, _COUNTS_FROM, level), ~crossings.is_back)
    return np.concatenate(_overflow_keys(crossings, level))


def _overflow_keys(crossings: _Crossings, level: int) -> list[Ints]:
    """Return the events of products that may leave 32 bits, which the cast turns negative.

    Edges towards larger y stop counting there; edges back count even on their wrong side. A
    product that is infinite or no number at one x is so at every x.
    """
    is_lost = ~(
        np.isfinite(crossings.offset) & np.isfinite(crossings.x0) & np.isfinite(crossings.height)
    )
    lost = crossings.at(is_lost & crossings.is_back)
    forth = crossings.at(~is_lost & ~crossings.is_back)
    back = crossings.at(~is_lost & crossings.is_back)
    return [
        _keys(forth, _search(forth, _COUNTS_FROM, level), _RISE),
        _keys(forth, _search(forth, _OVERFLOWS_FROM, level), _FALL),
        _keys(back, back.first, _FALL),
        _keys(back, _search(back, _LAST_OVERFLOW_BELOW, level), _RISE),
        _keys(back, _search(back, _COUNTS_FROM, level), _FALL),
        _keys(back, back.end, _RISE),
        _keys(lost, lost.first, _FALL),
        _keys(lost, lost.end, _RISE),
    ]


def _keys(crossings: _Crossings, column: Ints, rise: NDArray[np.bool_] | int) -> Ints:
    """Pack events into integers that sort by ring, row and column."""
    return (crossings.group << (COLUMN_BITS + 1)) | (column << 1) | rise


def _search(crossings: _Crossings, limit: np.float32, level: int) -> Ints:
    """Return the first column where the product reaches the limit, ``end`` if none does.

    A double-precision estimate is nearly always right; where the float32 product contradicts it,
    bisection finds the column, since the product is monotone.
    """
    column = _estimate(crossings, limit, level)
    x = (column << level).astype(np.float32)
    step = np.float32(1 << level)
    is_reached = (_product(crossings, x) >= limit) | (column == crossings.end)
    is_first = (_product(crossings, x - step) < limit) | (column == crossings.first)
    missed = np.flatnonzero(~(is_reached & is_first))
    if len(missed):
        column[missed] = _bisect(crossings.at(missed), limit, level)
    return column


def _estimate(crossings: _Crossings, limit: np.float32, level: int) -> Ints:
    x = crossings.x0 + (np.float64(limit) - crossings.offset) / crossings.height
    if level:
        x *= 1.0 / 2**level
    column: Ints = np.clip(np.ceil(x), crossings.first, crossings.end).astype(np.int64)
    return column


def _product(crossings: _Crossings, x: Floats) -> Floats:
    """Return the cross product at level-0 places x, rounded as ASAP rounds."""
    return crossings.offset + (x - crossings.x0) * crossings.height


def _bisect(crossings: _Crossings, limit: np.float32, level: int) -> Ints:
    low, high = crossings.first.copy(), crossings.end.copy()
    while (low < high).any():
        middle = (low + high) >> 1
        is_reached = _product(crossings, (middle << level).astype(np.float32)) >= limit
        is_open = low < high
        high = np.where(is_open & is_reached, middle, high)
        low = np.where(is_open & ~is_reached, middle + 1, low)
    return low
