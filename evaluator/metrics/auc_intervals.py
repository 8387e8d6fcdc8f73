"""Bounds the area under the ROC curve: DeLong on the logit scale, Newcombe's method 5."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluator.metrics.intervals import (
    EQUALITY_TOLERANCE,
    INTERVAL_LEVEL,
    Interval,
    IntervalMethod,
    Reason,
    Undefined,
    normal_quantile,
)
from evaluator.metrics.midranks import midranks

Floats = NDArray[np.float64]

FEWEST_OF_A_CLASS = 2
"""A variance needs two of each class."""
_HALVINGS = 100


@dataclass(frozen=True, slots=True, eq=False)
class DeLong:
    """Areas of several submissions on the same slides, and their covariance.

    Attributes
    ----------
    auc : (k,) float64
    covariance : (k, k) float64
    """

    auc: Floats
    covariance: Floats


def delong(is_positive: NDArray[np.bool_], confidence: Floats) -> DeLong | Undefined:
    """Estimate areas and their covariance from the mid-ranks of all confidences.

    Parameters
    ----------
    is_positive : (n,) bool
    confidence : (k, n) float64
        One row a submission.

    Returns
    -------
    DeLong or Undefined
        Undefined where a class is missing, or has a single slide and so no variance.

    Raises
    ------
    ValueError
        When shapes differ.

    References
    ----------
    DeLong et al. (1988), Biometrics 44(3), doi:10.2307/2531595.
    Sun & Xu (2014), IEEE Signal Process. Lett. 21(11), doi:10.1109/LSP.2014.2337313.
    """
    if confidence.shape[1:] != is_positive.shape:
        raise ValueError(f"shapes differ: {is_positive.shape} and {confidence.shape}")
    n_positive = int(is_positive.sum())
    n_negative = is_positive.size - n_positive
    if min(n_positive, n_negative) < FEWEST_OF_A_CLASS:
        alone = min(n_positive, n_negative) == 1
        return Undefined(Reason.NO_VARIANCE if alone else Reason.SINGLE_CLASS)
    shares = [_win_shares(row[is_positive], row[~is_positive]) for row in confidence]
    positives = np.stack([share for share, _ in shares])
    negatives = np.stack([share for _, share in shares])
    covariance = _covariance(positives) / n_positive + _covariance(negatives) / n_negative
    return DeLong(positives.mean(axis=1), covariance)


def auc_interval(
    is_positive: NDArray[np.bool_], confidence: Floats, level: float = INTERVAL_LEVEL
) -> Interval | Undefined:
    """Bound one area by DeLong's error on the logit scale, else by Newcombe's method 5.

    The fallback is used at 0 and 1, where the logit is infinite, and without a variance; the
    interval names it.

    Parameters
    ----------
    is_positive : (n,) bool
    confidence : (n,) float64

    Raises
    ------
    ValueError
        When shapes differ.
    """
    if is_positive.shape != confidence.shape:
        raise ValueError(f"shapes differ: {is_positive.shape} and {confidence.shape}")
    if is_positive.all() or not is_positive.any():
        return Undefined(Reason.SINGLE_CLASS)
    auc = float(_win_shares(confidence[is_positive], confidence[~is_positive])[0].mean())
    estimate = delong(is_positive, confidence[np.newaxis])
    variance = 0.0 if isinstance(estimate, Undefined) else float(estimate.covariance[0, 0])
    if variance > EQUALITY_TOLERANCE**2 and 0 < auc < 1:
        return logit_interval(auc, math.sqrt(variance), level)
    n_positive = int(is_positive.sum())
    plain = newcombe_interval(auc, n_positive, is_positive.size - n_positive, level)
    reason = Reason.NO_VARIANCE if 0 < auc < 1 else Reason.SCORE_AT_BOUNDARY
    return Interval(plain.low, plain.high, plain.method, reason)


def logit_interval(auc: float, standard_error: float, level: float = INTERVAL_LEVEL) -> Interval:
    """Bound an area strictly between 0 and 1 symmetrically on the logit scale.

    Raises
    ------
    ValueError
        At 0 and 1, where the logit is infinite.
    """
    if not 0 < auc < 1:
        raise ValueError(f"no logit of {auc}")
    logit = math.log(auc / (1 - auc))
    half = normal_quantile((1 + level) / 2) * standard_error / (auc * (1 - auc))
    return Interval(_expit(logit - half), _expit(logit + half), IntervalMethod.LOGIT_DELONG)


def newcombe_interval(
    auc: float, n_positive: int, n_negative: int, level: float = INTERVAL_LEVEL
) -> Interval:
    """Bound an area by Newcombe's method 5, which holds at 0 and 1 too.

    The ends solve (A - t)^2 = z^2 v(t), with Hanley and McNeil's variance v of exponential
    scores at equal class sizes (n_positive + n_negative) / 2.

    Raises
    ------
    ValueError
        When the area is outside [0, 1] or a class is empty.

    References
    ----------
    Newcombe (2006), Statistics in Medicine 25(4), doi:10.1002/sim.2324.
    """
    if not 0 <= auc <= 1 or min(n_positive, n_negative) < 1:
        raise ValueError(f"no interval of {auc} with {n_positive} and {n_negative}")
    z2 = normal_quantile((1 + level) / 2) ** 2
    mean_size = (n_positive + n_negative) / 2

    def is_within(area: float) -> bool:
        spread = 1 + (mean_size - 1) * ((1 - area) / (2 - area) + area / (1 + area))
        variance = area * (1 - area) * spread / (n_positive * n_negative)
        return (auc - area) ** 2 <= z2 * variance

    low = 0.0 if auc == 0 else _edge(is_within, inside=auc, outside=0.0)
    high = 1.0 if auc == 1 else _edge(is_within, inside=auc, outside=1.0)
    return Interval(low, high, IntervalMethod.NEWCOMBE_5)


def _win_shares(positives: Floats, negatives: Floats) -> tuple[Floats, Floats]:
    """Return for each positive, and each negative, the share of pairs the positive wins."""
    joint = midranks(np.concatenate([positives, negatives]))
    of_positives = (joint[: positives.size] - midranks(positives)) / negatives.size
    of_negatives = 1 - (joint[positives.size :] - midranks(negatives)) / positives.size
    return of_positives, of_negatives


def _covariance(shares: Floats) -> Floats:
    deviation = shares - shares.mean(axis=1, keepdims=True)
    return np.asarray(deviation @ deviation.T / (shares.shape[1] - 1))


def _expit(logit: float) -> float:
    return 1 / (1 + math.exp(-logit)) if logit > 0 else 1 - 1 / (1 + math.exp(logit))


def _edge(is_within: Callable[[float], bool], inside: float, outside: float) -> float:
    """Bisect to the edge of the region that holds `inside` but not `outside`."""
    for _ in range(_HALVINGS):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if is_within(middle) else (inside, middle)
    return inside
