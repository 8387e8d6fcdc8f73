import pytest

from evaluator.errors import Findings, Problem, ProblemCode, SubmissionError, quoted, shown_name

BAD = ProblemCode.NOT_A_NUMBER


def test_problems_are_listed_in_file_and_line_order() -> None:
    findings = Findings()
    for file, line in (("b.csv", 2), ("a.csv", 9), (None, None), ("a.csv", 3)):
        findings.problem(BAD, "bad", file, line)

    places = [(problem.file, problem.line) for problem in findings.problems]

    assert places == [(None, None), ("a.csv", 3), ("a.csv", 9), ("b.csv", 2)]


def test_a_file_lists_its_first_hundred_whatever_their_order_but_counts_all() -> None:
    findings = Findings()
    for line in range(250, 0, -1):
        findings.problem(BAD, "bad", "a.csv", line)

    assert [problem.line for problem in findings.problems] == list(range(1, 101))
    assert findings.counts == {BAD: 250}


def test_a_submission_lists_a_thousand_problems_but_counts_all() -> None:
    findings = Findings()
    for number in range(30):
        for line in range(1, 81):
            findings.problem(BAD, "bad", f"{number:02}.csv", line)

    assert len(findings.problems) == 1000
    assert findings.problems[-1].file == "12.csv"
    assert findings.counts[BAD] == 2400


def test_an_error_tells_problems_and_counts_as_json() -> None:
    findings = Findings()
    findings.problem(BAD, "x is 'a'; write a plain decimal number.", "a.csv", 3)
    findings.problem(ProblemCode.MISSING_SLIDE, "No file.", "b.csv")

    with pytest.raises(SubmissionError, match="2 problem") as caught:
        findings.raise_problems()

    assert caught.value.to_json() == {
        "problems": [
            {
                "code": "not_a_number",
                "detail": "x is 'a'; write a plain decimal number.",
                "file": "a.csv",
                "line": 3,
            },
            {"code": "missing_slide", "detail": "No file.", "file": "b.csv", "line": None},
        ],
        "counts": {"missing_slide": 1, "not_a_number": 1},
    }


def test_notices_and_warnings_refuse_nothing() -> None:
    findings = Findings()
    findings.notice(ProblemCode.SKIPPED_FILE, "Skipped.", ".DS_Store")
    findings.warn(ProblemCode.FEW_CONFIDENCES, "Few.")

    findings.raise_problems()

    assert [notice.file for notice in findings.notices] == [".DS_Store"]
    assert [warning.code for warning in findings.warnings] == ["few_confidences"]


def test_a_merged_error_keeps_its_true_counts() -> None:
    findings = Findings()
    error = SubmissionError([Problem(BAD, "bad", "a.csv", 1)], {BAD: 70})

    findings.merge(error)
    findings.merge(SubmissionError([Problem(BAD, "bad", "a.csv", 2)]))

    assert findings.counts == {BAD: 71}
    assert len(findings.problems) == 2


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("pN0i+", "'pN0i+'"),
        ("Ärzte", "'Ärzte'"),
        ("a\x00b\n", "'a\\x00b\\n'"),
        ("\u202egnp.csv", "'\\u202egnp.csv'"),
        ("x" * 100, "'" + "x" * 60 + "…'"),
        ("\udcff", "'\\udcff'"),
    ],
)
def test_a_participants_text_is_shown_short_and_printable(text: str, shown: str) -> None:
    assert quoted(text) == shown


def test_a_long_file_name_is_cut() -> None:
    assert shown_name("x" * 300) == "x" * 200 + "…"


def test_notices_of_a_file_are_cut_like_problems() -> None:
    findings = Findings()
    for line in range(1, 151):
        findings.notice(ProblemCode.UNKNOWN_COLUMN, "Not read.", "a.csv", line)

    assert [notice.line for notice in findings.notices] == list(range(1, 101))
