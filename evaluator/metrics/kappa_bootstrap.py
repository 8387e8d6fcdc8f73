"""Computes quadratic-weighted kappa and accuracy of resampled patients, in closed form."""

import numpy as np
from numpy.typing import NDArray

from evaluator.metrics.intervals import INTERVAL_LEVEL, Interval, Reason, Undefined, bca_interval
from evaluator.metrics.resampling import Weights, check_weights, every_unit_once, leave_one_out

Codes = NDArray[np.int64]
Floats = NDArray[np.float64]


def kappa_replicates(reference: Codes, submitted: Codes, weights: Weights) -> Floats:
    """Compute quadratic-weighted kappa of every resample.

    With quadratic weights kappa depends on sums of the codes alone (it is the concordance
    coefficient of Lin 1989): all of them are whole numbers, so only one quotient is rounded.

    Parameters
    ----------
    reference, submitted : (n_units,) int64
        Index of each class in the fixed list of ordered classes, absent classes counted.
    weights : (n_resamples, n_units) uint8
        How often each unit is drawn.

    Returns
    -------
    (n_resamples,) float64
        NaN where both sides hold one and the same class, which leaves kappa undefined.

    Raises
    ------
    ValueError
        When shapes differ, there is no unit or a code is negative.

    References
    ----------
    Lin (1989), Biometrics 45(1), doi:10.2307/2532051.
    """
    _check_codes(reference, submitted, weights)
    features = np.stack(
        [
            np.ones_like(reference),
            reference,
            submitted,
            reference**2 + submitted**2,
            (reference - submitted) ** 2,
        ]
    )
    n, true, given, squares, disagreement = _whole_sums(features, weights)
    chance = n * squares - 2 * true * given
    ratio = np.divide(n * disagreement, chance, out=np.full(chance.shape, np.nan), where=chance > 0)
    return np.asarray(1.0 - ratio)


def kappa_interval(
    reference: Codes, submitted: Codes, replicates: Floats, level: float = INTERVAL_LEVEL
) -> Interval | Undefined:
    """Bound kappa by BCa over patients; where BCa fails by percentiles, which the interval names.

    Parameters
    ----------
    replicates : (n_resamples,) float64
        From `kappa_replicates`.
    """
    n_units = reference.size
    estimate = float(kappa_replicates(reference, submitted, every_unit_once(n_units))[0])
    if np.isnan(estimate):
        return Undefined(Reason.SINGLE_CLASS)
    jackknife = kappa_replicates(reference, submitted, leave_one_out(n_units))
    return bca_interval(estimate, replicates, jackknife, level)


def accuracy_replicates(reference: Codes, submitted: Codes, weights: Weights) -> Floats:
    """Compute the share of agreeing units of every resample, NaN where nothing was drawn.

    Raises
    ------
    ValueError
        When shapes differ, there is no unit or a code is negative.
    """
    _check_codes(reference, submitted, weights)
    features = np.stack([np.ones_like(reference), (reference == submitted).astype(np.int64)])
    n, agreeing = _whole_sums(features, weights)
    return np.asarray(np.divide(agreeing, n, out=np.full(n.shape, np.nan), where=n > 0))


def _check_codes(reference: Codes, submitted: Codes, weights: Weights) -> None:
    if reference.ndim != 1 or reference.shape != submitted.shape or reference.size == 0:
        raise ValueError(f"kappa needs pairs, got {reference.shape} and {submitted.shape}")
    if min(reference.min(), submitted.min()) < 0:
        raise ValueError("a class code is negative")
    check_weights(weights, reference.size)


def _whole_sums(features: NDArray[np.int64], weights: Weights) -> Floats:
    """Sum features over the drawn units, (n_features, n_resamples): exact, whole numbers.

    Raises
    ------
    ValueError
        When a product of two sums could pass 2**53, where float64 stops counting.
    """
    largest = int(weights.sum(axis=1, dtype=np.int64).max()) * max(1, int(features.max()))
    if 2 * largest**2 >= 1 << 53:
        raise ValueError("too many units or classes for exact sums")
    # A matrix product of whole numbers below the mantissa is exact in any order, in float32 too.
    dtype = np.float32 if largest < 1 << 24 else np.float64
    return np.asarray(features.astype(dtype) @ weights.T.astype(dtype), dtype=np.float64)
