"""Checks that a COMMIT whose answer is lost neither loses nor doubles a submission."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, select
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from tests.webapp.world import World, stages_csv
from webapp.database.engine import read_clock
from webapp.database.models import IdempotencyKey
from webapp.services.submissions.submissions import accept

SUBMISSION = "submission"
KEY = "idempotency_key"


class Cutter:
    """Breaks the connection at the first COMMIT of a row of a table, after or before it is made.

    Where the database is then away, nothing can be asked any more.
    """

    def __init__(self, engine: Engine, table: str, *, is_made: bool, is_away: bool) -> None:
        self.dialect: Any = engine.dialect
        self.real_commit = self.dialect.do_commit
        self.table, self.is_made, self.is_away = table, is_made, is_away
        self.has_cut = False

    def note(self, connection: Any, cursor: object, statement: str, *more: object) -> None:
        """Mark a connection that adds such a row."""
        del cursor, more
        if self.is_away and self.has_cut:
            self.lose(connection.connection)
        if statement.startswith(f"INSERT INTO {self.table} ") and not self.has_cut:
            connection.info["is_cut"] = True

    def commit(self, connection: Any) -> None:
        """Commit, or break a marked connection."""
        is_cut = connection.info.pop("is_cut", False)
        if not is_cut or self.is_made:
            self.real_commit(connection)
        if is_cut:
            self.has_cut = True
            self.lose(connection)

    def lose(self, connection: Any) -> None:
        """Break a connection, and report it as the driver does."""
        connection.driver_connection.close()
        raise self.dialect.loaded_dbapi.OperationalError("the connection was lost")


@contextmanager
def cut_commits(
    engine: Engine, table: str, *, is_made: bool, is_away: bool = False
) -> Iterator[None]:
    """Cut one COMMIT meanwhile."""
    cutter = Cutter(engine, table, is_made=is_made, is_away=is_away)
    event.listen(engine, "before_cursor_execute", cutter.note)
    cutter.dialect.do_commit = cutter.commit
    try:
        yield
    finally:
        cutter.dialect.do_commit = cutter.real_commit
        event.remove(engine, "before_cursor_execute", cutter.note)
    assert cutter.has_cut


def lease_of_key(world: World) -> datetime:
    """Return when the lease of the only key ends."""
    with world.sessions() as session:
        return session.scalars(select(IdempotencyKey.lease_expires_at)).one()


def require_one(world: World) -> None:
    """Check that there is one submission and one charge, and no invariant is broken."""
    assert world.execute("SELECT count(*) FROM submission") == [(1,)]
    assert world.execute("SELECT count(*) FROM quota_entry") == [(1,)]
    assert world.violations() == {}


@pytest.mark.parametrize("key", ["k-1", None])
def test_a_submission_that_was_made_is_acknowledged_though_the_answer_was_lost(
    world: World, key: str | None
) -> None:
    member = world.member()
    with cut_commits(world.database.engine, SUBMISSION, is_made=True):
        accepted = world.submit(member, stages_csv(), key=key)

    assert not accepted.replayed
    require_one(world)
    if key is not None:
        again = world.submit(member, stages_csv(), key=key)
        assert (again.public_id, again.replayed) == (accepted.public_id, True)


def test_a_submission_that_was_not_made_leaves_its_key_free_at_once(world: World) -> None:
    member = world.member()
    with (
        cut_commits(world.database.engine, SUBMISSION, is_made=False),
        pytest.raises(OperationalError),
    ):
        world.submit(member, stages_csv(), key="k-1")

    assert not world.submit(member, stages_csv(), key="k-1").replayed
    require_one(world)


@pytest.mark.parametrize("is_made", [True, False])
def test_a_request_whose_reservation_was_cut_asks_again_and_goes_on(
    world: World, *, is_made: bool
) -> None:
    with cut_commits(world.database.engine, KEY, is_made=is_made):
        accepted = world.submit(world.member(), stages_csv(), key="k-1")

    assert not accepted.replayed
    require_one(world)


@pytest.mark.parametrize("is_made", [True, False])
def test_what_cannot_be_found_out_at_once_is_known_after_two_seconds(
    world: World, *, is_made: bool
) -> None:
    member = world.member()
    with (
        cut_commits(world.database.engine, SUBMISSION, is_made=is_made, is_away=True),
        pytest.raises(SQLAlchemyError),
    ):
        world.submit(member, stages_csv(), key="k-1")
    with world.sessions() as session:
        row = session.scalars(select(IdempotencyKey)).one()
        assert row.lease_expires_at - read_clock(session) <= timedelta(seconds=2)
    world.execute("UPDATE idempotency_key SET lease_expires_at = created_at")

    again = world.submit(member, stages_csv(), key="k-1")

    assert again.replayed is is_made
    require_one(world)


def test_the_key_of_a_slow_request_is_renewed_while_it_works(world: World) -> None:
    member = world.member()
    leases: list[datetime] = []

    def chunks() -> Iterator[bytes]:
        first = lease_of_key(world)
        while lease_of_key(world) == first:  # until it is renewed; the test's time limit ends it
            time.sleep(0.05)
        leases.extend([first, lease_of_key(world)])
        yield stages_csv()

    request = world.request(member, b"", key="k-1")
    accept(world.sessions, world.storage, replace(request, chunks=chunks(), expected_bytes=None))

    assert leases[0] < leases[1]
