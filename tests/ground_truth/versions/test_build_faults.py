import zipfile
from pathlib import Path

from ground_truth.versions.build import build_camelyon16
from tests.builders import (
    asap_xml,
    camelyon16_folder,
    square,
    zip_file,
)
from tests.ground_truth.versions.test_build import problems_of


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
