"""Compares scores of the real reference data with the outputs of other programs."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from evaluator.errors import Findings
from evaluator.forms.detections import DetectionBounds, read_detections
from evaluator.metrics.froc import froc_curve, froc_curve_2016
from evaluator.results.parameters import LesionParameters, SlideParameters, StagingParameters
from evaluator.results.result import JsonObject, Result
from evaluator.scoring.evaluation import evaluate
from evaluator.scoring.lesions import pooled_outcomes, score_slide
from evaluator.submissions.checking import read_lesions
from ground_truth.types import GroundTruth, Kind
from ground_truth.versions.version import case_list


@pytest.fixture(scope="module")
def froc_result(shared: Path, camelyon16: GroundTruth) -> Result:
    folder = shared / "oracles" / "froc" / "detections"
    return evaluate(Kind.LESIONS, folder, camelyon16, LesionParameters())


def section(result: Result, name: str) -> JsonObject:
    found = result.aggregates[name]
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize(
    ("name", "protocol", "score", "n_points"),
    [
        ("froc", "camelyon16", 0.7360619469026548, 99),
        ("froc_2016", "camelyon16-2016", 0.7398598820058996, 137),
        ("froc_diag", "camelyon16-diag", 0.7256637168141592, 99),
    ],
)
def test_each_protocol_gives_the_measured_score(
    froc_result: Result, shared: Path, name: str, protocol: str, score: float, n_points: int
) -> None:
    expected = json.loads((shared / "oracles" / "froc" / "expected.json").read_text())[protocol]
    found = section(froc_result, name)
    curve = found["curve"]
    rates = found["sensitivity_at"]

    assert found["score"] == score == expected["score"]
    assert found["n_points"] == n_points == expected["points"]
    assert (found["n_slides"], found["n_lesions"]) == (128, 226)
    assert isinstance(rates, dict)
    assert list(rates) == ["0.25", "0.5", "1", "2", "4", "8"]
    assert list(rates.values()) == expected["sensitivity_at"]
    assert isinstance(curve, dict)
    assert isinstance(curve["fps_per_slide"], list)
    assert curve["fps_per_slide"][-1] == expected["max_fp"]


def test_the_ranking_score_is_that_of_protocol_camelyon16(froc_result: Result) -> None:
    assert froc_result.score == 0.7360619469026548
    assert froc_result.provenance.protocol == "camelyon16"


def test_whole_curves_of_both_official_protocols_agree(
    shared: Path, camelyon16: GroundTruth
) -> None:
    expected = json.loads((shared / "oracles" / "froc" / "expected.json").read_text())
    folder = shared / "oracles" / "froc" / "detections"
    parameters = LesionParameters()
    detections = read_lesions(folder, case_list(camelyon16), parameters).content
    parts = [
        score_slide(detections[slide.slide], slide, parameters)
        for slide in camelyon16.slides_for(Kind.LESIONS)
    ]

    first = froc_curve_2016(pooled_outcomes([part.matching for part in parts]))
    second = froc_curve(pooled_outcomes([part.matching_diag for part in parts]))

    for curve, name in ((first, "camelyon16-2016"), (second, "camelyon16-diag")):
        assert curve.fps_per_slide[::-1].tolist() == expected[name]["fps_per_slide"]
        assert curve.sensitivity[::-1].tolist() == expected[name]["sensitivity"]


def test_a_real_detection_file_hits_the_listed_regions(
    shared: Path, camelyon16: GroundTruth
) -> None:
    content = (shared / "data" / "camelyon16" / "detections" / "test_001.csv").read_bytes()
    truth = camelyon16.slides_for(Kind.LESIONS)[0]
    findings = Findings()
    bounds = DetectionBounds(truth.width, truth.height, 1000)
    found = read_detections(content, bounds, "test_001.csv", findings)
    assert truth.mask is not None

    x5, y5 = found.x.astype(np.int64) // 32, found.y.astype(np.int64) // 32
    labels = truth.mask.labels_at(x5, y5)
    swapped = truth.mask.labels_at(y5, x5)

    assert (truth.slide, findings.problems) == ("test_001", ())
    counts = np.bincount(labels, minlength=7).tolist()
    # background 24, label 2 and 6 and 4 lesions, labels 3 and 5 ITC-sized
    assert counts == [24, 0, 89, 1, 2, 1, 30]
    assert int(np.count_nonzero(swapped == 0)) == 132


@pytest.mark.parametrize(
    ("column", "area"),
    [
        ("Method_I", 0.9155612),
        ("Method_II_noise_only", 0.9420919),
        ("Method_II_noise_norm", 0.9839286),
        ("pred_I", 0.8821429),
        ("pred_II", 0.7914541),
    ],
)
def test_areas_of_published_slide_probabilities(
    shared: Path, camelyon16: GroundTruth, tmp_path: Path, column: str, area: float
) -> None:
    source = shared / "data" / "camelyon16" / "testing" / "slide_probabilities_didsr.csv"
    with source.open(newline="") as file:
        found = [row for row in csv.DictReader(file) if row["slide_name"] != "test_049"]
    lines = ["image,probability", *(f"{row['slide_name']}.tif,{row[column]}" for row in found)]
    submission = tmp_path / "upload"
    submission.write_text("\n".join(lines))

    result = evaluate(Kind.SLIDES, submission, camelyon16, SlideParameters())

    assert result.score == pytest.approx(area, abs=1e-7)
    assert section(result, "auc")["n_slides"] == 129


def test_kappa_of_the_stages_as_first_released(shared: Path, camelyon17: GroundTruth) -> None:
    submission = shared / "data" / "camelyon17" / "stages_2017.csv"

    result = evaluate(Kind.STAGING, submission, camelyon17, StagingParameters())

    assert result.score == pytest.approx(0.985077, abs=5e-7)
    assert section(result, "nodes")["n_patients"] == 100


def test_the_corrected_stages_agree_with_themselves(shared: Path, camelyon17: GroundTruth) -> None:
    submission = shared / "data" / "camelyon17" / "stages.csv"

    result = evaluate(Kind.STAGING, submission, camelyon17, StagingParameters())

    assert result.score == 1.0
    assert result.provenance.warnings == ()
    assert section(result, "nodes")["derived_stage_kappa"] == {"value": 1.0}
