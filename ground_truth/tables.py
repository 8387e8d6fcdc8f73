"""Reads an organiser's CSV into rows of cells that keep their line number."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from ground_truth.errors import Problem, TruthError

Record = TypeVar("Record")

_DELIMITERS = (",", ";", "\t")

TABLE_LIMIT_BYTES = 20_000_000


@dataclass(frozen=True, slots=True)
class Row:
    """One line's cells, without surrounding blanks."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows below a header; ``columns`` maps each wanted name to its position, if present."""

    columns: dict[str, int]
    rows: tuple[Row, ...]

    def cell(self, row: Row, column: str) -> str:
        """Return a row's cell, an empty one where the table lacks the column."""
        position = self.columns.get(column)
        return "" if position is None else row.cells[position]


def read_content(path: Path) -> bytes:
    """Return a table's bytes, or one byte more than the limit of a larger file.

    Raises
    ------
    TruthError
        When it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(TABLE_LIMIT_BYTES + 1)
    except OSError as error:
        raise TruthError.single(str(path), f"cannot be read: {error.strerror}") from error


def read_rows(content: bytes, file: str) -> tuple[Row, ...]:
    """Return the non-empty lines of a CSV, split at ``,``, ``;`` or tab, whichever it uses.

    Raises
    ------
    TruthError
        When the content is too large, no UTF-8 or not CSV.
    """
    if len(content) > TABLE_LIMIT_BYTES:
        raise TruthError.single(file, "larger than 20 MB: not a reference table")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise TruthError.single(file, "not UTF-8 text", line) from error
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = next((mark for mark in _DELIMITERS if mark in first), ",")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        rows = [Row(reader.line_num, tuple(cell.strip() for cell in cells)) for cells in reader]
    except csv.Error as error:
        raise TruthError.single(file, f"not readable as CSV: {error}", reader.line_num) from error
    return tuple(row for row in rows if any(row.cells))


def read_table(content: bytes, file: str, aliases: Mapping[str, Sequence[str]]) -> Table:
    """Read a CSV with a header; ``aliases`` lists the accepted spellings of each wanted column.

    Raises
    ------
    TruthError
        When there is no header, a column comes twice, or rows differ in length.
    """
    rows = read_rows(content, file)
    if not rows:
        raise TruthError.single(file, "empty")
    names = [cell.casefold() for cell in rows[0].cells]
    positions = {
        column: [index for index, name in enumerate(names) if name in spellings]
        for column, spellings in aliases.items()
    }
    problems = [
        Problem(file, rows[0].line, f"column {column!r} comes twice")
        for column, found in positions.items()
        if len(found) > 1
    ]
    problems += ragged_row_problems(rows, file, len(names))
    if problems:
        raise TruthError(problems)
    return Table({column: found[0] for column, found in positions.items() if found}, rows[1:])


def ragged_row_problems(rows: Sequence[Row], file: str, width: int) -> list[Problem]:
    """Return a problem for each row that does not have ``width`` cells."""
    return [
        Problem(file, row.line, f"has {len(row.cells)} cells where {width} are expected")
        for row in rows
        if len(row.cells) != width
    ]


def require_columns(table: Table, file: str, columns: Sequence[str]) -> None:
    """Raise a TruthError that names the columns a table lacks."""
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise TruthError.single(file, f"lacks the column {', '.join(missing)}", 1)


def records_by_name(
    rows: Iterable[Row], file: str, make: Callable[[Row], tuple[str, Record]]
) -> dict[str, Record]:
    """Make one named record of each row; in name order.

    ``make`` returns name and record, or raises ValueError in words for the table's author.

    Raises
    ------
    TruthError
        With the problems of all rows, by line; a repeated name is one.
    """
    records: dict[str, Record] = {}
    problems = []
    for row in rows:
        try:
            name, record = make(row)
        except ValueError as error:
            problems.append(Problem(file, row.line, str(error)))
            continue
        if name in records:
            problems.append(Problem(file, row.line, f"{name} comes twice"))
        records[name] = record
    if problems:
        raise TruthError(problems)
    return dict(sorted(records.items()))
