"""Tests numbers as text."""

import math

import pytest

from evaluator.plots.number_text import fixed, percent, signed, trimmed


def test_decimals_are_fixed_and_minus_is_a_minus_sign() -> None:
    assert fixed(0.5, 3) == "0.500"
    assert fixed(-0.25, 2) == "\N{MINUS SIGN}0.25"


def test_zero_has_no_sign() -> None:
    assert fixed(-0.0001, 2) == "0.00"
    assert signed(0.0001, 2) == "0.00"


def test_differences_have_a_sign() -> None:
    assert signed(0.25, 2) == "+0.25"
    assert signed(-0.25, 2) == "\N{MINUS SIGN}0.25"


def test_zeros_at_the_end_are_dropped_only_after_the_point() -> None:
    assert trimmed(0.1875, 4) == "0.1875"
    assert trimmed(2.50, 4) == "2.5"
    assert trimmed(100.0, 0) == "100"


def test_shares_become_per_cent_with_a_no_break_space() -> None:
    assert percent(0.125, 1) == "12.5\N{NO-BREAK SPACE}%"


def test_what_is_not_finite_cannot_be_shown() -> None:
    with pytest.raises(ValueError, match="cannot be shown"):
        fixed(math.nan, 2)
