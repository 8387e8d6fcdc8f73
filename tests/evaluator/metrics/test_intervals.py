import numpy as np
import pytest
from hypothesis import given, strategies as st

from evaluator.metrics.intervals import (
    Interval,
    IntervalMethod,
    Reason,
    Undefined,
    bca_interval,
    normal_quantile,
    percentile_interval,
    rounded_for_result,
    shared_replicates,
    two_sided_p,
)
from evaluator.metrics.resampling import leave_one_out, resample_matrix

SAMPLE = np.array([3.1, 4.7, 5.2, 2.8, 9.9, 4.4, 3.9, 6.1, 5.5, 4.1])


def means(
    weights: np.ndarray[tuple[int, int], np.dtype[np.uint8]],
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.asarray((weights @ SAMPLE) / weights.sum(axis=1))


def test_the_mean_of_ten_numbers_has_the_intervals_of_scipy_and_boot() -> None:
    weights = resample_matrix("oracle", list("abcdefghij"), ["one"] * 10, 20_000).weights
    replicates = means(weights)

    percentile = percentile_interval(replicates)
    bca = bca_interval(float(SAMPLE.mean()), replicates, means(leave_one_out(10)))

    assert isinstance(percentile, Interval)
    assert (percentile.low, percentile.high) == pytest.approx((3.94, 6.28), abs=0.03)
    assert percentile.method is IntervalMethod.PERCENTILE
    # scipy 4.11-6.70, R's boot 4.10-6.69; the upper end moves by .03 from seed to seed.
    assert isinstance(bca, Interval)
    assert (bca.low, bca.high) == pytest.approx((4.105, 6.695), abs=0.05)
    assert bca.method is IntervalMethod.BCA
    assert bca.fallback is None


def test_percentiles_interpolate_between_replicates() -> None:
    interval = percentile_interval(np.arange(41, dtype=np.float64))

    # 2.5 % of the 40 steps from 0 to 40 is one step.
    assert isinstance(interval, Interval)
    assert (interval.low, interval.high) == pytest.approx((1.0, 39.0))
    assert interval.method is IntervalMethod.PERCENTILE
    assert interval.fallback is None


def test_undefined_replicates_are_left_out_and_counted() -> None:
    replicates = np.append(np.arange(41, dtype=np.float64), [np.nan, np.nan])

    interval = percentile_interval(replicates)

    assert isinstance(interval, Interval)
    assert interval.n_undefined == 2
    assert interval.low == pytest.approx(1.0)


def test_more_than_one_undefined_replicate_in_twenty_leaves_no_interval() -> None:
    at_limit = np.append(np.arange(19, dtype=np.float64), np.nan)
    beyond = np.append(np.arange(18, dtype=np.float64), [np.nan])

    assert isinstance(percentile_interval(at_limit), Interval)
    assert percentile_interval(beyond) == Undefined(Reason.TOO_MANY_UNDEFINED_REPLICATES)
    assert percentile_interval(np.array([])) == Undefined(Reason.NO_REPLICATES)


def test_equal_replicates_are_a_point_that_says_so() -> None:
    interval = percentile_interval(np.full(100, 0.25))

    assert interval == Interval(0.25, 0.25, IntervalMethod.SINGLE_POINT, Reason.EQUAL_REPLICATES)
    assert bca_interval(0.25, np.full(100, 0.25), np.full(5, 0.25)) == interval


@pytest.mark.parametrize(
    ("estimate", "jackknife", "reason"),
    [
        (-1.0, [0.4, 0.5], Reason.INFINITE_BIAS),
        (9.0, [0.4, 0.5], Reason.INFINITE_BIAS),
        (0.5, [0.4, np.nan], Reason.UNDEFINED_JACKKNIFE),
        (0.5, [0.4, 0.4], Reason.EQUAL_JACKKNIFE),
    ],
)
def test_where_bca_fails_percentiles_stand_in_and_say_why(
    estimate: float, jackknife: list[float], reason: Reason
) -> None:
    replicates = np.linspace(0, 1, 101)

    interval = bca_interval(estimate, replicates, np.array(jackknife))

    assert isinstance(interval, Interval)
    assert interval.method is IntervalMethod.PERCENTILE
    assert interval.fallback is reason
    assert (interval.low, interval.high) == pytest.approx((0.025, 0.975))


def test_an_acceleration_that_turns_the_tails_over_falls_back() -> None:
    replicates = np.linspace(0, 1, 1001)
    # One unit carries everything, which makes the acceleration 1/6, its largest value.
    jackknife = np.append(np.ones(400), -500.0)

    interval = bca_interval(0.9995, replicates, jackknife, level=0.999)

    assert isinstance(interval, Interval)
    assert interval.fallback is Reason.ACCELERATION_TOO_LARGE


def test_bca_without_bias_and_skewness_is_the_percentile_interval() -> None:
    replicates = np.linspace(-1, 1, 2001)

    interval = bca_interval(0.0, replicates, np.array([-0.1, 0.1]))

    assert isinstance(interval, Interval)
    assert (interval.low, interval.high) == pytest.approx((-0.95, 0.95))
    assert interval.method is IntervalMethod.BCA
    assert interval.fallback is None


@given(
    st.lists(st.floats(0, 1), min_size=2, max_size=50),
    st.floats(0.5, 0.99),
)
def test_an_interval_lies_within_its_replicates_and_widens_with_its_level(
    values: list[float], level: float
) -> None:
    replicates = np.array(values)

    narrow = percentile_interval(replicates, level)
    wide = percentile_interval(replicates, (1 + level) / 2)

    assert isinstance(narrow, Interval)
    assert isinstance(wide, Interval)
    assert replicates.min() <= wide.low <= narrow.low <= narrow.high <= wide.high
    assert wide.high <= replicates.max()


def test_only_resamples_with_every_score_are_shared() -> None:
    replicates = np.array([[0.1] * 20, [0.2] * 19 + [np.nan]])

    shared = shared_replicates(replicates)

    assert not isinstance(shared, Undefined)
    assert shared.shape == (2, 19)
    assert shared.flags.c_contiguous


def test_normal_quantiles_and_tails_are_the_tabulated_ones() -> None:
    assert normal_quantile(0.975) == pytest.approx(1.959963984540054, rel=1e-14)
    assert normal_quantile(0.0) == -np.inf
    assert normal_quantile(1.0) == np.inf
    assert two_sided_p(-1.959963984540054) == pytest.approx(0.05, rel=1e-13)


def test_ends_are_rounded_to_six_decimals_and_never_to_minus_zero() -> None:
    assert rounded_for_result(0.12345649) == 0.123456
    assert str(rounded_for_result(-1e-9)) == "0.0"
