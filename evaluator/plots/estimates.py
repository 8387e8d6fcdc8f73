"""Holds a number with its interval, either of which may be undefined, and words both."""

import math
from dataclasses import dataclass

from evaluator.plots.number_text import fixed


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value and the two ends of its interval; None stands for what is undefined.

    The value may lie outside its interval, as it does for some published bootstrap intervals.

    Raises
    ------
    ValueError
        When a number is not finite, only one end is given, or the ends are reversed.
    """

    value: float | None
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        given = [number for number in (self.value, self.low, self.high) if number is not None]
        if not all(math.isfinite(number) for number in given):
            raise ValueError(f"not finite: {given}")
        if (self.low is None) != (self.high is None):
            raise ValueError("an interval has two ends or none")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"interval from {self.low} to {self.high}")


def numbers_text(estimate: Estimate, decimals: int = 3) -> str:
    """Write value and interval, such as "0.807 [0.732, 0.889]"; say where one is undefined."""
    if estimate.value is None:
        return "undefined"
    interval = interval_text(estimate, decimals) or "(no interval)"
    return f"{fixed(estimate.value, decimals)} {interval}"


def value_text(value: float | None, decimals: int = 3) -> str:
    """Write a value with fixed decimals, or "undefined"."""
    return "undefined" if value is None else fixed(value, decimals)


def interval_text(estimate: Estimate, decimals: int = 3) -> str:
    """Write an interval such as "[0.732, 0.889]", or nothing where there is none."""
    if estimate.low is None or estimate.high is None:
        return ""
    return f"[{fixed(estimate.low, decimals)}, {fixed(estimate.high, decimals)}]"
