import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ground_truth.cli import app
from tests.builders import camelyon16_folder, camelyon17_stages
from tests.ground_truth.mask_folders import masks_for_outlines


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def version(tmp_path: Path) -> Path:
    """Return the folder of a small version, built by the command."""
    source = camelyon16_folder(tmp_path / "data")
    ran = run("build", "--layout", "camelyon16", source, "--out", tmp_path / "truth")
    return tmp_path / "truth" / ran.stdout.strip()


def test_build_prints_the_version_and_nothing_else(tmp_path: Path) -> None:
    source = camelyon16_folder(tmp_path / "data")

    ran = run("build", "--layout", "camelyon16", source, "--out", tmp_path / "truth")

    assert ran.exit_code == 0
    assert (tmp_path / "truth" / ran.stdout.removesuffix("\n") / "manifest.json").is_file()


def test_build_takes_stages(tmp_path: Path) -> None:
    table = camelyon17_stages(tmp_path)

    ran = run("build", "--layout", "camelyon17", table, "--out", tmp_path, "--changelog", "new")

    assert (
        json.loads((tmp_path / ran.stdout.strip() / "manifest.json").read_bytes())["changelog"]
        == "new"
    )


def test_build_tells_every_problem_in_plain_words_and_fails(tmp_path: Path) -> None:
    source = camelyon16_folder(tmp_path / "data", annotations={"test_001.xml": "<a"})

    ran = run("build", "--layout", "camelyon16", source, "--out", tmp_path / "truth")

    assert ran.exit_code == 1
    assert ran.stdout == ""
    assert "test_002 is tumour but has no annotation file" in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("build", "x"),
        ("build", "--layout", "csv", "x", "--out", "y"),
        ("build", "--layout", "table", "--labels", "_0", "x", "--out", "y"),
        ("build", "--layout", "table", "--tumour-value", "0", "x", "--out", "y"),
        ("build", "--layout", "camelyon16", "--split", "all", "x", "--out", "y"),
        ("show",),
        ("nonsense",),
    ],
)
def test_wrong_usage_is_exit_code_2(arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2


def test_show_as_json_is_the_contracts_object(version: Path) -> None:
    ran = run("show", version, "--json")

    assert json.loads(ran.stdout) == {
        "version": version.name,
        "layout": "camelyon16",
        "slides": 4,
        "used": {"lesions": 4, "slides": 4},
        "lesions": 2,
        "itc_regions": 1,
        "patients": 0,
        "per_slide": {
            "test_001": {"lesions": 1, "itc_regions": 1},
            "test_002": {"lesions": 1, "itc_regions": 0},
            "test_003": {"lesions": 0, "itc_regions": 0},
            "test_004": {"lesions": 0, "itc_regions": 0},
        },
    }


def test_show_prints_the_exclusions_in_force(tmp_path: Path) -> None:
    source = camelyon16_folder(tmp_path / "data")
    exclusions = tmp_path / "e.csv"
    exclusions.write_text("slide,kind,reason\ntest_001,lesions,torn\n")
    options = ("--layout", "camelyon16", "--out", tmp_path, "--exclusions", exclusions)
    version = run("build", source, *options).stdout.strip()

    ran = run("show", tmp_path / version)

    assert "used: 3 for lesions, 4 for slides\n" in ran.stdout
    assert ran.stdout.endswith("excluded: test_001 from lesions: torn\n")


def test_show_of_the_real_testing_truth(shared: Path, tmp_path: Path) -> None:
    source = shared / "data" / "camelyon16"
    version = run("build", "--layout", "camelyon16", source, "--out", tmp_path).stdout.strip()

    shown = json.loads(run("show", tmp_path / version, "--json").stdout)

    per_slide = shown.pop("per_slide")
    assert shown == {
        "version": version,
        "layout": "camelyon16",
        "slides": 130,
        "used": {"lesions": 128, "slides": 129},
        "lesions": 226,
        "itc_regions": 270,
        "patients": 0,
    }
    assert len(per_slide) == 128
    assert per_slide["test_001"]["lesions"] == 3
    assert not {"test_049", "test_114"} & per_slide.keys()


def test_cases_prints_the_public_case_list(version: Path) -> None:
    cases = json.loads(run("cases", version).stdout)

    assert cases["truth_version"] == version.name
    assert cases["patients"] == []
    assert cases["slides"][0] == {
        "slide": "test_001",
        "width": 8192,
        "height": 8192,
        "spacing_um": 0.243,
        "kinds": ["lesions", "slides"],
    }


def test_verify_tells_whether_a_version_is_intact(version: Path) -> None:
    intact = run("verify", version)
    (version / "runs.npy").write_bytes(b"")
    damaged = run("verify", version)

    assert (intact.exit_code, intact.stdout) == (0, f"{version.name} is intact\n")
    assert damaged.exit_code == 1
    assert damaged.stderr == "runs.npy: differs from the manifest\n"


def test_build_lists_contradictions_and_takes_labels(tmp_path: Path) -> None:
    source = camelyon16_folder(tmp_path / "data")

    ran = run(
        *("build", "--layout", "camelyon16", source, "--out", tmp_path),
        *("--labels", "_0=1,_1=1,_2=0"),
    )

    assert ran.exit_code == 0
    assert (tmp_path / ran.stdout.strip() / "manifest.json").is_file()
    assert ran.stderr == (
        "contradiction: test_001 is labelled macro, its largest outline is 0.54 mm: micro\n"
    )


def test_build_takes_a_table_and_show_tells_what_follows_from_labels(tmp_path: Path) -> None:
    header = "slide,xml,label,exhaustive,width,height,spacing_um"
    (tmp_path / "table.csv").write_text(f"{header}\ns1,,tumor,none,8192,8192,0.243\n")

    ran = run("build", "--layout", "table", tmp_path / "table.csv", "--out", tmp_path)

    shown = run("show", tmp_path / ran.stdout.strip()).stdout
    assert "used: 0 for lesions, 1 for slides\n" in shown
    assert shown.endswith(
        "excluded by label, not public: s1 from lesions: not exhaustively annotated\n"
    )


def test_a_mask_needs_its_tumour_value(tmp_path: Path) -> None:
    source = camelyon16_folder(tmp_path / "data")
    masks_for_outlines(source)
    options = ("build", "--layout", "camelyon16", source, "--out", tmp_path)

    without, told = run(*options), run(*options, "--tumour-value", "1")

    assert without.exit_code == 1
    assert "test_001_mask.tif: holds the values 0, 1" in without.stderr
    assert told.exit_code == 0


def test_diff_prints_lines_or_json(tmp_path: Path, version: Path) -> None:
    other = camelyon16_folder(tmp_path / "other", spacing_um=0.226)
    newer = other / run("build", "--layout", "camelyon16", other, "--out", other).stdout.strip()

    text, body = run("diff", version, newer), run("diff", version, newer, "--json")

    assert text.stdout.startswith(f"{version.name} -> {newer.name}\n")
    assert "slide changed: test_003 spacing_um: 0.243 -> 0.226\n" in text.stdout
    assert json.loads(body.stdout)["after"] == newer.name
    assert run("diff", version, tmp_path).exit_code == 1


def test_export_writes_a_file_a_slide(tmp_path: Path, version: Path) -> None:
    ran = run("export", version, "--as", "geojson", "--out", tmp_path / "out")

    assert ran.stdout == f"4 files in {tmp_path / 'out'}\n"
    assert run("export", version, "--as", "svg", "--out", tmp_path).exit_code == 2
    assert run("export", version, "--as", "asap", "--out", tmp_path, "--slide", "x").exit_code == 1


@pytest.mark.parametrize("command", ["show", "cases", "verify"])
def test_a_folder_that_is_no_version_fails_in_plain_words(tmp_path: Path, command: str) -> None:
    ran = run(command, tmp_path)

    assert ran.exit_code == 1
    assert "not a truth version" in ran.stderr


def test_a_truth_root_says_which_versions_it_holds(version: Path) -> None:
    ran = run("show", version.parent)

    assert ran.exit_code == 1
    assert ran.stderr == (
        f"{version.parent}: holds the versions {version.name}: name one of them\n"
    )


def test_a_version_may_be_named_from_within_or_by_a_link(
    version: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "current").symlink_to(version)
    monkeypatch.chdir(version)

    within, by_link = run("verify", "."), run("show", tmp_path / "current", "--json")

    assert within.stdout == f"{version.name} is intact\n"
    assert json.loads(by_link.stdout)["version"] == version.name


def test_a_place_that_cannot_be_written_is_told_in_plain_words(
    version: Path, tmp_path: Path
) -> None:
    table, file = camelyon17_stages(tmp_path), tmp_path / "file"
    file.touch()

    built = run("build", "--layout", "camelyon17", table, "--out", file)
    exported = run("export", version, "--as", "asap", "--out", file)

    assert (built.exit_code, exported.exit_code) == (1, 1)
    assert built.stderr == f"{file}: File exists\n"
    assert exported.stderr == f"{file / 'lesions'}: Not a directory\n"


def test_the_commands_import_nothing_heavy_before_they_run() -> None:
    program = "import sys, ground_truth.cli; print(sorted(sys.modules))"

    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )

    assert not [name for name in ("numpy", "scipy", "openslide") if f"'{name}'" in ran.stdout]
