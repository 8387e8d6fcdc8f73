"""Draws names, ranks and places of submissions in plots of a whole board."""

from collections.abc import Sequence
from dataclasses import dataclass

from evaluator.plots.svg import FAINT_OPACITY, PAGE_COLOUR, SMALL_SIZE, WIDTH, label, line, text

MOST_DRAWN = 30
"""Most rows that can be read in a plot; the table lists all."""
LEFT = 168.0
TOP = 44.0
_RIGHT_MARGIN = 14.0
_LARGEST_CELL = 34.0
_ROW_HEIGHT = 26.0
_NARROWEST_TEXT = 20.0


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows of submissions by columns, drawn from (LEFT, TOP)."""

    n_rows: int
    n_columns: int
    cell_width: float
    row_height: float

    @property
    def right(self) -> float:
        """Return the x of the right edge."""
        return LEFT + self.n_columns * self.cell_width

    @property
    def bottom(self) -> float:
        """Return the y of the lower edge."""
        return TOP + self.n_rows * self.row_height

    def x(self, column: float) -> float:
        """Return the middle of a column, counted from 0."""
        return LEFT + (column + 0.5) * self.cell_width

    def y(self, row: float) -> float:
        """Return the middle of a row, counted from 0."""
        return TOP + (row + 0.5) * self.row_height


def rank_order(labels: Sequence[str], ranks: Sequence[int]) -> list[int]:
    """Return the indices of submissions by rank, those of one rank in the given order.

    Raises
    ------
    ValueError
        When there is none, lengths differ, or a rank is below 1.
    """
    if not labels or len(labels) != len(ranks) or min(ranks) < 1:
        raise ValueError(f"{len(labels)} submissions with ranks {list(ranks)}")
    return sorted(range(len(ranks)), key=lambda index: (ranks[index], index))


def grid(n_rows: int, n_columns: int) -> Grid:
    """Share the picture's width among columns, up to the largest useful width."""
    width = min(_LARGEST_CELL, (WIDTH - LEFT - _RIGHT_MARGIN) / n_columns)
    return Grid(n_rows, n_columns, width, _ROW_HEIGHT)


def row_names(
    order: Sequence[int], labels: Sequence[str], ranks: Sequence[int], of: Grid
) -> list[str]:
    """Write rank and name at the left of every row."""
    shapes = []
    for row, index in enumerate(order):
        y = of.y(row) + 5
        shapes.append(text(f"{ranks[index]}", 26, y, text_anchor="end"))
        shapes.append(label(labels[index], 34, y, LEFT - 42))
    return shapes


def column_numbers(numbers: Sequence[int], of: Grid, name: str) -> list[str]:
    """Write numbers above the columns, as many as fit, and what they are."""
    every = next(n for n in (1, 2, 5, 10, 20, 50, 100) if n * of.cell_width >= _NARROWEST_TEXT)
    shapes = [
        text(name, LEFT, 16, font_size=SMALL_SIZE),
        text("Rank", 2, TOP - 10, font_size=SMALL_SIZE),
    ]
    shapes += [
        text(str(number), of.x(column), TOP - 10, text_anchor="middle", font_size=SMALL_SIZE)
        for column, number in enumerate(numbers)
        if column % every == every - 1 or column == 0
    ]
    return shapes


def row_guides(of: Grid) -> list[str]:
    """Draw a faint line through every row."""
    return [
        line(LEFT, of.y(row), of.right, of.y(row), stroke=PAGE_COLOUR, stroke_opacity=FAINT_OPACITY)
        for row in range(of.n_rows)
    ]


def left_out_text(n_submissions: int) -> str:
    """Say that not all rows are drawn; nothing where they are."""
    if n_submissions <= MOST_DRAWN:
        return ""
    return f"The first {MOST_DRAWN} of {n_submissions} are drawn, the table lists all."
