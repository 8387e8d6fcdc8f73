"""Scores arrays and bounds them: FROC, AUC and kappa as the service computes them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluator.metrics.auc_bootstrap import auc_replicates
from evaluator.metrics.auc_intervals import auc_interval
from evaluator.metrics.comparison import PairedComparison, compare_pair
from evaluator.metrics.froc import froc_curve, mean_sensitivity
from evaluator.metrics.froc_bootstrap import froc_interval, froc_replicates
from evaluator.metrics.intervals import Interval, Reason, Undefined
from evaluator.metrics.kappa import quadratic_kappa
from evaluator.metrics.kappa_bootstrap import kappa_interval, kappa_replicates
from evaluator.metrics.matched_record import MatchedRecord, effective_slides, pooled_outcomes
from evaluator.metrics.resampling import RESAMPLES, ResampleMatrix, resample_matrix
from evaluator.metrics.roc import roc_auc
from evaluator.metrics.staging import STAGES

BACKGROUND, IGNORED = 0, -1
"""What a detection hit if it hit no lesion: background, or an ITC-sized region."""

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Units:
    """Names and strata of slides or patients, from which the resamples follow.

    With the names and strata of a truth (``tumour`` or ``normal`` and the centre, as in
    ``tumour/2``; ``patient`` for patients) intervals are those of the service.

    Attributes
    ----------
    names : sequence of str, shape (n_units,), optional
        ``unit_00000``, ``unit_00001``, … where not given.
    strata : sequence of str, shape (n_units,), optional
        By what the arrays say, without centres, where not given.
    n_resamples : int
        Resamples of the units.
    """

    names: Sequence[str] | None = None
    strata: Sequence[str] | None = None
    n_resamples: int = RESAMPLES


@dataclass(frozen=True, slots=True, eq=False)
class Score:
    """A score, its 95 % interval, and what comparing it needs.

    Attributes
    ----------
    value : float or None
        None where the score is undefined; the interval then holds the reason.
    replicates : (n_resamples,) float64
        The score of each resample, NaN where it is undefined.
    n_units : float
        Units that carry the score: effective slides, slides of the rarer class, patients.
    resample_sha256 : str
        Digest of the resamples; scores are comparable where it is equal.
    """

    value: float | None
    interval: Interval | Undefined
    replicates: Floats
    n_units: float
    resample_sha256: str


EVERY_UNIT = Units()


def froc(
    confidence: Floats,
    slide: Integers,
    hit: Integers,
    lesions_per_slide: Integers,
    units: Units = EVERY_UNIT,
) -> Score:
    """Score detections by the mean sensitivity at 1/4, 1/2, 1, 2, 4 and 8 false positives a slide.

    Parameters
    ----------
    confidence : (n_detections,) float64
        Finite; a detection of confidence 0 counts as not reported.
    slide : (n_detections,) int64
        Index of each detection's slide, 0 .. n_slides - 1.
    hit : (n_detections,) int64
        Lesion that was hit, 1 .. the slide's number of lesions; `BACKGROUND` for a false
        positive, `IGNORED` for a hit on an ITC-sized region.
    lesions_per_slide : (n_slides,) int64
        Lesions of every slide of the reference, 0 for one without.

    Raises
    ------
    ValueError
        When shapes differ, an index is out of range or a confidence is not finite.

    References
    ----------
    Ehteshami Bejnordi et al. (2017), JAMA 318(22), doi:10.1001/jama.2017.14585.
    """
    strata = ["tumour" if count else "normal" for count in lesions_per_slide.tolist()]
    resamples = _resamples("lesions", strata, units)
    place = _places(resamples, units)
    record = _record(confidence, slide, hit, lesions_per_slide, place)
    if not record.lesion_score.size:
        return _undefined(Reason.NO_LESION, resamples)
    replicates = froc_replicates(record, resamples.weights)
    return Score(
        value=mean_sensitivity(froc_curve(pooled_outcomes(record))),
        interval=froc_interval(record, replicates),
        replicates=replicates,
        n_units=effective_slides(record),
        resample_sha256=resamples.sha256,
    )


def auc(is_tumour: NDArray[np.bool_], confidence: Floats, units: Units = EVERY_UNIT) -> Score:
    """Score slide confidences by the area under the ROC curve; ties count half.

    Parameters
    ----------
    is_tumour : (n_slides,) bool
    confidence : (n_slides,) float64
        Confidence of metastasis.

    Raises
    ------
    ValueError
        When shapes differ or there is no slide.
    """
    strata = ["tumour" if one else "normal" for one in is_tumour.tolist()]
    resamples = _resamples("slides", strata, units)
    value = roc_auc(is_tumour, confidence)
    if value is None:
        return _undefined(Reason.SINGLE_CLASS, resamples)
    order = np.argsort(_places(resamples, units))
    return Score(
        value=value,
        interval=auc_interval(is_tumour[order], confidence[order]),
        replicates=auc_replicates(is_tumour[order], confidence[order], resamples.weights),
        n_units=int(min(np.count_nonzero(is_tumour), np.count_nonzero(~is_tumour))),
        resample_sha256=resamples.sha256,
    )


def kappa(
    reference: Sequence[str],
    submitted: Sequence[str],
    classes: Sequence[str] = STAGES,
    units: Units = EVERY_UNIT,
) -> Score:
    """Score ordered classes, by default pN stages, by quadratic-weighted Cohen's kappa.

    Parameters
    ----------
    reference, submitted : sequence of str, shape (n_patients,)
    classes : sequence of str
        All classes in rising order, whether they occur or not.

    Raises
    ------
    ValueError
        When the sequences differ in length, are empty or hold an unlisted class.
    """
    value = quadratic_kappa(reference, submitted, classes)
    resamples = _resamples("staging", ["patient"] * len(reference), units)
    if value is None:
        return _undefined(Reason.SINGLE_CLASS, resamples)
    order = np.argsort(_places(resamples, units))
    code = {name: index for index, name in enumerate(classes)}
    true, stated = (
        np.array([code[name] for name in side])[order] for side in (reference, submitted)
    )
    replicates = kappa_replicates(true, stated, resamples.weights)
    return Score(
        value=value,
        interval=kappa_interval(true, stated, replicates),
        replicates=replicates,
        n_units=len(reference),
        resample_sha256=resamples.sha256,
    )


def compare_scores(first: Score, second: Score) -> PairedComparison | Undefined:
    """Compare two scores on the same slides or patients, by the studentised paired bootstrap.

    Raises
    ------
    ValueError
        When a score is undefined, or the two were not resampled alike.
    """
    if first.value is None or second.value is None:
        raise ValueError("an undefined score cannot be compared")
    if first.resample_sha256 != second.resample_sha256:
        raise ValueError("the two scores rest on different slides or patients")
    replicates = np.stack([first.replicates, second.replicates])
    return compare_pair((first.value, second.value), replicates, first.n_units)


def _resamples(kind: str, strata: Sequence[str], units: Units) -> ResampleMatrix:
    names = units.names
    if names is None:
        names = [f"unit_{number:05d}" for number in range(len(strata))]
    return resample_matrix(kind, names, units.strata or strata, units.n_resamples)


def _places(resamples: ResampleMatrix, units: Units) -> Integers:
    """Return each unit's column in the matrix, whose columns are in name order."""
    if units.names is None:
        return np.arange(len(resamples.units))
    column = {name: index for index, name in enumerate(resamples.units)}
    return np.array([column[name] for name in units.names])


def _record(
    confidence: Floats, slide: Integers, hit: Integers, lesions: Integers, place: Integers
) -> MatchedRecord:
    """Sort detections into lesions found and false positives, slides by their place."""
    _check_hits(confidence, slide, hit, lesions)
    is_reported = confidence != 0.0
    confidence, slide, hit = confidence[is_reported], slide[is_reported], hit[is_reported]
    first = np.cumsum(lesions) - lesions
    is_hit, is_false = hit > BACKGROUND, hit == BACKGROUND
    best = np.full(int(lesions.sum()), -np.inf)
    np.maximum.at(best, first[slide[is_hit]] + hit[is_hit] - 1, confidence[is_hit])
    return MatchedRecord(
        lesion_score=best,
        lesion_slide=np.repeat(place, lesions),
        fp_confidence=confidence[is_false],
        fp_slide=place[slide[is_false]],
        n_slides=lesions.size,
    )


def _check_hits(confidence: Floats, slide: Integers, hit: Integers, lesions: Integers) -> None:
    if not confidence.shape == slide.shape == hit.shape:
        raise ValueError(f"shapes differ: {confidence.shape}, {slide.shape} and {hit.shape}")
    if not np.isfinite(confidence).all():
        raise ValueError("a confidence is not finite")
    if slide.size and not (slide.min() >= 0 and slide.max() < lesions.size):
        raise ValueError(f"a slide index is outside 0 .. {lesions.size - 1}")
    if (hit < IGNORED).any() or (hit > lesions[slide]).any():
        raise ValueError("a hit is none of its slide's lesions")


def _undefined(reason: Reason, resamples: ResampleMatrix) -> Score:
    nothing = np.full(resamples.weights.shape[0], np.nan)
    return Score(None, Undefined(reason), nothing, 0.0, resamples.sha256)
