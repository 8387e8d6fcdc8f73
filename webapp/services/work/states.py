"""Names the kinds of work and their states, and moves a row along one arrow with its event."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

from sqlalchemy import ColumnElement, update
from sqlalchemy.orm import Session

from webapp.database.models import (
    Audience,
    Evaluation,
    EvaluationState,
    Submission,
    SubmissionState,
    Upload,
    UploadState,
)
from webapp.services.records.journal import EventSubject, record_change, record_event

Arrow = tuple[str, str]
LeasedModel = type[Upload] | type[Submission] | type[Evaluation]
LeasedRow = Upload | Submission | Evaluation


class WorkKind(StrEnum):
    """What a worker can do with an item."""

    CHECK = "check"
    VALIDATE = "validate"
    EVALUATE = "evaluate"
    RANK = "rank"
    """Computing a board's statistics: a pure function, so it has no states and no fencing token."""


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One item of work: its kind and the row's id; sending, repeating or forging it is harmless."""

    kind: WorkKind
    id: int


@dataclass(frozen=True, slots=True)
class WorkStates:
    """States of one kind of work: waiting, claimed, and given up after too many lost claims."""

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


def change_state(
    session: Session,
    item: WorkItem,
    arrow: Arrow,
    conditions: Sequence[ColumnElement[bool]],
    values: dict[str, object],
    detail: dict[str, object] | None = None,
) -> LeasedRow | None:
    """Change one row's state, with an event, if all conditions hold; return the row, or None.

    The conditions are part of the one UPDATE, so that nothing can change between check and change.
    """
    model = WORK_STATES[item.kind].model
    statement = (
        update(model)
        .where(model.id == item.id, *conditions)
        .values(state=arrow[1], **values)
        .returning(model)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    row = cast("LeasedRow | None", session.scalars(statement).one_or_none())
    if row is not None:
        record_change(
            session, f"{WORK_STATES[item.kind].noun}.state", event_subject(row), arrow, detail
        )
    return row


def alert_organisers(
    session: Session, row: LeasedRow, kind: str, detail: dict[str, object]
) -> None:
    """Log an event about a row that only organisers read."""
    record_event(session, kind, event_subject(row), Audience.ORGANISER, detail)


def event_subject(row: LeasedRow) -> EventSubject:
    """Return the subject of an event about a row."""
    match row:
        case Upload():
            return EventSubject(upload_id=row.id, team_id=row.team_id, phase_id=row.phase_id)
        case Submission():
            return EventSubject(submission_id=row.id, team_id=row.team_id, phase_id=row.phase_id)
        case Evaluation():
            return EventSubject(evaluation_id=row.id, submission_id=row.submission_id)
