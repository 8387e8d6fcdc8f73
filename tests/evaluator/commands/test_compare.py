import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from evaluator.commands import compare
from ground_truth.types import Kind
from tests.evaluator.saved import saved_folder

app = typer.Typer()
compare.register(app)
runner = CliRunner()


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved_folder(tmp_path_factory.mktemp("saved"), Kind.STAGING)


def test_compare_prints_a_line_a_pair(results: Path) -> None:
    paths = [str(results / f"{name}.json") for name in ("good", "poor")]

    found = runner.invoke(app, ["compare", *paths])

    assert found.exit_code == 0
    assert found.stdout.startswith("good minus poor: +1.")
    assert ", 95 % interval +" in found.stdout
    assert ", p 0.0" in found.stdout
    assert "(McNemar's test: p < 0.0001)" in found.stdout
    assert found.stderr == ""


def test_compare_writes_json_and_a_report(results: Path, tmp_path: Path) -> None:
    paths = [str(path) for path in sorted(results.glob("*.json"))]
    report = tmp_path / "report.html"

    found = runner.invoke(app, ["compare", *paths, "--json", "-", "--report", str(report)])

    assert found.exit_code == 0
    assert len(json.loads(found.stdout)["pairs"]) == 3
    assert report.read_text().startswith("<!doctype html>")


def test_rank_prints_csv_and_writes_what_is_asked_for(results: Path, tmp_path: Path) -> None:
    files = {name: tmp_path / name for name in ("a.csv", "b.csv", "c.html", "d.npz")}

    plain = runner.invoke(app, ["rank", str(results)])
    found = runner.invoke(
        app,
        [
            "rank",
            str(results),
            "--csv",
            str(files["a.csv"]),
            "--challenger",
            str(files["b.csv"]),
            "--report",
            str(files["c.html"]),
            "--replicates",
            str(files["d.npz"]),
        ],
    )

    assert (plain.exit_code, found.exit_code, found.stdout) == (0, 0, "")
    assert plain.stdout == files["a.csv"].read_text()
    assert plain.stdout.splitlines()[1].startswith("1,1,2,good,")
    assert files["b.csv"].read_text().startswith("task,case,algorithm,value\n")
    assert files["c.html"].read_text().startswith("<!doctype html>")
    assert files["d.npz"].stat().st_size > 3 * 2_000 * 8


def test_files_that_cannot_be_compared_fail_with_one_line(results: Path, tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text("{}")

    compared = runner.invoke(
        app, ["compare", str(results / "good.json"), str(tmp_path / "other.json")]
    )
    ranked = runner.invoke(app, ["rank", str(tmp_path)])

    assert (compared.exit_code, ranked.exit_code) == (1, 1)
    assert compared.stderr == "other.json is not a result that camelyon score wrote\n"
    assert len(ranked.stderr.splitlines()) == 1


def test_results_without_replicates_are_compared_and_the_way_out_is_told(
    results: Path, tmp_path: Path
) -> None:
    for name in ("good", "poor"):
        (tmp_path / f"{name}.json").write_bytes((results / f"{name}.json").read_bytes())

    found = runner.invoke(app, ["compare", *map(str, sorted(tmp_path.glob("*.json")))])

    assert found.exit_code == 0
    assert ", p " not in found.stdout.replace("test: p", "")
    assert "score it again with --replicates good.npz" in found.stderr


def test_an_ensemble_is_printed_with_its_warning_and_written(results: Path, tmp_path: Path) -> None:
    report = tmp_path / "ensemble.html"

    printed = runner.invoke(app, ["ensemble", str(results), "--top", "2"])
    written = runner.invoke(app, ["ensemble", str(results), "--json", "-", "--report", str(report)])
    refused = runner.invoke(app, ["ensemble", str(results), "--top", "4"])

    assert printed.stdout.splitlines()[1] == (
        "median stage, the lower of two middle ones of good, fair"
    )
    assert "Exploratory" in printed.stdout
    assert json.loads(written.stdout)["exploratory"] is True
    assert report.read_text().startswith("<!doctype html>")
    assert (refused.exit_code, refused.stdout) == (1, "")
