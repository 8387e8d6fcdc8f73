"""Checks that no answer waits long for the database, and that a slow body holds nothing in it."""

import io
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.webapp.conftest import EMPTY, create_database
from tests.webapp.http.test_spooling import API, LARGE_FILE, WatchedBody, body_of, send
from tests.webapp.people import GOOD_SLIDES, World, csrf_token, make_world, post
from tests.webapp.postgres_server import PostgresServer
from webapp.database.engine import make_engine
from webapp.database.patience import Patience

PATIENCE = Patience(request_seconds=4)
ANSWER_SECONDS = 5.0
POOL_LIMIT = 24


@pytest.fixture
def impatient(tmp_path: Path, template: World) -> Iterator[World]:
    """Return a service on SQLite whose requests wait as the web process's do."""
    made = make_world(tmp_path, template=template, patience=PATIENCE)
    yield made
    made.close()


@contextmanager
def submissions_locked(world: World) -> Iterator[None]:
    """Lock the table of submissions on PostgreSQL, as a careless migration does."""
    engine = make_engine(world.runtime.settings.database_address)
    with engine.begin() as connection:
        connection.execute(text("LOCK TABLE submission IN ACCESS EXCLUSIVE MODE"))
        yield
    engine.dispose()


def require_quick_503(world: World) -> None:
    """Check that a post with a key is told to come back, in time and with the time to wait."""
    for number in range(2):
        began = time.monotonic()
        answer = world.app.test_client().post(
            API,
            headers={**world.bearer("alice"), "Idempotency-Key": f"key-{number}"},
            data={"phase": "slides", "file": (io.BytesIO(GOOD_SLIDES), "slides.csv")},
        )
        assert time.monotonic() - began < ANSWER_SECONDS
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "3"


def test_with_sqlites_write_lock_held_a_post_answers_503_within_five_seconds(
    impatient: World,
) -> None:
    alice = impatient.browser("alice")
    with impatient.write_locked():
        require_quick_503(impatient)
        page = post(alice, "/tokens", {"name": "x", "days": "9", "scope": "read"})

    assert page.status_code == 503
    assert page.headers["Retry-After"] == "3"
    impatient.submit("alice")


def test_with_a_table_of_postgresql_locked_a_post_answers_503_within_five_seconds(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    create_database(postgres, "waiting", EMPTY)
    world = make_world(tmp_path, database_url=postgres.url("waiting"), patience=PATIENCE)
    with submissions_locked(world):
        require_quick_503(world)

    world.submit("alice")
    world.close()


def test_without_a_free_connection_the_answer_is_503_too(impatient: World) -> None:
    with ExitStack() as held:
        for _ in range(POOL_LIMIT):
            held.enter_context(impatient.runtime.engine.connect())

        page = impatient.browser().get("/")
        problem = impatient.browser().get("/api/v1/phases")

    assert (page.status_code, problem.status_code) == (503, 503)
    assert problem.headers["Retry-After"] == "3"
    assert impatient.browser().get("/").status_code == 200


def test_while_a_body_arrives_no_connection_is_used(impatient: World) -> None:
    alice = impatient.browser("alice")
    form = body_of(LARGE_FILE, csrf_token=csrf_token(alice))
    found: list[int] = []

    def look() -> None:
        found.append(impatient.runtime.engine.pool.checkedout())  # type: ignore[attr-defined]

    send(alice, "/phases/slides/submit", WatchedBody(form, look))
    in_page = len(found)
    body = WatchedBody(body_of(LARGE_FILE, phase="slides"), look)
    send(impatient.app.test_client(), API, body, headers=impatient.bearer("alice"))

    assert 0 < in_page < len(found)
    assert set(found) == {0}
