import hashlib
import zipfile
from pathlib import Path

import pytest

from evaluator.errors import Findings
from evaluator.results.parameters import LesionParameters
from evaluator.submissions import lesions
from evaluator.submissions.lesions import LesionSubmission, read_lesion_submission
from ground_truth.reference.cases import CaseList, SlideCase
from ground_truth.types import Kind
from tests.builders import zip_file
from tests.evaluator.makers import folder

LESIONS = frozenset({Kind.LESIONS, Kind.SLIDES})


def case(name: str, kinds: frozenset[Kind] = LESIONS) -> SlideCase:
    return SlideCase(name, 3200, 1600, 0.243, kinds)


CASES = CaseList(
    "0123456789ab",
    "camelyon16",
    (case("test_001"), case("test_002"), case("test_049", frozenset())),
)
ONE = CaseList("0123456789ab", "camelyon16", (case("test_001"),))
GOOD = {"test_001.csv": "0.5,1,2\n", "test_002.csv": ""}


def read(
    path: Path, cases: CaseList = CASES, cap: int = 1000
) -> tuple[LesionSubmission, list[tuple[str, str | None]], Findings]:
    findings = Findings()
    submission = read_lesion_submission(path, cases, LesionParameters(cap), findings)
    problems = [(str(problem.code), problem.file) for problem in findings.problems]
    return submission, problems, findings


def test_a_file_for_every_slide_is_read_and_digested(tmp_path: Path) -> None:
    submission, problems, _ = read(folder(tmp_path, GOOD))

    assert problems == []
    assert {name: found.x.tolist() for name, found in submission.detections.items()} == {
        "test_001": [1.0],
        "test_002": [],
    }
    assert submission.sha256_of == {
        "test_001.csv": hashlib.sha256(b"0.5,1,2\n").hexdigest(),
        "test_002.csv": hashlib.sha256(b"").hexdigest(),
    }


def test_names_are_matched_by_stem_without_case(tmp_path: Path) -> None:
    submission, problems, _ = read(folder(tmp_path, {"Test_001.CSV": "", "TEST_002.tif.csv": ""}))

    assert problems == []
    assert list(submission.sha256_of) == ["test_001.csv", "test_002.csv"]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"test_001.csv": ""}, [("missing_slide", "test_002.csv")]),
        ({**GOOD, "test_003.csv": ""}, [("unknown_slide", "test_003.csv")]),
        ({**GOOD, "test_001.tif.csv": ""}, [("duplicate_slide", "test_001.tif.csv")]),
        ({**GOOD, "readme.txt": ""}, [("unexpected_file", "readme.txt")]),
        ({**GOOD, "all.zip": ""}, [("nested_archive", "all.zip")]),
        ({}, [("missing_slide", "test_001.csv"), ("missing_slide", "test_002.csv")]),
        ({**GOOD, "test_002.csv": "2,1,1"}, [("confidence_out_of_range", "test_002.csv")]),
        (
            {"test_001.csv": "x" * (4 * 2**20 + 1), "test_002.csv": "0.5,a,1"},
            [("member_too_large", "test_001.csv"), ("not_a_number", "test_002.csv")],
        ),
    ],
)
def test_all_problems_are_named_by_file(
    tmp_path: Path, files: dict[str, str], expected: list[tuple[str, str | None]]
) -> None:
    _, problems, _ = read(folder(tmp_path, files))

    assert problems == expected


def test_an_excluded_slide_is_checked_for_form_kept_out_and_noticed_once(tmp_path: Path) -> None:
    submission, problems, findings = read(folder(tmp_path, {**GOOD, "test_049.csv": "0.1,1,1"}))

    assert problems == []
    assert list(submission.detections) == ["test_001", "test_002"]
    assert list(submission.sha256_of) == ["test_001.csv", "test_002.csv"]
    assert [str(notice.code) for notice in findings.notices] == ["excluded_slide"]


def test_a_fault_in_an_excluded_slide_refuses_the_submission(tmp_path: Path) -> None:
    _, problems, _ = read(folder(tmp_path, {**GOOD, "test_049.csv": "7,1,1"}))

    assert problems == [("confidence_out_of_range", "test_049.csv")]


def test_a_damaged_member_does_not_hide_the_problems_of_others(tmp_path: Path) -> None:
    path = zip_file(tmp_path / "upload", {"test_001.csv": "0.5,1,2\n", "test_002.csv": "0.5,a,2\n"})
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo("test_001.csv").header_offset + 30 + len("test_001.csv")
    content[start] ^= 0xFF
    path.write_bytes(bytes(content))

    _, problems, _ = read(path)

    assert problems == [("corrupt_member", "test_001.csv"), ("not_a_number", "test_002.csv")]


def test_a_broken_container_is_the_one_problem(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_bytes(b"PK\x03\x04" + bytes(50))

    _, problems, _ = read(path)

    assert problems == [("broken_zip", None)]


def test_a_single_csv_is_taken_where_one_slide_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_text("0.5,1,2\n")

    submission, problems, _ = read(path, ONE)

    assert problems == []
    assert list(submission.sha256_of) == ["test_001.csv"]


def test_a_single_csv_is_refused_where_several_slides_are_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_text("0.5,1,2\n")

    _, problems, findings = read(path)

    assert problems == [("archive_needed", None)]
    assert "each of 2 slides" in findings.problems[0].detail


def test_the_phases_cap_is_held(tmp_path: Path) -> None:
    _, problems, findings = read(folder(tmp_path, {**GOOD, "test_001.csv": "0.5,1,2\n" * 3}), cap=2)

    assert problems == [("too_many_detections", "test_001.csv")]
    assert "at most 2 a slide" in findings.problems[0].detail


@pytest.mark.parametrize(
    ("limit", "code"),
    [
        ("MAX_DETECTIONS_IN_ALL", "too_many_detections_in_all"),
        ("MAX_TEXT_BYTES", "submission_too_large"),
    ],
)
def test_reading_stops_at_the_limits_of_the_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, code: str
) -> None:
    monkeypatch.setattr(lesions, limit, 2)

    submission, problems, _ = read(folder(tmp_path, {**GOOD, "test_001.csv": "0.5,1,2\n" * 3}))

    assert problems == [(code, None)]
    assert list(submission.detections) == ["test_001"]
