"""The page docs/python.md is one session; every line of it runs, and prints what it says."""

import doctest
import json
import subprocess
import sys
from pathlib import Path

import pytest

import evaluator
import ground_truth
from ground_truth.types import Kind
from ground_truth.versions.build import build_camelyon16
from ground_truth.versions.version import case_list, load_truth
from tests.builders import asap_xml, camelyon16_folder, square, zip_file
from tests.ground_truth.pyramids import write_pyramid

PAGE = Path(__file__).resolve().parents[1] / "docs" / "python.md"
ROWS = {"test_001.csv": "0.9,2000,2000\n", "test_002.csv": "", "test_003.csv": ""}


@pytest.fixture
def version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Fill the folder that the page speaks of, and return the truth version in it."""
    write_pyramid(tmp_path / "slide.tif", 2048, 1536)
    outlines = asap_xml([("_0", square(100, 100, 900)), ("_2", square(300, 300, 100))])
    (tmp_path / "slide.xml").write_text(outlines)
    (tmp_path / "broken.xml").write_text(outlines.replace('X="1000"', 'X="17,5"', 1))
    built = build_camelyon16(camelyon16_folder(tmp_path / "source"), tmp_path / "truth")
    cases = case_list(load_truth(tmp_path / "truth" / built))
    (tmp_path / "cases.json").write_text(json.dumps(cases.to_json()))
    hit = {**ROWS, "test_004.csv": "0.5,10,10\n", "test_002.csv": "0.3,3400,3400\n"}
    zip_file(tmp_path / "ours.zip", hit)
    zip_file(tmp_path / "theirs.zip", {**ROWS, "test_004.csv": "", "test_001.csv": "0.9,9,9\n"})
    zip_file(tmp_path / "faulty.zip", {**ROWS, "test_001.csv": "1.7,2000,2000\n"})
    monkeypatch.chdir(tmp_path)
    return built


def test_every_example_of_the_page_prints_what_it_says(version: str) -> None:
    found = doctest.testfile(
        str(PAGE), module_relative=False, globs={"version": version}, encoding="utf-8"
    )

    assert found.failed == 0
    assert found.attempted > 30


@pytest.mark.parametrize("door", [ground_truth, evaluator])
def test_every_name_at_a_front_door_exists(door: object) -> None:
    names: list[str] = door.__all__  # type: ignore[attr-defined]  # the loader makes it

    assert len(names) >= 10
    assert all(getattr(door, name) is not None for name in names)


def test_importing_the_front_doors_loads_nothing_behind_them() -> None:
    program = (
        "import sys, evaluator, ground_truth\n"
        "own = [name for name in sys.modules if name.startswith(('evaluator.', 'ground_truth.'))]\n"
        "slow = [name for name in ('numpy', 'scipy', 'openslide') if name in sys.modules]\n"
        "print(own, slow)"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert done.stdout == "[] []\n"


def test_a_kind_that_does_not_exist_is_refused(version: str) -> None:
    truth = ground_truth.load_truth(f"truth/{version}")

    assert {str(kind) for kind in Kind} == {"lesions", "slides", "staging"}
    with pytest.raises(ValueError, match="masks"):
        evaluator.score_file("ours.zip", truth, "masks")


def test_labels_and_order_that_do_not_fit_are_refused(version: str) -> None:
    del version
    annotations = ground_truth.read_annotations("slide.xml")

    with pytest.raises(ValueError, match="'_2' has a label but no place in the order"):
        ground_truth.write_mask("mask.tif", annotations, (64, 64), {"_0": 1, "_2": 0}, ["_0"])
    assert not Path("mask.tif").exists()
