"""Computes what resampled slides say of lesion detection: intervals, classes, centres."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from evaluator.metrics.centres import fp_rate_by_centre
from evaluator.metrics.froc import FP_RATES
from evaluator.metrics.froc_bootstrap import (
    froc_interval,
    froc_replicates,
    mean_over_rates,
    sensitivity_replicates,
    slide_influence,
)
from evaluator.metrics.intervals import Undefined
from evaluator.metrics.matched_record import (
    Floats,
    MatchedRecord,
    effective_slides,
    lesions_per_slide,
    restrict_to_slides,
)
from evaluator.metrics.proportions import bounded_percentile_interval
from evaluator.metrics.resampling import Weights, every_unit_once
from evaluator.metrics.subgroups import (
    ClassSensitivity,
    OperatingPoints,
    operating_points,
    sensitivity_of_class,
    slide_weighted_score,
)
from evaluator.results import JsonObject, Replicates, undefined_section
from evaluator.scoring.intervals import (
    CentreScore,
    centre_sections,
    interval_section,
    known_centres,
)
from ground_truth.lesions import LesionSize, size_of

ALL_DETECTIONS = "all"
"""In place of the rate in a table's last row: every detection, whatever its confidence."""
_RATE_NAMES = tuple(map("{:g}".format, FP_RATES))


@dataclass(frozen=True, slots=True, eq=False)
class MatchedLesions:
    """What all detections hit, and what is known of lesions and slides.

    Attributes
    ----------
    record : MatchedRecord
    diameter_um : (n_lesions,) float64 or None
        Maximum Feret diameter of each lesion; None where the truth does not tell.
    slide_labels : tuple of str, shape (n_slides,)
        The reference's own word for each slide.
    centres : tuple of str or None, shape (n_slides,)
    """

    record: MatchedRecord
    diameter_um: Floats | None
    slide_labels: tuple[str, ...]
    centres: tuple[str | None, ...]


@dataclass(frozen=True, slots=True, eq=False)
class LesionStatistics:
    """Additions to a result.

    Attributes
    ----------
    froc : JsonObject
        For the section of the ranking score.
    aggregates : JsonObject
        Sections of their own.
    influence : (n_slides,) float64
        By how much the score falls without each slide, NaN where nothing is left.
    """

    froc: JsonObject
    aggregates: JsonObject
    influence: Floats
    replicates: Replicates


def lesion_statistics(
    matched: MatchedLesions, weights: Weights, resample_sha256: str
) -> LesionStatistics:
    """Compute intervals, secondary scores and replicates of a record with lesions.

    Parameters
    ----------
    weights : (n_resamples, n_slides) uint8
        How often each slide is drawn, in the order of the record's slides.
    """
    record = matched.record
    points = operating_points(record, weights)
    sensitivity = sensitivity_replicates(record, weights, blocks=points.blocks)
    score = mean_over_rates(sensitivity)
    froc: JsonObject = {
        "interval": interval_section(froc_interval(record, score)),
        "interval_at": _intervals_at(record, sensitivity),
    }
    aggregates: JsonObject = {
        "by_slide_label": _by_class(matched, _label_classes(matched), weights, points),
        "slide_weighted": _slide_weighted(record, weights, points),
        **_size_sections(matched, weights, points),
        **_centre_sections(matched, weights, points),
    }
    replicates = Replicates(
        score, effective_slides(record), resample_sha256, sensitivity.astype(np.float32)
    )
    return LesionStatistics(froc, aggregates, slide_influence(record), replicates)


def _intervals_at(record: MatchedRecord, sensitivity: Floats) -> JsonObject:
    """Bound the sensitivity at each rate, as the score is: wider where all or none is found."""
    once = every_unit_once(record.n_slides)
    estimates = sensitivity_replicates(record, once)[:, 0].tolist()
    n_slides = int(np.count_nonzero(lesions_per_slide(record)))
    return {
        name: interval_section(bounded_percentile_interval(estimate, row, n_slides))
        for name, estimate, row in zip(_RATE_NAMES, estimates, sensitivity, strict=True)
    }


def _size_sections(
    matched: MatchedLesions, weights: Weights, points: OperatingPoints
) -> JsonObject:
    if matched.diameter_um is None:
        return {}
    size = np.array([size_of(diameter) for diameter in matched.diameter_um.tolist()])
    classes = {str(one): size == str(one) for one in LesionSize}
    return {"by_lesion_size": _by_class(matched, classes, weights, points)}


def _label_classes(matched: MatchedLesions) -> dict[str, NDArray[np.bool_]]:
    label = np.array(matched.slide_labels)[matched.record.lesion_slide]
    return {str(one): label == one for one in np.unique(label)}


def _by_class(
    matched: MatchedLesions,
    classes: Mapping[str, NDArray[np.bool_]],
    weights: Weights,
    points: OperatingPoints,
) -> JsonObject:
    return {
        name: _class_section(sensitivity_of_class(matched.record, chosen, weights, points=points))
        for name, chosen in classes.items()
    }


def _class_section(rows: tuple[ClassSensitivity, ...]) -> JsonObject:
    """Write lesions found at the threshold of each rate, and at any."""
    at: JsonObject = {
        name: {
            "n_found": row.n_found,
            "threshold": row.threshold if np.isfinite(row.threshold) else None,
            "value": row.n_found / row.n_lesions if row.n_lesions else None,
            "interval": interval_section(row.interval),
        }
        for name, row in zip((*_RATE_NAMES, ALL_DETECTIONS), rows, strict=True)
    }
    return {"n_lesions": rows[0].n_lesions, "found_at": at}


def _slide_weighted(record: MatchedRecord, weights: Weights, points: OperatingPoints) -> JsonObject:
    found = slide_weighted_score(record, weights, points=points)
    if isinstance(found, Undefined):
        return undefined_section(str(found.reason))
    return {"value": found.value, "interval": interval_section(found.interval)}


def _centre_sections(
    matched: MatchedLesions, weights: Weights, points: OperatingPoints
) -> JsonObject:
    """Score each centre by its own curve, and at the thresholds that hold for all."""
    names = known_centres(matched.centres)
    if not names:
        return {}
    record, centre = matched.record, np.array(matched.centres)
    sections = centre_sections(
        [_centre_score(name, record, centre == name, weights) for name in names]
    )
    index = np.array([names.index(one) for one in centre.tolist()])
    fp_rates = np.stack([fp_rate_by_centre(record, index, one) for one in points.thresholds])
    for number, name in enumerate(names):
        in_centre = index[record.lesion_slide] == number
        rows = sensitivity_of_class(record, in_centre, weights, points=points)
        section = cast("JsonObject", cast("JsonObject", sections["by_centre"])[name])
        section.update(_class_section(rows))
        section["fps_per_slide_at"] = dict(
            zip(_RATE_NAMES, fp_rates[:, number].tolist(), strict=True)
        )
    return sections


def _centre_score(
    name: str, record: MatchedRecord, is_in_centre: NDArray[np.bool_], weights: Weights
) -> CentreScore:
    own = restrict_to_slides(record, is_in_centre)
    replicates = froc_replicates(own, np.ascontiguousarray(weights[:, is_in_centre]))
    value = float(froc_replicates(own, every_unit_once(own.n_slides))[0])
    return CentreScore(
        centre=name,
        n_units=own.n_slides,
        value=None if np.isnan(value) else value,
        interval=froc_interval(own, replicates),
        replicates=replicates,
    )
