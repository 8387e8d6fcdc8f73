"""Scores detections slide by slide, and combines the slides to FROC under three protocols."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluator.detections import Detections
from evaluator.metrics.froc import (
    FP_RATES,
    FrocCurve,
    LesionOutcomes,
    froc_curve,
    froc_curve_2016,
    mean,
    sensitivity_at,
    stepped_sensitivity_at,
)
from evaluator.metrics.matching import Matching, match
from evaluator.parameters import LesionParameters
from evaluator.result import Json, JsonObject, Provenance, Result, undefined
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
    """

    slide: str
    n_detections: int
    matching: Matching
    matching_diag: Matching


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
    return LesionPart(
        slide=lesions.slide,
        n_detections=member.confidence.size,
        matching=_matched(lesions.mask, np.floor(x), np.floor(y), member.confidence),
        # The organisers' later code rounds, half to even (scoring rule camelyon16-diag).
        matching_diag=_matched(lesions.mask_own_spacing, np.rint(x), np.rint(y), member.confidence),
    )


def combine(parts: Sequence[LesionPart], provenance: Provenance) -> Result:
    """Combine all slides of the reference into a result; their order does not matter."""
    ordered = sorted(parts, key=lambda part: part.slide)
    outcomes = pooled([part.matching for part in ordered])
    diag = pooled([part.matching_diag for part in ordered])
    froc = _froc_section(outcomes, "camelyon16")
    aggregates: JsonObject = {
        "score": froc.get("score"),
        "froc": froc,
        "froc_2016": _froc_section(outcomes, "camelyon16-2016"),
        "froc_diag": _froc_section(diag, "camelyon16-diag"),
    }
    case: JsonObject = {part.slide: _case(part) for part in ordered}
    return Result(Kind.LESIONS, aggregates, case, provenance)


def pooled(matchings: Sequence[Matching]) -> LesionOutcomes:
    """Pool the outcomes of all slides of the reference."""
    empty = [np.empty(0)]
    return LesionOutcomes(
        lesion_score=np.concatenate([*empty, *(found.lesion_score for found in matchings)]),
        fp_confidence=np.concatenate([*empty, *(found.fp_confidence for found in matchings)]),
        n_slides=len(matchings),
        n_ignored_regions=sum(found.n_ignored_regions for found in matchings),
    )


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
        return {**undefined(NO_LESIONS), **counts}
    curve = froc_curve_2016(outcomes) if protocol == "camelyon16-2016" else froc_curve(outcomes)
    is_stepped = protocol == "camelyon16-diag"
    sensitivity = stepped_sensitivity_at(curve) if is_stepped else sensitivity_at(curve)
    return {
        **counts,
        "score": mean(sensitivity),
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
