"""Draws which submissions can be told apart, by p-values adjusted for all comparisons."""

from collections.abc import Sequence
from dataclasses import dataclass

from evaluator.metrics.comparison import PairwiseTests
from evaluator.plots.notes import Note, draw_notes
from evaluator.plots.number_text import fixed, percent, signed
from evaluator.plots.palette import HIGHER_COLOUR, LOWER_COLOUR, hollow, mark
from evaluator.plots.standings import (
    LEFT,
    MOST_DRAWN,
    TOP,
    Grid,
    column_numbers,
    grid,
    left_out_text,
    rank_order,
    row_names,
)
from evaluator.plots.svg import PAGE_COLOUR, group, line, picture, tag
from evaluator.plots.tables import Plot, PlotTable

ALPHA = 0.05
_VERDICTS = {1: "first is ahead", -1: "second is ahead", 0: "cannot be told apart"}


@dataclass(frozen=True, slots=True)
class _Pair:
    """One comparison as seen from its first submission."""

    difference: float
    p_value: float

    @property
    def verdict(self) -> int:
        """Return 1 where the first is ahead, -1 where the second is, 0 where none can be told."""
        if self.p_value > ALPHA or self.difference == 0:
            return 0
        return 1 if self.difference > 0 else -1


def significance_map(
    labels: Sequence[str],
    ranks: Sequence[int],
    tests: PairwiseTests,
    prefix: str,
    note: str = "",
) -> Plot:
    """Draw for each submission (row, by rank) whether it is told apart from each other (column).

    Parameters
    ----------
    labels, ranks : sequence, one a submission
        Aligned with the indices in the tests; ranks as on the board.
    tests : PairwiseTests
        Pairs that were not compared stay empty.

    Raises
    ------
    ValueError
        When lengths differ, there is no submission, or a pair names one that is not there.
    """
    order = rank_order(labels, ranks)
    pairs = _pairs(tests, len(order))
    drawn = order[:MOST_DRAWN]
    place = grid(len(drawn), len(drawn))
    body = [
        *column_numbers(range(1, len(drawn) + 1), place, "Against the submission in row"),
        *row_names(drawn, labels, ranks, place),
        *_cells(drawn, pairs, place),
    ]
    below, height = draw_notes(_notes(len(order), note), place.bottom + 4)
    rows = _table_rows(order, labels, pairs)
    n_apart = sum(row[-1] != _VERDICTS[0] for row in rows)
    title = f"Significance map at an adjusted {percent(ALPHA)}"
    words = f"{n_apart} of {len(rows)} pairs can be told apart."
    columns = ("First", "Second", "Difference", "Adjusted p", "At 5 %")
    return Plot(
        picture(prefix, title, words, height, [*body, below]),
        PlotTable(f"{title}. {words} {note}".strip(), columns, rows),
    )


def _pairs(tests: PairwiseTests, n: int) -> dict[tuple[int, int], _Pair]:
    """Return every comparison in both directions."""
    pairs: dict[tuple[int, int], _Pair] = {}
    columns = (tests.first, tests.second, tests.difference, tests.p_value)
    for first, second, difference, p in zip(*(c.tolist() for c in columns), strict=True):
        if not (0 <= first < n and 0 <= second < n):
            raise ValueError(f"pair {first}, {second} of {n} submissions")
        pairs[first, second] = _Pair(difference, p)
        pairs[second, first] = _Pair(-difference, p)
    return pairs


def _cells(drawn: Sequence[int], pairs: dict[tuple[int, int], _Pair], place: Grid) -> list[str]:
    shapes = []
    for row, first in enumerate(drawn):
        marks = []
        for column, second in enumerate(drawn):
            if row == column:
                marks.append(_diagonal(place, row))
            elif (first, second) in pairs:
                marks.append(
                    _cell(pairs[first, second].verdict, place.x(column), place.y(row), place)
                )
        shapes.append(group("plot-row", marks))
    edge = tag(
        "rect", x=LEFT, y=TOP, width=place.right - LEFT, height=place.bottom - TOP,
        fill="none", stroke=PAGE_COLOUR, stroke_opacity=0.4,
    )  # fmt: skip
    return [*shapes, edge]


def _diagonal(place: Grid, row: int) -> str:
    x, y = place.x(row), place.y(row)
    return line(
        x - place.cell_width / 2, y - place.row_height / 2,
        x + place.cell_width / 2, y + place.row_height / 2, stroke_opacity=0.4,
    )  # fmt: skip


def _cell(verdict: int, x: float, y: float, place: Grid) -> str:
    radius = min(6.0, place.cell_width * 0.36)
    if verdict == 0:
        return mark("circle", x, y, min(1.8, radius), fill=PAGE_COLOUR, fill_opacity=0.6)
    width, height = place.cell_width - 2, place.row_height - 2
    colour = HIGHER_COLOUR if verdict > 0 else LOWER_COLOUR
    behind = tag(
        "rect", x=x - width / 2, y=y - height / 2, width=width, height=height,
        fill=colour, fill_opacity=0.3,
    )  # fmt: skip
    shape = (
        mark("triangle", x, y, radius, fill=PAGE_COLOUR)
        if verdict > 0
        else mark("inverted", x, y, radius, **hollow(PAGE_COLOUR))
    )
    return behind + shape


def _notes(n_submissions: int, note: str) -> list[Note]:
    return [
        Note("The row is ahead of the column", mark("triangle", 0, 0, 6, fill=PAGE_COLOUR)),
        Note("The row is behind the column", mark("inverted", 0, 0, 6, **hollow(PAGE_COLOUR))),
        Note(
            "They cannot be told apart",
            mark("circle", 0, 0, 1.8, fill=PAGE_COLOUR, fill_opacity=0.6),
        ),
        Note("Columns are in the order of the rows. Empty: not compared."),
        Note(left_out_text(n_submissions)),
        Note(note),
    ]


def _table_rows(
    order: Sequence[int], labels: Sequence[str], pairs: dict[tuple[int, int], _Pair]
) -> tuple[tuple[str, ...], ...]:
    rows = []
    for place, first in enumerate(order):
        for second in order[place + 1 :]:
            pair = pairs.get((first, second))
            if pair is not None:
                numbers = signed(pair.difference, 4), fixed(pair.p_value, 4)
                rows.append((labels[first], labels[second], *numbers, _VERDICTS[pair.verdict]))
    return tuple(rows)
