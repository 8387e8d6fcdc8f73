"""Knowing who asks takes no write lock; being seen is noted rarely, and only where that is easy."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select

from tests.webapp.people import World
from tests.webapp.web.test_permissions import EXPECTED, PEOPLE, fill, own_objects
from webapp.database.engine import SQLITE_BUSY_TIMEOUT_MS, read_clock
from webapp.database.models import ApiToken, WebSession

GETS = [route.removeprefix("GET ") for route in sorted(EXPECTED) if route.startswith("GET ")]
READERS = ("alice", "olga", "alice-read")
PATIENT_SECONDS = SQLITE_BUSY_TIMEOUT_MS / 1000 / 2
"""Half of what waiting for the lock would take, and far more than any of the pages."""


def expected(person: str) -> dict[str, int]:
    """Return the status of all that can be read, by rule."""
    return {rule: EXPECTED[f"GET {rule}"].statuses[PEOPLE.index(person)] for rule in GETS}


def client_of(world: World, person: str) -> FlaskClient:
    """Return a browser that is signed in, or a client that sends a token."""
    if person in world.users:
        return world.browser(person)
    client = world.browser()
    client.environ_base["HTTP_AUTHORIZATION"] = world.bearer(person)["Authorization"]
    return client


def read(client: FlaskClient, path: str) -> tuple[int, float]:
    """Return the status of an answer and the seconds that it took."""
    started = time.monotonic()
    status = client.get(path, buffered=True).status_code
    return status, time.monotonic() - started


def age_all(world: World, minutes: int) -> None:
    """Move every last use so far into the past; tokens that have none get one."""
    with world.runtime.session() as session:
        for row in session.scalars(select(WebSession)):
            row.last_seen_at -= timedelta(minutes=minutes)
        for token in session.scalars(select(ApiToken)):
            token.last_used_at = (token.last_used_at or read_clock(session)) - timedelta(
                minutes=minutes
            )
        session.commit()


def last_uses(world: World) -> list[datetime | None]:
    """Return when each browser and then each token was last seen."""
    with world.runtime.reading() as session:
        seen = session.scalars(select(WebSession.last_seen_at).order_by(WebSession.id)).all()
        used = session.scalars(select(ApiToken.last_used_at).order_by(ApiToken.id)).all()
    return [*seen, *used]


@contextmanager
def transactions(world: World) -> Iterator[list[str]]:
    """Collect how transactions are begun."""
    begun: list[str] = []

    def note(*arguments: object) -> None:
        if str(arguments[2]).startswith("BEGIN"):
            begun.append(str(arguments[2]))

    event.listen(world.runtime.engine, "before_cursor_execute", note)
    yield begun
    event.remove(world.runtime.engine, "before_cursor_execute", note)


@pytest.mark.parametrize("person", READERS)
@pytest.mark.parametrize("minutes", [1, 30])
def test_all_that_can_be_read_is_read_while_another_process_writes(
    world: World, person: str, minutes: int
) -> None:
    own, client = own_objects(world), client_of(world, person)
    age_all(world, minutes)

    with world.write_locked():
        found = {rule: read(client, fill(rule, own)) for rule in GETS}

    assert {rule: status for rule, (status, _) in found.items()} == expected(person)
    assert max(seconds for _, seconds in found.values()) < PATIENT_SECONDS


@pytest.mark.parametrize("person", READERS)
def test_reading_begins_no_transaction_that_writes(world: World, person: str) -> None:
    own, client = own_objects(world), client_of(world, person)
    age_all(world, 1)

    with transactions(world) as begun:
        for rule in GETS:
            read(client, fill(rule, own))

    assert set(begun) == {"BEGIN"}


@pytest.mark.parametrize(("person", "path"), [("alice", "/team"), ("alice-read", "/api/v1/me")])
def test_a_last_use_is_noted_once_in_five_minutes(world: World, person: str, path: str) -> None:
    client = client_of(world, person)
    age_all(world, 6)
    old = last_uses(world)

    first = client.get(path)
    noted = last_uses(world)
    with transactions(world) as begun:
        client.get(path)

    assert first.status_code == 200
    assert sum(then != now for then, now in zip(old, noted, strict=True)) == 1
    assert set(begun) == {"BEGIN"}


def test_a_token_that_was_never_used_is_noted_at_once(world: World) -> None:
    client = client_of(world, "alice-read")

    client.get("/api/v1/me")

    assert sum(used is not None for used in last_uses(world)) == 1


@pytest.mark.parametrize(("person", "path"), [("alice", "/team"), ("alice-read", "/api/v1/me")])
def test_a_full_disk_refuses_the_note_and_not_the_reading(
    world: World, person: str, path: str
) -> None:
    client = client_of(world, person)
    age_all(world, 30)
    fill_disk(world)
    old = last_uses(world)

    answer = client.get(path)

    assert answer.status_code == 200
    assert last_uses(world) == old


def fill_disk(world: World) -> None:
    """Let every note need more room than SQLite may take from now on."""
    with world.runtime.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE ballast (bytes BLOB)")
        for table in ("web_session", "api_token"):
            connection.exec_driver_sql(
                f"CREATE TRIGGER {table}_grows AFTER UPDATE ON {table}"  # noqa: S608 - ours
                " BEGIN INSERT INTO ballast VALUES (zeroblob(1000000)); END"
            )
    world.runtime.engine.dispose()
    event.listen(world.runtime.engine, "connect", limit_size)


def limit_size(connection: sqlite3.Connection, record: object) -> None:
    del record
    connection.execute("PRAGMA max_page_count = 1")  # SQLite raises it to what the file has


def test_who_was_quiet_for_less_than_two_hours_stays_signed_in_for_as_long_again(
    world: World,
) -> None:
    client = world.browser("alice")

    for _ in range(3):
        age_all(world, 119)
        assert client.get("/team").status_code == 200


def test_who_was_quiet_for_more_than_two_hours_signs_in_again(world: World) -> None:
    client = world.browser("alice")
    age_all(world, 121)

    assert client.get("/team").status_code == 303
    assert client.get("/team").status_code == 303
