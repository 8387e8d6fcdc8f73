"""Gives server tests a filled service and a real web server with short waits."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.webapp.people import World, make_world
from tests.webapp.server.real_server import RealServer, running_server


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Return a world that others are copied from."""
    return make_world(tmp_path_factory.mktemp("filled"))


@pytest.fixture
def world(tmp_path: Path, filled: World) -> World:
    """Return a world of the test's own."""
    return make_world(tmp_path, template=filled)


@pytest.fixture
def hasty(tmp_path: Path, world: World) -> Iterator[RealServer]:
    """Serve it, with two seconds for heads and for pauses in bodies."""
    with running_server(world, tmp_path, header_seconds=2, body_grace_seconds=2) as server:
        yield server
