"""Tests the FROC plot: places computed by hand, references, bands, refusals."""

import numpy as np
import pytest

from evaluator.plots.froc_plot import (
    JAMA_PATHOLOGIST,
    Band,
    FrocSeries,
    SlideSet,
    froc_plot,
    scored_sensitivity,
)
from tests.evaluator.plots.reading import inside, of_class, parsed, places_of, texts
from tests.evaluator.plots.small_plots import TESTING, froc_series

# The area runs from (34, 294) at (0, 0) to (300, 30) at (8, 1): 38 units a tick, 264 for 1.


def test_ticks_stand_where_the_axis_says() -> None:
    svg = froc_plot([froc_series("A")], TESTING, "p").svg

    assert places_of(svg, "0") == [("34", "311"), ("28", "299")]
    assert places_of(svg, "1/8") == [("72", "311")]
    assert places_of(svg, "1/4") == [("110", "311")]
    assert places_of(svg, "1/2") == [("148", "311")]
    assert places_of(svg, "8") == [("300", "311")]
    assert places_of(svg, "0.4") == [("28", "193.4")]  # 294 - 0.4 * 264 + 5


def test_the_curve_steps_through_its_operating_points() -> None:
    svg = froc_plot([froc_series("A")], TESTING, "p").svg

    paths = inside(of_class(svg, "plot-series-1"), "path")

    # (0, 0), then 0.5 at a rate of 1 (x = 186), then 1 at a rate of 2 (x = 224).
    assert [path["d"] for path in paths] == ["M34 294H186V162H224V30"]


def test_six_marks_show_what_the_score_reads() -> None:
    svg = froc_plot([froc_series("A")], TESTING, "p").svg

    marks = inside([of_class(svg, "plot-series-1")[1]], "circle")

    # Sensitivities 0.125, 0.25, 0.5, 1, 1, 1.
    assert [(one["cx"], one["cy"]) for one in marks] == [
        ("110", "261"), ("148", "228"), ("186", "162"), ("224", "30"), ("262", "30"), ("300", "30"),
    ]  # fmt: skip
    assert scored_sensitivity(froc_series("A")) == (0.125, 0.25, 0.5, 1.0, 1.0, 1.0)


def test_the_label_holds_the_mean_of_the_six() -> None:
    svg = froc_plot([froc_series("A")], TESTING, "p").svg

    assert "0.646" in texts(svg)  # 3.875 / 6


def test_the_curve_is_dotted_beyond_its_last_point_and_cut_at_the_end_of_the_axis() -> None:
    beyond = FrocSeries("A", np.array([0.0, 4.0, 16.0]), np.array([0.0, 0.5, 0.75]))

    short = froc_plot([froc_series("A")], TESTING, "p").svg
    long = froc_plot([beyond], TESTING, "p").svg

    dotted = inside(of_class(short, "plot-series-1"), "line")
    assert [(one["x1"], one["x2"], one["stroke-dasharray"]) for one in dotted] == [
        ("224", "300", "1 3")
    ]
    assert inside(of_class(long, "plot-series-1"), "path")[0]["d"] == "M34 294H262V162H300"
    assert inside(of_class(long, "plot-series-1"), "line") == []


def test_the_band_lies_around_the_curve() -> None:
    svg = froc_plot([froc_series("A")], TESTING, "p").svg

    band = inside(of_class(svg, "plot-band"), "polygon")[0]

    assert band["points"] == "34,294 300,188.4 300,30 34,241.2"


def test_the_pathologist_of_jama_is_hollow_beside_curves_of_other_slides() -> None:
    svg = froc_plot([froc_series("A")], TESTING, "p").svg

    diamond = inside(of_class(svg, "plot-reference"), "polygon")[0]

    # (0, 0.724) is drawn at (34, 102.864); the diamond reaches 7.5 up.
    assert diamond["points"].startswith("34,95.36 ")
    assert diamond["fill"] == "none"
    assert "another set" in " ".join(texts(svg))


def test_the_pathologist_of_jama_is_filled_beside_curves_of_the_same_slides() -> None:
    svg = froc_plot([froc_series("A")], SlideSet("all129", 129), "p").svg

    diamond = inside(of_class(svg, "plot-reference"), "polygon")[0]

    assert diamond["fill"] == "currentColor"
    assert "another set" not in " ".join(texts(svg))


def test_the_reference_is_what_the_paper_published() -> None:
    assert JAMA_PATHOLOGIST.fps_per_slide == 0
    assert JAMA_PATHOLOGIST.sensitivity == 0.724
    assert JAMA_PATHOLOGIST.slide_set.n_slides == 129
    assert JAMA_PATHOLOGIST.n_readers == 1


def test_the_table_lists_the_six_points_with_the_band_as_drawn() -> None:
    table = froc_plot([froc_series("A")], TESTING, "p").table

    # The band's edges are straight on the plot: at 1/4, 2 of 7 ticks: 0.4 * 2 / 7.
    assert table.rows[0] == ("A", "1/4", "0.125", "[0.114, 0.429]")
    assert table.rows[5] == ("A", "8", "1.000", "[0.400, 1.000]")
    assert table.rows[6] == ("A", "mean of the six", "0.646", "")
    assert table.rows[7][1:] == ("0", "0.724", "")
    assert "128 slides (testing), 226 lesions" in table.caption


def test_a_curve_in_the_background_has_no_marks_but_a_place_in_the_table() -> None:
    behind = FrocSeries("B", np.array([0.0, 1.0]), np.array([0.0, 0.5]), is_background=True)

    plot = froc_plot([froc_series("A"), behind], TESTING, "p")

    assert len(of_class(plot.svg, "plot-background")) == 1
    assert inside(of_class(plot.svg, "plot-background"), "circle") == []
    assert "Other submissions: 1" in texts(plot.svg)
    assert plot.table.rows[7][:3] == ("B", "1/4", "0.125")


def test_curves_differ_in_dash_and_mark_and_labels_do_not_overlap() -> None:
    eight = [froc_series(f"Team {index}") for index in range(8)]

    svg = froc_plot(eight, TESTING, "p").svg

    heights = [float(places_of(svg, one.label)[0][1]) for one in eight]
    gaps = np.diff(sorted(heights))
    assert gaps.min() >= 30  # a line of name and one of score
    assert float(parsed(svg).attrib["viewBox"].split()[3]) > max(heights)


def test_references_can_be_drawn_alone_and_a_single_point_makes_a_curve() -> None:
    alone = froc_plot([], TESTING, "p")
    nothing_found = froc_plot([FrocSeries("A", np.zeros(1), np.zeros(1))], TESTING, "p")

    assert len(alone.table.rows) == 1
    assert nothing_found.table.rows[6] == ("A", "mean of the six", "0.000", "")


@pytest.mark.parametrize(
    ("rates", "found", "reason"),
    [
        ([], [], "without a point"),
        ([0.0, 1.0], [0.0], "beside"),
        ([0.0, np.nan], [0.0, 0.5], "not finite"),
        ([1.0, 0.5], [0.0, 0.5], "must rise"),
        ([-1.0, 0.5], [0.0, 0.5], "must rise"),
        ([0.0, 0.5], [0.0, 1.5], "outside 0 to 1"),
    ],
)
def test_arrays_that_make_no_curve_are_refused(
    rates: list[float], found: list[float], reason: str
) -> None:
    series = FrocSeries("A", np.array(rates), np.array(found))

    with pytest.raises(ValueError, match=reason):
        froc_plot([series], TESTING, "p")


def test_a_band_that_is_none_is_refused() -> None:
    band = Band(np.array([0.0]), np.array([0.0]), np.array([2.0]))

    with pytest.raises(ValueError, match="outside 0 to 1"):
        froc_plot([FrocSeries("A", np.zeros(1), np.zeros(1), band)], TESTING, "p")


def test_more_curves_than_can_be_told_apart_are_refused() -> None:
    with pytest.raises(ValueError, match="9 curves, 8"):
        froc_plot([froc_series("A")] * 9, TESTING, "p")
