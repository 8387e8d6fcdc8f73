"""Draws a confusion matrix of ordered classes: counts and shares of the reference class."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evaluator.plots.checks import require_counts
from evaluator.plots.matrix import Cell, Matrix, draw_matrix, higher_mark, lower_mark
from evaluator.plots.notes import Note, draw_notes
from evaluator.plots.number_text import percent
from evaluator.plots.svg import picture
from evaluator.plots.tables import Plot, PlotTable

Counts = NDArray[np.int64]


def confusion_plot(
    counts: Counts, labels: Sequence[str], unit: str, prefix: str, note: str = ""
) -> Plot:
    """Draw a confusion matrix, each row shaded by its shares.

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
    rows = [f"n = {total}" for total in counts.sum(axis=1).tolist()]
    columns = [str(total) for total in counts.sum(axis=0).tolist()]
    matrix = Matrix(share_cells(counts), labels, "Reference", "Submitted", rows, columns)
    shapes, bottom = draw_matrix(matrix)
    notes = [
        Note("Per cent and shade: share of the row."),
        Note("Over-staged: above the reference", higher_mark()),
        Note("Under-staged: below the reference", lower_mark()),
        Note(note),
    ]
    below, height = draw_notes(notes, bottom)
    title = f"Confusion matrix of {counts.sum()} {unit}"
    svg = picture(prefix, title, agreement_text(counts), height, [*shapes, below])
    return Plot(svg, counts_table(counts, labels, ("Reference", "submitted"), f"{title}. {note}"))


def share_cells(counts: Counts) -> list[list[Cell]]:
    """Return cells of counts and of their shares of the row; empty rows have no shares."""
    cells = []
    for row in counts.tolist():
        total = sum(row)
        cells.append(
            [
                Cell(str(count), percent(count / total), count / total)
                if count
                else Cell("0", "", 0)
                for count in row
            ]
        )
    return cells


def counts_table(
    counts: Counts, labels: Sequence[str], axes: tuple[str, str], caption: str
) -> PlotTable:
    """List counts with their shares of the row, and the totals of rows and columns."""
    columns = (axes[0], *[f"{axes[1]} {name}" for name in labels], "Total")
    rows = [
        (name, *[_count_text(count, sum(row)) for count in row], str(sum(row)))
        for name, row in zip(labels, counts.tolist(), strict=True)
    ]
    totals = [str(total) for total in counts.sum(axis=0).tolist()]
    return PlotTable(caption.strip(), columns, (*rows, ("Total", *totals, str(int(counts.sum())))))


def agreement_text(counts: Counts) -> str:
    """Say how many units lie on, above and below the diagonal."""
    same, above = int(np.trace(counts)), int(np.triu(counts, 1).sum())
    below = int(counts.sum()) - same - above
    return f"{same} the same, {above} higher, {below} lower"


def _count_text(count: int, total: int) -> str:
    return f"{count} ({percent(count / total, 1)})" if total else "0"
