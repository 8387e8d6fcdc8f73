"""Declares charges, events, idempotency keys, heartbeats and the sweep lock."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.database.engine import Base, Id, database_now, enum_by_value


class ChargeKind(StrEnum):
    """Why the quota of a team changed."""

    CHARGE = "charge"
    REFUND = "refund"
    GRANT = "grant"


class Audience(StrEnum):
    """Who may read an event."""

    PARTICIPANT = "participant"
    ORGANISER = "organiser"


class QuotaEntry(Base):
    """One line of a team's ledger in a phase; append-only.

    A refund carries the ``charged_at`` of the charge that it gives back, so that it counts in the
    window from which the charge was taken.
    """

    __tablename__ = "quota_entry"
    __table_args__ = (
        UniqueConstraint("submission_id", "kind"),
        Index("ix_quota_entry_team_phase", "team_id", "phase_id"),
    )

    id: Mapped[Id]
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id", ondelete="RESTRICT"))
    phase_id: Mapped[int] = mapped_column(ForeignKey("phase.id", ondelete="RESTRICT"))
    submission_id: Mapped[int | None] = mapped_column(
        ForeignKey("submission.id", ondelete="RESTRICT")
    )
    kind: Mapped[ChargeKind] = mapped_column(enum_by_value(ChargeKind))
    amount: Mapped[int] = mapped_column(default=1)
    reason: Mapped[str] = mapped_column(String(200))
    charged_at: Mapped[datetime] = mapped_column(default=database_now())
    created_at: Mapped[datetime] = mapped_column(default=database_now())
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id", ondelete="RESTRICT"))


class TeamPhase(Base):
    """The row that is locked while a team's quota in a phase is counted and charged."""

    __tablename__ = "team_phase"
    __table_args__ = (UniqueConstraint("team_id", "phase_id"),)

    id: Mapped[Id]
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id", ondelete="RESTRICT"))
    phase_id: Mapped[int] = mapped_column(ForeignKey("phase.id", ondelete="RESTRICT"))


class IdempotencyKey(Base):
    """A request that creates a submission and can be repeated; one row a team and key."""

    __tablename__ = "idempotency_key"
    __table_args__ = (UniqueConstraint("team_id", "key"),)

    id: Mapped[Id]
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id", ondelete="RESTRICT"))
    key: Mapped[str] = mapped_column(String(200))
    holder: Mapped[str] = mapped_column(String(32), comment="the request that is running")
    lease_expires_at: Mapped[datetime]
    content_digest: Mapped[str | None] = mapped_column(String(64))
    submission_id: Mapped[int | None] = mapped_column(
        ForeignKey("submission.id", ondelete="RESTRICT")
    )
    created_at: Mapped[datetime] = mapped_column(default=database_now())


class Event(Base):
    """One thing that happened, append-only; replaying a row's events gives its state."""

    __tablename__ = "event"
    __table_args__ = (
        Index("ix_event_submission", "submission_id", "id"),
        Index("ix_event_upload", "upload_id", "id"),
        Index("ix_event_evaluation", "evaluation_id", "id"),
    )

    id: Mapped[Id]
    at: Mapped[datetime] = mapped_column(default=database_now())
    audience: Mapped[Audience] = mapped_column(enum_by_value(Audience))
    kind: Mapped[str] = mapped_column(String(40), comment="such as submission.state")
    from_state: Mapped[str | None] = mapped_column(String(32))
    to_state: Mapped[str | None] = mapped_column(String(32))
    upload_id: Mapped[int | None] = mapped_column(ForeignKey("upload.id", ondelete="RESTRICT"))
    submission_id: Mapped[int | None] = mapped_column(
        ForeignKey("submission.id", ondelete="RESTRICT")
    )
    evaluation_id: Mapped[int | None] = mapped_column(
        ForeignKey("evaluation.id", ondelete="RESTRICT")
    )
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id", ondelete="RESTRICT"))
    phase_id: Mapped[int | None] = mapped_column(ForeignKey("phase.id", ondelete="RESTRICT"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id", ondelete="RESTRICT"))
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class Heartbeat(Base):
    """When a process last did its work, by the database's clock."""

    __tablename__ = "heartbeat"

    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    role: Mapped[str] = mapped_column(String(20), comment="worker, slot or beat")
    seen_at: Mapped[datetime] = mapped_column(default=database_now())
    working_since: Mapped[datetime | None] = mapped_column(comment="of a slot; none while it waits")


class SweepLock(Base):
    """The one row by whose lease only one sweeper works at a time."""

    __tablename__ = "sweep_lock"

    id: Mapped[Id]
    holder: Mapped[str | None] = mapped_column(String(32))
    lease_expires_at: Mapped[datetime | None]
