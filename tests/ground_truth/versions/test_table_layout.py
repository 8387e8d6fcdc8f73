from pathlib import Path

import numpy as np
import pytest

from ground_truth.errors import TruthError
from ground_truth.types import Kind
from ground_truth.versions.build import build_camelyon16
from ground_truth.versions.table_layout import build_table
from ground_truth.versions.tumour import Reading
from ground_truth.versions.version import case_list, label_exclusions_of, load_truth
from tests.builders import asap_xml, camelyon16_folder, csv_text, square
from tests.ground_truth.mask_folders import painted
from tests.ground_truth.pyramids import write_mask, write_pyramid

HEADER = ("slide", "annotation", "label", "category", "centre", "exhaustive")
SIZES = ("width", "height", "spacing_um")
BOTH = {Kind.LESIONS, Kind.SLIDES}


def written(folder: Path, *rows: tuple[object, ...], header: tuple[str, ...] = HEADER) -> Path:
    """Write a table of 8192-pixel slides and the outlines ``a.xml`` and ``b.xml``."""
    (folder / "x").mkdir(parents=True)
    (folder / "x" / "a.xml").write_text(asap_xml([("_0", square(1600, 1600, 1600))]))
    (folder / "x" / "b.xml").write_text(asap_xml([("_0", square(3200, 3200, 2400))]))
    (folder / "table.csv").write_text(
        csv_text((*header, *SIZES), *((*row, 8192, 8192, 0.243) for row in rows))
    )
    return folder / "table.csv"


def problems_of(table: Path, exclusions: Path | None = None) -> list[str]:
    with pytest.raises(TruthError) as caught:
        build_table(table, table.parent / "truth", exclusions=exclusions)
    return str(caught.value).splitlines()


def test_a_table_of_outlines_and_a_mask_gives_what_the_folders_give(tmp_path: Path) -> None:
    folder = camelyon16_folder(tmp_path / "folder")
    known = load_truth(folder / build_camelyon16(folder, folder))
    table = written(
        tmp_path / "table",
        ("test_001", "x/one_mask.tif", "tumor", "macro", "rumc", "all"),
        ("test_002.tif", "x/two.xml", "tumor", "micro", "umcu", "all"),
        ("test_003", "", "normal", "none", "rumc", ""),
        ("test_004", "", "normal", "none", "umcu", ""),
    )
    one = asap_xml([("_0", square(1600, 1600, 1600)), ("_1", square(5120, 5120, 320))])
    write_mask(table.parent / "x" / "one_mask.tif", painted(one.encode(), 8192))
    two = asap_xml([("_0", square(3200, 3200, 2400)), ("_2", square(4000, 4000, 800))])
    (table.parent / "x" / "two.xml").write_text(two)

    version = build_table(table, tmp_path / "truth", reading=Reading(tumour_value=1))

    truth = load_truth(tmp_path / "truth" / version)
    assert (truth.layout, [slide.centre for slide in truth.slides]) == (
        "table",
        ["rumc", "umcu", "rumc", "umcu"],
    )
    for slide, same in zip(truth.slides, known.slides, strict=True):
        assert (slide.slide, slide.label, slide.kinds) == (same.slide, same.label, same.kinds)
        assert slide.mask is not None
        assert same.mask is not None
        np.testing.assert_array_equal(slide.mask.labels, same.mask.labels)
    assert set(truth.manifest["sources"]) == {  # type: ignore[call-overload] # JSON
        *("table.csv", "annotations/test_001_mask.tif", "annotations/test_002.xml")
    }


def test_what_follows_from_labels_is_dropped_at_scoring_but_not_from_the_case_list(
    tmp_path: Path,
) -> None:
    table = written(
        tmp_path,
        ("s1", "x/a.xml", "tumor", "macro", "", "micro_macro"),
        ("s2", "x/b.xml", "itc", "", "", "micro_macro"),
        ("s3", "", "tumor", "", "", "none"),
        ("s4", "x/b.xml", "itc", "", "", "all"),
        ("s5", "", "negative", "", "", "none"),
    )

    truth = load_truth(tmp_path / build_table(table, tmp_path))

    assert [slide.slide for slide in truth.slides_for(Kind.LESIONS)] == ["s1", "s4", "s5"]
    assert len(truth.slides_for(Kind.SLIDES)) == 5
    assert all(case.kinds == BOTH for case in case_list(truth).slides)
    assert [each.slide for each in label_exclusions_of(truth)] == ["s2", "s3"]
    assert truth.manifest["exclusions"] == []


def test_an_exclusions_file_is_public(tmp_path: Path) -> None:
    table = written(tmp_path, ("s1", "x/a.xml", "tumor", "", "", "all"))
    (tmp_path / "e.csv").write_text("slide,kind,reason\ns1,lesions,torn\n")

    version = build_table(table, tmp_path, exclusions=tmp_path / "e.csv")

    assert case_list(load_truth(tmp_path / version)).slides[0].kinds == {Kind.SLIDES}


def test_a_table_without_annotations_is_for_slide_labels_alone(tmp_path: Path) -> None:
    header = ("slide", "label")
    table = written(tmp_path, ("s1", "tumor"), ("s2", "normal"), header=header)

    truth = load_truth(tmp_path / build_table(table, tmp_path))

    assert truth.slides_for(Kind.LESIONS) == ()
    assert all(case.kinds == {Kind.SLIDES} for case in case_list(truth).slides)


def test_a_slides_own_image_tells_its_size(tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    write_pyramid(tmp_path / "s" / "one.tif", 1001, 603)
    (tmp_path / "table.csv").write_text("slide,label\ns/one.tif,normal\n")

    truth = load_truth(tmp_path / build_table(tmp_path / "table.csv", tmp_path))

    slide = truth.slides[0]
    assert (slide.slide, slide.width, slide.height) == ("one", 1001, 603)
    assert slide.spacing_um == pytest.approx(0.25)


def test_every_fault_of_a_table_is_told_by_line(tmp_path: Path) -> None:
    table = written(
        tmp_path,
        ("s1", "x/a.xml", "tumor", "", "", ""),
        ("s2", "x/a.xml", "tumor", "", "", "micro_macro"),
        ("s3", "x/a.xml", "tumor", "", "", "some"),
        ("s4", "x/none.xml", "tumor", "", "", "all"),
        ("s5", "../a.xml", "tumor", "", "", "all"),
        ("s6", "table.csv", "tumor", "", "", "all"),
        ("s7", "", "ill", "", "", "all"),
        ("s8", "", "normal", "macro", "", "all"),
        ("s8", "", "normal", "", "", "all"),
        ("s8", "", "normal", "", "", "all"),
        ("s9", "", "micro", "macro", "", "all"),
    )

    assert problems_of(table) == [
        "table.csv:2: s1 is tumour: is it annotated exhaustively? all, micro_macro, none",
        "table.csv:3: s2 is annotated but for itc: is its category itc, micro or macro?",
        "table.csv:4: exhaustive is 'some': write all, micro_macro or none",
        "table.csv:5: 'x/none.xml' is not there",
        "table.csv:6: '../a.xml' leads out of its folder",
        "table.csv:7: 'table.csv' is neither an XML nor a TIFF file",
        "table.csv:8: 'ill' is not a label: write tumor or normal",
        "table.csv:9: s8 is normal but its category is macro",
        "table.csv:11: s8 comes twice",
        "table.csv:12: s9 is micro but its category is macro",
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("slide,label,annotation\n", "lacks the column exhaustive"),
        ("slide,annotation,exhaustive\n", "lacks the column label"),
        ("slide,label,mask,xml\ns,normal,,\n", "column 'annotation' comes twice"),
        ("slide,label\ns1,tumor\n", ":2: s1 has no width and height, and its image is not there"),
        ("slide,label,width,height\ns1,tumor,5,5\n", ":2: spacing '' is not a plain decimal"),
        ("slide,label,width,height\ns1,tumor,5,\n", ":2: height '' is not a whole number"),
        ("slide,label\ntable.csv,tumor\n", ":2: OpenSlide cannot read it"),
    ],
)
def test_a_table_that_lacks_something_is_refused(
    tmp_path: Path, content: str, message: str
) -> None:
    (tmp_path / "table.csv").write_text(content)

    (problem,) = problems_of(tmp_path / "table.csv")

    assert message in problem


def test_a_tumour_slide_without_outlines_is_told_by_line(tmp_path: Path) -> None:
    table = written(tmp_path, ("s0", "", "normal", "", "", ""), ("s1", "", "tumor", "", "", "all"))

    assert problems_of(table) == [
        "table.csv:3: s1 is tumour but has no annotation file: add it or exclude it"
    ]


def test_exclusions_of_strangers_are_told_by_line(tmp_path: Path) -> None:
    table = written(tmp_path, ("s0", "", "normal", "", "", ""))
    (tmp_path / "e.csv").write_text("slide,kind,reason\ns1,lesions,torn\n")

    assert problems_of(table, exclusions=tmp_path / "e.csv") == [
        "e.csv:2: excludes s1, which is not in the reference"
    ]


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path / "table.csv")

    assert "table.csv: cannot be read: No such file" in problem
