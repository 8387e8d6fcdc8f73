import pytest
from hypothesis import given, strategies as st

from evaluator.archives.csv_text import (
    ProblemPlace,
    columns_of,
    confidence_in,
    decoded_text,
    delimiter_of,
    number_in,
    split_rows,
)
from evaluator.errors import Findings, SubmissionError


def split(text: str) -> tuple[list[tuple[int, tuple[str, ...]]], list[tuple[str, int | None]]]:
    findings = Findings()
    found = [(row.line, row.cells) for row in split_rows(text, "a.csv", findings)]
    return found, [(problem.code, problem.line) for problem in findings.problems]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"a,b\n1,2\n", "a,b\n1,2\n"),
        (b"\xef\xbb\xbfa,b\r\n1,2\r\n", "a,b\n1,2\n"),
        (b"a\rb\r", "a\nb\n"),
        ("größe\n".encode(), "größe\n"),
        (b"", ""),
    ],
)
def test_text_loses_its_byte_order_mark_and_line_end_style(content: bytes, text: str) -> None:
    assert decoded_text(content, "a.csv") == text


@pytest.mark.parametrize(
    ("content", "code", "line"),
    [
        ("0.5,1,2\n".encode("utf-16"), "not_utf8", 1),
        ("0.5,1,2\n".encode("utf-16-be"), "nul_byte", 1),
        (b"\xfe\xff\x000", "not_utf8", 1),
        (b"0.5,1,2\n0.5,\xff,2\n", "not_utf8", 2),
        (b"0.5,1,2\n\n0.5,\x00,2\n", "nul_byte", 3),
    ],
)
def test_bytes_that_are_no_utf8_text_are_refused(content: bytes, code: str, line: int) -> None:
    with pytest.raises(SubmissionError) as caught:
        decoded_text(content, "a.csv")

    problem = caught.value.problems[0]
    assert (problem.code, problem.file, problem.line) == (code, "a.csv", line)


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("\n \na,b;c\n", ";"),
        ("a\tb,c\n", "\t"),
        ("a,b\n", ","),
        ("one\n", ","),
        ("", ","),
    ],
)
def test_the_first_line_with_text_names_the_delimiter(text: str, delimiter: str) -> None:
    assert delimiter_of(text) == delimiter


def test_cells_are_trimmed_and_blank_lines_skipped() -> None:
    found, problems = split(' a ; "b;c" \n\n  \t\nd; e\n')

    assert found == [(1, ("a", "b;c")), (4, ("d", "e"))]
    assert problems == []


def test_a_quote_never_swallows_the_lines_after_it() -> None:
    found, problems = split('a,"b\nc,d\n"e"f,g\n')

    assert found == [(2, ("c", "d"))]
    assert problems == [("bad_quotes", 1), ("bad_quotes", 3)]


def test_a_huge_line_is_refused() -> None:
    found, problems = split("a,b\n" + "x" * 70_000 + "\nc,d\n")

    assert [line for line, _ in found] == [1, 3]
    assert problems == [("line_too_long", 2)]


@pytest.mark.parametrize(
    "cell", ["0", "1", "0.5", ".5", "5.", "+0.5", "1e-3", "1E3", "007", "-0", "123456.789012345678"]
)
def test_plain_decimal_numbers_are_read_as_float_reads_them(cell: str) -> None:
    findings = Findings()

    assert number_in(cell, "x", ProblemPlace(findings, "a.csv", 1)) == float(cell)
    assert findings.counts == {}


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("", "missing_value"),
        ("NA", "missing_value"),
        ("NaN", "missing_value"),
        ("null", "missing_value"),
        ("None", "missing_value"),
        ("-", "missing_value"),
        ("0,5", "decimal_comma"),
        ("-,5", "decimal_comma"),
        ("inf", "not_a_number"),
        ("-Infinity", "not_a_number"),
        ("1e400", "not_a_number"),
        ("1e4000", "not_a_number"),
        ("1_0", "not_a_number"),
        ("0x10", "not_a_number"),
        ("\u0660.\u0665", "not_a_number"),
        ("\uff11", "not_a_number"),
        ("1\u00a0", "not_a_number"),
        ("1 000", "not_a_number"),
        ("1,000.5", "not_a_number"),
        ("50%", "not_a_number"),
        ("=1+1", "not_a_number"),
        ("--1", "not_a_number"),
        (".", "not_a_number"),
        ("e5", "not_a_number"),
        ("1.2.3", "not_a_number"),
    ],
)
def test_what_other_readers_guess_at_is_refused(cell: str, code: str) -> None:
    findings = Findings()

    assert number_in(cell, "x", ProblemPlace(findings, "a.csv", 7)) is None
    assert [(problem.code, problem.line) for problem in findings.problems] == [(code, 7)]


@pytest.mark.parametrize("cell", ["1.0000001", "-0.1", "95", "-1e-9"])
def test_a_confidence_lies_between_zero_and_one(cell: str) -> None:
    findings = Findings()

    assert confidence_in(cell, ProblemPlace(findings, "a.csv", 1)) is None
    assert list(findings.counts) == ["confidence_out_of_range"]


def header(text: str) -> tuple[dict[str, int] | None, Findings]:
    findings = Findings()
    first = next(split_rows(text, "a.csv", findings))
    wanted = {"slide": frozenset({"image", "slide"}), "score": frozenset({"p"})}
    return columns_of(first, wanted, "a.csv", findings), findings


def test_columns_are_found_by_any_of_their_names_in_any_order() -> None:
    columns, findings = header("P,IMAGE\n")

    assert columns == {"slide": 1, "score": 0}
    assert (findings.counts, findings.notices) == ({}, ())


def test_a_leading_column_without_name_and_unknown_ones_are_noticed() -> None:
    columns, findings = header("\n,image,p,area\n")

    assert columns == {"slide": 1, "score": 2}
    assert [(str(notice.code), notice.line) for notice in findings.notices] == [
        ("index_column", 2),
        ("unknown_column", 2),
    ]
    assert findings.notices[1].detail == "Not read: 'area'."


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("image\n", ["missing_column"]),
        ("a,b\n", ["missing_column"]),
        ("image,slide,p\n", ["repeated_column"]),
        ("image,p,P\n", ["repeated_column"]),
        ("image,p,area,area\n", ["repeated_column"]),
        ("image,p,,\n", ["repeated_column"]),
    ],
)
def test_missing_and_repeated_columns_are_refused(text: str, codes: list[str]) -> None:
    columns, findings = header(text)

    assert columns is None
    assert list(findings.counts) == codes


@given(st.binary(max_size=300))
def test_any_bytes_end_in_rows_or_a_submission_error(content: bytes) -> None:
    findings = Findings()
    try:
        text = decoded_text(content, "a.csv")
    except SubmissionError:
        return

    for row in split_rows(text, "a.csv", findings):
        assert row.cells
