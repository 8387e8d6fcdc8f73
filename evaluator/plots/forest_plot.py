"""Scores with their intervals among neighbours, and the small form for a leaderboard's row."""

from collections.abc import Sequence
from dataclasses import dataclass

from evaluator.plots.estimates import Estimate
from evaluator.plots.tables import Plot


@dataclass(frozen=True, slots=True)
class ForestRow:
    """One submission's score; the one that the plot is about is highlighted."""

    label: str
    estimate: Estimate
    is_highlighted: bool = False


def forest_plot(
    rows: Sequence[ForestRow], score_name: str, prefix: str, note: str = "", decimals: int = 3
) -> Plot:
    """Draw."""
    raise NotImplementedError


def forest_strip(estimate: Estimate, low: float, high: float, prefix: str) -> str:
    """Draw one score and interval on a small common axis from low to high; SVG text alone."""
    raise NotImplementedError
