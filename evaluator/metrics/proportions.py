"""Bounds proportions: of counts, and of lesions that are clustered in slides."""

import math

import numpy as np
from numpy.typing import NDArray

from evaluator.metrics.intervals import (
    EQUALITY_TOLERANCE,
    INTERVAL_LEVEL,
    Floats,
    Interval,
    IntervalMethod,
    Reason,
    Undefined,
    normal_quantile,
    percentile_interval,
)

Integers = NDArray[np.int64]

FEWEST_LESIONS = 5
"""A class of fewer lesions gets Wilson's interval instead of the bootstrap's."""


def wilson_interval(
    successes: float, n: float, level: float = INTERVAL_LEVEL
) -> Interval | Undefined:
    """Bound a proportion by Wilson's score interval; the counts may be effective, not whole.

    Raises
    ------
    ValueError
        When successes are not between 0 and n.

    References
    ----------
    Wilson (1927), J. Am. Stat. Assoc. 22(158), doi:10.1080/01621459.1927.10502953.
    """
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} successes of {n}")
    return Undefined(Reason.NO_UNITS) if n == 0 else _wilson(successes, n, level)


def rao_scott_interval(
    found: Integers, lesions: Integers, level: float = INTERVAL_LEVEL
) -> Interval | Undefined:
    """Bound a sensitivity over lesions that come in slides, by Wilson on the effective size.

    Parameters
    ----------
    found, lesions : (n_slides,) int64
        Lesions found, and lesions, of each slide; slides without a lesion do not matter.

    Raises
    ------
    ValueError
        When shapes differ or more lesions are found than there are.

    Notes
    -----
    Where the variance between slides cannot be known (a single slide, or all or none found,
    where the design effect is 0 / 0) each slide counts once.

    References
    ----------
    Rao & Scott (1992), Biometrics 48(2), doi:10.2307/2532311.
    """
    if found.shape != lesions.shape or (found > lesions).any():
        raise ValueError("more lesions found than there are")
    with_lesions = lesions > 0
    n, n_found = int(lesions.sum()), int(found.sum())
    if n == 0:
        return Undefined(Reason.NO_LESION)
    effect = _design_effect(found[with_lesions], lesions[with_lesions])
    wilson = _wilson(n_found / effect, n / effect, level)
    return Interval(wilson.low, wilson.high, IntervalMethod.RAO_SCOTT_WILSON)


def bounded_percentile_interval(
    estimate: float, replicates: Floats, n_slides: int, level: float = INTERVAL_LEVEL
) -> Interval | Undefined:
    """Take the percentile interval of a sensitivity, widened where all or no lesions are found.

    A detector that finds every lesion (or none) has replicates without spread. There the
    interval is widened to Wilson's, each of the `n_slides` slides with lesions counting once,
    since nothing is known of how lesions of one slide are correlated.

    Parameters
    ----------
    replicates : (n_resamples,) float64
        NaN where the sensitivity is undefined.

    Raises
    ------
    ValueError
        When there is no slide with a lesion, where no sensitivity exists.
    """
    if n_slides < 1:
        raise ValueError("no slide with a lesion, hence no sensitivity")
    plain = percentile_interval(replicates, level)
    if isinstance(plain, Undefined) or EQUALITY_TOLERANCE < estimate < 1.0 - EQUALITY_TOLERANCE:
        return plain
    wilson = _wilson(round(estimate) * n_slides, n_slides, level)
    return Interval(
        min(plain.low, wilson.low),
        max(plain.high, wilson.high),
        IntervalMethod.WILSON_SLIDES,
        Reason.SCORE_AT_BOUNDARY,
        plain.n_undefined,
    )


def _wilson(successes: float, n: float, level: float) -> Interval:
    z2 = normal_quantile((1 + level) / 2) ** 2
    share = successes / n
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = math.sqrt(z2 * (share * (1 - share) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == n else min(1.0, centre + half)
    return Interval(low, high, IntervalMethod.WILSON)


def _design_effect(found: Integers, lesions: Integers) -> float:
    """Return the factor by which the variance exceeds that of independent lesions, at least 1."""
    n, m = int(lesions.sum()), lesions.size
    share = int(found.sum()) / n
    if m == 1 or share in {0.0, 1.0}:
        return n / m
    residual = found - share * lesions
    variance = m / (m - 1) * float((residual**2).sum()) / n**2
    return max(1.0, variance / (share * (1 - share) / n))
