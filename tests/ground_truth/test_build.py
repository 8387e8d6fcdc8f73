import csv
import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
import tifffile

from ground_truth.build import build_camelyon16, build_camelyon17
from ground_truth.errors import TruthError
from ground_truth.types import Dimensions, Kind
from ground_truth.version import case_list, load_truth
from tests.builders import (
    asap_xml,
    camelyon16_folder,
    camelyon17_stages,
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


def test_contradictions_between_the_sources_are_told_at_once(tmp_path: Path) -> None:
    outlines = {
        "test_001.xml": asap_xml([("_0", square(9, 9, 999))]),
        "test_777.xml": asap_xml([]),
    }
    source = camelyon16_folder(tmp_path / "data", annotations=outlines)
    with (source / "testing" / "slides.csv").open("a") as file:
        file.write("test_888,9,9,0.243,measured\n")
    with (source / "testing" / "reference.csv").open("a") as file:
        file.write("test_999,normal,IDC,none\n")

    assert problems_of(source, tmp_path) == [
        "reference.csv:6: test_999 has no size in slides.csv",
        "slides.csv:6: test_888 is not in reference.csv",
        "test_777.xml: test_777 is not in reference.csv",
        "reference.csv:3: test_002 is tumour but has no annotation file: add it or exclude it",
    ]


def test_faults_of_several_annotation_files_are_told_at_once(tmp_path: Path) -> None:
    outlines = {
        "test_001.xml": asap_xml([("_0", square(9, 9, 999)), ("_7", square(9, 9, 9))]),
        "test_002.xml": asap_xml([("_2", square(9, 9, 9))]),
        "test_003.xml": asap_xml([("_0", square(9, 9, 9))]),
    }

    assert problems_of(camelyon16_folder(tmp_path / "d", annotations=outlines), tmp_path) == [
        "test_001.xml:12: group '_7' is not declared in the file",
        "test_002.xml: outlines no tumour on a slide that is tumour",
        "test_003.xml: outlines tumour on a slide that is normal",
    ]
    assert not [path for path in tmp_path.iterdir() if path.name != "d"]


def test_faults_of_several_tables_are_told_at_once(tmp_path: Path) -> None:
    source = camelyon16_folder(tmp_path / "data")
    (source / "testing" / "slides.csv").write_text("slide\n")
    (source / "testing" / "reference.csv").write_text("image,type\na,cancer\n")
    (source / "testing" / "lesion_annotations.zip").write_bytes(b"PK\x03\x04 not really")

    problems = problems_of(source, tmp_path)

    assert [problem.partition(":")[0] for problem in problems] == [
        "slides.csv",
        "reference.csv",
        "lesion_annotations.zip",
    ]


def test_outlines_that_no_slide_can_hold_are_told_by_slide(tmp_path: Path) -> None:
    outlines = {
        "test_001.xml": asap_xml([("_0", square(0, 0, 600_000))]),
        "test_002.xml": asap_xml([("_0", square(0, 0, 900))]),
    }
    source = camelyon16_folder(tmp_path / "d", annotations=outlines, dimensions="assumed")

    (problem,) = problems_of(source, tmp_path)

    assert problem.startswith("test_001: the outlines span")


def test_a_slide_with_two_annotation_files_is_refused(tmp_path: Path) -> None:
    source = camelyon16_folder(tmp_path / "data")
    (source / "testing" / "Test_001.xml").write_text(asap_xml([]))

    assert problems_of(source, tmp_path) == ["test_001.xml: test_001 has two annotation files"]


def test_a_member_that_cannot_be_unpacked_is_refused(tmp_path: Path) -> None:
    source = camelyon16_folder(tmp_path / "data")
    archive = source / "testing" / "lesion_annotations.zip"
    content = bytearray(archive.read_bytes())
    content[100:160] = bytes(60)
    archive.write_bytes(bytes(content))

    (problem,) = problems_of(source, tmp_path)

    assert problem.startswith("test_001.xml: cannot be read")


def test_an_annotation_file_that_unpacks_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    source = camelyon16_folder(tmp_path / "data")
    zip_file(
        source / "testing" / "lesion_annotations.zip",
        {"test_001.xml": b" " * 60_000_000, "test_002.xml": asap_xml([("_0", square(9, 9, 999))])},
    )

    assert problems_of(source, tmp_path) == ["test_001.xml: larger than 10 MB"]


def test_foreign_members_and_macos_leftovers_of_a_zip_are_passed_over(tmp_path: Path) -> None:
    source = camelyon16_folder(tmp_path / "data")
    archive = source / "testing" / "lesion_annotations.zip"
    with zipfile.ZipFile(archive, "a") as members:
        members.writestr("readme.txt", "hello")
        members.writestr("__MACOSX/._test_001.xml", b"\0")

    assert build_camelyon16(source, tmp_path / "truth")


def test_a_zip_of_very_many_members_is_refused(tmp_path: Path) -> None:
    source = camelyon16_folder(tmp_path / "data")
    members = {f"test_{number}.xml": "" for number in range(10_001)}
    zip_file(source / "testing" / "lesion_annotations.zip", members)

    assert problems_of(source, tmp_path) == ["lesion_annotations.zip: has more than 10000 members"]


def test_a_file_that_is_no_name_is_refused(tmp_path: Path) -> None:
    source = camelyon16_folder(tmp_path / "data")
    (source / "testing" / "a b.xml").write_text("")

    (problem,) = problems_of(source, tmp_path)

    assert "'a b.xml' is not a name" in problem


@pytest.mark.parametrize("missing", ["reference.csv", "slides.csv"])
def test_a_missing_table_is_named(tmp_path: Path, missing: str) -> None:
    source = camelyon16_folder(tmp_path / "data")
    (source / "testing" / missing).unlink()

    (problem,) = problems_of(source, tmp_path)

    assert missing in problem


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path / "nowhere", tmp_path)

    assert problem.endswith("testing: no such folder")


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


def test_stages_are_built_from_a_folder_or_the_table_itself(tmp_path: Path) -> None:
    table = camelyon17_stages(tmp_path / "data")

    version = build_camelyon17(table.parent, tmp_path)

    assert build_camelyon17(table, tmp_path) == version
    truth = load_truth(tmp_path / version)
    assert (truth.layout, len(truth.slides), len(truth.patients)) == ("camelyon17", 0, 2)
    assert case_list(truth).patients[1].nodes[0] == "patient_020_node_0"


def test_missing_stages_are_named(tmp_path: Path) -> None:
    with pytest.raises(TruthError, match=r"stages\.csv: cannot be read: No such file"):
        build_camelyon17(tmp_path, tmp_path)


def test_stages_know_no_slide_to_exclude(tmp_path: Path) -> None:
    exclusions = tmp_path / "e.csv"
    exclusions.write_text("slide,kind,reason\ntest_049,all,twice\n")

    with pytest.raises(TruthError, match="test_049, which is not in the reference"):
        build_camelyon17(camelyon17_stages(tmp_path), tmp_path, exclusions=exclusions)


def nodes_folder(folder: Path) -> Path:
    """Write stages of patient_020 with outlines: macro, itc and negative nodes as slides."""
    table = camelyon17_stages(folder)
    table.write_text(
        table.read_text().replace("patient_020_node_1.tif,negative", "patient_020_node_1.tif,itc")
    )
    header = ("slide", "width", "height", "spacing_um", "dimensions")
    rows = [(f"patient_020_node_{node}.tif", 8192, 8192, 0.243, "measured") for node in (0, 1, 2)]
    (folder / "slides.csv").write_text(csv_text(header, *rows))
    xml = asap_xml([("metastases", square(1600, 1600, 1600))], ("metastases",))
    zip_file(
        folder / "lesion_annotations.zip",
        {"patient_020_node_0.xml": xml, "patient_000_node_1.xml": "not read"},
    )
    return folder


def test_nodes_with_outlines_become_slides(tmp_path: Path) -> None:
    version = build_camelyon17(nodes_folder(tmp_path / "data"), tmp_path)

    truth = load_truth(tmp_path / version)
    assert [(slide.slide, slide.label, slide.category) for slide in truth.slides] == [
        ("patient_020_node_0", "tumour", "macro"),
        ("patient_020_node_1", "tumour", "itc"),
        ("patient_020_node_2", "normal", "negative"),
    ]
    assert {slide.centre for slide in truth.slides} == {"1"}
    assert [slide.slide for slide in truth.slides_for(Kind.LESIONS)] == [
        "patient_020_node_0",
        "patient_020_node_2",
    ]
    assert all(len(case.kinds) == 2 for case in case_list(truth).slides)
    assert len(truth.patients) == 2


def test_faults_of_node_slides_are_told_at_once(tmp_path: Path) -> None:
    folder = nodes_folder(tmp_path / "data")
    (folder / "lesion_annotations.zip").unlink()
    with (folder / "slides.csv").open("a") as file:
        file.write("patient_077_node_0.tif,9,9,0.243,measured\n")

    with pytest.raises(TruthError) as caught:
        build_camelyon17(folder, tmp_path)

    first, second = str(caught.value).splitlines()
    assert first == "slides.csv:5: patient_077_node_0 is not in stages.csv"
    assert second.startswith("stages.csv:9: patient_020_node_0 is tumour but has no annotation")


def test_the_real_testing_truth_is_built(shared: Path, tmp_path: Path) -> None:
    version = build_camelyon16(shared / "data" / "camelyon16", tmp_path)

    truth = load_truth(tmp_path / version)
    lesions = truth.slides_for(Kind.LESIONS)
    masks = {slide.slide: slide.mask for slide in lesions if slide.mask is not None}
    assert (len(truth.slides), len(lesions), len(truth.slides_for(Kind.SLIDES))) == (130, 128, 129)
    assert len(masks) == 128
    assert sum(len(mask.lesion_labels) for mask in masks.values()) == 226
    assert sum(int(mask.is_itc_sized.sum()) for mask in masks.values()) == 270
    with (shared / "oracles" / "froc" / "lesions.csv").open() as file:
        for row in csv.DictReader(file):
            at = np.array([int(row["col5"])]), np.array([int(row["row5"])])
            assert masks[row["slide"]].labels_at(*at).tolist() == [int(row["label"])]


def test_the_real_training_truth_is_built(shared: Path, tmp_path: Path) -> None:
    version = build_camelyon16(shared / "data" / "camelyon16", tmp_path, split="training")

    truth = load_truth(tmp_path / version)
    assert len(truth.slides) == 37
    assert len(truth.slides_for(Kind.LESIONS)) == 29


def test_the_real_stages_are_built(shared: Path, tmp_path: Path) -> None:
    versions = {
        build_camelyon17(shared / "data" / "camelyon17" / name, tmp_path, changelog=name)
        for name in ("stages.csv", "stages_2017.csv")
    }

    assert len(versions) == 2
    assert all(len(load_truth(tmp_path / version).patients) == 100 for version in versions)
