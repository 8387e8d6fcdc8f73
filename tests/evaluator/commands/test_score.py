import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from evaluator.commands import score as score_command
from evaluator.results.parameters import LesionParameters
from evaluator.results.replicates import replicates_from_npz
from evaluator.results.result import canonical_json
from evaluator.scoring.evaluation import evaluate
from ground_truth.types import Kind
from ground_truth.versions.version import load_truth
from tests.evaluator.invocations import GOOD, app, runner, score, validate
from tests.evaluator.makers import folder, mask, slide, truth


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return folder(tmp_path / "good", GOOD)


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    return folder(tmp_path / "bad", {**GOOD, "test_003.csv": "0.5,a,1\n"})


def test_score_prints_the_same_json_as_the_evaluator(truth_folder: Path, good: Path) -> None:
    found = runner.invoke(app, score(truth_folder, good, "--json", "-", "--no-intervals"))

    expected = evaluate(Kind.LESIONS, good, load_truth(truth_folder), LesionParameters())
    assert found.exit_code == 0
    assert found.stdout == canonical_json(expected.to_json())
    assert json.loads(found.stdout)["aggregates"]["score"] == 1.0


def test_score_writes_its_json_to_a_file(truth_folder: Path, good: Path, tmp_path: Path) -> None:
    target = tmp_path / "result.json"

    found = runner.invoke(app, score(truth_folder, good, "--json", str(target)))

    assert (found.exit_code, found.stdout) == (0, "")
    assert json.loads(target.read_text())["provenance"]["truth_version"] == truth_folder.name


def test_score_without_json_prints_a_summary(truth_folder: Path, good: Path) -> None:
    found = runner.invoke(app, score(truth_folder, good))

    assert found.exit_code == 0
    assert found.stdout.startswith("score 1.0000 (camelyon16, 4 slides with 2 lesions)\n")
    assert "warning few_confidences" in found.stdout


def test_problems_go_where_the_result_would_have_gone(
    truth_folder: Path, bad: Path, tmp_path: Path
) -> None:
    target = tmp_path / "result.json"

    to_output = runner.invoke(app, score(truth_folder, bad, "--json", "-"))
    to_file = runner.invoke(app, score(truth_folder, bad, "--json", str(target)))

    assert (to_output.exit_code, to_file.exit_code) == (3, 3)
    assert to_output.stdout == target.read_text()
    assert json.loads(to_output.stdout)["problems"] == [
        {
            "code": "not_a_number",
            "detail": "x is 'a'; write a plain decimal number.",
            "file": "test_003.csv",
            "line": 1,
        }
    ]


def test_parameters_come_from_a_file(truth_folder: Path, good: Path, tmp_path: Path) -> None:
    parameters = tmp_path / "parameters.json"
    parameters.write_text('{"max_detections_per_slide": 1}')

    found = runner.invoke(
        app, score(truth_folder, good, "--json", "-", "--parameters", str(parameters))
    )

    assert found.exit_code == 3
    assert list(json.loads(found.stdout)["counts"]) == ["too_many_detections"]


@pytest.mark.parametrize("text", ['{"cap": 1}', "[]", "{", "\x00"])
def test_faulty_parameters_fail(truth_folder: Path, good: Path, tmp_path: Path, text: str) -> None:
    parameters = tmp_path / "parameters.json"
    parameters.write_text(text)

    found = runner.invoke(app, score(truth_folder, good, "--parameters", str(parameters)))

    assert found.exit_code == 1
    assert found.stderr.startswith(str(parameters))


def test_intervals_are_drawn_unless_they_are_left_out(truth_folder: Path, good: Path) -> None:
    as_default = runner.invoke(app, score(truth_folder, good, "--json", "-"))
    asked_for = runner.invoke(app, score(truth_folder, good, "--json", "-", "--intervals"))

    assert as_default.stdout == asked_for.stdout
    body = json.loads(as_default.stdout)
    assert body["provenance"]["n_resamples"] == 10_000
    # Four slides are too few: many resamples draw none with a lesion.
    assert body["aggregates"]["froc"]["interval"]["reason"] == "too_many_undefined_replicates"


def test_the_summary_tells_the_interval_and_how_it_was_made(tmp_path: Path) -> None:
    slides = [slide(f"t{number}", mask([[1]])) for number in range(5)]
    upload = folder(tmp_path, {f"t{number}.csv": "0.9,1,1\n" for number in range(5)})

    result = evaluate(Kind.LESIONS, upload, truth(slides), LesionParameters(), n_resamples=300)

    # Wilson's lower end of 5 in 5: 1 / (1 + 1.96^2 / 5).
    assert score_command._interval_lines(result) == [
        "interval 0.5655 to 1.0000 (95%, wilson_slides, a fallback, 300 resamples)"
    ]


def test_replicates_are_written_beside_the_result(
    truth_folder: Path, good: Path, tmp_path: Path
) -> None:
    target = tmp_path / "replicates.npz"

    found = runner.invoke(app, score(truth_folder, good, "--replicates", str(target)))

    assert found.exit_code == 0
    replicates = replicates_from_npz(target.read_bytes())
    assert set(replicates.score[~np.isnan(replicates.score)].tolist()) == {1.0}
    assert (replicates.score.size, replicates.n_units) == (10_000, 2)


def test_a_report_is_one_page_named_by_the_submission(
    truth_folder: Path, good: Path, tmp_path: Path
) -> None:
    target = tmp_path / "report.html"

    found = runner.invoke(app, score(truth_folder, good, "--report", str(target)))

    assert found.exit_code == 0
    assert "<h1>Report of good</h1>" in target.read_text()


def test_replicates_without_intervals_are_wrong_usage(
    truth_folder: Path, good: Path, tmp_path: Path
) -> None:
    target = tmp_path / "replicates.npz"

    found = runner.invoke(
        app, score(truth_folder, good, "--no-intervals", "--replicates", str(target))
    )

    assert (found.exit_code, target.exists()) == (2, False)


def test_a_named_set_of_slides_is_scored_and_named(truth_folder: Path, good: Path) -> None:
    told = runner.invoke(app, score(truth_folder, good, "--no-intervals", "--subset", "tumour"))
    found = runner.invoke(app, score(truth_folder, good, "--json", "-", "--subset", "tumour"))

    body = json.loads(found.stdout)
    assert body["provenance"]["subset"] == "tumour"
    assert ", set tumour)\n" in told.stdout
    assert sorted(body["case"]) == ["test_001", "test_002"]


def test_a_set_that_the_truth_does_not_have_fails(truth_folder: Path, good: Path) -> None:
    found = runner.invoke(app, score(truth_folder, good, "--subset", "no114"))

    assert found.exit_code == 1
    assert "does not score test_005, test_006" in found.stderr


def test_what_is_no_truth_fails(tmp_path: Path, good: Path) -> None:
    found = runner.invoke(app, score(tmp_path, good))

    assert found.exit_code == 1
    assert "not a truth version" in found.stderr


@pytest.mark.parametrize("kind", ["heatmaps", "LESIONS", ""])
def test_an_unknown_kind_is_wrong_usage(truth_folder: Path, good: Path, kind: str) -> None:
    found = runner.invoke(app, ["score", "--truth", str(truth_folder), "--kind", kind, str(good)])

    assert found.exit_code == 2


def test_a_submission_that_is_not_there_is_wrong_usage(truth_folder: Path, tmp_path: Path) -> None:
    assert runner.invoke(app, score(truth_folder, tmp_path / "none")).exit_code == 2


def test_validate_needs_the_case_list_alone(cases_file: Path, good: Path, bad: Path) -> None:
    accepted = runner.invoke(app, validate(cases_file, good))
    refused = runner.invoke(app, validate(cases_file, bad))

    assert accepted.exit_code == 0
    assert accepted.stdout.startswith("accepted: 4 file(s) used, 0 problem(s)\n")
    assert refused.exit_code == 3
    assert "problem not_a_number test_003.csv:1: x is 'a'" in refused.stdout
    assert "warning" not in refused.stdout


def test_validate_prints_its_report_as_json(cases_file: Path, good: Path, bad: Path) -> None:
    accepted = runner.invoke(app, validate(cases_file, good, "--json"))
    refused = runner.invoke(app, validate(cases_file, bad, "--json"))

    assert (accepted.exit_code, refused.exit_code) == (0, 3)
    assert json.loads(accepted.stdout)["problems"] == []
    assert json.loads(accepted.stdout)["content_sha256"] is not None
    assert json.loads(refused.stdout)["counts"] == {"not_a_number": 1}


def test_what_is_no_case_list_fails(good: Path, tmp_path: Path) -> None:
    cases = tmp_path / "cases.json"
    cases.write_text("[]")

    found = runner.invoke(app, validate(cases, good))

    assert found.exit_code == 1
    assert "not a case list" in found.stderr


def test_progress_is_shown_where_standard_error_is_a_terminal(
    truth_folder: Path, good: Path
) -> None:
    master, terminal = pty.openpty()
    script = (
        "import typer; from evaluator.commands import score; "
        "app = typer.Typer(); score.register(app); app()"
    )

    done = subprocess.run(
        [sys.executable, "-c", script, *score(truth_folder, good)],
        stdout=subprocess.PIPE,
        stderr=terminal,
        check=False,
    )
    os.close(terminal)
    shown = os.read(master, 10_000).decode()
    os.close(master)

    assert done.returncode == 0
    assert b"Scoring" not in done.stdout
    assert "Scoring" in shown
    assert "100%" in shown


def test_no_progress_is_shown_elsewhere(truth_folder: Path, good: Path) -> None:
    assert runner.invoke(app, score(truth_folder, good)).stderr == ""


def test_scoring_lesions_imports_nothing_slow(truth_folder: Path, good: Path) -> None:
    script = (
        "import sys, typer\n"
        "from evaluator.commands import score\n"
        "loaded = {'numpy', 'scipy', 'pandas', 'sklearn', 'flask', 'celery'} & set(sys.modules)\n"
        "assert not loaded, loaded\n"
        "app = typer.Typer()\n"
        "score.register(app)\n"
        "app(standalone_mode=False)\n"
        "loaded = {'scipy', 'pandas', 'sklearn', 'flask', 'celery'} & set(sys.modules)\n"
        "assert not loaded, loaded\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", script, *score(truth_folder, good)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
