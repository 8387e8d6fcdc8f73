from pathlib import Path

import numpy as np
import openslide
import pytest

from webapp.demo.data_sets.pyramids import N_LEVELS, TILE_PX, write_pyramid
from webapp.demo.data_sets.scenes import Lesion, Scene
from webapp.demo.data_sets.shapes import Blob
from webapp.demo.data_sets.textures import make_textures


@pytest.fixture(scope="module")
def slide_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Paint 3000 x 2000 pixels: a node in the middle, a lesion with an island at its centre."""
    centre = (1_500.0, 1_000.0)
    scene = Scene(
        slide="test_001",
        width=3_000,
        height=2_000,
        spacing_um=0.25,
        category="micro",
        tissue=(Blob(*centre, 1_200.0, 900.0),),
        follicles=(Blob(700.0, 1_000.0, 150.0, 150.0),),
        lesions=(Lesion("_0", Blob(*centre, 500.0, 400.0)),),
        cut_outs=(Lesion("_2", Blob(*centre, 100.0, 100.0)),),
    )
    path = tmp_path_factory.mktemp("slides") / "test_001.tif"
    write_pyramid(path, scene, make_textures(np.random.default_rng(1), N_LEVELS, TILE_PX))
    return path


def mean_colour(path: Path, x: int, y: int) -> tuple[float, ...]:
    """Return the mean of 60 x 60 level-0 pixels round a point."""
    with openslide.OpenSlide(path) as slide:
        region = slide.read_region((x - 30, y - 30), 0, (60, 60)).convert("RGB")
    return tuple(np.asarray(region).mean(axis=(0, 1)).tolist())


def test_openslide_finds_the_levels_and_the_spacing(slide_path: Path) -> None:
    with openslide.OpenSlide(slide_path) as slide:
        levels = slide.level_dimensions
        spacing = float(slide.properties[openslide.PROPERTY_NAME_MPP_X])

    assert levels == ((3000, 2000), (1500, 1000), (750, 500), (375, 250), (187, 125))
    assert spacing == pytest.approx(0.25)


def test_glass_is_nearly_white_and_tissue_is_stained(slide_path: Path) -> None:
    glass = mean_colour(slide_path, 60, 60)
    tissue = mean_colour(slide_path, 1_500, 300)

    assert min(glass) > 235
    assert tissue[1] < 180


def test_a_lesion_is_pinker_than_lymphocytes_and_its_island_is_not(slide_path: Path) -> None:
    lesion = mean_colour(slide_path, 1_800, 1_000)
    island = mean_colour(slide_path, 1_500, 1_000)
    lymphocytes = mean_colour(slide_path, 1_500, 300)

    assert lesion[0] > lymphocytes[0] + 15
    assert island[0] == pytest.approx(lymphocytes[0], abs=12)


def test_a_lower_level_shows_the_same_picture(slide_path: Path) -> None:
    with openslide.OpenSlide(slide_path) as slide:
        full = slide.read_region((0, 0), 0, (3000, 2000)).convert("RGB").resize((187, 125))
        small = slide.read_region((0, 0), 4, (187, 125)).convert("RGB")

    difference = np.abs(np.asarray(full).astype(int) - np.asarray(small).astype(int))

    assert difference.mean() < 8
