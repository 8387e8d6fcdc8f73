from pathlib import Path

import pytest

from evaluator.archives.single_csv import CsvFile, read_single_csv
from evaluator.errors import Findings
from tests.builders import zip_file
from tests.evaluator.makers import folder

ROWS = "test_001,0.5\n"


def read(path: Path) -> tuple[CsvFile | None, list[tuple[str, str | None]]]:
    findings = Findings()
    found = read_single_csv(path, "stages.csv", 0, findings)
    return found, [(str(problem.code), problem.file) for problem in findings.problems]


def test_a_csv_alone_loses_its_upload_name(tmp_path: Path) -> None:
    path = tmp_path / "4f2a"
    path.write_text(ROWS)

    assert read(path) == (CsvFile(ROWS.encode(), "stages.csv"), [])


def test_a_csv_in_a_folder_or_zip_keeps_its_name(tmp_path: Path) -> None:
    expected = CsvFile(ROWS.encode(), "mine.csv")

    assert read(folder(tmp_path / "a", {"mine.csv": ROWS})) == (expected, [])
    assert read(zip_file(tmp_path / "b", {"top/mine.csv": ROWS})) == (expected, [])


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, [("no_csv", None)]),
        ({"a.txt": ROWS}, [("no_csv", None), ("unexpected_file", "a.txt")]),
        ({"a.csv": ROWS, "b.csv": ROWS}, [("several_csv", "b.csv")]),
        ({"a.csv": "x" * (2**20 + 1)}, [("member_too_large", "a.csv")]),
    ],
)
def test_anything_but_one_csv_is_refused(
    tmp_path: Path, files: dict[str, str], expected: list[tuple[str, str | None]]
) -> None:
    assert read(folder(tmp_path, files)) == (None, expected)


def test_a_file_beside_the_csv_is_named(tmp_path: Path) -> None:
    found, problems = read(folder(tmp_path, {"a.csv": ROWS, "b.png": ""}))

    assert found is not None
    assert problems == [("unexpected_file", "b.png")]
