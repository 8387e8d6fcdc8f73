"""Draws dots with intervals and their n: lesions found by size, scores by centre."""

from collections.abc import Sequence
from dataclasses import dataclass

from evaluator.plots.axes import UNIT_TICKS, Ticks
from evaluator.plots.estimates import Estimate, interval_text, numbers_text, value_text
from evaluator.plots.interval_rows import IntervalRow, draw_rows, ticks_around
from evaluator.plots.notes import Note, draw_notes
from evaluator.plots.svg import picture
from evaluator.plots.tables import Plot, PlotTable


@dataclass(frozen=True, slots=True)
class FoundRow:
    """Lesions found of one class, with the interval of the sensitivity where there is one."""

    label: str
    n_found: int
    n_total: int
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class CentreRow:
    """Score of one centre and the number of slides or patients it rests on."""

    label: str
    n_units: int
    estimate: Estimate


@dataclass(frozen=True, slots=True)
class _Words:
    """What is written around a plot."""

    title: str
    axis: str
    note: str


def found_plot(rows: Sequence[FoundRow], grouping: str, prefix: str, note: str = "") -> Plot:
    """Draw the sensitivity of each class of lesion.

    Parameters
    ----------
    grouping : str
        What the rows are, such as "lesion size, at 1 false positive per slide".

    Raises
    ------
    ValueError
        When there is no row, or more is found than there is.
    """
    estimates = [_sensitivity(row) for row in rows]
    drawn = [
        IntervalRow(row.label, f"{row.n_found}/{row.n_total} = {numbers_text(one)}", one)
        if row.n_total
        else IntervalRow(row.label, "0/0, undefined", one)
        for row, one in zip(rows, estimates, strict=True)
    ]
    cells = [
        (row.label, str(row.n_found), str(row.n_total), value_text(one.value), interval_text(one))
        for row, one in zip(rows, estimates, strict=True)
    ]
    columns = ("Class", "Found", "Lesions", "Sensitivity", "Interval")
    words = _Words(f"Sensitivity by {grouping}", "Sensitivity (found / lesions)", note)
    return _plot(drawn, UNIT_TICKS, words, prefix, (columns, cells))


def centre_plot(
    rows: Sequence[CentreRow], score_name: str, unit: str, prefix: str, note: str = ""
) -> Plot:
    """Draw the score of each centre beside the number of units, such as "slides", behind it.

    Raises
    ------
    ValueError
        When there is no row.
    """
    drawn = [
        IntervalRow(
            f"{row.label} (n = {row.n_units} {unit})", numbers_text(row.estimate), row.estimate
        )
        for row in rows
    ]
    cells = [
        (row.label, str(row.n_units), value_text(row.estimate.value), interval_text(row.estimate))
        for row in rows
    ]
    columns = ("Centre", unit.capitalize(), score_name, "Interval")
    words = _Words(f"{score_name} by centre", score_name, note)
    ticks = ticks_around([row.estimate for row in rows])
    return _plot(drawn, ticks, words, prefix, (columns, cells))


def _sensitivity(row: FoundRow) -> Estimate:
    if not 0 <= row.n_found <= row.n_total:
        raise ValueError(f"{row.label}: {row.n_found} found of {row.n_total}")
    if row.n_total == 0:
        return Estimate(None)
    return Estimate(row.n_found / row.n_total, row.low, row.high)


def _plot(
    rows: Sequence[IntervalRow],
    ticks: Ticks,
    words: _Words,
    prefix: str,
    numbers: tuple[tuple[str, ...], Sequence[tuple[str, ...]]],
) -> Plot:
    shapes, bottom = draw_rows(rows, ticks, words.axis)
    below, height = draw_notes([Note(words.note)], bottom)
    described = "; ".join(f"{row.name}: {row.numbers}" for row in rows)
    columns, cells = numbers
    return Plot(
        picture(prefix, words.title, described, height, [*shapes, below]),
        PlotTable(f"{words.title}. {words.note}".strip(), columns, tuple(cells)),
    )
