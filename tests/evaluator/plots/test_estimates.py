"""Tests numbers with intervals."""

import math

import pytest

from evaluator.plots.estimates import Estimate, interval_text, numbers_text, value_text


def test_value_and_interval_are_written_together() -> None:
    assert numbers_text(Estimate(0.8071, 0.732, 0.889)) == "0.807 [0.732, 0.889]"
    assert numbers_text(Estimate(0.8071, 0.732, 0.889), decimals=2) == "0.81 [0.73, 0.89]"


def test_what_is_undefined_is_said() -> None:
    assert numbers_text(Estimate(None)) == "undefined"
    assert numbers_text(Estimate(0.5)) == "0.500 (no interval)"
    assert value_text(None) == "undefined"
    assert interval_text(Estimate(0.5)) == ""


@pytest.mark.parametrize(
    ("value", "low", "high"),
    [
        (math.nan, None, None),
        (0.5, 0.4, None),
        (0.5, None, 0.6),
        (0.5, 0.6, 0.4),
        (0.5, 0, math.inf),
    ],
)
def test_half_reversed_or_endless_intervals_are_refused(
    value: float, low: float | None, high: float | None
) -> None:
    with pytest.raises(ValueError, match=r"not finite|two ends|interval from"):
        Estimate(value, low, high)


def test_a_value_may_lie_outside_its_interval() -> None:
    # HMS and MGH I in JAMA 318(22), Table 2: 0.596 (0.578-0.734) lies near the edge already.
    assert numbers_text(Estimate(0.5, 0.578, 0.734)) == "0.500 [0.578, 0.734]"
