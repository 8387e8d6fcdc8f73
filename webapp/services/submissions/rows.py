"""Reads submissions with all that their view needs, in one SELECT."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, aliased

from webapp.database.engine import database_now
from webapp.database.models import (
    Challenge,
    ChargeKind,
    Evaluation,
    Phase,
    QuotaEntry,
    Submission,
    Team,
)
from webapp.errors import RefusalCode, Refused
from webapp.services.phases.challenges import PhaseView, describe_phase
from webapp.services.release.allow_list import (
    SubmissionRows,
    SubmissionView,
    Viewer,
    describe_submission,
    is_on_ladder,
)
from webapp.services.release.current_evaluations import is_current_evaluation
from webapp.services.release.ladder import ladder_scores
from webapp.services.submissions.quotas import is_charged


@dataclass(frozen=True, slots=True)
class ListedPart:
    """A part of a list of submissions, and how many the whole list has."""

    items: list[SubmissionView]
    total: int


@dataclass(frozen=True, slots=True)
class Extent:
    """Which part of a list is asked for: how many lines come before it, and how many it has."""

    start: int
    limit: int


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
    session: Session,
    conditions: Sequence[ColumnElement[bool]],
    viewer: Viewer,
    extent: Extent | None = None,
) -> list[SubmissionView]:
    """Return the submissions that a viewer may see, the newest first; of no more rows are read."""
    query = (
        select(
            Submission,
            Evaluation,
            Team,
            Phase,
            Challenge,
            _count_attempts(),
            _count_refunds(),
            database_now(),
        )
        .join(Team, Team.id == Submission.team_id)
        .join(Phase, Phase.id == Submission.phase_id)
        .join(Challenge, Challenge.id == Phase.challenge_id)
        .outerjoin(Evaluation, is_current_evaluation())
        .where(*conditions, *_allowed(viewer))
        .order_by(Submission.id.desc())
        .execution_options(populate_existing=True)
    )
    if extent is not None:
        query = query.limit(extent.limit).offset(extent.start)
    found = [_rows_and_phase(row) for row in session.execute(query)]
    ladder_phase_ids = {phase.id for _, phase in found if is_on_ladder(phase, viewer)}
    rungs = ladder_scores(session, ladder_phase_ids) if ladder_phase_ids else {}
    return [describe_submission(_with_rung(rows, rungs), phase, viewer) for rows, phase in found]


def list_part(
    session: Session, extent: Extent, *, viewer: Viewer, phase_slug: str | None = None
) -> ListedPart:
    """Return a page of the viewer's list and the length of the whole list."""
    conditions = of_phase(phase_slug)
    items = views_of_submissions(session, conditions, viewer, extent)
    count = (
        select(func.count(Submission.id))
        .join(Phase, Phase.id == Submission.phase_id)
        .where(*conditions, *_allowed(viewer))
    )
    return ListedPart(items, session.scalars(count).one())


def of_phase(slug: str | None) -> list[ColumnElement[bool]]:
    """Return the condition that submissions are of a phase, or none."""
    return [] if slug is None else [Phase.slug == slug]


def _allowed(viewer: Viewer) -> list[ColumnElement[bool]]:
    return [] if viewer.is_organiser else [Submission.team_id == (viewer.team_id or 0)]


def _rows_and_phase(
    row: tuple[Submission, Evaluation, Team, Phase, Challenge, int, int, datetime],
) -> tuple[SubmissionRows, PhaseView]:
    submission, evaluation, team, phase, challenge, attempts, refunds, now = row
    rows = SubmissionRows(submission, evaluation, team, attempts, is_refunded=refunds > 0)
    return rows, describe_phase(phase, challenge, now)


def _with_rung(rows: SubmissionRows, rungs: Mapping[int, float]) -> SubmissionRows:
    return rows if rows.evaluation is None else replace(rows, rung=rungs.get(rows.evaluation.id))


def _count_attempts() -> ColumnElement[int]:
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


def _count_refunds() -> ColumnElement[int]:
    return (
        select(func.count())
        .where(QuotaEntry.submission_id == Submission.id, QuotaEntry.kind == ChargeKind.REFUND)
        .correlate(Submission)
        .scalar_subquery()
    )
