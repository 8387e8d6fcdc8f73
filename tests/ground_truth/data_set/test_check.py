import zipfile
from pathlib import Path

from ground_truth.data_set.check import DataSetReport, report_data_sets
from ground_truth.data_set.contents import CAMELYON16, CAMELYON17, Part
from ground_truth.data_set.layouts import Layout, take_inventory
from tests.ground_truth.data_set_folders import TIFF, numbered, write_files

NORMAL = numbered("normal_{:03d}.tif", [n for n in range(1, 161) if n != 86])
TUMOUR = numbered("tumor_{:03d}.tif", range(1, 112))
TEST = numbered("test_{:03d}.tif", [n for n in range(1, 131) if n != 49])


def report_on(folder: Path, parts: set[Part] | None = None) -> DataSetReport:
    (report,) = report_data_sets(take_inventory(folder), parts)
    return report


def missing_from(report: DataSetReport) -> dict[tuple[str, str], tuple[str, ...]]:
    return {(each.part, each.split): each.missing for each in report.completeness}


def test_a_whole_copy_from_aws_is_complete(tmp_path: Path) -> None:
    images = [f"CAMELYON16/images/{name}" for name in NORMAL + TUMOUR + TEST]

    report = report_on(write_files(tmp_path, images))

    assert report.data_set is CAMELYON16
    assert report.layouts == (Layout.AWS,)
    assert [(each.split, each.expected) for each in report.completeness] == [
        ("training", 270),
        ("testing", 129),
    ]
    assert report.is_complete


def test_a_whole_copy_from_gigascience_is_complete_with_its_duplicate(tmp_path: Path) -> None:
    images = [
        *(f"training/normal/{name}" for name in NORMAL),
        *(f"training/tumor/{name}" for name in TUMOUR),
        *(f"testing/images/{name}" for name in [*TEST, "test_049.tif"]),
    ]

    report = report_on(write_files(tmp_path, images))

    assert report.layouts == (Layout.CHALLENGE,)
    assert report.is_complete
    assert report.unpublished_paths == ()
    told = {each.slide: each.text for each in report.errata}
    assert told["test_049"].endswith("not counted: testing/images/test_049.tif")


def test_what_lacks_is_named(tmp_path: Path) -> None:
    names = [f"images/{name}" for name in NORMAL + TUMOUR + TEST if name != "test_007.tif"]

    report = report_on(write_files(tmp_path, names[1:]))

    assert missing_from(report) == {
        ("images", "training"): ("normal_001",),
        ("images", "testing"): ("test_007",),
    }
    assert not report.is_complete


def test_the_old_name_of_a_slide_counts_as_its_present_one(tmp_path: Path) -> None:
    names = [f"training/{name}" for name in NORMAL + TUMOUR[:-1]]

    report = report_on(write_files(tmp_path, [*names, "training/normal/Normal_86.tif"]))

    told = {each.slide: each.text for each in report.errata}
    assert missing_from(report)["images", "training"] == ()
    assert told["normal_086"] == "is tumor_111; counted as that: training/normal/Normal_86.tif"
    assert told["test_049"].endswith("(not here)")


def test_both_names_of_one_slide_are_copies(tmp_path: Path) -> None:
    report = report_on(write_files(tmp_path, ["a/normal_086.tif", "b/tumor_111.tif"]))

    assert report.copies == {"tumor_111": ("a/normal_086.tif", "b/tumor_111.tif")}


def test_a_damaged_slide_is_missing(tmp_path: Path) -> None:
    write_files(tmp_path, ["images/tumor_002.tif"])
    write_files(tmp_path, ["images/tumor_001.tif"], b"<html>")

    report = report_on(tmp_path)

    assert report.damaged == ("images/tumor_001.tif: is not a TIFF file",)
    assert "tumor_001" in missing_from(report)["images", "training"]
    assert report.files[Part.IMAGES] == 1


def test_a_slide_that_was_never_published_is_a_stranger(tmp_path: Path) -> None:
    report = report_on(write_files(tmp_path, ["images/tumor_112.tif", "images/test_131.tif"]))

    assert report.unpublished_paths == ("images/test_131.tif", "images/tumor_112.tif")


def test_camelyon17_is_complete_from_zips_of_patients_and_folders_of_centres(
    tmp_path: Path,
) -> None:
    nodes = [f"center_{p // 20}/patient_{p:03d}_node_{n}.tif" for p in range(100) for n in range(5)]
    write_files(tmp_path / "CAMELYON17" / "training", nodes)
    (tmp_path / "CAMELYON17" / "testing" / "patients").mkdir(parents=True)
    for patient in range(100, 200):
        path = tmp_path / "CAMELYON17" / "testing" / "patients" / f"patient_{patient}.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for node in range(5):
                archive.writestr(f"patient_{patient}_node_{node}.tif", TIFF)

    report = report_on(tmp_path)

    assert report.data_set is CAMELYON17
    assert [(each.split, len(each.present)) for each in report.completeness] == [
        ("training", 500),
        ("testing", 500),
    ]
    assert report.is_complete


def test_outlines_are_asked_for_where_some_are_there(tmp_path: Path) -> None:
    write_files(tmp_path, ["annotations/patient_004_node_4.xml"], b"<ASAP_Annotations/>")

    missing = missing_from(report_on(tmp_path))["annotations", "training"]

    assert len(missing) == 49
    assert missing[0] == "patient_009_node_1"


def test_only_the_parts_asked_for_must_be_whole(tmp_path: Path) -> None:
    names = numbered("annotations/tumor_{:03d}.xml", range(1, 111))
    write_files(tmp_path, names, b"<ASAP_Annotations/>")

    alone = report_on(tmp_path, {Part.ANNOTATIONS})
    with_table = report_on(tmp_path, {Part.ANNOTATIONS, Part.REFERENCE})

    assert alone.is_complete
    assert with_table.missing_parts == (Part.REFERENCE,)
    assert not with_table.is_complete


def test_a_part_asked_for_of_which_nothing_is_there_is_lacking(tmp_path: Path) -> None:
    write_files(tmp_path, ["images/tumor_001.tif", "masks/tumor_001_mask.tif"])

    report = report_on(tmp_path, {Part.MASKS, Part.TISSUE})

    assert report.missing_parts == (Part.TISSUE,)
    assert not report.is_complete


def test_both_data_sets_in_one_folder_are_reported_one_by_one(tmp_path: Path) -> None:
    write_files(
        tmp_path, ["CAMELYON16/images/tumor_001.tif", "CAMELYON17/images/patient_000_node_0.tif"]
    )

    reports = report_data_sets(take_inventory(tmp_path))

    assert [report.data_set for report in reports] == [CAMELYON16, CAMELYON17]


def test_an_empty_folder_has_no_report(tmp_path: Path) -> None:
    assert report_data_sets(take_inventory(tmp_path)) == ()
