from random import Random

import numpy as np
import pytest
from hypothesis import given, strategies as st

from evaluator.metrics.froc import (
    FP_RATES,
    FrocCurve,
    LesionOutcomes,
    froc_curve,
    froc_curve_2016,
    mean_in_order,
    mean_sensitivity,
    sensitivity_at,
    stepped_sensitivity_at,
)
from tests.oracles import (
    slow_curve,
    slow_curve_2016,
    slow_score,
    slow_stepped_score,
)

MISSED = -np.inf

# Few values, so that ties are the rule; 0.3 and 0.6 grow and 0.7 shrinks in single precision.
confidences = st.sampled_from([0.1, 0.25, 0.3, 0.5, 0.6, 0.7, 0.9, 1.0])
# Many values, so that a set of them stands in any order.
decimals = st.integers(1, 10**6).map(lambda millionths: millionths / 10**6)
false_positives = st.lists(confidences, max_size=60)
lesions = st.lists(st.one_of(st.none(), confidences), min_size=1, max_size=8)
slides = st.integers(min_value=1, max_value=5)


def outcomes(
    scores: list[float | None], fps: list[float], n_slides: int, n_ignored: int = 0
) -> LesionOutcomes:
    return LesionOutcomes(
        np.array([MISSED if score is None else score for score in scores], dtype=np.float64),
        np.array(fps, dtype=np.float64),
        n_slides,
        n_ignored,
    )


def test_a_published_example_of_two_slides() -> None:
    # MONAI's test of its FROC: hits 1, 1, .8, .8 of four lesions, two false positives.
    curve = froc_curve(outcomes([1.0, 1.0, 0.8, 0.8], [0.8, 0.6], 2))

    assert sensitivity_at(curve)[0] == 0.75
    assert mean_sensitivity(curve) == pytest.approx(0.9583333, abs=1e-7)


def test_a_curve_counted_by_hand() -> None:
    curve = froc_curve(outcomes([0.95, None, 0.40], [0.70, 0.80, 0.85, 0.40], 4))

    assert curve.threshold.tolist() == [np.inf, 0.95, 0.85, 0.80, 0.70, 0.40]
    assert curve.fps_per_slide.tolist() == [0, 0, 0.25, 0.5, 0.75, 1]
    assert curve.sensitivity.tolist() == [0, 1 / 3, 1 / 3, 1 / 3, 1 / 3, 2 / 3]
    assert mean_sensitivity(curve) == pytest.approx(0.5555556, abs=1e-7)
    assert mean_in_order(stepped_sensitivity_at(curve)) == pytest.approx(0.5555556, abs=1e-7)


def test_two_readers_of_rjafrocs_data_set_04_have_their_published_points() -> None:
    # 200 cases, 142 lesions, ratings 5 to 1; counts of each rating, not yet cumulated.
    first = rated([50, 30, 11, 5, 1], [0, 4, 20, 29, 21])
    third = rated([15, 29, 29, 1, 0], [0, 0, 6, 15, 22])

    assert first.fps_per_slide[1:].tolist() == [0.0, 0.02, 0.12, 0.265, 0.37]
    assert first.sensitivity[1:].tolist() == pytest.approx(
        [0.3521127, 0.5633803, 0.6408451, 0.6760563, 0.6830986], abs=5e-8
    )
    # Cumulated: false positives 0, 0, 6, 21, 43; lesions 15, 44, 73, 74, 74 of 142.
    assert third.fps_per_slide[1:].tolist() == [0.0, 0.0, 0.03, 0.105, 0.215]
    assert third.sensitivity[1:].tolist() == pytest.approx(
        [0.1056338, 0.3098592, 0.5140845, 0.5211268, 0.5211268], abs=5e-8
    )


def rated(lesions_by_rating: list[int], fps_by_rating: list[int]) -> FrocCurve:
    """Trace a reader's curve from counts at the ratings 5 to 1, of 142 lesions on 200 cases."""
    hits: list[float | None] = []
    fps: list[float] = []
    for rating, n_lesions, n_fps in zip(
        range(5, 0, -1), lesions_by_rating, fps_by_rating, strict=True
    ):
        hits += [float(rating)] * n_lesions
        fps += [float(rating)] * n_fps
    return froc_curve(outcomes(hits + [None] * (142 - len(hits)), fps, 200))


def test_a_lesion_missed_lowers_the_hand_counted_score() -> None:
    curve = froc_curve(outcomes([0.95, None, None], [0.70, 0.80, 0.85, 0.40], 4))

    assert mean_sensitivity(curve) == pytest.approx(0.3333333, abs=1e-7)


@pytest.mark.parametrize("confidence", [0.1, 0.3, 0.5, 0.6, 0.8])
def test_a_constant_confidence_earns_its_chord_whatever_its_rounding(confidence: float) -> None:
    found = outcomes([confidence] * 10, [confidence] * 12_900, 129)

    # mean of rate / 100 over the six rates: 15.75 / 6 / 100
    assert mean_sensitivity(froc_curve(found)) == pytest.approx(0.02625, abs=1e-12)


def test_the_2016_protocol_keeps_its_reward_for_a_constant_confidence() -> None:
    found = outcomes([0.3] * 10, [0.3] * 12_900, 129)

    assert mean_sensitivity(froc_curve_2016(found)) == 1.0


def test_the_2016_protocol_keeps_its_loss_of_the_loosest_threshold() -> None:
    found = outcomes([0.9, 0.8], [], 4)

    assert mean_sensitivity(froc_curve_2016(found)) == 0.5
    assert mean_sensitivity(froc_curve(found)) == 1.0


def test_equal_confidences_enter_together() -> None:
    curve = froc_curve(outcomes([0.9, 0.5, None], [0.5] * 3, 2))

    assert curve.fps_per_slide.tolist() == [0.0, 0.0, 1.5]
    assert mean_sensitivity(curve) == pytest.approx(0.5648148, abs=1e-7)


def test_a_perfect_detector_scores_one() -> None:
    assert mean_sensitivity(froc_curve(outcomes([0.9, 0.9, 0.9], [], 2))) == 1.0


def test_no_detection_scores_zero_under_every_protocol() -> None:
    nothing = outcomes([None, None], [], 2)

    assert mean_sensitivity(froc_curve(nothing)) == 0.0
    assert mean_sensitivity(froc_curve_2016(nothing)) == 0.0
    assert mean_in_order(stepped_sensitivity_at(froc_curve(nothing))) == 0.0


@pytest.mark.parametrize(("n_lesions", "n_slides"), [(0, 2), (2, 0)])
def test_without_a_lesion_or_a_slide_there_is_no_curve(n_lesions: int, n_slides: int) -> None:
    with pytest.raises(ValueError, match="needs a lesion and a slide"):
        froc_curve(outcomes([0.5] * n_lesions, [], n_slides))


@given(lesions, false_positives, slides)
def test_the_ranking_protocol_equals_a_slow_one(
    scores: list[float | None], fps: list[float], n_slides: int
) -> None:
    curve = froc_curve(outcomes(scores, fps, n_slides))
    slow = slow_curve(scores, fps, n_slides)

    found = zip(curve.fps_per_slide.tolist(), curve.sensitivity.tolist(), strict=True)
    assert list(found) == slow
    assert mean_sensitivity(curve) == pytest.approx(slow_score(slow), abs=1e-12)
    assert mean_in_order(stepped_sensitivity_at(curve)) == pytest.approx(
        slow_stepped_score(slow), abs=1e-12
    )


@given(lesions, false_positives, slides, st.integers(0, 2))
def test_the_2016_protocol_equals_a_slow_one(
    scores: list[float | None], fps: list[float], n_slides: int, n_ignored: int
) -> None:
    curve = froc_curve_2016(outcomes(scores, fps, n_slides, n_ignored))

    found = zip(curve.fps_per_slide.tolist(), curve.sensitivity.tolist(), strict=True)
    assert list(found) == slow_curve_2016(scores, n_ignored, fps, n_slides)


@given(st.lists(decimals, min_size=2, max_size=10), st.randoms(use_true_random=False), slides)
def test_the_2016_protocol_equals_a_slow_one_as_far_as_it_is_read(
    values: list[float], random: Random, n_slides: int
) -> None:
    scores: list[float | None] = random.choices(values, k=6)
    fps = random.choices(values, k=random.randint(0, 60))

    curve = froc_curve_2016(outcomes(scores, fps, n_slides))

    slow = slow_curve_2016(scores, 0, fps, n_slides)
    n_read = next((at for at, (rate, _) in enumerate(slow) if rate > 8), len(slow) - 1) + 1
    found = list(zip(curve.fps_per_slide.tolist(), curve.sensitivity.tolist(), strict=True))
    assert len(found) == len(slow)
    assert found[:n_read] == slow[:n_read]
    rates, sensitivities = zip(*slow, strict=True)
    assert list(sensitivity_at(curve)) == np.interp(FP_RATES, rates, sensitivities).tolist()


@given(lesions, false_positives, confidences, slides)
def test_more_false_positives_never_help(
    scores: list[float | None], fps: list[float], extra: float, n_slides: int
) -> None:
    fewer = mean_sensitivity(froc_curve(outcomes(scores, fps, n_slides)))
    more = mean_sensitivity(froc_curve(outcomes(scores, [*fps, extra], n_slides)))

    assert more <= fewer + 1e-12


@given(lesions, false_positives, slides, st.randoms())
def test_the_order_of_rows_does_not_matter(
    scores: list[float | None], fps: list[float], n_slides: int, random: Random
) -> None:
    before = mean_sensitivity(froc_curve(outcomes(scores, fps, n_slides)))
    random.shuffle(scores)
    random.shuffle(fps)

    assert mean_sensitivity(froc_curve(outcomes(scores, fps, n_slides))) == before


@given(lesions, false_positives, slides)
def test_a_rising_transform_of_confidences_leaves_the_score(
    scores: list[float | None], fps: list[float], n_slides: int
) -> None:
    squared = [None if score is None else score * score for score in scores]

    before = mean_sensitivity(froc_curve(outcomes(scores, fps, n_slides)))
    after = mean_sensitivity(froc_curve(outcomes(squared, [fp * fp for fp in fps], n_slides)))

    assert before == after


@given(lesions, false_positives, slides)
def test_finding_a_missed_lesion_above_all_never_hurts(
    scores: list[float | None], fps: list[float], n_slides: int
) -> None:
    before = mean_sensitivity(froc_curve(outcomes([*scores, None], fps, n_slides)))
    after = mean_sensitivity(froc_curve(outcomes([*scores, 1.0], fps, n_slides)))

    assert after >= before - 1e-12


@given(lesions, false_positives, slides)
def test_a_score_lies_between_zero_and_one(
    scores: list[float | None], fps: list[float], n_slides: int
) -> None:
    assert 0.0 <= mean_sensitivity(froc_curve(outcomes(scores, fps, n_slides))) <= 1.0
