from pathlib import Path

import pytest

from evaluator.results.parameters import LesionParameters, StagingParameters
from evaluator.submissions.checking import check
from ground_truth.types import GroundTruth, Kind
from ground_truth.versions.version import case_list
from tests.builders import zip_file
from tests.evaluator.makers import BOTH, folder, mask, patient, slide, truth

TUMOUR = mask([[1, 1, 0, 2]], itc=[2])


def one_truth() -> GroundTruth:
    return truth(
        [slide("test_001", TUMOUR), slide("test_002"), slide("test_003", kinds=frozenset())],
        [patient("patient_000", "pN0", ["negative"]), patient("patient_001", "pN1", ["macro"])],
        excluded={"test_003": "all"},
    )


def opposite_truth() -> GroundTruth:
    """Return another truth with the same case list: what was tumour is normal, and so on."""
    return truth(
        [
            slide("test_001", kinds=BOTH - {Kind.LESIONS}),
            slide("test_002", mask([[0, 1]])),
            slide("test_003", TUMOUR),
        ],
        [patient("patient_000", "pN2", ["macro"]), patient("patient_001", "pN0", ["itc"])],
        excluded={"test_003": "all"},
    )


UPLOADS: dict[str, tuple[Kind, dict[str, str]]] = {
    "good detections": (Kind.LESIONS, {"test_001.csv": "0.5,1,2\n", "test_002.csv": ""}),
    "an excluded slide": (
        Kind.LESIONS,
        {"test_001.csv": "0.5,1,2\n", "test_002.csv": "", "test_003.csv": "1,1,1"},
    ),
    "bad detections": (Kind.LESIONS, {"test_001.csv": "0.5,2000,3000\nx,y", "foo.csv": ""}),
    "good slides": (Kind.SLIDES, {"a.csv": "test_001,0.5\ntest_002,0.6\n"}),
    "bad slides": (Kind.SLIDES, {"a.csv": "test_001,5\n"}),
    "good stages": (Kind.STAGING, {"a.csv": "patient_000,pN1\npatient_001,pN1\n"}),
    "contradicting nodes": (
        Kind.STAGING,
        {"a.csv": "patient_000,pN1\npatient_001,pN1\npatient_000_node_0,itc\n"},
    ),
    "bad stages": (Kind.STAGING, {"a.csv": "patient_000,pN7\n"}),
}


@pytest.mark.parametrize("name", UPLOADS)
def test_a_check_is_the_same_under_two_truths_with_one_case_list(name: str, tmp_path: Path) -> None:
    kind, files = UPLOADS[name]
    upload = zip_file(tmp_path / "upload", files)
    first, second = case_list(one_truth()), case_list(opposite_truth())
    assert first == second

    report = check(kind, upload, first).to_json()

    assert report == check(kind, upload, second).to_json()
    assert bool(report["problems"]) == name.startswith("bad")


def test_a_report_of_a_good_submission(tmp_path: Path) -> None:
    files = {"test_001.csv": "0.5,1,2\n", "test_002.csv": "", ".DS_Store": "", "test_003.csv": ""}

    report = check(Kind.LESIONS, folder(tmp_path, files), case_list(one_truth()))

    assert report.is_accepted
    assert report.n_members == 2
    assert report.content_sha256 is not None
    assert [str(notice.code) for notice in report.notices] == ["excluded_slide", "skipped_file"]
    assert [str(warning.code) for warning in report.warnings] == ["few_confidences"]


def test_a_report_of_a_bad_submission_has_no_digest(tmp_path: Path) -> None:
    upload = folder(tmp_path, {"test_001.csv": "0.5,1\n0.5,1\n"})

    report = check(Kind.LESIONS, upload, case_list(one_truth()))

    assert not report.is_accepted
    assert report.to_json() == {
        "problems": [
            {
                "code": "ragged_row",
                "detail": "2 cell(s) where 3 are expected; check delimiters, "
                "and write decimals with a point.",
                "file": "test_001.csv",
                "line": line,
            }
            for line in (1, 2)
        ]
        + [
            {
                "code": "missing_slide",
                "detail": "No file for slide test_002; a slide without detections needs an "
                "empty file.",
                "file": "test_002.csv",
                "line": None,
            }
        ],
        "counts": {"missing_slide": 1, "ragged_row": 2},
        "notices": [],
        "warnings": [],
        "content_sha256": None,
        "n_members": 1,
    }


def test_a_single_file_kind_reads_nothing_from_a_broken_container(tmp_path: Path) -> None:
    upload = tmp_path / "upload"
    upload.write_bytes(b"PK\x03\x04")
    cases = case_list(one_truth())

    for kind in (Kind.SLIDES, Kind.STAGING):
        assert list(check(kind, upload, cases).counts) == ["broken_zip"]


def test_content_in_zip_folder_and_file_has_one_digest(tmp_path: Path) -> None:
    files = {"test_001.csv": "0.5,1,2\n", "test_002.csv": ""}
    cases = case_list(one_truth())
    uploads = [
        folder(tmp_path / "a", files),
        folder(tmp_path / "b" / "c", {f"top/{name}": text for name, text in files.items()}),
        zip_file(tmp_path / "d", {name.upper(): text for name, text in files.items()}),
        zip_file(tmp_path / "e", dict(reversed(files.items()))),
    ]

    digests = {check(Kind.LESIONS, upload, cases).content_sha256 for upload in uploads}

    assert len(digests) == 1
    assert None not in digests


def test_parameters_of_another_kind_are_a_programmers_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="LesionParameters are no parameters of kind slides"):
        check(Kind.SLIDES, tmp_path, case_list(one_truth()), LesionParameters())


def test_given_parameters_are_used(tmp_path: Path) -> None:
    upload = folder(tmp_path, {"test_001.csv": "0.5,1,2\n0.6,1,2\n", "test_002.csv": ""})
    cases = case_list(one_truth())

    assert not check(Kind.LESIONS, upload, cases, LesionParameters(1)).is_accepted
    assert check(Kind.LESIONS, upload, cases, LesionParameters(2)).is_accepted


def test_staging_parameters_are_taken(tmp_path: Path) -> None:
    upload = tmp_path / "upload"
    upload.write_text("patient_000,pN1\npatient_001,pN1\n")

    report = check(Kind.STAGING, upload, case_list(one_truth()), StagingParameters())

    assert report.is_accepted
