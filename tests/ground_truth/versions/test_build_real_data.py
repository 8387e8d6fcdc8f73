import csv
from pathlib import Path

import numpy as np

from ground_truth.types import Kind
from ground_truth.versions.build import build_camelyon16, build_camelyon17
from ground_truth.versions.version import load_truth


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
