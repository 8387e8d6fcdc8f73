"""Gives tests of the API a small service."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.webapp.conftest import EMPTY, create_database
from tests.webapp.people import World, make_world
from tests.webapp.postgres_server import PostgresServer


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("template"))


@pytest.fixture
def world(tmp_path: Path, template: World) -> Iterator[World]:
    made = make_world(tmp_path, template=template)
    yield made
    made.close()


@pytest.fixture(scope="session")
def postgres_world(
    tmp_path_factory: pytest.TempPathFactory, postgres: PostgresServer
) -> Iterator[World]:
    create_database(postgres, "people", EMPTY)
    world = make_world(tmp_path_factory.mktemp("people"), database_url=postgres.url("people"))
    yield world
    world.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def unchanged_world(request: pytest.FixtureRequest) -> World:
    """Return a service on each database, shared by tests that change nothing."""
    name = "template" if request.param == "sqlite" else "postgres_world"
    world: World = request.getfixturevalue(name)
    return world
