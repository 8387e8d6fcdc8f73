"""Computes FROC sensitivities and scores of resampled slides, without a curve for each."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from evaluator.metrics.froc import FP_RATES
from evaluator.metrics.intervals import INTERVAL_LEVEL, Interval, Reason, Undefined
from evaluator.metrics.matched_record import Floats, Indices, MatchedRecord, lesions_per_slide
from evaluator.metrics.proportions import bounded_percentile_interval
from evaluator.metrics.rate_crossings import Crossings, find_crossings
from evaluator.metrics.resampling import Weights, every_unit_once, leave_one_out


def froc_replicates(
    record: MatchedRecord, weights: Weights, lesion_weight: Floats | None = None
) -> Floats:
    """Compute the FROC score of every resample of slides.

    Parameters
    ----------
    record : MatchedRecord
    weights : (n_resamples, n_slides) uint8
        How often each slide is drawn.
    lesion_weight : (n_lesions,) float64, optional
        Weight of each lesion in the sensitivity, 1 by default.

    Returns
    -------
    (n_resamples,) float64
        Bit for bit the score of a curve traced over the drawn slides; NaN where no lesion was
        drawn, which leaves it undefined.

    Raises
    ------
    ValueError
        When the weights do not fit the record.
    """
    return mean_over_rates(sensitivity_replicates(record, weights, FP_RATES, lesion_weight))


def sensitivity_replicates(
    record: MatchedRecord,
    weights: Weights,
    rates: Sequence[float] = FP_RATES,
    lesion_weight: Floats | None = None,
    blocks: Iterable[Crossings] | None = None,
) -> Floats:
    """Compute the linearly interpolated sensitivity of every resample at each rate.

    Parameters
    ----------
    blocks : iterable of Crossings, optional
        Those of the record's false positives, weights and rates, if the caller has them: they do
        not depend on lesions, so several weightings of lesions can share them.

    Returns
    -------
    (n_rates, n_resamples) float64
        NaN where no lesion was drawn.
    """
    replicates = np.empty((len(rates), weights.shape[0]))
    rate = np.asarray(rates, dtype=np.float64)[:, np.newaxis]
    for block in find_crossings(record, weights, rates) if blocks is None else blocks:
        before, through = hit_shares(record, block, lesion_weight)
        replicates[:, block.rows] = _interpolate(rate, block, before, through)
    return replicates


def stepped_sensitivity_replicates(
    record: MatchedRecord,
    weights: Weights,
    rates: Sequence[float] = FP_RATES,
    lesion_weight: Floats | None = None,
    blocks: Iterable[Crossings] | None = None,
) -> Floats:
    """Compute the sensitivity at the smallest observed confidence within each rate.

    The threshold is found anew in each resample, over the false positives of all its slides.
    ``blocks`` is as in `sensitivity_replicates`.

    Returns
    -------
    (n_rates, n_resamples) float64
        NaN where no lesion of positive weight was drawn.
    """
    replicates = np.empty((len(rates), weights.shape[0]))
    for block in find_crossings(record, weights, rates) if blocks is None else blocks:
        replicates[:, block.rows] = hit_shares(record, block, lesion_weight)[0]
    return replicates


def mean_over_rates(sensitivity: Floats) -> Floats:
    """Average (n_rates, n_resamples) to (n_resamples,), added in order: the same everywhere."""
    total = sensitivity[0].copy()
    for row in sensitivity[1:]:
        total += row
    mean: Floats = total / sensitivity.shape[0]
    return mean


def froc_interval(
    record: MatchedRecord, replicates: Floats, level: float = INTERVAL_LEVEL
) -> Interval | Undefined:
    """Bound the FROC score: percentiles, widened where the score is 0 or 1.

    Parameters
    ----------
    replicates : (n_resamples,) float64
        From `froc_replicates`.
    """
    if record.lesion_slide.size == 0:
        return Undefined(Reason.NO_LESION)
    estimate = float(froc_replicates(record, every_unit_once(record.n_slides))[0])
    n_slides = int(np.count_nonzero(lesions_per_slide(record)))
    return bounded_percentile_interval(estimate, replicates, n_slides, level)


def slide_influence(record: MatchedRecord) -> Floats:
    """Return by how much the FROC score falls when each slide is left out, shape (n_slides,).

    NaN where the slide holds all lesions, so that nothing is left to score.
    """
    score = froc_replicates(record, every_unit_once(record.n_slides))[0]
    return np.asarray(score - froc_replicates(record, leave_one_out(record.n_slides)))


def hit_shares(
    record: MatchedRecord, block: Crossings, lesion_weight: Floats | None
) -> tuple[Floats, Floats]:
    """Return the share of lesions scored above, and at or above, each crossing confidence.

    Two (n_rates, n_block) arrays. Counts without lesion weights are whole numbers, so sums do not
    depend on their order.
    """
    order = np.argsort(-record.lesion_score, kind="stable")
    rising = record.lesion_score[order][::-1]
    running = _running_weights(record, block, order, lesion_weight)
    n_hits = int(np.count_nonzero(np.isfinite(record.lesion_score)))
    n_above = rising.size - np.searchsorted(rising, block.confidence, side="right")
    n_through = rising.size - np.searchsorted(rising, block.confidence, side="left")
    column = np.arange(running.shape[1])
    total = np.where(running[-1] > 0, running[-1], np.nan)
    before = running[np.minimum(n_above, n_hits), column] / total
    return before, running[np.minimum(n_through, n_hits), column] / total


def _running_weights(
    record: MatchedRecord, block: Crossings, order: Indices, lesion_weight: Floats | None
) -> NDArray[np.integer] | Floats:
    """Add up the drawn lesions, strongest first, shape (n_lesions + 1, n_block).

    Row by row in a small type: a block's rows then stay in the cache.
    """
    most = order.size * int(block.weights.max(initial=0))
    counts = np.uint16 if most <= np.iinfo(np.uint16).max else np.int64
    dtype = counts if lesion_weight is None else np.float64
    running = np.zeros((order.size + 1, block.weights.shape[1]), dtype=dtype)
    for place, lesion in enumerate(order.tolist()):
        drawn = block.weights[record.lesion_slide[lesion]]
        if lesion_weight is None:
            np.add(running[place], drawn, out=running[place + 1])
        else:
            np.add(running[place], drawn * lesion_weight[lesion], out=running[place + 1])
    return running


def _interpolate(rate: Floats, block: Crossings, before: Floats, through: Floats) -> Floats:
    """Interpolate as `numpy.interp` does, in its order of operations."""
    slides = np.maximum(block.n_slides, 1)
    fps_before, fps_through = block.fps_before / slides, block.fps_through / slides
    rise = fps_through - fps_before
    slope = (through - before) / np.where(rise > 0, rise, 1.0)
    on_segment = slope * (rate - fps_before) + before
    return np.where((rise > 0) & (fps_before != rate), on_segment, before)
