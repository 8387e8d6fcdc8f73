"""Draws how often resamples gave each submission each rank: frequencies, not confidence."""

import math
from collections.abc import Sequence

from evaluator.metrics.rank_frequencies import RankFrequencies, rank_quantiles
from evaluator.plots.notes import Note, draw_notes
from evaluator.plots.number_text import percent
from evaluator.plots.palette import SERIES_INKS, mark
from evaluator.plots.standings import (
    MOST_DRAWN,
    Grid,
    column_numbers,
    grid,
    left_out_text,
    rank_order,
    row_guides,
    row_names,
)
from evaluator.plots.svg import PAGE_COLOUR, group, line, picture, tag
from evaluator.plots.tables import Plot, PlotTable

LOW_QUANTILE, HIGH_QUANTILE = 0.025, 0.975
"""The line holds the middle 95 % of the resamples' ranks."""
_SMALLEST_RADIUS = 0.4
_FULL = 0.94
_NOT_CONFIDENCE = "A frequency is not a confidence in that rank."
_COLUMNS = ("Submission", "Rank", "Median", "95 % of resamples", "Frequency of each rank")


def blob_plot(
    labels: Sequence[str],
    ranks: Sequence[int],
    frequencies: RankFrequencies,
    prefix: str,
    note: str = "",
) -> Plot:
    """Draw a blob for every submission (row, by rank) and rank (column), its area the frequency.

    Parameters
    ----------
    labels, ranks : sequence, one a submission
        Aligned with the rows of ``frequencies.count``; ranks as on the board.

    Raises
    ------
    ValueError
        When lengths differ, or there is no submission or no resample.

    References
    ----------
    Wiesenfarth et al. (2021), Scientific Reports 11, doi:10.1038/s41598-021-82017-6.
    """
    order = rank_order(labels, ranks)
    if len(order) != len(frequencies.count) or frequencies.n_resamples < 1:
        raise ValueError(f"{len(order)} submissions, {frequencies.count.shape} frequencies")
    drawn = order[:MOST_DRAWN]
    reached = [rank for index in drawn for rank in _reached(frequencies, index)]
    place = grid(len(drawn), max(*reached, len(drawn)))
    body = [
        *column_numbers(range(1, place.n_columns + 1), place, "Rank in resamples"),
        *row_names(drawn, labels, ranks, place),
        *row_guides(place),
        _diagonal(place),
        *_rows(drawn, frequencies, place),
    ]
    below, height = draw_notes(_notes(len(order), note), place.bottom + 4)
    rows = tuple(_table_row(labels[index], ranks[index], frequencies, index) for index in order)
    words = "; ".join(f"{row[0]}: median rank {row[2]}, {row[3]}" for row in rows[:MOST_DRAWN])
    title = f"Frequency of ranks over {frequencies.n_resamples} resamples"
    return Plot(
        picture(prefix, title, f"{_NOT_CONFIDENCE} {words}", height, [*body, below]),
        PlotTable(f"{title}. {_NOT_CONFIDENCE} {note}".strip(), _COLUMNS, rows),
    )


def _reached(frequencies: RankFrequencies, index: int) -> list[int]:
    return [rank for rank, count in enumerate(frequencies.count[index].tolist(), 1) if count]


def _diagonal(place: Grid) -> str:
    """Draw the cells in which resamples agree with a board without shared ranks."""
    last = min(place.n_rows, place.n_columns) - 1
    return line(
        place.x(0), place.y(0), place.x(last), place.y(last),
        stroke_dasharray="1 4", stroke_opacity=0.6,
    )  # fmt: skip


def _rows(drawn: Sequence[int], frequencies: RankFrequencies, place: Grid) -> list[str]:
    low, median, high = (
        rank_quantiles(frequencies, probability).tolist()
        for probability in (LOW_QUANTILE, 0.5, HIGH_QUANTILE)
    )
    shapes = []
    for row, index in enumerate(drawn):
        y = place.y(row)
        ends = place.x(low[index] - 1), place.x(high[index] - 1)
        span = line(ends[0], y, ends[1], y, stroke_width=1.5)
        middle = mark("cross", place.x(median[index] - 1), y, 5, fill=PAGE_COLOUR)
        blobs = _blobs(frequencies, index, row, place)
        shapes.append(group("plot-row", [*blobs, span, middle]))
    return shapes


def _blobs(frequencies: RankFrequencies, index: int, row: int, place: Grid) -> list[str]:
    full = _FULL * place.row_height / 2
    shapes = []
    for rank in _reached(frequencies, index):
        share = int(frequencies.count[index, rank - 1]) / frequencies.n_resamples
        radius = max(_SMALLEST_RADIUS, full * math.sqrt(share))
        shapes.append(
            tag("circle", cx=place.x(rank - 1), cy=place.y(row), r=radius,
                fill=SERIES_INKS[0].colour, fill_opacity=0.6)
        )  # fmt: skip
    return shapes


def _notes(n_submissions: int, note: str) -> list[Note]:
    blob = tag("circle", cx=0, cy=0, r=6, fill=SERIES_INKS[0].colour, fill_opacity=0.6)
    return [
        Note("Area: frequency of the rank over resamples, not confidence in it.", blob),
        Note("Median", mark("cross", 0, 0, 5, fill=PAGE_COLOUR)),
        Note("Middle 95 % of the resamples", line(-7, 0, 7, 0, stroke_width=1.5)),
        Note(left_out_text(n_submissions)),
        Note(note),
    ]


def _table_row(
    name: str, rank: int, frequencies: RankFrequencies, index: int
) -> tuple[str, str, str, str, str]:
    low, median, high = (
        str(rank_quantiles(frequencies, probability)[index])
        for probability in (LOW_QUANTILE, 0.5, HIGH_QUANTILE)
    )
    counts = frequencies.count[index].tolist()
    shares = [
        f"{reached}: {percent(counts[reached - 1] / frequencies.n_resamples, 1)}"
        for reached in _reached(frequencies, index)
    ]
    return name, str(rank), median, f"{low} to {high}", ", ".join(shares)
