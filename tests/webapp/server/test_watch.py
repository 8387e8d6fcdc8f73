"""Health and readiness come from a watch that no lock and no thread of a page holds up."""

import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import insert, text

from tests.slow_clients.honest import ask_for, status_of
from tests.webapp.conftest import create_database
from tests.webapp.people import World, make_world
from tests.webapp.postgres_server import PostgresServer
from tests.webapp.server.real_server import RealServer, running_server
from webapp.database.engine import database_now, make_engine
from webapp.database.models import Heartbeat
from webapp.server.watch import DatabaseWatch

pytestmark = pytest.mark.processes


def beat(world: World, role: str, age_seconds: float) -> None:
    """Write the heartbeat of a process that was last seen some time ago."""
    with world.runtime.session() as session:
        session.execute(
            insert(Heartbeat).values(
                name=f"{role}@somewhere", role=role, seen_at=database_now(-age_seconds)
            )
        )
        session.commit()


def wait_for_status(server: RealServer, path: str, status: str) -> None:
    deadline = time.monotonic() + 30
    while status_of(server.port, path) != status:
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.fixture
def postgres_world(tmp_path: Path, postgres: PostgresServer) -> Iterator[World]:
    name = f"health_{uuid.uuid4().hex}"
    create_database(postgres, name, "template1")
    world = make_world(tmp_path, database_url=postgres.url(name))
    yield world
    world.runtime.engine.dispose()


def allow_connections(postgres: PostgresServer, world: World, *, is_allowed: bool) -> None:
    """Open a database, or close it and end every connection."""
    name = world.runtime.engine.url.database
    engine = make_engine(postgres.url("postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS {is_allowed}"))
        if not is_allowed:
            ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
            connection.execute(text(ended), {"name": name})
    engine.dispose()


def test_no_lock_and_no_blocked_page_keeps_health_from_answering(
    tmp_path: Path, postgres_world: World
) -> None:
    world = postgres_world
    beat(world, "worker", 0)
    with running_server(world, tmp_path) as server, ThreadPoolExecutor(20) as pool:
        wait_for_status(server, "/readyz", "200")
        with world.runtime.engine.begin() as lock:
            lock.execute(text("LOCK TABLE phase, challenge, heartbeat IN ACCESS EXCLUSIVE MODE"))
            pages = [pool.submit(status_of, server.port, "/") for _ in range(20)]
            time.sleep(1)
            assert not any(page.done() for page in pages)
            seen = [ask_for(server.port, path, 8) for path in ("/healthz", "/readyz")]
        assert [page.result() for page in pages] == ["503"] * 20  # they waited for long enough

    for one in seen:
        assert one.failures == ()
        assert max(one.seconds) < 1


def test_a_server_without_its_database_is_not_well_until_it_is_back(
    tmp_path: Path, postgres_world: World, postgres: PostgresServer
) -> None:
    world = postgres_world
    with running_server(world, tmp_path) as server:
        assert status_of(server.port, "/healthz") == "200"
        world.runtime.engine.dispose()
        allow_connections(postgres, world, is_allowed=False)
        wait_for_status(server, "/healthz", "503")
        allow_connections(postgres, world, is_allowed=True)
        wait_for_status(server, "/healthz", "200")


@pytest.mark.parametrize(
    ("role", "age_seconds", "status"),
    [("worker", 0, "200"), ("worker", 100, "503"), ("beat", 0, "503")],
)
def test_a_server_is_ready_where_some_worker_lives(
    tmp_path: Path, world: World, role: str, age_seconds: float, status: str
) -> None:
    beat(world, role, age_seconds)
    with running_server(world, tmp_path) as server:
        assert status_of(server.port, "/readyz") == status
        assert status_of(server.port, "/healthz") == "200"


def test_what_was_found_grows_older(world: World) -> None:
    beat(world, "worker", 50)
    watch = DatabaseWatch(world.runtime.settings.database_address)
    assert watch.finding().age_seconds is None

    watch.look()
    first = watch.finding()
    time.sleep(0.1)
    later = watch.finding()
    watch.stop()

    assert first.age_seconds is not None
    assert later.age_seconds is not None
    assert later.age_seconds >= first.age_seconds + 0.1
    assert later.heartbeats[0].age_seconds >= first.heartbeats[0].age_seconds + 0.1
