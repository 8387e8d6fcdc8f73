"""Tests forest plot, strip, and dots by size and centre."""

import pytest

from evaluator.plots.estimates import Estimate
from evaluator.plots.forest_plot import ForestRow, forest_plot, forest_strip
from evaluator.plots.size_and_centre_plot import CentreRow, FoundRow, centre_plot, found_plot
from tests.evaluator.plots.reading import SVG, inside, of_class, parsed, texts

# The axis runs from x = 18 to x = 422; rows are 40 high, the dot of the first lies at y = 34.


def test_a_dot_and_its_interval_lie_on_the_axis() -> None:
    rows = [ForestRow("A", Estimate(0.5, 0.0, 1.0))]

    svg = forest_plot(rows, "Score", "p").svg

    row = of_class(svg, "plot-row")
    assert inside(row, "circle")[0]["cx"] == "220"
    assert inside(row, "circle")[0]["cy"] == "34"
    assert [(one["x1"], one["x2"]) for one in inside(row, "line")] == [
        ("18", "422"), ("18", "18"), ("422", "422"),
    ]  # fmt: skip


def test_the_submission_that_a_plot_is_about_stands_out_without_colour() -> None:
    rows = [ForestRow("A", Estimate(0.5)), ForestRow("B", Estimate(0.6), is_highlighted=True)]

    plot = forest_plot(rows, "Score", "p")

    own = of_class(plot.svg, "plot-highlighted")
    assert len(own) == 1
    assert len(inside(own, "polygon")) == 1  # a diamond
    assert {one["font-weight"] for one in inside(own, "text")} == {"bold"}
    assert plot.table.rows[1][0] == "B (this submission)"


def test_undefined_scores_and_intervals_are_said_not_drawn() -> None:
    rows = [ForestRow("A", Estimate(None)), ForestRow("B", Estimate(0.5))]

    plot = forest_plot(rows, "Score", "p")

    first, second = of_class(plot.svg, "plot-row")
    assert inside([first], "circle") == []
    assert inside([second], "line") == []
    assert {"undefined", "0.500 (no interval)"} <= set(texts(plot.svg))
    assert plot.table.rows == (("A", "undefined", "undefined"), ("B", "0.500", "undefined"))


def test_a_board_of_two_decimals_shows_no_more() -> None:
    plot = forest_plot([ForestRow("A", Estimate(0.8071, 0.7321, 0.8891))], "Score", "p", decimals=2)

    assert "0.81 [0.73, 0.89]" in texts(plot.svg)
    assert plot.table.rows == (("A", "0.81", "[0.73, 0.89]"),)


def test_a_strip_has_a_size_and_says_its_numbers() -> None:
    root = parsed(forest_strip(Estimate(0.8, 0.7, 0.9), 0.0, 1.0, "row-1"))

    description = root.find(f"{SVG}desc")
    assert (root.attrib["width"], root.attrib["height"]) == ("120", "20")
    assert description is not None
    assert description.text == "0.80 [0.70, 0.90]"


def test_what_lies_beyond_the_axis_of_a_strip_is_cut_off() -> None:
    svg = forest_strip(Estimate(0.5, -1.0, 2.0), 0.0, 1.0, "row-1")

    xs = {float(one[end]) for one in inside([parsed(svg)], "line") for end in ("x1", "x2")}

    assert (min(xs), max(xs)) == (6, 114)


def test_an_undefined_score_leaves_a_strip_empty() -> None:
    root = parsed(forest_strip(Estimate(None), 0.0, 1.0, "row-1"))

    assert inside([root], "circle") == []


def test_a_strip_needs_an_axis_and_a_plot_needs_a_row() -> None:
    with pytest.raises(ValueError, match="no axis"):
        forest_strip(Estimate(0.5), 1.0, 1.0, "row-1")
    with pytest.raises(ValueError, match="no row"):
        forest_plot([], "Score", "p")


def test_found_and_total_are_printed_beside_every_class() -> None:
    # Wilson's interval of 7 of 10.
    rows = [FoundRow("Macro", 7, 10, 0.3967781, 0.8922087), FoundRow("Up to 0.2 mm", 0, 0)]

    plot = found_plot(rows, "lesion size", "p")

    assert "7/10 = 0.700 [0.397, 0.892]" in texts(plot.svg)
    assert "0/0, undefined" in texts(plot.svg)
    assert plot.table.rows == (
        ("Macro", "7", "10", "0.700", "[0.397, 0.892]"),
        ("Up to 0.2 mm", "0", "0", "undefined", ""),
    )


@pytest.mark.parametrize(("found", "total"), [(3, 2), (-1, 2)])
def test_no_more_can_be_found_than_there_is(found: int, total: int) -> None:
    with pytest.raises(ValueError, match=f"{found} found of {total}"):
        found_plot([FoundRow("Macro", found, total)], "lesion size", "p")


def test_every_centre_has_its_n() -> None:
    plot = centre_plot(
        [CentreRow("Centre 0", 20, Estimate(0.9, 0.8, 0.95))], "Kappa", "patients", "p"
    )

    assert "Centre 0 (n = 20 patients)" in texts(plot.svg)
    assert plot.table.columns == ("Centre", "Patients", "Kappa", "Interval")
    assert plot.table.rows == (("Centre 0", "20", "0.900", "[0.800, 0.950]"),)
