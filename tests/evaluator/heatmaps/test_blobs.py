"""Tests what both tie rules find in perfect heatmaps made from the real outlines."""

import csv
import zipfile
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation

from evaluator.errors import Findings
from evaluator.forms.detections import Detections
from evaluator.forms.geometry import SlideSize, geometry_of
from evaluator.forms.metadata import GeometryChoice
from evaluator.heatmaps.heatmap import Heatmap, detections_of
from evaluator.results.parameters import LesionParameters, Suppression, Ties
from evaluator.scoring.lesions import score_slide
from ground_truth.annotations.asap import read_annotations
from ground_truth.annotations.groups import CAMELYON_ROLES, outlines_by_role
from ground_truth.raster.filling import Stroke, fill_outlines
from ground_truth.types import GroundTruth, Kind

LEVEL = 6
NO_CAP = 10**9

Mask = NDArray[np.bool_]


@pytest.fixture(scope="module")
def blobs(shared: Path) -> dict[str, Mask]:
    """Return each annotated test slide's tumour at level 6."""
    testing = shared / "data" / "camelyon16" / "testing"
    with (testing / "slides.csv").open(newline="") as table:
        size_of = {
            row["slide"]: (int(row["width"]), int(row["height"])) for row in csv.DictReader(table)
        }
    with zipfile.ZipFile(testing / "lesion_annotations.zip") as archive:
        return {
            Path(name).stem: tumour(archive.read(name), name, size_of[Path(name).stem])
            for name in archive.namelist()
        }


def tumour(content: bytes, name: str, size: tuple[int, int]) -> Mask:
    outlines = outlines_by_role(
        read_annotations(content, name, CAMELYON_ROLES.known_groups), CAMELYON_ROLES
    )
    rings = [*outlines.tumour, *outlines.cut_out]
    strokes = [Stroke(1)] * len(outlines.tumour) + [Stroke(0)] * len(outlines.cut_out)
    columns, rows = size[0] >> LEVEL, size[1] >> LEVEL
    runs = fill_outlines(rings, strokes, LEVEL, columns, rows)
    raster = np.zeros((rows, columns), dtype=bool)
    for row, start, stop in zip(runs.row, runs.start, runs.stop, strict=True):
        raster[row, start:stop] = True
    return raster


@pytest.mark.parametrize(
    ("times", "ties", "lesions", "false_positives"),
    [
        (2, Ties.FIRST, 225, 762),
        (2, Ties.INTERIOR, 226, 236),
        (3, Ties.FIRST, 183, 3156),
        (3, Ties.INTERIOR, 225, 649),
    ],
)
def test_perfect_saturated_blobs_find_what_was_measured(
    blobs: dict[str, Mask],
    camelyon16: GroundTruth,
    times: int,
    ties: Ties,
    lesions: int,
    false_positives: int,
) -> None:
    n_hit = n_false = n_slides = 0
    for slide in camelyon16.slides_for(Kind.LESIONS):
        if slide.slide not in blobs:
            continue
        grown = binary_dilation(blobs[slide.slide], np.ones((3, 3), dtype=bool), iterations=times)
        found = detected(grown.astype(np.uint8) * 255, ties)
        matching = score_slide(found, slide, LesionParameters()).matching
        n_hit += int(np.isfinite(matching.lesion_score).sum())
        n_false += int(matching.fp_confidence.size)
        n_slides += 1

    assert (n_slides, n_hit, n_false) == (48, lesions, false_positives)


def detected(values: NDArray[np.uint8], ties: Ties) -> Detections:
    rows, columns = values.shape
    size = SlideSize(columns << LEVEL, rows << LEVEL)
    geometry = geometry_of((rows, columns), GeometryChoice(), size, "map.png", Findings())
    assert geometry is not None
    found = detections_of(Heatmap(values, 255.0), geometry, Suppression(ties=ties), size, NO_CAP)
    return Detections(found.confidence, found.x, found.y)
