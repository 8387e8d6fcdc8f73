"""Turns rings into edges: ASAP's orientation, strict bounding box, rows that each crosses."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]

EDGE_ROWS_LIMIT = 2**28
"""Crossings of edges with sampled rows in one call; a real slide has 10^6 at level 0."""

_BAND_EDGE_ROWS = 2**15
"""Crossings worked on at once; keeps them in a processor's cache."""

_SMALLEST_MAXIMUM = np.finfo(np.float32).tiny
"""ASAP starts its maxima at C's FLT_MIN, so a box wholly left of 0 still ends just above 0."""

_LARGEST_MINIMUM = np.finfo(np.float32).max
"""ASAP starts its minima at C's FLT_MAX."""

_BEYOND_ANY_ROW = 2.0**40
_SAFE_PRODUCT = 2.0**30
_CERTAIN_SHARE = 1e-9
"""A sum of 10^6 doubles is off by at most 10^-10 of the sum of their sizes."""


@dataclass(frozen=True, slots=True)
class Edges:
    """Edges of closed rings, arrays of shape (n,), one entry an edge that rows are tested on.

    Every edge is kept as if it ran towards larger y, from (x0, y0) over ``run`` columns and
    ``height`` rows of level 0, all float32; ``is_back`` tells those that ran the other way, which
    changes no rounding. Rows and columns are of the level asked for, ends excluded: the rows it is
    tested on, and the columns strictly inside its ring's box. ``may_overflow`` says that a cross
    product inside that box could leave 32 bits, or is no number.
    """

    outline: Ints
    x0: Floats
    y0: Floats
    run: Floats
    height: Floats
    is_back: NDArray[np.bool_]
    first_row: Ints
    end_row: Ints
    first_column: Ints
    end_column: Ints
    may_overflow: NDArray[np.bool_]

    def at(self, index: Ints | NDArray[np.bool_]) -> "Edges":
        """Return a selection of the edges."""
        return Edges(
            outline=self.outline[index],
            x0=self.x0[index],
            y0=self.y0[index],
            run=self.run[index],
            height=self.height[index],
            is_back=self.is_back[index],
            first_row=self.first_row[index],
            end_row=self.end_row[index],
            first_column=self.first_column[index],
            end_column=self.end_column[index],
            may_overflow=self.may_overflow[index],
        )


@dataclass(frozen=True, slots=True)
class _Rings:
    """All vertices in one array, and where each ring begins; no ring is empty."""

    vertices: Floats
    starts: Ints
    outline: Ints

    @property
    def lengths(self) -> Ints:
        return np.diff(np.append(self.starts, len(self.vertices)))


def edges_of(outlines: Sequence[Floats], level: int, columns: int, rows: int) -> Edges:
    """Return the edges of closed rings, each of shape (n, 2), in ASAP's direction.

    Edges that no row of the level is tested on are left out.
    """
    rings = _rings(outlines)
    # Vertices that are NaN or extremely large go through ASAP's arithmetic like any other.
    with np.errstate(over="ignore", invalid="ignore"):
        return _edges(rings, level, columns, rows)


def bands(edges: Edges) -> Iterator[Edges]:
    """Cut the rows into bands of bounded work, and yield each band's edges from the top down.

    Raises
    ------
    ValueError
        When there are more than `EDGE_ROWS_LIMIT` crossings in all.
    """
    total = int((edges.end_row - edges.first_row).sum())
    if total > EDGE_ROWS_LIMIT:
        raise ValueError(f"the outlines cross {total} rows, more than {EDGE_ROWS_LIMIT}")
    if not total:
        return
    for first, end in pairwise(_band_limits(edges, total)):
        band = edges.at(np.flatnonzero((edges.first_row < end) & (edges.end_row > first)))
        yield replace(
            band,
            first_row=np.maximum(band.first_row, first),
            end_row=np.minimum(band.end_row, end),
        )


def _rings(outlines: Sequence[Floats]) -> _Rings:
    rings = [np.asarray(ring, dtype=np.float32).reshape(-1, 2) for ring in outlines]
    lengths = np.array([len(ring) for ring in rings], dtype=np.int64)
    filled = np.flatnonzero(lengths)
    nothing = np.empty((0, 2), dtype=np.float32)
    ends = np.cumsum(lengths[filled])
    return _Rings(np.concatenate([nothing, *rings]), ends - lengths[filled], filled)


def _edges(rings: _Rings, level: int, columns: int, rows: int) -> Edges:
    start, end = rings.vertices, _following(rings)
    ring = np.repeat(np.arange(len(rings.outline)), rings.lengths)
    low, high = _extremes(rings)
    first_column, first_row = _first_inside(low, level).T
    end_column, end_row = np.minimum(_ceiling(high, level), (columns, rows)).T
    is_reversed = _is_reversed(rings, start, end)[ring]
    is_falling = start[:, 1] > end[:, 1]
    upper = np.where(is_falling[:, None], end, start)
    lower = np.where(is_falling[:, None], start, end)
    x0 = np.where(is_reversed, end[:, 0], start[:, 0])
    run, height = (lower - upper).T
    edges = Edges(
        outline=rings.outline[ring],
        x0=x0,
        y0=np.where(is_reversed, end[:, 1], start[:, 1]),
        run=run,
        height=height,
        is_back=is_falling != is_reversed,
        first_row=np.maximum(_ceiling(upper[:, 1], level), first_row[ring]),
        end_row=np.minimum(_ceiling(lower[:, 1], level), end_row[ring]),
        first_column=first_column[ring],
        end_column=end_column[ring],
        may_overflow=_may_overflow(x0, run, height, (np.maximum(high, 0.0) - low)[ring, 0]),
    )
    is_tested = (edges.first_row < edges.end_row) & (edges.first_column < edges.end_column)
    # An edge whose y is no number is on no side of any row; nor is one between two infinite y.
    # Its ring then crosses rows an odd number of times, which only the careful way allows for.
    if not np.isfinite(rings.vertices).all():
        edges.may_overflow[:] = True
    return edges.at(np.flatnonzero(is_tested & ~np.isnan(height)))


def _following(rings: _Rings) -> Floats:
    """Return each vertex's successor in its ring."""
    index = np.arange(1, len(rings.vertices) + 1)
    index[rings.starts + rings.lengths - 1] = rings.starts
    following: Floats = rings.vertices[index]
    return following


def _extremes(rings: _Rings) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return each ring's smallest and largest (x, y) as ASAP finds them, (n, 2)."""
    if not len(rings.outline):
        return np.empty((0, 2)), np.empty((0, 2))
    low = np.fmin.reduceat(rings.vertices, rings.starts, axis=0)
    high = np.fmax.reduceat(rings.vertices, rings.starts, axis=0)
    return (
        np.fmin(low, _LARGEST_MINIMUM).astype(np.float64),
        np.fmax(high, _SMALLEST_MAXIMUM).astype(np.float64),
    )


def _is_reversed(rings: _Rings, start: Floats, end: Floats) -> NDArray[np.bool_]:
    """Tell which rings ASAP reverses, which affects rounding and overflow only."""
    if not len(rings.outline):
        return np.empty(0, dtype=np.bool_)
    terms = ((end[:, 0] - start[:, 0]) * (end[:, 1] + start[:, 1])).astype(np.float64)
    area = np.add.reduceat(terms, rings.starts)
    size = np.add.reduceat(np.abs(terms), rings.starts)
    is_certain = np.abs(area) > _CERTAIN_SHARE * size
    for index in np.flatnonzero(~is_certain):
        begin = rings.starts[index]
        # A running sum keeps ASAP's order of additions, which decides the sign of a tiny area.
        area[index] = np.cumsum(terms[begin : begin + rings.lengths[index]])[-1]
    return ~(area < 0)


def _may_overflow(x0: Floats, run: Floats, height: Floats, width: Floats) -> NDArray[np.bool_]:
    """Tell whether an edge's cross product could leave 32 bits in its ring's box; True in doubt."""
    largest = 2.0 * height.astype(np.float64) * width + np.abs(run) + np.abs(x0)
    return ~(largest <= _SAFE_PRODUCT)


def _first_inside(low: NDArray[np.float64], level: int) -> Ints:
    """Return the first (column, row) of the level strictly beyond a level-0 place, at least 0."""
    first: Ints = np.clip(np.floor(low / 2**level) + 1, 0, _BEYOND_ANY_ROW).astype(np.int64)
    return first


def _ceiling(place: NDArray[np.floating], level: int) -> Ints:
    """Return the first row or column of the level that lies at or beyond a level-0 place."""
    first = np.ceil(place.astype(np.float64) / 2**level)
    bounded = np.nan_to_num(np.clip(first, -_BEYOND_ANY_ROW, _BEYOND_ANY_ROW))
    whole: Ints = bounded.astype(np.int64)
    return whole


def _band_limits(edges: Edges, total: int) -> list[int]:
    first, end = edges.first_row, edges.end_row
    top, bottom = int(first.min()), int(end.max())
    change = np.bincount(first - top, minlength=bottom - top + 1)
    change -= np.bincount(end - top, minlength=bottom - top + 1)
    done = np.cumsum(np.cumsum(change)[:-1])
    cuts = np.searchsorted(done, np.arange(_BAND_EDGE_ROWS, total, _BAND_EDGE_ROWS)) + 1
    return [top + row for row in sorted({0, *cuts.tolist(), bottom - top})]
