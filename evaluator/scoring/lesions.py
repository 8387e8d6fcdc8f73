"""Scores detections slide by slide, and combines the slides to FROC under three protocols."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
from numpy.typing import NDArray

from evaluator.forms import Detections
from evaluator.metrics.froc import (
    FP_RATES,
    FrocCurve,
    LesionOutcomes,
    froc_curve,
    froc_curve_2016,
    mean_in_order,
    sensitivity_at,
    stepped_sensitivity_at,
)
from evaluator.metrics.matched_record import MatchedRecord
from evaluator.metrics.matching import Matching, match
from evaluator.metrics.resampling import ResampleMatrix
from evaluator.results import (
    Json,
    JsonObject,
    LesionParameters,
    Provenance,
    Result,
    undefined_section,
    with_resample_digest,
)
from evaluator.scoring.lesion_statistics import MatchedLesions, lesion_statistics
from ground_truth.types import EVALUATION_LEVEL, EvaluationMask, Kind, SlideTruth

LEVEL0_PIXELS_A_MASK_PIXEL = float(2**EVALUATION_LEVEL)
NO_LESIONS = "no_lesions"


@dataclass(frozen=True, slots=True, eq=False)
class LesionPart:
    """One slide's contribution.

    Attributes
    ----------
    matching : Matching
        Against regions at 0.243 um, coordinates floored: protocols camelyon16 and
        camelyon16-2016.
    matching_diag : Matching
        Against regions at the slide's own spacing, coordinates rounded: camelyon16-diag.
    slide_label : str
        The reference's own word for the slide.
    diameter_um : (n_lesions,) float64 or None
        Maximum Feret diameter of each lesion of `matching`; None where the truth does not tell.
    """

    slide: str
    n_detections: int
    matching: Matching
    matching_diag: Matching
    slide_label: str
    centre: str | None
    diameter_um: NDArray[np.float64] | None


def score_slide(
    member: Detections,
    lesions: SlideTruth,
    parameters: LesionParameters,  # noqa: ARG001 - the same shape for every kind
) -> LesionPart:
    """Match one slide's detections to its regions.

    Raises
    ------
    ValueError
        When the slide has no evaluation masks, so is not used for lesions.
    """
    if lesions.mask is None or lesions.mask_own_spacing is None:
        raise ValueError(f"{lesions.slide} has no evaluation mask")
    x, y = member.x / LEVEL0_PIXELS_A_MASK_PIXEL, member.y / LEVEL0_PIXELS_A_MASK_PIXEL
    matching = _matched(lesions.mask, np.floor(x), np.floor(y), member.confidence)
    feret_um = lesions.mask.feret_um
    return LesionPart(
        slide=lesions.slide,
        n_detections=member.confidence.size,
        matching=matching,
        # The organisers' later code rounds, half to even (scoring rule camelyon16-diag).
        matching_diag=_matched(lesions.mask_own_spacing, np.rint(x), np.rint(y), member.confidence),
        slide_label=lesions.category or lesions.label,
        centre=lesions.centre,
        diameter_um=None if feret_um is None else feret_um[matching.lesion_label],
    )


def combine(
    parts: Sequence[LesionPart],
    provenance: Provenance,
    resamples: ResampleMatrix | None = None,
) -> Result:
    """Combine all slides of the reference into a result; their order does not matter.

    With resamples the result has intervals, scores by class of lesion and by centre, and
    replicates.
    """
    ordered = sorted(parts, key=lambda part: part.slide)
    outcomes = pooled_outcomes([part.matching for part in ordered])
    diag = pooled_outcomes([part.matching_diag for part in ordered])
    froc = _froc_section(outcomes, "camelyon16")
    aggregates: JsonObject = {
        "score": froc.get("score"),
        "froc": froc,
        "froc_2016": _froc_section(outcomes, "camelyon16-2016"),
        "froc_diag": _froc_section(diag, "camelyon16-diag"),
    }
    case: JsonObject = {part.slide: _case(part) for part in ordered}
    result = Result(Kind.LESIONS, aggregates, case, with_resample_digest(provenance, resamples))
    if resamples is None or not outcomes.lesion_score.size:
        return result
    return _with_statistics(result, ordered, resamples)


def pooled_outcomes(matchings: Sequence[Matching]) -> LesionOutcomes:
    """Pool the outcomes of all slides of the reference."""
    empty = [np.empty(0)]
    return LesionOutcomes(
        lesion_score=np.concatenate([*empty, *(found.lesion_score for found in matchings)]),
        fp_confidence=np.concatenate([*empty, *(found.fp_confidence for found in matchings)]),
        n_slides=len(matchings),
        n_ignored_regions=sum(found.n_ignored_regions for found in matchings),
    )


def _with_statistics(
    result: Result, ordered: Sequence[LesionPart], resamples: ResampleMatrix
) -> Result:
    found = lesion_statistics(_matched_lesions(ordered), resamples.weights, resamples.sha256)
    froc = cast("JsonObject", result.aggregates["froc"])
    influence = [None if np.isnan(one) else one for one in found.influence.tolist()]
    case: JsonObject = {
        slide: {**cast("JsonObject", result.case[slide]), "influence": one}
        for slide, one in zip(resamples.units, influence, strict=True)
    }
    aggregates: JsonObject = {
        **result.aggregates,
        "froc": {**froc, **found.froc},
        **found.aggregates,
    }
    return replace(result, aggregates=aggregates, case=case, replicates=found.replicates)


def _matched_lesions(ordered: Sequence[LesionPart]) -> MatchedLesions:
    """Put all slides' outcomes into one record, slides by their place in the order."""
    places = np.arange(len(ordered))
    outcomes = pooled_outcomes([part.matching for part in ordered])
    return MatchedLesions(
        record=MatchedRecord(
            lesion_score=outcomes.lesion_score,
            lesion_slide=np.repeat(places, [part.matching.lesion_score.size for part in ordered]),
            fp_confidence=outcomes.fp_confidence,
            fp_slide=np.repeat(places, [part.matching.fp_confidence.size for part in ordered]),
            n_slides=len(ordered),
        ),
        diameter_um=_diameters(ordered),
        slide_labels=tuple(part.slide_label for part in ordered),
        centres=tuple(part.centre for part in ordered),
    )


def _diameters(ordered: Sequence[LesionPart]) -> NDArray[np.float64] | None:
    """Join the diameters of all lesions; None if one slide's are not known."""
    with_lesions = [part for part in ordered if part.matching.lesion_label.size]
    known = [part.diameter_um for part in with_lesions if part.diameter_um is not None]
    return np.concatenate(known) if len(known) == len(with_lesions) else None


def _matched(
    mask: EvaluationMask,
    x5: NDArray[np.float64],
    y5: NDArray[np.float64],
    confidence: NDArray[np.float64],
) -> Matching:
    label = mask.labels_at(x5.astype(np.int64), y5.astype(np.int64))
    return match(label, confidence, mask.is_itc_sized)


def _froc_section(outcomes: LesionOutcomes, protocol: str) -> JsonObject:
    counts: JsonObject = {
        "n_slides": outcomes.n_slides,
        "n_lesions": int(outcomes.lesion_score.size),
    }
    if not outcomes.lesion_score.size:
        return {**undefined_section(NO_LESIONS), **counts}
    curve = froc_curve_2016(outcomes) if protocol == "camelyon16-2016" else froc_curve(outcomes)
    is_stepped = protocol == "camelyon16-diag"
    sensitivity = stepped_sensitivity_at(curve) if is_stepped else sensitivity_at(curve)
    return {
        **counts,
        "score": mean_in_order(sensitivity),
        "sensitivity_at": dict(zip(map("{:g}".format, FP_RATES), sensitivity, strict=True)),
        "n_points": int(curve.threshold.size),
        "curve": _curve_section(curve),
    }


def _curve_section(curve: FrocCurve) -> JsonObject:
    """Return the curve up to its first point at or beyond the last rate that is read."""
    n_kept = int(np.searchsorted(curve.fps_per_slide, FP_RATES[-1], side="left")) + 1
    thresholds: list[Json] = [None, *curve.threshold[1:n_kept].tolist()]
    return {
        "threshold": thresholds,
        "fps_per_slide": curve.fps_per_slide[:n_kept].tolist(),
        "sensitivity": curve.sensitivity[:n_kept].tolist(),
    }


def _case(part: LesionPart) -> JsonObject:
    found = part.matching
    lesions: list[Json] = [
        {"label": int(label), "confidence": float(score) if np.isfinite(score) else None}
        for label, score in zip(found.lesion_label, found.lesion_score, strict=True)
    ]
    return {
        "detections": part.n_detections,
        "false_positives": int(found.fp_confidence.size),
        "ignored": found.n_ignored,
        "lesions": lesions,
    }
