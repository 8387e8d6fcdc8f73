"""Measures what it costs to ask whose turn it is, with 100,000 rows waiting beside 1,000.

On both databases, with 500 teams and as many rows done in the last ten minutes as one worker does.
The limit is a ratio in one run: without an index that knows teams it grows with the rows.
"""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.orm import sessionmaker

from benchmarks.judging import Figure, judge, quotient
from tests.webapp.conftest import EMPTY, Database, create_database
from tests.webapp.postgres_server import running_postgres
from tests.webapp.world import World, make_world
from webapp.database.engine import make_engine
from webapp.database.migrations import upgrade
from webapp.services.work.backlog import fairest_items

N_TEAMS = 500
FEW, MANY = 1_000, 100_000
MOST_TIMES = 3.0
_REPEATS = 15

_NUMBERS = {
    "sqlite": (
        "WITH RECURSIVE n(i) AS (SELECT :first UNION ALL SELECT i + 1 FROM n WHERE i < :last)"
    ),
    "postgresql": "WITH n(i) AS (SELECT generate_series(cast(:first AS int), cast(:last AS int)))",
}


def main() -> None:
    """Print a figure for each database; end with 1 if the rows can be felt."""
    with tempfile.TemporaryDirectory() as folder:
        judge(_figures(Path(folder)))


def _figures(folder: Path) -> Iterator[Figure]:
    for name in ("sqlite", "postgresql"):
        with _world(name, folder / name) as world:
            few = _seconds(world, 1, FEW)
            many = _seconds(world, FEW + 1, MANY)
        reading = f"medians {1000 * min(few):.1f} and {1000 * min(many):.1f} ms at best"
        what = f"whose turn it is among 100,000 rows beside 1,000, {name}"
        yield Figure(what, quotient(many, few), "times", MOST_TIMES, reading=reading)


@contextmanager
def _world(name: str, folder: Path) -> Iterator[World]:
    folder.mkdir()
    if name == "sqlite":
        with _migrated(name, f"sqlite:///{folder / 'claims.sqlite3'}", folder) as world:
            yield world
        return
    with running_postgres() as server:
        create_database(server, "claims", EMPTY)
        with _migrated(name, server.url("claims"), folder) as world:
            yield world


@contextmanager
def _migrated(name: str, url: str, folder: Path) -> Iterator[World]:
    upgrade(url)
    engine = make_engine(url)
    database = Database(name, url, engine, sessionmaker(engine, expire_on_commit=False))
    world = make_world(database, folder)
    for _ in range(N_TEAMS):
        world.member()
    yield world
    engine.dispose()


def _seconds(world: World, first: int, last: int) -> list[float]:
    """Add rows, and time several looks."""
    _add_rows(world, first, last)
    found = []
    for _ in range(_REPEATS):
        began = time.perf_counter()
        with world.sessions() as session:
            items = fairest_items(session)
        found.append(time.perf_counter() - began)
        assert len(items) == N_TEAMS
    return found


def _add_rows(world: World, first: int, last: int) -> None:
    """Add accepted submissions whose evaluations wait, spread over all teams."""
    numbers = _NUMBERS[world.database.name]
    values = {
        "first": first,
        "last": last,
        "phase": world.phase.id,
        "teams": N_TEAMS,
        "at": "2026-01-01 00:00:00.000000",
    }
    submissions = (  # made of this module's own constants
        numbers + " INSERT INTO submission (id, public_id, phase_id, team_id, user_id, filename,"
        " sha256, size, method, description, link, state, is_hidden, is_baseline, is_disqualified,"
        " is_final, submitted_at, attempt) SELECT i, 'sub_' || i, :phase, 1 + i % :teams,"
        " 1 + i % :teams, 'f', 'x', 1, '', '', '', 'accepted', false, false, false, false,"
        " cast(:at AS timestamp), 0 FROM n"
    )
    evaluations = (
        numbers + " INSERT INTO evaluation (id, submission_id, team_id, scoring, truth_version,"
        " state, created_at, attempt, slides_done, is_rescore) SELECT i, i, 1 + i % :teams, 's',"
        " 't', 'queued', cast(:at AS timestamp), 0, 0, false FROM n"
    )
    if world.database.name == "sqlite":
        submissions, evaluations = (
            one.replace("cast(:at AS timestamp)", ":at") for one in (submissions, evaluations)
        )
    with world.database.engine.begin() as connection:
        connection.execute(text(submissions), values)
        connection.execute(text(evaluations), values)
    with world.database.engine.connect().execution_options(
        isolation_level="AUTOCOMMIT"
    ) as connection:
        connection.execute(text("ANALYZE"))


if __name__ == "__main__":
    main()
