"""Draws what each cell of a confusion matrix costs in quadratic-weighted kappa."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluator.plots.checks import require_counts
from evaluator.plots.matrix import Cell, Matrix, draw_matrix, higher_mark, lower_mark
from evaluator.plots.notes import Note, draw_notes
from evaluator.plots.number_text import MINUS, fixed, trimmed
from evaluator.plots.svg import picture
from evaluator.plots.tables import Plot, PlotTable

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
_DECIMALS = 4
_LEGEND = "In a cell: count times weight, and what kappa loses by it. Shade: share of the largest."


@dataclass(frozen=True, slots=True)
class KappaCosts:
    """Weighted disagreement by [reference, submitted] class, and what chance would give.

    Attributes
    ----------
    disagreement : (k, k) float64
        w_ij * O_ij with w_ij = (i - j)^2 / (k - 1)^2.
    expected : float
        Sum of w_ij * E_ij, E from the totals of rows and columns; 0 where both sides hold one
        and the same class, so that kappa is undefined.
    """

    disagreement: Floats
    expected: float


def kappa_costs(counts: Counts) -> KappaCosts:
    """Weigh every cell; kappa is 1 less the sum of the disagreement over the expected one.

    Parameters
    ----------
    counts : (k, k) int64
        Units by reference (row) and submitted (column) class, rising.

    References
    ----------
    Cohen (1968), Psychological Bulletin 70(4), doi:10.1037/h0026256.
    """
    index = np.arange(len(counts), dtype=np.float64)
    weights = np.square(index[:, np.newaxis] - index) / (len(counts) - 1) ** 2
    chance = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum()
    return KappaCosts(weights * counts, float((weights * chance).sum()))


def kappa_cost_plot(
    counts: Counts, labels: Sequence[str], unit: str, prefix: str, note: str = ""
) -> Plot:
    """Draw which errors cost the score: each cell's weighted disagreement and loss of kappa.

    Parameters
    ----------
    counts : (k, k) int64
        Units by reference (row) and submitted (column) class, rising.
    unit : str
        What is counted, such as "patients".

    Raises
    ------
    ValueError
        When counts are no square table of 2 to 5 classes, or all zero.
    """
    require_counts(counts, labels)
    costs = kappa_costs(counts)
    matrix = Matrix(_cells(costs), labels, "Reference", "Submitted")
    shapes, bottom = draw_matrix(matrix)
    notes = [
        Note(_LEGEND),
        Note(_sum_text(costs)),
        Note("Over-staged", higher_mark()),
        Note("Under-staged", lower_mark()),
        Note(note),
    ]
    below, height = draw_notes(notes, bottom)
    title = f"What errors cost in kappa, {counts.sum()} {unit}"
    svg = picture(prefix, title, _sum_text(costs), height, [*shapes, below])
    return Plot(svg, _table(costs, labels, f"{title}. {_sum_text(costs)} {note}".strip()))


def _cells(costs: KappaCosts) -> list[list[Cell]]:
    largest = float(costs.disagreement.max())
    return [
        [
            Cell(_short(value), _lost(value, costs.expected), value / largest)
            if value
            else Cell("0", "", 0)
            for value in row
        ]
        for row in costs.disagreement.tolist()
    ]


def _short(value: float) -> str:
    """Write a cost in as few digits as a cell has room for; the table has them all."""
    return trimmed(value, _DECIMALS if value < 1 else 1)


def _lost(value: float, expected: float) -> str:
    return f"{MINUS}{fixed(value / expected, 3)}"


def _sum_text(costs: KappaCosts) -> str:
    total = float(costs.disagreement.sum())
    if costs.expected == 0:
        return "One class on both sides: kappa is undefined."
    return (
        f"Sum {trimmed(total, _DECIMALS)}, by chance {trimmed(costs.expected, _DECIMALS)}: "
        f"kappa = 1 {MINUS} {fixed(total / costs.expected, 3)} = "
        f"{fixed(1 - total / costs.expected, 3)}"
    )


def _table(costs: KappaCosts, labels: Sequence[str], caption: str) -> PlotTable:
    rows = [
        (name, *[_cell_text(value, costs.expected) for value in row])
        for name, row in zip(labels, costs.disagreement.tolist(), strict=True)
    ]
    columns = ("Reference", *[f"submitted {name}" for name in labels])
    return PlotTable(caption, columns, tuple(rows))


def _cell_text(value: float, expected: float) -> str:
    shown = trimmed(value, _DECIMALS)
    return f"{shown} (kappa {_lost(value, expected)})" if value else shown
