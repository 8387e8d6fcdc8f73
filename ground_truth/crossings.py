"""Where each edge begins to count in each row: ASAP's single-precision cross product, inverted.

ASAP tests every pixel with ``int(((x1-x0)*(y0-y)) - ((x-x0)*(y0-y1)))``, each operation rounded
to float32 and the cast cut towards zero. For one edge and row every rounded step is monotone in x,
so the columns where the edge counts are found by search instead of by testing pixels.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ground_truth.edges import Edges

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]

COLUMN_BITS = 25
"""Bits of a column in a sort key."""

_COUNTS_FROM = np.float32(1.0)
"""The cast cuts towards zero, so a product counts from one on, not from above zero."""

_OVERFLOWS_FROM = np.float32(2.0**31)
"""From here on the cast to 32 bits gives the smallest integer (x86 cvttss2si)."""

_LAST_OVERFLOW_BELOW = np.nextafter(-_OVERFLOWS_FROM, np.float32(0))


@dataclass(frozen=True, slots=True)
class Events:
    """Changes of the winding number along rows, sorted by ring and row, then by column.

    Arrays of shape (n,): from ``column`` on, the winding number of the ring and row ``group``
    changes by ``change``; the row's last tested column is ``group_end - 1``.
    """

    group: Ints
    column: Ints
    change: Ints
    group_end: Ints
    first_row: int
    row_count: int

    def outline_of(self, group: Ints) -> Ints:
        """Return the ring's index of each group."""
        return group // self.row_count

    def row_of(self, group: Ints) -> Ints:
        """Return the row of each group."""
        return group % self.row_count + self.first_row


@dataclass(frozen=True, slots=True)
class _Crossings:
    """Arrays of shape (n,), one entry for each edge and row it is tested on.

    ``sign`` is +1 where the edge runs towards larger y and counts where the product is positive,
    -1 where it runs back and counts where it is negative; sign * product rises with x.
    """

    group: Ints
    sign: Floats
    offset: Floats
    x0: Floats
    slope: Floats
    first: Ints
    end: Ints

    def at(self, index: Ints | NDArray[np.bool_]) -> "_Crossings":
        """Return a selection of the crossings."""
        return _Crossings(
            self.group[index],
            self.sign[index],
            self.offset[index],
            self.x0[index],
            self.slope[index],
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
    edge, crossings = _crossings(edges, level, first_row, row_count)
    keys = _keys(crossings.group, _search(crossings, _COUNTS_FROM, level), crossings.sign > 0)
    if edges.may_overflow.any():
        risky = crossings.at(edges.may_overflow[edge])
        keys = np.concatenate([keys, *_overflow_keys(risky, level)])
    keys.sort()
    group = keys >> (COLUMN_BITS + 1)
    end_column = np.zeros(int(edges.outline.max()) + 1, dtype=np.int64)
    end_column[edges.outline] = edges.end_column
    return Events(
        group=group,
        column=(keys >> 1) & (2**COLUMN_BITS - 1),
        change=((keys & 1) << 1) - 1,
        group_end=end_column[group // row_count],
        first_row=first_row,
        row_count=row_count,
    )


def _crossings(edges: Edges, level: int, first_row: int, row_count: int) -> tuple[Ints, _Crossings]:
    heights = edges.end_row - edges.first_row
    edge = np.repeat(np.arange(len(heights)), heights)
    row = np.arange(len(edge)) + np.repeat(edges.first_row - np.cumsum(heights) + heights, heights)
    y = (row << level).astype(np.float32)
    sign = np.where(edges.y1 > edges.y0, np.float32(1), np.float32(-1))
    return edge, _Crossings(
        group=edges.outline[edge] * row_count + (row - first_row),
        sign=sign[edge],
        offset=(edges.x1 - edges.x0)[edge] * (edges.y0[edge] - y),
        x0=edges.x0[edge],
        slope=(edges.y0 - edges.y1)[edge],
        first=edges.first_column[edge],
        end=np.maximum(edges.end_column, edges.first_column)[edge],
    )


def _overflow_keys(crossings: _Crossings, level: int) -> list[Ints]:
    """Return the events of products beyond 32 bits, which the cast turns negative.

    Edges towards larger y stop counting there; edges back count even on their wrong side.
    """
    forth, back = crossings.at(crossings.sign > 0), crossings.at(crossings.sign < 0)
    stops = _search(forth, _OVERFLOWS_FROM, level)
    ends = _search(back, _LAST_OVERFLOW_BELOW, level)
    return [
        _keys(forth.group, stops, np.zeros(len(stops), dtype=np.bool_)),
        _keys(back.group, back.first, np.zeros(len(ends), dtype=np.bool_)),
        _keys(back.group, ends, np.ones(len(ends), dtype=np.bool_)),
    ]


def _keys(group: Ints, column: Ints, is_rise: NDArray[np.bool_]) -> Ints:
    """Pack events into integers that sort by group, then column."""
    return (group << (COLUMN_BITS + 1)) | (column << 1) | is_rise


def _search(crossings: _Crossings, limit: np.float32, level: int) -> Ints:
    """Return the first column where sign * product reaches the limit, ``end`` if none does.

    A double-precision estimate is right nearly always; where the float32 product says otherwise,
    its monotony allows bisection.
    """
    column = _estimate(crossings, limit, level)
    is_reached = (column == crossings.end) | (_product(crossings, column, level) >= limit)
    is_first = (column == crossings.first) | (_product(crossings, column - 1, level) < limit)
    missed = np.flatnonzero(~(is_reached & is_first))
    column[missed] = _bisect(crossings.at(missed), limit, level)
    return column


def _estimate(crossings: _Crossings, limit: np.float32, level: int) -> Ints:
    missing = np.float64(limit) - crossings.sign * crossings.offset.astype(np.float64)
    x = crossings.x0 + missing / np.abs(crossings.slope.astype(np.float64))
    column: Ints = np.clip(np.ceil(x / 2**level), crossings.first, crossings.end).astype(np.int64)
    return column


def _product(crossings: _Crossings, column: Ints, level: int) -> Floats:
    """Return sign * cross product at level-0 x = column * 2^level, rounded as ASAP rounds."""
    x = (column << level).astype(np.float32)
    return crossings.sign * (crossings.offset - (x - crossings.x0) * crossings.slope)


def _bisect(crossings: _Crossings, limit: np.float32, level: int) -> Ints:
    low, high = crossings.first.copy(), crossings.end.copy()
    while (low < high).any():
        middle = (low + high) >> 1
        is_reached = _product(crossings, middle, level) >= limit
        is_open = low < high
        high = np.where(is_open & is_reached, middle, high)
        low = np.where(is_open & ~is_reached, middle + 1, low)
    return low
