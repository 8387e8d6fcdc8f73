"""Checks what must always hold: each invariant is a query that returns no rows.

The sweeper, `camelyon doctor` and the tests run them. I10 (the board is a function of committed
rows) and I12 (an offline score equals the stored one) are not queries; tests check them.
"""

from collections.abc import Callable, Mapping

from sqlalchemy import ColumnElement, Select, String, and_, cast, exists, func, or_, select
from sqlalchemy.orm import Session

from webapp.database.engine import database_now
from webapp.database.models import (
    MAX_ATTEMPTS,
    ChargeKind,
    Evaluation,
    EvaluationState,
    Event,
    Heartbeat,
    IdempotencyKey,
    Phase,
    QuotaEntry,
    Submission,
    SubmissionState,
    Upload,
    UploadState,
)
from webapp.services.release.current_evaluations import is_current_evaluation
from webapp.services.submissions.quotas import excess_charges
from webapp.services.work.states import WORK_STATES, WorkKind
from webapp.storage import BlobStore

SWEEP_SECONDS = 15.0
QUEUE_TARGET_SECONDS = 900.0
"""Longest wait in the queue while a worker lives: the time limit of one item."""
ALIVE_SECONDS = 60.0
ORPHAN_SECONDS = 86_400.0
"""A blob without a row can be an upload that is still arriving for this long."""

_Query = Callable[[], Select[int]]


def violations(
    session: Session, storage: BlobStore, *, reads_blobs: bool = False
) -> dict[str, int]:
    """Count the violations of each invariant; all are zero if everything is well.

    Blobs are compared by size; with ``reads_blobs`` they are read whole and hashed.
    """
    found = {name: len(session.scalars(query()).all()) for name, query in _QUERIES.items()}
    found["I1"] += len(damaged_blobs(session, storage, reads_blobs=reads_blobs))
    found["I3"] = len(overdrawn_quotas(session))
    found["I11"] = (
        len(orphan_blobs(session, storage))
        + len(missing_replicates(session, storage))
        + len(missing_uploads(session, storage))
    )
    return dict(sorted(found.items(), key=lambda one: int(one[0][1:])))


def damaged_blobs(session: Session, storage: BlobStore, *, reads_blobs: bool) -> list[int]:
    """Return the submissions whose blob is missing or differs from its row (I1, I11)."""
    rows = session.execute(select(Submission.id, Submission.sha256, Submission.size))
    return [
        row_id
        for row_id, sha256, size in rows
        if storage.size(sha256) != size or (reads_blobs and not storage.verify(sha256, size))
    ]


def overdrawn_quotas(session: Session) -> list[tuple[int, int]]:
    """Return team and phase where charges exceed limit and grants in the window (I3)."""
    return [
        (team_id, phase.id)
        for phase in session.scalars(select(Phase))
        for team_id, excess in excess_charges(session, phase)
        if excess > 0
    ]


def orphan_blobs(session: Session, storage: BlobStore) -> list[str]:
    """Return blobs older than a day that no row refers to (I11)."""
    known = referenced_blobs(session)
    return [
        sha256
        for sha256, age_seconds in storage.list_blobs()
        if age_seconds > ORPHAN_SECONDS and sha256 not in known
    ]


def referenced_blobs(session: Session) -> set[str | None]:
    """Return the blobs that submissions, unexpired uploads and results refer to."""
    uploads = select(Upload.sha256).where(Upload.state != UploadState.EXPIRED)
    replicates = select(Evaluation.replicates_sha256)
    return set(session.scalars(select(Submission.sha256).union(uploads, replicates)))


def missing_replicates(session: Session, storage: BlobStore) -> list[int]:
    """Return the evaluations whose replicates are not in the store (I11)."""
    rows = session.execute(
        select(Evaluation.id, Evaluation.replicates_sha256).where(
            Evaluation.replicates_sha256.is_not(None)
        )
    )
    return [row_id for row_id, sha256 in rows if sha256 and not storage.exists(sha256)]


def missing_uploads(session: Session, storage: BlobStore) -> list[int]:
    """Return the unexpired uploads whose blob is missing or has another size (I11).

    Confirmed uploads are left out: their submissions are checked by I1.
    """
    rows = session.execute(
        select(Upload.id, Upload.sha256, Upload.size)
        .outerjoin(Submission, Submission.upload_id == Upload.id)
        .where(
            Upload.state != UploadState.EXPIRED,
            Upload.sha256.is_not(None),
            Submission.id.is_(None),
        )
    )
    return [row_id for row_id, sha256, size in rows if sha256 and storage.size(sha256) != size]


def _without_charge() -> Select[int]:
    """I1: a submission has its charge and its first event."""
    return select(Submission.id).where(
        or_(
            ~exists().where(
                QuotaEntry.submission_id == Submission.id, QuotaEntry.kind == ChargeKind.CHARGE
            ),
            ~exists().where(Event.submission_id == Submission.id, Event.from_state.is_(None)),
        )
    )


def _repeated_keys() -> Select[int]:
    """I2: one submission a key, one key a submission."""
    return (
        select(func.min(IdempotencyKey.id))
        .where(IdempotencyKey.submission_id.is_not(None))
        .group_by(IdempotencyKey.submission_id)
        .having(func.count() > 1)
    )


def _accepted_without_evaluation() -> Select[int]:
    """I4: an accepted submission has exactly one evaluation for its phase's pair."""
    return (
        select(Submission.id)
        .join(Phase, Phase.id == Submission.phase_id)
        .outerjoin(Evaluation, is_current_evaluation())
        .where(Submission.state == SubmissionState.ACCEPTED)
        .group_by(Submission.id)
        .having(func.count(Evaluation.id) != 1)
    )


def _unlogged(kind: WorkKind) -> Select[int]:
    """I5: a row's last event has its state, and each event starts in the state before."""
    model, noun = WORK_STATES[kind].model, WORK_STATES[kind].noun
    column = {"upload": Event.upload_id, "submission": Event.submission_id}.get(
        noun, Event.evaluation_id
    )
    is_of_kind = Event.kind == f"{noun}.state"
    last = select(func.max(Event.id).label("id")).where(is_of_kind).group_by(column).subquery()
    said = select(column.label("row_id"), Event.to_state).join(last, last.c.id == Event.id)
    last_said = said.subquery()
    before = func.lag(Event.to_state).over(partition_by=column, order_by=Event.id)
    log = select(column.label("row_id"), Event.from_state, before.label("before"))
    chain = log.where(is_of_kind).subquery()
    broken = select(chain.c.row_id).where(
        func.coalesce(chain.c.before, "") != func.coalesce(chain.c.from_state, "")
    )
    return (
        select(model.id)
        .outerjoin(last_said, last_said.c.row_id == model.id)
        .where(
            or_(
                func.coalesce(last_said.c.to_state, "") != cast(model.state, String),
                model.id.in_(broken),
            )
        )
    )


def _unlogged_anywhere() -> Select[int]:
    union = _unlogged(WorkKind.CHECK).union_all(
        _unlogged(WorkKind.VALIDATE), _unlogged(WorkKind.EVALUATE)
    )
    return select(union.subquery().c.id)


def _too_many_attempts() -> Select[int]:
    """I6: no row was claimed more than three times."""
    return _of_each_kind(lambda kind: WORK_STATES[kind].model.attempt > MAX_ATTEMPTS)


def _expired_leases() -> Select[int]:
    """I7: no claimed row has a lease that ran out two sweeps ago."""
    return _of_each_kind(
        lambda kind: and_(
            WORK_STATES[kind].model.state == WORK_STATES[kind].working,
            WORK_STATES[kind].model.lease_expires_at < database_now(-2 * SWEEP_SECONDS),
        )
    )


def _waiting_too_long() -> Select[int]:
    """I8: no evaluation waits longer than the target while a worker lives."""
    is_served = exists().where(
        Heartbeat.role == "worker", Heartbeat.seen_at > database_now(-ALIVE_SECONDS)
    )
    has_rested = or_(
        Evaluation.not_before.is_(None), Evaluation.not_before < database_now(-QUEUE_TARGET_SECONDS)
    )
    return (
        select(Evaluation.id)
        .join(Submission, Submission.id == Evaluation.submission_id)
        .where(
            Evaluation.state == EvaluationState.QUEUED,
            Submission.state == SubmissionState.ACCEPTED,
            Evaluation.created_at < database_now(-QUEUE_TARGET_SECONDS),
            has_rested,
            is_served,
        )
    )


def _stale_commits() -> Select[int]:
    """I9: each commit follows, in its row's log, the claim with the same token."""
    row = (Event.upload_id, Event.submission_id, Event.evaluation_id)
    token = Event.detail["token"].as_string()
    log = (
        select(
            Event.id,
            Event.kind,
            token.label("token"),
            func.lag(Event.kind).over(partition_by=row, order_by=Event.id).label("kind_before"),
            func.lag(token).over(partition_by=row, order_by=Event.id).label("token_before"),
        )
        .where(Event.kind.in_(("work.claimed", "work.committed")))
        .subquery()
    )
    return select(log.c.id).where(
        log.c.kind == "work.committed",
        or_(
            func.coalesce(log.c.kind_before, "") != "work.claimed",
            func.coalesce(log.c.token_before, "") != log.c.token,
        ),
    )


def _of_each_kind(condition: Callable[[WorkKind], ColumnElement[bool]]) -> Select[int]:
    check, validate, evaluate = (
        select(WORK_STATES[kind].model.id).where(condition(kind)) for kind in WORK_STATES
    )
    return select(check.union_all(validate, evaluate).subquery().c.id)


_QUERIES: Mapping[str, _Query] = {
    "I1": _without_charge,
    "I2": _repeated_keys,
    "I4": _accepted_without_evaluation,
    "I5": _unlogged_anywhere,
    "I6": _too_many_attempts,
    "I7": _expired_leases,
    "I8": _waiting_too_long,
    "I9": _stale_commits,
}
