"""Fills outlines as ASAP does: one labelled run of pixels after another in each row.

A pixel is filled where the winding number of the ring around it is not zero. Level L takes only
the rows and columns that are multiples of 2^L, which is how ASAP's pyramids sample.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ground_truth.raster.crossings import COLUMN_BITS, Events, crossing_events
from ground_truth.raster.edges import bands, edges_of

Ints = NDArray[np.int64]

_STAGE_BITS = 12
_STAGE_MASK = 2**_STAGE_BITS - 1
_COLUMN_MASK = 2**COLUMN_BITS - 1
_ROW_LIMIT = 2 ** (63 - COLUMN_BITS - _STAGE_BITS - 1)


@dataclass(frozen=True, slots=True)
class Stroke:
    """What filling one ring does to the pixels inside it.

    ``value`` (0-255) replaces what is there; or, where ``is_maximum``, only what is smaller.
    """

    value: int
    is_maximum: bool = False


@dataclass(frozen=True, slots=True)
class Runs:
    """Stretches of pixels of one value at one level, four int64 arrays of shape (n,).

    Run i covers columns ``start[i]`` to ``stop[i] - 1`` of row ``row[i]`` with ``value[i]``, which
    is not 0. Runs are in raster order and do not overlap; neighbours of one value are one run.
    """

    row: Ints
    start: Ints
    stop: Ints
    value: Ints


def fill_outlines(
    outlines: Sequence[NDArray[np.float32]],
    strokes: Sequence[Stroke],
    level: int,
    columns: int,
    rows: int,
) -> Runs:
    """Fill closed rings by ASAP's pixel rule, one after the other, on a raster of zeros.

    Parameters
    ----------
    outlines
        Rings of shape (n, 2), level-0 (x, y), not repeated at the end. Coordinates that are NaN
        or extremely large have the same effect as in ASAP.
    strokes
        What each ring does to its pixels.
    level
        Pixel (column, row) of the result is level-0 pixel (column * 2^level, row * 2^level).
    columns, rows
        Size of the raster at that level; nothing is filled outside it.

    Raises
    ------
    ValueError
        When the raster is too large, the rings cross implausibly many rows, or values alternate
        implausibly often.
    """
    if columns >= 2**COLUMN_BITS or rows >= _ROW_LIMIT:
        raise ValueError(f"a raster of {columns} x {rows} pixels is too large")
    stages, stage_of = _stages(strokes)
    nothing = np.empty(0, dtype=np.int64)
    parts = [Runs(nothing, nothing, nothing, nothing)]
    for band in bands(edges_of(outlines, level, columns, rows)):
        filled = _filled(crossing_events(band, level))
        parts.append(_stacked_runs(filled, stages, stage_of))
    return Runs(
        row=np.concatenate([part.row for part in parts]),
        start=np.concatenate([part.start for part in parts]),
        stop=np.concatenate([part.stop for part in parts]),
        value=np.concatenate([part.value for part in parts]),
    )


def halved_runs(runs: Runs, columns: int, rows: int) -> Runs:
    """Return the next level's runs, of its size: every second pixel of every second row."""
    start, stop = (runs.start + 1) >> 1, np.minimum((runs.stop + 1) >> 1, columns)
    kept = ((runs.row & 1) == 0) & (start < stop) & (runs.row < 2 * rows)
    return Runs(runs.row[kept] >> 1, start[kept], stop[kept], runs.value[kept])


@dataclass(frozen=True, slots=True)
class _Filled:
    """Stretches inside single rings: ring, row and columns, in order of ring, row and column."""

    outline: Ints
    start: Ints
    stop: Ints


def _stages(strokes: Sequence[Stroke]) -> tuple[list[Stroke], Ints]:
    """Join equal strokes that follow each other; return them and the stage of each ring.

    Where every stroke is a maximum their order doesn't matter, so each value is one stage.
    """
    if all(stroke.is_maximum for stroke in strokes):
        values = np.array([stroke.value for stroke in strokes], dtype=np.int64)
        distinct, stage_of = np.unique(values, return_inverse=True)
        return [Stroke(value) for value in distinct.tolist()], stage_of
    stages: list[Stroke] = []
    stage_of = np.empty(len(strokes), dtype=np.int64)
    for index, stroke in enumerate(strokes):
        if not stages or stages[-1] != stroke:
            stages.append(stroke)
        stage_of[index] = len(stages) - 1
    if len(stages) >= 2**_STAGE_BITS:
        raise ValueError(f"values change {len(stages)} times from outline to outline")
    return stages, stage_of


def _filled(events: Events) -> _Filled:
    """Add up the events along each row; keep the stretches whose winding number is not zero."""
    place, winding = _last_of_equals(events.place, np.cumsum(events.change))
    is_inside = winding != 0
    edge = np.flatnonzero(is_inside[1:] != is_inside[:-1]) + 1
    # Winding is zero before the first event and after the last.
    edge = np.insert(edge, 0, 0) if is_inside[:1].any() else edge
    start, stop = place[edge[::2]], place[edge[1::2]]
    # From (ring, row, column) to ring, and (row, column) in the whole raster.
    outline, local_row = np.divmod(start >> COLUMN_BITS, events.row_count)
    moved = (local_row + events.first_row - (start >> COLUMN_BITS)) << COLUMN_BITS
    return _Filled(outline, start + moved, stop + moved)


def _stacked_runs(filled: _Filled, stages: list[Stroke], stage_of: Ints) -> Runs:
    """Return the values that are visible where stretches of several rings overlap."""
    stage = stage_of[filled.outline]
    starts = np.sort((filled.start << _STAGE_BITS) | stage)
    stops = np.sort(filled.stop)
    if (stops[:-1] < starts[1:] >> _STAGE_BITS).all():
        values = np.array([stroke.value for stroke in stages], dtype=np.int64)
        return _visible_runs(starts >> _STAGE_BITS, stops, values[starts & _STAGE_MASK])
    keys = np.concatenate([(starts << 1) | 1, ((filled.stop << _STAGE_BITS) | stage) << 1])
    keys.sort()
    change = ((keys & 1) << 1) - 1
    keys >>= 1
    value = _value_after(keys & _STAGE_MASK, change, stages)
    place, value = _last_of_equals(keys >> _STAGE_BITS, value)
    kept = np.flatnonzero(value != np.concatenate([[0], value[:-1]]))
    place, value = place[kept], value[kept]
    return _visible_runs(place[:-1], place[1:], value[:-1])


def _visible_runs(start: Ints, stop: Ints, value: Ints) -> Runs:
    """Return the stretches whose value is not 0 as runs."""
    if not value.all():
        shown = np.flatnonzero(value)
        start, stop, value = start[shown], stop[shown], value[shown]
    return Runs(start >> COLUMN_BITS, start & _COLUMN_MASK, stop & _COLUMN_MASK, value)


def _value_after(stage_of: Ints, change: Ints, stages: list[Stroke]) -> Ints:
    """Return the value from each event on."""
    value = np.zeros(len(change), dtype=np.int64)
    if len(stages) == 1:
        np.multiply(np.cumsum(change) > 0, stages[0].value, out=value)
        return value
    for index, stage in enumerate(stages):
        is_covered = np.cumsum(np.where(stage_of == index, change, 0)) > 0
        if stage.is_maximum:
            is_covered &= value < stage.value
        value[is_covered] = stage.value
    return value


def _last_of_equals(place: Ints, state: Ints) -> tuple[Ints, Ints]:
    """Keep the last state of each place; places are sorted."""
    is_last = place[1:] != place[:-1]
    if is_last.all():
        return place, state
    last = np.append(np.flatnonzero(is_last), len(place) - 1)
    return place[last], state[last]
