import numpy as np
import pytest

from evaluator.metrics.centres import centre_spread, fp_rate_by_centre
from evaluator.metrics.intervals import Interval, Reason, Undefined
from tests.evaluator.metrics.records import MISSED, record

# Lesions .95 and missed on slide 0, .40 on slide 1; false positives on 0, 1, 2 and 2.
BY_HAND = record(
    [(0, 0.95), (0, MISSED), (1, 0.40)], [(0, 0.70), (1, 0.80), (2, 0.85), (2, 0.40)], 4
)


def test_false_positives_are_rated_by_centre_at_one_threshold() -> None:
    centre = np.array([0, 0, 1, 1])

    assert fp_rate_by_centre(BY_HAND, centre, 0.5).tolist() == [1.0, 0.5]
    assert fp_rate_by_centre(BY_HAND, centre, -np.inf).tolist() == [1.0, 1.0]
    with pytest.raises(ValueError, match="for 4 slides"):
        fp_rate_by_centre(BY_HAND, np.array([0]), 0.5)
    with pytest.raises(ValueError, match="a centre has no slide"):
        fp_rate_by_centre(BY_HAND, np.array([0, 0, 2, 2]), 0.5)


def test_the_worst_centre_is_named_with_its_distance() -> None:
    replicates = np.stack([np.full(41, 0.9), 0.5 + np.arange(41) / 100, np.full(41, np.nan)])

    spread = centre_spread([0.9, 0.7, np.nan], replicates)

    assert not isinstance(spread, Undefined)
    assert (spread.worst, spread.best, spread.worst_score) == (1, 0, 0.7)
    assert spread.difference == pytest.approx(0.2)
    # Ranges of the two over the resamples are .40 down to 0; the middle 95 % leave one out.
    assert isinstance(spread.interval, Interval)
    assert (spread.interval.low, spread.interval.high) == pytest.approx((0.01, 0.39))


def test_a_distance_needs_two_centres_and_shared_resamples() -> None:
    assert centre_spread([0.5, np.nan], np.zeros((2, 5))) == Undefined(
        Reason.FEWER_THAN_TWO_CENTRES
    )
    spread = centre_spread([0.5, 0.4], np.array([[0.5, np.nan], [0.4, 0.4]]))
    assert not isinstance(spread, Undefined)
    assert spread.interval == Undefined(Reason.TOO_MANY_UNDEFINED_REPLICATES)
    with pytest.raises(ValueError, match="2 scores for"):
        centre_spread([0.5, 0.4], np.zeros((3, 5)))
