from pathlib import Path

import pytest

from tests.evaluator.invocations import GOOD, app, runner, score, validate
from tests.evaluator.makers import folder


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return folder(tmp_path / "good", GOOD)


@pytest.mark.parametrize("option", ["--json", "--report", "--replicates"])
def test_a_place_that_cannot_be_written_is_told_in_one_line(
    truth_folder: Path, good: Path, tmp_path: Path, option: str
) -> None:
    target = tmp_path / "absent" / "file"

    found = runner.invoke(app, score(truth_folder, good, option, str(target)))

    assert found.exit_code == 1
    assert found.stderr == f"{target}: No such file or directory\n"


def test_a_kind_that_the_truth_does_not_hold_is_no_fault_of_the_submission(
    truth_folder: Path, cases_file: Path, good: Path
) -> None:
    scored = runner.invoke(
        app, ["score", "--truth", str(truth_folder), "--kind", "staging", str(good)]
    )
    checked = runner.invoke(
        app, ["validate", "--cases", str(cases_file), "--kind", "staging", str(good)]
    )

    assert (scored.exit_code, checked.exit_code) == (1, 1)
    assert scored.stderr == f"{truth_folder}: it holds nothing of kind staging\n"
    assert checked.stderr == f"{cases_file}: it lists nothing of kind staging\n"


def test_problems_beyond_those_listed_are_counted_by_code(
    cases_file: Path, good: Path, tmp_path: Path
) -> None:
    many = folder(tmp_path / "many", {**GOOD, "test_001.csv": "0.5,a,1\n" * 101 + "2,1,1\n"})

    lines = runner.invoke(app, validate(cases_file, many)).stdout.splitlines()

    assert lines[:2] == [
        "not accepted: 4 file(s) used, 102 problem(s)",
        "the first 100 are listed, of 1 confidence_out_of_range, 101 not_a_number",
    ]
    assert len(lines) == 102
    assert "are listed" not in runner.invoke(app, validate(cases_file, good)).stdout
