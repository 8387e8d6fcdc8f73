import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from evaluator.metrics.froc_bootstrap import froc_replicates
from evaluator.metrics.intervals import Interval, IntervalMethod, Reason, Undefined
from evaluator.metrics.resampling import every_unit_once, resample_matrix
from evaluator.metrics.subgroups import (
    SlideWeightedScore,
    class_thresholds,
    sensitivity_of_class,
    slide_weighted_score,
)
from tests.evaluator.metrics.records import MISSED, random_record, record, records
from tests.evaluator.metrics.slow_replicates import slow_stepped

# Lesions L1 .95 and L2 missed on slide 0, L4 .40 on slide 1; false positives on 0, 1, 2 and 2.
BY_HAND = record(
    [(0, 0.95), (0, MISSED), (1, 0.40)], [(0, 0.70), (1, 0.80), (2, 0.85), (2, 0.40)], 4
)
IS_MACRO = np.array([True, False, False])


def test_at_one_false_positive_a_slide_the_classes_are_found_as_counted_by_hand() -> None:
    weights = every_unit_once(4)

    (macro, _) = sensitivity_of_class(BY_HAND, IS_MACRO, weights, (1.0,))
    (micro, _) = sensitivity_of_class(BY_HAND, ~IS_MACRO, weights, (1.0,))

    assert (macro.threshold, macro.n_found, macro.n_lesions) == (0.40, 1, 1)
    assert (micro.threshold, micro.n_found, micro.n_lesions) == (0.40, 1, 2)


def test_all_detections_are_the_last_row() -> None:
    rows = sensitivity_of_class(BY_HAND, ~IS_MACRO, every_unit_once(4), (0.25, 0.5))

    assert [row.fp_rate for row in rows] == [0.25, 0.5, np.inf]
    assert [row.threshold for row in rows] == [0.85, 0.8, -np.inf]
    assert [row.n_found for row in rows] == [0, 0, 1]


def test_a_class_of_few_lesions_is_bounded_by_its_effective_size() -> None:
    (row, _) = sensitivity_of_class(BY_HAND, ~IS_MACRO, every_unit_once(4), (1.0,))

    # One of two found, on two slides that disagree: effect 2, so half of one lesion.
    assert isinstance(row.interval, Interval)
    assert row.interval.method is IntervalMethod.RAO_SCOTT_WILSON
    assert row.interval.fallback is Reason.FEW_LESIONS
    assert (row.interval.low, row.interval.high) == pytest.approx((0.0546208, 0.9453792), abs=1e-6)


@pytest.mark.parametrize("score", [0.9, MISSED])
def test_a_class_of_which_all_or_none_is_found_says_so_beside_its_interval(score: float) -> None:
    matched = record([(slide, score) for slide in range(6)], [], 6)

    (row, _) = sensitivity_of_class(matched, np.ones(6, np.bool_), every_unit_once(6), (1.0,))

    assert isinstance(row.interval, Interval)
    assert row.interval.method is IntervalMethod.RAO_SCOTT_WILSON
    assert row.interval.fallback is Reason.SCORE_AT_BOUNDARY


def test_a_class_with_enough_lesions_is_bounded_by_resampling_slides() -> None:
    matched = random_record(5, 400)
    names = [f"slide_{number:02}" for number in range(40)]
    weights = resample_matrix("lesions", names, ["all"] * 40, 2000).weights
    is_large = np.arange(80) % 2 == 0

    rows = sensitivity_of_class(matched, is_large, weights, (2.0,))

    for row in rows:
        assert isinstance(row.interval, Interval)
        assert row.interval.method is IntervalMethod.PERCENTILE
        assert row.interval.low < row.n_found / row.n_lesions < row.interval.high


def test_a_class_without_lesions_has_no_interval() -> None:
    (row, _) = sensitivity_of_class(BY_HAND, np.zeros(3, np.bool_), every_unit_once(4), (1.0,))

    assert (row.n_found, row.n_lesions) == (0, 0)
    assert row.interval == Undefined(Reason.NO_LESION)


def test_where_the_strongest_ties_go_over_a_rate_no_threshold_is_within_it() -> None:
    everything_ties = record([(0, 0.5)], [(0, 0.5), (1, 0.5)], 2)

    assert class_thresholds(everything_ties, (0.25, 1.0)).tolist() == [np.inf, 0.5]
    assert class_thresholds(record([(0, MISSED)], [], 1), (0.25,)).tolist() == [np.inf]


@settings(deadline=None)  # the slow way takes its time on a busy machine
@given(st.data())
def test_the_share_found_is_that_of_the_slow_way(data: st.DataObject) -> None:
    matched = data.draw(records())
    n = matched.lesion_score.size
    is_in_class = np.array(data.draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    weights = every_unit_once(matched.n_slides)

    (row, _) = sensitivity_of_class(matched, is_in_class, weights, (1.0,))

    slow = slow_stepped(matched, weights[0], 1.0, is_in_class)
    assert row.n_lesions == is_in_class.sum()
    if row.n_lesions:
        assert row.n_found / row.n_lesions == pytest.approx(slow, abs=1e-12)


def test_each_tumour_slide_counts_once_in_the_weighted_score() -> None:
    # Slide 0: 1 of 10 lesions found; slide 1: its one lesion found.
    matched = record([(0, 0.9)] + [(0, MISSED)] * 9 + [(1, 0.8)], [], 5)

    score = slide_weighted_score(matched, every_unit_once(5))

    assert isinstance(score, SlideWeightedScore)
    assert score.value == pytest.approx((0.1 + 1.0) / 2)


def test_the_weighted_score_resamples_its_slides() -> None:
    matched = record([(0, 0.9), (0, 0.9), (1, MISSED), (2, 0.9), (3, MISSED)], [], 4)
    names = list("abcd")
    weights = resample_matrix("lesions", names, ["all"] * 4, 4000).weights

    score = slide_weighted_score(matched, weights)

    assert isinstance(score, SlideWeightedScore)
    assert score.value == 0.5
    assert isinstance(score.interval, Interval)
    assert (score.interval.low, score.interval.high) == (0.0, 1.0)


def test_without_a_lesion_there_is_no_weighted_score() -> None:
    nothing = record([], [(0, 0.5)], 1)

    assert slide_weighted_score(nothing, every_unit_once(1)) == Undefined(Reason.NO_LESION)


def test_with_one_lesion_a_slide_the_weighted_score_is_the_score() -> None:
    matched = record([(0, 0.9), (1, 0.4), (2, MISSED)], [(0, 0.5), (1, 0.6), (4, 0.7)], 5)

    score = slide_weighted_score(matched, every_unit_once(5))

    assert isinstance(score, SlideWeightedScore)
    assert score.value == pytest.approx(
        float(froc_replicates(matched, every_unit_once(5))[0]), abs=1e-15
    )


def test_classes_of_other_lesions_are_refused() -> None:
    with pytest.raises(ValueError, match="classes for"):
        sensitivity_of_class(BY_HAND, np.array([True]), every_unit_once(4))
