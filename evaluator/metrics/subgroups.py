"""Computes sensitivity by class of lesion, and with every slide weighed alike."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from evaluator.metrics.froc import FP_RATES
from evaluator.metrics.froc_bootstrap import (
    froc_replicates,
    mean_over_rates,
    sensitivity_replicates,
    stepped_sensitivity_replicates,
)
from evaluator.metrics.intervals import (
    INTERVAL_LEVEL,
    Interval,
    Reason,
    Undefined,
    percentile_interval,
)
from evaluator.metrics.matched_record import Floats, MatchedRecord, lesions_per_slide
from evaluator.metrics.proportions import (
    FEWEST_LESIONS,
    bounded_percentile_interval,
    rao_scott_interval,
)
from evaluator.metrics.rate_crossings import Crossings, find_crossings
from evaluator.metrics.resampling import Weights, every_unit_once


@dataclass(frozen=True, slots=True, eq=False)
class OperatingPoints:
    """The thresholds and crossings that all classes of lesions share: false positives have none.

    Attributes
    ----------
    fp_rates : tuple of float, shape (n_rates,)
    thresholds : (n_rates,) float64
        From `class_thresholds`.
    blocks : tuple of Crossings
        Of the record's false positives, the resamples and the rates.
    """

    fp_rates: tuple[float, ...]
    thresholds: Floats
    blocks: tuple[Crossings, ...]


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


def operating_points(
    record: MatchedRecord, weights: Weights, fp_rates: Sequence[float] = FP_RATES
) -> OperatingPoints:
    """Find thresholds and crossings once, for classes and weightings of lesions to share.

    Parameters
    ----------
    weights : (n_resamples, n_slides) uint8
        How often each slide is drawn.

    Raises
    ------
    ValueError
        When weights do not fit the record or a rate is negative or none is given.
    """
    blocks = tuple(find_crossings(record, weights, fp_rates))
    return OperatingPoints(tuple(fp_rates), class_thresholds(record, fp_rates), blocks)


def sensitivity_of_class(
    record: MatchedRecord,
    is_in_class: NDArray[np.bool_],
    weights: Weights,
    fp_rates: Sequence[float] = FP_RATES,
    level: float = INTERVAL_LEVEL,
    points: OperatingPoints | None = None,
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
    points : OperatingPoints, optional
        Those of the record, weights and rates, where the caller has them.

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
    points = points or operating_points(record, weights, fp_rates)
    of_class = replace(
        record,
        lesion_score=record.lesion_score[is_in_class],
        lesion_slide=record.lesion_slide[is_in_class],
    )
    replicates = stepped_sensitivity_replicates(of_class, weights, fp_rates, blocks=points.blocks)
    every_mark = _share_found(record, is_in_class, weights)
    thresholds = [*points.thresholds, -np.inf]
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
    (block,) = find_crossings(record, every_unit_once(record.n_slides), fp_rates)
    return np.asarray(observed[np.searchsorted(observed, block.confidence[:, 0], side="right")])


def slide_weighted_score(
    record: MatchedRecord,
    weights: Weights,
    level: float = INTERVAL_LEVEL,
    points: OperatingPoints | None = None,
) -> SlideWeightedScore | Undefined:
    """Compute the FROC score with each lesion weighed by 1 / lesions of its slide.

    Parameters
    ----------
    weights : (n_resamples, n_slides) uint8
        How often each slide is drawn.
    points : OperatingPoints, optional
        Those of the record and weights at the six rates of the score.

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
    blocks = None if points is None else points.blocks
    replicates = mean_over_rates(
        sensitivity_replicates(record, weights, FP_RATES, lesion_weight, blocks)
    )
    n_slides = int(np.count_nonzero(n_lesions))
    interval = bounded_percentile_interval(value, replicates, n_slides, level)
    return SlideWeightedScore(value, interval)


def _share_found(record: MatchedRecord, is_in_class: NDArray[np.bool_], weights: Weights) -> Floats:
    """Return the share of the class hit at all in each resample, NaN where none was drawn."""
    is_hit = is_in_class & np.isfinite(record.lesion_score)
    counts = np.stack(
        [
            np.bincount(record.lesion_slide[chosen], minlength=record.n_slides)
            for chosen in (is_hit, is_in_class)
        ]
    )
    # A product of whole numbers is exact in any order while its sums fit into the mantissa.
    most = int(counts.max(initial=0)) * int(weights.sum(axis=1, dtype=np.int64).max(initial=0))
    dtype = np.float32 if most < 1 << 24 else np.float64
    n_found, n_lesions = counts.astype(dtype) @ weights.T.astype(dtype)
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
    fallback = _why_not_percentiles(n_found, n_lesions)
    interval = (
        percentile_interval(replicates, level)
        if fallback is None
        else rao_scott_interval(found, lesions, level)
    )
    if fallback is not None and isinstance(interval, Interval):
        interval = replace(interval, fallback=fallback)
    return ClassSensitivity(rate, threshold, n_found, n_lesions, interval)


def _why_not_percentiles(n_found: int, n_lesions: int) -> Reason | None:
    if n_lesions < FEWEST_LESIONS:
        return Reason.FEW_LESIONS
    return Reason.SCORE_AT_BOUNDARY if n_found in {0, n_lesions} else None
