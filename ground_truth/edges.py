"""Rings as edges: ASAP's orientation, its strict bounding box, the rows each edge crosses."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]

EDGE_ROWS_LIMIT = 2**28
"""Crossings of edges with sampled rows in one call; a real slide has 10^6 at level 0."""

_BAND_EDGE_ROWS = 2**16
"""Crossings worked on at once; bounds the memory to some tens of megabytes."""

_SMALLEST_MAXIMUM = np.finfo(np.float32).tiny
"""ASAP starts its maxima at C's FLT_MIN, so a box wholly left of 0 still ends just above 0."""


@dataclass(frozen=True, slots=True)
class Edges:
    """Directed edges, arrays of shape (n,), one entry an edge from (x0, y0) to (x1, y1).

    Level-0 coordinates are float32; rows and columns are of the level asked for, ends excluded:
    the rows it is tested on, and the columns strictly inside its ring's box. ``may_overflow`` says
    that a cross product inside that box could leave 32 bits.
    """

    outline: Ints
    x0: Floats
    y0: Floats
    x1: Floats
    y1: Floats
    first_row: Ints
    end_row: Ints
    first_column: Ints
    end_column: Ints
    may_overflow: NDArray[np.bool_]


def edges_of(outlines: Sequence[Floats], level: int, columns: int, rows: int) -> Edges:
    """Return the edges of closed rings, each of shape (n, 2), in ASAP's direction."""
    rings = [_oriented(np.asarray(ring, dtype=np.float32)) for ring in outlines]
    outline = np.repeat(np.arange(len(rings)), [len(ring) for ring in rings])
    nothing = np.empty((0, 2), dtype=np.float32)
    start = np.concatenate([nothing, *rings])
    end = np.concatenate([nothing, *(np.roll(ring, -1, axis=0) for ring in rings)])
    boxes = np.array([_box(ring, level, columns, rows) for ring in rings], dtype=np.int64)
    left, right, top, bottom = boxes.reshape(-1, 4)[outline].T
    risky = np.array([_may_overflow(ring) for ring in rings], dtype=np.bool_)
    low, high = np.minimum(start[:, 1], end[:, 1]), np.maximum(start[:, 1], end[:, 1])
    return Edges(
        outline=outline,
        x0=start[:, 0],
        y0=start[:, 1],
        x1=end[:, 0],
        y1=end[:, 1],
        first_row=np.maximum(_first_index(low, level), top),
        end_row=np.minimum(_first_index(high, level), bottom),
        first_column=left,
        end_column=right,
        may_overflow=risky[outline],
    )


def bands(edges: Edges) -> Iterator[Edges]:
    """Cut the rows into bands of bounded work, from the top; each holds its edges, cut to it.

    Raises
    ------
    ValueError
        When there are more than `EDGE_ROWS_LIMIT` crossings in all.
    """
    total = int(np.maximum(edges.end_row - edges.first_row, 0).sum())
    if total > EDGE_ROWS_LIMIT:
        raise ValueError(f"the outlines cross {total} rows, more than {EDGE_ROWS_LIMIT}")
    if total:
        limits = _band_limits(edges, total)
        for first, end in pairwise(limits):
            yield _within(edges, first, end)


def _oriented(ring: Floats) -> Floats:
    """Return the ring in ASAP's direction; it matters to rounding and overflow only."""
    if not len(ring):
        return ring
    following = np.roll(ring, -1, axis=0)
    terms = (following[:, 0] - ring[:, 0]) * (following[:, 1] + ring[:, 1])
    # A running sum keeps ASAP's order of additions; np.sum would add in pairs.
    area = np.cumsum(terms, dtype=np.float64)[-1]
    return ring if area < 0 else ring[::-1]


def _box(ring: Floats, level: int, columns: int, rows: int) -> tuple[int, int, int, int]:
    """Return first column, end column, first row, end row strictly inside the ring's box."""
    if not len(ring):
        return 0, 0, 0, 0
    low = ring.min(axis=0).astype(np.float64)
    high = np.maximum(ring.max(axis=0), _SMALLEST_MAXIMUM).astype(np.float64)
    first = np.maximum(np.floor(low / 2**level) + 1, 0)
    end = np.minimum(np.ceil(high / 2**level), (columns, rows))
    return int(first[0]), int(end[0]), int(first[1]), int(end[1])


def _may_overflow(ring: Floats) -> bool:
    """Tell whether a cross product inside the ring's box could leave 32 bits; errs to yes."""
    if not len(ring):
        return False
    low, high = ring.min(axis=0).astype(np.float64), ring.max(axis=0).astype(np.float64)
    width, height = np.maximum(high, 0.0)[0] - low[0], high[1] - low[1]
    return bool(2.0 * width * height > 2.0**30)


def _first_index(y: Floats, level: int) -> Ints:
    """Return the first row whose sample lies at or beyond y."""
    first: Ints = np.ceil(y.astype(np.float64) / 2**level).astype(np.int64)
    return first


def _band_limits(edges: Edges, total: int) -> list[int]:
    live = edges.first_row < edges.end_row
    first, end = edges.first_row[live], edges.end_row[live]
    top, bottom = int(first.min()), int(end.max())
    change = np.zeros(bottom - top + 1, dtype=np.int64)
    np.add.at(change, first - top, 1)
    np.subtract.at(change, end - top, 1)
    done = np.cumsum(np.cumsum(change)[:-1])
    cuts = np.searchsorted(done, np.arange(_BAND_EDGE_ROWS, total, _BAND_EDGE_ROWS)) + 1
    return [top + row for row in sorted({0, *cuts.tolist(), bottom - top})]


def _within(edges: Edges, first_row: int, end_row: int) -> Edges:
    first = np.maximum(edges.first_row, first_row)
    end = np.minimum(edges.end_row, end_row)
    kept = np.flatnonzero(first < end)
    return Edges(
        outline=edges.outline[kept],
        x0=edges.x0[kept],
        y0=edges.y0[kept],
        x1=edges.x1[kept],
        y1=edges.y1[kept],
        first_row=first[kept],
        end_row=end[kept],
        first_column=edges.first_column[kept],
        end_column=edges.end_column[kept],
        may_overflow=edges.may_overflow[kept],
    )
