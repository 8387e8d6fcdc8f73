from pathlib import Path

import numpy as np
import pytest

from ground_truth.annotations.groups import parse_roles
from ground_truth.errors import TruthError
from ground_truth.raster import edges
from ground_truth.types import EvaluationMask
from ground_truth.versions.build import build_camelyon16
from ground_truth.versions.tumour import Reading
from ground_truth.versions.version import load_truth
from tests.builders import asap_xml, camelyon16_folder, square
from tests.ground_truth.mask_folders import masks_for_outlines
from tests.ground_truth.pyramids import write_mask


def assert_same(one: EvaluationMask | None, other: EvaluationMask | None) -> None:
    assert one is not None
    assert other is not None
    assert (one.x0, one.y0) == (other.x0, other.y0)
    np.testing.assert_array_equal(one.labels, other.labels)
    np.testing.assert_array_equal(one.is_itc_sized, other.is_itc_sized)
    assert one.feret_um is not None
    assert other.feret_um is not None
    np.testing.assert_array_equal(one.feret_um, other.feret_um)


@pytest.mark.parametrize(("value", "level_count"), [(1, 6), (2, 1)])
def test_a_truth_from_masks_equals_the_one_from_outlines(
    tmp_path: Path, value: int, level_count: int
) -> None:
    drawn = camelyon16_folder(tmp_path / "drawn", spacing_um=0.226)
    painted = camelyon16_folder(tmp_path / "painted", spacing_um=0.226)
    masks_for_outlines(painted, value=value, level_count=level_count)

    outlined, masked = (
        load_truth(source / build_camelyon16(source, source, reading=reading))
        for source, reading in ((drawn, Reading()), (painted, Reading(tumour_value=value)))
    )

    assert masked.manifest["protocol"] != outlined.manifest["protocol"]
    for one, other in zip(outlined.slides, masked.slides, strict=True):
        assert (one.slide, one.label, one.kinds) == (other.slide, other.label, other.kinds)
        assert_same(one.mask, other.mask)
        assert_same(one.mask_own_spacing, other.mask_own_spacing)


def test_without_the_tumours_value_the_values_of_every_mask_are_told(tmp_path: Path) -> None:
    source = camelyon16_folder(tmp_path)
    masks_for_outlines(source, value=2)

    with pytest.raises(TruthError) as caught:
        build_camelyon16(source, tmp_path / "truth")

    assert str(caught.value).splitlines() == [
        "test_001_mask.tif: holds the values 0, 2: say which one is tumour with --tumour-value",
        "test_002_mask.tif: holds the values 0, 2: say which one is tumour with --tumour-value",
    ]


def test_a_tumour_pixel_is_equal_to_the_value_not_above_it(tmp_path: Path) -> None:
    source = camelyon16_folder(tmp_path)
    masks_for_outlines(source, value=2)

    with pytest.raises(TruthError, match=r"test_001_mask\.tif: outlines no tumour on a slide that"):
        build_camelyon16(source, tmp_path / "truth", reading=Reading(tumour_value=1))


def test_a_mask_of_another_size_is_refused_by_name(tmp_path: Path) -> None:
    source = camelyon16_folder(tmp_path)
    split = masks_for_outlines(source)
    write_mask(split / "masks" / "test_001_mask.tif", np.ones((4096, 8192), dtype=np.uint8))

    with pytest.raises(TruthError) as caught:
        build_camelyon16(source, tmp_path / "truth", reading=Reading(tumour_value=1))

    assert str(caught.value) == ("test_001_mask.tif: is 8192 x 4096 pixels, its slide 8192 x 8192")


def test_xml_files_are_read_unless_masks_are_asked_for(tmp_path: Path) -> None:
    source = camelyon16_folder(tmp_path)
    write_mask(source / "testing" / "test_001_mask.tif", np.ones((64, 64), dtype=np.uint8))

    truth = load_truth(tmp_path / build_camelyon16(source, tmp_path))

    assert truth.manifest["sources"]["testing/annotations/test_001.xml"]  # type: ignore[index] # JSON
    with pytest.raises(TruthError, match="test_002 is tumour but has no annotation file"):
        build_camelyon16(source, tmp_path / "t", reading=Reading(tumour_value=1))


def test_other_groups_get_their_roles_by_labels(tmp_path: Path) -> None:
    groups = ("malignant", "benign")
    outlines = {
        "test_001.xml": asap_xml(
            [("malignant", square(1600, 1600, 1600)), ("malignant", square(5120, 5120, 320))],
            groups,
        ),
        "test_002.xml": asap_xml(
            [("malignant", square(3200, 3200, 2400)), ("benign", square(4000, 4000, 800))], groups
        ),
    }
    renamed = camelyon16_folder(tmp_path / "renamed", annotations=outlines)
    usual = camelyon16_folder(tmp_path / "usual")
    reading = Reading(parse_roles("malignant=1,benign=0"))

    other, known = (
        load_truth(source / build_camelyon16(source, source, reading=each))
        for source, each in ((renamed, reading), (usual, Reading()))
    )

    for one, two in zip(other.slides, known.slides, strict=True):
        assert_same(one.mask, two.mask)


def test_labels_replace_the_usual_groups_whole(tmp_path: Path) -> None:
    source = camelyon16_folder(tmp_path)

    with pytest.raises(TruthError) as caught:
        build_camelyon16(source, tmp_path / "truth", reading=Reading(parse_roles("_0=1")))

    assert str(caught.value).splitlines() == [
        "test_001.xml:12: group '_1' has no role here (see --labels)",
        "test_002.xml:12: group '_2' has no role here (see --labels)",
    ]


def test_outlines_beyond_all_bounds_are_refused_by_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edges, "EDGE_ROWS_LIMIT", 150)

    with pytest.raises(TruthError) as caught:
        build_camelyon16(camelyon16_folder(tmp_path), tmp_path)

    # Two upright sides over 74 level-5 rows each, and those of the hole over 24.
    assert [str(problem) for problem in caught.value.problems] == [
        "test_002.xml: the outlines cross 196 rows, more than 150"
    ]
