import numpy as np
import pytest
from hypothesis import given, strategies as st

from evaluator.metrics.auc_intervals import (
    DeLong,
    auc_interval,
    delong,
    logit_interval,
    newcombe_interval,
)
from evaluator.metrics.intervals import Interval, IntervalMethod, Reason, Undefined

IS_POSITIVE = np.array([False] * 7 + [True] * 6)
A = np.array([0.10, 0.20, 0.20, 0.35, 0.40, 0.55, 0.70, 0.30, 0.55, 0.60, 0.80, 0.90, 0.95])
B = np.array([0.15, 0.50, 0.25, 0.60, 0.20, 0.45, 0.65, 0.40, 0.30, 0.70, 0.55, 0.85, 0.60])


def test_areas_and_their_covariance_are_those_of_proc() -> None:
    estimate = delong(IS_POSITIVE, np.stack([A, B]))

    assert isinstance(estimate, DeLong)
    assert estimate.auc == pytest.approx([0.845238095238, 0.726190476190], abs=5e-13)
    assert np.diag(estimate.covariance) == pytest.approx(
        [0.0130763416478, 0.0225056689342], abs=5e-14
    )
    assert estimate.covariance[0, 1] == pytest.approx(0.0116638321995, abs=5e-14)


@pytest.mark.parametrize(
    ("confidence", "low", "high"), [(A, 0.4960932, 0.9680492), (B, 0.3767488, 0.9208630)]
)
def test_logit_intervals_are_those_of_proc(
    confidence: np.ndarray[tuple[int], np.dtype[np.float64]], low: float, high: float
) -> None:
    interval = auc_interval(IS_POSITIVE, confidence)

    assert isinstance(interval, Interval)
    assert interval.method is IntervalMethod.LOGIT_DELONG
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=1e-7)


@pytest.mark.parametrize(
    ("auc", "n_positive", "n_negative", "low", "high"),
    [
        (1.0, 49, 80, 0.9675518, 1.0),
        (0.845238095238, 6, 7, 0.5188502, 0.9609550),
        (0.994, 49, 80, 0.9563056, 0.9991681),
    ],
)
def test_newcombes_fifth_method_gives_its_published_ends(
    auc: float, n_positive: int, n_negative: int, low: float, high: float
) -> None:
    interval = newcombe_interval(auc, n_positive, n_negative)

    assert (interval.low, interval.high) == pytest.approx((low, high), abs=1e-7)


def test_a_perfect_area_falls_back_to_newcombe_and_says_so() -> None:
    is_positive = np.arange(129) < 49

    interval = auc_interval(is_positive, is_positive.astype(np.float64))

    assert isinstance(interval, Interval)
    assert (interval.low, interval.high) == pytest.approx((0.9675518, 1.0), abs=1e-7)
    assert interval.method is IntervalMethod.NEWCOMBE_5
    assert interval.fallback is Reason.SCORE_AT_BOUNDARY


def test_an_area_without_variance_falls_back_to_newcombe_and_says_so() -> None:
    interval = auc_interval(IS_POSITIVE, np.full(13, 0.3))
    alone = auc_interval(np.array([True, False, False]), np.array([0.5, 0.4, 0.6]))

    assert isinstance(interval, Interval)
    assert interval.fallback is Reason.NO_VARIANCE
    assert interval.low < 0.5 < interval.high
    assert isinstance(alone, Interval)
    assert alone.fallback is Reason.NO_VARIANCE


def test_an_area_of_zero_mirrors_an_area_of_one() -> None:
    zero, one = newcombe_interval(0.0, 10, 20), newcombe_interval(1.0, 10, 20)

    assert zero.low == 0.0
    assert zero.high == pytest.approx(1 - one.low)


def test_one_class_has_no_interval_and_no_covariance() -> None:
    positives = np.array([True, True])

    assert auc_interval(positives, np.array([0.1, 0.2])) == Undefined(Reason.SINGLE_CLASS)
    assert delong(positives, np.array([[0.1, 0.2]])) == Undefined(Reason.SINGLE_CLASS)
    assert delong(np.array([True, False, False]), np.array([[0.1, 0.2, 0.3]])) == Undefined(
        Reason.NO_VARIANCE
    )


def test_values_without_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="no logit"):
        logit_interval(1.0, 0.1)
    with pytest.raises(ValueError, match="no interval"):
        newcombe_interval(1.1, 5, 5)
    with pytest.raises(ValueError, match="no interval"):
        newcombe_interval(0.9, 0, 5)
    with pytest.raises(ValueError, match="shapes differ"):
        auc_interval(IS_POSITIVE, A[:3])
    with pytest.raises(ValueError, match="shapes differ"):
        delong(IS_POSITIVE, A[np.newaxis, :3])


@given(st.floats(0, 1), st.integers(1, 100), st.integers(1, 100))
def test_newcombes_interval_holds_its_area_within_zero_and_one(
    auc: float, n_positive: int, n_negative: int
) -> None:
    interval = newcombe_interval(auc, n_positive, n_negative)

    assert 0 <= interval.low <= auc <= interval.high <= 1


@given(st.floats(0.001, 0.999), st.floats(0.0001, 0.5))
def test_a_logit_interval_never_leaves_zero_and_one(auc: float, error: float) -> None:
    interval = logit_interval(auc, error)

    assert 0 <= interval.low <= auc <= interval.high <= 1
