import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError, StatementError

from tests.webapp.conftest import Database
from webapp.database.engine import (
    database_now,
    insert_if_absent,
    read_clock,
)
from webapp.database.models import Heartbeat, SweepLock
from webapp.database.options import BEST_EFFORT_OPTION, READ_ONLY_OPTION

ROUNDS = 25


def test_the_databases_clock_is_the_time_of_the_moment_with_an_offset(database: Database) -> None:
    with database.sessions() as session:
        first = read_clock(session)
        now, later = session.execute(select(database_now(), database_now(90.5))).one()
        second = read_clock(session)

    assert first.tzinfo is UTC
    assert first <= now <= second
    assert abs(later - now - timedelta(seconds=90.5)) < timedelta(seconds=1)
    assert abs(first - datetime.now(UTC)) < timedelta(minutes=1)


def test_times_sort_and_compare_alike_on_both_databases(database: Database) -> None:
    moments = [
        datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC),
        datetime(2026, 1, 1, 12, 0, 0, 1, tzinfo=UTC),
        datetime(2026, 1, 1, 12, 30, tzinfo=timezone(timedelta(hours=-2))),
    ]
    with database.sessions() as session:
        for number, moment in enumerate(moments):
            session.add(Heartbeat(name=str(number), role="worker", seen_at=moment))
        session.add(Heartbeat(name="now", role="worker"))
        session.commit()
        rows = session.scalars(select(Heartbeat).order_by(Heartbeat.seen_at)).all()
        past = session.scalars(
            select(Heartbeat.name).where(Heartbeat.seen_at <= database_now())
        ).all()

    assert [row.name for row in rows] == ["0", "1", "2", "now"]
    assert [row.seen_at for row in rows[:3]] == moments
    assert len(past) == 4


def test_a_naive_time_is_refused(database: Database) -> None:
    naive = datetime(2026, 1, 1)  # noqa: DTZ001 - that is what is refused
    with database.sessions() as session, pytest.raises(StatementError, match="naive"):
        session.execute(select(Heartbeat).where(Heartbeat.seen_at == naive))


def test_an_error_of_the_database_does_not_repeat_values(database: Database) -> None:
    with database.sessions() as session, pytest.raises(DBAPIError) as caught:
        session.execute(text("SELECT :secret FROM nowhere"), {"secret": "cam_canary"})

    assert "nowhere" in str(caught.value)
    assert "cam_canary" not in str(caught.value)


def test_read_then_write_loses_no_update(database: Database) -> None:
    with database.sessions() as session:
        insert_if_absent(session, SweepLock, {"id": 1, "holder": "0"})
        session.commit()

    def count_up(_: int) -> None:
        for _ in range(ROUNDS):
            with database.sessions() as session:
                row = session.get_one(SweepLock, 1, with_for_update=True)
                row.holder = str(int(row.holder or "0") + 1)
                session.commit()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(count_up, range(4)))

    with database.sessions() as session:
        assert session.get_one(SweepLock, 1).holder == "100"


def test_of_many_that_insert_the_same_row_one_does(database: Database) -> None:
    def insert(_: int) -> bool:
        with database.sessions() as session:
            inserted = insert_if_absent(session, SweepLock, {"id": 1})
            session.commit()
            return inserted

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(insert, range(8)))

    assert answers.count(True) == 1


def test_a_reader_does_not_wait_for_a_writer(database: Database) -> None:
    reading = database.engine.execution_options(**{READ_ONLY_OPTION: True})
    with database.sessions() as writer:
        insert_if_absent(writer, SweepLock, {"id": 1})

        with reading.connect() as connection:
            rows = connection.execute(select(SweepLock.id)).all()

    assert rows == []


def test_a_write_in_passing_gives_up_where_another_transaction_has_the_lock(
    database: Database,
) -> None:
    passing = database.engine.execution_options(**{BEST_EFFORT_OPTION: True})
    with database.sessions() as writer:
        insert_if_absent(writer, SweepLock, {"id": 1})

        started = time.monotonic()
        with pytest.raises(DBAPIError), passing.begin() as connection:
            connection.execute(insert(SweepLock).values(id=1))
        seconds = time.monotonic() - started

        writer.rollback()
    assert seconds < 5  # 15 on SQLite, and for good on PostgreSQL, without the best-effort option
    with passing.begin() as connection:
        connection.execute(insert(SweepLock).values(id=1))
    with database.sessions() as session:
        assert session.scalars(select(SweepLock.id)).all() == [1]


def test_a_connection_is_as_patient_as_before_once_a_write_in_passing_is_over(
    database: Database,
) -> None:
    wait = {"sqlite": "PRAGMA busy_timeout", "postgresql": "SHOW lock_timeout"}[database.name]
    passing = database.engine.execution_options(**{BEST_EFFORT_OPTION: True})

    with passing.connect() as connection:
        connection.execute(insert(SweepLock).values(id=1))
        connection.commit()
        driver: Any = connection.connection.driver_connection  # sqlite3's or psycopg's

        assert driver.execute(wait).fetchone()[0] in {15_000, "0"}
