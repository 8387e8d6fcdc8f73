"""Bounds how long a web request waits for the database: for a lock, for a statement, and in all."""

import time
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, event

from webapp.database.options import BEST_EFFORT_OPTION

IDLE_SECONDS = 10.0
"""A transaction in which nothing is asked for this long is ended by PostgreSQL, with its locks."""

CONNECT_SECONDS = 2
"""The shortest time that PostgreSQL's library knows."""

POOL_SECONDS = 1.0
SHORTEST_WAIT_SECONDS = 0.2
"""Left to each further statement of a request that has used up its patience."""

_SHARE_OF_ONE_LOCK = 0.75
_NOTICEABLE_SECONDS = 0.25
"""A request that has waited less is given the whole times, which cost no statement to set."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one web request waits for the database in all, in seconds."""

    request_seconds: float

    @property
    def lock_ms(self) -> int:
        """Return the longest wait for one lock: not all, so that the rest can still tidy up."""
        return _milliseconds(self.request_seconds * _SHARE_OF_ONE_LOCK)

    def connection_options(self) -> str:
        """Return the options with which PostgreSQL bounds every statement of a connection."""
        return (
            f"-c statement_timeout={_milliseconds(self.request_seconds)}"
            f" -c lock_timeout={self.lock_ms}"
            f" -c idle_in_transaction_session_timeout={_milliseconds(IDLE_SECONDS)}"
        )

    def statement_ms_left(self) -> int:
        """Return how long the current request may still wait for the database."""
        waited = _waited.get()
        spent_seconds = 0.0 if waited is None else waited.seconds
        return _milliseconds(max(self.request_seconds - spent_seconds, SHORTEST_WAIT_SECONDS))

    def lock_ms_left(self) -> int:
        """Return how long the current request may wait for a lock now."""
        return min(self.lock_ms, self.statement_ms_left())


@dataclass(slots=True)
class _Waited:
    """What a request has waited so far."""

    seconds: float = 0.0
    statement_began: float | None = None


_waited: ContextVar[_Waited | None] = ContextVar("waited", default=None)


def start_request() -> None:
    """Note that a request begins, which has not waited yet."""
    _waited.set(_Waited())


def watch_waiting(engine: Engine, patience: Patience) -> None:
    """Measure what each request waits for this engine, and shorten what it may wait further."""
    is_postgresql = engine.dialect.name == "postgresql"

    def before(connection: Any, cursor: Any, *more: object) -> None:
        del more
        waited = _waited.get()
        if waited is None:
            return
        if is_postgresql and waited.seconds > _NOTICEABLE_SECONDS:
            _shorten(connection, cursor, patience)
        waited.statement_began = time.monotonic()

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", _add_wait)
    event.listen(engine, "handle_error", _add_wait)


def _add_wait(*about: object) -> None:
    del about
    waited = _waited.get()
    if waited is not None and waited.statement_began is not None:
        waited.seconds += time.monotonic() - waited.statement_began
        waited.statement_began = None


def _shorten(connection: Any, cursor: Any, patience: Patience) -> None:
    """Bound the next statement by what is left, until the transaction ends."""
    settings = f"SET LOCAL statement_timeout = {patience.statement_ms_left()}"
    if not connection.get_execution_options().get(BEST_EFFORT_OPTION, False):
        settings += f"; SET LOCAL lock_timeout = {patience.lock_ms_left()}"
    cursor.execute(settings)


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
