"""Adds what claiming in turn, the progress of slots and operators of the queue need."""

import sqlalchemy as sa
from alembic import op

from webapp.database.engine import UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_TURNS = {
    "upload": ("state", "team_id", "created_at", "id"),
    "submission": ("state", "team_id", "submitted_at", "id"),
    "evaluation": ("state", "is_rescore", "team_id", "created_at", "id"),
}
_DONE = {"upload": "checked_at", "submission": "validated_at", "evaluation": "finished_at"}
ARROWS = {
    "upload": {
        "open": ("complete", "expired"),
        "complete": ("checking", "expired", "checked"),
        "checking": ("checked", "complete"),
        "checked": ("expired",),
    },
    "submission": {
        "received": ("validating", "withdrawn", "quarantined"),
        "validating": ("accepted", "rejected", "quarantined", "received", "withdrawn"),
        "accepted": ("withdrawn",),
        "quarantined": ("received",),
    },
    "evaluation": {
        "queued": ("running", "quarantined"),
        "running": ("scored", "failed", "quarantined", "queued"),
        "quarantined": ("queued",),
    },
}
"""The arrows of revision 0004, and those along which operators move rows."""

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
    for table, arrows in ARROWS.items():
        _allow(table, arrows)
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


def _allow(table: str, arrows: dict[str, tuple[str, ...]]) -> None:
    """Replace a table's trigger on arrows by one that lets these through too."""
    is_allowed = " OR ".join(
        f"(OLD.state = '{state}' AND NEW.state IN ({', '.join(map(repr, targets))}))"
        for state, targets in arrows.items()
    )
    condition = f"OLD.state <> NEW.state AND NOT ({is_allowed})"
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"DROP TRIGGER {table}_arrow ON {table}")
        op.execute(
            f"CREATE TRIGGER {table}_arrow BEFORE UPDATE ON {table} FOR EACH ROW "
            f"WHEN ({condition}) EXECUTE FUNCTION refuse_{table}_arrow()"
        )
        return
    op.execute(f"DROP TRIGGER {table}_arrow")
    op.execute(
        f"CREATE TRIGGER {table}_arrow BEFORE UPDATE ON {table} FOR EACH ROW WHEN {condition} "
        f"BEGIN SELECT RAISE(ABORT, '{table}: no such arrow between states'); END"
    )
