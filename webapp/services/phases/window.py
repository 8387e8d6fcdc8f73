"""Decides where a moment lies in a phase's window, and what that allows and shows."""

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy.orm import Session

from webapp.database.engine import read_clock
from webapp.database.models import Phase, Release, TruthAccess
from webapp.errors import RefusalCode, Refused


class PhaseState(StrEnum):
    """Where the database's clock stands in a phase's window."""

    UPCOMING = "upcoming"
    OPEN = "open"
    GRACE = "grace"
    CLOSED = "closed"


def phase_state(row: Phase, now: datetime) -> PhaseState:
    """Return the state at a moment: open at start <= t < end, then in the grace period."""
    if now < row.opens_at:
        return PhaseState.UPCOMING
    if row.closes_at is None or now < row.closes_at:
        return PhaseState.OPEN
    if now < row.closes_at + timedelta(seconds=row.grace_seconds):
        return PhaseState.GRACE
    return PhaseState.CLOSED


def require_open(session: Session, row: Phase, created_at: datetime | None = None) -> None:
    """Refuse unless a file can still be submitted now.

    A new file needs the phase open, at start <= t < end on the database's clock. A file that was
    created (``created_at``) inside that window can be completed and confirmed until the grace
    period is over.
    """
    now = read_clock(session)
    created = phase_state(row, now if created_at is None else created_at)
    if created is PhaseState.UPCOMING:
        raise Refused(RefusalCode.PHASE_NOT_OPEN, "This phase has not opened yet.", field="phase")
    if created is not PhaseState.OPEN or phase_state(row, now) is PhaseState.CLOSED:
        raise Refused(RefusalCode.PHASE_CLOSED, "This phase is closed.", field="phase")


def is_truth_public_at(row: Phase, state: PhaseState) -> bool:
    """Tell whether the truth is public in this state of the phase."""
    if row.truth_access is TruthAccess.PUBLIC_AFTER_CLOSE:
        return state is PhaseState.CLOSED
    return row.truth_access is TruthAccess.PUBLIC


def release_at(row: Phase, state: PhaseState, *, is_truth_public: bool) -> Release:
    """Return the release in a state; never `open` while the truth is hidden."""
    release = row.after_close if state is PhaseState.CLOSED else row.release
    if release is Release.OPEN and not is_truth_public:
        return Release.AGGREGATE
    return release
