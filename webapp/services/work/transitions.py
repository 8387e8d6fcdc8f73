"""Moves a row along one arrow and writes the event of it, in the same transaction."""

from collections.abc import Sequence
from typing import cast

from sqlalchemy import ColumnElement, update
from sqlalchemy.orm import Session

from webapp.database.models import Audience, Evaluation, Submission, Upload
from webapp.services.records.journal import About, record, record_change
from webapp.services.work.states import WORK_STATES, LeasedRow, WorkItem

Arrow = tuple[str, str]


def move(
    session: Session,
    item: WorkItem,
    arrow: Arrow,
    conditions: Sequence[ColumnElement[bool]],
    values: dict[str, object],
    detail: dict[str, object] | None = None,
) -> LeasedRow | None:
    """Move one row if all conditions hold, with its event; return the row, or None.

    The conditions are part of the one UPDATE, so that nothing can change between looking and
    moving.
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
        record_change(session, f"{WORK_STATES[item.kind].noun}.state", about(row), arrow, detail)
    return row


def alert(session: Session, row: LeasedRow, kind: str, detail: dict[str, object]) -> None:
    """Tell organisers, and nobody else, something about a row."""
    record(session, kind, about(row), Audience.ORGANISER, detail)


def about(row: LeasedRow) -> About:
    """Return what an event about a row refers to."""
    match row:
        case Upload():
            return About(upload_id=row.id, team_id=row.team_id, phase_id=row.phase_id)
        case Submission():
            return About(submission_id=row.id, team_id=row.team_id, phase_id=row.phase_id)
        case Evaluation():
            return About(evaluation_id=row.id, submission_id=row.submission_id)
