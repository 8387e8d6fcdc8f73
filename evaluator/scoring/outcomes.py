"""Draws where detections fell as shapes: hits, misses and false positives of a slide.

A result counts detections by outcome and does not hold their places, so these are read from the
submission itself and matched by the rule of protocol camelyon16.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from evaluator.forms import Detections
from ground_truth.types import EVALUATION_LEVEL, EvaluationMask, SlideTruth
from ground_truth.versions import COLOURS, ITC_SIZED, Colour, Shape, region_shape

HIT_LESION, MISSED_LESION = "hit lesion", "missed lesion"
HIT, FURTHER_HIT = "hit", "further hit"
FALSE_POSITIVE, IGNORED = "false positive", "on ITC-sized region"

_GREEN, _RED, _BLUE, _GREY = (0, 150, 60), (200, 0, 0), (0, 90, 220), (130, 130, 130)
_COLOURS: dict[str, Colour] = {
    HIT_LESION: _GREEN,
    MISSED_LESION: _RED,
    ITC_SIZED: COLOURS[ITC_SIZED],
    HIT: _GREEN,
    FURTHER_HIT: _GREY,
    FALSE_POSITIVE: _BLUE,
    IGNORED: _GREY,
}


def outcome_shapes(detections: Detections, slide: SlideTruth) -> list[Shape]:
    """Return the regions of a slide and then its detections, each named by its outcome.

    A lesion's hit is its strongest detection, the first of equals; others in it are further hits.

    Raises
    ------
    ValueError
        When the slide has no evaluation mask, so is not used for lesions.
    """
    if slide.mask is None:
        raise ValueError(f"{slide.slide} has no evaluation mask")
    pixel_px = 2**EVALUATION_LEVEL
    x5 = np.floor(detections.x / pixel_px).astype(np.int64)
    y5 = np.floor(detections.y / pixel_px).astype(np.int64)
    label = slide.mask.labels_at(x5, y5)
    hits = _hits(label, detections.confidence)
    return [
        *_region_shapes(slide.mask, set(hits)),
        *_detection_shapes(detections, label, slide.mask, set(hits.values())),
    ]


def _hits(label: NDArray[np.int64], confidence: NDArray[np.float64]) -> dict[int, int]:
    """Return by region the place in the file of its strongest detection."""
    strongest_first = np.lexsort((np.arange(label.size), -confidence))
    hits: dict[int, int] = {}
    for index in strongest_first.tolist():
        hits.setdefault(int(label[index]), index)
    return hits


def _region_shapes(mask: EvaluationMask, hit: set[int]) -> Iterator[Shape]:
    for label in range(1, len(mask.is_itc_sized)):
        group = HIT_LESION if label in hit else MISSED_LESION
        if mask.is_itc_sized[label]:
            group = ITC_SIZED
        yield region_shape(mask, label, f"{group} {label}", group, _COLOURS[group])


def _detection_shapes(
    detections: Detections, label: NDArray[np.int64], mask: EvaluationMask, hits: set[int]
) -> Iterator[Shape]:
    points = np.stack([detections.x, detections.y], axis=1)
    for index, found in enumerate(label.tolist()):
        group = FALSE_POSITIVE if not found else HIT if index in hits else FURTHER_HIT
        if mask.is_itc_sized[found]:
            group = IGNORED
        confidence = float(detections.confidence[index])
        yield Shape(
            name=f"{group} {confidence:.4g}",
            group=group,
            colour=_COLOURS[group],
            rings=[points[index : index + 1]],
            measurements={"confidence": confidence},
        )
