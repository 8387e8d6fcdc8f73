import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
import tifffile

from ground_truth.errors import TruthError
from ground_truth.types import Dimensions, Kind
from ground_truth.versions.build import build_camelyon16
from ground_truth.versions.version import case_list, load_truth
from tests.builders import (
    asap_xml,
    camelyon16_folder,
    csv_text,
    square,
    zip_file,
)


def problems_of(source: Path, root: Path, *, exclusions: Path | None = None) -> list[str]:
    with pytest.raises(TruthError) as caught:
        build_camelyon16(source, root, exclusions=exclusions)
    return str(caught.value).splitlines()


def write_slide(path: Path, *, size: int = 512, spacing_um: float | None = 0.25) -> Path:
    """Write a tiled image that OpenSlide opens; without a spacing it states none."""
    pixels = np.full((size, size, 3), 240, dtype=np.uint8)
    resolution = (1.0, 1.0) if spacing_um is None else (10_000 / spacing_um, 10_000 / spacing_um)
    unit = "NONE" if spacing_um is None else "CENTIMETER"
    with tifffile.TiffWriter(path) as tiff:
        tiff.write(
            pixels, tile=(256, 256), photometric="rgb", resolution=resolution, resolutionunit=unit
        )
    return path


def test_a_build_finds_lesions_and_itc_sized_regions(tmp_path: Path) -> None:
    version = build_camelyon16(camelyon16_folder(tmp_path / "data"), tmp_path / "truth")

    truth = load_truth(tmp_path / "truth" / version)
    first, second, third, _ = truth.slides
    assert first.mask is not None
    assert first.mask.lesion_labels.tolist() == [1]
    assert first.mask.is_itc_sized.tolist() == [False, False, True]
    assert first.mask.labels_at(np.array([60, 165, 0]), np.array([60, 165, 0])).tolist() == [
        1,
        2,
        0,
    ]
    assert (second.label, second.category) == ("tumour", "micro")
    assert (first.width, first.dimensions, first.spacing_um) == (8192, Dimensions.MEASURED, 0.243)
    assert third.label == "normal"
    assert third.mask is not None
    assert third.mask.lesion_labels.tolist() == []


def test_progress_is_told_to_the_end(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []

    build_camelyon16(
        camelyon16_folder(tmp_path / "data"),
        tmp_path / "truth",
        progress=lambda done, total: told.append((done, total)),
    )

    assert told == [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]


def test_equal_sources_give_one_version_from_a_zip_or_a_folder_twice(tmp_path: Path) -> None:
    zipped = camelyon16_folder(tmp_path / "zipped")
    loose = camelyon16_folder(tmp_path / "loose")
    archive = loose / "testing" / "lesion_annotations.zip"
    with zipfile.ZipFile(archive) as members:
        members.extractall(loose / "testing" / "annotations" / "deep")
    archive.unlink()

    versions = [
        build_camelyon16(zipped, tmp_path / "one"),
        build_camelyon16(zipped, tmp_path / "one"),
        build_camelyon16(loose, tmp_path / "two"),
    ]

    assert len(set(versions)) == 1
    assert sorted(path.name for path in (tmp_path / "one").iterdir()) == [versions[0]]
    for path in (tmp_path / "one" / versions[0]).iterdir():
        assert path.read_bytes() == (tmp_path / "two" / versions[0] / path.name).read_bytes()


def test_a_changelog_or_another_spacing_makes_another_version(tmp_path: Path) -> None:
    source = camelyon16_folder(tmp_path / "a")
    other = camelyon16_folder(tmp_path / "b", spacing_um=0.226)

    versions = {
        build_camelyon16(source, tmp_path / "truth"),
        build_camelyon16(source, tmp_path / "truth", changelog="checked again"),
        build_camelyon16(other, tmp_path / "truth", changelog="measured again"),
    }

    assert len(versions) == 3


def test_a_slide_of_another_spacing_has_a_second_mask(tmp_path: Path) -> None:
    outlines = {
        "test_001.xml": asap_xml([("_0", [(640, 930), (1430, 930), (1430, 990), (640, 990)])]),
        "test_002.xml": asap_xml([("_0", square(3200, 3200, 2400))]),
    }
    source = camelyon16_folder(tmp_path / "data", spacing_um=0.226, annotations=outlines)

    truth = load_truth(tmp_path / build_camelyon16(source, tmp_path))

    slide = truth.slides[0]
    assert slide.spacing_um == 0.226
    assert slide.mask is not None
    assert slide.mask_own_spacing is not None
    assert slide.mask.is_itc_sized.tolist() == [False, False]
    assert slide.mask_own_spacing.is_itc_sized.tolist() == [False, True]
    assert slide.mask.labels.sum() < slide.mask_own_spacing.labels.sum()


def test_at_the_protocols_spacing_both_masks_are_the_same(tmp_path: Path) -> None:
    truth = load_truth(tmp_path / build_camelyon16(camelyon16_folder(tmp_path / "d"), tmp_path))

    assert all(slide.mask is slide.mask_own_spacing for slide in truth.slides)


def test_an_excluded_slide_keeps_its_place_but_not_its_kind(tmp_path: Path) -> None:
    source = camelyon16_folder(tmp_path / "data")
    exclusions = tmp_path / "e.csv"
    exclusions.write_text("slide,kind,reason\ntest_001,lesions,torn\ntest_003,all,twice\n")

    truth = load_truth(tmp_path / build_camelyon16(source, tmp_path, exclusions=exclusions))

    assert [slide.slide for slide in truth.slides_for(Kind.LESIONS)] == ["test_002", "test_004"]
    assert len(truth.slides_for(Kind.SLIDES)) == 3
    assert truth.slides[0].mask is None
    cases = case_list(truth).slides
    assert [sorted(case.kinds) for case in cases] == [
        ["slides"],
        ["lesions", "slides"],
        [],
        ["lesions", "slides"],
    ]


def test_an_excluded_tumour_slide_needs_no_outlines(tmp_path: Path) -> None:
    source = camelyon16_folder(
        tmp_path / "data", annotations={"test_001.xml": asap_xml([("_0", square(9, 9, 999))])}
    )
    exclusions = tmp_path / "e.csv"
    exclusions.write_text("slide,kind,reason\ntest_002,lesions,not exhaustively annotated\n")

    without = problems_of(source, tmp_path)
    version = build_camelyon16(source, tmp_path, exclusions=exclusions)

    assert without == [
        "reference.csv:3: test_002 is tumour but has no annotation file: add it or exclude it"
    ]
    assert load_truth(tmp_path / version).slides[1].kinds == {Kind.SLIDES}


def test_an_exclusions_file_replaces_the_default_and_may_not_name_strangers(
    tmp_path: Path,
) -> None:
    source = camelyon16_folder(tmp_path / "data")
    exclusions = tmp_path / "e.csv"
    exclusions.write_text("slide,kind,reason\ntest_049,all,twice\n")

    assert problems_of(source, tmp_path, exclusions=exclusions) == [
        "e.csv:2: excludes test_049, which is not in the reference"
    ]


@pytest.mark.parametrize("missing", ["reference.csv", "slides.csv"])
def test_a_missing_table_is_named(tmp_path: Path, missing: str) -> None:
    source = camelyon16_folder(tmp_path / "data")
    (source / "testing" / missing).unlink()

    (problem,) = problems_of(source, tmp_path)

    assert missing in problem


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path / "nowhere", tmp_path)

    assert problem.endswith("testing: no such folder: SOURCE is the one that holds testing")


def test_training_labels_come_from_the_names_of_slides(tmp_path: Path) -> None:
    training = (
        camelyon16_folder(tmp_path / "data").joinpath("testing").rename(tmp_path / "training")
    )
    (training / "reference.csv").unlink()
    header = ("slide", "width", "height", "spacing_um", "dimensions")
    rows = [(name, 9000, 9000, 0.243, "measured") for name in ("tumor_001", "normal_001")]
    (training / "slides.csv").write_text(csv_text(header, *rows))
    xml = asap_xml([("_0", square(1600, 1600, 1600))])
    zip_file(training / "lesion_annotations.zip", {"Tumor_001.xml": xml})

    truth = load_truth(tmp_path / build_camelyon16(tmp_path, tmp_path, split="training"))

    assert [(slide.slide, slide.label) for slide in truth.slides] == [
        ("normal_001", "normal"),
        ("tumor_001", "tumour"),
    ]


def test_training_slides_of_another_name_are_refused(tmp_path: Path) -> None:
    source = camelyon16_folder(tmp_path / "data")
    (source / "testing").rename(source / "training")
    (source / "training" / "reference.csv").unlink()

    with pytest.raises(TruthError, match="test_001 is neither tumor_"):
        build_camelyon16(source, tmp_path, split="training")


def test_sizes_come_from_the_images_where_there_is_no_table(tmp_path: Path) -> None:
    source = camelyon16_folder(tmp_path / "data")
    testing = source / "testing"
    (testing / "slides.csv").unlink()
    (testing / "images").mkdir()
    for number in (1, 2, 3, 4):
        write_slide(testing / "images" / f"test_00{number}.tif")
    write_slide(testing / "images" / "test_001_mask.tif")
    outlines = {f"test_00{n}.xml": asap_xml([("_0", square(32, 32, 300))]) for n in (1, 2)}
    zip_file(testing / "lesion_annotations.zip", outlines)

    truth = load_truth(tmp_path / build_camelyon16(source, tmp_path))

    slide = truth.slides[0]
    assert (slide.width, slide.height, slide.dimensions) == (512, 512, Dimensions.MEASURED)
    assert slide.spacing_um == pytest.approx(0.25)


def test_images_that_cannot_be_measured_are_told_at_once(tmp_path: Path) -> None:
    source = camelyon16_folder(tmp_path / "data")
    testing = source / "testing"
    (testing / "slides.csv").unlink()
    write_slide(testing / "test_001.tif", spacing_um=None)
    write_slide(testing / "test_002.tif", spacing_um=50)
    (testing / "test_003.tif").write_bytes(b"no image")

    problems = problems_of(source, tmp_path)

    assert [problem.partition(":")[0] for problem in problems] == [
        "test_001.tif",
        "test_002.tif",
        "test_003.tif",
    ]


def test_two_images_of_one_slide_are_refused(tmp_path: Path) -> None:
    source = camelyon16_folder(tmp_path / "data")
    (source / "testing" / "slides.csv").unlink()
    write_slide(source / "testing" / "test_001.tif")
    shutil.copy(source / "testing" / "test_001.tif", source / "testing" / "test_001.tiff")

    assert problems_of(source, tmp_path) == ["test_001.tiff: test_001 has two images"]


def test_annotations_in_no_group_are_listed_in_the_manifest(tmp_path: Path) -> None:
    outlines = {
        "test_001.xml": asap_xml([("_0", square(9, 9, 999)), ("None", square(9, 9, 9))]),
        "test_002.xml": asap_xml([("_0", square(9, 9, 999))]),
    }
    source = camelyon16_folder(tmp_path / "data", annotations=outlines)

    truth = load_truth(tmp_path / build_camelyon16(source, tmp_path))

    assert truth.manifest["ignored_annotations"] == {"test_001": ["Annotation 1"]}


def test_the_manifest_names_no_place_and_no_time(tmp_path: Path) -> None:
    version = build_camelyon16(camelyon16_folder(tmp_path / "data"), tmp_path, changelog="first")

    manifest = json.loads((tmp_path / version / "manifest.json").read_bytes())

    assert set(manifest) == {
        *("format", "layout", "split", "changelog", "protocol", "sources"),
        *("kinds", "exclusions", "label_exclusions", "ignored_annotations", "files"),
    }
    assert set(manifest["sources"]) == {
        "testing/annotations/test_001.xml",
        "testing/annotations/test_002.xml",
        "testing/reference.csv",
        "testing/slides.csv",
    }
    assert str(tmp_path) not in json.dumps(manifest)
