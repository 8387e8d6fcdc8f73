"""Creates the tables of charges, events, idempotency keys, heartbeats and the sweep lock."""

import sqlalchemy as sa
from alembic import op

from webapp.database.engine import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables, referred ones first."""
    _create_heartbeat()
    _create_sweep_lock()
    _create_team_phase()
    _create_idempotency_key()
    _create_quota_entry()
    _create_event()


def _create_heartbeat() -> None:
    op.create_table(
        "heartbeat",
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("role", sa.String(20), nullable=False, comment="worker or beat"),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_heartbeat")),
    )


def _create_sweep_lock() -> None:
    op.create_table(
        "sweep_lock",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("holder", sa.String(32)),
        sa.Column("lease_expires_at", UtcDateTime()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sweep_lock")),
    )


def _create_team_phase() -> None:
    op.create_table(
        "team_phase",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("phase_id", sa.Integer(), nullable=False),
        _refers("team_phase", "phase_id", "phase"),
        _refers("team_phase", "team_id", "team"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team_phase")),
        sa.UniqueConstraint("team_id", "phase_id", name=op.f("uq_team_phase_team_id_phase_id")),
    )


def _create_idempotency_key() -> None:
    op.create_table(
        "idempotency_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("holder", sa.String(32), nullable=False, comment="the request that is running"),
        sa.Column("lease_expires_at", UtcDateTime(), nullable=False),
        sa.Column("content_digest", sa.String(64)),
        sa.Column("submission_id", sa.Integer()),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        _refers("idempotency_key", "submission_id", "submission"),
        _refers("idempotency_key", "team_id", "team"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotency_key")),
        sa.UniqueConstraint("team_id", "key", name=op.f("uq_idempotency_key_team_id_key")),
    )


def _create_quota_entry() -> None:
    op.create_table(
        "quota_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("phase_id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.Integer()),
        sa.Column("kind", _one_of("chargekind", "charge", "refund", "grant"), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("charged_at", UtcDateTime(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("user_id", sa.Integer()),
        _refers("quota_entry", "phase_id", "phase"),
        _refers("quota_entry", "submission_id", "submission"),
        _refers("quota_entry", "team_id", "team"),
        _refers("quota_entry", "user_id", "user_account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quota_entry")),
        sa.UniqueConstraint(
            "submission_id", "kind", name=op.f("uq_quota_entry_submission_id_kind")
        ),
    )
    op.create_index(
        "ix_quota_entry_team_phase", "quota_entry", ["team_id", "phase_id"], unique=False
    )


def _create_event() -> None:
    op.create_table(
        "event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("audience", _one_of("audience", "participant", "organiser"), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False, comment="such as submission.state"),
        sa.Column("from_state", sa.String(32)),
        sa.Column("to_state", sa.String(32)),
        sa.Column("upload_id", sa.Integer()),
        sa.Column("submission_id", sa.Integer()),
        sa.Column("evaluation_id", sa.Integer()),
        sa.Column("team_id", sa.Integer()),
        sa.Column("phase_id", sa.Integer()),
        sa.Column("user_id", sa.Integer()),
        sa.Column("detail", sa.JSON(), nullable=False),
        _refers("event", "evaluation_id", "evaluation"),
        _refers("event", "phase_id", "phase"),
        _refers("event", "submission_id", "submission"),
        _refers("event", "team_id", "team"),
        _refers("event", "upload_id", "upload"),
        _refers("event", "user_id", "user_account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
    )
    op.create_index("ix_event_evaluation", "event", ["evaluation_id", "id"], unique=False)
    op.create_index("ix_event_submission", "event", ["submission_id", "id"], unique=False)
    op.create_index("ix_event_upload", "event", ["upload_id", "id"], unique=False)


def _one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def _refers(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{target}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete="RESTRICT")
