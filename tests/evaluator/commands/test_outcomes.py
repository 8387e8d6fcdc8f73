import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from evaluator.commands import outcomes
from evaluator.results.parameters import LesionParameters
from evaluator.scoring.evaluation import evaluate
from ground_truth.annotations.asap import read_annotations
from ground_truth.types import Kind
from ground_truth.versions.build import build_camelyon16
from ground_truth.versions.version import load_truth
from tests.builders import camelyon16_folder
from tests.evaluator.makers import folder

app = typer.Typer()
outcomes.register(app)

SUBMITTED = {
    # A lesion hit three times, the strongest second; the ITC-sized region; twice nothing.
    "test_001.csv": "0.5,2000,2000\n0.9,2100,2100\n0.9,2200,2200\n0.8,5200,5200\n"
    "0.7,10,10\n0.2,8000,10\n",
    "test_002.csv": "0.4,10,10\n",
    "test_003.csv": "",
    "test_004.csv": "0.2,5,5\n",
}


@pytest.fixture
def truth_folder(tmp_path: Path) -> Path:
    return tmp_path / build_camelyon16(camelyon16_folder(tmp_path / "data"), tmp_path)


def run(submission: Path, truth: Path, out: Path, form: str = "geojson") -> Result:
    arguments = [str(submission), "--truth", str(truth), "--as", form, "--out", str(out)]
    return CliRunner().invoke(app, arguments)


def features(path: Path) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = json.loads(path.read_text())["features"]
    return listed


def groups(path: Path) -> Counter[str]:
    return Counter(each["properties"]["classification"]["name"] for each in features(path))


def test_every_lesion_and_detection_is_named_by_its_outcome(
    truth_folder: Path, tmp_path: Path
) -> None:
    ran = run(folder(tmp_path / "sub", SUBMITTED), truth_folder, tmp_path / "out")

    assert (ran.exit_code, ran.stdout) == (0, f"4 files in {tmp_path / 'out'}\n")
    assert groups(tmp_path / "out" / "test_001.geojson") == {
        "hit lesion": 1,
        "ITC-sized region": 1,
        "hit": 1,
        "further hit": 2,
        "on ITC-sized region": 1,
        "false positive": 2,
    }
    assert groups(tmp_path / "out" / "test_002.geojson") == {
        "missed lesion": 1,
        "false positive": 1,
    }
    assert groups(tmp_path / "out" / "test_003.geojson") == {}


def test_the_hit_is_the_first_of_the_strongest_detections(
    truth_folder: Path, tmp_path: Path
) -> None:
    run(folder(tmp_path / "sub", SUBMITTED), truth_folder, tmp_path / "out")

    (hit,) = [
        each
        for each in features(tmp_path / "out" / "test_001.geojson")
        if each["properties"]["classification"]["name"] == "hit"
    ]
    assert hit["geometry"] == {"type": "Point", "coordinates": [2100.0, 2100.0]}
    assert hit["properties"]["measurements"] == {"confidence": 0.9}


def test_counts_are_those_of_the_result(truth_folder: Path, tmp_path: Path) -> None:
    submission = folder(tmp_path / "sub", SUBMITTED)
    run(submission, truth_folder, tmp_path / "out")

    result = evaluate(Kind.LESIONS, submission, load_truth(truth_folder), LesionParameters())

    for slide, outcome in result.case.items():
        assert isinstance(outcome, dict)
        found = groups(tmp_path / "out" / f"{slide}.geojson")
        assert found["false positive"] == outcome["false_positives"]
        assert found["on ITC-sized region"] == outcome["ignored"]


def test_asap_gets_dots_and_polygons(truth_folder: Path, tmp_path: Path) -> None:
    run(folder(tmp_path / "sub", SUBMITTED), truth_folder, tmp_path / "out", "asap")

    content = (tmp_path / "out" / "test_001.xml").read_bytes()
    annotations = read_annotations(content, "test_001.xml")
    assert Counter(each.type for each in annotations) == {"Polygon": 2, "Dot": 6}


def test_problems_of_the_submission_end_with_exit_code_3(
    truth_folder: Path, tmp_path: Path
) -> None:
    bad = folder(tmp_path / "bad", SUBMITTED | {"test_001.csv": "a,b,c,d\n"})

    ran = run(bad, truth_folder, tmp_path / "out")

    assert ran.exit_code == 3
    assert json.loads(ran.stdout)["problems"]
    assert not (tmp_path / "out").exists()


def test_what_is_no_truth_ends_with_exit_code_1(tmp_path: Path) -> None:
    ran = run(folder(tmp_path / "sub", SUBMITTED), tmp_path, tmp_path / "out")

    assert ran.exit_code == 1
    assert "not a truth version" in ran.stderr
