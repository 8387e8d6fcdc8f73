"""Turns one submission and one ground truth into a result: the one way to score, everywhere."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from evaluator.results import (
    LesionParameters,
    Parameters,
    Provenance,
    Result,
    SlideParameters,
    StagingParameters,
    provenance_of,
)
from evaluator.scoring import lesions, slides, staging
from evaluator.scoring.resamples import resamples_of
from evaluator.submissions import (
    NO_STEPS,
    Steps,
    Submission,
    read_lesions,
    read_slides,
    read_staging,
)
from ground_truth.types import GroundTruth, Kind
from ground_truth.versions import case_list

Unit = TypeVar("Unit")


def evaluate(
    kind: Kind,
    path: Path,
    truth: GroundTruth,
    parameters: Parameters,
    *,
    n_resamples: int = 0,
    steps: Steps = NO_STEPS,
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
    steps : Steps
        Receives the progress after each slide or patient; holds earlier answers of the decoder.

    Raises
    ------
    SubmissionError
        With every problem of the submission.
    ValueError
        When the parameters are of another kind.
    """
    match kind, parameters:
        case Kind.LESIONS, LesionParameters():
            return _lesions(path, truth, parameters, n_resamples, steps)
        case Kind.SLIDES, SlideParameters():
            return _slides(path, truth, parameters, n_resamples, steps)
        case Kind.STAGING, StagingParameters():
            return _staging(path, truth, parameters, n_resamples, steps)
        case _:
            raise ValueError(f"{type(parameters).__name__} are no parameters of kind {kind}")


def _lesions(
    path: Path, truth: GroundTruth, parameters: LesionParameters, n_resamples: int, steps: Steps
) -> Result:
    """Score lesions; progress is reported while slides' files are read, which takes the time."""
    submission = read_lesions(path, case_list(truth), parameters, steps)
    submission.findings.raise_problems()
    parts = [
        lesions.score_slide(submission.content[slide.slide], slide, parameters)
        for slide in truth.slides_for(Kind.LESIONS)
    ]
    provenance = _provenance(Kind.LESIONS, submission, truth, parameters, n_resamples)
    resamples = resamples_of(Kind.LESIONS, truth, n_resamples)
    return lesions.combine(parts, provenance, resamples)


def _slides(
    path: Path, truth: GroundTruth, parameters: SlideParameters, n_resamples: int, steps: Steps
) -> Result:
    submission = read_slides(path, case_list(truth))
    submission.findings.raise_problems()
    confidence_of = submission.content.by_slide
    parts = [
        slides.score_slide(confidence_of[slide.slide], slide, parameters)
        for slide in _with_progress(truth.slides_for(Kind.SLIDES), steps)
    ]
    provenance = _provenance(Kind.SLIDES, submission, truth, parameters, n_resamples)
    resamples = resamples_of(Kind.SLIDES, truth, n_resamples)
    return slides.combine(parts, provenance, resamples)


def _staging(
    path: Path, truth: GroundTruth, parameters: StagingParameters, n_resamples: int, steps: Steps
) -> Result:
    submission = read_staging(path, case_list(truth))
    submission.findings.raise_problems()
    parts = [
        staging.score_patient(submission.content, patient, parameters)
        for patient in _with_progress(truth.patients, steps)
    ]
    provenance = _provenance(Kind.STAGING, submission, truth, parameters, n_resamples)
    resamples = resamples_of(Kind.STAGING, truth, n_resamples)
    return staging.combine(parts, provenance, resamples)


def _with_progress(units: Sequence[Unit], steps: Steps) -> Iterator[Unit]:
    """Yield units, and report after each that it is done."""
    for done, unit in enumerate(units, start=1):
        yield unit
        steps.report_progress(done, len(units))


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
