"""Checks that a request waits for the database a short time in all, and others for ever."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, Engine, insert, text
from sqlalchemy.exc import OperationalError

from tests.webapp.conftest import Database
from webapp.database.engine import make_engine
from webapp.database.models import SweepLock
from webapp.database.patience import Patience, start_request

PATIENCE = Patience(request_seconds=2)
N_TRIES = 10
ON_POSTGRESQL = pytest.mark.parametrize("databases", ["postgresql"], indirect=True)
BOUNDS = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")


@contextmanager
def patient(database: Database) -> Iterator[Engine]:
    """Return an engine whose requests wait two seconds in all."""
    options = (
        {"connect_args": {"options": PATIENCE.connection_options()}}
        if database.name == "postgresql"
        else {}
    )
    engine = make_engine(database.url, patience=PATIENCE, **options)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def locked(database: Database) -> Iterator[None]:
    """Hold the lock that every write needs."""
    with database.engine.begin() as holder:
        if database.name == "postgresql":
            holder.execute(text("LOCK TABLE sweep_lock IN ACCESS EXCLUSIVE MODE"))
        yield


def sleep_again_and_again(connection: Connection) -> None:
    """Ask for nothing that takes nearly a second, ten times."""
    for _ in range(N_TRIES):
        connection.execute(text("SELECT pg_sleep(0.9)"))


def blocked_seconds(engine: Engine) -> float:
    """Try to write, and return how long it took to fail."""
    began = time.monotonic()
    with pytest.raises(OperationalError), engine.begin() as connection:
        connection.execute(insert(SweepLock).values(id=1))
    return time.monotonic() - began


def test_a_request_that_is_blocked_again_and_again_waits_a_short_time_in_all(
    database: Database,
) -> None:
    with patient(database) as engine, locked(database):
        start_request()
        seconds = sum(blocked_seconds(engine) for _ in range(N_TRIES))

    assert seconds < 7  # ten seconds, or for ever, without the bound on the whole request


def test_the_next_request_is_as_patient_as_the_first(database: Database) -> None:
    with patient(database) as engine, locked(database):
        start_request()
        for _ in range(3):
            blocked_seconds(engine)
        start_request()

        assert blocked_seconds(engine) > 0.9


@ON_POSTGRESQL
def test_a_transaction_that_waits_is_shortened_too(database: Database) -> None:
    with patient(database) as engine:
        start_request()
        began = time.monotonic()
        with engine.connect() as connection, pytest.raises(OperationalError):
            sleep_again_and_again(connection)

        assert time.monotonic() - began < 7  # nine seconds with a bound on each statement alone


@ON_POSTGRESQL
def test_without_patience_nothing_is_bounded_on_postgresql(database: Database) -> None:
    start_request()
    with database.engine.connect() as connection:
        found = [connection.scalar(text(f"SHOW {name}")) for name in BOUNDS]
    with patient(database) as engine, engine.connect() as connection:
        bounded = [connection.scalar(text(f"SHOW {name}")) for name in BOUNDS]

    assert found == ["0", "0", "0"]
    assert bounded == ["2s", "1500ms", "10s"]
