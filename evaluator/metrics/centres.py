"""Compares centres: false positives of each at one threshold, and the worst one's distance."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evaluator.metrics.intervals import (
    INTERVAL_LEVEL,
    Interval,
    Reason,
    Undefined,
    percentile_interval,
    shared_replicates,
)
from evaluator.metrics.matched_record import Floats, Indices, MatchedRecord

FEWEST_CENTRES = 2


@dataclass(frozen=True, slots=True)
class CentreSpread:
    """The centre with the lowest score, and how far it lies behind the best one.

    Attributes
    ----------
    worst, best : int
        Indices of the centres; the first of equal ones.
    worst_score : float
    difference : float
        Best score less worst.
    interval : Interval or Undefined
        Of the difference; best and worst are chosen anew in every resample, so that it lies
        above 0 even for equal centres: it describes, it does not test.
    """

    worst: int
    best: int
    worst_score: float
    difference: float
    interval: Interval | Undefined


def fp_rate_by_centre(record: MatchedRecord, centre_of_slide: Indices, threshold: float) -> Floats:
    """Return false positives per slide of each centre at one threshold for all, (n_centres,).

    Parameters
    ----------
    centre_of_slide : (n_slides,) int64
        Index of each slide's centre, 0 .. n_centres - 1.

    Raises
    ------
    ValueError
        When shapes differ or a centre has no slide.
    """
    if centre_of_slide.shape != (record.n_slides,):
        raise ValueError(f"{centre_of_slide.shape} centres for {record.n_slides} slides")
    n_slides = np.bincount(centre_of_slide)
    if not n_slides.all():
        raise ValueError("a centre has no slide")
    centre = centre_of_slide[record.fp_slide[record.fp_confidence >= threshold]]
    return np.asarray(np.bincount(centre, minlength=n_slides.size) / n_slides)


def centre_spread(
    scores: Sequence[float], replicates: Floats, level: float = INTERVAL_LEVEL
) -> CentreSpread | Undefined:
    """Find the worst centre and its distance from the best, by any score.

    Parameters
    ----------
    scores : sequence of float, shape (n_centres,)
        Score over each centre's own slides or patients; NaN where undefined.
    replicates : (n_centres, n_resamples) float64
        The same over the resamples, each centre resampled by itself.

    Returns
    -------
    CentreSpread or Undefined
        Undefined with fewer than two centres that have a score.

    Raises
    ------
    ValueError
        When shapes differ.
    """
    values = np.asarray(scores, dtype=np.float64)
    if replicates.shape[:1] != values.shape:
        raise ValueError(f"{values.size} scores for {replicates.shape} replicates")
    defined = np.flatnonzero(~np.isnan(values))
    if defined.size < FEWEST_CENTRES:
        return Undefined(Reason.FEWER_THAN_TWO_CENTRES)
    worst = int(defined[np.argmin(values[defined])])
    best = int(defined[np.argmax(values[defined])])
    shared = shared_replicates(replicates[defined])
    interval = (
        shared
        if isinstance(shared, Undefined)
        else percentile_interval(np.ptp(shared, axis=0), level)
    )
    difference = float(values[best] - values[worst])
    return CentreSpread(worst, best, float(values[worst]), difference, interval)
