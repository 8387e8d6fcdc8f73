"""Counts, charges, refunds and grants a team's attempts in a phase, under one lock."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from webapp.database.engine import database_now, insert_if_absent
from webapp.database.models import (
    Audience,
    ChargeKind,
    Phase,
    QuotaEntry,
    Submission,
    SubmissionState,
    Team,
    TeamPhase,
    Upload,
)
from webapp.errors import RefusalCode, Refused
from webapp.services.records.journal import EventSubject, record_event

DAY_SECONDS = 86_400.0
MAX_LIMITED_REFUNDS_A_DAY = 3
"""Refunds a team and day for files that break a resource limit or end the decoder."""
MAX_FAILED_UPLOADS_A_DAY = 20
"""Failed checks cost no attempt, so their rate is limited instead."""
LIMITED_REASON_PREFIX = "limit:"
_REASON_LENGTH = 200


@dataclass(frozen=True, slots=True)
class QuotaView:
    """A team's attempts in a phase: the phase's ``limit``, and those ``granted`` by organisers.

    ``next_at`` is when the next attempt becomes free; None if one is free now, or none ever will.
    """

    limit: int
    granted: int
    used: int
    remaining: int
    window_days: int | None
    next_at: datetime | None


def quota(session: Session, *, team_id: int, phase_id: int) -> QuotaView:
    """Return how many attempts a team has in a phase, has used and has left."""
    phase = session.get_one(Phase, phase_id)
    charged = _charges_in_window(session, team_id, phase)
    granted = _granted_attempts(session, team_id, phase_id)
    remaining = phase.quota_limit + granted - len(charged)
    return QuotaView(
        limit=phase.quota_limit,
        granted=granted,
        used=len(charged),
        remaining=max(remaining, 0),
        window_days=phase.quota_window_days,
        next_at=_next_free_at(phase, charged, -remaining),
    )


def grant(
    session: Session, *, team_id: int, phase_id: int, amount: int, reason: str, user_id: int
) -> QuotaView:
    """Give a team further attempts in a phase, which never expire."""
    if amount < 1 or not reason.strip():
        raise Refused(
            RefusalCode.INVALID_FIELD, "A grant has an amount and a reason.", field="amount"
        )
    lock_quota(session, team_id, phase_id)
    session.add(
        QuotaEntry(
            team_id=team_id,
            phase_id=phase_id,
            kind=ChargeKind.GRANT,
            amount=amount,
            reason=reason.strip()[:_REASON_LENGTH],
            user_id=user_id,
        )
    )
    subject = EventSubject(team_id=team_id, phase_id=phase_id, user_id=user_id)
    record_event(session, "quota.granted", subject, Audience.PARTICIPANT, {"amount": amount})
    session.commit()
    return quota(session, team_id=team_id, phase_id=phase_id)


def lock_quota(session: Session, team_id: int, phase_id: int) -> None:
    """Lock a team's quota in a phase, so that only one transaction counts and charges at a time.

    Without it 24 of 24 parallel requests were accepted on a quota of 3.
    """
    insert_if_absent(session, TeamPhase, {"team_id": team_id, "phase_id": phase_id})
    session.execute(
        select(TeamPhase.id)
        .where(TeamPhase.team_id == team_id, TeamPhase.phase_id == phase_id)
        .with_for_update()
    )


def require_free_attempt(session: Session, *, team_id: int, phase_id: int) -> None:
    """Refuse if no attempt is left; reliable only under `lock_quota`."""
    view = quota(session, team_id=team_id, phase_id=phase_id)
    if view.remaining < 1:
        raise Refused(
            RefusalCode.QUOTA_EXHAUSTED,
            f"All {view.limit + view.granted} attempts of your team in this phase are used.",
            extra={
                "limit": view.limit,
                "granted": view.granted,
                "used": view.used,
                "remaining": 0,
                "next_at": view.next_at,
            },
        )


def charge(session: Session, submission: Submission) -> None:
    """Charge one attempt for a submission; under `lock_quota`, after `require_free_attempt`."""
    session.add(
        QuotaEntry(
            team_id=submission.team_id,
            phase_id=submission.phase_id,
            submission_id=submission.id,
            kind=ChargeKind.CHARGE,
            reason="submission",
        )
    )
    session.flush()


def refund(session: Session, submission_id: int, reason: str, *, is_limited: bool = False) -> bool:
    """Refund a submission's charge once, in the window in which it was charged.

    A limited refund (the file broke a resource limit) is given at most three times a team and
    day. A second call, even at the same moment, changes nothing. Return whether it was given.
    """
    charged = session.scalar(
        select(QuotaEntry).where(
            QuotaEntry.submission_id == submission_id, QuotaEntry.kind == ChargeKind.CHARGE
        )
    )
    if charged is None:
        return False
    lock_quota(session, charged.team_id, charged.phase_id)
    if is_limited and not _has_limited_refund(session, charged.team_id):
        return False
    return insert_if_absent(
        session,
        QuotaEntry,
        {
            "team_id": charged.team_id,
            "phase_id": charged.phase_id,
            "submission_id": submission_id,
            "kind": ChargeKind.REFUND,
            "amount": charged.amount,
            "reason": f"{LIMITED_REASON_PREFIX if is_limited else ''}{reason}",
            "charged_at": charged.charged_at,
        },
    )


def require_few_failures(session: Session, team_id: int) -> None:
    """Refuse a team with twenty rejected files or unconfirmed uploads within a day."""
    since = database_now(-DAY_SECONDS)
    rejected = session.scalars(
        select(func.count()).where(
            Submission.team_id == team_id,
            Submission.state == SubmissionState.REJECTED,
            Submission.submitted_at > since,
        )
    ).one()
    unconfirmed = session.scalars(
        select(func.count())
        .select_from(Upload)
        .outerjoin(Submission, Submission.upload_id == Upload.id)
        .where(Upload.team_id == team_id, Upload.created_at > since, Submission.id.is_(None))
    ).one()
    if rejected + unconfirmed >= MAX_FAILED_UPLOADS_A_DAY:
        raise Refused(
            RefusalCode.TOO_MANY_FAILURES,
            f"{MAX_FAILED_UPLOADS_A_DAY} files without a submission within a day; try again later.",
            retry_after_seconds=3600,
        )


def excess_charges(session: Session, phase: Phase) -> list[tuple[int, int]]:
    """Return team and number of charges beyond limit and grants, in the phase's window."""
    used = _select_charges(phase).with_only_columns(QuotaEntry.team_id, func.count())
    rows = session.execute(used.group_by(QuotaEntry.team_id)).all()
    return [
        (team_id, count - phase.quota_limit - _granted_attempts(session, team_id, phase.id))
        for team_id, count in rows
        if count > phase.quota_limit
    ]


def is_charged(
    submission_id: ColumnElement[int]
    | InstrumentedAttribute[int]
    | InstrumentedAttribute[int | None],
) -> ColumnElement[bool]:
    """Return SQL that tells whether a submission has a charge that was not refunded."""
    entry = aliased(QuotaEntry)
    balance = case((entry.kind == ChargeKind.CHARGE, entry.amount), else_=-entry.amount)
    total = (
        select(func.coalesce(func.sum(balance), 0))
        .where(entry.submission_id == submission_id)
        .correlate_except(entry)
        .scalar_subquery()
    )
    return total > 0


def _charges_in_window(session: Session, team_id: int, phase: Phase) -> list[datetime]:
    """Return when a team's unrefunded charges in the phase's window were made, oldest first."""
    charges = _select_charges(phase).where(QuotaEntry.team_id == team_id)
    return list(session.scalars(charges.order_by(QuotaEntry.charged_at)))


def _select_charges(phase: Phase) -> Select[datetime]:
    """Return the query of all teams' unrefunded charges in a phase's window."""
    charges = select(QuotaEntry.charged_at).where(
        QuotaEntry.phase_id == phase.id,
        QuotaEntry.kind == ChargeKind.CHARGE,
        is_charged(QuotaEntry.submission_id),
    )
    if phase.quota_window_days is None:
        return charges
    window = database_now(-DAY_SECONDS * phase.quota_window_days)
    return charges.where(QuotaEntry.charged_at > window)


def _granted_attempts(session: Session, team_id: int, phase_id: int) -> int:
    return session.scalars(
        select(func.coalesce(func.sum(QuotaEntry.amount), 0)).where(
            QuotaEntry.team_id == team_id,
            QuotaEntry.phase_id == phase_id,
            QuotaEntry.kind == ChargeKind.GRANT,
        )
    ).one()


def _next_free_at(phase: Phase, charged: list[datetime], excess: int) -> datetime | None:
    if phase.quota_window_days is None or excess < 0 or excess >= len(charged):
        return None
    return charged[excess] + timedelta(days=phase.quota_window_days)


def _has_limited_refund(session: Session, team_id: int) -> bool:
    """Tell whether a team has a limited refund left within a day, over all phases.

    The team's row is locked, since `lock_quota` covers only one phase. The lock leaves out the
    row's key, on which every row that refers to the team holds a shared lock.
    """
    session.execute(select(Team.id).where(Team.id == team_id).with_for_update(key_share=True))
    given = session.scalars(
        select(func.count()).where(
            QuotaEntry.team_id == team_id,
            QuotaEntry.kind == ChargeKind.REFUND,
            QuotaEntry.reason.startswith(LIMITED_REASON_PREFIX, autoescape=True),
            QuotaEntry.created_at > database_now(-DAY_SECONDS),
        )
    ).one()
    return given < MAX_LIMITED_REFUNDS_A_DAY
