"""Lets a client repeat a request: the same key gives one submission and one charge."""

import hashlib
import json
import logging
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from webapp.database.commits import commit
from webapp.database.engine import database_now, insert_if_absent, read_clock, rows_changed
from webapp.database.models import IdempotencyKey, Submission
from webapp.errors import RefusalCode, Refused

LEASE_SECONDS = 2.0
"""If a request dies, or does not learn what it has made, its key stays reserved for this long."""

LONGEST_FAREWELL_SECONDS = 1.0
"""An answer waits for a renewal that is under way for no longer, such as one at a lock."""

RENEWAL_SECONDS = 0.5
KEY_LENGTH = 200

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reservation:
    """A key that one running request holds."""

    team_id: int
    key: str
    holder: str


@dataclass(frozen=True, slots=True)
class FinishedRequest:
    """The submission that the first request with a key made."""

    content_digest: str
    submission_public_id: str


def digest_of(parts: dict[str, str]) -> str:
    """Return the digest of phase, file and method card, by which two requests are the same."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def new_holder() -> str:
    """Return a name for a request that is about to reserve a key."""
    return secrets.token_hex(16)


def reserve(session: Session, team_id: int, key: str, holder: str) -> Reservation | FinishedRequest:
    """Reserve a key, or return what its first request made; the same holder may ask again.

    Raises
    ------
    Refused
        `idempotency_key_running` while another request holds the key, with the seconds to wait.
    CommitUnknownError
        If the answer to the commit was lost; then the same holder asks again.
    """
    if not 1 <= len(key) <= KEY_LENGTH or not key.isascii() or not key.isprintable():
        raise Refused(
            RefusalCode.INVALID_FIELD,
            f"An Idempotency-Key has 1 to {KEY_LENGTH} printable ASCII characters.",
            field="Idempotency-Key",
        )
    is_taken = insert_if_absent(
        session,
        IdempotencyKey,
        {
            "team_id": team_id,
            "key": key,
            "holder": holder,
            "lease_expires_at": database_now(LEASE_SECONDS),
        },
    ) or _take_over(session, team_id, key, holder)
    answer = (
        Reservation(team_id, key, holder) if is_taken else _finished_request(session, team_id, key)
    )
    commit(session)
    return answer


@contextmanager
def kept_alive(
    session_factory: Callable[[], Session], reservation: Reservation | None
) -> Iterator[None]:
    """Renew a key's short lease for as long as its request works, however long the file is.

    Without it a client that repeats a slow request would take the key over again and again. If the
    process is paused and loses the key, the holder's name keeps its request from finishing.
    """
    if reservation is None:
        yield
        return
    over = threading.Event()
    renewing = threading.Thread(
        target=_renew_until, args=(over, session_factory, reservation), daemon=True
    )
    renewing.start()
    try:
        yield
    finally:
        over.set()
        renewing.join(LONGEST_FAREWELL_SECONDS)


def renew(session: Session, reservation: Reservation) -> None:
    """Extend the lease of a key, since its request is still working."""
    session.execute(
        update(IdempotencyKey)
        .where(*_is_held_by(reservation), IdempotencyKey.submission_id.is_(None))
        .values(lease_expires_at=database_now(LEASE_SECONDS))
    )
    session.commit()


def finish(
    session: Session, reservation: Reservation, content_digest: str, submission: Submission
) -> None:
    """Store a key's submission, in the transaction that adds the submission.

    Raises
    ------
    Refused
        `idempotency_key_running` if the key's lease ran out and another request has it; the caller
        must then commit nothing.
    """
    statement = (
        update(IdempotencyKey)
        .where(*_is_held_by(reservation), IdempotencyKey.submission_id.is_(None))
        .values(submission_id=submission.id, content_digest=content_digest)
    )
    if rows_changed(session, statement) != 1:
        raise _still_running_refusal(1)


def release(session: Session, reservation: Reservation) -> None:
    """Release a key whose request was refused, so that it can be used again."""
    session.execute(
        delete(IdempotencyKey).where(
            *_is_held_by(reservation), IdempotencyKey.submission_id.is_(None)
        )
    )
    session.commit()


def _renew_until(
    over: threading.Event, session_factory: Callable[[], Session], reservation: Reservation
) -> None:
    while not over.wait(RENEWAL_SECONDS):
        try:
            with session_factory() as session:
                renew(session, reservation)
        except SQLAlchemyError:
            log.info("a key's lease is not renewed: the database does not answer")


def _take_over(session: Session, team_id: int, key: str, holder: str) -> bool:
    statement = (
        update(IdempotencyKey)
        .where(
            IdempotencyKey.team_id == team_id,
            IdempotencyKey.key == key,
            IdempotencyKey.submission_id.is_(None),
            or_(IdempotencyKey.lease_expires_at < database_now(), IdempotencyKey.holder == holder),
        )
        .values(holder=holder, lease_expires_at=database_now(LEASE_SECONDS))
    )
    return rows_changed(session, statement) == 1


def _finished_request(session: Session, team_id: int, key: str) -> FinishedRequest:
    row = session.execute(
        select(IdempotencyKey, Submission.public_id)
        .outerjoin(Submission, Submission.id == IdempotencyKey.submission_id)
        .where(IdempotencyKey.team_id == team_id, IdempotencyKey.key == key)
    ).one_or_none()
    if row is None:  # released at this moment
        raise _still_running_refusal(1)
    held, public_id = row
    if held.submission_id is None or held.content_digest is None:
        left = (held.lease_expires_at - read_clock(session)).total_seconds()
        raise _still_running_refusal(max(1, ceil(left)))
    return FinishedRequest(held.content_digest, public_id)


def _is_held_by(reservation: Reservation) -> tuple[ColumnElement[bool], ...]:
    return (
        IdempotencyKey.team_id == reservation.team_id,
        IdempotencyKey.key == reservation.key,
        IdempotencyKey.holder == reservation.holder,
    )


def _still_running_refusal(retry_after_seconds: int) -> Refused:
    return Refused(
        RefusalCode.IDEMPOTENCY_KEY_RUNNING,
        "The first request with this Idempotency-Key is still running.",
        retry_after_seconds=retry_after_seconds,
    )
