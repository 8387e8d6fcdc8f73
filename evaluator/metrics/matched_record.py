"""Holds what one submission's detections hit, lesion by lesion and slide by slide."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluator.metrics.froc import LesionOutcomes

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class MatchedRecord:
    """All that resampling of slides needs to know of a submission.

    Attributes
    ----------
    lesion_score : (n_lesions,) float64
        Highest confidence of a hit on each lesion, -inf if it was missed.
    lesion_slide : (n_lesions,) int64
        Index of each lesion's slide, 0 .. n_slides - 1.
    fp_confidence : (n_false_positives,) float64
        Confidence of each false positive.
    fp_slide : (n_false_positives,) int64
        Index of each false positive's slide.
    n_slides : int
        Slides of the reference, those without tumour or detections included.

    Raises
    ------
    ValueError
        When shapes differ, a slide index is out of range, a false positive's confidence is not
        finite or a lesion's score is neither finite nor -inf.
    """

    lesion_score: Floats
    lesion_slide: Indices
    fp_confidence: Floats
    fp_slide: Indices
    n_slides: int

    def __post_init__(self) -> None:
        """Refuse what is not a record."""
        _check_slides("lesion", self.lesion_score, self.lesion_slide, self.n_slides)
        _check_slides("false positive", self.fp_confidence, self.fp_slide, self.n_slides)
        if not np.isfinite(self.fp_confidence).all():
            raise ValueError("a false positive's confidence is not finite")
        missed = self.lesion_score == -np.inf
        if not (np.isfinite(self.lesion_score) | missed).all():
            raise ValueError("a lesion's score is neither finite nor -inf")


def restrict_to_slides(record: MatchedRecord, is_kept: NDArray[np.bool_]) -> MatchedRecord:
    """Keep some slides only, ``is_kept`` (n_slides,) bool, renumbered in their order.

    Raises
    ------
    ValueError
        When the mask is not one of the record's slides.
    """
    if is_kept.shape != (record.n_slides,):
        raise ValueError(f"mask of shape {is_kept.shape} for {record.n_slides} slides")
    number = np.cumsum(is_kept) - 1
    lesion, fp = is_kept[record.lesion_slide], is_kept[record.fp_slide]
    return MatchedRecord(
        lesion_score=record.lesion_score[lesion],
        lesion_slide=number[record.lesion_slide[lesion]],
        fp_confidence=record.fp_confidence[fp],
        fp_slide=number[record.fp_slide[fp]],
        n_slides=int(is_kept.sum()),
    )


def pooled_outcomes(record: MatchedRecord) -> LesionOutcomes:
    """Pool the outcomes of all slides, which the FROC curve of the whole set is traced from."""
    return LesionOutcomes(record.lesion_score, record.fp_confidence, record.n_slides)


def lesions_per_slide(record: MatchedRecord) -> Indices:
    """Count the lesions of each slide, shape (n_slides,)."""
    return np.bincount(record.lesion_slide, minlength=record.n_slides)


def effective_slides(record: MatchedRecord) -> float:
    """Return how many slides of equal lesion counts would give a sensitivity equally precise.

    It is the square of the number of lesions over the sum of squares by slide: a few slides with
    many lesions make most of the score, and most of its variance.

    Raises
    ------
    ValueError
        Without a lesion.

    References
    ----------
    Kish (1965), Survey Sampling, section 11.7.
    """
    lesions = lesions_per_slide(record)
    if not lesions.any():
        raise ValueError("no lesion, hence no slide that carries a sensitivity")
    return float(lesions.sum() ** 2 / (lesions**2).sum())


def _check_slides(what: str, value: Floats, slide: Indices, n_slides: int) -> None:
    if value.ndim != 1 or value.shape != slide.shape:
        raise ValueError(f"{what}: values of shape {value.shape}, slides of {slide.shape}")
    if slide.size and not (slide.min() >= 0 and slide.max() < n_slides):
        raise ValueError(f"{what}: a slide index is outside 0 .. {n_slides - 1}")
