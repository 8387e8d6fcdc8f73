"""Tells what an error of the database means: it is away, it is full, or the mistake is ours."""

from sqlalchemy.exc import (
    DBAPIError,
    OperationalError,
    SQLAlchemyError,
    TimeoutError as PoolTimeoutError,
)

from webapp.database.commits import CommitUnknownError

_IDLE_IN_TRANSACTION = "25P03"
_DISK_FULL = "53100"


def is_away(error: SQLAlchemyError) -> bool:
    """Tell whether the database did not answer, or not in time; repeating may help."""
    if isinstance(error, OperationalError | PoolTimeoutError | CommitUnknownError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    return error.connection_invalidated or _state_of(error) == _IDLE_IN_TRANSACTION


def is_full(error: SQLAlchemyError) -> bool:
    """Tell whether the database has no room on its disk for what was to be written."""
    if isinstance(error, CommitUnknownError):
        return is_full(error.cause)
    if not isinstance(error, DBAPIError):
        return False
    return (
        _state_of(error) == _DISK_FULL
        or getattr(error.orig, "sqlite_errorname", None) == "SQLITE_FULL"
    )


def _state_of(error: DBAPIError) -> str | None:
    return getattr(error.orig, "sqlstate", None)
