"""Tests confusion matrix, costs in kappa, and stages from one submission to another."""

import numpy as np
import pytest

from evaluator.plots.comparison_plot import from_to_plot
from evaluator.plots.confusion_plot import confusion_plot
from evaluator.plots.kappa_plot import kappa_cost_plot, kappa_costs
from tests.evaluator.plots.reading import inside, of_class, texts
from tests.evaluator.plots.small_plots import COUNTS, STAGES


def test_every_cell_shows_its_count_and_its_share_of_the_row() -> None:
    svg = confusion_plot(COUNTS, STAGES, "patients", "p").svg

    shown = texts(svg)

    assert "20" in shown
    assert "87\N{NO-BREAK SPACE}%" in shown  # 20 of 23
    assert "n = 23" in shown
    assert shown.count("0") == 9  # without a share: only counts that are zero
    assert shown.count("pN0(i+)") == 2


def test_cells_above_and_below_the_reference_differ_in_place_mark_and_class() -> None:
    svg = confusion_plot(COUNTS, STAGES, "patients", "p").svg

    assert len(of_class(svg, "plot-same")) == 5
    assert len(of_class(svg, "plot-higher")) == 10
    assert len(of_class(svg, "plot-lower")) == 10
    # Six kinds of over-staging occur, five of under-staging.
    upwards = inside(of_class(svg, "plot-higher"), "polygon")
    downwards = inside(of_class(svg, "plot-lower"), "polygon")
    assert (len(upwards), len(downwards)) == (6, 5)
    # Cells are 59.6 wide from (86, 50): the first marks lie around (195.2, 60) and (135.6, 119.6).
    assert upwards[0]["points"].startswith("195.2,54.5 ")
    assert downwards[0]["points"].startswith("135.6,125.1 ")
    assert inside(of_class(svg, "plot-same"), "polygon") == []


def test_the_shade_is_the_share_of_the_row() -> None:
    counts = np.array([[1, 3], [0, 4]])

    cells = of_class(confusion_plot(counts, STAGES[:2], "patients", "p").svg, "plot-cell")

    opacities = [rect["fill-opacity"] for rect in inside(cells, "rect")]
    # 0.08 + 0.47 * share, less by 0.6 on the diagonal: shares 1/4, 3/4, none, 1.
    assert opacities == ["0.12", "0.43", "0", "0.33"]


def test_the_table_of_counts_has_totals() -> None:
    table = confusion_plot(COUNTS, STAGES, "patients", "p").table

    assert table.columns[:2] == ("Reference", "submitted pN0")
    assert table.rows[0][:3] == (
        "pN0",
        "20 (87.0\N{NO-BREAK SPACE}%)",
        "2 (8.7\N{NO-BREAK SPACE}%)",
    )
    assert table.rows[-1] == ("Total", "24", "8", "18", "29", "21", "100")


def test_a_stage_that_the_reference_lacks_has_no_shares() -> None:
    counts = np.array([[2, 0], [0, 0]])

    table = confusion_plot(counts, STAGES[:2], "patients", "p").table

    assert table.rows[1] == ("pN0(i+)", "0", "0", "0")


def test_costs_add_up_to_the_loss_of_kappa() -> None:
    costs = kappa_costs(COUNTS)

    kappa = 1 - costs.disagreement.sum() / costs.expected

    assert kappa == pytest.approx(0.919943489522, abs=1e-12)
    assert costs.disagreement[0, 2] == 0.25  # one patient, two of four stages off: (2 / 4)^2
    assert costs.disagreement[4, 3] == 3 / 16


def test_a_cell_shows_its_cost_and_what_kappa_loses() -> None:
    svg = kappa_cost_plot(COUNTS, STAGES, "patients", "p").svg

    # Sum of w O 2.125 over sum of w E 26.54375: 0.0801; one patient two stages off: 0.0094.
    assert "0.25" in texts(svg)
    assert "\N{MINUS SIGN}0.009" in texts(svg)
    assert "Sum 2.125, by chance 26.5437: kappa = 1 \N{MINUS SIGN} 0.080 = 0.920" in texts(svg)


def test_large_costs_are_shortened_in_cells_but_not_in_the_table() -> None:
    counts = np.array([[1, 0, 0], [0, 1, 99], [0, 0, 1]])

    plot = kappa_cost_plot(counts, STAGES[:3], "patients", "p")

    assert "24.8" in texts(plot.svg)  # 99 / 4 = 24.75
    assert plot.table.rows[1][3].startswith("24.75 (kappa ")


def test_one_class_on_both_sides_leaves_kappa_undefined() -> None:
    plot = kappa_cost_plot(np.array([[3, 0], [0, 0]]), STAGES[:2], "patients", "p")

    assert "One class on both sides: kappa is undefined." in texts(plot.svg)
    assert plot.table.rows[0] == ("pN0", "0", "0")


def test_from_and_to_are_told_apart() -> None:
    plot = from_to_plot(COUNTS, STAGES, ("Aurora", "Borealis"), "patients", "p")

    assert "The second is higher" in texts(plot.svg)
    assert plot.table.caption.startswith("From Aurora to Borealis, 100 patients")
    assert plot.table.columns[:2] == ("First", "second pN0")


@pytest.mark.parametrize(
    "counts",
    [np.zeros((2, 2), np.int64), np.ones((2, 3), np.int64), np.array([[1, -1], [0, 1]])],
    ids=["nothing", "not square", "negative"],
)
def test_what_is_no_table_of_counts_is_refused(counts: np.ndarray[tuple[int, int]]) -> None:
    with pytest.raises(ValueError, match="counts"):
        confusion_plot(counts, STAGES[:2], "patients", "p")


@pytest.mark.parametrize("n", [1, 6])
def test_only_two_to_five_classes_can_be_drawn(n: int) -> None:
    with pytest.raises(ValueError, match="2 to 5 can be drawn"):
        kappa_cost_plot(np.eye(n, dtype=np.int64), ["x"] * n, "patients", "p")
