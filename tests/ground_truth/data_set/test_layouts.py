import zipfile
from pathlib import Path, PurePosixPath

import pytest

from ground_truth.data_set.contents import Part
from ground_truth.data_set.layouts import Layout, classify, take_inventory
from tests.ground_truth.data_set_folders import TIFF, write_files


@pytest.mark.parametrize(
    ("path", "data_set", "part", "slide"),
    [
        ("CAMELYON16/images/tumor_001.tif", "camelyon16", Part.IMAGES, "tumor_001"),
        ("CAMELYON16/masks/test_002_mask.tif", "camelyon16", Part.MASKS, "test_002"),
        (
            "CAMELYON16/background_tissue/normal_071_tissue.tif",
            "camelyon16",
            Part.TISSUE,
            "normal_071",
        ),
        ("CAMELYON16/annotations/test_001.xml", "camelyon16", Part.ANNOTATIONS, "test_001"),
        ("TrainingData/Train_Tumor/Tumor_009.tif", "camelyon16", Part.IMAGES, "tumor_009"),
        (
            "TrainingData/Ground_Truth/Mask/Tumor_009_Mask.tif",
            "camelyon16",
            Part.MASKS,
            "tumor_009",
        ),
        ("Testset/Ground_Truth/Masks/Test_001.tif", "camelyon16", Part.MASKS, "test_001"),
        (
            "testing/evaluation/test_001_evaluation_mask.tif",
            "camelyon16",
            Part.MASKS,
            "test_001",
        ),
        ("training/normal/normal_86.tif", "camelyon16", Part.IMAGES, "normal_086"),
        (
            "training/center_0/patient_004_node_4.tif",
            "camelyon17",
            Part.IMAGES,
            "patient_004_node_4",
        ),
        (
            "annotations/patient_017_node_2.xml",
            "camelyon17",
            Part.ANNOTATIONS,
            "patient_017_node_2",
        ),
    ],
)
def test_files_are_recognised_in_every_layout(
    path: str, data_set: str, part: Part, slide: str
) -> None:
    found = classify(PurePosixPath(path))

    assert found is not None
    assert (found[0].name, found[1], found[2]) == (data_set, part, slide)


@pytest.mark.parametrize("path", ["images/slide.tif", "tumor_001.txt", "tumor_1234.tif", "a.xml"])
def test_other_files_are_not(path: str) -> None:
    assert classify(PurePosixPath(path)) is None


@pytest.mark.parametrize(
    ("path", "layout"),
    [
        ("CAMELYON16/images/tumor_001.tif", Layout.AWS),
        ("CAMELYON16/training/tumor/tumor_001.tif", Layout.CHALLENGE),
        ("CAMELYON16/testing/images/test_001.tif", Layout.CHALLENGE),
        ("CAMELYON17/training/center_4/patient_099_node_4.tif", Layout.CHALLENGE),
        ("CAMELYON17/training/centre_4/patient_099_node_4.tif", Layout.CHALLENGE),
        ("CAMELYON16/TrainingData/Train_Tumor/Tumor_001.tif", Layout.FIRST_RELEASE),
        ("my slides/tumor_001.tif", Layout.OTHER),
    ],
)
def test_the_way_of_sharing_is_named(tmp_path: Path, path: str, layout: Layout) -> None:
    inventory = take_inventory(write_files(tmp_path, [path]))

    assert [item.layout for item in inventory.items] == [layout]


def test_the_folder_may_be_one_of_the_layouts_own(tmp_path: Path) -> None:
    write_files(tmp_path, ["CAMELYON16/masks/tumor_001.tif"])

    inventory = take_inventory(tmp_path / "CAMELYON16" / "masks")

    assert [(item.part, item.layout) for item in inventory.items] == [(Part.MASKS, Layout.AWS)]


def test_members_of_a_patients_zip_count_as_its_slides(tmp_path: Path) -> None:
    folder = tmp_path / "training" / "center_0"
    folder.mkdir(parents=True)
    with zipfile.ZipFile(folder / "patient_000.zip", "w") as archive:
        archive.writestr("patient_000_node_0.tif", TIFF)
        archive.writestr("patient_000/patient_000_node_1.tif", b"")
        archive.writestr("../notes.txt", b"x")

    inventory = take_inventory(tmp_path)

    assert [(item.slide, item.fault) for item in inventory.items] == [
        ("patient_000_node_0", None),
        ("patient_000_node_1", "is empty"),
    ]
    assert inventory.items[0].path == "training/center_0/patient_000.zip!patient_000_node_0.tif"
    assert inventory.items[0].layout is Layout.CHALLENGE


def test_outlines_in_a_zip_are_outlines(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "lesion_annotations.zip", "w") as archive:
        archive.writestr("tumor_001.xml", "<ASAP_Annotations/>")

    inventory = take_inventory(tmp_path)

    assert [(item.part, item.slide) for item in inventory.items] == [
        (Part.ANNOTATIONS, "tumor_001")
    ]


def test_a_broken_zip_is_a_problem_by_name(tmp_path: Path) -> None:
    (tmp_path / "patient_000.zip").write_bytes(b"PK half of it")

    inventory = take_inventory(tmp_path)

    assert [each.file for each in inventory.problems] == ["patient_000.zip"]


def test_an_empty_file_and_a_page_of_an_error_are_no_slides(tmp_path: Path) -> None:
    write_files(tmp_path, ["images/tumor_001.tif"], b"")
    write_files(tmp_path, ["images/tumor_002.tif"], b"<html>Quota exceeded")

    inventory = take_inventory(tmp_path)

    assert [item.fault for item in inventory.items] == ["is empty", "is not a TIFF file"]


def test_tables_texts_lists_and_unfinished_files_have_their_place(tmp_path: Path) -> None:
    write_files(
        tmp_path,
        [
            "CAMELYON16/evaluation/reference.csv",
            "CAMELYON17/stages.csv",
            "CAMELYON17/README.md",
            "CAMELYON16/checksums.md5",
            "CAMELYON16/images/tumor_001.tif.0123456789ab.part",
            "CAMELYON16/images/Copy of Test_039.tif",
            "CAMELYON16/images/.hidden.tif",
            "README.md",
        ],
        b"x",
    )

    inventory = take_inventory(tmp_path)

    assert [(item.data_set, item.path) for item in inventory.items] == [
        ("camelyon16", "CAMELYON16/evaluation/reference.csv"),
        ("camelyon17", "CAMELYON17/README.md"),
        ("camelyon17", "CAMELYON17/stages.csv"),
    ]
    assert inventory.checksum_lists == ["CAMELYON16/checksums.md5"]
    assert inventory.unfinished == ["CAMELYON16/images/tumor_001.tif.0123456789ab.part"]
    assert inventory.unknown == ["CAMELYON16/images/Copy of Test_039.tif"]


def test_linked_folders_are_walked_and_circles_ended(tmp_path: Path) -> None:
    write_files(tmp_path / "disk", ["tumor_001.tif"])
    folder = tmp_path / "CAMELYON16"
    folder.mkdir()
    (folder / "images").symlink_to(tmp_path / "disk")
    (tmp_path / "disk" / "again").symlink_to(folder)

    inventory = take_inventory(folder)

    assert [item.path for item in inventory.items] == ["images/tumor_001.tif"]


def test_a_link_to_nothing_is_a_slide_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "tumor_001.tif").symlink_to(tmp_path / "gone")

    inventory = take_inventory(tmp_path)

    assert [item.fault for item in inventory.items] == ["cannot be read: No such file or directory"]


def test_a_folder_that_cannot_be_listed_is_a_problem_by_name(tmp_path: Path) -> None:
    inventory = take_inventory(tmp_path / "gone")

    assert [each.message for each in inventory.problems] == ["No such file or directory"]
