"""Tests the difference of two FROC curves."""

import numpy as np
import pytest

from evaluator.plots.comparison_plot import DifferenceCurve, difference_plot
from tests.evaluator.plots.reading import inside, of_class, texts

RATES = np.array([0.0, 0.125, 8.0])


def _curve(difference: list[float], low: list[float], high: list[float]) -> DifferenceCurve:
    return DifferenceCurve(
        "Aurora", "Borealis", RATES, np.array(difference), np.array(low), np.array(high)
    )


def test_difference_zero_line_and_band_lie_where_the_numbers_say() -> None:
    # The axis takes 1.2 times 0.1: from -0.15 to 0.15 at 240 units, zero in the middle, 150.
    svg = difference_plot(_curve([0, 0.1, 0.1], [-0.1, 0, 0], [0, 0.1, 0.1]), "p").svg

    zero = of_class(svg, "plot-zero")[0].attrib
    path = inside(of_class(svg, "plot-series-1"), "path")[0]
    assert (zero["y1"], zero["y2"]) == ("150", "150")
    assert path["d"] == "M50 150L103.71 70L426 70"  # 376 / 7 = 53.71 to 1/8; 0.1 is 80 units
    assert len(of_class(svg, "plot-band")) == 1


def test_it_says_which_side_is_better_for_whom() -> None:
    shown = texts(difference_plot(_curve([0, 0, 0], [0, 0, 0], [0, 0, 0]), "p").svg)

    assert "Aurora finds more" in shown
    assert "Borealis finds more" in shown


def test_the_table_reads_the_curve_at_the_ticks_with_signs() -> None:
    table = difference_plot(_curve([0, 0.1, 0.1], [-0.1, 0, 0], [0, 0.1, 0.1]), "p").table

    assert table.rows[0] == ("0", "0.000", "[\N{MINUS SIGN}0.100, 0.000]")
    assert table.rows[1] == ("1/8", "+0.100", "[0.000, +0.100]")
    assert [row[0] for row in table.rows] == ["0", "1/8", "1/4", "1/2", "1", "2", "4", "8"]


def test_the_table_leaves_out_ticks_that_the_curve_does_not_reach() -> None:
    flat = np.zeros(2)
    curve = DifferenceCurve("A", "B", np.array([0.25, 1.0]), flat, flat, flat)

    table = difference_plot(curve, "p").table

    assert [row[0] for row in table.rows] == ["1/4", "1/2", "1"]


@pytest.mark.parametrize(
    ("difference", "low", "high", "reason"),
    [
        ([0, 0], [0, 0], [0, 0], "beside"),
        ([0, 0, 2], [0, 0, 0], [0, 0, 0], "outside"),
        ([0, 0, 0], [0, 0, 0.2], [0, 0, 0.1], "reversed"),
        ([0, 0, np.nan], [0, 0, 0], [0, 0, 0], "not finite"),
    ],
)
def test_what_is_no_difference_of_curves_is_refused(
    difference: list[float], low: list[float], high: list[float], reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        difference_plot(_curve(difference, low, high), "p")
