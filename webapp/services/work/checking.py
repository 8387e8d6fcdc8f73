"""Checks uploads and validates submissions: against the public case list, never the truth."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from evaluator.errors import RESOURCE_LIMITS
from evaluator.results import Parameters, parameters_from_json
from evaluator.submissions import Steps
from ground_truth.reference import CaseList
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
from webapp.services.work.context import Outcome, WorkContext
from webapp.services.work.decoder_answers import DecoderAnswers, forget_answers
from webapp.services.work.quarantine import BLOB_DAMAGED, check_failed_report
from webapp.services.work.queue import WorkItem, WorkKind, commit_conditions, record_commit
from webapp.services.work.states import alert_organisers, change_state


@dataclass(frozen=True, slots=True)
class FileToCheck:
    """A file, and what it is checked against."""

    sha256: str
    size: int
    kind: Kind
    cases: CaseList
    case_list_id: int
    parameters: Parameters


def check_upload(context: WorkContext) -> Outcome | None:
    """Check a claimed upload and store the report, with problems if there are any."""
    with context.session_factory() as session:
        file = _file_of(session, Upload, context.claimed.item.id)
    report = _check_file(context, file)
    with context.session_factory() as session:
        row = change_state(
            session,
            context.claimed.item,
            (UploadState.CHECKING, UploadState.CHECKED),
            commit_conditions(context.claimed, context.policy),
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
            alert_organisers(session, row, "alert.blob", {"code": BLOB_DAMAGED})
        if report is None or report["problems"]:
            forget_answers(session, file.sha256)
        record_commit(session, row, context.claimed)
        session.commit()
    return Outcome(context.claimed.item, UploadState.CHECKED)


def validate_submission(context: WorkContext) -> Outcome | None:
    """Validate a claimed submission: accepted with its evaluation, or rejected and refunded."""
    with context.session_factory() as session:
        file = _file_of(session, Submission, context.claimed.item.id)
    report = _check_file(context, file)
    with context.session_factory() as session:
        outcome = _commit_validation(session, context, report)
        session.commit()
    return outcome


def _check_file(context: WorkContext, file: FileToCheck) -> dict[str, Any] | None:
    """Check a stored file; return the report as JSON, None if the file is damaged."""
    from evaluator.submissions import check  # only workers read submissions

    keeper = context.keeper
    if not context.storage.verify(file.sha256, file.size, keeper.report_step):
        return None
    answers = DecoderAnswers(context.session_factory, file.sha256)
    steps = Steps(lambda _done, _total: keeper.require_lease(), answers, keeper.report_step)
    with context.storage.local_path(file.sha256) as path:
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
    session: Session, context: WorkContext, report: dict[str, Any] | None
) -> Outcome | None:
    item = context.claimed.item
    conditions = commit_conditions(context.claimed, context.policy)
    if report is None:
        return _quarantine(session, context, conditions)
    is_clean = not report["problems"]
    target = SubmissionState.ACCEPTED if is_clean else SubmissionState.REJECTED
    values: dict[str, object] = {
        "report": report,
        "validated_at": database_now(),
        "lease_token": None,
        "lease_expires_at": None,
    }
    row = change_state(session, item, (SubmissionState.VALIDATING, target), conditions, values)
    if not isinstance(row, Submission):
        return None
    record_commit(session, row, context.claimed)
    if not is_clean:
        forget_answers(session, row.sha256)
        is_limited = not RESOURCE_LIMITS.isdisjoint(report["counts"])
        refund(session, row.id, "the file has problems", is_limited=is_limited)
        return Outcome(item, target)
    phase = session.get_one(Phase, row.phase_id)
    evaluation = WorkItem(WorkKind.EVALUATE, queue_evaluation(session, row, phase))
    return Outcome(item, target, (evaluation,))


def _quarantine(
    session: Session, context: WorkContext, conditions: Sequence[ColumnElement[bool]]
) -> Outcome | None:
    row = change_state(
        session,
        context.claimed.item,
        (SubmissionState.VALIDATING, SubmissionState.QUARANTINED),
        conditions,
        {
            "report": check_failed_report(),
            "validated_at": database_now(),
            "lease_token": None,
            "lease_expires_at": None,
        },
        {"reason": BLOB_DAMAGED},
    )
    if row is None:
        return None
    record_commit(session, row, context.claimed)
    alert_organisers(session, row, "alert.blob", {"code": BLOB_DAMAGED})
    refund(session, row.id, "the stored file is damaged")
    return Outcome(context.claimed.item, SubmissionState.QUARANTINED)
