import numpy as np
import pytest

from evaluator.metrics.froc import froc_curve, mean_sensitivity
from evaluator.metrics.matched_record import (
    MatchedRecord,
    effective_slides,
    lesions_per_slide,
    pooled_outcomes,
    restrict_to_slides,
)
from tests.evaluator.metrics.records import MISSED, record

RECORD = record([(0, 0.9), (0, MISSED), (2, 0.4)], [(0, 0.7), (2, 0.8), (3, 0.4)], 4)


def test_restricting_keeps_the_chosen_slides_and_numbers_them_anew() -> None:
    kept = restrict_to_slides(RECORD, np.array([False, True, True, True]))

    assert kept.lesion_score.tolist() == [0.4]
    assert kept.lesion_slide.tolist() == [1]
    assert kept.fp_confidence.tolist() == [0.8, 0.4]
    assert kept.fp_slide.tolist() == [1, 2]
    assert kept.n_slides == 3


def test_restricting_needs_a_mask_of_the_slides() -> None:
    with pytest.raises(ValueError, match="for 4 slides"):
        restrict_to_slides(RECORD, np.array([True]))


def test_a_record_without_its_slides_gives_the_curve() -> None:
    curve = froc_curve(pooled_outcomes(RECORD))

    assert curve.fps_per_slide.tolist() == [0, 0, 0.25, 0.5, 0.75]
    assert mean_sensitivity(curve) == pytest.approx((1 / 3 + 1 / 3 + 4 * 2 / 3) / 6)


def test_lesions_are_counted_by_slide() -> None:
    assert lesions_per_slide(RECORD).tolist() == [2, 0, 1, 0]


@pytest.mark.parametrize(
    ("lesions", "false_positives", "message"),
    [
        ([(4, 0.5)], [], "lesion: a slide index is outside"),
        ([(-1, 0.5)], [], "lesion: a slide index is outside"),
        ([(0, 0.5)], [(9, 0.1)], "false positive: a slide index is outside"),
        ([(0, np.nan)], [], "neither finite nor -inf"),
        ([(0, np.inf)], [], "neither finite nor -inf"),
        ([(0, 0.5)], [(0, np.nan)], "confidence is not finite"),
    ],
)
def test_what_is_no_record_is_refused(
    lesions: list[tuple[int, float]], false_positives: list[tuple[int, float]], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        record(lesions, false_positives, 4)


def test_values_and_slides_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="values of shape"):
        MatchedRecord(np.zeros(2), np.zeros(3, np.int64), np.zeros(0), np.zeros(0, np.int64), 1)


def test_slides_of_many_lesions_carry_most_of_the_score() -> None:
    # 9 + 1 lesions: 100 / 82.
    uneven = record([(0, 0.5)] * 9 + [(2, 0.5)], [], 3)

    assert effective_slides(uneven) == pytest.approx(100 / 82)
    assert effective_slides(record([(0, 0.5), (1, 0.5), (2, MISSED)], [], 9)) == 3.0
    with pytest.raises(ValueError, match="no lesion"):
        effective_slides(record([], [], 3))
