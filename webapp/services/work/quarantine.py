"""Ends work that was lost too often: tells organisers and gives the charge back."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from webapp.database.engine import database_now
from webapp.database.models import Evaluation, Phase, Submission, SubmissionState
from webapp.services.submissions.quotas import refund
from webapp.services.work.states import (
    WORK_STATES,
    WorkItem,
    WorkKind,
    alert_organisers,
    change_state,
)

BLOB_DAMAGED = "blob_damaged"
"""A stored file is missing or no longer has its sha256; organisers are told."""

CHECK_FAILED = "check_failed"
"""Problem code of an upload whose third check was lost."""


def give_up(
    session: Session,
    item: WorkItem,
    conditions: Sequence[ColumnElement[bool]],
    reason: str,
    from_state: str | None = None,
) -> bool:
    """End a row, by default a claimed one, if the conditions hold; tell whether it did.

    The caller commits.
    """
    states = WORK_STATES[item.kind]
    row = change_state(
        session,
        item,
        (from_state or states.working, states.given_up),
        conditions,
        {"lease_token": None, "lease_expires_at": None, **_final_values(item.kind)},
        {"reason": reason},
    )
    if row is None:
        return False
    alert_organisers(session, row, "alert.quarantined", {"reason": reason, "attempt": row.attempt})
    if isinstance(row, Submission):
        refund(session, row.id, "the service could not validate it")
    if isinstance(row, Evaluation):
        refund_failure(session, row, "the service could not evaluate it")
    return True


def refund_failure(
    session: Session, evaluation: Evaluation, reason: str, *, is_limited: bool = False
) -> None:
    """Refund an evaluation that counts for its phase, unless its submission was withdrawn."""
    is_counted = session.scalar(
        select(
            exists().where(
                Submission.id == evaluation.submission_id,
                Submission.state == SubmissionState.ACCEPTED,
                Phase.id == Submission.phase_id,
                Phase.scoring == evaluation.scoring,
                Phase.truth_version == evaluation.truth_version,
            )
        )
    )
    if is_counted:
        refund(session, evaluation.submission_id, reason, is_limited=is_limited)


def check_failed_report() -> dict[str, object]:
    """Return the report of an upload that the service could not check."""
    detail = "The service could not check this file. Please send it again; organisers are told."
    problem: dict[str, object] = {
        "code": CHECK_FAILED,
        "detail": detail,
        "file": None,
        "line": None,
    }
    return {"problems": [problem], "counts": {CHECK_FAILED: 1}, "notices": [], "warnings": []}


def _final_values(kind: WorkKind) -> dict[str, object]:
    match kind:
        case WorkKind.CHECK:
            return {"report": check_failed_report(), "checked_at": database_now()}
        case WorkKind.EVALUATE:
            return {"failure_code": "quarantined", "finished_at": database_now()}
        case WorkKind.VALIDATE:
            return {"validated_at": database_now()}
        case WorkKind.RANK:
            return {}
