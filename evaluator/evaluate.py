"""Turns one submission and one ground truth into a result: the one way to score, everywhere."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from evaluator import lesion_scoring, slide_scoring, staging_scoring
from evaluator.parameters import (
    LesionParameters,
    Parameters,
    SlideParameters,
    StagingParameters,
)
from evaluator.resamples import resamples_of
from evaluator.result import Provenance, Result, provenance_of
from evaluator.submission import Submission, read_lesions, read_slides, read_staging
from ground_truth.types import GroundTruth, Kind
from ground_truth.version import case_list

Progress = Callable[[int, int], None]
Unit = TypeVar("Unit")


def evaluate(
    kind: Kind,
    path: Path,
    truth: GroundTruth,
    parameters: Parameters,
    *,
    n_resamples: int = 0,
    on_progress: Progress | None = None,
) -> Result:
    """Score a submission; equal content gives an equal result, from zip, folder or file.

    Parameters
    ----------
    kind : Kind
        What the phase asks for.
    path : Path
        A zip, a folder or a single CSV; its name is not looked at.
    truth : GroundTruth
        The reference, which alone says how many slides, lesions and patients there are.
    parameters : Parameters
        The phase's parameters.
    n_resamples : int
        Resamples of slides or patients that intervals are drawn from; 0 for none.
    on_progress : callable, optional
        Called with units done and units in all after each slide or patient.

    Raises
    ------
    SubmissionError
        With every problem of the submission.
    ValueError
        When the parameters are of another kind.
    """
    depth = _Depth(n_resamples, on_progress)
    match kind, parameters:
        case Kind.LESIONS, LesionParameters():
            return _lesions(path, truth, parameters, depth)
        case Kind.SLIDES, SlideParameters():
            return _slides(path, truth, parameters, depth)
        case Kind.STAGING, StagingParameters():
            return _staging(path, truth, parameters, depth)
        case _:
            raise ValueError(f"{type(parameters).__name__} are no parameters of kind {kind}")


@dataclass(frozen=True, slots=True)
class _Depth:
    """How many resamples are wanted, and who is told of progress."""

    n_resamples: int
    on_progress: Progress | None


def _lesions(path: Path, truth: GroundTruth, parameters: LesionParameters, depth: _Depth) -> Result:
    submission = read_lesions(path, case_list(truth), parameters)
    submission.findings.raise_problems()
    parts = [
        lesion_scoring.score_slide(submission.content[slide.slide], slide, parameters)
        for slide in _told(truth.slides_for(Kind.LESIONS), depth.on_progress)
    ]
    provenance = _provenance(Kind.LESIONS, submission, truth, parameters, depth.n_resamples)
    resamples = resamples_of(Kind.LESIONS, truth, depth.n_resamples)
    return lesion_scoring.combine(parts, provenance, resamples)


def _slides(path: Path, truth: GroundTruth, parameters: SlideParameters, depth: _Depth) -> Result:
    submission = read_slides(path, case_list(truth))
    submission.findings.raise_problems()
    confidence_of = submission.content.by_slide
    parts = [
        slide_scoring.score_slide(confidence_of[slide.slide], slide, parameters)
        for slide in _told(truth.slides_for(Kind.SLIDES), depth.on_progress)
    ]
    provenance = _provenance(Kind.SLIDES, submission, truth, parameters, depth.n_resamples)
    resamples = resamples_of(Kind.SLIDES, truth, depth.n_resamples)
    return slide_scoring.combine(parts, provenance, resamples)


def _staging(
    path: Path, truth: GroundTruth, parameters: StagingParameters, depth: _Depth
) -> Result:
    submission = read_staging(path, case_list(truth))
    submission.findings.raise_problems()
    parts = [
        staging_scoring.score_patient(submission.content, patient, parameters)
        for patient in _told(truth.patients, depth.on_progress)
    ]
    provenance = _provenance(Kind.STAGING, submission, truth, parameters, depth.n_resamples)
    resamples = resamples_of(Kind.STAGING, truth, depth.n_resamples)
    return staging_scoring.combine(parts, provenance, resamples)


def _told(units: Sequence[Unit], on_progress: Progress | None) -> Iterator[Unit]:
    """Yield units, telling after each that it is done."""
    for done, unit in enumerate(units, start=1):
        yield unit
        if on_progress is not None:
            on_progress(done, len(units))


def _provenance(
    kind: Kind,
    submission: Submission[object],
    truth: GroundTruth,
    parameters: Parameters,
    n_resamples: int,
) -> Provenance:
    provenance = provenance_of(
        kind,
        parameters,
        truth.version,
        submission.content_sha256,
        submission.findings.warnings,
        n_resamples,
    )
    return replace(provenance, submitted=submission.submitted)
