"""Adds intervals and replicates of evaluations, resamples of phases, statistics of boards."""

import sqlalchemy as sa
from alembic import op

from webapp.database.engine import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns and a table; existing phases and results keep having no intervals."""
    op.add_column(
        "phase",
        sa.Column(
            "n_resamples",
            sa.Integer(),
            nullable=False,
            server_default="0",
            comment="that intervals are drawn from; 0: none",
        ),
    )
    op.add_column("evaluation", sa.Column("interval_low", sa.Double()))
    op.add_column("evaluation", sa.Column("interval_high", sa.Double()))
    op.add_column(
        "evaluation",
        sa.Column("replicates_sha256", sa.String(64), comment="blob for organisers"),
    )
    op.create_table(
        "board_statistics",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("phase_id", sa.Integer(), nullable=False),
        sa.Column("board_key", sa.String(64), nullable=False, comment="digest of its evaluations"),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("lease_expires_at", UtcDateTime()),
        sa.Column("body", sa.Text(), comment="canonical JSON, once computed"),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("computed_at", UtcDateTime()),
        sa.ForeignKeyConstraint(
            ["phase_id"],
            ["phase.id"],
            name=op.f("fk_board_statistics_phase_id_phase"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_board_statistics")),
        sa.UniqueConstraint(
            "phase_id", "board_key", name=op.f("uq_board_statistics_phase_id_board_key")
        ),
    )
    op.create_index("ix_board_statistics_computed_at", "board_statistics", ["computed_at"])
