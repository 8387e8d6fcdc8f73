import json
import os
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner, Result

from evaluator.commands import detections
from tests.evaluator.hostile_images import npy, png

app = typer.Typer()
app.callback()(lambda: None)
detections.register(app)

MAP = np.zeros((50, 25), dtype=np.uint8)
MAP[10, 5] = 255
PATCHES = "x,y,score\n0,0,0.75\n128,0,0.875\n"


def run(heatmap: Path, *options: str) -> Result:
    return CliRunner().invoke(app, ["detections", str(heatmap), "--size", "1600", "3200", *options])


def file(folder: Path, name: str, content: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def codes(found: Result) -> dict[str, int]:
    return dict(json.loads(found.stdout)["counts"])


def test_the_list_is_printed_or_written(tmp_path: Path) -> None:
    heatmap = file(tmp_path, "any.png", png(MAP))
    out = tmp_path / "list.csv"

    printed, written = run(heatmap), run(heatmap, "--out", str(out))

    assert (printed.exit_code, printed.stdout) == (0, "1.0,352,672\n")
    assert (written.exit_code, written.stdout) == (0, "")
    assert out.read_text() == "1.0,352,672\n"


def test_problems_end_with_3_and_go_where_the_list_would_have_gone(tmp_path: Path) -> None:
    heatmap = file(tmp_path, "any.png", png(np.ascontiguousarray(MAP.T)))
    out = tmp_path / "list.csv"

    printed, written = run(heatmap), run(heatmap, "--out", str(out))

    assert (printed.exit_code, codes(printed)) == (3, {"heatmap_transposed": 1})
    assert (written.exit_code, written.stdout) == (3, "")
    assert out.read_text() == printed.stdout


def test_a_patch_grid_is_thinned(tmp_path: Path) -> None:
    grid = file(tmp_path, "any.csv", PATCHES)

    found = run(grid, "--patch-size", "128", "--anchor", "top_left", "--radius", "256")

    assert (found.exit_code, found.stdout) == (0, "0.875,192,64\n")


def test_a_csv_without_a_patch_size_is_not_taken_for_an_empty_one(tmp_path: Path) -> None:
    found = run(file(tmp_path, "any.csv", PATCHES))

    assert (found.exit_code, codes(found)) == (3, {"missing_geometry": 1})


def test_what_is_left_out_or_doubtful_is_told_on_standard_error(tmp_path: Path) -> None:
    values = np.zeros((25, 25))
    values[2, 2], values[20, 20] = 0.75, 1.0
    heatmap = file(tmp_path, "any.npy", npy(values))

    found = CliRunner().invoke(
        app,
        ["detections", str(heatmap), "--size", "1600", "1600", "--max-detections", "1"],
    )

    assert (found.exit_code, found.stdout) == (0, "1.0,1312,1312\n")
    doubtful, left_out = found.stderr.splitlines()
    assert doubtful.startswith("any.npy: On this slide a transposed heatmap would fit as well")
    assert left_out == "any.npy: the strongest 1 of 2 detections are written"


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("any.h5", (), "any.h5: one of .csv, .png"),
        ("any.png", ("--stride", "64", "0"), "'stride_y' must lie between 0 and 2^20"),
        ("any.png", ("--threshold", "2"), "--threshold"),
        ("any.png", ("--max-detections", "10001"), "--max-detections"),
    ],
)
def test_what_cannot_be_meant_is_wrong_usage(
    tmp_path: Path, name: str, options: tuple[str, ...], words: str
) -> None:
    found = run(file(tmp_path, name, png(MAP)), *options)

    assert found.exit_code == 2
    assert words in found.stderr


def test_a_file_beyond_its_limit_is_not_opened(tmp_path: Path) -> None:
    grid = file(tmp_path, "any.csv", "")
    os.truncate(grid, 16 * 2**20 + 1)

    found = run(grid)

    assert found.exit_code == 2
    assert "any.csv is larger than 16 MiB" in found.stderr


def test_a_place_that_cannot_be_written_is_told_in_one_line(tmp_path: Path) -> None:
    out = tmp_path / "absent" / "list.csv"

    found = run(file(tmp_path, "any.png", png(MAP)), "--out", str(out))

    assert found.exit_code == 1
    assert found.stderr == f"{out}: No such file or directory\n"
