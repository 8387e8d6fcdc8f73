"""Checks uploads and validates submissions: against the public case list, never the truth."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from evaluator.errors import RESOURCE_LIMITS
from evaluator.results.parameters import Parameters, parameters_from_json
from evaluator.submissions.steps import Steps
from ground_truth.reference.cases import CaseList
from ground_truth.types import Kind
from webapp.database.engine import database_now
from webapp.database.models import (
    CaseListRow,
    Phase,
    Submission,
    SubmissionState,
    Upload,
    UploadState,
)
from webapp.services.submissions.admission import queue_evaluation
from webapp.services.submissions.quotas import refund
from webapp.services.work.context import Outcome, Workshop
from webapp.services.work.decoder_answers import KeptAnswers, forget_answers
from webapp.services.work.quarantine import BLOB_DAMAGED, check_failed_report
from webapp.services.work.queue import WorkItem, WorkKind, guard, note_commit
from webapp.services.work.transitions import alert, move


@dataclass(frozen=True, slots=True)
class FileToCheck:
    """A file and everything that it is checked against."""

    sha256: str
    size: int
    kind: Kind
    cases: CaseList
    case_list_id: int
    parameters: Parameters


def check_upload(shop: Workshop) -> Outcome | None:
    """Check a claimed upload and keep the report, problems and all."""
    with shop.session_factory() as session:
        file = _file_of(session, Upload, shop.claimed.item.id)
    report = _report(shop, file)
    with shop.session_factory() as session:
        row = move(
            session,
            shop.claimed.item,
            (UploadState.CHECKING, UploadState.CHECKED),
            guard(shop.claimed, shop.policy),
            {
                "report": check_failed_report() if report is None else report,
                "case_list_id": file.case_list_id,
                "checked_at": database_now(),
                "lease_token": None,
                "lease_expires_at": None,
            },
        )
        if row is None:
            return None
        if report is None:
            alert(session, row, "alert.blob", {"code": BLOB_DAMAGED})
        if report is None or report["problems"]:
            forget_answers(session, file.sha256)
        note_commit(session, row, shop.claimed)
        session.commit()
    return Outcome(shop.claimed.item, UploadState.CHECKED)


def validate_submission(shop: Workshop) -> Outcome | None:
    """Validate a claimed submission: accepted with its evaluation, or rejected and refunded."""
    with shop.session_factory() as session:
        file = _file_of(session, Submission, shop.claimed.item.id)
    report = _report(shop, file)
    with shop.session_factory() as session:
        outcome = _commit_validation(session, shop, report)
        session.commit()
    return outcome


def _report(shop: Workshop, file: FileToCheck) -> dict[str, Any] | None:
    """Return the check's report as JSON, or None where the stored file is damaged."""
    from evaluator.submissions.check import check  # only workers read submissions

    if not shop.storage.verify(file.sha256, file.size):
        return None
    answers = KeptAnswers(shop.session_factory, file.sha256)
    steps = Steps(lambda done, total: shop.keeper.require(), answers)  # noqa: ARG005 - progress
    with shop.storage.local_path(file.sha256) as path:
        report = check(file.kind, path, file.cases, file.parameters, steps)
    return dict(report.to_json())


def _file_of(session: Session, model: type[Upload] | type[Submission], row_id: int) -> FileToCheck:
    sha256, size, phase, cases = session.execute(
        select(model.sha256, model.size, Phase, CaseListRow)
        .join(Phase, Phase.id == model.phase_id)
        .join(CaseListRow, CaseListRow.id == Phase.case_list_id)
        .where(model.id == row_id)
    ).one()
    return FileToCheck(
        sha256=sha256 or "",
        size=size or 0,
        kind=phase.kind,
        cases=CaseList.from_json(cases.body),
        case_list_id=cases.id,
        parameters=parameters_from_json(phase.kind, phase.parameters),
    )


def _commit_validation(
    session: Session, shop: Workshop, report: dict[str, Any] | None
) -> Outcome | None:
    item = shop.claimed.item
    conditions = guard(shop.claimed, shop.policy)
    if report is None:
        return _quarantine(session, shop, conditions)
    is_clean = not report["problems"]
    target = SubmissionState.ACCEPTED if is_clean else SubmissionState.REJECTED
    values: dict[str, object] = {
        "report": report,
        "lease_token": None,
        "lease_expires_at": None,
    }
    row = move(session, item, (SubmissionState.VALIDATING, target), conditions, values)
    if not isinstance(row, Submission):
        return None
    note_commit(session, row, shop.claimed)
    if not is_clean:
        forget_answers(session, row.sha256)
        is_limited = not RESOURCE_LIMITS.isdisjoint(report["counts"])
        refund(session, row.id, "the file has problems", is_limited=is_limited)
        return Outcome(item, target)
    phase = session.get_one(Phase, row.phase_id)
    evaluation = WorkItem(WorkKind.EVALUATE, queue_evaluation(session, row, phase))
    return Outcome(item, target, (evaluation,))


def _quarantine(
    session: Session, shop: Workshop, conditions: Sequence[ColumnElement[bool]]
) -> Outcome | None:
    row = move(
        session,
        shop.claimed.item,
        (SubmissionState.VALIDATING, SubmissionState.QUARANTINED),
        conditions,
        {"report": check_failed_report(), "lease_token": None, "lease_expires_at": None},
        {"reason": BLOB_DAMAGED},
    )
    if row is None:
        return None
    note_commit(session, row, shop.claimed)
    alert(session, row, "alert.blob", {"code": BLOB_DAMAGED})
    refund(session, row.id, "the stored file is damaged")
    return Outcome(shop.claimed.item, SubmissionState.QUARANTINED)
