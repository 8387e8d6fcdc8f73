"""Reads submissions with all that their view needs, in one SELECT."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session, aliased

from webapp.db import database_now
from webapp.errors import RefusalCode, Refused
from webapp.models import (
    Challenge,
    ChargeKind,
    Evaluation,
    Phase,
    QuotaEntry,
    Submission,
    Team,
)
from webapp.services.challenges import describe_phase
from webapp.services.quotas import is_charged
from webapp.services.release import (
    SubmissionRows,
    SubmissionView,
    Viewer,
    describe_submission,
)


def view_of_submission(session: Session, public_id: str, viewer: Viewer) -> SubmissionView:
    """Return a submission as a viewer may see it.

    Raises
    ------
    Refused
        `not_found` for another team's submission just as for one that does not exist.
    """
    found = views_of_submissions(session, [Submission.public_id == public_id], viewer)
    if not found:
        raise Refused(RefusalCode.NOT_FOUND, "There is no such submission.", field="submission")
    return found[0]


def views_of_submissions(
    session: Session, conditions: Sequence[ColumnElement[bool]], viewer: Viewer
) -> list[SubmissionView]:
    """Return the submissions that a viewer may see, the newest first."""
    allowed = [] if viewer.is_organiser else [Submission.team_id == (viewer.team_id or 0)]
    query = (
        select(
            Submission, Evaluation, Team, Phase, Challenge, _attempts(), _refunded(), database_now()
        )
        .join(Team, Team.id == Submission.team_id)
        .join(Phase, Phase.id == Submission.phase_id)
        .join(Challenge, Challenge.id == Phase.challenge_id)
        .outerjoin(Evaluation, is_current_evaluation())
        .where(*conditions, *allowed)
        .order_by(Submission.id.desc())
        .execution_options(populate_existing=True)
    )
    return [_view(row, viewer) for row in session.execute(query)]


def is_current_evaluation() -> ColumnElement[bool]:
    """Return the join of a submission's evaluation for its phase's present pair."""
    return and_(
        Evaluation.submission_id == Submission.id,
        Evaluation.scoring == Phase.scoring,
        Evaluation.truth_version == Phase.truth_version,
    )


def _view(
    row: tuple[Submission, Evaluation, Team, Phase, Challenge, int, int, datetime], viewer: Viewer
) -> SubmissionView:
    submission, evaluation, team, phase, challenge, attempts, refunds, now = row
    rows = SubmissionRows(submission, evaluation, team, attempts, is_refunded=refunds > 0)
    return describe_submission(rows, describe_phase(phase, challenge, now), viewer)


def _attempts() -> ColumnElement[int]:
    other = aliased(Submission)
    return (
        select(func.count())
        .where(
            other.team_id == Submission.team_id,
            other.phase_id == Submission.phase_id,
            is_charged(other.id),
        )
        .correlate(Submission)
        .scalar_subquery()
    )


def _refunded() -> ColumnElement[int]:
    return (
        select(func.count())
        .where(QuotaEntry.submission_id == Submission.id, QuotaEntry.kind == ChargeKind.REFUND)
        .correlate(Submission)
        .scalar_subquery()
    )
