from pathlib import Path

import pytest

from ground_truth.errors import TruthError
from ground_truth.reference.slides import SlideReference, SlideSize, read_reference, read_sizes
from ground_truth.types import Dimensions


def test_a_reference_with_a_header_is_read_by_alias() -> None:
    content = b"metastasis;Image;TYPE\nmacro;b.tif;tumor\nnone;a.tif;Normal\n"

    assert read_reference(content, "r.csv") == {
        "a": SlideReference("a", "normal", "none"),
        "b": SlideReference("b", "tumour", "macro"),
    }


def test_the_headerless_form_of_2016_is_read() -> None:
    content = b"Test_001,Tumor,IDC,Macro\nTest_003,Normal,IDC,None\n"

    assert read_reference(content, "r.csv") == {
        "test_001": SlideReference("test_001", "tumour", "macro"),
        "test_003": SlideReference("test_003", "normal", "none"),
    }


def test_the_open_data_mirrors_form_is_read() -> None:
    content = b"image,class,type,center\nTest_001.tif,macro,IDC,UMCU\n"
    content += b"test_002.tif,negative,None,RUMC\ntest_003.tif,Tumor,ILC,\n"

    assert read_reference(content, "r.csv") == {
        "test_001": SlideReference("test_001", "tumour", "macro", "UMCU"),
        "test_002": SlideReference("test_002", "normal", "none", "RUMC"),
        "test_003": SlideReference("test_003", "tumour", None),
    }


def test_a_category_for_a_label_may_not_contradict_the_category() -> None:
    with pytest.raises(TruthError, match=r"r\.csv:2: a is micro but its category is macro"):
        read_reference(b"slide,label,category\na,micro,macro\n", "r.csv")


def test_a_reference_needs_no_category() -> None:
    assert read_reference(b"slide,label\nx,tumour\n", "r.csv")["x"].category is None


def test_every_fault_of_a_reference_is_told_by_line() -> None:
    content = b"image,type,metastasis\na,tumor,macro\na,tumor,micro\nb,cancer,macro\n"
    content += b"c,normal,micro\nd,tumor,none\ne,tumor,huge\n,normal,none\n"

    with pytest.raises(TruthError) as caught:
        read_reference(content, "r.csv")

    assert str(caught.value).splitlines() == [
        "r.csv:3: a comes twice",
        "r.csv:4: 'cancer' is not a label: write tumor or normal",
        "r.csv:5: c is normal but its category is micro",
        "r.csv:6: d is tumour but its category is none",
        "r.csv:7: 'huge' is not a category: write macro, micro, itc or none",
        "r.csv:8: '' is not a name: use up to 100 letters, digits, dots, dashes, underscores",
    ]


def test_a_ragged_headerless_reference_is_refused() -> None:
    with pytest.raises(TruthError, match=r"r\.csv:2: has 2 cells where 4 are expected"):
        read_reference(b"a,Tumor,IDC,Macro\nb,Normal\n", "r.csv")


def test_a_reference_without_labels_is_refused() -> None:
    with pytest.raises(TruthError, match="lacks the column label"):
        read_reference(b"image,metastasis\na,macro\n", "r.csv")


def test_sizes_are_read() -> None:
    content = b"slide,width,height,spacing_um,dimensions\na.tif,100,200,0.2430,Assumed\n"

    assert read_sizes(content, "s.csv") == {
        "a": SlideSize("a", 100, 200, 0.243, Dimensions.ASSUMED)
    }


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("a,0,200,0.243,measured", "width '0' is not a whole number"),
        ("a,100,1048576,0.243,measured", "height '1048576' is not a whole number"),
        ("a,1e3,200,0.243,measured", "width '1e3' is not a whole number"),
        ("a,100,200,nan,measured", "spacing 'nan' is not a plain decimal"),
        ("a,100,200,0.0,measured", "a spacing of 0.0 um per pixel is not between"),
        ("a,100,200,243,measured", "a spacing of 243.0 um per pixel is not between"),
        ("a,100,200,0.243,guessed", "dimensions are 'guessed'"),
    ],
)
def test_implausible_sizes_are_refused(row: str, words: str) -> None:
    content = f"slide,width,height,spacing_um,dimensions\n{row}\n".encode()

    with pytest.raises(TruthError) as caught:
        read_sizes(content, "s.csv")

    assert f"s.csv:2: {words}" in str(caught.value)


def test_the_real_tables_are_read(shared: Path) -> None:
    folder = shared / "data" / "camelyon16" / "testing"

    reference = read_reference((folder / "reference.csv").read_bytes(), "reference.csv")
    sizes = read_sizes((folder / "slides.csv").read_bytes(), "slides.csv")

    assert len(reference) == len(sizes) == 130
    assert sum(entry.label == "tumour" for entry in reference.values()) == 50
    measured = [s.slide for s in sizes.values() if s.dimensions is Dimensions.MEASURED]
    assert measured == ["test_001"]
