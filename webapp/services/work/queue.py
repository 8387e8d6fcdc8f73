"""Claims, renews, releases and recovers work by leases and fencing tokens.

All times are on the database's clock. A message only says that there is work. Losing, repeating,
delaying or forging it changes nothing: one UPDATE here decides who may do what.
"""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, ScalarSelect, func, select, update
from sqlalchemy.orm import Session

from webapp.database.engine import database_now, rows_changed
from webapp.database.models import (
    MAX_ATTEMPTS,
    Audience,
    Evaluation,
    Submission,
    SubmissionState,
    Upload,
)
from webapp.services.records.identifiers import new_lease_token
from webapp.services.records.journal import record_event
from webapp.services.work.backlog import fairest_items, is_waiting, next_items
from webapp.services.work.quarantine import give_up
from webapp.services.work.recovery import recover_item
from webapp.services.work.states import (
    WORK_STATES,
    WorkItem,
    WorkKind,
    alert_organisers,
    change_state,
    event_subject,
)

__all__ = [
    "Claim",
    "WorkItem",
    "WorkKind",
    "WorkPolicy",
    "claim",
    "commit_conditions",
    "fairest_items",
    "next_items",
    "record_commit",
    "release_claim",
    "renew",
]

BACKOFF_SECONDS = 5.0
"""After an unexpected error a row rests for this long, times the square of its attempt."""


@dataclass(frozen=True, slots=True)
class WorkPolicy:
    """A worker's name and the duration of its claims.

    ``doubt_seconds`` is how long a row waits for its holder after its last lease has run out; the
    three before it are switches for tests.
    """

    worker: str
    lease_seconds: float = 30.0
    max_work_seconds: float = 900.0
    recovers_expired: bool = True
    is_fenced: bool = True
    pause_per_slide_seconds: float = 0.0
    doubt_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on an item until the lease runs out; ``token`` fences late commits."""

    item: WorkItem
    token: str
    attempt: int
    lease_seconds: float


def claim(
    session: Session, item: WorkItem, policy: WorkPolicy, token: str | None = None
) -> Claim | None:
    """Claim an item; None if it is done, claimed, resting or does not exist.

    A claim whose lease has run out is taken over in the same transaction; the third one lost this
    way ends the row instead (`webapp.services.work.quarantine`).

    Parameters
    ----------
    token : str, optional
        A new lease token. Whoever chooses it can give the claim back even if the answer to this
        COMMIT is lost.
    """
    if policy.recovers_expired:
        recover_item(session, item, policy.doubt_seconds)
    states, token = WORK_STATES[item.kind], token or new_lease_token()
    values: dict[str, object] = {
        "attempt": states.model.attempt + 1,
        "lease_token": token,
        "lease_expires_at": database_now(policy.lease_seconds),
        "not_before": None,
    }
    if item.kind is WorkKind.EVALUATE:
        values["started_at"] = func.coalesce(Evaluation.started_at, database_now())
    row = change_state(
        session,
        item,
        (states.waiting, states.working),
        [states.model.id == _locked_claimable(item)],
        values,
    )
    if row is None:
        session.commit()
        return None
    claimed = Claim(item, token, row.attempt, policy.lease_seconds)
    detail: dict[str, object] = {
        "worker": policy.worker,
        "token": token,
        "attempt": row.attempt,
    }
    record_event(session, "work.claimed", event_subject(row), Audience.ORGANISER, detail)
    session.commit()
    return claimed


def renew(session: Session, claimed: Claim) -> bool:
    """Extend a lease; False if the claim is no longer ours."""
    states = WORK_STATES[claimed.item.kind]
    statement = (
        update(states.model)
        .where(
            states.model.id == claimed.item.id,
            states.model.state == states.working,
            states.model.lease_token == claimed.token,
        )
        .values(lease_expires_at=database_now(claimed.lease_seconds))
    )
    is_ours = rows_changed(session, statement) == 1
    session.commit()
    return is_ours


def commit_conditions(claimed: Claim, policy: WorkPolicy) -> list[ColumnElement[bool]]:
    """Return the conditions under which a claim's result may be committed.

    The row must still have the claim's own token. A worker that was paused beyond its lease finds
    another token, or none, and commits nothing.
    """
    if not policy.is_fenced:
        return []
    states = WORK_STATES[claimed.item.kind]
    return [states.model.state == states.working, states.model.lease_token == claimed.token]


def record_commit(session: Session, row: Upload | Submission | Evaluation, claimed: Claim) -> None:
    """Log the claim of a result, in the transaction that commits the result."""
    detail: dict[str, object] = {"token": claimed.token, "attempt": claimed.attempt}
    record_event(session, "work.committed", event_subject(row), Audience.ORGANISER, detail)


def release_claim(session: Session, claimed: Claim, policy: WorkPolicy, error: str) -> None:
    """Release a claim after an unexpected error; the row rests, or ends after its third attempt.

    ``error`` is the name of the error's type, for organisers; never its text.
    """
    item, states = claimed.item, WORK_STATES[claimed.item.kind]
    if claimed.attempt >= MAX_ATTEMPTS:
        give_up(session, item, commit_conditions(claimed, policy), "work_failed")
    else:
        row = change_state(
            session,
            item,
            (states.working, states.waiting),
            commit_conditions(claimed, policy),
            {
                "lease_token": None,
                "lease_expires_at": None,
                "not_before": database_now(BACKOFF_SECONDS * claimed.attempt**2),
            },
        )
        if row is not None:
            alert_organisers(
                session, row, "work.error", {"error": error, "attempt": claimed.attempt}
            )
    session.commit()


def _locked_claimable(item: WorkItem) -> ScalarSelect[int]:
    """Return the item's id if it waits, locked; a row locked by another transaction is skipped.

    An evaluation is locked together with its submission. Withdrawing takes the same lock, so a
    submission is either withdrawn or evaluated, whichever comes first.
    """
    states = WORK_STATES[item.kind]
    query = select(states.model.id).where(states.model.id == item.id, *is_waiting(item.kind))
    if item.kind is WorkKind.EVALUATE:
        query = query.join(Submission, Submission.id == Evaluation.submission_id).where(
            Submission.state == SubmissionState.ACCEPTED
        )
    return query.with_for_update(skip_locked=True).correlate(None).scalar_subquery()
