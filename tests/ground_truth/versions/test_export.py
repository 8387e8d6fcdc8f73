import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ground_truth.annotations.asap import read_annotations
from ground_truth.errors import TruthError
from ground_truth.raster.filling import Stroke, fill_outlines
from ground_truth.raster.rings import region_rings
from ground_truth.types import EvaluationMask
from ground_truth.versions.build import build_camelyon16
from ground_truth.versions.export import ShapeFormat, asap_text, export_version, geojson_text
from ground_truth.versions.outlines import load_outlines, outlines_in
from ground_truth.versions.shapes import Shape, lesion_shapes
from ground_truth.versions.version import load_truth, read_files
from tests.builders import camelyon16_folder, zip_file


@pytest.fixture
def version(tmp_path: Path) -> Path:
    """Return the folder of a small version."""
    return tmp_path / build_camelyon16(camelyon16_folder(tmp_path / "data"), tmp_path)


def evaluation_mask_of(rows: list[str]) -> EvaluationMask:
    """Make a mask at level-5 (10, 20) of digits that are labels."""
    labels = np.array([[int(cell) for cell in row] for row in rows], dtype=np.uint16)
    flags = np.zeros(int(labels.max()) + 1, dtype=np.bool_)
    return EvaluationMask(labels, 10, 20, flags)


def test_a_single_pixel_has_four_corners_clockwise() -> None:
    (ring,) = region_rings(evaluation_mask_of(["01"]), 1)

    assert ring.tolist() == [[352, 640], [384, 640], [384, 672], [352, 672]]


def test_parts_that_touch_at_a_corner_have_a_ring_each() -> None:
    rings = region_rings(evaluation_mask_of(["110", "110", "001"]), 1)

    assert sorted(len(ring) for ring in rings) == [4, 4]


def test_a_bent_region_keeps_its_corners_alone() -> None:
    (ring,) = region_rings(evaluation_mask_of(["1110", "1000", "1000"]), 1)

    assert len(ring) == 6


def test_a_label_that_is_not_there_has_no_ring() -> None:
    assert region_rings(evaluation_mask_of(["101"]), 2) == ()


@pytest.mark.parametrize("seed", range(5))
def test_rings_filled_again_give_the_region(seed: int) -> None:
    generator = np.random.default_rng(seed)
    rows = ["".join(map(str, row)) for row in generator.integers(0, 2, (9, 9))]
    mask = evaluation_mask_of(["1" * 9, *(f"1{row[1:]}" for row in rows)])
    rings = [(ring - 0.5).astype(np.float32) for ring in region_rings(mask, 1)]

    runs = fill_outlines(rings, [Stroke(1)] * len(rings), 5, 60, 60)

    outer = np.zeros((60, 60), dtype=np.uint16)
    for row, start, stop in zip(runs.row, runs.start, runs.stop, strict=True):
        outer[row, start:stop] = 1
    # Inner rings run the other way round and are filled too: a region's holes are never open.
    assert (outer[20:30, 10:19] >= mask.labels).all()


def test_outlines_for_asap_build_the_same_lesions_again(version: Path, tmp_path: Path) -> None:
    export_version(version, tmp_path / "out", ShapeFormat.ASAP)
    again = camelyon16_folder(tmp_path / "again")
    files = sorted((tmp_path / "out" / "outlines").iterdir())
    zip_file(
        again / "testing" / "lesion_annotations.zip",
        {file.name: file.read_text() for file in files},
    )

    rebuilt = again / build_camelyon16(again, again)

    assert (rebuilt / "runs.npy").read_bytes() == (version / "runs.npy").read_bytes()
    assert (rebuilt / "outlines.npy").read_bytes() == (version / "outlines.npy").read_bytes()


def test_lesions_for_asap_fill_the_evaluation_masks_own_pixels(
    version: Path, tmp_path: Path
) -> None:
    export_version(version, tmp_path / "out", ShapeFormat.ASAP)

    for slide in load_truth(version).slides[:2]:
        content = (tmp_path / "out" / "lesions" / f"{slide.slide}.xml").read_bytes()
        annotations = read_annotations(content, slide.slide)
        rings = [annotation.vertices for annotation in annotations]
        runs = fill_outlines(rings, [Stroke(1)] * len(rings), 5, 256, 256)
        filled = np.zeros((256, 256), dtype=np.bool_)
        for row, start, stop in zip(runs.row, runs.start, runs.stop, strict=True):
            filled[row, start:stop] = True
        y, x = np.mgrid[0:256, 0:256]
        assert slide.mask is not None
        labels = slide.mask.labels_at(x.ravel(), y.ravel()).reshape(256, 256)
        np.testing.assert_array_equal(filled, labels > 0)
    assert {annotation.group for annotation in annotations} == {"lesion"}


def test_geojson_is_a_feature_collection_with_closed_rings(version: Path, tmp_path: Path) -> None:
    written = export_version(version, tmp_path / "out", ShapeFormat.GEOJSON)

    assert [path.relative_to(tmp_path / "out").as_posix() for path in written] == [
        *("lesions/test_001.geojson", "lesions/test_002.geojson"),
        *("outlines/test_001.geojson", "outlines/test_002.geojson"),
    ]
    lesions = json.loads(written[0].read_text())
    assert lesions["type"] == "FeatureCollection"
    first, second = lesions["features"]
    assert first["type"] == "Feature"
    assert first["geometry"]["type"] == "Polygon"
    (ring,) = first["geometry"]["coordinates"]
    assert ring[0] == ring[-1]
    assert first["properties"]["objectType"] == "annotation"
    assert first["properties"]["classification"] == {"name": "lesion", "color": [200, 0, 0]}
    assert second["properties"]["name"] == "ITC-sized region 2"
    outlines = json.loads(written[2].read_text())["features"]
    assert outlines[0]["geometry"]["coordinates"] == [
        [[1600, 1600], [3200, 1600], [3200, 3200], [1600, 3200], [1600, 1600]]
    ]


def test_a_region_of_several_parts_is_one_feature() -> None:
    shape = lesion_shapes(evaluation_mask_of(["110", "110", "001"]))[0]

    (feature,) = json.loads(geojson_text([shape]))["features"]

    assert feature["geometry"]["type"] == "MultiPolygon"
    assert len(feature["geometry"]["coordinates"]) == 2
    assert feature["properties"]["measurements"] == {"label": 1.0}


def test_a_point_is_a_point_to_qupath_and_a_dot_to_asap() -> None:
    shape = Shape("hit 1", "hit", (0, 128, 0), [np.array([[320.0, 640.0]])], {"confidence": 0.5})

    (feature,) = json.loads(geojson_text([shape]))["features"]

    assert feature["geometry"] == {"type": "Point", "coordinates": [320.0, 640.0]}
    assert feature["properties"]["measurements"] == {"confidence": 0.5}
    assert 'Type="Dot"' in asap_text([shape])


def test_outlines_of_another_form_are_refused(version: Path) -> None:
    buffer = io.BytesIO()
    np.save(buffer, np.zeros((4, 3), dtype=np.float32))
    files = read_files(version)
    forged = replace(files, contents=files.contents | {"outlines.npy": buffer.getvalue()})

    with pytest.raises(TruthError, match="not two columns of float32"):
        outlines_in(forged, version.name)


def test_only_the_slides_asked_for_are_written(version: Path, tmp_path: Path) -> None:
    written = export_version(version, tmp_path / "out", ShapeFormat.ASAP, ["test_002"])

    assert {path.name for path in written} == {"test_002.xml"}


def test_a_slide_that_is_not_there_is_named(version: Path, tmp_path: Path) -> None:
    with pytest.raises(TruthError, match="has no slide test_9"):
        export_version(version, tmp_path / "out", ShapeFormat.ASAP, ["test_9"])


def test_stored_outlines_are_loaded_by_slide_and_role(version: Path) -> None:
    outlines = load_outlines(version)

    assert {slide: (len(o.tumour), len(o.cut_out)) for slide, o in outlines.items()} == {
        "test_001": (2, 0),
        "test_002": (1, 1),
    }


def test_every_real_outline_and_lesion_survives_the_way_out_and_in(
    shared: Path, tmp_path: Path
) -> None:
    version = tmp_path / build_camelyon16(shared / "data" / "camelyon16", tmp_path)
    export_version(version, tmp_path / "out", ShapeFormat.ASAP)

    stored = load_outlines(version)
    for path in (tmp_path / "out" / "outlines").iterdir():
        rings = [a.vertices for a in read_annotations(path.read_bytes(), path.name)]
        kept = stored[path.stem].tumour + stored[path.stem].cut_out
        assert len(rings) == len(kept)
        assert all(np.array_equal(one, other) for one, other in zip(rings, kept, strict=True))
    assert len(list((tmp_path / "out" / "lesions").iterdir())) == 48
