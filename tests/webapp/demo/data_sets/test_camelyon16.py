from pathlib import Path

import openslide
import pytest

from ground_truth.types import GroundTruth, Kind
from ground_truth.versions.build import build_camelyon16
from ground_truth.versions.version import load_truth
from webapp.demo.data_sets.camelyon16 import annotation_xml, write_camelyon16
from webapp.demo.data_sets.scenes import draw_scenes

SEED = 16


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("camelyon16")
    write_camelyon16(path, SEED, n_threads=2)
    return path


@pytest.fixture(scope="module")
def truth(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> GroundTruth:
    root = tmp_path_factory.mktemp("truth")
    return load_truth(root / build_camelyon16(folder, root))


def test_the_truth_measures_every_slide_by_its_image(truth: GroundTruth, folder: Path) -> None:
    with openslide.OpenSlide(folder / "testing/images/test_001.tif") as image:
        size = image.dimensions

    assert len(truth.slides) == 12
    assert (truth.slides[0].width, truth.slides[0].height) == size
    assert [slide.slide for slide in truth.slides if slide.spacing_um != 0.243] == ["test_004"]


def test_every_outline_becomes_the_region_that_it_was_drawn_as(truth: GroundTruth) -> None:
    found = {
        slide.slide: (len(slide.mask.lesion_labels), int(slide.mask.is_itc_sized.sum()))
        for slide in truth.slides_for(Kind.LESIONS)
        if slide.mask is not None and slide.label == "tumour"
    }

    # Lesions that count, then ITC-sized regions.
    assert found == {
        "test_001": (4, 2),
        "test_003": (3, 1),
        "test_004": (2, 2),
        "test_006": (3, 1),
        "test_008": (4, 0),
        "test_010": (3, 3),
    }


def test_equal_seeds_draw_equal_slides_and_others_do_not() -> None:
    assert draw_scenes(SEED) == draw_scenes(SEED)
    assert draw_scenes(SEED) != draw_scenes(SEED + 1)


def test_macro_slides_have_islands_cut_out_of_the_lesion() -> None:
    xml = annotation_xml(draw_scenes(SEED)[0])

    assert xml.count('PartOfGroup="_2"') == 1
