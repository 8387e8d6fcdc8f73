import numpy as np
import pytest

from evaluator.metrics.intervals import Interval, IntervalMethod, Reason, Undefined
from evaluator.metrics.proportions import (
    bounded_percentile_interval,
    rao_scott_interval,
    wilson_interval,
)


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        (7, 10, 0.3967781, 0.8922087),
        (0, 10, 0.0, 0.2775328),
        (10, 10, 0.7224672, 1.0),
        (89, 129, 0.6055856, 0.7632751),
    ],
)
def test_wilson_gives_the_published_ends(successes: int, n: int, low: float, high: float) -> None:
    interval = wilson_interval(successes, n)

    assert isinstance(interval, Interval)
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=5e-8)


def test_a_proportion_of_nothing_is_undefined() -> None:
    assert wilson_interval(0, 0) == Undefined(Reason.NO_UNITS)


def test_more_successes_than_trials_are_refused() -> None:
    with pytest.raises(ValueError, match="11 successes of 10"):
        wilson_interval(11, 10)


def test_two_slides_that_disagree_count_as_one_lesion() -> None:
    # p = 1/2, residuals 1 and -1, variance 2 * 2 / 16 = 1/4 against 1/16: effect 4, size 1.
    interval = rao_scott_interval(np.array([2, 0, 0]), np.array([2, 2, 0]))

    assert isinstance(interval, Interval)
    assert (interval.low, interval.high) == pytest.approx((0.0546208, 0.9453792), abs=5e-8)
    assert interval.method is IntervalMethod.RAO_SCOTT_WILSON


def test_slides_that_agree_better_than_chance_never_gain_lesions() -> None:
    found, lesions = np.array([1, 1, 1, 1]), np.array([2, 2, 2, 2])

    wilson, interval = wilson_interval(4, 8), rao_scott_interval(found, lesions)

    assert isinstance(wilson, Interval)
    assert isinstance(interval, Interval)
    assert (interval.low, interval.high) == (wilson.low, wilson.high)


@pytest.mark.parametrize("n_found_of_two", [0, 2])
def test_where_all_or_none_are_found_each_slide_counts_once(n_found_of_two: int) -> None:
    lesions = np.full(10, 2)

    interval = rao_scott_interval(np.full(10, n_found_of_two), lesions)

    assert isinstance(interval, Interval)
    expected = (0.0, 0.2775328) if n_found_of_two == 0 else (0.7224672, 1.0)
    assert (interval.low, interval.high) == pytest.approx(expected, abs=5e-8)


def test_a_single_slide_counts_once() -> None:
    interval, one = rao_scott_interval(np.array([2]), np.array([4])), wilson_interval(0.5, 1)

    assert isinstance(interval, Interval)
    assert isinstance(one, Interval)
    assert (interval.low, interval.high) == (one.low, one.high)


def test_a_class_without_lesions_has_no_interval() -> None:
    assert rao_scott_interval(np.array([0]), np.array([0])) == Undefined(Reason.NO_LESION)


def test_a_perfect_score_is_bounded_by_the_number_of_slides() -> None:
    interval = bounded_percentile_interval(1.0, np.ones(1000), 10)

    assert isinstance(interval, Interval)
    assert (interval.low, interval.high) == pytest.approx((0.7224672, 1.0), abs=1e-7)
    assert interval.method is IntervalMethod.WILSON_SLIDES
    assert interval.fallback is Reason.SCORE_AT_BOUNDARY


def test_a_score_of_zero_is_bounded_by_the_number_of_slides() -> None:
    interval = bounded_percentile_interval(0.0, np.zeros(1000), 10)

    assert isinstance(interval, Interval)
    assert (interval.low, interval.high) == pytest.approx((0.0, 0.2775328), abs=5e-8)


def test_at_the_boundary_wider_percentiles_are_kept() -> None:
    interval = bounded_percentile_interval(1.0, np.linspace(0.2, 1.0, 1001), 10)

    assert isinstance(interval, Interval)
    assert (interval.low, interval.high) == pytest.approx((0.22, 1.0))


def test_between_the_boundaries_percentiles_stand() -> None:
    interval = bounded_percentile_interval(0.5, np.linspace(0, 1, 1001), 10)

    assert isinstance(interval, Interval)
    assert (interval.low, interval.high) == pytest.approx((0.025, 0.975))
    assert interval.method is IntervalMethod.PERCENTILE
    assert interval.fallback is None


def test_undefined_replicates_stay_undefined_at_the_boundary() -> None:
    interval = bounded_percentile_interval(1.0, np.array([1.0, np.nan]), 10)

    assert interval == Undefined(Reason.TOO_MANY_UNDEFINED_REPLICATES)


def test_a_sensitivity_needs_a_slide_with_a_lesion() -> None:
    with pytest.raises(ValueError, match="no slide with a lesion"):
        bounded_percentile_interval(1.0, np.ones(5), 0)


def test_more_lesions_found_than_there_are_are_refused() -> None:
    with pytest.raises(ValueError, match="more lesions found"):
        rao_scott_interval(np.array([3, 0]), np.array([2, 2]))
