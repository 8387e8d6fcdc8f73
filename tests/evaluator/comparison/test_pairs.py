import json
from dataclasses import replace
from pathlib import Path

import pytest

from evaluator.comparison.pairs import Comparison, compare, comparison_json
from evaluator.metrics.intervals import Interval, Reason, Undefined
from evaluator.results.replicates import Replicates
from evaluator.results.saved_results import read_folder
from ground_truth.types import Kind
from tests.evaluator.saved import save, saved_folder, scored


def compared(path: Path, kind: Kind, *, with_replicates: bool = True) -> Comparison:
    return compare(read_folder(saved_folder(path, kind, with_replicates=with_replicates)))


@pytest.mark.parametrize("kind", list(Kind))
def test_far_results_are_told_apart_and_near_ones_are_not(tmp_path: Path, kind: Kind) -> None:
    fair_good, fair_poor, good_poor = compared(tmp_path, kind).pairs

    assert (fair_good.first, fair_good.second) == ("fair", "good")
    assert fair_good.difference < 0 < good_poor.difference
    for pair in (fair_good, fair_poor, good_poor):
        assert isinstance(pair.interval, Interval)
        assert pair.interval.low <= pair.difference <= pair.interval.high
    assert fair_good.adjusted_p is not None
    assert fair_good.adjusted_p > 0.05
    assert good_poor.adjusted_p is not None
    assert good_poor.adjusted_p < 0.05


def test_stages_are_compared_by_mcnemar_and_adjusted_by_holm(tmp_path: Path) -> None:
    fair_good, fair_poor, good_poor = compared(tmp_path, Kind.STAGING).pairs

    # 53, 55 and 5 of 60 are right: discordant pairs 0:2, 48:0 and 50:0.
    assert fair_good.closed_form is not None
    assert (fair_good.closed_form.name, fair_good.closed_form.p_value) == ("mcnemar", 2 / 2**2)
    assert fair_poor.closed_form is not None
    assert fair_poor.closed_form.p_value == 2 / 2**48
    assert fair_poor.closed_form.adjusted_p == 2 * 2 / 2**48
    assert good_poor.closed_form is not None
    assert good_poor.closed_form.adjusted_p == 3 * 2 / 2**50


def test_areas_are_compared_by_delong_and_detections_by_resampling_alone(tmp_path: Path) -> None:
    areas = compared(tmp_path / "slides", Kind.SLIDES).pairs
    detections = compared(tmp_path / "lesions", Kind.LESIONS).pairs

    assert {pair.closed_form.name for pair in areas if pair.closed_form} == {"delong"}
    assert [pair.closed_form for pair in detections] == [None] * 3


def test_without_replicates_there_is_a_difference_and_no_interval(tmp_path: Path) -> None:
    comparison = compared(tmp_path, Kind.LESIONS, with_replicates=False)

    assert comparison.tests is None
    assert {pair.adjusted_p for pair in comparison.pairs} == {None}
    assert comparison.pairs[0].interval == Undefined(Reason.NO_REPLICATES)


def test_p_values_are_adjusted_for_the_units_that_carry_the_score(tmp_path: Path) -> None:
    saved = read_folder(saved_folder(tmp_path, Kind.LESIONS))
    few = [replace(one, replicates=carried_by(one.replicates, 3.0)) for one in saved]
    one_unit = [replace(one, replicates=carried_by(one.replicates, 1.5)) for one in saved]

    of_twelve, of_three, of_one = (compare(found).pairs[1] for found in (saved, few, one_unit))

    assert of_twelve.adjusted_p is not None
    assert of_three.adjusted_p is not None
    assert of_twelve.adjusted_p < of_three.adjusted_p
    assert of_one.adjusted_p is None


def carried_by(replicates: Replicates | None, n_units: float) -> Replicates:
    assert replicates is not None
    return replace(replicates, n_units=n_units)


def test_a_comparison_is_written_with_rounded_ends(tmp_path: Path) -> None:
    body = json.loads(json.dumps(comparison_json(compared(tmp_path, Kind.STAGING))))

    assert set(body) == {"scores", "pairs"}
    assert list(body["scores"]) == ["fair", "good", "poor"]
    (first, *_) = body["pairs"]
    assert first["interval"]["low"] == round(first["interval"]["low"], 6)
    assert first["adjusted_p"] == round(first["adjusted_p"], 6)
    assert first["closed_form"]["name"] == "mcnemar"


def test_one_result_is_no_comparison(tmp_path: Path) -> None:
    save(tmp_path / "results" / "a.json", scored(tmp_path / "a", Kind.STAGING, 5))

    with pytest.raises(ValueError, match="needs two results"):
        compare(read_folder(tmp_path / "results"))
