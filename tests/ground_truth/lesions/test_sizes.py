from pathlib import Path

import pytest

from ground_truth.lesions.sizes import LesionSize, contradictions, size_of
from ground_truth.versions.build import build_camelyon16
from ground_truth.versions.version import load_truth
from tests.builders import asap_xml, camelyon16_folder, square


@pytest.mark.parametrize(
    ("feret_um", "size"),
    [
        (0.0, LesionSize.UP_TO_200_UM),
        (200.0, LesionSize.UP_TO_200_UM),
        (200.1, LesionSize.MICRO),
        (2000.0, LesionSize.MICRO),
        (2000.1, LesionSize.MACRO),
    ],
)
def test_the_limits_belong_to_the_smaller_class(feret_um: float, size: LesionSize) -> None:
    assert size_of(feret_um) is size


def test_labels_that_the_outlines_contradict_are_listed(tmp_path: Path) -> None:
    annotations = {
        "test_001.xml": asap_xml([("_0", square(1600, 1600, 1600))]),
        "test_002.xml": asap_xml([("_0", square(320, 320, 7200))]),
    }
    source = camelyon16_folder(tmp_path, annotations=annotations)

    truth = load_truth(tmp_path / build_camelyon16(source, tmp_path))

    # The diagonals of 49 and 224 level-5 pixels of 7.776 um.
    assert contradictions(truth) == (
        "test_001 is labelled macro, its largest outline is 0.54 mm: micro",
        "test_002 is labelled micro, its largest outline is 2.46 mm: macro",
    )


def test_the_real_testing_truth_has_one_contradiction(shared: Path, tmp_path: Path) -> None:
    version = build_camelyon16(shared / "data" / "camelyon16", tmp_path)

    assert contradictions(load_truth(tmp_path / version)) == (
        "test_030 is labelled macro, its largest outline is 1.88 mm: micro",
    )
