"""Takes claims back: those whose lease has run out, and those that the platform interrupted.

An attempt counts when the work failed or its process died in it. What the database, the disk or
the worker's own stop interrupted is given back, and does not count.
"""

from dataclasses import dataclass
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.database.engine import database_now
from webapp.database.models import MAX_ATTEMPTS, Audience
from webapp.services.records.journal import kinds_with_token, record_event
from webapp.services.work.backlog import is_expired
from webapp.services.work.quarantine import give_up
from webapp.services.work.states import (
    WORK_STATES,
    LeasedRow,
    WorkItem,
    change_state,
    event_subject,
)

PLATFORM_REST_SECONDS = 5.0
"""After a fault of database or disk a row rests for this long."""

DOUBT_SECONDS = 10.0
"""A row whose last lease has run out is given up only then.

After an outage of the database every lease has run out at once; meanwhile the worker that holds
this one can still give it back.
"""

LOST, UNCOUNTED = "work.lost", "work.uncounted"
"""Events of a lease that ran out, and of its attempt that does not count after all."""


@dataclass(frozen=True, slots=True)
class RecoveredItems:
    """Items whose lease had run out, by what was done with them."""

    requeued: tuple[WorkItem, ...] = ()
    quarantined: tuple[WorkItem, ...] = ()


def give_back(
    session: Session, item: WorkItem, token: str, reason: str, rest_seconds: float = 0.0
) -> None:
    """Give a claim back that neither failed nor died, so that its attempt does not count.

    Safe to repeat, and safe if the claim never was committed. If the lease had run out before and
    the row was requeued, only the attempt is taken back.
    """
    states = WORK_STATES[item.kind]
    row = change_state(
        session,
        item,
        (states.working, states.waiting),
        [states.model.state == states.working, states.model.lease_token == token],
        {
            "attempt": states.model.attempt - 1,
            "lease_token": None,
            "lease_expires_at": None,
            "not_before": database_now(rest_seconds) if rest_seconds else None,
        },
        {"reason": reason},
    )
    if row is None:
        _uncount(session, item, token)
    session.commit()


def expired_items(session: Session, limit: int = 100) -> list[WorkItem]:
    """Return the items whose lease has run out."""
    return [
        WorkItem(kind, row_id)
        for kind, states in WORK_STATES.items()
        for row_id in session.scalars(
            select(states.model.id).where(*is_expired(kind)).order_by(states.model.id).limit(limit)
        )
    ]


def recover_expired(
    session: Session, limit: int = 100, doubt_seconds: float = 0.0
) -> RecoveredItems:
    """Requeue or quarantine the rows whose lease has run out, each in its own transaction."""
    requeued: list[WorkItem] = []
    quarantined: list[WorkItem] = []
    items = expired_items(session, limit)
    session.commit()
    for item in items:
        states = WORK_STATES[item.kind]
        outcome = recover_item(session, item, doubt_seconds)
        session.commit()
        requeued += [item] if outcome == states.waiting else []
        quarantined += [item] if outcome == states.given_up else []
    return RecoveredItems(tuple(requeued), tuple(quarantined))


def recover_item(session: Session, item: WorkItem, doubt_seconds: float = 0.0) -> str | None:
    """End an expired claim: requeue the row, or give it up after the last; the caller commits."""
    states = WORK_STATES[item.kind]
    model, expired = states.model, is_expired(item.kind)
    is_past_doubt = model.lease_expires_at < database_now(-doubt_seconds)
    last = [*expired, model.attempt >= MAX_ATTEMPTS, is_past_doubt]
    if give_up(session, item, last, "lease_lost"):
        return states.given_up
    query = select(model.lease_token).where(model.id == item.id, *expired)
    token = session.scalar(query)
    row = change_state(
        session,
        item,
        (states.working, states.waiting),
        [*expired, model.attempt < MAX_ATTEMPTS, model.lease_token == token],
        {"lease_token": None, "lease_expires_at": None},
        {"reason": "lease_expired"},
    )
    if row is None:
        return None
    record_event(session, LOST, event_subject(row), Audience.ORGANISER, {"token": token})
    return states.waiting


def _uncount(session: Session, item: WorkItem, token: str) -> None:
    """Take the attempt of a requeued claim back, once."""
    states = WORK_STATES[item.kind]
    query = select(states.model).where(states.model.id == item.id).with_for_update()
    found = session.scalar(query.execution_options(populate_existing=True))
    row = cast("LeasedRow | None", found)
    if row is None or row.state not in {states.waiting, states.working} or row.attempt < 1:
        return
    subject = event_subject(row)
    told = kinds_with_token(session, subject, token)
    if LOST not in told or UNCOUNTED in told:
        return
    row.attempt -= 1
    record_event(session, UNCOUNTED, subject, Audience.ORGANISER, {"token": token})
