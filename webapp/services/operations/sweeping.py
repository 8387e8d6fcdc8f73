"""Repairs what crashed processes left behind; one sweeper at a time, safe at any moment."""

from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from webapp.database.engine import database_now, insert_if_absent, rows_changed
from webapp.database.models import (
    Evaluation,
    EvaluationState,
    Heartbeat,
    Submission,
    SweepLock,
    Upload,
    UploadState,
)
from webapp.services.boards.statistics import request_all_statistics
from webapp.services.operations.invariants import ORPHAN_SECONDS, orphan_blobs, violations
from webapp.services.people.accounts import forget_old_sessions
from webapp.services.records.identifiers import new_lease_token
from webapp.services.records.journal import record_change
from webapp.services.records.slots import forget_gone_processes
from webapp.services.work.decoder_answers import forget_old_answers
from webapp.services.work.queue import WorkItem, WorkPolicy
from webapp.services.work.recovery import RecoveredItems, recover_expired
from webapp.services.work.states import event_subject
from webapp.storage import BlobStore

SWEEP_LEASE_SECONDS = 120.0
"""A sweeper that dies blocks the others for at most this long."""

UPLOAD_LIFETIME_SECONDS = 86_400.0
"""An upload that is not confirmed within a day expires."""

_LOCK_ID = 1
_UNCONFIRMED = (UploadState.OPEN, UploadState.COMPLETE, UploadState.CHECKED)


@dataclass(frozen=True, slots=True)
class SweepReport:
    """What a sweep did."""

    held_lock: bool
    requeued: tuple[WorkItem, ...] = ()
    quarantined: tuple[WorkItem, ...] = ()
    expired_uploads: int = 0
    deleted_blobs: int = 0
    violations: dict[str, int] = field(default_factory=dict)


def sweep(
    session_factory: Callable[[], Session], storage: BlobStore, policy: WorkPolicy
) -> SweepReport:
    """Sweep once, unless another sweeper is running."""
    holder = new_lease_token()
    with session_factory() as session:
        if not _claim_lock(session, holder):
            return SweepReport(held_lock=False)
        try:
            return _sweep(session, storage, policy)
        finally:
            session.rollback()
            _release_lock(session, holder)


def heartbeat(session: Session, name: str, role: str) -> None:
    """Write a process's heartbeat."""
    insert_if_absent(session, Heartbeat, {"name": name, "role": role})
    session.execute(
        update(Heartbeat).where(Heartbeat.name == name).values(seen_at=database_now(), role=role)
    )
    session.commit()


def expire_uploads(session: Session) -> int:
    """Expire uploads that were not confirmed within their lifetime; return how many."""
    ids = session.scalars(
        select(Upload.id)
        .outerjoin(Submission, Submission.upload_id == Upload.id)
        .where(*_is_abandoned(), Submission.id.is_(None))
    ).all()
    session.commit()
    return sum(_expire(session, upload_id) for upload_id in ids)


def delete_orphan_blobs(session: Session, storage: BlobStore) -> int:
    """Delete blobs older than a day that no row refers to, and old partial files."""
    orphans = orphan_blobs(session, storage)
    session.commit()
    storage.delete_partial(ORPHAN_SECONDS)
    return sum(storage.delete(sha256, minimum_age_seconds=ORPHAN_SECONDS) for sha256 in orphans)


def _sweep(session: Session, storage: BlobStore, policy: WorkPolicy) -> SweepReport:
    recovered = RecoveredItems()
    if policy.recovers_expired:
        recovered = recover_expired(session, doubt_seconds=policy.doubt_seconds)
    expired = expire_uploads(session)
    deleted = delete_orphan_blobs(session, storage)
    forget_old_sessions(session)
    forget_old_answers(session)
    request_all_statistics(session)
    _name_teams(session)
    forget_gone_processes(session)
    return SweepReport(
        held_lock=True,
        requeued=recovered.requeued,
        quarantined=recovered.quarantined,
        expired_uploads=expired,
        deleted_blobs=deleted,
        violations=violations(session, storage),
    )


def _name_teams(session: Session) -> None:
    """Give evaluations that older code has queued their team, without which nobody claims them."""
    team_id = select(Submission.team_id).where(Submission.id == Evaluation.submission_id)
    session.execute(
        update(Evaluation)
        .where(Evaluation.state == EvaluationState.QUEUED, Evaluation.team_id.is_(None))
        .values(team_id=team_id.scalar_subquery())
        .execution_options(synchronize_session=False)
    )
    session.commit()


def _claim_lock(session: Session, holder: str) -> bool:
    insert_if_absent(session, SweepLock, {"id": _LOCK_ID})
    session.commit()
    statement = (
        update(SweepLock)
        .where(
            SweepLock.id == _LOCK_ID,
            or_(SweepLock.holder.is_(None), SweepLock.lease_expires_at < database_now()),
        )
        .values(holder=holder, lease_expires_at=database_now(SWEEP_LEASE_SECONDS))
    )
    is_taken = rows_changed(session, statement) == 1
    session.commit()
    return is_taken


def _release_lock(session: Session, holder: str) -> None:
    session.execute(
        update(SweepLock)
        .where(SweepLock.id == _LOCK_ID, SweepLock.holder == holder)
        .values(holder=None, lease_expires_at=None)
    )
    session.commit()


def _is_abandoned() -> tuple[ColumnElement[bool], ...]:
    too_old = Upload.created_at < database_now(-UPLOAD_LIFETIME_SECONDS)
    return (Upload.state.in_(_UNCONFIRMED), too_old)


def _expire(session: Session, upload_id: int) -> bool:
    """Expire one upload, under the lock that confirming it takes too."""
    row = session.scalar(
        select(Upload)
        .where(Upload.id == upload_id, *_is_abandoned())
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    confirmed = select(Submission.id).where(Submission.upload_id == upload_id)
    if row is None or session.scalar(confirmed) is not None:
        session.commit()
        return False
    arrow = (row.state, UploadState.EXPIRED)
    row.state = UploadState.EXPIRED
    record_change(session, "upload.state", event_subject(row), arrow)
    session.commit()
    return True
