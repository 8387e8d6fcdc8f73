"""Sensitivity by class of lesion, with every slide weighed alike, and by centre."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluator.metrics.froc import FP_RATES
from evaluator.metrics.froc_bootstrap import (
    froc_replicates,
    stepped_sensitivity_replicates,
)
from evaluator.metrics.intervals import (
    LEVEL,
    Interval,
    Reason,
    Undefined,
    percentile_interval,
    shared_replicates,
)
from evaluator.metrics.matched_record import Floats, Indices, MatchedRecord, lesions_per_slide
from evaluator.metrics.proportions import (
    FEWEST_LESIONS,
    bounded_percentile_interval,
    rao_scott_interval,
)
from evaluator.metrics.rate_crossings import crossings
from evaluator.metrics.resampling import Weights, every_unit_once

FEWEST_CENTRES = 2


@dataclass(frozen=True, slots=True)
class ClassSensitivity:
    """Lesions of one class found at the threshold of a rate.

    Attributes
    ----------
    fp_rate : float
        False positives per slide; infinite for all detections, whatever their confidence.
    threshold : float
        Smallest observed confidence within the rate over all slides; infinite where the
        strongest false positives alone go over it.
    n_found, n_lesions : int
    interval : Interval or Undefined
        Undefined without a lesion of the class.
    """

    fp_rate: float
    threshold: float
    n_found: int
    n_lesions: int
    interval: Interval | Undefined


@dataclass(frozen=True, slots=True)
class SlideWeightedScore:
    """FROC score in which each tumour slide counts once, however many lesions it has."""

    value: float
    interval: Interval | Undefined


@dataclass(frozen=True, slots=True)
class CentreSpread:
    """The centre with the lowest score, and how far it lies behind the best one.

    Attributes
    ----------
    worst, best : int
        Indices of the centres; the first of equal ones.
    worst_score : float
    difference : float
        Best score less worst.
    interval : Interval or Undefined
        Of the difference; best and worst are chosen anew in every resample, so that it lies
        above 0 even for equal centres: it describes, it does not test.
    """

    worst: int
    best: int
    worst_score: float
    difference: float
    interval: Interval | Undefined


def sensitivity_of_class(
    record: MatchedRecord,
    is_in_class: NDArray[np.bool_],
    weights: Weights,
    fp_rates: Sequence[float] = FP_RATES,
    level: float = LEVEL,
) -> tuple[ClassSensitivity, ...]:
    """Count the lesions of one class found at each rate, and at any confidence.

    False positives have no class, so the threshold is that of the whole set; in each resample it
    is found anew. A class of few lesions, or all or none found, gets Wilson's interval on the
    effective number of lesions.

    Parameters
    ----------
    record : MatchedRecord
    is_in_class : (n_lesions,) bool
        By size of the lesion, by label of its slide or by its slide's centre.
    weights : (n_resamples, n_slides) uint8

    Returns
    -------
    tuple of ClassSensitivity
        One for each rate, then one for all detections.

    Raises
    ------
    ValueError
        When shapes differ.
    """
    if is_in_class.shape != record.lesion_score.shape:
        raise ValueError(f"{is_in_class.shape} classes for {record.lesion_score.shape} lesions")
    share = is_in_class.astype(np.float64)
    replicates = stepped_sensitivity_replicates(record, weights, fp_rates, share)
    every_mark = _share_found(record, is_in_class, weights)
    thresholds = [*class_thresholds(record, fp_rates), -np.inf]
    rows = zip([*fp_rates, np.inf], thresholds, [*replicates, every_mark], strict=True)
    return tuple(
        _class_sensitivity(record, is_in_class, (float(rate), float(threshold)), row, level)
        for rate, threshold, row in rows
    )


def class_thresholds(record: MatchedRecord, fp_rates: Sequence[float] = FP_RATES) -> Floats:
    """Return the smallest observed confidence within each rate, shape (n_rates,).

    Observed are the confidences of false positives and the scores of lesions hit; infinite where
    none of them is within the rate.
    """
    hits = record.lesion_score[np.isfinite(record.lesion_score)]
    observed = np.append(np.unique(np.concatenate([hits, record.fp_confidence])), np.inf)
    (block,) = crossings(record, every_unit_once(record.n_slides), fp_rates)
    return np.asarray(observed[np.searchsorted(observed, block.confidence[:, 0], side="right")])


def slide_weighted_score(
    record: MatchedRecord, weights: Weights, level: float = LEVEL
) -> SlideWeightedScore | Undefined:
    """Compute the FROC score with each lesion weighed by 1 / lesions of its slide.

    Returns
    -------
    SlideWeightedScore or Undefined
        Undefined without a lesion.
    """
    n_lesions = lesions_per_slide(record)
    if record.lesion_slide.size == 0:
        return Undefined(Reason.NO_LESION)
    lesion_weight = 1.0 / n_lesions[record.lesion_slide]
    value = float(froc_replicates(record, every_unit_once(record.n_slides), lesion_weight)[0])
    replicates = froc_replicates(record, weights, lesion_weight)
    n_slides = int(np.count_nonzero(n_lesions))
    interval = bounded_percentile_interval(value, replicates, n_slides, level)
    return SlideWeightedScore(value, interval)


def fp_rate_by_centre(record: MatchedRecord, centre_of_slide: Indices, threshold: float) -> Floats:
    """Return false positives per slide of each centre at one threshold for all, (n_centres,).

    Parameters
    ----------
    centre_of_slide : (n_slides,) int64
        Index of each slide's centre, 0 .. n_centres - 1.

    Raises
    ------
    ValueError
        When shapes differ or a centre has no slide.
    """
    if centre_of_slide.shape != (record.n_slides,):
        raise ValueError(f"{centre_of_slide.shape} centres for {record.n_slides} slides")
    n_slides = np.bincount(centre_of_slide)
    if not n_slides.all():
        raise ValueError("a centre has no slide")
    centre = centre_of_slide[record.fp_slide[record.fp_confidence >= threshold]]
    return np.asarray(np.bincount(centre, minlength=n_slides.size) / n_slides)


def centre_spread(
    scores: Sequence[float], replicates: Floats, level: float = LEVEL
) -> CentreSpread | Undefined:
    """Find the worst centre and its distance from the best, by any score.

    Parameters
    ----------
    scores : sequence of float, shape (n_centres,)
        Score over each centre's own slides or patients; NaN where undefined.
    replicates : (n_centres, n_resamples) float64
        The same over the resamples, each centre resampled by itself.

    Returns
    -------
    CentreSpread or Undefined
        Undefined with fewer than two centres that have a score.

    Raises
    ------
    ValueError
        When shapes differ.
    """
    values = np.asarray(scores, dtype=np.float64)
    if replicates.shape[:1] != values.shape:
        raise ValueError(f"{values.size} scores for {replicates.shape} replicates")
    defined = np.flatnonzero(~np.isnan(values))
    if defined.size < FEWEST_CENTRES:
        return Undefined(Reason.FEWER_THAN_TWO_CENTRES)
    worst = int(defined[np.argmin(values[defined])])
    best = int(defined[np.argmax(values[defined])])
    shared = shared_replicates(replicates[defined])
    interval = (
        shared
        if isinstance(shared, Undefined)
        else percentile_interval(np.ptp(shared, axis=0), level)
    )
    difference = float(values[best] - values[worst])
    return CentreSpread(worst, best, float(values[worst]), difference, interval)


def _share_found(record: MatchedRecord, is_in_class: NDArray[np.bool_], weights: Weights) -> Floats:
    """Return the share of the class hit at all in each resample, NaN where none was drawn."""
    is_hit = is_in_class & np.isfinite(record.lesion_score)
    n_found, n_lesions = (
        weights @ np.bincount(record.lesion_slide[chosen], minlength=record.n_slides)
        for chosen in (is_hit, is_in_class)
    )
    nothing = np.full(n_lesions.shape, np.nan)
    return np.asarray(np.divide(n_found, n_lesions, out=nothing, where=n_lesions > 0))


def _class_sensitivity(
    record: MatchedRecord,
    is_in_class: NDArray[np.bool_],
    operating_point: tuple[float, float],
    replicates: Floats,
    level: float,
) -> ClassSensitivity:
    """Count one class at one (rate, threshold) and bound its share."""
    rate, threshold = operating_point
    is_found = is_in_class & np.isfinite(record.lesion_score) & (record.lesion_score >= threshold)
    found, lesions = (
        np.bincount(record.lesion_slide[chosen], minlength=record.n_slides)
        for chosen in (is_found, is_in_class)
    )
    n_found, n_lesions = int(found.sum()), int(lesions.sum())
    interval = (
        rao_scott_interval(found, lesions, level)
        if n_lesions < FEWEST_LESIONS or n_found in {0, n_lesions}
        else percentile_interval(replicates, level)
    )
    return ClassSensitivity(rate, threshold, n_found, n_lesions, interval)
