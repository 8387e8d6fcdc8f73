"""Creates triggers that refuse forbidden state changes and changes of append-only rows."""

from collections.abc import Iterable

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ARROWS = {
    "upload": {
        "open": ("complete", "expired"),
        "complete": ("checking", "expired"),
        "checking": ("checked", "complete"),
        "checked": ("expired",),
        "expired": (),
    },
    "submission": {
        "received": ("validating", "withdrawn"),
        "validating": ("accepted", "rejected", "quarantined", "received", "withdrawn"),
        "accepted": ("withdrawn",),
        "rejected": (),
        "quarantined": (),
        "withdrawn": (),
    },
    "evaluation": {
        "queued": ("running",),
        "running": ("scored", "failed", "quarantined", "queued"),
        "scored": (),
        "failed": (),
        "quarantined": (),
    },
}
FIRST_STATES = {
    "upload": ("open", "complete"),
    "submission": ("received", "accepted"),
    "evaluation": ("queued",),
}
APPEND_ONLY = ("event", "quota_entry")
NEVER_DELETED = ("upload", "submission", "evaluation")


def upgrade() -> None:
    """Create the triggers, alike on both databases."""
    for table, arrows in ARROWS.items():
        _refuse(
            f"{table}_arrow",
            table,
            "UPDATE",
            f"OLD.state <> NEW.state AND NOT ({_is_allowed_sql(arrows)})",
            f"{table}: no such arrow between states",
        )
        first = _sql_list(FIRST_STATES[table])
        _refuse(
            f"{table}_first_state",
            table,
            "INSERT",
            f"NEW.state NOT IN ({first})",
            f"{table}: no such first state",
        )
    for table in NEVER_DELETED:
        _refuse(f"{table}_kept", table, "DELETE", "true", f"{table}: rows are never deleted")
    for table in APPEND_ONLY:
        for event in ("UPDATE", "DELETE"):
            _refuse(f"{table}_{event.lower()}", table, event, "true", f"{table}: append-only")
    _refuse(
        "evaluation_scored",
        "evaluation",
        "UPDATE",
        "OLD.state = 'scored'",
        "evaluation: a scored one is immutable",
    )


def _is_allowed_sql(arrows: dict[str, tuple[str, ...]]) -> str:
    return " OR ".join(
        f"(OLD.state = '{state}' AND NEW.state IN ({_sql_list(targets)}))"
        for state, targets in arrows.items()
        if targets
    )


def _sql_list(states: Iterable[str]) -> str:
    return ", ".join(f"'{state}'" for state in states)


def _refuse(name: str, table: str, event: str, condition: str, message: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE FUNCTION refuse_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation'; "
            "END $$"
        )
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW "
            f"WHEN ({condition}) EXECUTE FUNCTION refuse_{name}()"
        )
    else:
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW "
            f"WHEN {condition} BEGIN SELECT RAISE(ABORT, '{message}'); END"
        )
