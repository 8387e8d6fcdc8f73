"""Lets a client repeat a request: the same key gives one submission and one charge."""

import hashlib
import json
import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from math import ceil

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from webapp.database.engine import database_now, insert_if_absent, read_clock, rows_changed
from webapp.database.models import IdempotencyKey, Submission
from webapp.errors import RefusalCode, Refused

LEASE_SECONDS = 60.0
"""If a request dies, its key stays reserved for at most this long."""

LONGEST_WAIT_SECONDS = 5
"""Longest Retry-After: the first request is usually done long before its lease ends."""

KEY_LENGTH = 200


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


def reserve(session: Session, team_id: int, key: str) -> Reservation | FinishedRequest:
    """Reserve a key, or return what its first request made.

    Raises
    ------
    Refused
        `idempotency_key_running` while another request holds the key, with the seconds to wait.
    """
    if not 1 <= len(key) <= KEY_LENGTH or not key.isascii() or not key.isprintable():
        raise Refused(
            RefusalCode.INVALID_FIELD,
            f"An Idempotency-Key has 1 to {KEY_LENGTH} printable ASCII characters.",
            field="Idempotency-Key",
        )
    holder = secrets.token_hex(16)
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
    session.commit()
    return answer


def renew(session: Session, reservation: Reservation) -> None:
    """Extend the lease of a key, since the file is still arriving."""
    session.execute(
        update(IdempotencyKey)
        .where(*_is_held_by(reservation))
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


def renew_while_reading(chunks: Iterable[bytes], renew_now: Callable[[], None]) -> Iterator[bytes]:
    """Yield an upload's chunks, and renew its key every third of the lease."""
    renewed_at = time.monotonic()
    for chunk in chunks:
        if time.monotonic() - renewed_at > LEASE_SECONDS / 3:
            renew_now()
            renewed_at = time.monotonic()
        yield chunk


def _take_over(session: Session, team_id: int, key: str, holder: str) -> bool:
    statement = (
        update(IdempotencyKey)
        .where(
            IdempotencyKey.team_id == team_id,
            IdempotencyKey.key == key,
            IdempotencyKey.submission_id.is_(None),
            IdempotencyKey.lease_expires_at < database_now(),
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
        raise _still_running_refusal(min(max(1, ceil(left)), LONGEST_WAIT_SECONDS))
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
