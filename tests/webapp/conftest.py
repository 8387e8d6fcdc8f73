"""Gives tests databases: every test that asks for one runs on SQLite and on PostgreSQL."""

import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session, sessionmaker

from tests.webapp.postgres_server import PostgresServer, required_postgres
from webapp.database.engine import make_engine
from webapp.database.migrations import upgrade

TEMPLATE = "template_camelyon"
EMPTY = "template1"


@dataclass(frozen=True, slots=True)
class Database:
    """A fresh, migrated database."""

    name: str
    url: str
    engine: Engine
    sessions: sessionmaker[Session]


Databases = Callable[[], AbstractContextManager[Database]]


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Run one server for the session, with a migrated database as a template."""
    with required_postgres() as server:
        create_database(server, TEMPLATE, EMPTY)
        upgrade(server.url(TEMPLATE))
        yield server


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a migrated SQLite file as a template."""
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite3"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> Databases:
    """Return a function that makes fresh, migrated databases, for each kind."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        return lambda: _sqlite(template, tmp_path)
    server: PostgresServer = request.getfixturevalue("postgres")
    return lambda: _postgresql(server)


@pytest.fixture
def database(databases: Databases) -> Iterator[Database]:
    """Return a fresh, migrated database of each kind."""
    with databases() as database:
        yield database


@contextmanager
def _sqlite(template: Path, folder: Path) -> Iterator[Database]:
    path = folder / f"{uuid.uuid4().hex}.sqlite3"
    shutil.copyfile(template, path)
    with _opened("sqlite", f"sqlite:///{path}") as database:
        yield database


@contextmanager
def _postgresql(server: PostgresServer) -> Iterator[Database]:
    name = f"test_{uuid.uuid4().hex}"
    create_database(server, name, TEMPLATE)
    with _opened("postgresql", server.url(name)) as database:
        yield database
    _administer(server, f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def _opened(name: str, url: str) -> Iterator[Database]:
    engine = make_engine(url, pool_size=30)
    try:
        yield Database(name, url, engine, sessionmaker(engine, expire_on_commit=False))
    finally:
        engine.dispose()


def create_database(server: PostgresServer, name: str, template: str) -> None:
    """Create a database as a copy of another."""
    _administer(server, f"CREATE DATABASE {name} TEMPLATE {template}")


def _administer(server: PostgresServer, statement: str) -> None:
    engine = make_engine(server.url("postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
