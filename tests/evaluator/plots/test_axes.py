"""Tests axes."""

import pytest
from hypothesis import given, strategies as st

from evaluator.plots.axes import FROC_TICKS, FrocScale, Scale, round_ticks


def test_the_eight_ticks_of_the_froc_axis_lie_equally_far_apart() -> None:
    scale = FrocScale(0, 700)

    assert [scale.position(rate) for rate, _ in FROC_TICKS] == [
        0,
        100,
        200,
        300,
        400,
        500,
        600,
        700,
    ]
    assert [words for _, words in FROC_TICKS] == ["0", "1/8", "1/4", "1/2", "1", "2", "4", "8"]


def test_the_froc_axis_is_linear_up_to_an_eighth_and_logarithmic_beyond() -> None:
    scale = FrocScale(0, 700)

    assert scale.position(0.0625) == 50
    assert scale.position(2**-2.5) == pytest.approx(150)
    assert scale.position(2**0.5) == pytest.approx(450)


def test_rates_beyond_the_axis_lie_at_its_end_and_none_is_negative() -> None:
    assert FrocScale(0, 700).position(30) == 700
    with pytest.raises(ValueError, match="-1 false positives"):
        FrocScale(0, 700).position(-1)


def test_a_scale_may_run_upwards() -> None:
    scale = Scale(low=0, high=1, start=300, end=100)

    assert scale.position(0.25) == 250


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.467, 0.889, ["0.4", "0.5", "0.6", "0.7", "0.8", "0.9"]),
        (-0.4, 0.97, ["\N{MINUS SIGN}0.5", "0.0", "0.5", "1.0"]),
        (0, 60, ["0", "10", "20", "30", "40", "50", "60"]),
        (0.805, 0.805, ["0.795", "0.800", "0.805", "0.810", "0.815"]),
    ],
)
def test_ticks_are_round_and_enclose_the_range(
    low: float, high: float, expected: list[str]
) -> None:
    assert [words for _, words in round_ticks(low, high)] == expected


def test_no_axis_runs_backwards() -> None:
    with pytest.raises(ValueError, match="no axis from 2 to 1"):
        round_ticks(2, 1)


@given(st.floats(-100, 100), st.floats(0, 100))
def test_every_range_gets_two_to_seven_ticks_around_it(low: float, length: float) -> None:
    ticks = [value for value, _ in round_ticks(low, low + length)]

    assert 2 <= len(ticks) <= 7
    assert ticks[0] <= low + 1e-6
    assert ticks[-1] >= low + length - 1e-6
