"""The kinds of work: which table each claims from, and through which states it goes."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from webapp.database.models import (
    Evaluation,
    EvaluationState,
    Submission,
    SubmissionState,
    Upload,
    UploadState,
)

LeasedModel = type[Upload] | type[Submission] | type[Evaluation]
LeasedRow = Upload | Submission | Evaluation


class WorkKind(StrEnum):
    """What a worker can do with an item."""

    CHECK = "check"
    VALIDATE = "validate"
    EVALUATE = "evaluate"
    RANK = "rank"
    """Statistics of a board: a pure function, so it needs no states and no fencing token."""


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One thing to do: the kind and the row's id; safe to send, to repeat, to forge."""

    kind: WorkKind
    id: int


@dataclass(frozen=True, slots=True)
class WorkStates:
    """States of one kind: claimable, claimed, and where a row ends that was lost too often."""

    model: LeasedModel
    noun: str
    waiting: str
    working: str
    given_up: str


WORK_STATES: Mapping[WorkKind, WorkStates] = {
    WorkKind.CHECK: WorkStates(
        Upload, "upload", UploadState.COMPLETE, UploadState.CHECKING, UploadState.CHECKED
    ),
    WorkKind.VALIDATE: WorkStates(
        Submission,
        "submission",
        SubmissionState.RECEIVED,
        SubmissionState.VALIDATING,
        SubmissionState.QUARANTINED,
    ),
    WorkKind.EVALUATE: WorkStates(
        Evaluation,
        "evaluation",
        EvaluationState.QUEUED,
        EvaluationState.RUNNING,
        EvaluationState.QUARANTINED,
    ),
}
