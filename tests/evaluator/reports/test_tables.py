from pathlib import Path
from typing import Any

from evaluator.reports.tables import (
    found_at_rates,
    influential_slides,
    node_numbers,
    secondary_scores,
)
from ground_truth.types import Kind
from tests.evaluator.saved import scored

INTERVAL = {"low": 0.25, "high": 0.75}


def test_beside_the_score_stand_slides_centres_and_official_protocols() -> None:
    aggregates: dict[str, Any] = {
        "slide_weighted": {"value": 0.5, "interval": INTERVAL},
        "by_centre": {"A": {"interval": {"value": None, "reason": "no_lesion"}}},
        "worst_centre": {
            "centre": "A",
            "value": 0.4,
            "best_centre": "B",
            "difference": 0.3,
            "interval": INTERVAL,
        },
        "froc_2016": {"score": 0.6},
        "froc_diag": {"value": None, "reason": "no_lesions"},
    }

    table = secondary_scores(aggregates)

    assert table is not None
    assert [row[1:] for row in table.rows] == [
        ("0.5000", "0.2500 to 0.7500"),
        ("0.4000", "none: there is no lesion"),
        ("0.3000", "0.2500 to 0.7500"),
        ("0.6000", "none"),
    ]
    assert table.rows[1][0] == "Worst centre: A"
    assert secondary_scores({"score": 0.5}) is None


def test_a_worst_centre_that_cannot_be_told_says_why() -> None:
    table = secondary_scores(
        {"worst_centre": {"value": None, "reason": "fewer_than_two_centres"}, "by_centre": {}}
    )

    assert table is not None
    assert table.rows == (("Worst centre", "none: fewer than two centres have a score", ""),)


def test_an_undefined_number_says_why() -> None:
    table = secondary_scores({"slide_weighted": {"value": None, "reason": "no_lesion"}})

    assert table is not None
    assert table.rows[0][1:] == ("undefined: there is no lesion", "none")


def test_lesions_found_are_listed_at_every_rate(tmp_path: Path) -> None:
    aggregates = scored(tmp_path, Kind.LESIONS, 9).aggregates

    table = found_at_rates(aggregates["by_slide_label"], "slide label")  # type: ignore[arg-type]

    assert table is not None
    assert table.columns == ("Slide label", "1/4", "1/2", "1", "2", "4", "8", "any")
    assert table.rows == (("tumour", *["9/12"] * 7),)
    assert found_at_rates({}, "lesion size") is None


def test_the_slides_that_matter_most_come_first(tmp_path: Path) -> None:
    table = influential_slides(scored(tmp_path / "lesions", Kind.LESIONS, 9))

    # 9 of 12 found: without a missed one 9 of 11, without a found one 8 of 11.
    assert table is not None
    assert table.rows[0] == ("slide_09", "\N{MINUS SIGN}0.0682")
    assert table.rows[3] == ("slide_00", "+0.0227")
    assert len(table.rows) == 5
    assert influential_slides(scored(tmp_path / "stages", Kind.STAGING, 9)) is None


def test_nodes_are_listed_in_the_order_of_their_categories() -> None:
    one = {"value": 0.5}
    nodes: dict[str, Any] = {
        "accuracy": 0.75,
        "kappa": {"value": None, "reason": "single_class"},
        "sensitivity": one,
        "specificity": one,
        "derived_stage_kappa": one,
        "labels": ["negative", "itc"],
        "recall": {
            "itc": {"value": None, "reason": "no_nodes", "n": 0},
            "negative": {**one, "n": 4},
        },
        "n_patients": 3,
    }

    table = node_numbers(nodes)

    assert table.rows[1][1] == "undefined: only one class occurs"
    assert table.rows[-2:] == (
        ("Recall of negative (n = 4)", "0.5000"),
        ("Recall of itc (n = 0)", "undefined: there is no such node"),
    )
