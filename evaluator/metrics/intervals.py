"""Computes confidence intervals from replicates, names their methods, and rounds them."""

import math
from dataclasses import dataclass
from enum import StrEnum
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

INTERVAL_LEVEL = 0.95
"""Nominal coverage of every interval shown."""
RESULT_DECIMALS = 6
"""Decimals of interval ends and p-values in results; logarithms differ in the last bit between
processors. Scores are never rounded here."""
MOST_UNDEFINED_SHARE = 0.05
"""Share of undefined replicates above which there is no interval."""
EQUALITY_TOLERANCE = 1e-12
"""Replicates that differ by less are equal: the noise of adding in another order."""


class IntervalMethod(StrEnum):
    """How an interval was made."""

    PERCENTILE = "percentile"
    BCA = "bca"
    LOGIT_DELONG = "logit_delong"
    NEWCOMBE_5 = "newcombe_5"
    WILSON = "wilson"
    RAO_SCOTT_WILSON = "rao_scott_wilson"
    WILSON_SLIDES = "wilson_slides"
    RESELECTED = "reselected"
    DELONG = "delong"
    SINGLE_POINT = "single_point"


class Reason(StrEnum):
    """Why a number does not exist, or why another method than the usual one made it."""

    NO_REPLICATES = "no_replicates"
    TOO_MANY_UNDEFINED_REPLICATES = "too_many_undefined_replicates"
    EQUAL_REPLICATES = "equal_replicates"
    SCORE_AT_BOUNDARY = "score_at_boundary"
    INFINITE_BIAS = "infinite_bias"
    ACCELERATION_TOO_LARGE = "acceleration_too_large"
    EQUAL_JACKKNIFE = "equal_jackknife"
    UNDEFINED_JACKKNIFE = "undefined_jackknife"
    NO_VARIANCE = "no_variance"
    FEW_LESIONS = "few_lesions"
    NO_LESION = "no_lesion"
    NO_UNITS = "no_units"
    SINGLE_CLASS = "single_class"
    FEWER_THAN_TWO_CENTRES = "fewer_than_two_centres"
    CONSTANT_RANKING = "constant_ranking"


@dataclass(frozen=True, slots=True)
class Interval:
    """Two ends, unrounded, and the method that made them.

    Attributes
    ----------
    fallback : Reason or None
        Why the metric's usual method was not used.
    n_undefined : int
        Replicates without a value, left out.
    """

    low: float
    high: float
    method: IntervalMethod
    fallback: Reason | None = None
    n_undefined: int = 0


@dataclass(frozen=True, slots=True)
class Undefined:
    """In place of a number that does not exist: the reason why."""

    reason: Reason


def percentile_interval(replicates: Floats, level: float = INTERVAL_LEVEL) -> Interval | Undefined:
    """Take the middle `level` of the replicates, linearly interpolated.

    Parameters
    ----------
    replicates : (n_resamples,) float64
        NaN marks replicates in which the metric is undefined; they are left out and counted.

    Returns
    -------
    Interval or Undefined
        Undefined with no replicate, or more than `MOST_UNDEFINED_SHARE` of them undefined. Where
        all are equal the interval is that point, marked `SINGLE_POINT`.
    """
    defined = _defined(replicates)
    if isinstance(defined, Undefined):
        return defined
    n_undefined = replicates.size - defined.size
    if np.ptp(defined) < EQUALITY_TOLERANCE:
        return _single_point(float(defined[0]), n_undefined)
    low, high = np.quantile(defined, _tails(level)).tolist()
    return Interval(low, high, IntervalMethod.PERCENTILE, n_undefined=n_undefined)


def bca_interval(
    estimate: float, replicates: Floats, jackknife: Floats, level: float = INTERVAL_LEVEL
) -> Interval | Undefined:
    """Correct the percentile interval for bias and skewness; where that fails, name the fallback.

    Parameters
    ----------
    estimate : float
        Value on the sample, by the same arithmetic as the replicates: ties are counted.
    replicates : (n_resamples,) float64
        NaN marks undefined ones.
    jackknife : (n_units,) float64
        Value without each unit.

    References
    ----------
    Efron (1987), J. Am. Stat. Assoc. 82(397), doi:10.1080/01621459.1987.10478410.
    """
    plain = percentile_interval(replicates, level)
    if isinstance(plain, Undefined) or plain.method is IntervalMethod.SINGLE_POINT:
        return plain
    defined = replicates[~np.isnan(replicates)]
    corrected = _bca_tails(estimate, defined, jackknife, level)
    if isinstance(corrected, Reason):
        return Interval(plain.low, plain.high, plain.method, corrected, plain.n_undefined)
    low, high = np.quantile(defined, corrected).tolist()
    return Interval(low, high, IntervalMethod.BCA, n_undefined=plain.n_undefined)


def shared_replicates(replicates: Floats) -> Floats | Undefined:
    """Keep the resamples in which every submission has a value.

    Parameters
    ----------
    replicates : (n_submissions, n_resamples) float64
        NaN marks undefined ones.

    Returns
    -------
    (n_submissions, n_defined) float64, or Undefined
        Undefined with no replicate, or more than `MOST_UNDEFINED_SHARE` of them undefined.
    """
    undefined = np.isnan(replicates).any(axis=0)
    kept = _defined(np.where(undefined, np.nan, 0.0))
    if isinstance(kept, Undefined):
        return kept
    # Contiguous rows, since tests read thousands of pairs of them.
    return np.ascontiguousarray(
        replicates if kept.size == undefined.size else replicates[:, ~undefined]
    )


def normal_quantile(probability: float) -> float:
    """Return the standard normal quantile, infinite at 0 and 1."""
    if probability in {0.0, 1.0}:
        return math.inf if probability else -math.inf
    return NormalDist().inv_cdf(probability)


def two_sided_p(z: float) -> float:
    """Return the probability of a standard normal at least as far from 0 as `z`."""
    return math.erfc(abs(z) / math.sqrt(2.0))


def rounded_for_result(value: float) -> float:
    """Round an interval's end or a p-value to the decimals of results; never a score."""
    return round(value, RESULT_DECIMALS) + 0.0


def _defined(replicates: Floats) -> Floats | Undefined:
    if replicates.size == 0:
        return Undefined(Reason.NO_REPLICATES)
    defined = replicates[~np.isnan(replicates)]
    if replicates.size - defined.size > MOST_UNDEFINED_SHARE * replicates.size:
        return Undefined(Reason.TOO_MANY_UNDEFINED_REPLICATES)
    return defined


def _tails(level: float) -> tuple[float, float]:
    return (1 - level) / 2, (1 + level) / 2


def _single_point(value: float, n_undefined: int) -> Interval:
    return Interval(value, value, IntervalMethod.SINGLE_POINT, Reason.EQUAL_REPLICATES, n_undefined)


def _bca_tails(
    estimate: float, defined: Floats, jackknife: Floats, level: float
) -> tuple[float, float] | Reason:
    """Return the two corrected probabilities, or why there are none."""
    below = np.count_nonzero(defined < estimate) + np.count_nonzero(defined <= estimate)
    bias = normal_quantile(below / (2 * defined.size))
    if math.isinf(bias):
        return Reason.INFINITE_BIAS
    if np.isnan(jackknife).any():
        return Reason.UNDEFINED_JACKKNIFE
    deviation = jackknife.mean() - jackknife
    spread = float((deviation**2).sum())
    if spread < EQUALITY_TOLERANCE**2:
        return Reason.EQUAL_JACKKNIFE
    acceleration = float((deviation**3).sum()) / (6 * spread**1.5)
    low, high = (
        _bca_probability(bias, acceleration, normal_quantile(tail)) for tail in _tails(level)
    )
    return (low, high) if low < high else Reason.ACCELERATION_TOO_LARGE


def _bca_probability(bias: float, acceleration: float, z: float) -> float:
    shrink = 1 - acceleration * (bias + z)
    return NormalDist().cdf(bias + (bias + z) / shrink) if shrink > 0 else math.nan
