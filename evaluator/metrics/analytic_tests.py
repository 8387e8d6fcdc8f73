"""Tests in closed form: DeLong's of two areas, McNemar's of paired answers, Holm's family."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluator.metrics.auc_intervals import delong
from evaluator.metrics.intervals import (
    EQUALITY_TOLERANCE,
    INTERVAL_LEVEL,
    Interval,
    IntervalMethod,
    Undefined,
    normal_quantile,
    two_sided_p,
)

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DeLongTest:
    """Difference of two areas on the same slides.

    Attributes
    ----------
    difference : float
        Area of the first less area of the second.
    interval : Interval
        Of the difference, by the normal approximation.
    z, p_value : float
        Two-sided; 0 and 1 where both submissions order all slides alike.
    """

    difference: float
    interval: Interval
    z: float
    p_value: float


def delong_test(
    is_positive: NDArray[np.bool_], first: Floats, second: Floats, level: float = INTERVAL_LEVEL
) -> DeLongTest | Undefined:
    """Test whether two areas under the ROC curve differ.

    Parameters
    ----------
    is_positive : (n,) bool
    first, second : (n,) float64
        Confidences of the two submissions.

    Returns
    -------
    DeLongTest or Undefined
        Undefined where a class has fewer than two slides.

    Raises
    ------
    ValueError
        When shapes differ.

    References
    ----------
    DeLong et al. (1988), Biometrics 44(3), doi:10.2307/2531595.
    """
    estimate = delong(is_positive, np.stack([first, second]))
    if isinstance(estimate, Undefined):
        return estimate
    difference = float(estimate.auc[0] - estimate.auc[1])
    variance = float(np.array([1.0, -1.0]) @ estimate.covariance @ np.array([1.0, -1.0]))
    error = math.sqrt(variance) if variance > EQUALITY_TOLERANCE**2 else 0.0
    half = normal_quantile((1 + level) / 2) * error
    interval = Interval(difference - half, difference + half, IntervalMethod.DELONG)
    z = difference / error if error else _z_without_error(difference)
    return DeLongTest(difference, interval, z, two_sided_p(z))


def mcnemar_p(is_correct_first: NDArray[np.bool_], is_correct_second: NDArray[np.bool_]) -> float:
    """Test whether two submissions are right equally often on the same units, exactly.

    Parameters
    ----------
    is_correct_first, is_correct_second : (n_units,) bool

    Returns
    -------
    float
        Two-sided binomial p over the units on which only one is right; 1 without any.

    Raises
    ------
    ValueError
        When shapes differ.

    References
    ----------
    McNemar (1947), Psychometrika 12(2), doi:10.1007/BF02295996.
    """
    if is_correct_first.shape != is_correct_second.shape:
        raise ValueError(f"shapes differ: {is_correct_first.shape}, {is_correct_second.shape}")
    only_first = int(np.count_nonzero(is_correct_first & ~is_correct_second))
    only_second = int(np.count_nonzero(is_correct_second & ~is_correct_first))
    n = only_first + only_second
    ways = sum(math.comb(n, count) for count in range(min(only_first, only_second) + 1))
    return min(1.0, 2 * ways / (1 << n))


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Adjust p-values so that the chance of any false finding among them is kept.

    Raises
    ------
    ValueError
        When a value is outside [0, 1].

    References
    ----------
    Holm (1979), Scandinavian Journal of Statistics 6(2), 65-70.
    """
    if not all(0 <= p <= 1 for p in p_values):
        raise ValueError(f"not all are probabilities: {tuple(p_values)}")
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    rising = sorted(range(len(p_values)), key=lambda index: p_values[index])
    for step, index in enumerate(rising):
        largest = max(largest, min(1.0, (len(p_values) - step) * p_values[index]))
        adjusted[index] = largest
    return tuple(adjusted)


def _z_without_error(difference: float) -> float:
    return 0.0 if abs(difference) < EQUALITY_TOLERANCE else math.copysign(math.inf, difference)
