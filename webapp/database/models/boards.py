"""Declares the statistics that are computed over a whole board, such as rank sets."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.database.engine import Base, Id, database_now


class BoardStatistics(Base):
    """Statistics of one state of a phase's board, a pure function of its evaluations.

    Computing them twice gives the same text, so a lease here only saves work: no token is needed.
    """

    __tablename__ = "board_statistics"
    __table_args__ = (
        UniqueConstraint("phase_id", "board_key"),
        Index("ix_board_statistics_computed_at", "computed_at"),
    )

    id: Mapped[Id]
    phase_id: Mapped[int] = mapped_column(ForeignKey("phase.id", ondelete="RESTRICT"))
    board_key: Mapped[str] = mapped_column(String(64), comment="digest of its evaluations")
    attempt: Mapped[int] = mapped_column(default=0)
    lease_expires_at: Mapped[datetime | None]
    body: Mapped[str | None] = mapped_column(Text, comment="canonical JSON, once computed")
    created_at: Mapped[datetime] = mapped_column(default=database_now())
    computed_at: Mapped[datetime | None]
