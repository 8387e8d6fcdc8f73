"""Warns of confidences that make a poor curve; looks at the submission alone."""

from collections.abc import Mapping

import numpy as np

from evaluator.errors import Findings, ProblemCode
from evaluator.forms import Detections

FEWEST_CONFIDENCES = 10
MOST_SATURATED = 0.2
MOST_SLIDES_OF_ONE_MAXIMUM = 0.9
FEWEST_SLIDES = 10
"""Below this many slides with detections, equal maxima say nothing."""


def warn_of_confidences(detections: Mapping[str, Detections], findings: Findings) -> None:
    """Note few, saturated, tied or per-slide scaled confidences.

    Parameters
    ----------
    detections : mapping of str to Detections
        By slide, for every slide that the case list asks for.
    findings : Findings
        Gets the warnings, which are about the submission as a whole.
    """
    filled = [found.confidence for found in detections.values() if found.confidence.size]
    confidences = np.concatenate(filled) if filled else np.empty(0)
    values, counts = np.unique(confidences, return_counts=True)
    _warn_of_values(confidences, values.size, findings)
    if counts.size and counts.max() > len(detections):
        value, count = float(values[counts.argmax()]), int(counts.max())
        findings.warn(
            ProblemCode.LARGE_TIE_GROUP,
            f"{count:,} detections share the confidence {value:.12g}: more than one a slide "
            "enters the curve in one step.",
        )
    maxima = np.unique([float(slide.max()) for slide in filled], return_counts=True)[1]
    if len(filled) >= FEWEST_SLIDES and maxima.max() > MOST_SLIDES_OF_ONE_MAXIMUM * len(filled):
        findings.warn(
            ProblemCode.PER_SLIDE_SCALING,
            f"{int(maxima.max())} of {len(filled)} slides with detections share one highest "
            "confidence: are confidences scaled slide by slide?",
        )


def _warn_of_values(
    confidences: np.ndarray[tuple[int], np.dtype[np.float64]], n_distinct: int, findings: Findings
) -> None:
    if n_distinct < FEWEST_CONFIDENCES:
        findings.warn(
            ProblemCode.FEW_CONFIDENCES,
            f"Only {n_distinct} distinct confidence(s): the curve has hardly any operating point.",
        )
    n_saturated = int(np.count_nonzero(confidences == 1.0))
    if n_saturated > MOST_SATURATED * confidences.size:
        findings.warn(
            ProblemCode.SATURATED_CONFIDENCES,
            f"{n_saturated:,} of {confidences.size:,} detections have the confidence 1.",
        )
