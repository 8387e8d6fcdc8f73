import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from evaluator.metrics.froc import froc_curve, mean_sensitivity
from evaluator.metrics.froc_bootstrap import (
    froc_interval,
    froc_replicates,
    sensitivity_replicates,
    slide_influence,
    stepped_sensitivity_replicates,
)
from evaluator.metrics.intervals import Interval, IntervalMethod, Reason, Undefined
from evaluator.metrics.matched_record import MatchedRecord, pooled_outcomes
from evaluator.metrics.resampling import every_unit_once, resample_matrix
from tests.evaluator.metrics.records import MISSED, draws, random_record, record, records
from tests.evaluator.metrics.slow_replicates import (
    slow_froc,
    slow_sensitivity,
    slow_stepped,
    slow_weighted_froc,
)

# Two tumour slides (one lesion missed), two normal ones; see the same curve in test_froc.
BY_HAND = record(
    [(0, 0.95), (0, MISSED), (1, 0.40)], [(0, 0.70), (1, 0.80), (2, 0.85), (2, 0.40)], 4
)


def score(matched: MatchedRecord) -> float:
    return float(froc_replicates(matched, every_unit_once(matched.n_slides))[0])


def steps(matched: MatchedRecord) -> list[float]:
    weights = every_unit_once(matched.n_slides)
    return [float(value) for value in stepped_sensitivity_replicates(matched, weights)[:, 0]]


def test_the_sample_itself_scores_as_published_and_counted_by_hand() -> None:
    # MONAI's test of its FROC; at 1/4 it reads 0.75.
    monai = record([(0, 1.0), (0, 1.0), (1, 0.8), (1, 0.8)], [(0, 0.8), (1, 0.6)], 2)

    slanted = record([(0, 0.9), (0, 0.5), (1, MISSED)], [(0, 0.5), (1, 0.5), (1, 0.5)], 2)

    assert score(slanted) == pytest.approx(0.5648148, abs=1e-7)
    assert np.mean(steps(slanted)) == pytest.approx(0.5, abs=1e-12)
    assert score(BY_HAND) == pytest.approx(0.5555555556, abs=1e-10)
    assert np.mean(steps(BY_HAND)) == pytest.approx(0.5555555556, abs=1e-10)
    assert score(monai) == pytest.approx(0.9583333, abs=1e-7)
    assert np.mean(steps(monai)) == pytest.approx(0.9166667, abs=1e-7)


def test_one_reader_of_rjafrocs_data_set_04_scores_as_evaluated() -> None:
    # Cumulative counts at ratings 5..1: false positives 0, 4, 24, 53, 74;
    # lesions 50, 80, 91, 96, 97 of 142.
    false_positives = [4.0] * 4 + [3.0] * 20 + [2.0] * 29 + [1.0] * 21
    hits = [5.0] * 50 + [4.0] * 30 + [3.0] * 11 + [2.0] * 5 + [1.0] + [MISSED] * 45
    reader = record(
        [(index % 100, value) for index, value in enumerate(hits)],
        [(index % 200, value) for index, value in enumerate(false_positives)],
        200,
    )

    assert score(reader) == pytest.approx(0.6813177918, abs=1e-10)
    assert np.mean(steps(reader)) == pytest.approx(0.6760563380, abs=1e-10)


def test_one_confidence_for_everything_earns_next_to_nothing() -> None:
    fps = [(slide, 0.3) for slide in range(129) for _ in range(100)]

    assert score(record([(slide, 0.3) for slide in range(10)], fps, 129)) == pytest.approx(0.02625)


def test_perfect_detection_scores_one_and_none_scores_zero() -> None:
    assert score(record([(0, 0.9), (1, 0.9)], [], 3)) == 1.0
    assert score(record([(0, MISSED), (1, MISSED)], [], 3)) == 0.0


@settings(deadline=None)  # the slow way takes its time on a busy machine
@given(st.data())
def test_replicates_are_bit_for_bit_the_scores_of_the_drawn_slides(data: st.DataObject) -> None:
    matched = data.draw(records())
    weights = data.draw(draws(matched.n_slides))

    replicates = froc_replicates(matched, weights)

    slow = [slow_froc(matched, row) for row in weights]
    np.testing.assert_array_equal(replicates, slow)


@settings(deadline=None)  # the slow way takes its time on a busy machine
@given(st.data())
def test_any_rate_is_read_bit_for_bit(data: st.DataObject) -> None:
    matched = data.draw(records())
    weights = data.draw(draws(matched.n_slides))
    rates = data.draw(st.lists(st.floats(0, 12), min_size=1, max_size=4))

    replicates = sensitivity_replicates(matched, weights, rates)

    slow = [[slow_sensitivity(matched, row, rate) for row in weights] for rate in rates]
    np.testing.assert_array_equal(replicates, slow)


@settings(deadline=None)  # the slow way takes its time on a busy machine
@given(st.data())
def test_the_sample_scores_bit_for_bit_as_its_curve(data: st.DataObject) -> None:
    matched = data.draw(records())

    assert score(matched) == mean_sensitivity(froc_curve(pooled_outcomes(matched)))


@pytest.mark.parametrize("n_fps", [0, 60, 600, 2000])
def test_replicates_of_a_large_record_are_bit_for_bit_the_slow_ones(n_fps: int) -> None:
    matched = random_record(n_fps, n_fps)
    strata = ["tumour"] * 20 + ["normal"] * 20
    names = [f"slide_{number:02}" for number in range(40)]
    weights = resample_matrix("lesions", names, strata, 3).weights

    replicates = froc_replicates(matched, weights)

    np.testing.assert_array_equal(replicates, [slow_froc(matched, row) for row in weights])


@settings(deadline=None)  # the slow way takes its time on a busy machine
@given(st.data())
def test_stepped_replicates_of_a_class_find_their_threshold_anew(data: st.DataObject) -> None:
    matched = data.draw(records())
    weights = data.draw(draws(matched.n_slides))
    n = matched.lesion_score.size
    is_in_class = np.array(data.draw(st.lists(st.booleans(), min_size=n, max_size=n)))

    replicates = stepped_sensitivity_replicates(
        matched, weights, (0.25, 2.0), is_in_class.astype(np.float64)
    )

    slow = [
        [slow_stepped(matched, row, rate, is_in_class) for row in weights] for rate in (0.25, 2)
    ]
    np.testing.assert_allclose(replicates, slow, rtol=0, atol=1e-12)


@settings(deadline=None)  # the slow way takes its time on a busy machine
@given(st.data())
def test_weighted_lesions_agree_with_a_weighted_curve(data: st.DataObject) -> None:
    matched = data.draw(records())
    n = matched.lesion_score.size
    lesion_weight = np.array(data.draw(st.lists(st.floats(0.1, 2), min_size=n, max_size=n)))
    draw = np.full((1, matched.n_slides), 2, np.uint8)

    replicates = froc_replicates(matched, draw, lesion_weight)

    slow = slow_weighted_froc(matched, draw[0], lesion_weight)
    assert replicates[0] == pytest.approx(slow, abs=1e-12)


def test_a_resample_without_a_lesion_is_undefined() -> None:
    replicates = froc_replicates(BY_HAND, np.array([[0, 0, 2, 2], [0, 0, 0, 0]], np.uint8))

    assert np.isnan(replicates).all()


def test_the_interval_is_the_percentiles() -> None:
    replicates = np.linspace(0.2, 0.8, 2001)

    interval = froc_interval(BY_HAND, replicates)

    assert isinstance(interval, Interval)
    assert interval.method is IntervalMethod.PERCENTILE
    assert (interval.low, interval.high) == pytest.approx((0.215, 0.785))


def test_a_perfect_score_does_not_get_an_interval_without_width() -> None:
    perfect = record([(slide, 0.9) for slide in range(10)] + [(0, 0.8)], [], 20)

    interval = froc_interval(perfect, np.ones(100))

    # Wilson's 10 of 10: there are ten slides with lesions.
    assert isinstance(interval, Interval)
    assert (interval.low, interval.high) == pytest.approx((0.7224672, 1.0), abs=1e-7)
    assert interval.method is IntervalMethod.WILSON_SLIDES
    assert interval.fallback is Reason.SCORE_AT_BOUNDARY


def test_influence_is_the_score_lost_without_a_slide() -> None:
    influence = slide_influence(BY_HAND)

    # Without slide 1 (its lesion found last, one false positive): hits 1 of 2 from the start.
    assert influence[1] == pytest.approx(5 / 9 - 1 / 2)
    # Without slide 0 the other lesion comes with the last false positive, at one a slide.
    assert influence[0] == pytest.approx(
        5 / 9 - slow_froc(BY_HAND, np.array([0, 1, 1, 1], np.uint8))
    )


def test_a_slide_with_all_lesions_has_no_influence_that_could_be_named() -> None:
    assert np.isnan(slide_influence(record([(0, 0.5)], [(1, 0.2)], 2)))[0]


def test_weights_of_another_set_are_refused() -> None:
    with pytest.raises(ValueError, match="weights must be uint8"):
        froc_replicates(BY_HAND, every_unit_once(5))


def test_without_a_lesion_there_is_no_interval() -> None:
    nothing = record([], [(0, 0.5)], 2)

    assert froc_interval(nothing, np.full(9, np.nan)) == Undefined(Reason.NO_LESION)
