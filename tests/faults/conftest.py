"""Gives fault tests a PostgreSQL server."""

from collections.abc import Iterator

import pytest

from tests.webapp.postgres_server import required_postgres


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """Return the address of an empty database on the tests' own server."""
    with required_postgres() as server:
        yield server.url("template1")
