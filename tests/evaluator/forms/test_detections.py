"""Tests detection files by name: the rows they give, or the problems by code and line."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from evaluator.archives.csv_text import _NUMBER
from evaluator.errors import Findings, ProblemCode
from evaluator.forms.detections import (
    DetectionBounds,
    Detections,
    _plain_rows,
    read_detections,
)

MEASURED = DetectionBounds(3200, 1600, 1000)
ASSUMED = DetectionBounds(None, None, 1000)


def read(content: str | bytes, bounds: DetectionBounds = MEASURED) -> tuple[Detections, Findings]:
    findings = Findings()
    body = content.encode() if isinstance(content, str) else content
    return read_detections(body, bounds, "test_001.csv", findings), findings


def table(detections: Detections) -> list[tuple[float, ...]]:
    return list(
        zip(
            detections.confidence.tolist(),
            detections.x.tolist(),
            detections.y.tolist(),
            strict=True,
        )
    )


HONEST = {
    "empty": ("", []),
    "blank lines only": ("\n \n\t\n", []),
    "header only": ("confidence,x,y\n", []),
    "no header": ("0.5,10,20\n0.25,30,40\n", [(0.5, 10, 20), (0.25, 30, 40)]),
    "no last line end": ("0.5,10,20\n0.25,30,40", [(0.5, 10, 20), (0.25, 30, 40)]),
    "Windows line ends": ("0.5,10,20\r\n0.25,30,40\r\n", [(0.5, 10, 20), (0.25, 30, 40)]),
    "old Mac line ends": ("0.5,10,20\r0.25,30,40\r", [(0.5, 10, 20), (0.25, 30, 40)]),
    "a byte order mark": ("\ufeff0.5,10,20\n", [(0.5, 10, 20)]),
    "semicolons": ("0.5;10;20\n", [(0.5, 10, 20)]),
    "tabs": ("p\tx\ty\n0.5\t10\t20\n", [(0.5, 10, 20)]),
    "blanks around cells": (" 0.5 , 10,  20 \n", [(0.5, 10, 20)]),
    "blank lines between": ("0.5,10,20\n\n0.25,30,40\n", [(0.5, 10, 20), (0.25, 30, 40)]),
    "fractional coordinates": ("0.5,10.75,20.25\n", [(0.5, 10.75, 20.25)]),
    "exponents": ("5e-1,1e1,2E+1\n", [(0.5, 10, 20)]),
    "more digits than a double holds": (
        f"0.{'3' * 40},{'0' * 30}10,20\n",
        [(1 / 3, 10, 20)],
    ),
    "a header in other order": ("x,y,confidence\n10,20,0.5\n", [(0.5, 10, 20)]),
    "a header with a plain body": ("confidence,x,y\n0.5,10,20\n", [(0.5, 10, 20)]),
    "a pandas index": (",Score,X_coord,Y_coord\n0,0.5,10,20\n", [(0.5, 10, 20)]),
    "an unknown column": ("prob,x,y,area\n0.5,10,20,NA\n", [(0.5, 10, 20)]),
    "quotes": ('"likelihood","x","y"\n"0.5","10","20"\n', [(0.5, 10, 20)]),
    "confidence zero": ("0,10,20\n0.0,1,2\n0.5,30,40\n-0,1,1\n", [(0.5, 30, 40)]),
    "the corners of the slide": ("1,0,0\n1,3199.99,1599.99\n", [(1, 0, 0), (1, 3199.99, 1599.99)]),
    "a repeated point": ("0.5,10,20\n0.5,10,20\n", [(0.5, 10, 20), (0.5, 10, 20)]),
}


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_file_is_read(name: str) -> None:
    text, expected = HONEST[name]

    detections, findings = read(text)

    assert table(detections) == expected
    assert findings.counts == {}


HOSTILE: dict[str, tuple[str | bytes, list[tuple[str, int | None]]]] = {
    "decimal commas with semicolons": ("p;x;y\n0,5;1;2\n", [("decimal_comma", 2)]),
    "decimal commas without header": (
        "0,5;1;2\n0,4;1;2\n",
        [("decimal_comma", 1), ("decimal_comma", 2)],
    ),
    "decimal commas with commas": ("0,5,1,2\n", [("ragged_row", 1)]),
    "two columns": ("0.5,1\n", [("ragged_row", 1)]),
    "four columns without header": ("1,0.5,1,2\n", [("ragged_row", 1)]),
    "a longer row": ("0.5,1,2\n0.5,1,2,3\n", [("ragged_row", 2)]),
    "a shorter row": ("p,x,y\n0.5,1\n", [("ragged_row", 2)]),
    "a row shifted under its header": ("x,y\n1,2,3\n", [("missing_column", 1)]),
    "an unknown header": ("a,b,c\n0.5,1,2\n", [("missing_column", 1)] * 3),
    "a header twice": ("p,x,y\n0.5,1,2\np,x,y\n", [("not_a_number", 3)] * 3),
    "two names for one column": ("p,score,x,y\n", [("repeated_column", 1)]),
    "the same column twice": ("p,x,y,x\n", [("repeated_column", 1)]),
    "NA": ("0.5,NA,2\n", [("missing_value", 1)]),
    "NaN": ("nan,1,2\n", [("missing_value", 1)]),
    "an empty cell": ("0.5,,2\n", [("missing_value", 1)]),
    "infinity": ("0.5,inf,2\n", [("not_a_number", 1)]),
    "an overflowing number": ("0.5,1e400,2\n", [("not_a_number", 1)]),
    "an underscore in a number": ("0.5,1_0,2\n", [("not_a_number", 1)]),
    "Arabic digits": ("0.5,\u0661,2\n", [("not_a_number", 1)]),
    "hexadecimal": ("0.5,0x1F,2\n", [("not_a_number", 1)]),
    "a formula": ("0.5,=1+1,2\n", [("not_a_number", 1)]),
    "confidence in per cent": ("95,1,2\n", [("confidence_out_of_range", 1)]),
    "a negative confidence": ("-0.5,1,2\n", [("confidence_out_of_range", 1)]),
    "a negative coordinate": ("0.5,-1,2\n", [("outside_slide", 1)]),
    "just left of the slide": ("0.5,-0.3,2\n", [("outside_slide", 1)]),
    "x at the width": ("0.5,3200,2\n", [("outside_slide", 1)]),
    "y at the height": ("0.5,1,1600\n", [("outside_slide", 1)]),
    "both outside": ("0.5,3200,1600\n", [("outside_slide", 1)] * 2),
    "a zero confidence outside": ("0,3200,2\n", [("outside_slide", 1)]),
    "UTF-16": ("0.5,1,2\n".encode("utf-16"), [("not_utf8", 1)]),
    "Latin 1": (b"0.5,1,2\n\xe9\n", [("not_utf8", 2)]),
    "a NUL": (b"0.5,1,2\0\n", [("nul_byte", 1)]),
    "a NUL in a picture": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", [("nul_byte", 3)]),
    "an open quote": ('0.5,"1,2\n0.5,1,2\n', [("bad_quotes", 1)]),
    "a huge field": ("0.5,1,2\n0.5,1," + "9" * 70_000 + "\n", [("line_too_long", 2)]),
    "a thousand blanks in a cell": ("0.5,1" + " " * 1000 + "3,2\n", [("not_a_number", 1)]),
    "all problems of a row": (
        "2,a,-1\n0,5\n",
        [
            ("confidence_out_of_range", 1),
            ("not_a_number", 1),
            ("outside_slide", 1),
            ("ragged_row", 2),
        ],
    ),
    "too many rows": ("0.5,1,2\n" * 1001, [("too_many_detections", None)]),
    "too many rows to read on": ("0.5,1,2\nx\n" * 6000, [("too_many_detections", None)]),
    "too many lines": ("\n" * 20_003, [("too_many_detections", None)]),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_faulty_file_is_refused_by_code_and_line(name: str) -> None:
    content, expected = HOSTILE[name]

    _, findings = read(content)

    found = [(str(problem.code), problem.line) for problem in findings.problems]
    if name == "too many rows to read on":
        found = [item for item in found if item[0] != "ragged_row"]
        assert findings.counts[ProblemCode.RAGGED_ROW] == 5000
    assert found == expected
    assert {problem.file for problem in findings.problems} == {"test_001.csv"}


def test_a_problem_says_what_is_wrong_in_words() -> None:
    _, findings = read("0.5,-1,2\n0.5,4000,2\n")

    assert [problem.detail for problem in findings.problems] == [
        "x = -1: coordinates are never negative (level-0 pixels).",
        "x = 4000: the slide has x from 0 to below 3200 (level-0 pixels).",
    ]


def test_without_a_measured_size_only_absurd_coordinates_are_refused() -> None:
    text = "0.5,1048575.5,0\n0.5,1048576,0\n0.5,0,-1\n"

    detections, findings = read(text, ASSUMED)

    assert table(detections) == [(0.5, 1048575.5, 0)]
    assert [(problem.code, problem.line, problem.detail) for problem in findings.problems] == [
        (
            "outside_slide",
            2,
            "x = 1048576: a slide of unknown size has x from 0 to below 1048576 (level-0 pixels).",
        ),
        ("outside_slide", 3, "y = -1: coordinates are never negative (level-0 pixels)."),
    ]


def test_detections_of_confidence_zero_do_not_count_towards_the_cap() -> None:
    text = "0.5,1,2\n" * 1000 + "0,1,2\n" * 500

    detections, findings = read(text)

    assert detections.confidence.size == 1000
    assert findings.counts == {}


def test_a_phase_may_allow_ten_thousand_and_no_more_are_read() -> None:
    bounds = DetectionBounds(None, None, 10_000)

    assert read("0.5,1,2\n" * 10_000, bounds)[1].counts == {}
    assert list(read("0.5,1,2\n" * 10_001, bounds)[1].counts) == ["too_many_detections"]


def test_exchanged_axes_are_suggested_where_the_slides_size_shows_them() -> None:
    _, findings = read("0.5,1000,2500\n0.5,200,300\n")

    assert list(findings.counts) == ["outside_slide"]
    assert [warning.code for warning in findings.warnings] == ["axes_swapped"]


def test_exchanged_axes_are_not_suggested_where_that_would_not_fit() -> None:
    _, findings = read("0.5,1000,2500\n0.5,2500,300\n")

    assert findings.warnings == ()


numbers = st.one_of(
    st.floats(0, 1).map(repr),
    st.integers(0, 1599).map(str),
    st.sampled_from(["0", "1", "0.5", "1e-7", "12.5", "007", "0.10", "9007199254740993"]),
)


@given(st.lists(st.tuples(numbers, numbers, numbers), max_size=12), st.booleans())
def test_the_fast_and_the_careful_way_read_the_same(
    found: list[tuple[str, str, str]],
    has_header: bool,  # noqa: FBT001 - hypothesis fills it
) -> None:
    lines = ["confidence,x,y"] * has_header + [",".join(row) for row in found]
    plain = "\n".join(lines)
    careful = plain.replace(",", " , ")

    fast, fast_findings = read(plain)
    slow, slow_findings = read(careful)

    assert table(fast) == table(slow)
    assert fast_findings.problems == slow_findings.problems


@given(st.text(alphabet='0123456789.,;\t\n\r "eE+-xyp', max_size=60))
def test_any_text_ends_in_valid_detections_or_problems(text: str) -> None:
    detections, _ = read(text)

    assert np.all((detections.confidence > 0) & (detections.confidence <= 1))
    assert np.all((detections.x >= 0) & (detections.x < 3200))
    assert np.all((detections.y >= 0) & (detections.y < 1600))


PARTS = st.from_regex(r"[+-]?[0-9]{0,22}(\.[0-9]{0,22}){0,2}([eE][+-]?[0-9]{0,5})?", fullmatch=True)


@given(
    rows=st.lists(st.lists(PARTS, min_size=2, max_size=4), min_size=1, max_size=4),
    end=st.sampled_from(["", "\n", "\n\n", ","]),
)
def test_the_fast_way_takes_nothing_that_is_refused_line_by_line(
    rows: list[list[str]], end: str
) -> None:
    text = "\n".join(",".join(row) for row in rows) + end

    table = _plain_rows(text, 10)

    if table is not None:
        assert all(_NUMBER.fullmatch(cell) for row in rows for cell in row)
        np.testing.assert_array_equal(table, [[float(cell) for cell in row] for row in rows])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "0.5,1",
        "0.5,1,2,3",
        "0.5,,2",
        "0.5,1,",
        "0.5,1,2\n\n",
        "0.5,1.2.3,2",
        "0.5,1,2\n,,",
        "1e-0001,1,2",
        "1E+0001,1,2",
        "1e,1,2",
        "e1,1,2",
        "1-1,1,2",
        "000000000000000000001,1,2",
        "\u0660,1,2",
    ],
)
def test_what_is_not_plain_is_left_to_the_slow_way(text: str) -> None:
    assert _plain_rows(text, 10) is None


def test_more_rows_than_allowed_are_not_plain() -> None:
    assert _plain_rows("1,2,3\n" * 10, 10) is not None
    assert _plain_rows("1,2,3\n" * 11, 10) is None


def test_the_fast_way_reads_plain_rows() -> None:
    table = _plain_rows("0.123456,81234,91234\n00.5,1.,2\n9.1e-05,.5,+2E2\n", 3)

    assert table is not None
    assert table.tolist() == [[0.123456, 81234, 91234], [0.5, 1, 2], [0.000091, 0.5, 200]]
