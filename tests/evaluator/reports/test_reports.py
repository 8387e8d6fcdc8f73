"""Tests that each report is one whole page, without script, network or other files."""

from dataclasses import replace
from pathlib import Path

import pytest

from evaluator.comparison.ensembles import combine_best
from evaluator.comparison.pairs import compare
from evaluator.comparison.ranking import rank
from evaluator.reports.comparison import comparison_report, ranking_report
from evaluator.reports.ensemble import ensemble_report
from evaluator.reports.result import result_report
from evaluator.results.result import JsonObject, Result
from evaluator.results.saved_results import read_folder
from ground_truth.types import GroundTruth, Kind
from tests.evaluator.saved import saved_folder, scored


def check_page(page: str) -> None:
    """Make sure that a page is whole, and needs and runs nothing."""
    assert page.startswith("<!doctype html>\n")
    assert page.endswith("</html>\n")
    outside = page.replace('xmlns="http://www.w3.org/2000/svg"', "")
    for forbidden in ("<script", "http://", "https://", "<link", "<img", "url(", "@import", ">nan"):
        assert forbidden not in outside
    ids = [part.split('"', 1)[0] for part in page.split(' id="')[1:]]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("kind", "headings"),
    [
        (
            Kind.LESIONS,
            (
                "Score",
                "FROC curve",
                "Sensitivity by slide label, at 1 false positive per slide",
                "Beside the score",
                "Influence of slides",
            ),
        ),
        (Kind.SLIDES, ("Score", "ROC curve")),
        (Kind.STAGING, ("Score", "Confusion", "What costs kappa")),
    ],
)
def test_a_result_is_reported_with_plots_and_their_numbers(
    tmp_path: Path, kind: Kind, headings: tuple[str, ...]
) -> None:
    result = scored(tmp_path, kind, 9)

    page = result_report(result, "mine <b>")

    check_page(page)
    for heading in (*headings, "Where it comes from"):
        assert f"<h2>{heading}</h2>" in page
    assert "mine &lt;b&gt;" in page
    assert f"{result.score:.4f}" in page
    assert page.count("<svg") == page.count("The numbers")
    assert "95 % interval" in page
    assert page == result_report(result, "mine <b>")


def test_centres_and_sizes_are_drawn_where_they_are_known(tmp_path: Path) -> None:
    result = scored(tmp_path, Kind.STAGING, 9)
    centre: JsonObject = {"n": 20, "value": 0.5, "interval": {"value": None, "reason": "x"}}
    known = replace(result, aggregates={**result.aggregates, "by_centre": {"Left": centre}})

    page = result_report(known, "mine")

    assert "<h2>Centres</h2>" in page
    assert "Left" in page


def test_an_undefined_score_is_reported_in_words(tmp_path: Path) -> None:
    result = scored(tmp_path, Kind.STAGING, 9)
    kappa: JsonObject = {"value": None, "reason": "single_class"}
    undefined = replace(result, aggregates={**result.aggregates, "score": None, "kappa": kappa})

    page = result_report(undefined, "mine")

    check_page(page)
    assert "Kappa undefined, since only one class occurs, on 60 patients" in page
    assert "<svg" not in page


@pytest.mark.parametrize("kind", list(Kind))
def test_comparisons_and_rankings_are_reported(tmp_path: Path, kind: Kind) -> None:
    saved = read_folder(saved_folder(tmp_path, kind))

    comparison, ranking = comparison_report(compare(saved)), ranking_report(rank(saved))

    check_page(comparison)
    check_page(ranking)
    assert "<h2>Which can be told apart</h2>" in comparison
    assert "fair minus good" in comparison
    assert "<h2>How often resamples gave each rank</h2>" in ranking
    assert "1 to 2" in ranking


@pytest.mark.parametrize(("kind", "heading"), [(Kind.SLIDES, "ROC"), (Kind.STAGING, "Kappa")])
def test_an_ensemble_is_reported_as_exploratory(tmp_path: Path, kind: Kind, heading: str) -> None:
    saved = read_folder(saved_folder(tmp_path, kind))

    page = ensemble_report(combine_best(saved, 2))

    check_page(page)
    assert "<h1>Ensemble (exploratory)</h1>" in page
    assert "It is not ranked." in page
    assert ("Confusion of the combined stages" in page) == (heading == "Kappa")


def test_a_single_unit_leaves_no_p_values_and_says_so(tmp_path: Path) -> None:
    saved = read_folder(saved_folder(tmp_path, Kind.LESIONS))
    alone = [
        replace(one, replicates=replace(one.replicates, n_units=1.0))
        for one in saved
        if one.replicates is not None
    ]

    page = comparison_report(compare(alone))

    check_page(page)
    assert "No p-values: too few units to tell a variance." in page


def test_more_results_than_can_be_drawn_are_compared_all_the_same(tmp_path: Path) -> None:
    (first, *_) = read_folder(saved_folder(tmp_path, Kind.LESIONS))
    many = [replace(first, name=f"result {number}") for number in range(9)]

    page = comparison_report(compare(many))

    check_page(page)
    assert "The best 8 are drawn." in page
    assert page.count("result 7 minus result 8") == 1


def test_without_replicates_reports_say_so(tmp_path: Path) -> None:
    saved = read_folder(saved_folder(tmp_path, Kind.LESIONS, with_replicates=False))

    comparison = comparison_report(compare(saved))
    page = ranking_report(rank(saved))
    check_page(comparison)
    assert "there are no resamples of fair, good, poor." in comparison

    check_page(page)
    assert "There are no rank sets: there are no resamples." in page


def test_the_golden_result_is_reported_with_all_its_parts(
    shared: Path, camelyon16: GroundTruth
) -> None:
    from evaluator.results.parameters import LesionParameters
    from evaluator.scoring.evaluation import evaluate

    result: Result = evaluate(
        Kind.LESIONS,
        shared / "oracles" / "froc" / "detections",
        camelyon16,
        LesionParameters(),
        n_resamples=1_000,
    )

    page = result_report(result, "golden")

    check_page(page)
    assert "<h2>Sensitivity by lesion size, at 1 false positive per slide</h2>" in page
    assert "on 128 slides with 226 lesions" in page
    assert "0.7399" in page  # camelyon16-2016
    assert "0.7361" in page
