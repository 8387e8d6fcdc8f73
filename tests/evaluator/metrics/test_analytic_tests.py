import numpy as np
import pytest
from hypothesis import given, strategies as st

from evaluator.metrics.analytic_tests import DeLongTest, delong_test, holm, mcnemar_p
from evaluator.metrics.intervals import IntervalMethod, Reason, Undefined
from tests.evaluator.metrics.test_auc_intervals import IS_POSITIVE, A, B


def test_two_areas_are_compared_as_by_proc() -> None:
    test = delong_test(IS_POSITIVE, A, B)

    assert isinstance(test, DeLongTest)
    assert test.z == pytest.approx(1.075413889949, abs=5e-12)
    assert test.p_value == pytest.approx(0.282189465823, abs=5e-12)
    assert test.interval.method is IntervalMethod.DELONG
    assert (test.interval.low, test.interval.high) == pytest.approx(
        (-0.0979191, 0.3360144), abs=1e-7
    )


def test_identical_submissions_do_not_differ() -> None:
    test = delong_test(IS_POSITIVE, A, A)

    assert isinstance(test, DeLongTest)
    assert (test.difference, test.z, test.p_value) == (0.0, 0.0, 1.0)


def test_a_difference_without_variance_is_certain() -> None:
    perfect, reversed_ = IS_POSITIVE.astype(np.float64), 1.0 - IS_POSITIVE

    test = delong_test(IS_POSITIVE, perfect, reversed_)

    assert isinstance(test, DeLongTest)
    assert (test.difference, test.z, test.p_value) == (1.0, np.inf, 0.0)


def test_one_class_has_no_test() -> None:
    assert delong_test(np.array([True, True]), A[:2], B[:2]) == Undefined(Reason.SINGLE_CLASS)


def test_nine_against_two_discordant_units_have_the_exact_p() -> None:
    first = np.array([True] * 9 + [False] * 2 + [True] * 5)
    second = np.array([False] * 9 + [True] * 2 + [True] * 5)

    assert mcnemar_p(first, second) == 0.0654296875
    assert mcnemar_p(second, first) == 0.0654296875


def test_answers_that_never_differ_have_p_one() -> None:
    assert mcnemar_p(np.array([True, False]), np.array([True, False])) == 1.0
    assert mcnemar_p(np.array([True, False]), np.array([False, True])) == 1.0


def test_answers_about_other_units_are_refused() -> None:
    with pytest.raises(ValueError, match="shapes differ"):
        mcnemar_p(np.array([True]), np.array([True, False]))


def test_holm_adjusts_as_published() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))
    assert holm([]) == ()
    assert holm([0.9, 0.8]) == (1.0, 1.0)


def test_what_is_no_probability_is_refused() -> None:
    with pytest.raises(ValueError, match="not all are probabilities"):
        holm([0.1, 1.1])


@given(st.lists(st.floats(0, 1), max_size=10))
def test_holm_keeps_the_order_and_never_lowers(p_values: list[float]) -> None:
    adjusted = holm(p_values)

    assert all(p <= q <= 1 for p, q in zip(p_values, adjusted, strict=True))
    for p, q in zip(p_values, adjusted, strict=True):
        assert all(
            q <= other_q for other, other_q in zip(p_values, adjusted, strict=True) if p < other
        )
