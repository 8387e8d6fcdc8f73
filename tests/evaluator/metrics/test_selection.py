import numpy as np
import pytest

from evaluator.metrics.intervals import (
    Interval,
    IntervalMethod,
    Reason,
    Undefined,
    percentile_interval,
)
from evaluator.metrics.selection import BestAttempt, best_attempt


def chosen(
    scores: list[float], replicates: np.ndarray[tuple[int, ...], np.dtype[np.float64]]
) -> BestAttempt:
    best = best_attempt(scores, replicates)
    assert isinstance(best, BestAttempt)
    return best


def test_a_single_attempt_keeps_its_percentile_interval() -> None:
    replicates = np.random.default_rng(1).normal(0.6, 0.05, (1, 1000))

    best = chosen([0.6], replicates)

    plain = percentile_interval(replicates[0])
    assert isinstance(plain, Interval)
    assert best.optimism == 0.0
    assert best.interval.method is IntervalMethod.PERCENTILE
    assert (best.interval.low, best.interval.high) == pytest.approx((plain.low, plain.high))


def test_the_best_is_chosen_anew_in_each_resample() -> None:
    best = chosen([0.7, 0.6], np.array([[0.7, 0.5], [0.6, 0.8]]))

    assert (best.attempt, best.score, best.n_attempts) == (0, 0.7, 2)
    assert best.replicates.tolist() == [0.7, 0.8]
    # Excess of the re-chosen: 0 and .2, of the chosen attempt: 0 and -.2.
    assert best.optimism == pytest.approx(0.1 - (-0.1))


def test_equal_scores_choose_the_earlier_attempt() -> None:
    assert chosen([0.5, 0.5], np.array([[0.4, 0.6], [0.6, 0.4]])).attempt == 0


def test_choosing_among_equal_attempts_costs_twice_its_optimism() -> None:
    noise = np.random.default_rng(2).normal(0, 0.03, (10, 20_000))

    best = chosen([0.7] * 10, 0.7 + noise)

    # The largest of ten independent normal errors is 1.54 standard errors up.
    assert best.optimism == pytest.approx(1.54 * 0.03, abs=0.001)
    assert best.interval.method is IntervalMethod.RESELECTED
    assert (best.interval.low + best.interval.high) / 2 == pytest.approx(0.7 - 1.5 * 0.03, abs=0.01)


def test_attempts_far_apart_cost_nothing() -> None:
    noise = np.random.default_rng(3).normal(0, 0.01, (2, 1000))

    assert chosen([0.9, 0.2], np.array([[0.9], [0.2]]) + noise).optimism == 0.0


def test_the_interval_stays_within_the_metric() -> None:
    noise = np.random.default_rng(4).normal(0, 0.2, (2, 1000))

    interval = chosen([0.95, 0.9], 0.95 + noise).interval

    assert interval.high <= 1.0
    assert interval.low >= 0.0


def test_equal_replicates_are_a_point_that_says_so() -> None:
    interval = chosen([0.5], np.full((1, 100), 0.5)).interval

    assert interval == Interval(0.5, 0.5, IntervalMethod.SINGLE_POINT, Reason.EQUAL_REPLICATES)


def test_undefined_resamples_leave_no_choice() -> None:
    replicates = np.array([[0.5, np.nan], [0.4, 0.4]])

    assert best_attempt([0.5, 0.4], replicates) == Undefined(Reason.TOO_MANY_UNDEFINED_REPLICATES)


def test_attempts_without_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="finite scores needed"):
        best_attempt([], np.zeros((0, 5)))
    with pytest.raises(ValueError, match="finite scores needed"):
        best_attempt([np.nan], np.zeros((1, 5)))
    with pytest.raises(ValueError, match="finite scores needed"):
        best_attempt([0.5], np.zeros((2, 5)))
