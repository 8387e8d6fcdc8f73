"""Reads a participant's CSV strictly: every fault is named by its line, nothing is repaired."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from evaluator.errors import Findings, Problem, ProblemCode, SubmissionError, quoted

LONGEST_LINE = 65_536
BLANKS = " \t"
CONFIDENCE_NAMES = frozenset({"p", "prob", "probability", "confidence", "score", "likelihood"})
"""What participants call a confidence in headers; capitals do not count."""

_NUMBER = re.compile(r"[+-]?(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][+-]?[0-9]{1,3})?")
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]*+,[0-9]+")
_LOOKS_NUMERIC = re.compile(r"[+-]?[.,]?[0-9]")
_BLANKS_AFTER_QUOTE = re.compile(r'(?<=") +(?=[,;\t]|$)')
_MISSING_WORDS = frozenset({"", "-", "na", "n/a", "nan", "null", "none", "<na>", "#n/a"})
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_INFINITY = float("inf")


@dataclass(frozen=True, slots=True)
class Row:
    """The trimmed cells of one line that is not blank; lines count from 1."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProblemPlace:
    """A file and line that problems name."""

    findings: Findings
    file: str
    line: int

    def problem(self, code: ProblemCode, detail: str) -> None:
        """Note a problem here."""
        self.findings.problem(code, detail, self.file, self.line)


def decoded_text(content: bytes, file: str) -> str:
    r"""Return the text of a CSV with ``\n`` line ends and without a byte order mark.

    Raises
    ------
    SubmissionError
        When the bytes are not UTF-8 text.
    """
    if content.startswith(_UTF16_MARKS):
        raise _refused(ProblemCode.NOT_UTF8, "The text is UTF-16; save it as UTF-8.", file, 1)
    nul = content.find(b"\0")
    if nul >= 0:
        detail = "The file holds a NUL byte, so it is no plain text; save it as a UTF-8 CSV."
        raise _refused(ProblemCode.NUL_BYTE, detail, file, _line_at(content, nul))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        detail = "The text is not UTF-8; save it as UTF-8."
        raise _refused(ProblemCode.NOT_UTF8, detail, file, _line_at(content, error.start)) from None
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def split_rows(text: str, file: str, findings: Findings) -> Iterator[Row]:
    """Yield the rows that are not blank; a line that cannot be split is noted and left out."""
    delimiter = delimiter_of(text)
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip(BLANKS):
            continue
        cells = _cells(line, delimiter, ProblemPlace(findings, file, number))
        if cells is not None:
            yield Row(number, cells)


def delimiter_of(text: str) -> str:
    """Return the one of tab, ``;`` and ``,`` that the first non-blank line holds.

    Where it holds several, tab comes before ``;`` and ``;`` before ``,``, so that decimal commas
    are recognised.
    """
    for line in text.split("\n"):
        if line.strip(BLANKS):
            return next((mark for mark in "\t;," if mark in line.strip(" ")), ",")
    return ","


def looks_numeric(cell: str) -> bool:
    """Whether a cell starts like a number, valid or not."""
    return _LOOKS_NUMERIC.match(cell) is not None


def columns_of(
    header: Row, wanted: Mapping[str, frozenset[str]], file: str, findings: Findings
) -> dict[str, int] | None:
    """Find the wanted columns of a header, each under one of its names without regard to case.

    Returns
    -------
    dict of str to int or None
        Position of each wanted column; None when one is missing or repeated.
    """
    names = [cell.casefold() for cell in header.cells]
    place = ProblemPlace(findings, file, header.line)
    positions: dict[str, int] = {}
    for column, aliases in wanted.items():
        found = [index for index, name in enumerate(names) if name in aliases]
        if not found:
            choices = ", ".join(sorted(aliases))
            place.problem(
                ProblemCode.MISSING_COLUMN, f"No column for {column}; name it one of: {choices}."
            )
        elif len(found) > 1:
            detail = f"Several columns for {column}; keep one."
            place.problem(ProblemCode.REPEATED_COLUMN, detail)
        else:
            positions[column] = found[0]
    known = frozenset().union(*wanted.values())
    unknown_are_unique = _report_unknown(names, known, place)
    return positions if len(positions) == len(wanted) and unknown_are_unique else None


def has_width(row: Row, width: int, place: ProblemPlace) -> bool:
    """Whether a row has as many cells as the first one; note a problem if not."""
    if len(row.cells) == width:
        return True
    place.problem(
        ProblemCode.RAGGED_ROW,
        f"{len(row.cells)} cell(s) where {width} are expected; check delimiters, "
        "and write decimals with a point.",
    )
    return False


def number_in(cell: str, column: str, place: ProblemPlace) -> float | None:
    """Return a finite decimal number; for anything else note a problem and return None."""
    if _NUMBER.fullmatch(cell):
        value = float(cell)
        if abs(value) != _INFINITY:
            return value
    if cell.casefold() in _MISSING_WORDS:
        detail = f"No value for {column}; give one, or leave out the row."
        place.problem(ProblemCode.MISSING_VALUE, detail)
    elif _DECIMAL_COMMA.fullmatch(cell):
        detail = f"{column} is {quoted(cell)}; write decimals with a point."
        place.problem(ProblemCode.DECIMAL_COMMA, detail)
    else:
        detail = f"{column} is {quoted(cell)}; write a plain decimal number."
        place.problem(ProblemCode.NOT_A_NUMBER, detail)
    return None


def confidence_in(cell: str, place: ProblemPlace) -> float | None:
    """Return a confidence in [0, 1]; for anything else note a problem and return None."""
    value = number_in(cell, "confidence", place)
    if value is None or 0.0 <= value <= 1.0:
        return value
    detail = f"confidence is {quoted(cell)}; it must lie in [0, 1]."
    place.problem(ProblemCode.CONFIDENCE_OUT_OF_RANGE, detail)
    return None


def _cells(line: str, delimiter: str, place: ProblemPlace) -> tuple[str, ...] | None:
    if len(line) > LONGEST_LINE:
        place.problem(
            ProblemCode.LINE_TOO_LONG, f"A line may have {LONGEST_LINE:,} characters; shorten it."
        )
        return None
    if '"' not in line:
        return tuple([cell.strip(BLANKS) for cell in line.split(delimiter)])
    closed = _BLANKS_AFTER_QUOTE.sub("", line)
    try:
        found = next(csv.reader([closed], delimiter=delimiter, strict=True, skipinitialspace=True))
    except csv.Error:
        detail = "The quotation marks do not match up; leave them out or close them on this line."
        place.problem(ProblemCode.BAD_QUOTES, detail)
        return None
    return tuple([cell.strip(BLANKS) for cell in found])


def _report_unknown(names: Sequence[str], known: frozenset[str], place: ProblemPlace) -> bool:
    """Note unknown columns; return whether each has a name of its own."""
    seen: set[str] = set()
    repeated: set[str] = set()
    for index, name in enumerate(names):
        if name in known:
            continue
        if not name and index == 0:
            place.findings.notice(
                ProblemCode.INDEX_COLUMN,
                "A first column without name is skipped.",
                place.file,
                place.line,
            )
            continue
        (repeated if name in seen else seen).add(name)
    for name in sorted(repeated):
        place.problem(
            ProblemCode.REPEATED_COLUMN, f"Several columns are named {quoted(name)}; keep one."
        )
    if seen:
        shown = ", ".join(quoted(name) for name in sorted(seen)[:10])
        place.findings.notice(
            ProblemCode.UNKNOWN_COLUMN, f"Not read: {shown}.", place.file, place.line
        )
    return not repeated


def _line_at(content: bytes, offset: int) -> int:
    return content.count(b"\n", 0, offset) + 1


def _refused(code: ProblemCode, detail: str, file: str, line: int) -> SubmissionError:
    return SubmissionError([Problem(code, detail, file, line)])
