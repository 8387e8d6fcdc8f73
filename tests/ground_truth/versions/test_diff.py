import json
from pathlib import Path

import pytest

from ground_truth.types import GroundTruth
from ground_truth.versions.build import build_camelyon16, build_camelyon17
from ground_truth.versions.diff import difference
from ground_truth.versions.diff_text import difference_lines
from ground_truth.versions.version import load_truth
from tests.builders import asap_xml, camelyon16_folder, camelyon17_stages, csv_text, square

ONE_MM2_PX = 16538
"""Level-5 pixels of a mm2 at 0.243 um: 1 / (0.243 * 32 / 1000)^2 = 16538.2."""


def truth_of(folder: Path, outlines: dict[str, str] | None = None) -> GroundTruth:
    source = camelyon16_folder(folder, annotations=outlines)
    return load_truth(folder / build_camelyon16(source, folder, changelog="redrawn"))


def lines_between(before: GroundTruth, after: GroundTruth) -> list[str]:
    return list(difference_lines(difference(before, after)))


def outlines(*first: tuple[float, float, float]) -> dict[str, str]:
    """Return annotations whose test_001 has these squares; test_002 is as usual."""
    return {
        "test_001.xml": asap_xml([("_0", square(*each)) for each in first]),
        "test_002.xml": asap_xml(
            [("_0", square(3200, 3200, 2400)), ("_2", square(4000, 4000, 800))]
        ),
    }


def test_a_version_does_not_differ_from_itself(tmp_path: Path) -> None:
    truth = truth_of(tmp_path)

    assert lines_between(truth, truth)[2:] == ["nothing differs"]


@pytest.mark.parametrize(
    ("before", "after", "change", "reason"),
    [
        ([(1600, 1600, 1600)], [(1600, 1600, 1632)], "changed", "grown"),
        ([(1600, 1600, 1600)], [(1632, 1600, 1568)], "changed", "shrunk"),
        ([(1600, 1600, 1600)], [(1632, 1600, 1600)], "changed", "moved"),
        ([(1600, 1600, 480)], [(1600, 1600, 1600)], "changed", "grown, no longer ITC-sized"),
        ([(1600, 1600, 1600)], [(1600, 1600, 480)], "changed", "shrunk, now ITC-sized"),
        ([(320, 320, 1600)], [(320, 320, 1600), (5120, 5120, 960)], "added", "nothing was there"),
        ([(320, 320, 1600), (5120, 5120, 960)], [(320, 320, 1600)], "removed", "nothing is there"),
        (
            [(320, 320, 2400)],
            [(320, 320, 960), (1760, 320, 960)],
            "changed",
            "split: 1 became 2",
        ),
        (
            [(320, 320, 960), (1760, 320, 960)],
            [(320, 320, 2400)],
            "changed",
            "merged: 2 became 1",
        ),
    ],
)
def test_each_way_a_lesion_can_change_has_its_reason(
    tmp_path: Path,
    before: list[tuple[float, float, float]],
    after: list[tuple[float, float, float]],
    change: str,
    reason: str,
) -> None:
    old = truth_of(tmp_path / "a", outlines(*before))
    new = truth_of(tmp_path / "b", outlines(*after))

    (found,) = difference(old, new).regions

    assert (found.slide, found.change, found.reason) == ("test_001", change, reason)


def test_changes_carry_their_areas(tmp_path: Path) -> None:
    old = truth_of(tmp_path / "a", outlines((1600, 1600, 1600)))
    new = truth_of(tmp_path / "b", outlines((1600, 1600, 1600), (4160, 4160, 3200)))

    (found,) = difference(old, new).regions

    assert found.before == ()
    # 99 x 99 pixels lie strictly inside; 4 more on each side and 13 at each corner are within 4.82.
    assert found.after[0].area_px5 == 99 * 99 + 4 * 99 * 4 + 4 * 13
    assert found.after[0].area_mm2 == pytest.approx(11_437 / ONE_MM2_PX, rel=1e-3)
    assert found.after[0].feret_um == pytest.approx(99 * 2**0.5 * 32 * 0.243, abs=0.1)
    assert (
        "lesion added: test_001: none -> lesion 2 of 0.692 mm2: nothing was there"
        in lines_between(old, new)
    )


def test_another_cut_out_within_the_same_region_is_told(tmp_path: Path) -> None:
    old = truth_of(
        tmp_path / "a", outlines() | {"test_001.xml": asap_xml([("_0", square(1600, 1600, 1600))])}
    )
    new = truth_of(
        tmp_path / "b",
        outlines()
        | {
            "test_001.xml": asap_xml(
                [("_0", square(1600, 1600, 1600)), ("_2", square(2240, 2240, 64))]
            )
        },
    )

    found = difference(old, new)

    # The hole is filled again, so neither region nor diameter changes: only the source does.
    assert found.regions == ()
    assert [change.field for change in found.sources] == [
        "testing/annotations/test_001.xml",
    ]


def test_slides_that_come_and_go_are_named_with_their_lesions(tmp_path: Path) -> None:
    old = truth_of(tmp_path / "a")
    source = camelyon16_folder(tmp_path / "b")
    split = source / "testing"
    for name in ("reference.csv", "slides.csv"):
        text = (split / name).read_text()
        (split / name).write_text(text.replace("test_004", "test_005"))
    new = load_truth(tmp_path / build_camelyon16(source, tmp_path))

    there, back = difference(old, new), difference(new, old)

    assert (there.slides_added, there.slides_removed) == (("test_005",), ("test_004",))
    assert (back.slides_added, back.slides_removed) == (("test_004",), ("test_005",))


def test_exclusions_and_what_follows_from_them_are_told(tmp_path: Path) -> None:
    source = camelyon16_folder(tmp_path / "data")
    (tmp_path / "e.csv").write_text("slide,kind,reason\ntest_002,lesions,torn\n")
    old = load_truth(tmp_path / build_camelyon16(source, tmp_path))
    version = build_camelyon16(
        source, tmp_path, exclusions=tmp_path / "e.csv", changelog="test_002 is torn"
    )
    new = load_truth(tmp_path / version)

    assert lines_between(old, new)[1:] == [
        "changelog: test_002 is torn",
        "slide changed: test_002 kinds: lesions, slides -> slides",
        "lesion removed: test_002: lesion 1 of 0.406 mm2 -> none: the slide is excluded: torn",
        "exclusion added: test_002 from lesions: torn",
    ]
    assert difference(old, new).to_json()["exclusions"] == {
        "added": [{"slide": "test_002", "kind": "lesions", "reason": "torn"}],
        "removed": [],
    }
    assert (
        "lesion added: test_002: none -> lesion 1 of 0.406 mm2:"
        " the slide is used for lesions again: torn"
    ) in lines_between(new, old)


def test_changed_slides_and_parameters_are_told_by_field(tmp_path: Path) -> None:
    old = load_truth(tmp_path / build_camelyon16(camelyon16_folder(tmp_path / "a"), tmp_path))
    other = camelyon16_folder(tmp_path / "b", spacing_um=0.226, dimensions="assumed")
    new = load_truth(other / build_camelyon16(other, other))

    lines = lines_between(old, new)

    assert "slide changed: test_003 dimensions: measured -> assumed" in lines
    assert "slide changed: test_003 spacing_um: 0.243 -> 0.226" in lines
    assert "source changed: testing/slides.csv" in lines


def test_versions_of_two_layouts_differ_in_their_parameters(tmp_path: Path) -> None:
    slides = truth_of(tmp_path / "a")
    stages = load_truth(tmp_path / build_camelyon17(camelyon17_stages(tmp_path / "b"), tmp_path))

    found = difference(slides, stages)

    assert [(each.field, each.before, each.after) for each in found.parameters] == [
        ("layout", "camelyon16", "camelyon17"),
        ("split", "testing", None),
    ]
    assert "lesion removed: test_001" in "\n".join(difference_lines(found))
    assert "stage added: patient_000: none -> pN0" in list(difference_lines(found))


def test_the_json_form_is_json(tmp_path: Path) -> None:
    old, new = truth_of(tmp_path / "a"), truth_of(tmp_path / "b", outlines((1600, 1600, 320)))

    body = json.loads(json.dumps(difference(old, new).to_json()))

    assert set(body) == {
        *("before", "after", "changelog", "slides", "lesions", "stages"),
        *("parameters", "exclusions", "sources"),
    }
    assert [each["change"] for each in body["lesions"]] == ["changed", "removed"]


def test_the_first_stages_differ_from_the_corrected_in_22_rows_of_6_patients(
    shared: Path, tmp_path: Path
) -> None:
    folder = shared / "data" / "camelyon17"
    first, corrected = (
        load_truth(tmp_path / build_camelyon17(folder / name, tmp_path, changelog=name))
        for name in ("stages_2017.csv", "stages.csv")
    )

    found = difference(first, corrected)

    rows = {(row.name, row.before, row.after) for row in found.stages}
    assert rows == slow_row_differences(folder / "stages_2017.csv", folder / "stages.csv")
    assert len(rows) == len(found.stages) == 22
    assert found.patients == (
        *("patient_018", "patient_029", "patient_067"),
        *("patient_072", "patient_076", "patient_080"),
    )


def slow_row_differences(first: Path, second: Path) -> set[tuple[str, str, str]]:
    """Compare two tables line by line."""
    one, other = (
        dict(line.split(",")[:2] for line in path.read_text().splitlines()[1:])
        for path in (first, second)
    )
    return {
        (name.rpartition(".")[0], one[name], other[name])
        for name in one
        if one[name] != other[name]
    }


def test_a_changed_centre_is_told(tmp_path: Path) -> None:
    first = camelyon17_stages(tmp_path / "a")
    second = camelyon17_stages(tmp_path / "b")
    rows = [line.split(",") for line in second.read_text().splitlines()]
    second.write_text(csv_text((), *([*row[:2], row[2].replace("1", "4")] for row in rows)))

    lines = lines_between(
        load_truth(first.parent / build_camelyon17(first, first.parent)),
        load_truth(second.parent / build_camelyon17(second, second.parent)),
    )

    assert lines[1:] == ["centre changed: patient_020: 1 -> 4", "source changed: stages.csv"]


def test_a_centre_that_no_table_tells_is_no_difference(tmp_path: Path) -> None:
    tables = []
    for folder, stage in (("a", "pN1"), ("b", "pN2")):
        (tmp_path / folder).mkdir()
        tables.append(tmp_path / folder / "stages.csv")
        rows = (("anna", stage), ("anna_node_0", "macro"))
        tables[-1].write_text(csv_text(("patient", "stage"), *rows))

    before, after = (
        load_truth(table.parent / build_camelyon17(table, table.parent)) for table in tables
    )

    assert lines_between(before, after)[1:] == [
        "stage changed: anna: pN1 -> pN2",
        "patient whose stage differs: anna",
        "source changed: stages.csv",
    ]
