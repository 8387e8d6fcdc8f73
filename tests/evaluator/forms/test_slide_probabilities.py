import pytest
from hypothesis import given, strategies as st

from evaluator.archives.names import slide_names
from evaluator.errors import Findings
from evaluator.forms.slide_probabilities import read_slide_probabilities
from ground_truth.reference.cases import CaseList, SlideCase
from ground_truth.types import Kind


def case(name: str, *kinds: Kind) -> SlideCase:
    return SlideCase(name, None, None, 0.243, frozenset(kinds))


CASES = CaseList(
    "0123456789ab",
    "camelyon16",
    (
        case("test_001", Kind.SLIDES, Kind.LESIONS),
        case("test_002", Kind.SLIDES),
        case("test_049"),
    ),
)


def read(content: str | bytes) -> tuple[dict[str, float], Findings]:
    findings = Findings()
    body = content.encode() if isinstance(content, str) else content
    names = slide_names(CASES, Kind.SLIDES)
    return read_slide_probabilities(body, names, "s.csv", findings).by_slide, findings


@pytest.mark.parametrize(
    "text",
    [
        "test_001,0.9\ntest_002,0.1\n",
        "image,probability\ntest_002.tif,0.1\ntest_001.tif,0.9\n",
        "SLIDE;P\nTest_001.TIF;0.9\nTEST_002;0.1\n",
        "likelihood\tname\n0.9\ttest_001\n0.1\ttest_002\n",
        ",image,score,category\n0,test_001,0.9,NA\n1,test_002,0.1,NA\n",
    ],
)
def test_one_row_a_slide_in_any_usual_form(text: str) -> None:
    confidences, findings = read(text)

    assert confidences == {"test_001": 0.9, "test_002": 0.1}
    assert findings.counts == {}


def test_a_confidence_of_zero_counts() -> None:
    confidences, _ = read("test_001,0\ntest_002,1\n")

    assert confidences == {"test_001": 0.0, "test_002": 1.0}


def test_an_excluded_slide_is_checked_and_ignored_with_one_notice() -> None:
    confidences, findings = read("test_001,0.9\ntest_002,0.1\ntest_049,0.3\n")

    assert list(confidences) == ["test_001", "test_002"]
    assert [(notice.code, notice.detail) for notice in findings.notices] == [
        ("excluded_slide", "Checked for form and kept, but not scored here: test_049.")
    ]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", [("missing_slide", None)] * 2),
        ("image,p\n", [("missing_slide", None)] * 2),
        ("test_001,0.9\n", [("missing_slide", None)]),
        ("test_001,0.9\ntest_001.tif,0.8\ntest_002,0\n", [("duplicate_slide", 2)]),
        ("test_001,0.9\ntest_999,0.8\ntest_002,0\n", [("unknown_slide", 2)]),
        ("test_001,0.9\ntest_049,7\ntest_002,0\n", [("confidence_out_of_range", 2)]),
        ("test_001,0.9\ntest_002,1.5\n", [("confidence_out_of_range", 2)]),
        (
            "test_001,NA\ntest_002,0,1\n",
            [("missing_slide", None), ("missing_value", 1), ("ragged_row", 2)],
        ),
        ("image,label\ntest_001,1\n", [("missing_column", 1)]),
        ("image,name,p\n", [("repeated_column", 1)]),
        ("foo,bar\ntest_001,1\ntest_002,1\n", [("not_a_number", 1), ("unknown_slide", 1)]),
        (b"test_001,0.9\xff\n", [("not_utf8", 1)]),
    ],
)
def test_problems_are_named_by_line(
    content: str | bytes, expected: list[tuple[str, int | None]]
) -> None:
    _, findings = read(content)

    assert [(str(problem.code), problem.line) for problem in findings.problems] == expected
    assert {problem.file for problem in findings.problems} == {"s.csv"}


@given(st.text(alphabet='test_0129.,;\t\n"if', max_size=80))
def test_any_text_ends_in_confidences_or_problems(text: str) -> None:
    confidences, findings = read(text)

    assert findings.counts or set(confidences) == {"test_001", "test_002"}
    assert all(0.0 <= confidence <= 1.0 for confidence in confidences.values())
