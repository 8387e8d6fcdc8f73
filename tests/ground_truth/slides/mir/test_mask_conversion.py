import logging
from pathlib import Path

import numpy as np
import openslide
import pytest
import tifffile
from numpy.typing import NDArray

from ground_truth.slides import mir
from tests.builders import asap_xml, square
from tests.ground_truth.mask_strips import sha256, strip_digest, tiff_strips
from tests.ground_truth.oracle_cases import (
    REAL_CASES,
    OracleCase,
    hand_made_cases,
    random_cases,
    real_case,
)

SPACING = (0.243, 0.243)


def loaded(xml: Path) -> mir.AnnotationList:
    annotations = mir.AnnotationList()
    repository = mir.XmlRepository(annotations)
    repository.setSource(str(xml))
    repository.load()
    return annotations


def listed(folder: Path, *outlines: tuple[str, object]) -> mir.AnnotationList:
    """Return annotations by group."""
    (folder / "a.xml").write_text(asap_xml(list(outlines)))  # type: ignore[arg-type]
    return loaded(folder / "a.xml")


def convert(case: OracleCase, out: Path) -> None:
    recipe = case.recipe
    mir.AnnotationToMask().convert(
        loaded(case.xml), str(out), case.size, SPACING, dict(recipe.labels), list(recipe.order)
    )


def shown(path: Path) -> NDArray[np.uint8]:
    """Return level 0 as our own reader gives it."""
    mask = mir.MultiResolutionImageReader().open(path)
    assert mask is not None
    width, height = mask.getDimensions()
    return mask.getUCharPatch(0, 0, width, height, 0)[:, :, 0]


def test_every_hand_made_mask_is_asaps_at_every_level(shared: Path, tmp_path: Path) -> None:
    out, compared, different = tmp_path / "mask.tif", 0, []

    for case in hand_made_cases(shared):
        if case.crashed:
            continue
        convert(case, out)
        with tifffile.TiffFile(out) as tiff:
            assert len(tiff.pages) == len(case.levels), case.id
            for level, (_, _, digest) in enumerate(case.levels):
                compared += 1
                if sha256(tiff.pages[level].asarray()) != digest:
                    different.append((case.id, level))

    assert different == []
    assert compared == 224


@pytest.mark.parametrize(("pack", "count"), [("asap_fuzz", 120), ("asap_fuzz_far", 60)])
def test_every_random_mask_is_asaps(shared: Path, tmp_path: Path, pack: str, count: int) -> None:
    out, compared, different = tmp_path / "mask.tif", 0, []

    for case, expected in random_cases(shared, pack):
        convert(case, out)
        mask = mir.MultiResolutionImageReader().open(out)
        assert mask is not None
        found = mask.getUCharPatch(case.x0, 0, case.size[0] - case.x0, case.size[1], 0)
        compared += 1
        if not np.array_equal(found[:, :, 0], expected):
            different.append(case.id)

    assert different == []
    assert compared == count


@pytest.mark.parametrize("name", REAL_CASES)
def test_real_masks_are_asaps_at_every_level(shared: Path, tmp_path: Path, name: str) -> None:
    case, levels = real_case(shared, name)
    out = tmp_path / "mask.tif"

    convert(case, out)

    with tifffile.TiffFile(out) as tiff:
        assert len(tiff.pages) == len(levels)
        for index, level in enumerate(levels):
            if "raster_sha256" in level:
                assert sha256(tiff.pages[index].asarray()) == level["raster_sha256"], index
            else:
                digest = strip_digest(tiff_strips(tiff, index))
                assert digest == level["nonzero_tiles_sha256"], index


def test_without_labels_every_annotation_is_1(tmp_path: Path) -> None:
    annotations = listed(tmp_path, ("_1", square(10, 10, 4)), ("None", square(30, 10, 4)))

    mir.AnnotationToMask().convert(annotations, tmp_path / "m.tif", (40, 20), ())

    expected = np.zeros((20, 40), dtype=np.uint8)
    # Both ends of a square of whole numbers are left out.
    expected[11:14, 11:14] = 1
    expected[11:14, 31:34] = 1
    np.testing.assert_array_equal(shown(tmp_path / "m.tif"), expected)


def test_a_list_made_by_hand_is_painted_by_name(tmp_path: Path) -> None:
    annotations = mir.AnnotationList()
    for name, x in (("a", 2.0), ("b", 6.0)):
        annotation = mir.Annotation()
        annotation.setName(name)
        for corner in ((x, 2.0), (x + 6, 2.0), (x + 6, 8.0), (x, 8.0)):
            annotation.addCoordinate(*corner)
        annotations.addAnnotation(annotation)
    annotations.addAnnotation(mir.Annotation())
    labels = mir.map_string_int({"a": 5, "b": 3})

    mir.AnnotationToMask().convert(annotations, tmp_path / "m.tif", [16, 10], [], labels)

    assert shown(tmp_path / "m.tif")[4].tolist() == [0, 0, 0, 5, 5, 5, 5, 5, 3, 3, 3, 3, 0, 0, 0, 0]


def test_an_annotation_whose_group_is_removed_is_not_painted(tmp_path: Path) -> None:
    annotations = listed(tmp_path, ("_0", square(2, 2, 4)), ("_1", square(12, 2, 4)))
    annotations.removeGroup("_0")

    mir.AnnotationToMask().convert(
        annotations, tmp_path / "m.tif", (20, 10), (), {"_0": 1, "_1": 2}
    )

    assert np.unique(shown(tmp_path / "m.tif")).tolist() == [0, 2]


def test_a_mask_states_its_spacing_in_x_and_y(tmp_path: Path) -> None:
    annotations = listed(tmp_path, ("_0", square(2, 2, 4)))

    mir.AnnotationToMask().convert(annotations, tmp_path / "m.tif", (700, 700), (0.25, 0.5))

    mask = mir.MultiResolutionImageReader().open(tmp_path / "m.tif")
    assert mask is not None
    assert mask.getSpacing() == (0.25, 0.5)
    assert (mask.getSamplesPerPixel(), mask.getMaxValue()) == (1, 1.0)
    with openslide.OpenSlide(tmp_path / "m.tif") as slide:
        assert float(slide.properties["openslide.mpp-y"]) == 0.5


def test_a_mask_has_every_tile_in_lzw_as_asaps(tmp_path: Path) -> None:
    annotations = listed(tmp_path, ("_0", square(2, 2, 4)))

    mir.AnnotationToMask().convert(annotations, tmp_path / "m.tif", (2000, 1500), ())

    with tifffile.TiffFile(tmp_path / "m.tif") as tiff:
        pages = [page.aspage() for page in tiff.pages]
        assert {page.compression for page in pages} == {tifffile.COMPRESSION.LZW}
        assert all(count for page in pages for count in page.databytecounts)


def test_the_list_stays_as_it_is(tmp_path: Path) -> None:
    outline = [(2.0, 2.0), (2.0, 6.0), (6.0, 6.0), (6.0, 2.0)]
    annotations = listed(tmp_path, ("_0", outline), ("_0", outline[::-1]))

    mir.AnnotationToMask().convert(annotations, tmp_path / "m.tif", (20, 20), ())

    first, second = annotations.getAnnotations()
    assert [(point.getX(), point.getY()) for point in first.getCoordinates()] == outline
    assert [(point.getX(), point.getY()) for point in second.getCoordinates()] == outline[::-1]


def test_a_mask_without_any_label_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    annotations = listed(tmp_path, ("_0", square(2, 2, 4)))
    converter = mir.AnnotationToMask()
    converter.setProgressMonitor(mir.CmdLineProgressMonitor())

    with caplog.at_level(logging.WARNING):
        for out, group in (("m.tif", "metastases"), ("n.tif", "_0")):
            converter.convert(annotations, tmp_path / out, (9, 9), (), {group: 1}, [group])

    assert [record.getMessage() for record in caplog.records] == [
        f"{tmp_path / 'm.tif'}: no annotation has a label, so the mask is all 0"
    ]


@pytest.mark.parametrize(
    ("dimensions", "spacing", "message"),
    [
        ((0, 5), (), "no slide has 0 x 5 pixels"),
        ((60_000, 40), (), "too low for its 8 levels"),
        ((), (), "not enough values"),
        ((9, 9), (0.25,), r"\(0.25,\) is no spacing"),
        ((9, 9), (0.25, 0.0), r"\(0.25, 0.0\) is no spacing"),
        ((9, 9), (0.25, float("inf")), "is no spacing"),
    ],
)
def test_what_makes_no_mask_is_refused(
    tmp_path: Path, dimensions: tuple[int, ...], spacing: tuple[float, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        mir.AnnotationToMask().convert(
            mir.AnnotationList(), tmp_path / "m.tif", dimensions, spacing
        )

    assert list(tmp_path.iterdir()) == []


def test_labels_are_whole_numbers(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="float"):
        mir.AnnotationToMask().convert(
            mir.AnnotationList(),
            tmp_path / "m.tif",
            (9, 9),
            (),
            {"a": 1.0},  # type: ignore[dict-item]
        )


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        mir.AnnotationToMask().convert(mir.AnnotationList(), tmp_path / "not" / "m.tif", (9, 9), ())
