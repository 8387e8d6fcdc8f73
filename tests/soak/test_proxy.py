from collections.abc import Iterator
from random import Random

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import OperationalError

from tests.soak.proxy import CommitCutter
from tests.webapp.postgres_server import PostgresServer, required_postgres


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with required_postgres(synchronous_commit="on") as found:
        yield found


@pytest.fixture
def proxy(server: PostgresServer) -> Iterator[CommitCutter]:
    with CommitCutter(server.folder / ".s.PGSQL.5432", Random(1)) as found:  # noqa: S311 - no secret
        yield found


@pytest.fixture
def engine(proxy: CommitCutter) -> Iterator[Engine]:
    """Return an engine that asks for encryption first, as libpq does unless it is told not to."""
    found = create_engine(f"postgresql+psycopg://camelyon@127.0.0.1:{proxy.port}/postgres")
    with found.begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS one"))
        connection.execute(text("CREATE TABLE one (number int UNIQUE)"))
    yield found
    found.dispose()


def numbers(engine: Engine) -> list[int]:
    with engine.connect() as connection:
        return list(connection.scalars(text("SELECT number FROM one ORDER BY number")))


def insert(engine: Engine, number: int) -> None:
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO one VALUES (:number)"), {"number": number})


def test_traffic_is_passed_on(engine: Engine, proxy: CommitCutter) -> None:
    insert(engine, 1)
    insert(engine, 2)

    assert numbers(engine) == [1, 2]
    assert proxy.cuts == 0


def test_a_cut_commit_is_an_error_to_the_client_and_a_commit_to_the_server(
    engine: Engine, proxy: CommitCutter
) -> None:
    proxy.share = 1.0
    with pytest.raises(OperationalError):
        insert(engine, 1)
    proxy.share = 0.0

    assert proxy.cuts == 1
    assert numbers(engine) == [1]


def test_a_transaction_that_is_rolled_back_is_not_cut(engine: Engine, proxy: CommitCutter) -> None:
    proxy.share = 1.0
    with engine.connect() as connection:
        connection.execute(text("INSERT INTO one VALUES (1)"))
        connection.rollback()
    proxy.share = 0.0

    assert proxy.cuts == 0
    assert numbers(engine) == []


def test_while_the_server_is_away_a_connection_is_refused_and_later_works_again(
    engine: Engine, server: PostgresServer
) -> None:
    insert(engine, 1)
    engine.dispose()

    server.stop_at_once()
    with pytest.raises(OperationalError):
        numbers(engine)
    server.start_again()

    assert numbers(engine) == [1]
