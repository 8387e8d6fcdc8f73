"""Writes the numbers behind a plot as a plain table and as accessible HTML."""

from dataclasses import dataclass
from html import escape


@dataclass(frozen=True, slots=True)
class PlotTable:
    """A table of texts; the first cell of each row is the row's heading.

    Attributes
    ----------
    columns : tuple of str
        One heading a column, that of the row headings included.
    rows : tuple of tuple of str
        As many cells a row as there are columns.

    Raises
    ------
    ValueError
        When a row has another number of cells.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"{len(row)} cells in a table of {len(self.columns)} columns")


@dataclass(frozen=True, slots=True)
class Plot:
    """A picture as SVG text, without width or height, and its numbers."""

    svg: str
    table: PlotTable


def table_html(table: PlotTable) -> str:
    """Write a table as HTML with caption, scopes and every text escaped."""
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in table.columns)
    body = "\n".join(f"<tr>{_cells(row)}</tr>" for row in table.rows)
    return (
        f"<table>\n<caption>{escape(table.caption)}</caption>\n"
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>\n"
    )


def _cells(row: tuple[str, ...]) -> str:
    heading = f'<th scope="row">{escape(row[0])}</th>'
    return heading + "".join(f"<td>{escape(cell)}</td>" for cell in row[1:])
