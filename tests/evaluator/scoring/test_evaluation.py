from pathlib import Path

import pytest

from evaluator.errors import SubmissionError
from evaluator.results.parameters import (
    LesionParameters,
    Parameters,
    SlideParameters,
    StagingParameters,
)
from evaluator.results.result import canonical_json
from evaluator.scoring.evaluation import evaluate
from evaluator.submissions.steps import Steps
from ground_truth.types import GroundTruth, Kind
from ground_truth.versions.build import build_camelyon16
from ground_truth.versions.version import load_truth
from tests.builders import asap_xml, camelyon16_folder, square, zip_file
from tests.evaluator.makers import BOTH, folder, mask, patient, slide, truth


def small_truth() -> GroundTruth:
    return truth(
        [
            slide("test_001", mask([[1, 1, 0]])),
            slide("test_002"),
            # Left out of lesions by its label: in the case list, but not scored.
            slide("test_003", label="tumour", kinds=BOTH - {Kind.LESIONS}),
            slide("test_049", kinds=frozenset()),
        ],
        [patient("patient_000", "pN0", ["negative"]), patient("patient_001", "pN1", ["macro"])],
        excluded={"test_049": "all"},
    )


DETECTIONS = {"test_001.csv": "0.9,1,2\n", "test_002.csv": "0.8,5,5\n", "test_003.csv": "1,1,1\n"}
SLIDES = "image,p\ntest_001.tif,0.9\ntest_002.tif,0.2\ntest_003.tif,0.7\n"
STAGES = "patient_000.zip,pN0\npatient_001.zip,pN1\n"

CASES: list[tuple[Kind, Parameters, dict[str, str], int]] = [
    # Files that were read: the slide that its label leaves out of scoring is one of them.
    (Kind.LESIONS, LesionParameters(), DETECTIONS, 3),
    (Kind.SLIDES, SlideParameters(), {"mine.csv": SLIDES}, 3),
    (Kind.STAGING, StagingParameters(), {"mine.csv": STAGES}, 2),
]


@pytest.mark.parametrize(("kind", "parameters", "files"), [item[:3] for item in CASES])
def test_zip_and_folder_give_the_same_bytes(
    tmp_path: Path, kind: Kind, parameters: Parameters, files: dict[str, str]
) -> None:
    uploads = [
        folder(tmp_path / "folder", files),
        zip_file(tmp_path / "flat.zip", files),
        zip_file(tmp_path / "top.zip", {f"top/{name}": text for name, text in files.items()}),
    ]

    texts = {
        canonical_json(evaluate(kind, upload, small_truth(), parameters).to_json())
        for upload in uploads
    }

    assert len(texts) == 1
    assert str(tmp_path) not in texts.pop()


@pytest.mark.parametrize(("kind", "parameters", "files", "n_units"), CASES)
def test_progress_is_told_after_each_slide_or_patient(
    tmp_path: Path, kind: Kind, parameters: Parameters, files: dict[str, str], n_units: int
) -> None:
    told: list[tuple[int, int]] = []

    evaluate(
        kind,
        folder(tmp_path, files),
        small_truth(),
        parameters,
        steps=Steps(lambda done, in_all: told.append((done, in_all))),
    )

    assert told == [(done, n_units) for done in range(1, n_units + 1)]


@pytest.mark.parametrize(("kind", "parameters"), [item[:2] for item in CASES])
def test_all_problems_are_raised_before_anything_is_scored(
    tmp_path: Path, kind: Kind, parameters: Parameters
) -> None:
    told: list[tuple[int, int]] = []

    with pytest.raises(SubmissionError) as caught:
        evaluate(
            kind,
            folder(tmp_path, {"a.txt": ""}),
            small_truth(),
            parameters,
            steps=Steps(lambda done, in_all: told.append((done, in_all))),
        )

    assert len(caught.value.problems) > 1
    assert told == []


def test_a_single_csv_gives_the_same_bytes_as_one_in_a_zip(tmp_path: Path) -> None:
    alone = tmp_path / "upload"
    alone.write_text(STAGES)
    packed = zip_file(tmp_path / "packed", {"other name.csv": STAGES})

    results = [
        evaluate(Kind.STAGING, path, small_truth(), StagingParameters()).to_json()
        for path in (alone, packed)
    ]

    assert results[0] == results[1]


def test_warnings_in_a_result_do_not_tell_what_a_file_was_called(tmp_path: Path) -> None:
    text = STAGES + "patient_000_node_0,macro\n"
    alone = tmp_path / "upload"
    alone.write_text(text)
    packed = zip_file(tmp_path / "packed", {"other name.csv": text})

    results = [
        evaluate(Kind.STAGING, path, small_truth(), StagingParameters()) for path in (alone, packed)
    ]

    assert results[0] == results[1]
    assert [warning.file for warning in results[0].provenance.warnings] == ["stages.csv"]


def test_a_slide_left_out_by_its_label_must_be_present_but_is_not_scored(tmp_path: Path) -> None:
    result = evaluate(Kind.LESIONS, folder(tmp_path, DETECTIONS), small_truth(), LesionParameters())

    assert list(result.case) == ["test_001", "test_002"]
    assert result.score == 1.0


def test_excluded_slides_change_nothing_in_the_result(tmp_path: Path) -> None:
    without = folder(tmp_path / "a", DETECTIONS)
    with_one = folder(tmp_path / "b", {**DETECTIONS, "test_049.csv": "0.3,1,1\n"})

    results = [
        evaluate(Kind.LESIONS, path, small_truth(), LesionParameters())
        for path in (without, with_one)
    ]

    assert results[0] == results[1]


def test_the_number_of_slides_is_that_of_the_reference(tmp_path: Path) -> None:
    froc = evaluate(
        Kind.LESIONS, folder(tmp_path, DETECTIONS), small_truth(), LesionParameters()
    ).aggregates["froc"]

    assert isinstance(froc, dict)
    assert froc["n_slides"] == 2


def test_provenance_names_truth_rules_and_content(tmp_path: Path) -> None:
    result = evaluate(
        Kind.LESIONS, folder(tmp_path, DETECTIONS), small_truth(), LesionParameters(500)
    )

    assert result.provenance.truth_version == "0123456789ab"
    assert result.provenance.parameters == LesionParameters(500)
    assert len(result.provenance.content_sha256) == 64
    assert [str(warning.code) for warning in result.provenance.warnings] == [
        "few_confidences",
        "saturated_confidences",
    ]


def test_parameters_of_another_kind_are_a_programmers_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no parameters of kind staging"):
        evaluate(Kind.STAGING, tmp_path, small_truth(), LesionParameters())


def test_a_slide_scanned_finer_has_other_lesions_under_its_own_spacing(tmp_path: Path) -> None:
    # A square of 768 pixels: at 0.243 um its grown ellipse passes the limit of 35.4 level-5
    # pixels, at 0.226 um it stays below that of 38.0.
    outlines = {
        "test_001.xml": asap_xml([("_0", square(1600, 1600, 768))]),
        "test_002.xml": asap_xml([("_0", square(3200, 3200, 2400))]),
    }
    source = camelyon16_folder(tmp_path / "source", spacing_um=0.226, annotations=outlines)
    finer = load_truth(tmp_path / "root" / build_camelyon16(source, tmp_path / "root"))
    upload = folder(
        tmp_path / "upload",
        {
            "test_001.csv": "0.9,1900,1900\n",
            "test_002.csv": "0.8,4000,4000\n",
            "test_003.csv": "0.7,10,10\n",
            "test_004.csv": "",
        },
    )

    result = evaluate(Kind.LESIONS, upload, finer, LesionParameters())

    counts = {}
    for name in ("froc", "froc_2016", "froc_diag"):
        found = result.aggregates[name]
        assert isinstance(found, dict)
        counts[name] = found["n_lesions"]
    assert counts == {"froc": 2, "froc_2016": 2, "froc_diag": 1}
