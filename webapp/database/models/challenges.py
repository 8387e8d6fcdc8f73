"""Declares challenges, their phases and the public case list of a truth version."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from evaluator.metrics.resampling import RESAMPLES
from ground_truth.types import Kind
from webapp.database.engine import Base, Id, database_now, enum_by_value

DEFAULT_GRACE_SECONDS = 1800
"""An upload begun before the end can be confirmed for another 30 minutes."""

DEFAULT_QUOTA_LIMIT = 3
"""CAMELYON17's own rule: three submissions a team."""


class TruthAccess(StrEnum):
    """Who may know the truth of a phase."""

    HIDDEN = "hidden"
    PUBLIC = "public"
    PUBLIC_AFTER_CLOSE = "public_after_close"


class Release(StrEnum):
    """How much of a score participants see."""

    OPEN = "open"
    AGGREGATE = "aggregate"
    LADDER = "ladder"
    SEALED = "sealed"


class Selection(StrEnum):
    """Which of a team's submissions stands on the board."""

    BEST = "best"
    LATEST = "latest"
    FINAL = "final"


class Challenge(Base):
    """A set of phases under one name."""

    __tablename__ = "challenge"

    id: Mapped[Id]
    slug: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    summary: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(default=database_now())


class CaseListRow(Base):
    """The public case list of a truth version, copied here so that the web needs no truth."""

    __tablename__ = "case_list"

    id: Mapped[Id]
    truth_version: Mapped[str] = mapped_column(String(12), unique=True)
    body: Mapped[dict[str, Any]] = mapped_column(JSON)


class Phase(Base):
    """One ranked question: kind, window, quota, and the pair (scoring, truth) that counts."""

    __tablename__ = "phase"
    __table_args__ = (
        CheckConstraint("quota_limit >= 0", name="quota_limit"),
        CheckConstraint("closes_at IS NULL OR closes_at > opens_at", name="window"),
    )

    id: Mapped[Id]
    challenge_id: Mapped[int] = mapped_column(ForeignKey("challenge.id", ondelete="RESTRICT"))
    slug: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    summary: Mapped[str] = mapped_column(Text, default="")
    kind: Mapped[Kind] = mapped_column(enum_by_value(Kind))
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime | None]
    grace_seconds: Mapped[int] = mapped_column(default=DEFAULT_GRACE_SECONDS)
    quota_limit: Mapped[int] = mapped_column(default=DEFAULT_QUOTA_LIMIT)
    quota_window_days: Mapped[int | None] = mapped_column(comment="None: for the phase's life")
    selection: Mapped[Selection] = mapped_column(enum_by_value(Selection), default=Selection.BEST)
    truth_access: Mapped[TruthAccess] = mapped_column(
        enum_by_value(TruthAccess), default=TruthAccess.HIDDEN
    )
    release: Mapped[Release] = mapped_column(enum_by_value(Release), default=Release.AGGREGATE)
    after_close: Mapped[Release] = mapped_column(
        enum_by_value(Release, "after_close"), default=Release.AGGREGATE
    )
    is_board_public: Mapped[bool] = mapped_column(default=True, comment="readable signed out")
    parameters: Mapped[dict[str, Any]] = mapped_column(JSON)
    n_resamples: Mapped[int] = mapped_column(
        default=RESAMPLES, comment="that intervals are drawn from; 0: none"
    )
    scoring: Mapped[str] = mapped_column(String(12), comment="digest of version and parameters")
    truth_version: Mapped[str] = mapped_column(String(12))
    case_list_id: Mapped[int] = mapped_column(ForeignKey("case_list.id", ondelete="RESTRICT"))
    created_at: Mapped[datetime] = mapped_column(default=database_now())
