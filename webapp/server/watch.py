"""Looks at the database once a second, in a thread and on a connection of its own."""

import threading
import time
from typing import Any

import structlog
from sqlalchemy import Engine, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from webapp.database.engine import make_engine, read_clock
from webapp.database.options import READ_ONLY_OPTION
from webapp.http.health import DatabaseFinding
from webapp.services.records.liveness import HeartbeatView, list_heartbeats

LOOK_SECONDS = 1.0
FIRST_LOOK_SECONDS = 2.0
"""A starting process waits so long for its first finding."""

_SQLITE_WAIT_MS = 500
_POSTGRESQL_OPTIONS = {
    "application_name": "camelyon health",
    "connect_timeout": 2,
    "tcp_user_timeout": 3_000,
    "keepalives_idle": 2,
    "keepalives_interval": 1,
    "keepalives_count": 2,
    "options": "-c statement_timeout=1000 -c lock_timeout=500",
}
"""Seconds, and milliseconds for what a statement and a silent connection may take."""

log = structlog.stdlib.get_logger(__name__)


class DatabaseWatch:
    """Holds what was last found of the database, and how long ago.

    Requests wait for locks and for one another; whoever asks after the process's health must not.
    """

    def __init__(self, database_address: str) -> None:
        self._engine = _impatient_engine(database_address)
        self._is_told_to_stop = threading.Event()
        self._has_looked = threading.Event()
        self._answered_at: float | None = None
        self._heartbeats: tuple[float, tuple[HeartbeatView, ...]] = (0.0, ())
        self._is_away = False
        self._thread = threading.Thread(target=self._run, name="database-watch", daemon=True)

    def start(self) -> None:
        """Begin to look, and wait a little for the first finding."""
        self._thread.start()
        self._has_looked.wait(FIRST_LOOK_SECONDS)

    def stop(self) -> None:
        """Look no more; the look that goes on is over after its own time-outs."""
        self._is_told_to_stop.set()
        if self._thread.is_alive():
            self._thread.join()
        self._engine.dispose()

    def finding(self) -> DatabaseFinding:
        """Return what was last found, aged until now; never waits."""
        now = time.monotonic()
        answered_at = self._answered_at
        read_at, heartbeats = self._heartbeats
        return DatabaseFinding(
            None if answered_at is None else now - answered_at,
            tuple(
                HeartbeatView(one.name, one.role, one.age_seconds + now - read_at)
                for one in heartbeats
            ),
        )

    def look(self) -> None:
        """Look once. A table that is locked is not looked at; what it last said grows older."""
        try:
            with Session(self._engine) as session:
                read_clock(session)
                self._answered_at = time.monotonic()
                self._heartbeats = (time.monotonic(), tuple(list_heartbeats(session)))
        except SQLAlchemyError as error:
            self._note(type(error).__name__)
        else:
            self._note(None)
        self._has_looked.set()

    def _run(self) -> None:
        while not self._is_told_to_stop.is_set():
            self.look()
            self._is_told_to_stop.wait(LOOK_SECONDS)

    def _note(self, error: str | None) -> None:
        """Log a change, not every look."""
        if (error is not None) != self._is_away:
            self._is_away = error is not None
            log.warning("database watch", error=error)


def _impatient_engine(address: str) -> Engine:
    options: dict[str, Any] = {"pool_size": 1, "max_overflow": 0}
    if address.startswith("postgresql"):
        options["connect_args"] = _POSTGRESQL_OPTIONS
    engine = make_engine(address, **options)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _lose_patience)
    return engine.execution_options(**{READ_ONLY_OPTION: True})


def _lose_patience(connection: Any, record: object) -> None:
    del record
    connection.execute(f"PRAGMA busy_timeout = {_SQLITE_WAIT_MS}")
