"""Builds the two truth versions of the demonstration, and finds their regions."""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ground_truth.types import EvaluationMask, GroundTruth, Kind
from ground_truth.versions import build_camelyon16, build_camelyon17, load_truth
from webapp.demo.data_sets.camelyon16 import write_camelyon16
from webapp.demo.data_sets.camelyon17 import write_camelyon17

SEED = 16
_CHANGELOG = "For the demonstration."
_MAX_PIXELS_A_REGION = 4_096
"""Pixels kept of one region, evenly: enough for detections, and little memory."""


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """Level-5 pixels of one region: columns ``x5`` and rows ``y5``, two arrays of shape (n,)."""

    x5: NDArray[np.int64]
    y5: NDArray[np.int64]
    is_itc_sized: bool


def find_regions(truth: GroundTruth) -> dict[str, tuple[Region, ...]]:
    """Return the regions of every slide used for lesions, by slide, in the order of labels."""
    return {slide.slide: tuple(_regions(slide.mask)) for slide in truth.slides_for(Kind.LESIONS)}


def _regions(mask: EvaluationMask | None) -> Iterator[Region]:
    if mask is None or mask.labels.size == 0:
        return
    for label, box in enumerate(ndimage.find_objects(mask.labels), start=1):
        rows, columns = np.nonzero(mask.labels[box] == label)
        step = -(-rows.size // _MAX_PIXELS_A_REGION)
        yield Region(
            x5=columns[::step] + box[1].start + mask.x0,
            y5=rows[::step] + box[0].start + mask.y0,
            is_itc_sized=bool(mask.is_itc_sized[label]),
        )


@dataclass(frozen=True, slots=True)
class DemoTruths:
    """The truth of lesions and slides, the truth of patients, and where the regions lie."""

    camelyon16: GroundTruth
    camelyon17: GroundTruth
    regions: Mapping[str, tuple[Region, ...]]


def write_synthetic_data(folder: Path) -> None:
    """Write both data sets, laid out as the published ones, whole or not at all.

    Do nothing if the folder exists.
    """
    if folder.exists():
        return
    with TemporaryDirectory(prefix=f"{folder.name}-", dir=folder.parent) as unfinished:
        written = Path(unfinished) / folder.name
        write_camelyon16(written / "camelyon16", SEED, n_threads=min(4, os.cpu_count() or 1))
        write_camelyon17(written / "camelyon17", SEED)
        with suppress(
            OSError
        ):  # another process was faster; any other fault shows when the truth is built
            written.rename(folder)


def build_truths(data: Path, root: Path) -> DemoTruths:
    """Build and load both versions below a truth root; equal data give the same versions.

    Raises
    ------
    TruthError
        With every problem of the data.
    """
    lesions = build_camelyon16(data / "camelyon16", root, changelog=_CHANGELOG)
    stages = build_camelyon17(data / "camelyon17", root, changelog=_CHANGELOG)
    camelyon16 = load_truth(root / lesions)
    return DemoTruths(camelyon16, load_truth(root / stages), find_regions(camelyon16))
