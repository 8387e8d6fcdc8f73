import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ground_truth.data_set.cli import app
from ground_truth.data_set.verification import STATE_NAME
from tests.ground_truth.bucket_server import md5_of
from tests.ground_truth.data_set_folders import TIFF, numbered, write_files

SLIDE = "CAMELYON16/images/tumor_001.tif"
TABLE = "CAMELYON16/evaluation/reference.csv"
OUTLINES = "CAMELYON16/annotations/tumor_001.xml"
COMMAND = [sys.executable, "-c", "from ground_truth.data_set.cli import app; app()"]


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(each) for each in arguments])


def whole_training_set(folder: Path) -> Path:
    slides = [
        *numbered("normal_{:03d}.tif", [n for n in range(1, 161) if n != 86]),
        *numbered("tumor_{:03d}.tif", range(1, 112)),
        *numbered("test_{:03d}.tif", [n for n in range(1, 131) if n != 49]),
    ]
    return write_files(folder / "CAMELYON16" / "images", slides)


def test_a_whole_folder_is_good_and_its_errata_are_told(tmp_path: Path) -> None:
    whole_training_set(tmp_path)

    result = run("check", tmp_path)

    assert result.exit_code == 0
    assert "slides: 399 of 399" in result.output
    assert "laid out as: AWS open data" in result.output
    assert "test_114 not exhaustively annotated; left out of the kind lesions" in result.output
    assert "normal_086 is tumor_111 (not here)" in result.output


def test_missing_slides_are_listed_and_the_exit_code_is_1(tmp_path: Path) -> None:
    write_files(tmp_path, ["CAMELYON17/images/patient_000_node_0.tif"])

    result = run("check", tmp_path)

    assert result.exit_code == 1
    assert "slides: 1 of 1000" in result.output
    assert "missing (499): patient_000_node_1," in result.output
    assert "and 489 more" in result.output


def test_json_names_everything_that_is_missing(tmp_path: Path) -> None:
    write_files(tmp_path, ["CAMELYON17/images/patient_000_node_0.tif"])

    found = json.loads(run("check", tmp_path, "--json").output)

    (data_set,) = found["data_sets"]
    assert found["complete"] is False
    assert data_set["data_set"] == "camelyon17"
    assert data_set["completeness"][0]["missing"][-1] == "patient_099_node_4"
    assert len(data_set["completeness"][1]["missing"]) == 500


def test_what_is_asked_for_and_not_there_at_all_is_named(tmp_path: Path) -> None:
    write_files(tmp_path, ["CAMELYON17/images/patient_000_node_0.tif"])

    text = run("check", tmp_path, "--only", "masks,reference")
    found = json.loads(run("check", tmp_path, "--only", "masks,reference", "--json").output)

    assert text.exit_code == 1
    assert "missing: stages.csv or stage_labels.csv" in text.output
    assert "missing: every file of the masks" in text.output
    assert found["data_sets"][0]["lacks"] == ["reference", "masks"]


def test_checksums_are_compared_and_remembered(tmp_path: Path) -> None:
    images = whole_training_set(tmp_path)
    lines = [f"{md5_of(TIFF)} *images/{slide.name}\n" for slide in images.iterdir()]
    (tmp_path / "CAMELYON16" / "checksums.md5").write_text("".join(lines))

    first = run("check", tmp_path)
    second = run("check", tmp_path)

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "equal: 399 (0 known from an earlier check)" in first.output
    assert "equal: 399 (399 known from an earlier check)" in second.output
    assert (tmp_path / STATE_NAME).is_file()


def test_a_file_that_differs_from_its_checksum_fails_the_check(tmp_path: Path) -> None:
    whole_training_set(tmp_path)
    list_file = tmp_path / "CAMELYON16" / "checksums.md5"
    list_file.write_text(f"{md5_of(b'other')}  images/tumor_001.tif\n")

    result = run("check", tmp_path)
    unasked = run("check", tmp_path, "--no-verify")

    assert result.exit_code == 1
    assert "differs (1): CAMELYON16/images/tumor_001.tif" in result.output
    assert "images in no list: 398" in result.output
    assert unasked.exit_code == 0


def test_a_list_that_leads_out_of_the_folder_reads_nothing_there(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"x")
    folder = whole_training_set(tmp_path / "data").parent
    (folder / "checksums.md5").write_text(f"{md5_of(b'x')}  ../../secret\n")

    result = run("check", folder)

    assert result.exit_code == 1
    assert "checksums.md5:1: '../../secret' leads out of its folder" in result.output
    assert "equal: 0" in result.output


def test_names_cannot_control_the_terminal(tmp_path: Path) -> None:
    write_files(tmp_path, ["images/\x1b[2J\udcff.tif"])

    result = run("check", tmp_path)

    assert "\x1b" not in result.output
    assert "not recognised (1): images/?[2J?.tif" in result.output


def test_nothing_of_the_data_sets_is_said_so(tmp_path: Path) -> None:
    result = run("check", tmp_path)

    assert result.exit_code == 1
    assert "Nothing of CAMELYON16 or CAMELYON17 is here." in result.output


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "no such folder"),
        ("check", ".", "--only", "pictures"),
        ("fetch", "camelyon18", "--into", "x"),
        ("fetch", "camelyon16"),
    ],
)
def test_wrong_usage_is_exit_code_2(arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2


def test_a_table_that_was_asked_for_and_lacks_is_told(tmp_path: Path) -> None:
    whole_training_set(tmp_path)

    result = run("check", tmp_path, "--only", "reference")

    assert result.exit_code == 1
    assert "missing: reference.csv or gt.csv" in result.output


def test_a_check_may_be_told_where_to_remember(tmp_path: Path) -> None:
    whole_training_set(tmp_path / "data")
    list_file = tmp_path / "data" / "CAMELYON16" / "checksums.md5"
    list_file.write_text(f"{md5_of(TIFF)}  images/tumor_001.tif\n{md5_of(b'')}  gone.tif\n")

    result = run("check", tmp_path / "data", "--state", tmp_path / "state.json")

    assert result.exit_code == 0
    assert "listed but not here (1): CAMELYON16/gone.tif" in result.output
    assert (tmp_path / "state.json").is_file()
    assert not (tmp_path / "data" / STATE_NAME).exists()


def test_help_loads_neither_the_client_nor_arrays() -> None:
    program = (
        "import sys; import ground_truth.data_set.cli; "
        "sys.exit(bool({'obstore', 'numpy', 'rich.progress'} & set(sys.modules)))"
    )

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
