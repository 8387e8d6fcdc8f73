"""Computes FROC curves and scores under the three named protocols of CAMELYON16."""

from bisect import bisect_left
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FP_RATES = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
"""False positives per slide at which CAMELYON16 reads the sensitivity (JAMA 2017;318(22):2199)."""


@dataclass(frozen=True, slots=True, eq=False)
class LesionOutcomes:
    """What all slides of the reference contribute to a curve.

    Attributes
    ----------
    lesion_score : (n_lesions,) float64
        Highest confidence of a hit on each lesion, -inf if it was missed.
    fp_confidence : (n_false_positives,) float64
        Confidence of each false positive.
    n_slides : int
        Slides of the reference, those without tumour or detections included.
    n_ignored_regions : int
        ITC-sized regions; only the 2016 protocol looks at them.
    """

    lesion_score: Floats
    fp_confidence: Floats
    n_slides: int
    n_ignored_regions: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class FrocCurve:
    """Operating points from the strictest threshold to the loosest, three (n_points,) arrays.

    The first point is (inf, 0, 0).
    """

    threshold: Floats
    fps_per_slide: Floats
    sensitivity: Floats


def froc_curve(outcomes: LesionOutcomes) -> FrocCurve:
    """Trace the ranking protocol ``camelyon16``: every distinct confidence is a threshold.

    Equal confidences enter together, hits and false positives in one step.

    Raises
    ------
    ValueError
        If there is no lesion or no slide, where sensitivity or rate is undefined.
    """
    _require_defined(outcomes)
    hits = outcomes.lesion_score[np.isfinite(outcomes.lesion_score)]
    rising, n_false_positives = _distinct(outcomes.fp_confidence)
    own = np.unique(hits)
    place = np.searchsorted(rising, own)
    is_new = np.append(rising, np.nan)[place] != own
    place, own = place[is_new], own[is_new]
    n_false_positives = np.insert(n_false_positives, place, np.append(n_false_positives, 0)[place])
    rising = np.insert(rising, place, own)
    return _traced(rising, n_false_positives, _count_at_least(hits, rising), outcomes)


def froc_curve_2016(outcomes: LesionOutcomes) -> FrocCurve:
    """Trace protocol ``camelyon16-2016``, as the organisers' script of 2016 does, faults included.

    Hits are held in single precision and false positives in double, missed lesions and ignored
    regions are kept as zeros, and the smallest value of all is no threshold. A threshold that is
    a false positive's confidence is compared with hits in single precision. Thresholds that are
    equal in single precision keep the order of a Python set, so the rates may fall by a step, and
    the order in which confidences are given (slides by name, rows as in the file) matters. Beyond
    the last of the six rates nothing is read, and such thresholds may be in rising order.

    Raises
    ------
    ValueError
        If there is no lesion or no slide.
    """
    _require_defined(outcomes)
    score = np.where(np.isfinite(outcomes.lesion_score), outcomes.lesion_score, 0.0)
    hits = np.concatenate([score, np.zeros(outcomes.n_ignored_regions)]).astype(np.float32)
    thresholds = _rising_2016(outcomes, hits)[1:]
    narrow = thresholds.astype(np.float32).astype(np.float64)
    n_false_positives = _count_at_least(outcomes.fp_confidence, thresholds)
    n_found = _count_at_least(hits.astype(np.float64), narrow)
    return _traced(thresholds, n_false_positives, n_found, outcomes)


def mean_sensitivity(curve: FrocCurve) -> float:
    """Average the linearly interpolated sensitivity at the six rates: the CAMELYON16 score."""
    return mean_in_order(sensitivity_at(curve))


def sensitivity_at(curve: FrocCurve) -> tuple[float, ...]:
    """Read the sensitivity at the six rates, interpolated linearly and flat to the right.

    Among points of equal rate the last, highest one counts.
    """
    found = np.interp(FP_RATES, curve.fps_per_slide, curve.sensitivity)
    return tuple(float(value) for value in found)


def stepped_sensitivity_at(curve: FrocCurve) -> tuple[float, ...]:
    """Read protocol ``camelyon16-diag``: the first operating point at or beyond each rate.

    Beyond the curve its last point counts; nothing is interpolated.
    """
    rates = curve.fps_per_slide.tolist()
    last = len(rates) - 1
    return tuple(float(curve.sensitivity[min(bisect_left(rates, rate), last)]) for rate in FP_RATES)


def mean_in_order(values: tuple[float, ...]) -> float:
    """Return the arithmetic mean, added in order so that it is the same everywhere."""
    return sum(values) / len(values)


def _rising_2016(outcomes: LesionOutcomes, hits: NDArray[np.float32]) -> Floats:
    """Sort all values as the script does; build sets only for ties that can affect the score."""
    rising = np.unique(np.concatenate([outcomes.fp_confidence, hits.astype(np.float64)]))
    narrow = rising.astype(np.float32)
    is_read = narrow >= np.float32(_loosest_read(outcomes))
    if not np.any((narrow[1:] == narrow[:-1]) & is_read[1:]):
        return rising
    tied = np.isin(narrow, narrow[1:][narrow[1:] == narrow[:-1]])
    rising[tied] = _in_set_order(outcomes, hits, rising[tied])
    return rising


def _in_set_order(outcomes: LesionOutcomes, hits: NDArray[np.float32], tied: Floats) -> Floats:
    """Sort values by their single precision, equal ones as in a Python set of all values."""
    wanted = frozenset(tied.tolist())
    values = set([*outcomes.fp_confidence.tolist(), *hits.tolist()])  # noqa: C405 - order counts
    found = np.array([value for value in values if value in wanted], dtype=np.float64)
    return found[np.argsort(found.astype(np.float32), kind="stable")]


def _loosest_read(outcomes: LesionOutcomes) -> float:
    """Return the confidence at which the last of the six rates is exceeded, -inf if it is not."""
    n_within = int(FP_RATES[-1] * outcomes.n_slides)
    if outcomes.fp_confidence.size <= n_within:
        return -np.inf
    return float(np.partition(outcomes.fp_confidence, -n_within - 1)[-n_within - 1])


def _require_defined(outcomes: LesionOutcomes) -> None:
    n_lesions = outcomes.lesion_score.size
    if n_lesions == 0 or outcomes.n_slides < 1:
        raise ValueError(
            f"FROC needs a lesion and a slide, got {n_lesions} and {outcomes.n_slides}"
        )


def _traced(
    rising: Floats,
    n_false_positives: NDArray[np.int64],
    n_found: NDArray[np.int64],
    outcomes: LesionOutcomes,
) -> FrocCurve:
    """Make a curve, strictest threshold first, of counts at or above each rising threshold."""
    return FrocCurve(
        threshold=np.concatenate([[np.inf], rising[::-1]]),
        fps_per_slide=np.concatenate([[0.0], n_false_positives[::-1] / outcomes.n_slides]),
        sensitivity=np.concatenate([[0.0], n_found[::-1] / outcomes.lesion_score.size]),
    )


def _distinct(values: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Return distinct values, rising, and how many of all are at least as large as each."""
    ordered = np.sort(values)
    starts = np.flatnonzero(np.diff(ordered, prepend=-np.inf))
    return ordered[starts], ordered.size - starts


def _count_at_least(values: Floats, thresholds: Floats) -> NDArray[np.int64]:
    return values.size - np.searchsorted(np.sort(values), thresholds, side="left")
