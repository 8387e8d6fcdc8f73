from pathlib import Path

import pytest

from ground_truth.errors import TruthError
from ground_truth.types import Kind
from ground_truth.versions.build import build_camelyon17
from ground_truth.versions.version import case_list, load_truth
from tests.builders import (
    asap_xml,
    camelyon17_stages,
    csv_text,
    square,
    zip_file,
)


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
