"""Checks that no reading of a board's CSV, by whatever separator, holds a formula."""

import csv
import io

import pytest
from hypothesis import given, strategies as st

from webapp.web.rendering.board_csv import escape_formula

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
HOSTILE = st.text(alphabet="=+-@|%;,\"' x1", max_size=12)
"""Without control characters, which method cards do not hold either."""


def cells(line: str, separator: str) -> list[str]:
    """Return the cells that a spreadsheet finds with a separator, with and without quotes."""
    quoted = [cell for row in csv.reader(io.StringIO(line), delimiter=separator) for cell in row]
    plain = [cell for row in line.splitlines() for cell in row.split(separator)]
    return [*quoted, *plain]


def line_of(text: str) -> str:
    """Return a board's line with a text between numbers."""
    written = io.StringIO(newline="")
    csv.writer(written).writerow(["1", "Alpha", escape_formula(text), "0.5"])
    return written.getvalue()


@given(HOSTILE)
def test_no_separator_makes_a_formula_of_a_part_of_a_text(text: str) -> None:
    for separator in (",", ";", "\t"):
        found = cells(line_of(text), separator)
        assert not [one for one in found if one.lstrip(' "').startswith(FORMULA_STARTS)]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("x;=HYPERLINK(1)", "x;'=HYPERLINK(1)"),
        ("x,+1", "x,'+1"),
        ('x;"=1', "x;'\"=1"),
        ("x; -1", "x;' -1"),
        ("ResNet-50; a=b, c+d", "ResNet-50; a=b, c+d"),
    ],
)
def test_only_what_would_be_a_formula_is_changed(text: str, written: str) -> None:
    assert escape_formula(text) == written
