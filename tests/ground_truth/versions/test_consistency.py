import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ground_truth.versions.build import build_camelyon16
from ground_truth.versions.consistency import check_version
from ground_truth.versions.version import version_of
from tests.builders import camelyon16_folder


@pytest.fixture
def version(tmp_path: Path) -> Path:
    """Return the folder of a small version."""
    return tmp_path / build_camelyon16(camelyon16_folder(tmp_path / "data"), tmp_path)


def forged(version: Path, name: str, change: Callable[[Any], None]) -> Path:
    """Change one JSON file, and make manifest and folder name agree with it again."""
    body = json.loads((version / name).read_bytes())
    change(body)
    content = json.dumps(body).encode()
    (version / name).write_bytes(content)
    manifest = json.loads((version / "manifest.json").read_bytes())
    manifest["files"][name] = hashlib.sha256(content).hexdigest()
    whole = json.dumps(manifest).encode()
    (version / "manifest.json").write_bytes(whole)
    return version.rename(version.parent / version_of(whole))


def problems_of(version: Path, name: str, change: Callable[[Any], None]) -> list[str]:
    return [str(problem) for problem in check_version(forged(version, name, change))]


def test_an_intact_version_is_sound(version: Path) -> None:
    assert check_version(version) == ()


def test_changed_bytes_come_first(version: Path) -> None:
    (version / "runs.npy").write_bytes(b"")

    assert [str(each) for each in check_version(version)] == ["runs.npy: differs from the manifest"]


def test_kinds_that_no_exclusion_explains_are_found(version: Path) -> None:
    def drop(slides: Any) -> None:
        slides[0]["kinds"] = ["lesions"]

    assert problems_of(version, "slides.json", drop) == [
        "slides.json: test_001 has other kinds than the exclusions leave it"
    ]


def test_a_slide_used_for_lesions_without_a_mask_is_found(version: Path) -> None:
    def drop(slides: Any) -> None:
        slides[2]["mask"] = None

    assert problems_of(version, "slides.json", drop) == [
        "slides.json: test_003 has a mask without being used for lesions, or none"
    ]


def test_lesions_on_a_normal_slide_are_found(version: Path) -> None:
    def relabel(slides: Any) -> None:
        slides[0]["label"] = "normal"

    assert problems_of(version, "slides.json", relabel) == [
        "slides.json: test_001 is normal and has lesions"
    ]


def test_regions_without_a_pixel_are_found(version: Path) -> None:
    def add(tables: Any) -> None:
        tables[0]["regions"].append(tables[0]["regions"][0])

    assert problems_of(version, "regions.json", add) == [
        "runs.npy: test_001 lacks regions that regions.json names"
    ]


def test_slides_out_of_order_are_found(version: Path) -> None:
    assert problems_of(version, "slides.json", lambda slides: slides.reverse()) == [
        "slides.json: names are not unique and in order"
    ]


def test_outlines_of_strangers_are_found(version: Path) -> None:
    def rename(rings: Any) -> None:
        rings[0]["slide"] = "test_9"

    assert problems_of(version, "outlines.json", rename) == [
        "outlines.json: test_9 is no slide of the version"
    ]


@pytest.mark.parametrize(
    "change",
    [
        lambda rings: rings.pop(),
        lambda rings: rings[0].update(role="doubt"),
        lambda rings: rings[0].update(vertices=-1),
        lambda rings: rings[0].pop("slide"),
    ],
    ids=["ring missing", "unknown role", "negative count", "no slide"],
)
def test_outlines_that_do_not_add_up_are_found(
    version: Path, change: Callable[[Any], None]
) -> None:
    (problem,) = problems_of(version, "outlines.json", change)

    assert "not a truth version" in problem
