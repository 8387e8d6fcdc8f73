"""Draws a square table of cells with shades, arrows, row and column names and totals."""

from collections.abc import Sequence
from dataclasses import dataclass

from evaluator.plots.palette import HIGHER_COLOUR, LOWER_COLOUR, mark
from evaluator.plots.svg import PAGE_COLOUR, SMALL_SIZE, WIDTH, group, label, tag, text

_LEFT = 86.0
_TOP = 50.0
_RIGHT_MARGIN = 56.0
_FAINTEST = 0.08
_DARKEST = 0.55
_LARGE = 15.0


@dataclass(frozen=True, slots=True)
class Cell:
    """What one cell shows: a number, a smaller one below it, and how much it is shaded, 0 to 1.

    A shade of 0 leaves only the cell's number.
    """

    number: str
    detail: str
    shade: float


@dataclass(frozen=True, slots=True)
class Matrix:
    """Cells by [row, column] over ordered classes, and the words around them.

    Attributes
    ----------
    row_totals, column_totals : sequence of str
        Written at the ends; empty for none.
    """

    cells: Sequence[Sequence[Cell]]
    classes: Sequence[str]
    row_name: str
    column_name: str
    row_totals: Sequence[str] = ()
    column_totals: Sequence[str] = ()


def draw_matrix(matrix: Matrix) -> tuple[list[str], float]:
    """Draw a matrix over the picture's whole width; return it and the y where it ends."""
    side = (WIDTH - _LEFT - _RIGHT_MARGIN) / len(matrix.classes)
    shapes = _headings(matrix, side)
    for row, cells in enumerate(matrix.cells):
        for column, cell in enumerate(cells):
            place = (_LEFT + column * side, _TOP + row * side, side)
            shapes.append(group(_css_class(row, column), _cell(cell, place, column - row)))
    bottom = _TOP + len(matrix.classes) * side
    return shapes, bottom + (26 if matrix.column_totals else 8)


def higher_mark() -> str:
    """Draw the mark of cells above the diagonal's class around (0, 0)."""
    return mark("triangle", 0, 0, 5, fill=HIGHER_COLOUR)


def lower_mark() -> str:
    """Draw the mark of cells below the diagonal's class around (0, 0)."""
    return mark("inverted", 0, 0, 5, fill=LOWER_COLOUR)


def _headings(matrix: Matrix, side: float) -> list[str]:
    right = _LEFT + side * len(matrix.classes)
    shapes = [
        text(
            matrix.column_name,
            (_LEFT + right) / 2,
            18,
            text_anchor="middle",
            font_weight="bold",
            font_size=SMALL_SIZE,
        ),
        text(matrix.row_name, 2, _TOP - 10, font_weight="bold", font_size=SMALL_SIZE),
    ]
    for index, name in enumerate(matrix.classes):
        middle = (index + 0.5) * side
        shapes.append(label(name, _LEFT + middle, _TOP - 10, side - 4, text_anchor="middle"))
        shapes.append(label(name, _LEFT - 8, _TOP + middle + 5, _LEFT - 12, text_anchor="end"))
    bottom = _TOP + side * len(matrix.classes)
    for index, total in enumerate(matrix.row_totals):
        shapes.append(_total(total, right + 8, _TOP + (index + 0.5) * side + 5, "start"))
    for index, total in enumerate(matrix.column_totals):
        shapes.append(_total(total, _LEFT + (index + 0.5) * side, bottom + 18, "middle"))
    return shapes


def _total(words: str, x: float, y: float, anchor: str) -> str:
    return text(words, x, y, text_anchor=anchor, font_size=SMALL_SIZE, class_="plot-total")


def _css_class(row: int, column: int) -> str:
    if row == column:
        return "plot-cell plot-same"
    return "plot-cell plot-higher" if column > row else "plot-cell plot-lower"


def _cell(cell: Cell, place: tuple[float, float, float], direction: int) -> list[str]:
    """Draw a cell at (left, top, side); a positive direction lies above the diagonal."""
    x, y, side = place
    colour = PAGE_COLOUR if direction == 0 else HIGHER_COLOUR if direction > 0 else LOWER_COLOUR
    opacity = 0 if cell.shade == 0 else _FAINTEST + (_DARKEST - _FAINTEST) * cell.shade
    if direction == 0:
        opacity *= 0.6
    box = {"x": x + 1, "y": y + 1, "width": side - 2, "height": side - 2, "rx": 3}
    shapes = [
        tag(
            "rect",
            **box,
            fill=colour,
            fill_opacity=opacity,
            stroke=PAGE_COLOUR,
            stroke_opacity=0.25,
        )
    ]
    middle = x + side / 2
    faint = {} if cell.shade else {"fill_opacity": 0.6}
    number_y = y + side / 2 + (0 if cell.detail else 5)
    shapes.append(
        text(cell.number, middle, number_y, text_anchor="middle", font_size=_LARGE, **faint)
    )
    if cell.detail:
        detail_y = y + side / 2 + 18
        shapes.append(
            text(cell.detail, middle, detail_y, text_anchor="middle", font_size=SMALL_SIZE)
        )
    if direction and cell.shade:
        shapes.append(_corner(x + side - 10, y + 10, direction))
    return shapes


def _corner(x: float, y: float, direction: int) -> str:
    return mark("triangle" if direction > 0 else "inverted", x, y, 5, fill=PAGE_COLOUR)
