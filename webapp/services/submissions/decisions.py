"""Withdraws a submission, marks it final, flags it, and reads its events."""

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from webapp.database.engine import read_clock
from webapp.database.models import (
    Audience,
    Evaluation,
    Phase,
    Submission,
    SubmissionState,
    User,
)
from webapp.errors import RefusalCode, Refused
from webapp.services.people.teams import require_captain, require_membership
from webapp.services.phases.window import PhaseState, phase_state
from webapp.services.records.journal import (
    EventSubject,
    EventView,
    events_of_submission,
    record_change,
    record_event,
)
from webapp.services.release.allow_list import SubmissionView, Viewer
from webapp.services.submissions import quotas
from webapp.services.submissions.rows import view_of_submission

_WITHDRAWABLE = frozenset(
    {SubmissionState.RECEIVED, SubmissionState.VALIDATING, SubmissionState.ACCEPTED}
)


def withdraw(session: Session, *, public_id: str, user_id: int) -> SubmissionView:
    """Withdraw a submission, which cannot be undone; for captains, until the phase closes.

    The charge is refunded if no worker has begun to evaluate it. Withdrawing a second time changes
    nothing.
    """
    row = _require_row_of_captain(session, public_id, user_id)
    viewer = Viewer(user_id=user_id, team_id=row.team_id)
    if row.state is not SubmissionState.WITHDRAWN:
        _require_withdrawable(session, row)
        subject = EventSubject(
            submission_id=row.id, team_id=row.team_id, phase_id=row.phase_id, user_id=user_id
        )
        arrow = (row.state, SubmissionState.WITHDRAWN)
        row.state = SubmissionState.WITHDRAWN
        row.lease_token = None
        row.lease_expires_at = None
        record_change(session, "submission.state", subject, arrow)
        if not _was_claimed(session, row.id):
            quotas.refund(session, row.id, "withdrawn before it was evaluated")
    session.commit()
    return view_of_submission(session, public_id, viewer)


def choose_final(session: Session, *, public_id: str, user_id: int) -> SubmissionView:
    """Mark a submission as the team's final one, which counts if the phase selects `final`."""
    row = _require_row_of_captain(session, public_id, user_id)
    if row.state is not SubmissionState.ACCEPTED:
        raise Refused(RefusalCode.WRONG_STATE, "Only an accepted submission can be chosen.")
    _require_open_phase(session, row.phase_id)
    viewer = Viewer(user_id=user_id, team_id=row.team_id)
    if not row.is_final:
        subject = EventSubject(
            submission_id=row.id, team_id=row.team_id, phase_id=row.phase_id, user_id=user_id
        )
        session.execute(
            update(Submission)
            .where(
                Submission.team_id == row.team_id,
                Submission.phase_id == row.phase_id,
                or_(Submission.is_final, Submission.id == row.id),
            )
            .values(is_final=Submission.id == row.id)
        )
        record_event(session, "submission.final", subject, Audience.PARTICIPANT, {})
    session.commit()
    return view_of_submission(session, public_id, viewer)


def set_flags(
    session: Session,
    *,
    public_id: str,
    user_id: int,
    hidden: bool | None = None,
    baseline: bool | None = None,
    disqualified: bool | None = None,
) -> SubmissionView:
    """Set organisers' flags on a submission; None leaves a flag as it is. Changes are logged."""
    if not session.get_one(User, user_id).is_organiser:
        raise Refused(RefusalCode.FORBIDDEN, "Only organisers may do this.")
    row = _require_locked(session, public_id)
    requested = {"is_hidden": hidden, "is_baseline": baseline, "is_disqualified": disqualified}
    changed: dict[str, object] = {
        name: value
        for name, value in requested.items()
        if value is not None and value != getattr(row, name)
    }
    for name, value in changed.items():
        setattr(row, name, value)
    if changed:
        subject = EventSubject(submission_id=row.id, phase_id=row.phase_id, user_id=user_id)
        record_event(session, "submission.flags", subject, Audience.ORGANISER, changed)
    session.commit()
    return view_of_submission(session, public_id, Viewer(user_id, is_organiser=True))


def events(session: Session, *, public_id: str, viewer: Viewer, after: int = 0) -> list[EventView]:
    """Return a submission's events after the id ``after``, as far as the viewer may know."""
    view_of_submission(session, public_id, viewer)  # refuses another team's submission
    submission_id = session.scalars(
        select(Submission.id).where(Submission.public_id == public_id)
    ).one()
    audiences = {Audience.PARTICIPANT}
    if viewer.is_organiser:
        audiences.add(Audience.ORGANISER)
    return events_of_submission(session, submission_id, audiences, after)


def _require_row_of_captain(session: Session, public_id: str, user_id: int) -> Submission:
    membership = require_membership(session, user_id)
    row = _require_locked(session, public_id)
    if row.team_id != membership.team_id:
        raise Refused(RefusalCode.NOT_FOUND, "There is no such submission.", field="submission")
    require_captain(membership)
    return row


def _require_locked(session: Session, public_id: str) -> Submission:
    """Return a submission's row, locked; a claim of its evaluation takes the same lock."""
    row = session.scalar(
        select(Submission)
        .where(Submission.public_id == public_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise Refused(RefusalCode.NOT_FOUND, "There is no such submission.", field="submission")
    return row


def _require_withdrawable(session: Session, row: Submission) -> None:
    _require_open_phase(session, row.phase_id)
    if row.state not in _WITHDRAWABLE:
        raise Refused(RefusalCode.WRONG_STATE, f"A {row.state} submission cannot be withdrawn.")


def _require_open_phase(session: Session, phase_id: int) -> None:
    phase = session.get_one(Phase, phase_id)
    if phase_state(phase, read_clock(session)) is not PhaseState.OPEN:
        raise Refused(RefusalCode.PHASE_CLOSED, "This phase is closed.")


def _was_claimed(session: Session, submission_id: int) -> bool:
    query = select(Evaluation.id).where(
        Evaluation.submission_id == submission_id, Evaluation.started_at.is_not(None)
    )
    return session.scalar(query.limit(1)) is not None
