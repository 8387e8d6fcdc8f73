"""Chooses the best of several attempts, and measures how far choosing flatters its score."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluator.metrics.intervals import (
    INTERVAL_LEVEL,
    Interval,
    IntervalMethod,
    Undefined,
    percentile_interval,
    shared_replicates,
)

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class BestAttempt:
    """The attempt with the highest score, and its interval corrected for having been chosen.

    Attributes
    ----------
    attempt : int
        Index of the chosen attempt; the earlier of equal ones.
    score : float
        Its score, as it is ranked.
    n_attempts : int
        Attempts it was chosen from.
    replicates : (n_defined,) float64
        Highest score over the attempts in each resample.
    optimism : float
        Mean excess of the attempt that is best in a resample over its own score, less the same
        for the chosen attempt: what the choice alone adds. 0 for a single attempt.
    interval : Interval
        From the excess over the attempts' own scores in resamples that choose anew, less the
        optimism of the choice; for a single attempt the percentile interval.
    """

    attempt: int
    score: float
    n_attempts: int
    replicates: Floats
    optimism: float
    interval: Interval


def best_attempt(
    scores: Sequence[float],
    replicates: Floats,
    limits: tuple[float, float] = (0.0, 1.0),
    level: float = INTERVAL_LEVEL,
) -> BestAttempt | Undefined:
    """Choose the best attempt, and choose anew within each resample to bound its true score.

    Plain percentiles of the re-chosen scores would be too high twice, once by the sample and once
    by the resamples. The excess e of a re-chosen attempt over its own score on the sample measures
    the optimism instead, and the interval is score + percentiles of e - 2 * optimism: its middle
    is corrected like a bias-corrected estimate.

    Parameters
    ----------
    scores : sequence of float, shape (n_attempts,)
        Finite scores of one team's attempts, oldest first.
    replicates : (n_attempts, n_resamples) float64
        On the same resamples; NaN marks undefined ones.
    limits : (float, float)
        Lowest and highest value of the metric; kappa begins at -1.

    Returns
    -------
    BestAttempt or Undefined
        Undefined where more than 5 % of the resamples lack a score.

    Raises
    ------
    ValueError
        When there is no attempt, a score is not finite or shapes differ.
    """
    own = np.asarray(scores, dtype=np.float64)
    if own.size == 0 or not np.isfinite(own).all() or replicates.shape[:1] != own.shape:
        raise ValueError(f"{own.size} finite scores needed for {replicates.shape} replicates")
    attempt = int(np.argmax(own))
    defined = shared_replicates(replicates)
    if isinstance(defined, Undefined):
        return defined
    rechosen = np.max(defined, axis=0)
    excess = rechosen - own[np.argmax(defined, axis=0)]
    optimism = float(excess.mean() - (defined[attempt] - own[attempt]).mean())
    plain = percentile_interval(excess, level)
    if isinstance(plain, Undefined):  # pragma: no cover - shared replicates are all defined
        return plain
    interval = _interval(float(own[attempt]), plain, optimism, limits, own.size)
    return BestAttempt(attempt, float(own[attempt]), own.size, rechosen, optimism, interval)


def _interval(
    score: float, excess: Interval, optimism: float, limits: tuple[float, float], n_attempts: int
) -> Interval:
    """Shift the excess onto the score, within the metric's limits."""
    shift = score - 2 * optimism
    low, high = (min(max(shift + end, limits[0]), limits[1]) for end in (excess.low, excess.high))
    method = excess.method if n_attempts == 1 else IntervalMethod.RESELECTED
    return Interval(low, high, method, excess.fallback, excess.n_undefined)
