from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evaluator.comparison.ensembles import combine_best, ensemble_json
from evaluator.metrics.intervals import Interval, IntervalMethod, Reason, Undefined
from evaluator.results.result import JsonObject
from evaluator.results.saved_results import SavedResult, read_folder
from ground_truth.types import Kind
from tests.evaluator.saved import STAGES, saved_folder


def results(path: Path, kind: Kind) -> list[SavedResult]:
    return read_folder(saved_folder(path, kind))


def test_the_median_stage_of_the_best_three_is_scored_and_marked_exploratory(
    tmp_path: Path,
) -> None:
    found = combine_best(results(tmp_path, Kind.STAGING), 3)

    assert [one.name for one in found.members] == ["good", "fair", "poor"]
    # Good and fair agree on all but patients 53 and 54, where fair and poor are equally wrong.
    assert found.answers["patient_010"] == STAGES[0]
    assert found.answers["patient_053"] == STAGES[(53 + 2) % 5]
    assert found.score is not None
    assert found.score == found.members[1].result.score
    assert isinstance(found.interval, Interval)
    assert found.interval.low < found.score < found.interval.high
    body = ensemble_json(found)
    assert body["exploratory"] is True
    assert body["rule"] == "median stage, the lower of two middle ones"


def test_the_mean_rank_of_the_best_two_is_scored_like_a_submission(tmp_path: Path) -> None:
    found = combine_best(results(tmp_path, Kind.SLIDES), 2)

    assert [one.name for one in found.members] == ["good", "fair"]
    # The strongest of all: slides 0 to 9 tie at 0.9 in both, places 15 to 24 and 13 to 22 of 24.
    assert found.answers["slide_00"] == pytest.approx((19.5 + 18.5 - 1) / 2 / 24, abs=0.05)
    assert found.score is not None
    assert 0.8 < found.score <= found.members[0].result.score  # type: ignore[operator]
    assert isinstance(found.interval, Interval)
    assert found.interval.method is IntervalMethod.LOGIT_DELONG


def test_stages_that_are_all_alike_have_no_kappa(tmp_path: Path) -> None:
    one_stage = [replace_stages(one, "pN1") for one in results(tmp_path, Kind.STAGING)]

    found = combine_best(one_stage, 2)

    assert found.score is None
    assert found.interval == Undefined(Reason.SINGLE_CLASS)


def replace_stages(saved: SavedResult, stage: str) -> SavedResult:
    case: JsonObject = {name: {"stage": stage, "reference": stage} for name in saved.result.case}
    return replace(saved, result=replace(saved.result, case=case))


def test_what_cannot_be_combined_is_refused(tmp_path: Path) -> None:
    stages = results(tmp_path / "stages", Kind.STAGING)
    lesions = results(tmp_path / "lesions", Kind.LESIONS)
    first = stages[0]
    fewer = replace(first, result=replace(first.result, case={}))

    with pytest.raises(ValueError, match="not detections"):
        combine_best(lesions, 2)
    for n_members in (1, 4):
        with pytest.raises(ValueError, match=f"{n_members} members of 3 results"):
            combine_best(stages, n_members)
    with pytest.raises(ValueError, match="do not hold the same"):
        combine_best([fewer, *stages[1:]], 3)
    with pytest.raises(ValueError, match="of several kinds"):
        combine_best([stages[0], replace(lesions[0], name="other")], 2)


def test_the_order_of_files_does_not_matter(tmp_path: Path) -> None:
    saved = results(tmp_path, Kind.SLIDES)

    one, other = combine_best(saved, 3), combine_best(saved[::-1], 3)

    assert one.score == other.score
    np.testing.assert_array_equal(list(one.answers.values()), list(other.answers.values()))
