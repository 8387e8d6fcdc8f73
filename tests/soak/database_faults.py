"""Crashes, locks and cuts off the database, and fills the disk."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from sqlalchemy import text

from tests.soak.harm import Fault, Harm, Scene
from tests.soak.processes import NoTargetError, kill
from tests.soak.proxy import CommitCutter
from tests.webapp.postgres_server import PostgresServer

CUT_SHARE = 0.25
_CLIENTS = "FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
_LEFT_BYTES = (0, 4096, 65_536, 1_000_000)


def terminate_backends(scene: Scene) -> Harm:
    """End every connection to the database."""
    yield 0.0
    with scene.stack.runtime.engine.connect() as connection:
        ended = connection.execute(text(f"SELECT pg_terminate_backend(pid) {_CLIENTS}")).all()
    return bool(ended)


def kill_backend(scene: Scene) -> Harm:
    """Kill one of the database's processes, at which the server starts all of them anew."""
    yield 0.0
    with scene.stack.runtime.engine.connect() as connection:
        found = connection.scalars(text(f"SELECT pid {_CLIENTS}")).all()
    if not found:
        raise NoTargetError
    return kill(scene.draws.choice(list(found)))


def crash_postgres(scene: Scene) -> Harm:
    """Stop the database server at once, and start it again."""
    server = _postgres(scene)
    server.stop_at_once()
    try:
        yield scene.draws.uniform(0.2, 3.0)
    finally:
        server.start_again()
    return True


def lock_tables(scene: Scene) -> Harm:
    """Lock what every request needs."""
    with scene.stack.runtime.engine.connect() as connection, connection.begin():
        connection.execute(text("SET LOCAL lock_timeout = '3s'"))
        connection.execute(text("LOCK TABLE submission, evaluation, api_token"))
        yield scene.draws.uniform(2.0, 10.0)
        connection.execute(text("SELECT 1"))  # the lock was held until now
    return True


def cut_commits(scene: Scene) -> Harm:
    """Drop the answers to some COMMITs that succeeded."""
    proxy = _proxy(scene)
    before = proxy.cuts
    proxy.share = CUT_SHARE
    try:
        yield 5.0
    finally:
        proxy.share = 0.0
    scene.figures["commits cut after they succeeded"] += proxy.cuts - before
    return proxy.cuts > before


def lock_sqlite(scene: Scene) -> Harm:
    """Hold SQLite's one write lock."""
    path = scene.stack.home.database
    with closing(sqlite3.connect(path, timeout=3.0, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:  # a writer that is stopped has the lock
            raise NoTargetError from error
        yield scene.draws.uniform(2.0, 10.0)
        connection.execute("ROLLBACK")
    return True


def fill_disk(scene: Scene) -> Harm:
    """Leave next to no room on the disk of blobs, broker and SQLite."""
    if scene.stack.disk is None:
        raise NoTargetError
    with _filler(scene.stack.disk, scene.draws.choice(_LEFT_BYTES)):
        yield scene.draws.uniform(2.0, 6.0)
    return True


@contextmanager
def _filler(disk: Path, left_bytes: int) -> Iterator[None]:
    path = disk / "filler"
    try:
        with path.open("wb") as file:
            state = os.statvfs(disk)
            size = state.f_bavail * state.f_frsize - left_bytes
            if size > 0:
                with suppress(OSError):  # somebody else wrote meanwhile: it is full all the same
                    os.posix_fallocate(file.fileno(), 0, size)
        yield
    finally:
        path.unlink(missing_ok=True)


def _postgres(scene: Scene) -> PostgresServer:
    if scene.stack.postgres is None:
        raise NoTargetError
    return scene.stack.postgres


def _proxy(scene: Scene) -> CommitCutter:
    if scene.stack.proxy is None:
        raise NoTargetError
    return scene.stack.proxy


FAULTS = (
    Fault("all database connections ended", terminate_backends, "P"),
    Fault("database process killed", kill_backend, "P"),
    Fault("database crashed and restarted", crash_postgres, "P"),
    Fault("tables locked up to 10 s", lock_tables, "P", is_alone=True),  # others read them
    Fault("COMMITs cut after they succeeded", cut_commits, "P"),
    Fault("SQLite locked up to 10 s", lock_sqlite, "S"),
    Fault("disk nearly full", fill_disk),
)
