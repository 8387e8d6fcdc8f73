"""Declares what the queue works on: uploads, submissions and evaluations, each with a lease."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import Mapped, mapped_column

from webapp.database.engine import Base, Id, database_now, enum_by_value

MAX_ATTEMPTS = 3
"""A row whose claims were lost this often is quarantined instead of tried again."""


class UploadState(StrEnum):
    """Life of a file on its way to become a submission."""

    OPEN = "open"
    COMPLETE = "complete"
    CHECKING = "checking"
    CHECKED = "checked"
    EXPIRED = "expired"


class SubmissionState(StrEnum):
    """Life of a submission; the last four are final."""

    RECEIVED = "received"
    VALIDATING = "validating"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    QUARANTINED = "quarantined"
    WITHDRAWN = "withdrawn"


class EvaluationState(StrEnum):
    """Life of an evaluation; the last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    SCORED = "scored"
    FAILED = "failed"
    QUARANTINED = "quarantined"


class Leased:
    """Columns of the rows that a worker claims; all times are on the database's clock."""

    attempt: Mapped[int] = mapped_column(default=0)
    lease_token: Mapped[str | None] = mapped_column(String(32), comment="fences stale workers")
    lease_expires_at: Mapped[datetime | None]
    not_before: Mapped[datetime | None] = mapped_column(comment="not claimable earlier")
    hinted_at: Mapped[datetime | None] = mapped_column(
        comment="last message sent about the row"  # by versions that sent one for each row
    )


class Upload(Leased, Base):
    """A file that a team has sent and a worker checks; it costs nothing until confirmed."""

    __tablename__ = "upload"
    __table_args__ = (
        CheckConstraint(f"attempt <= {MAX_ATTEMPTS}", name="attempt"),
        Index("ix_upload_state", "state", "lease_expires_at"),
        Index("ix_upload_turn", "state", "team_id", "created_at", "id"),
        Index("ix_upload_done", "checked_at"),
    )

    id: Mapped[Id]
    public_id: Mapped[str] = mapped_column(String(40), unique=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id", ondelete="RESTRICT"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="RESTRICT"))
    phase_id: Mapped[int] = mapped_column(ForeignKey("phase.id", ondelete="RESTRICT"))
    filename: Mapped[str] = mapped_column(String(120), comment="for display only")
    sha256: Mapped[str | None] = mapped_column(String(64), index=True)
    size: Mapped[int | None] = mapped_column(BigInteger, comment="bytes")
    state: Mapped[UploadState] = mapped_column(enum_by_value(UploadState))
    report: Mapped[dict[str, Any] | None] = mapped_column(
        JSON(none_as_null=True), comment="of the check"
    )
    case_list_id: Mapped[int | None] = mapped_column(
        ForeignKey("case_list.id", ondelete="RESTRICT"), comment="checked against"
    )
    created_at: Mapped[datetime] = mapped_column(default=database_now())
    checked_at: Mapped[datetime | None]
    request_id: Mapped[str | None] = mapped_column(
        String(64), comment="of the request that made it, for logs"
    )


class Submission(Leased, Base):
    """One immutable upload by a team to a phase, never lost once its row is committed."""

    __tablename__ = "submission"
    __table_args__ = (
        CheckConstraint(f"attempt <= {MAX_ATTEMPTS}", name="attempt"),
        UniqueConstraint("upload_id"),
        Index("ix_submission_state", "state", "lease_expires_at"),
        Index("ix_submission_turn", "state", "team_id", "submitted_at", "id"),
        Index("ix_submission_done", "validated_at"),
        Index("ix_submission_phase_team", "phase_id", "team_id", "submitted_at"),
    )

    id: Mapped[Id]
    public_id: Mapped[str] = mapped_column(String(40), unique=True)
    phase_id: Mapped[int] = mapped_column(ForeignKey("phase.id", ondelete="RESTRICT"))
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id", ondelete="RESTRICT"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="RESTRICT"))
    upload_id: Mapped[int | None] = mapped_column(ForeignKey("upload.id", ondelete="RESTRICT"))
    filename: Mapped[str] = mapped_column(String(120), comment="for display only")
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    size: Mapped[int] = mapped_column(BigInteger, comment="bytes")
    method: Mapped[str] = mapped_column(String(120), default="")
    description: Mapped[str] = mapped_column(Text, default="")
    link: Mapped[str] = mapped_column(String(500), default="")
    state: Mapped[SubmissionState] = mapped_column(enum_by_value(SubmissionState))
    report: Mapped[dict[str, Any] | None] = mapped_column(
        JSON(none_as_null=True), comment="problems, notices and warnings of the check"
    )
    is_hidden: Mapped[bool] = mapped_column(default=False)
    is_baseline: Mapped[bool] = mapped_column(default=False)
    is_disqualified: Mapped[bool] = mapped_column(default=False)
    is_final: Mapped[bool] = mapped_column(default=False, comment="chosen by the team")
    submitted_at: Mapped[datetime] = mapped_column(default=database_now())
    validated_at: Mapped[datetime | None] = mapped_column(comment="end of the last validation")
    request_id: Mapped[str | None] = mapped_column(
        String(64), comment="of the request that made it, for logs"
    )


class Evaluation(Leased, Base):
    """One scoring of a submission by one scoring of one truth version; immutable once scored."""

    __tablename__ = "evaluation"
    __table_args__ = (
        UniqueConstraint("submission_id", "scoring", "truth_version"),
        CheckConstraint(f"attempt <= {MAX_ATTEMPTS}", name="attempt"),
        CheckConstraint("(state = 'scored') = (result IS NOT NULL)", name="scored_has_result"),
        Index("ix_evaluation_state", "state", "lease_expires_at"),
        Index("ix_evaluation_turn", "state", "is_rescore", "team_id", "created_at", "id"),
        Index("ix_evaluation_done", "finished_at"),
    )

    id: Mapped[Id]
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id", ondelete="RESTRICT"))
    team_id: Mapped[int | None] = mapped_column(comment="the submission's, for claiming in turn")
    is_rescore: Mapped[bool] = mapped_column(
        default=False, server_default=false(), comment="waits until no live work does"
    )
    scoring: Mapped[str] = mapped_column(String(12))
    truth_version: Mapped[str] = mapped_column(String(12))
    state: Mapped[EvaluationState] = mapped_column(enum_by_value(EvaluationState))
    score: Mapped[float | None]
    score_reason: Mapped[str | None] = mapped_column(String(40), comment="why score is undefined")
    interval_low: Mapped[float | None]
    interval_high: Mapped[float | None]
    result: Mapped[str | None] = mapped_column(Text, comment="canonical JSON, byte for byte")
    replicates_sha256: Mapped[str | None] = mapped_column(String(64), comment="blob for organisers")
    failure_code: Mapped[str | None] = mapped_column(String(40))
    slides_done: Mapped[int] = mapped_column(default=0)
    slides_total: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(default=database_now())
    started_at: Mapped[datetime | None] = mapped_column(comment="first claim")
    finished_at: Mapped[datetime | None]


class DecoderAnswer(Base):
    """What the confined decoder answered for one slide's file, until its submission is scored.

    It depends on the participant's file and the public case list alone. A lost row costs time and
    nothing else.
    """

    __tablename__ = "decoder_answer"
    __table_args__ = (UniqueConstraint("sha256", "key"),)

    id: Mapped[Id]
    sha256: Mapped[str] = mapped_column(String(64), comment="of the submitted file")
    key: Mapped[str] = mapped_column(String(64), comment="digest of slide's file and question")
    body: Mapped[bytes] = mapped_column(LargeBinary, comment="one line of JSON, deflated")
    created_at: Mapped[datetime] = mapped_column(default=database_now(), index=True)
