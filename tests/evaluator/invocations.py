"""Runs the evaluator's commands on a submission for the fixtures' small synthetic truth."""

from pathlib import Path

import typer
from typer.testing import CliRunner

from evaluator.commands.score import register

app = typer.Typer()
register(app)
runner = CliRunner()

GOOD = {
    "test_001.csv": "0.9,2000,2000\n0.5,10,10\n",
    "test_002.csv": "0.7,3400,3400\n",
    "test_003.csv": "",
    "test_004.csv": "0.2,5,5\n",
}


def score(truth_folder: Path, submission: Path, *options: str) -> list[str]:
    return ["score", "--truth", str(truth_folder), "--kind", "lesions", str(submission), *options]


def validate(cases: Path, submission: Path, *options: str) -> list[str]:
    return ["validate", "--cases", str(cases), "--kind", "lesions", str(submission), *options]
