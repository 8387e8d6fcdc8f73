"""Scores slide confidences: the area under the ROC curve."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evaluator.metrics.roc import roc_auc
from evaluator.parameters import SlideParameters
from evaluator.result import JsonObject, Provenance, Result, undefined
from ground_truth.types import Kind, SlideTruth

SINGLE_CLASS = "single_class"
TUMOUR = "tumour"


@dataclass(frozen=True, slots=True)
class SlidePart:
    """One slide's contribution."""

    slide: str
    is_tumour: bool
    confidence: float


def score_slide(
    member: float,
    truth: SlideTruth,
    parameters: SlideParameters,  # noqa: ARG001 - the same shape for every kind
) -> SlidePart:
    """Put a slide's submitted confidence beside its label."""
    return SlidePart(truth.slide, truth.label == TUMOUR, member)


def combine(parts: Sequence[SlidePart], provenance: Provenance) -> Result:
    """Combine all slides of the reference into a result; their order does not matter."""
    ordered = sorted(parts, key=lambda part: part.slide)
    is_tumour = np.array([part.is_tumour for part in ordered], dtype=np.bool_)
    confidence = np.array([part.confidence for part in ordered], dtype=np.float64)
    area = roc_auc(is_tumour, confidence)
    auc: JsonObject = undefined(SINGLE_CLASS) if area is None else {"value": area}
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
    return Result(Kind.SLIDES, {"score": area, "auc": {**auc, **counts}}, case, provenance)
