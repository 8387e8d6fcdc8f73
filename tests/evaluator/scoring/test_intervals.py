import numpy as np

from evaluator.metrics.intervals import Interval, IntervalMethod, Reason, Undefined
from evaluator.scoring.intervals import (
    CentreScore,
    centre_sections,
    interval_of,
    interval_section,
    known_centres,
)

PLAIN = Interval(0.12345678, 0.5, IntervalMethod.PERCENTILE)


def score(centre: str, value: float | None, *replicates: float) -> CentreScore:
    return CentreScore(centre, 10, value, PLAIN, np.array(replicates))


def test_ends_are_rounded_and_method_and_fallback_named() -> None:
    bounded = Interval(
        0.9, 1.0, IntervalMethod.WILSON_SLIDES, Reason.SCORE_AT_BOUNDARY, n_undefined=3
    )

    assert interval_section(PLAIN) == {
        "low": 0.123457,
        "high": 0.5,
        "level": 0.95,
        "method": "percentile",
        "fallback": None,
        "n_undefined": 0,
    }
    assert interval_section(bounded) == {
        "low": 0.9,
        "high": 1.0,
        "level": 0.95,
        "method": "wilson_slides",
        "fallback": "score_at_boundary",
        "n_undefined": 3,
    }


def test_no_interval_says_why() -> None:
    found = interval_section(Undefined(Reason.TOO_MANY_UNDEFINED_REPLICATES))

    assert found == {"value": None, "reason": "too_many_undefined_replicates"}


def test_the_worst_centre_stands_beside_all_centres() -> None:
    found = centre_sections([score("A", 0.9, 0.9, 0.9), score("B", 0.6, 0.6, 0.7)])

    assert found["by_centre"] == {
        "A": {"n": 10, "value": 0.9, "interval": interval_section(PLAIN)},
        "B": {"n": 10, "value": 0.6, "interval": interval_section(PLAIN)},
    }
    worst = found["worst_centre"]
    assert isinstance(worst, dict)
    assert (worst["centre"], worst["value"], worst["best_centre"]) == ("B", 0.6, "A")
    assert worst["difference"] == 0.9 - 0.6


def test_one_centre_with_a_score_has_no_distance() -> None:
    found = centre_sections([score("A", 0.9, 0.9), score("B", None, np.nan)])

    assert found["worst_centre"] == {"value": None, "reason": "fewer_than_two_centres"}


def test_centres_are_known_only_where_every_units_is() -> None:
    assert known_centres(["B", "A", "B"]) == ["A", "B"]
    assert known_centres(["B", None]) == []


def test_the_ranking_scores_interval_is_found_in_any_kind() -> None:
    section = interval_section(PLAIN)

    assert interval_of({"score": 0.3, "kappa": {"value": 0.3, "interval": section}}) == section
    assert interval_of({"score": 0.3, "auc": {"value": 0.3}}) is None
    assert interval_of({"froc": {"interval": {"value": None, "reason": "x"}}}) is None
