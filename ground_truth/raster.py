"""Outlines to pixels exactly as ASAP fills them: winding runs per row, then painted.

A pixel is filled where the winding number of the ring around it is not zero. Level L takes only
the rows and columns that are multiples of 2^L, which is how ASAP's pyramids sample.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ground_truth.crossings import COLUMN_BITS, Events, crossing_events
from ground_truth.edges import bands, edges_of

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Runs:
    """Filled stretches of pixels at one level, four int64 arrays of shape (n,).

    Run i covers columns ``start[i]`` to ``stop[i] - 1`` of row ``row[i]``; ``outline[i]`` is the
    index of the ring that fills it. Runs of one ring do not touch each other.
    """

    outline: Ints
    row: Ints
    start: Ints
    stop: Ints


def winding_runs(
    outlines: Sequence[NDArray[np.float32]], level: int, columns: int, rows: int
) -> Runs:
    """Fill closed rings by ASAP's pixel rule.

    Parameters
    ----------
    outlines
        Rings of shape (n, 2), finite level-0 (x, y) below 2^24 in size, not repeated at the end.
    level
        Pixel (column, row) of the result is level-0 pixel (column * 2^level, row * 2^level).
    columns, rows
        Size of the raster at that level; nothing is filled outside it.

    Raises
    ------
    ValueError
        When the raster is too wide or the rings cross implausibly many rows.
    """
    if columns >= 2**COLUMN_BITS:
        raise ValueError(f"a raster of {columns} columns is too wide")
    edges = edges_of(outlines, level, columns, rows)
    parts = [_runs(crossing_events(band, level)) for band in bands(edges)]
    nothing = np.empty(0, dtype=np.int64)
    parts.append(Runs(nothing, nothing, nothing, nothing))
    return Runs(
        outline=np.concatenate([part.outline for part in parts]),
        row=np.concatenate([part.row for part in parts]),
        start=np.concatenate([part.start for part in parts]),
        stop=np.concatenate([part.stop for part in parts]),
    )


def paint(
    raster: NDArray[np.uint8], runs: Runs, values: Sequence[int], x0: int = 0, y0: int = 0
) -> None:
    """Overwrite the pixels of each run with its ring's value, later rings over earlier ones.

    ``raster[0, 0]`` is pixel (x0, y0) of the runs' level; every run must lie inside the raster.
    """
    order = np.argsort(runs.outline, kind="stable")
    colours = np.asarray(values, dtype=np.uint8)[runs.outline[order]]
    places = (runs.row[order] - y0, runs.start[order] - x0, runs.stop[order] - x0, colours)
    for row, start, stop, colour in zip(*(place.tolist() for place in places), strict=True):
        raster[row, start:stop] = colour


def _runs(events: Events) -> Runs:
    """Add up the events of each ring and row; keep what lies between them where not zero."""
    group, column = events.group, events.column
    is_first = np.append(True, group[1:] != group[:-1])[: len(group)]
    is_last = np.append(group[1:] != group[:-1], True)[: len(group)]
    total = np.cumsum(events.change)
    before = (total - events.change)[is_first]
    winding = total - np.repeat(before, np.diff(np.append(np.flatnonzero(is_first), len(group))))
    stop = np.where(is_last, events.group_end, np.append(column[1:], 0)[: len(group)])
    kept = column < stop
    return _merged(events, kept, winding[kept] != 0, stop)


def _merged(
    events: Events, kept: NDArray[np.bool_], is_filled: NDArray[np.bool_], stop: Ints
) -> Runs:
    """Join filled stretches that follow each other in one ring and row."""
    group = events.group[kept]
    joins = (group[1:] == group[:-1]) & is_filled[1:] & is_filled[:-1]
    opens = is_filled & ~np.append(False, joins)[: len(group)]
    closes = is_filled & ~np.append(joins, False)[: len(group)]
    return Runs(
        outline=events.outline_of(group[opens]),
        row=events.row_of(group[opens]),
        start=events.column[kept][opens],
        stop=stop[kept][closes],
    )
