"""Writes and reads the event log: state changes and organisers' decisions, append-only."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.database.models import Audience, Event


@dataclass(frozen=True, slots=True)
class EventSubject:
    """The rows that an event is about; ids that do not apply are None."""

    upload_id: int | None = None
    submission_id: int | None = None
    evaluation_id: int | None = None
    team_id: int | None = None
    phase_id: int | None = None
    user_id: int | None = None


@dataclass(frozen=True, slots=True)
class EventView:
    """One event as its audience reads it."""

    id: int
    at: datetime
    kind: str
    from_state: str | None
    to_state: str | None
    audience: Audience
    detail: dict[str, object]


def record_event(
    session: Session,
    kind: str,
    subject: EventSubject,
    audience: Audience,
    detail: dict[str, object],
) -> None:
    """Write an event without a change of state."""
    record_change(session, kind, subject, (None, None), detail, audience=audience)


def record_change(
    session: Session,
    kind: str,
    subject: EventSubject,
    arrow: tuple[str | None, str | None],
    detail: dict[str, object] | None = None,
    *,
    audience: Audience = Audience.PARTICIPANT,
) -> None:
    """Write an event about a change of state.

    The detail of an event for participants must depend on their own file and the public case list
    alone: codes and counts, never an exception's text.
    """
    session.add(
        Event(
            kind=kind,
            audience=audience,
            from_state=arrow[0],
            to_state=arrow[1],
            upload_id=subject.upload_id,
            submission_id=subject.submission_id,
            evaluation_id=subject.evaluation_id,
            team_id=subject.team_id,
            phase_id=subject.phase_id,
            user_id=subject.user_id,
            detail={} if detail is None else detail,
        )
    )
    session.flush()


def kinds_with_token(session: Session, subject: EventSubject, token: str) -> set[str]:
    """Return the kinds of the events about a row that name this lease token."""
    about = {
        Event.evaluation_id: subject.evaluation_id,
        Event.submission_id: subject.submission_id,
        Event.upload_id: subject.upload_id,
    }
    column, row_id = next((column, row) for column, row in about.items() if row is not None)
    rows = session.scalars(
        select(Event.kind).where(column == row_id, Event.detail["token"].as_string() == token)
    )
    return set(rows)


def events_of_submission(
    session: Session, submission_id: int, audiences: set[Audience], after: int
) -> list[EventView]:
    """Return a submission's events of the given audiences with an id above ``after``."""
    rows = session.scalars(
        select(Event)
        .where(
            Event.submission_id == submission_id,
            Event.audience.in_(audiences),
            Event.id > after,
        )
        .order_by(Event.id)
    )
    return [
        EventView(
            row.id, row.at, row.kind, row.from_state, row.to_state, row.audience, dict(row.detail)
        )
        for row in rows
    ]
