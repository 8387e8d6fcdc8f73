"""Scores a claimed evaluation and commits it, guarded by the claim's token."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from evaluator.errors import RESOURCE_LIMITS, SubmissionError
from evaluator.results import (
    Parameters,
    Result,
    canonical_json,
    parameters_from_json,
    replicates_to_npz,
    scoring_digest,
)
from evaluator.scoring import interval_of
from evaluator.submissions import Steps
from ground_truth.types import Kind
from webapp.database.engine import database_now
from webapp.database.models import (
    CaseListRow,
    Evaluation,
    EvaluationState,
    Phase,
    Submission,
)
from webapp.services.boards.statistics import request_statistics
from webapp.services.work.context import Outcome, WorkContext
from webapp.services.work.decoder_answers import DecoderAnswers, forget_answers
from webapp.services.work.quarantine import BLOB_DAMAGED, refund_failure
from webapp.services.work.queue import WorkItem, WorkKind, commit_conditions, record_commit
from webapp.services.work.states import alert_organisers, change_state

SUBMISSION_INVALID = "submission_invalid"
"""The evaluator refuses a file that passed the check, for example after a change of the truth."""

PROGRESS_SECONDS = 1.0
"""Progress is written at most this often."""

REASON_LENGTH = 40


class ScoringMismatch(Exception):  # noqa: N818 - reads as what happened
    """The evaluation names another scoring than this worker's, so another version must do it."""


@dataclass(frozen=True, slots=True)
class FileToScore:
    """A submission's file and the rules and truth that its evaluation names."""

    sha256: str
    size: int
    kind: Kind
    parameters: Parameters
    truth_version: str
    n_cases: int
    n_resamples: int


def evaluate_submission(context: WorkContext) -> Outcome | None:
    """Score a claimed evaluation; None if the claim was lost meanwhile."""
    with context.session_factory() as session:
        file = _file_of(session, context.claimed.item.id)
    if not context.storage.verify(file.sha256, file.size, context.keeper.report_step):
        return _fail(context, BLOB_DAMAGED)
    truth = context.load_truth(file.truth_version)
    from evaluator.scoring import evaluate  # only workers score

    steps = Steps(
        _progress(context, file.n_cases),
        DecoderAnswers(context.session_factory, file.sha256),
        context.keeper.report_step,
    )
    try:
        with context.storage.local_path(file.sha256) as path:
            result = evaluate(
                file.kind,
                path,
                truth,
                file.parameters,
                n_resamples=file.n_resamples,
                steps=steps,
            )
    except SubmissionError as error:
        is_limited = not RESOURCE_LIMITS.isdisjoint(error.counts)
        return _fail(context, SUBMISSION_INVALID, is_limited=is_limited)
    return _commit(context, result, file.n_cases)


def _file_of(session: Session, evaluation_id: int) -> FileToScore:
    row = session.execute(
        select(Evaluation, Submission, Phase, CaseListRow.body)
        .join(Submission, Submission.id == Evaluation.submission_id)
        .join(Phase, Phase.id == Submission.phase_id)
        .join(CaseListRow, CaseListRow.id == Phase.case_list_id)
        .where(Evaluation.id == evaluation_id)
    ).one()
    evaluation, submission, phase, cases = row
    parameters = parameters_from_json(phase.kind, phase.parameters)
    if scoring_digest(phase.kind, parameters, phase.n_resamples) != evaluation.scoring:
        raise ScoringMismatch(evaluation.scoring)
    return FileToScore(
        sha256=submission.sha256,
        size=submission.size,
        kind=phase.kind,
        parameters=parameters,
        truth_version=evaluation.truth_version,
        n_cases=_count_cases(cases, phase.kind),
        n_resamples=phase.n_resamples,
    )


def _count_cases(cases: dict[str, list[dict[str, list[str]]]], kind: Kind) -> int:
    """Count the units of the public case list.

    Progress is shown in these, since the number that the truth scores can depend on labels.
    """
    if kind is Kind.STAGING:
        return len(cases["patients"])
    return sum(kind in slide["kinds"] for slide in cases["slides"])


def _progress(context: WorkContext, n_cases: int) -> Callable[[int, int], None]:
    written_at = time.monotonic() - PROGRESS_SECONDS

    def on_progress(done: int, total: int) -> None:
        nonlocal written_at
        context.keeper.require_lease()
        if context.policy.pause_per_slide_seconds:
            time.sleep(context.policy.pause_per_slide_seconds)
        if time.monotonic() - written_at >= PROGRESS_SECONDS:
            written_at = time.monotonic()
            _write_progress(context, n_cases * done // max(total, 1), n_cases)

    return on_progress


def _write_progress(context: WorkContext, done: int, total: int) -> None:
    with context.session_factory() as session:
        session.execute(
            update(Evaluation)
            .where(
                Evaluation.id == context.claimed.item.id,
                *commit_conditions(context.claimed, context.policy),
            )
            .values(slides_done=done, slides_total=total)
        )
        session.commit()


def _commit(context: WorkContext, result: Result, n_cases: int) -> Outcome | None:
    interval = interval_of(result.aggregates)
    values: dict[str, object] = {
        "result": canonical_json(result.to_json()),
        "replicates_sha256": _store_replicates(context, result),
        "interval_low": None if interval is None else interval["low"],
        "interval_high": None if interval is None else interval["high"],
        "score": result.score,
        "score_reason": _score_reason(result),
        "slides_done": n_cases,
        "slides_total": n_cases,
    }
    with context.session_factory() as session:
        row = _finish(session, context, EvaluationState.SCORED, values)
        follow_up = () if row is None else _request_statistics(session, row)
        session.commit()
    if row is None:
        return None
    return Outcome(context.claimed.item, EvaluationState.SCORED, follow_up)


def _request_statistics(session: Session, row: Evaluation) -> tuple[WorkItem, ...]:
    """Request, in the same transaction, the statistics of the board that the score changes."""
    slug = session.scalars(
        select(Phase.slug)
        .join(Submission, Submission.phase_id == Phase.id)
        .where(Submission.id == row.submission_id)
    ).one()
    statistics_id = request_statistics(session, slug)
    return () if statistics_id is None else (WorkItem(WorkKind.RANK, statistics_id),)


def _store_replicates(context: WorkContext, result: Result) -> str | None:
    """Store the scores on all resamples, as a blob for organisers alone.

    If the commit is refused no row refers to the blob, and the sweeper deletes it after a day.
    """
    if result.replicates is None:
        return None
    content = replicates_to_npz(result.replicates)
    blob = context.storage.put([content], max_bytes=len(content), expected_bytes=len(content))
    return blob.sha256


def _fail(context: WorkContext, code: str, *, is_limited: bool = False) -> Outcome | None:
    with context.session_factory() as session:
        row = _finish(session, context, EvaluationState.FAILED, {"failure_code": code})
        if row is None:
            return None
        alert_organisers(session, row, "alert.failed", {"code": code})
        refund_failure(session, row, f"the evaluation failed: {code}", is_limited=is_limited)
        session.commit()
    return Outcome(context.claimed.item, EvaluationState.FAILED)


def _finish(
    session: Session, context: WorkContext, state: EvaluationState, values: dict[str, object]
) -> Evaluation | None:
    final: dict[str, object] = {
        "finished_at": database_now(),
        "lease_token": None,
        "lease_expires_at": None,
        **values,
    }
    arrow = (EvaluationState.RUNNING, state)
    row = change_state(
        session,
        context.claimed.item,
        arrow,
        commit_conditions(context.claimed, context.policy),
        final,
    )
    if not isinstance(row, Evaluation):
        return None
    record_commit(session, row, context.claimed)
    forget_answers(session, session.get_one(Submission, row.submission_id).sha256)
    return row


def _score_reason(result: Result) -> str | None:
    """Return why the score is undefined: the reason that the metric gives beside its null."""
    if result.score is not None:
        return None
    for metric in result.aggregates.values():
        reason = metric.get("reason") if isinstance(metric, dict) else None
        if isinstance(reason, str):
            return reason[:REASON_LENGTH]
    return "undefined"
