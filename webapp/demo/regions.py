"""Where the regions of a truth lie, found once and then aimed at by many invented methods."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ground_truth.types import EvaluationMask, GroundTruth, Kind

_MOST_PIXELS = 4_096
"""Kept of one region, evenly: enough to aim at, and little memory for the largest."""


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
        step = -(-rows.size // _MOST_PIXELS)
        yield Region(
            x5=columns[::step] + box[1].start + mask.x0,
            y5=rows[::step] + box[0].start + mask.y0,
            is_itc_sized=bool(mask.is_itc_sized[label]),
        )
