"""Tests the blob plot and the significance map."""

import numpy as np
import pytest

from evaluator.metrics.comparison import PairwiseTests
from evaluator.metrics.intervals import Reason, Undefined
from evaluator.metrics.rank_frequencies import RankFrequencies
from evaluator.plots.blob_plot import blob_plot
from evaluator.plots.significance_map import significance_map
from tests.evaluator.plots.reading import inside, of_class, texts

# Cells are 34 wide and 26 high from (168, 44): middles at x = 185, 219, ... and y = 57, 83, ...
NO_TAU = Undefined(Reason.NO_UNITS)


def _frequencies(count: list[list[int]]) -> RankFrequencies:
    return RankFrequencies(np.array(count), sum(count[0]), NO_TAU, n_undefined=0)


def _tests(pairs: list[tuple[int, int, float, float]]) -> PairwiseTests:
    first, second, difference, p_value = (list(column) for column in zip(*pairs, strict=True))
    return PairwiseTests(
        np.array(first), np.array(second), np.array(difference), np.array(p_value), n_undefined=0
    )


def test_the_area_of_a_blob_is_the_frequency() -> None:
    svg = blob_plot(("A", "B"), (1, 2), _frequencies([[3, 1], [1, 3]]), "p").svg

    first = inside([of_class(svg, "plot-row")[0]], "circle")

    # 12.22 for all resamples, 0.94 of half a row: times sqrt(3/4) and sqrt(1/4).
    assert [(one["cx"], one["cy"], one["r"]) for one in first] == [
        ("185", "57", "10.58"), ("219", "57", "6.11"),
    ]  # fmt: skip


def test_a_line_spans_the_middle_of_the_resamples() -> None:
    svg = blob_plot(("A", "B"), (1, 2), _frequencies([[3, 1], [1, 3]]), "p").svg

    spans = [inside([row], "line")[0] for row in of_class(svg, "plot-row")]

    assert [(one["x1"], one["x2"]) for one in spans] == [("185", "219"), ("185", "219")]


def test_rows_follow_the_ranks_and_ties_the_given_order() -> None:
    plot = blob_plot(
        ("A", "B", "C"), (2, 1, 2), _frequencies([[0, 4, 0], [4, 0, 0], [0, 4, 0]]), "p"
    )

    assert [row[:4] for row in plot.table.rows] == [
        ("B", "1", "1", "1 to 1"), ("A", "2", "2", "2 to 2"), ("C", "2", "2", "2 to 2"),
    ]  # fmt: skip


def test_it_is_labelled_frequency_and_denies_to_be_confidence() -> None:
    plot = blob_plot(("A", "B"), (1, 2), _frequencies([[3, 1], [1, 3]]), "p")

    assert "not confidence in it." in " ".join(texts(plot.svg))
    assert plot.table.caption.startswith("Frequency of ranks over 4 resamples.")
    assert plot.table.rows[0][4] == "1: 75.0\N{NO-BREAK SPACE}%, 2: 25.0\N{NO-BREAK SPACE}%"


def test_beyond_thirty_rows_are_left_to_the_table() -> None:
    n = 40
    plot = blob_plot(
        [f"T{index}" for index in range(n)],
        range(1, n + 1),
        _frequencies(np.eye(n, dtype=np.int64).tolist()),
        "p",
    )

    assert len(of_class(plot.svg, "plot-row")) == 30
    assert len(plot.table.rows) == 40
    assert "The first 30 of 40 are drawn, the table lists all." in texts(plot.svg)


def test_a_single_submission_can_be_drawn() -> None:
    plot = blob_plot(("A",), (1,), _frequencies([[4]]), "p")

    assert plot.table.rows == (("A", "1", "1", "1 to 1", "1: 100.0\N{NO-BREAK SPACE}%"),)


@pytest.mark.parametrize(("labels", "ranks"), [((), ()), (("A",), (1, 2)), (("A", "B"), (0, 1))])
def test_labels_and_ranks_must_belong_together(
    labels: tuple[str, ...], ranks: tuple[int, ...]
) -> None:
    with pytest.raises(ValueError, match="submissions with ranks"):
        blob_plot(labels, ranks, _frequencies([[3, 1], [1, 3]]), "p")


def test_frequencies_must_belong_to_the_submissions() -> None:
    with pytest.raises(ValueError, match="1 submissions"):
        blob_plot(("A",), (1,), _frequencies([[3, 1], [1, 3]]), "p")


def test_ahead_behind_and_neither_differ_in_shape() -> None:
    tests = _tests([(0, 1, 0.1, 0.2), (0, 2, 0.3, 0.05), (1, 2, 0.2, 0.0501)])

    svg = significance_map(("A", "B", "C"), (1, 2, 3), tests, "p").svg

    first, second, third = of_class(svg, "plot-row")
    assert [one["fill"] for one in inside([first], "polygon")] == ["currentColor"]
    assert inside([second], "polygon") == []
    assert [one["fill"] for one in inside([third], "polygon")] == ["none"]
    assert len(inside([first], "circle")) == 1  # A and B
    assert len(inside([second], "circle")) == 2


def test_the_lower_of_a_pair_is_behind_whatever_its_place_in_the_pair() -> None:
    table = significance_map(("A", "B"), (2, 1), _tests([(0, 1, -0.2, 0.001)]), "p").table

    assert table.rows == (("B", "A", "+0.2000", "0.0010", "first is ahead"),)


def test_equal_scores_cannot_be_told_apart_whatever_p_says() -> None:
    table = significance_map(("A", "B"), (1, 1), _tests([(0, 1, 0.0, 0.0)]), "p").table

    assert table.rows[0][-1] == "cannot be told apart"


def test_pairs_that_were_not_compared_stay_empty() -> None:
    plot = significance_map(("A", "B", "C"), (1, 2, 3), _tests([(0, 1, 0.1, 0.5)]), "p")

    third = of_class(plot.svg, "plot-row")[2]
    assert inside([third], "circle") == []
    assert len(plot.table.rows) == 1
    assert "0 of 1 pairs can be told apart." in plot.table.caption


def test_a_pair_must_name_submissions_that_are_there() -> None:
    with pytest.raises(ValueError, match="pair 0, 2 of 2"):
        significance_map(("A", "B"), (1, 2), _tests([(0, 2, 0.1, 0.5)]), "p")
