"""Lists the rows that wait, are worked on or are quarantined, and moves them for operators.

A row is named by the public id of its upload or submission. Every move is an event with the
person who made it and the reason.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import cast

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from webapp.database.engine import database_now
from webapp.database.models import (
    Audience,
    Evaluation,
    EvaluationState,
    Phase,
    Submission,
    SubmissionState,
    Team,
    Upload,
    UploadState,
    User,
)
from webapp.errors import RefusalCode, Refused
from webapp.services.records.journal import EventSubject, record_event
from webapp.services.release.current_evaluations import is_current_evaluation
from webapp.services.work.quarantine import give_up
from webapp.services.work.states import (
    WORK_STATES,
    LeasedRow,
    WorkItem,
    WorkKind,
    change_state,
    event_subject,
)

OPERATOR = "operator"
"""Reason of a change of state that a person made; the event beside it says who and why."""

_SHOWN_STATES = {
    WorkKind.CHECK: (UploadState.COMPLETE, UploadState.CHECKING),
    WorkKind.VALIDATE: (
        SubmissionState.RECEIVED,
        SubmissionState.VALIDATING,
        SubmissionState.QUARANTINED,
    ),
    WorkKind.EVALUATE: (
        EvaluationState.QUEUED,
        EvaluationState.RUNNING,
        EvaluationState.QUARANTINED,
    ),
}


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A row of the queue as operators list it.

    Attributes
    ----------
    public_id : str
        Of the upload or submission.
    age_seconds : float
        Since it was added.
    """

    kind: WorkKind
    public_id: str
    team: str
    phase: str
    state: str
    attempt: int
    age_seconds: float


def list_rows(session: Session, *, only_quarantined: bool = False) -> list[QueueRow]:
    """Return the rows that wait, are worked on, rest or are quarantined, the oldest first."""
    now = session.scalars(select(database_now())).one()
    found = []
    for kind in WORK_STATES:
        quarantined = {SubmissionState.QUARANTINED, EvaluationState.QUARANTINED}
        states = [one for one in _SHOWN_STATES[kind] if not only_quarantined or one in quarantined]
        for public_id, team, phase, state, attempt, added_at in session.execute(
            _rows(kind, states)
        ):
            age_seconds = (now - added_at).total_seconds()
            found.append(QueueRow(kind, public_id, team, phase, str(state), attempt, age_seconds))
    return sorted(found, key=lambda row: -row.age_seconds)


def requeue(session: Session, *, public_id: str, user_id: int, reason: str) -> WorkItem:
    """Put a row that is quarantined, worked on or resting back, as if it had never been tried.

    A charge that was refunded stays refunded: the service was at fault. A claim that is running
    commits nothing any more.

    Raises
    ------
    Refused
        `forbidden` for others than organisers, `not_found`, `wrong_state` if nothing is left to do.
    """
    _require_organiser(session, user_id)
    item, row = _row_of(session, public_id)
    states = WORK_STATES[item.kind]
    if row.state not in {states.waiting, states.working, "quarantined"}:
        raise Refused(RefusalCode.WRONG_STATE, f"It is {row.state}: there is nothing to do again.")
    values: dict[str, object] = {
        "attempt": 0,
        "lease_token": None,
        "lease_expires_at": None,
        "not_before": None,
    }
    if item.kind is WorkKind.EVALUATE:
        values |= {"failure_code": None, "finished_at": None}
    if row.state == states.waiting:
        for name, value in values.items():
            setattr(row, name, value)
    else:
        change_state(
            session,
            item,
            (row.state, states.waiting),
            [states.model.state == row.state],
            values,
            {"reason": OPERATOR},
        )
    _record(session, "work.requeued", row, user_id, reason)
    session.commit()
    return item


def quarantine(session: Session, *, public_id: str, user_id: int, reason: str) -> WorkItem:
    """Take a row that waits or is worked on out of the queue; its charge is given back.

    Raises
    ------
    Refused
        As `requeue`.
    """
    _require_organiser(session, user_id)
    item, row = _row_of(session, public_id)
    states = WORK_STATES[item.kind]
    if row.state == states.waiting:
        given_up = give_up(
            session, item, [states.model.state == states.waiting], OPERATOR, states.waiting
        )
    else:
        given_up = give_up(session, item, [states.model.state == states.working], OPERATOR)
    if not given_up:
        raise Refused(RefusalCode.WRONG_STATE, f"It is {row.state}: it is not in the queue.")
    _record(session, "work.quarantined", row, user_id, reason)
    session.commit()
    return item


def _rows(
    kind: WorkKind, states: Sequence[object]
) -> "Select[str, str, str, StrEnum, int, datetime]":
    model = WORK_STATES[kind].model
    added_at = {
        WorkKind.CHECK: Upload.created_at,
        WorkKind.VALIDATE: Submission.submitted_at,
        WorkKind.EVALUATE: Evaluation.created_at,
    }[kind]
    named = Upload if kind is WorkKind.CHECK else Submission
    query = select(
        named.public_id, Team.name, Phase.slug, model.state, model.attempt, added_at
    ).select_from(model)
    if kind is WorkKind.EVALUATE:
        query = query.join(Submission, Submission.id == Evaluation.submission_id).where(
            Submission.state == SubmissionState.ACCEPTED
        )
    return (
        query.join(Team, Team.id == named.team_id)
        .join(Phase, Phase.id == named.phase_id)
        .where(model.state.in_(states))
    )


def _row_of(session: Session, public_id: str) -> tuple[WorkItem, LeasedRow]:
    """Return the row of an id that is in the queue, or was last, locked."""
    upload = session.scalar(select(Upload).where(Upload.public_id == public_id).with_for_update())
    if upload is not None:
        return WorkItem(WorkKind.CHECK, upload.id), upload
    submission = session.scalar(
        select(Submission).where(Submission.public_id == public_id).with_for_update()
    )
    if submission is None:
        raise Refused(RefusalCode.NOT_FOUND, f"There is no upload or submission {public_id}.")
    evaluation = session.scalar(
        select(Evaluation)
        .join(Submission, Submission.id == Evaluation.submission_id)
        .join(Phase, Phase.id == Submission.phase_id)
        .where(Submission.id == submission.id, is_current_evaluation())
    )
    if evaluation is not None and submission.state is SubmissionState.ACCEPTED:
        return WorkItem(WorkKind.EVALUATE, evaluation.id), evaluation
    return WorkItem(WorkKind.VALIDATE, submission.id), submission


def _require_organiser(session: Session, user_id: int) -> None:
    if not session.get_one(User, user_id).is_organiser:
        raise Refused(RefusalCode.FORBIDDEN, "Only organisers may do this.")


def _record(session: Session, kind: str, row: LeasedRow, user_id: int, reason: str) -> None:
    about = event_subject(row)
    subject = EventSubject(
        upload_id=about.upload_id,
        submission_id=about.submission_id,
        evaluation_id=about.evaluation_id,
        team_id=about.team_id,
        phase_id=about.phase_id,
        user_id=user_id,
    )
    detail = cast("dict[str, object]", {"reason": reason})
    record_event(session, kind, subject, Audience.ORGANISER, detail)
