"""Adds what claiming in turn and the progress of slots need: columns and indexes."""

import sqlalchemy as sa
from alembic import op

from webapp.database.engine import UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_TURNS = {
    "upload": ("state", "team_id", "created_at"),
    "submission": ("state", "team_id", "submitted_at"),
    "evaluation": ("state", "is_rescore", "team_id", "created_at"),
}
_DONE = {"upload": "checked_at", "submission": "validated_at", "evaluation": "finished_at"}
_TEAM_OF_EVALUATION = (
    "UPDATE evaluation SET team_id ="
    " (SELECT team_id FROM submission WHERE submission.id = evaluation.submission_id)"
)


def upgrade() -> None:
    """Add columns (SQLite cannot add a foreign key without one that may be null) and indexes."""
    op.add_column(
        "submission",
        sa.Column("validated_at", UtcDateTime(), comment="end of the last validation"),
    )
    op.add_column(
        "evaluation",
        sa.Column("team_id", sa.Integer(), comment="the submission's, for claiming in turn"),
    )
    op.add_column(
        "evaluation",
        sa.Column(
            "is_rescore",
            sa.Boolean(),
            nullable=False,
            server_default=sa.false(),
            comment="waits until no live work does",
        ),
    )
    op.add_column(
        "heartbeat",
        sa.Column("working_since", UtcDateTime(), comment="of a slot; none while it waits"),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("COMMENT ON COLUMN heartbeat.role IS 'worker, slot or beat'")
    _fill_teams()
    for table, columns in _TURNS.items():
        op.create_index(f"ix_{table}_turn", table, list(columns))
        op.create_index(f"ix_{table}_done", table, [_DONE[table]])


def _fill_teams() -> None:
    """Fill the new column in scored rows too, past the trigger that keeps them as they are."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE evaluation DISABLE TRIGGER evaluation_scored")
        op.execute(_TEAM_OF_EVALUATION)
        op.execute("ALTER TABLE evaluation ENABLE TRIGGER evaluation_scored")
        return
    trigger = op.get_bind().scalar(
        sa.text("SELECT sql FROM sqlite_master WHERE name = 'evaluation_scored'")
    )
    op.execute("DROP TRIGGER evaluation_scored")
    op.execute(_TEAM_OF_EVALUATION)
    op.execute(trigger)
