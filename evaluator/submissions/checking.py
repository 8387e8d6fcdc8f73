"""Checks a submission against the public case list, and reads it for scoring.

No code here knows the truth: what participants see while it is hidden depends only on their file
and the case list.
"""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypedDict, TypeVar

from evaluator.archives import read_single_csv, slide_names
from evaluator.errors import Findings, Problem, ProblemCode, ProblemJson, problems_to_json
from evaluator.forms import (
    PROBABILITIES_FILE,
    STAGES_FILE,
    Detections,
    SlideConfidences,
    SubmittedStages,
    read_slide_probabilities,
    read_stages,
)
from evaluator.results import (
    JsonObject,
    LesionParameters,
    Parameters,
    SlideParameters,
    StagingParameters,
    content_sha256,
    default_parameters,
)
from evaluator.submissions.confidence_warnings import warn_of_confidences
from evaluator.submissions.lesions import read_lesion_submission
from evaluator.submissions.steps import NO_STEPS, Steps
from ground_truth.reference import CaseList
from ground_truth.types import Kind

Content_co = TypeVar("Content_co", covariant=True)


class CheckJson(TypedDict):
    """A check report as JSON."""

    problems: list[ProblemJson]
    counts: dict[str, int]
    notices: list[ProblemJson]
    warnings: list[ProblemJson]
    content_sha256: str | None
    n_members: int


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a check found; `content_sha256` is None while there are problems."""

    problems: tuple[Problem, ...]
    counts: dict[ProblemCode, int]
    notices: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    content_sha256: str | None
    n_members: int

    @property
    def is_accepted(self) -> bool:
        """Whether the submission can be scored."""
        return not self.counts

    def to_json(self) -> CheckJson:
        """Return the report as a JSON object."""
        found = problems_to_json(self.problems, self.counts)
        return {
            "problems": found["problems"],
            "counts": found["counts"],
            "notices": [notice.to_json() for notice in self.notices],
            "warnings": [warning.to_json() for warning in self.warnings],
            "content_sha256": self.content_sha256,
            "n_members": self.n_members,
        }


@dataclass(frozen=True, slots=True)
class Submission(Generic[Content_co]):
    """A submission that was read: its content, the findings, and how it was read."""

    content: Content_co
    sha256_of: dict[str, str]
    findings: Findings
    submitted: JsonObject = field(default_factory=dict)

    @property
    def content_sha256(self) -> str:
        """Digest of the used members."""
        return content_sha256(self.sha256_of)


def check(
    kind: Kind,
    path: Path,
    cases: CaseList,
    parameters: Parameters | None = None,
    steps: Steps = NO_STEPS,
) -> CheckReport:
    """Check a submission without the truth; faults of participants are reported, not raised.

    Parameters
    ----------
    kind : Kind
        What the phase asks for.
    path : Path
        A zip, a folder or a single CSV; its name is not looked at.
    cases : CaseList
        The public case list of the phase's truth.
    parameters : Parameters, optional
        The phase's parameters, by default those of a phase that sets none.
    steps : Steps
        Receives the progress after each slide; holds earlier answers of the decoder.

    Raises
    ------
    ValueError
        When the parameters are of another kind.
    """
    chosen = default_parameters(kind) if parameters is None else parameters
    submission = _read(kind, path, cases, chosen, steps)
    findings = submission.findings
    return CheckReport(
        problems=findings.problems,
        counts=dict(findings.counts),
        notices=findings.notices,
        warnings=findings.warnings,
        content_sha256=None if findings.counts else submission.content_sha256,
        n_members=len(submission.sha256_of),
    )


def read_lesions(
    path: Path, cases: CaseList, parameters: LesionParameters, steps: Steps = NO_STEPS
) -> Submission[dict[str, Detections]]:
    """Read a submission of kind lesions, in any form: detections by slide."""
    findings = Findings()
    found = read_lesion_submission(path, cases, parameters, findings, steps)
    if not findings.counts:
        warn_of_confidences(found.detections, findings)
    return Submission(found.detections, found.sha256_of, findings, found.submitted)


def read_slides(path: Path, cases: CaseList) -> Submission[SlideConfidences]:
    """Read a submission of kind slides: confidence of metastasis by slide."""
    findings = Findings()
    found = read_single_csv(path, PROBABILITIES_FILE, len(cases.slides), findings)
    if found is None:
        return Submission(SlideConfidences({}), {}, findings)
    names = slide_names(cases, Kind.SLIDES)
    content = read_slide_probabilities(found.content, names, found.file, findings)
    return Submission(content, {PROBABILITIES_FILE: _sha256(found.content)}, findings)


def read_staging(path: Path, cases: CaseList) -> Submission[SubmittedStages]:
    """Read a submission of kind staging: stage by patient, category by node."""
    findings = Findings()
    found = read_single_csv(path, STAGES_FILE, len(cases.slides), findings)
    if found is None:
        return Submission(SubmittedStages(), {}, findings)
    content = read_stages(found.content, cases, found.file, findings)
    return Submission(content, {STAGES_FILE: _sha256(found.content)}, findings)


def _read(
    kind: Kind, path: Path, cases: CaseList, parameters: Parameters, steps: Steps
) -> Submission[object]:
    match kind, parameters:
        case Kind.LESIONS, LesionParameters():
            return read_lesions(path, cases, parameters, steps)
        case Kind.SLIDES, SlideParameters():
            return read_slides(path, cases)
        case Kind.STAGING, StagingParameters():
            return read_staging(path, cases)
        case _:
            raise ValueError(f"{type(parameters).__name__} are no parameters of kind {kind}")


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
