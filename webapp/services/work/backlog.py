"""Finds the rows that a worker can claim, whatever happened to the messages about them."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from webapp.database.engine import database_now
from webapp.database.models import Evaluation, Submission, SubmissionState, Upload
from webapp.services.boards.statistics import claimable_statistics
from webapp.services.work.states import WORK_STATES, WorkItem, WorkKind

_ADDED_AT: Mapping[WorkKind, InstrumentedAttribute[datetime]] = {
    WorkKind.CHECK: Upload.created_at,
    WorkKind.VALIDATE: Submission.submitted_at,
    WorkKind.EVALUATE: Evaluation.created_at,
}


def next_items(session: Session, *, older_than_seconds: float, limit: int) -> list[WorkItem]:
    """Return the items that can be claimed now, the oldest first.

    These are waiting rows, if neither added nor hinted at in the last ``older_than_seconds``, and
    rows whose lease has run out.
    """
    queries = {kind: _claimable(kind, older_than_seconds, limit) for kind in WORK_STATES}
    queries[WorkKind.RANK] = claimable_statistics(older_than_seconds, limit)
    return _oldest(session, queries, limit)


def unhinted_items(session: Session, *, older_than_seconds: float, limit: int) -> list[WorkItem]:
    """Return waiting items of that age about which no hint was sent, the oldest first.

    One hint is sent an item, however long it waits. A lost hint does no harm, since the poll finds
    the row.
    """
    queries = {kind: _unhinted(kind, older_than_seconds, limit) for kind in WORK_STATES}
    queries[WorkKind.RANK] = claimable_statistics(older_than_seconds, limit)
    return _oldest(session, queries, limit)


def mark_hinted(session: Session, items: Sequence[WorkItem]) -> None:
    """Note that hints about items have been sent, so that they are not sent again."""
    for item in items:
        if item.kind not in WORK_STATES:
            continue  # hints about statistics are not noted; computing twice is harmless
        states = WORK_STATES[item.kind]
        session.execute(
            update(states.model)
            .where(states.model.id == item.id, states.model.state == states.waiting)
            .values(hinted_at=database_now())
        )
        session.commit()  # one row a transaction: two sweepers cannot wait for each other


def is_expired(kind: WorkKind) -> list[ColumnElement[bool]]:
    """Return the conditions under which a row's lease has run out."""
    states = WORK_STATES[kind]
    return [
        states.model.state == states.working,
        states.model.lease_expires_at < database_now(),
    ]


def is_waiting(kind: WorkKind) -> list[ColumnElement[bool]]:
    """Return the conditions under which a row waits: not claimed, and not resting."""
    states = WORK_STATES[kind]
    has_rested = or_(states.model.not_before.is_(None), states.model.not_before <= database_now())
    return [states.model.state == states.waiting, has_rested]


def _claimable(kind: WorkKind, older_than_seconds: float, limit: int) -> Select[int, datetime]:
    states, added_at = WORK_STATES[kind], _ADDED_AT[kind]
    model = states.model
    is_due = func.coalesce(model.hinted_at, added_at) < database_now(-older_than_seconds)
    return (
        select(model.id, added_at)
        .where(
            model.state.in_((states.waiting, states.working)),  # lets the index be used
            or_(and_(*is_waiting(kind), is_due), and_(*is_expired(kind))),
            *_is_still_needed(kind),
        )
        .order_by(added_at)
        .limit(limit)
    )


def _is_still_needed(kind: WorkKind) -> list[ColumnElement[bool]]:
    if kind is not WorkKind.EVALUATE:
        return []
    is_accepted = Submission.state == SubmissionState.ACCEPTED
    return [exists().where(Submission.id == Evaluation.submission_id, is_accepted)]


def _unhinted(kind: WorkKind, older_than_seconds: float, limit: int) -> Select[int, datetime]:
    model, added_at = WORK_STATES[kind].model, _ADDED_AT[kind]
    return (
        select(model.id, added_at)
        .where(
            *is_waiting(kind),
            model.hinted_at.is_(None),
            added_at < database_now(-older_than_seconds),
            *_is_still_needed(kind),
        )
        .order_by(added_at)
        .limit(limit)
    )


def _oldest(
    session: Session, queries: Mapping[WorkKind, Select[int, datetime]], limit: int
) -> list[WorkItem]:
    found = [
        (since, WorkItem(kind, row_id))
        for kind, query in queries.items()
        for row_id, since in session.execute(query)
    ]
    return [item for _, item in sorted(found, key=lambda one: one[0])[:limit]]
