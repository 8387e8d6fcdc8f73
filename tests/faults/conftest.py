"""Gives fault tests a PostgreSQL server."""

import os
from collections.abc import Iterator

import pytest

from tests.webapp.postgres_server import NoPostgresError, running_postgres


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """Return the address of an empty database on the tests' own server."""
    try:
        with running_postgres() as server:
            yield server.url("template1")
    except NoPostgresError as error:
        if os.environ.get("CI"):
            pytest.fail(f"PostgreSQL: {error}")
        pytest.skip(f"PostgreSQL: {error}")
