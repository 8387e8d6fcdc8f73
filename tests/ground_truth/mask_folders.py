"""Turns the synthetic CAMELYON16 folder's outlines into mask images of the same tumour."""

import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ground_truth.annotations.asap import read_annotations
from ground_truth.annotations.groups import CAMELYON_ROLES, outlines_by_role
from ground_truth.raster.filling import Stroke, fill_outlines
from tests.ground_truth.pyramids import write_mask_pyramid


def painted(xml: bytes, side: int, value: int = 1) -> NDArray[np.uint8]:
    """Paint an ASAP file's tumour at level 0."""
    outlines = outlines_by_role(
        read_annotations(xml, "a.xml", CAMELYON_ROLES.known_groups), CAMELYON_ROLES
    )
    rings = [*outlines.tumour, *outlines.cut_out]
    strokes = [Stroke(value)] * len(outlines.tumour) + [Stroke(0)] * len(outlines.cut_out)
    runs = fill_outlines(rings, strokes, 0, side, side)
    raster = np.zeros((side, side), dtype=np.uint8)
    for row, start, stop in zip(runs.row, runs.start, runs.stop, strict=True):
        raster[row, start:stop] = value
    return raster


def masks_for_outlines(folder: Path, *, value: int = 1, level_count: int = 6) -> Path:
    """Replace the testing split's zip by masks of 8192 x 8192 pixels; return the split."""
    split = folder / "testing"
    archive = split / "lesion_annotations.zip"
    (split / "masks").mkdir()
    with zipfile.ZipFile(archive) as members:
        for name in members.namelist():
            labels = painted(members.read(name), 8192, value)
            path = split / "masks" / name.replace(".xml", "_mask.tif")
            write_mask_pyramid(path, labels, level_count=level_count)
    archive.unlink()
    return split
