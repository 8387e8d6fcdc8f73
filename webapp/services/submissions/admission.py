"""Turns a stored file into a submission: one transaction, one charge, the first events."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.database.models import (
    Evaluation,
    EvaluationState,
    Phase,
    Submission,
    SubmissionState,
    Upload,
)
from webapp.services.phases.method_cards import MethodCard
from webapp.services.records.identifiers import new_public_id
from webapp.services.records.journal import EventSubject, record_change
from webapp.services.records.requests import current_request_id
from webapp.services.submissions import quotas


@dataclass(frozen=True, slots=True)
class Admission:
    """The parts of a new submission."""

    phase: Phase
    team_id: int
    user_id: int
    filename: str
    sha256: str
    size: int
    card: MethodCard


def admit_received(session: Session, admission: Admission) -> Submission:
    """Add and charge a submission that a worker will validate; the caller commits.

    The caller holds `quotas.lock_quota`.
    """
    return _admit(session, admission, SubmissionState.RECEIVED, None)


def admit_checked(session: Session, admission: Admission, upload: Upload) -> Submission:
    """Add and charge a submission, with its evaluation, whose upload was checked without problems.

    The caller holds `quotas.lock_quota` and commits.
    """
    submission = _admit(session, admission, SubmissionState.ACCEPTED, upload)
    queue_evaluation(session, submission, admission.phase)
    return submission


def queue_evaluation(session: Session, submission: Submission, phase: Phase) -> int:
    """Add an accepted submission's evaluation for its phase's pair; return the evaluation's id."""
    evaluation = Evaluation(
        submission_id=submission.id,
        team_id=submission.team_id,
        scoring=phase.scoring,
        truth_version=phase.truth_version,
        state=EvaluationState.QUEUED,
    )
    session.add(evaluation)
    session.flush()
    subject = EventSubject(
        evaluation_id=evaluation.id,
        submission_id=submission.id,
        team_id=submission.team_id,
        phase_id=phase.id,
    )
    record_change(session, "evaluation.state", subject, (None, EvaluationState.QUEUED))
    return evaluation.id


def submission_of_upload(session: Session, upload_id: int) -> Submission | None:
    """Return the submission that an upload was confirmed as."""
    return session.scalar(select(Submission).where(Submission.upload_id == upload_id))


def _admit(
    session: Session, admission: Admission, state: SubmissionState, upload: Upload | None
) -> Submission:
    phase = admission.phase
    quotas.require_free_attempt(session, team_id=admission.team_id, phase_id=phase.id)
    submission = Submission(
        public_id=new_public_id("sub"),
        phase_id=phase.id,
        team_id=admission.team_id,
        user_id=admission.user_id,
        upload_id=None if upload is None else upload.id,
        filename=admission.filename,
        sha256=admission.sha256,
        size=admission.size,
        method=admission.card.method,
        description=admission.card.description,
        link=admission.card.link,
        state=state,
        report=None if upload is None else upload.report,
        request_id=current_request_id(),
    )
    session.add(submission)
    session.flush()
    subject = EventSubject(
        upload_id=submission.upload_id,
        submission_id=submission.id,
        team_id=submission.team_id,
        phase_id=phase.id,
        user_id=admission.user_id,
    )
    record_change(session, "submission.state", subject, (None, state))
    quotas.charge(session, submission)
    return submission
