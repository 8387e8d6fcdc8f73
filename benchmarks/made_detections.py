"""Makes detections anywhere on a slide, the same in every run, and matches them to a truth."""

from dataclasses import dataclass

import numpy as np

from evaluator.forms.detections import Detections
from evaluator.metrics.froc import LesionOutcomes
from evaluator.metrics.matched_record import MatchedRecord
from evaluator.metrics.matching import Matching
from evaluator.results.parameters import LesionParameters
from evaluator.scoring.lesions import pooled_outcomes, score_slide
from ground_truth.types import SlideTruth

SIDE = 60_000
"""Level-0 pixels of the square in which they lie."""


@dataclass(frozen=True, slots=True)
class Matched:
    """One made submission, matched: for the curve and for its resamples."""

    outcomes: LesionOutcomes
    record: MatchedRecord


def made_detections(number: int, n_detections: int) -> Detections:
    """Return a slide's detections, the same for the same number.

    Their confidences are of single precision, as networks give them.
    """
    generator = np.random.default_rng(number)
    single = generator.uniform(0.000001, 1.0, n_detections).astype(np.float32)
    confidence = np.array([float(str(one)) for one in single])
    x, y = np.floor(generator.uniform(0.0, SIDE, (2, n_detections)))
    return Detections(confidence, x, y)


def csv_of(detections: Detections) -> str:
    """Write detections as a participant's CSV."""
    columns = (detections.confidence, detections.x, detections.y)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return "".join(f"{confidence!r},{x:.0f},{y:.0f}\n" for confidence, x, y in rows)


def matchings_of(made: list[Detections], slides: tuple[SlideTruth, ...]) -> list[Matching]:
    """Match the detections of every slide, as scoring does."""
    pairs = zip(made, slides, strict=True)
    return [score_slide(one, slide, LesionParameters()).matching for one, slide in pairs]


def matched(matchings: list[Matching]) -> Matched:
    """Pool what was matched on every slide."""
    outcomes = pooled_outcomes(matchings)
    place = np.arange(len(matchings))
    record = MatchedRecord(
        outcomes.lesion_score,
        np.repeat(place, [part.lesion_score.size for part in matchings]),
        outcomes.fp_confidence,
        np.repeat(place, [part.fp_confidence.size for part in matchings]),
        len(matchings),
    )
    return Matched(outcomes, record)
