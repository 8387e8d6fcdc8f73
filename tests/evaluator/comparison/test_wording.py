from dataclasses import replace
from pathlib import Path

import pytest

from evaluator.comparison.wording import (
    METHOD_TEXTS,
    REASON_TEXTS,
    interval_text,
    method_text,
    p_value_text,
    reason_text,
    undefined_text,
    units_text,
)
from evaluator.metrics.intervals import IntervalMethod, Reason
from evaluator.results.result import JsonObject
from evaluator.scoring.lesions import NO_LESIONS
from evaluator.scoring.staging import NO_NODES, NO_PATIENTS, SINGLE_CLASS
from ground_truth.types import Kind
from tests.evaluator.saved import scored


def test_every_method_and_every_reason_of_a_result_has_words() -> None:
    assert set(METHOD_TEXTS) == set(IntervalMethod)
    assert {*Reason, NO_LESIONS, NO_PATIENTS, NO_NODES, SINGLE_CLASS} == set(REASON_TEXTS)
    assert reason_text("no_lesions") == "no slide of the set has a lesion"
    assert reason_text("something_new") == "something_new"


def test_an_interval_says_how_it_was_made_and_why_not_as_usual() -> None:
    usual = {"low": 0.5, "high": 0.75, "level": 0.95, "method": "percentile", "fallback": None}
    fallback = {**usual, "method": "newcombe_5", "fallback": "score_at_boundary"}

    assert interval_text(usual) == "0.5000 to 0.7500"
    assert method_text(usual, 10_000) == "95 % interval: percentiles of 10,000 resamples."
    assert method_text(fallback, 10_000) == (
        "95 % interval: Newcombe's method 5 (a fallback: the score is 0 or 1)."
    )


def test_a_missing_interval_says_why() -> None:
    missing = {"value": None, "reason": "no_lesion"}

    assert interval_text(missing) == "none: there is no lesion"
    assert method_text(missing, 10_000) == ""
    assert interval_text({}) == "none"


@pytest.mark.parametrize(
    ("p_value", "words"),
    [(0.04999, "0.0500"), (0.0001, "0.0001"), (2e-14, "< 0.0001"), (1.0, "1.0000")],
)
def test_a_p_value_is_never_written_as_zero(p_value: float, words: str) -> None:
    assert p_value_text(p_value) == words


def test_a_score_says_what_it_was_measured_on_and_why_there_is_none(tmp_path: Path) -> None:
    lesions = scored(tmp_path / "lesions", Kind.LESIONS, 9)
    missing: JsonObject = {"value": None, "reason": "no_lesions", "n_slides": 2, "n_lesions": 0}
    nothing = replace(lesions, aggregates={"score": None, "froc": missing})

    assert units_text(lesions) == "24 slides with 12 lesions"
    assert units_text(scored(tmp_path / "stages", Kind.STAGING, 9)) == "60 patients"
    assert undefined_text(nothing) == "undefined, since no slide of the set has a lesion"
