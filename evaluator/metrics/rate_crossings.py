"""Finds where the false positives of each replicate exceed a rate, for FROC replicates."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluator.metrics.matched_record import Floats, Indices, MatchedRecord
from evaluator.metrics.resampling import Weights, check_weights

Counts = NDArray[np.int64]

BLOCK_REPLICATES = 1_000
"""Replicates worked on at once; their running counts then stay in the processor's cache."""
SHARE_KEPT = 1.35
"""Share of false positives kept beyond the highest rate, since slides are drawn repeatedly."""
WIDEST_RUNNING_COUNTS = 4_000_000
"""Running counts held at once, which bounds memory whatever was submitted."""


@dataclass(frozen=True, slots=True, eq=False)
class Crossings:
    """The tie group of false positives with which each replicate exceeds each rate.

    Attributes
    ----------
    rows : slice
        Replicates of this block.
    weights : (n_slides, n_block) uint8
        Multiplicities of the block, slides first.
    confidence : (n_rates, n_block) float64
        Confidence of the group; -inf where all false positives together stay within the rate.
    fps_before, fps_through : (n_rates, n_block) int64
        Weighted false positives above that confidence, and at or above it.
    n_slides : (n_block,) int64
        Slides drawn.
    """

    rows: slice
    weights: Weights
    confidence: Floats
    fps_before: Counts
    fps_through: Counts
    n_slides: Counts


@dataclass(frozen=True, slots=True, eq=False)
class _FalsePositives:
    """The strongest false positives as runs of equal confidence and slide, strongest first.

    `last_run` has the index of each tie group's last run, `confidence` the group's value.
    """

    slide: Indices
    count: Counts
    last_run: Indices
    confidence: Floats
    is_complete: bool


def find_crossings(
    record: MatchedRecord, weights: Weights, rates: Sequence[float]
) -> Iterator[Crossings]:
    """Find for each replicate and rate the first tie group that exceeds the rate.

    Only the strongest false positives are searched; where a replicate does not exceed the highest
    rate with them, its block is searched again with twice as many.

    Parameters
    ----------
    weights : (n_resamples, n_slides) uint8
    rates : sequence of float, shape (n_rates,)
        False positives per slide, at least 0.

    Raises
    ------
    ValueError
        When weights do not fit the record or a rate is negative or none is given.
    """
    check_weights(weights, record.n_slides)
    if not rates or min(rates) < 0:
        raise ValueError(f"rates must be 0 or more, got {tuple(rates)}")
    n_kept = int(SHARE_KEPT * max(rates) * record.n_slides) + 1
    kept = _strongest(record, n_kept)
    start = 0
    while start < weights.shape[0]:
        rows = slice(start, min(start + _block_size(kept), weights.shape[0]))
        block = _cross_block(kept, rows, np.ascontiguousarray(weights[rows].T), rates)
        if block is None:
            n_kept *= 2
            kept = _strongest(record, n_kept)
            continue
        yield block
        start = rows.stop


def _strongest(record: MatchedRecord, n_kept: int) -> _FalsePositives:
    """Keep the `n_kept` strongest false positives and all that tie with the weakest of them."""
    confidence, slide = record.fp_confidence, record.fp_slide
    is_complete = n_kept >= confidence.size
    if not is_complete:
        weakest = np.partition(confidence, confidence.size - n_kept)[confidence.size - n_kept]
        is_kept = confidence >= weakest
        confidence, slide = confidence[is_kept], slide[is_kept]
    falling, group = np.unique(-confidence, return_inverse=True)
    run, count = np.unique(group * record.n_slides + slide, return_counts=True)
    last_run = np.searchsorted(run // record.n_slides, np.arange(falling.size), side="right") - 1
    return _FalsePositives(run % record.n_slides, count, last_run, -falling, is_complete)


def _block_size(kept: _FalsePositives) -> int:
    return max(1, min(BLOCK_REPLICATES, WIDEST_RUNNING_COUNTS // max(1, kept.slide.size)))


def _cross_block(
    kept: _FalsePositives, rows: slice, weights: Weights, rates: Sequence[float]
) -> Crossings | None:
    """Search one block; None if too few false positives were kept to tell."""
    n_slides = weights.sum(axis=0, dtype=np.int64)
    running = _running_counts(kept, weights)
    limit = np.stack([_largest_within(rate, n_slides) for rate in rates])
    group = _first_above(running, limit)
    is_over = group < running.shape[0]
    if not (kept.is_complete or is_over.all()):
        return None
    padded = np.vstack([np.zeros((1, weights.shape[1]), running.dtype), running])
    column = np.arange(weights.shape[1])
    through = np.minimum(group + 1, running.shape[0])
    return Crossings(
        rows=rows,
        weights=weights,
        confidence=np.append(kept.confidence, -np.inf)[group],
        fps_before=padded[group, column].astype(np.int64),
        fps_through=padded[through, column].astype(np.int64),
        n_slides=n_slides,
    )


def _running_counts(kept: _FalsePositives, weights: Weights) -> NDArray[np.integer]:
    """Count the weighted false positives through each tie group, shape (n_groups, n_block)."""
    most = int(kept.count.sum()) * int(weights.max(initial=0))
    dtype: type[np.integer] = np.uint16 if most <= np.iinfo(np.uint16).max else np.int64
    drawn = weights[kept.slide].astype(dtype)
    if kept.count.max(initial=1) > 1:
        drawn *= kept.count.astype(dtype)[:, np.newaxis]
    for run in range(1, drawn.shape[0]):
        drawn[run] += drawn[run - 1]
    if kept.last_run.size == kept.slide.size:
        return drawn
    return drawn[kept.last_run]


def _largest_within(rate: float, n_slides: Counts) -> Counts:
    """Return the largest counts whose quotient by `n_slides`, in float64, is within the rate."""
    slides = np.maximum(n_slides, 1)
    count = np.floor(rate * slides)
    count += (count + 1) / slides <= rate
    count -= count / slides > rate
    return count.astype(np.int64)


def _first_above(running: NDArray[np.integer], limit: Counts) -> Counts:
    """Search each column for its first row above the limit, by halving all at once.

    Returns
    -------
    (n_rates, n_block) int64
        Number of rows where there is none.
    """
    n_groups = running.shape[0]
    low, high = np.zeros_like(limit), np.full_like(limit, n_groups)
    column = np.arange(limit.shape[1])
    for _ in range(n_groups.bit_length()):
        middle = (low + high) // 2
        is_open = low < high
        is_above = running[np.minimum(middle, n_groups - 1), column] > limit
        high = np.where(is_open & is_above, middle, high)
        low = np.where(is_open & ~is_above, middle + 1, low)
    return low
