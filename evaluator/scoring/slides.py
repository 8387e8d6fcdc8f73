"""Scores slide confidences: the area under the ROC curve."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from evaluator.metrics.auc_bootstrap import auc_replicates
from evaluator.metrics.auc_intervals import auc_interval
from evaluator.metrics.resampling import ResampleMatrix, Weights
from evaluator.metrics.roc import roc_auc
from evaluator.results import (
    JsonObject,
    Provenance,
    Replicates,
    Result,
    SlideParameters,
    undefined_section,
    with_resample_digest,
)
from evaluator.scoring.intervals import (
    CentreScore,
    centre_sections,
    interval_section,
    known_centres,
)
from ground_truth.types import Kind, SlideTruth

SINGLE_CLASS = "single_class"
TUMOUR = "tumour"


@dataclass(frozen=True, slots=True)
class SlidePart:
    """One slide's contribution."""

    slide: str
    is_tumour: bool
    confidence: float
    centre: str | None = None


def score_slide(
    member: float,
    truth: SlideTruth,
    parameters: SlideParameters,  # noqa: ARG001 - the same shape for every kind
) -> SlidePart:
    """Put a slide's submitted confidence beside its label."""
    return SlidePart(truth.slide, truth.label == TUMOUR, member, truth.centre)


def combine(
    parts: Sequence[SlidePart], provenance: Provenance, resamples: ResampleMatrix | None = None
) -> Result:
    """Combine all slides of the reference into a result; their order does not matter.

    With resamples the result has intervals, scores by centre and replicates.
    """
    ordered = sorted(parts, key=lambda part: part.slide)
    is_tumour = np.array([part.is_tumour for part in ordered], dtype=np.bool_)
    confidence = np.array([part.confidence for part in ordered], dtype=np.float64)
    area = roc_auc(is_tumour, confidence)
    auc: JsonObject = undefined_section(SINGLE_CLASS) if area is None else {"value": area}
    counts: JsonObject = {
        "n_slides": len(ordered),
        "n_tumour": int(np.count_nonzero(is_tumour)),
    }
    case: JsonObject = {
        part.slide: {
            "confidence": part.confidence,
            "label": TUMOUR if part.is_tumour else "normal",
        }
        for part in ordered
    }
    aggregates: JsonObject = {"score": area, "auc": {**auc, **counts}}
    result = Result(Kind.SLIDES, aggregates, case, with_resample_digest(provenance, resamples))
    if resamples is None or area is None:
        return result
    answers = _Answers(is_tumour, confidence, resamples.weights)
    interval = interval_section(auc_interval(is_tumour, confidence))
    return replace(
        result,
        aggregates={
            **aggregates,
            "auc": {**auc, **counts, "interval": interval},
            **_centre_sections(ordered, answers),
        },
        replicates=Replicates(
            score=auc_replicates(is_tumour, confidence, resamples.weights),
            n_units=int(min(np.count_nonzero(is_tumour), np.count_nonzero(~is_tumour))),
            resample_sha256=resamples.sha256,
        ),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Answers:
    """Labels and confidences of slides, and how often each is drawn."""

    is_tumour: NDArray[np.bool_]
    confidence: NDArray[np.float64]
    weights: Weights


def _centre_sections(ordered: Sequence[SlidePart], answers: _Answers) -> JsonObject:
    centre = np.array([part.centre for part in ordered])
    names = known_centres([part.centre for part in ordered])
    scores = [_centre_score(name, answers, centre == name) for name in names]
    return centre_sections(scores) if scores else {}


def _centre_score(centre: str, answers: _Answers, is_own: NDArray[np.bool_]) -> CentreScore:
    is_tumour, confidence = answers.is_tumour[is_own], answers.confidence[is_own]
    return CentreScore(
        centre=centre,
        n_units=is_tumour.size,
        value=roc_auc(is_tumour, confidence),
        interval=auc_interval(is_tumour, confidence),
        replicates=auc_replicates(is_tumour, confidence, answers.weights[:, is_own]),
    )
