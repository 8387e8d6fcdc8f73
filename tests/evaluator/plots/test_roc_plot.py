"""Tests the ROC plot."""

import numpy as np
import pytest

from evaluator.plots.estimates import Estimate
from evaluator.plots.roc_plot import RocSeries, roc_plot, roc_points
from tests.evaluator.plots.reading import inside, of_class, texts

PERFECT = RocSeries(
    "A", np.array([0.0, 0.0, 1.0]), np.array([0.0, 1.0, 1.0]), Estimate(1.0, 0.9, 1)
)


def test_equal_confidences_enter_the_curve_together() -> None:
    is_positive = np.array([True, False, True, False])

    false_positive_rate, sensitivity = roc_points(is_positive, np.array([0.9, 0.5, 0.5, 0.1]))

    assert false_positive_rate.tolist() == [0, 0, 0.5, 1]
    assert sensitivity.tolist() == [0, 0.5, 1, 1]


@pytest.mark.parametrize(
    ("is_positive", "confidence", "reason"),
    [
        ([True, True], [0.5, 0.5], "both classes"),
        ([False], [0.5], "both classes"),
        ([True, False], [0.5], "confidences"),
        ([True, False], [0.5, np.nan], "confidences"),
    ],
)
def test_what_has_no_roc_curve_is_refused(
    is_positive: list[bool], confidence: list[float], reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        roc_points(np.array(is_positive), np.array(confidence))


def test_the_curve_runs_from_corner_to_corner() -> None:
    svg = roc_plot([PERFECT], 49, 80, "p").svg

    paths = inside(of_class(svg, "plot-series-1"), "path")

    assert paths[0]["d"] == "M34 296L34 30L300 30"


def test_area_and_interval_stand_below_the_plot_and_in_the_table() -> None:
    plot = roc_plot([PERFECT], 49, 80, "p")

    assert "A: AUC 1.000 [0.900, 1.000]." in texts(plot.svg)
    assert "49 slides with and 80 without metastasis." in texts(plot.svg)
    assert plot.table.rows == (("A", "1.000", "[0.900, 1.000]"),)


def test_an_undefined_area_is_said_to_be() -> None:
    series = RocSeries("A", PERFECT.false_positive_rate, PERFECT.sensitivity, Estimate(None))

    assert "A: AUC undefined." in texts(roc_plot([series], 49, 80, "p").svg)


def test_a_curve_that_does_not_reach_its_corners_is_refused() -> None:
    series = RocSeries("A", np.array([0.0, 0.5]), np.array([0.0, 1.0]), Estimate(0.9))

    with pytest.raises(ValueError, match="runs from"):
        roc_plot([series], 49, 80, "p")


def test_more_curves_than_can_be_told_apart_are_refused() -> None:
    with pytest.raises(ValueError, match="9 curves"):
        roc_plot([PERFECT] * 9, 49, 80, "p")
