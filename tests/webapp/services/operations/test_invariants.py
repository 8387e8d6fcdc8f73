"""Checks that each invariant reports a violation, made by hand without the guards."""

import os
import time
from pathlib import Path

import pytest

from tests.webapp.world import ONE_OFF, World, stages_csv
from webapp.database.engine import read_clock
from webapp.services.operations.sweeping import heartbeat
from webapp.services.submissions.uploads import receive

SECOND_KEY = (
    "INSERT INTO idempotency_key (team_id, key, holder, lease_expires_at, content_digest,"
    " submission_id, created_at) SELECT team_id, 'k-2', holder, lease_expires_at,"
    " content_digest, submission_id, created_at FROM idempotency_key"
)
SECOND_COMMIT = (
    "INSERT INTO event (at, audience, kind, submission_id, evaluation_id, detail)"
    " SELECT at, audience, kind, submission_id, evaluation_id, detail FROM event"
    " WHERE kind = 'work.committed' AND evaluation_id IS NOT NULL"
)
DEAD_LEASE = (
    "UPDATE evaluation SET state = 'running', result = NULL,"
    " lease_expires_at = '2020-01-01 00:00:00.000000'"
)
FORGOTTEN = (
    "UPDATE evaluation SET state = 'queued', result = NULL,"
    " created_at = '2020-01-01 00:00:00.000000'"
)


@pytest.fixture
def scored(world: World) -> World:
    """Return a world with a scored submission and no triggers."""
    world.submit(world.member(), stages_csv(), key="k-1")
    world.work()
    assert world.violations() == {}
    _drop_triggers(world)
    return world


def _drop_triggers(world: World) -> None:
    if world.database.name == "sqlite":
        for (name,) in world.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            world.execute(f"DROP TRIGGER {name}")
        return
    for name, table in world.execute(
        "SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal"
    ):
        world.execute(f"DROP TRIGGER {name} ON {table}")


def _blob(world: World) -> Path:
    return next(world.storage.root.glob("??/*"))


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("DELETE FROM quota_entry", {"I1": 1}),
        ("UPDATE submission SET size = 1", {"I1": 1}),
        (SECOND_KEY, {"I2": 1}),
        ("UPDATE phase SET quota_limit = 0", {"I3": 1}),
        ("UPDATE phase SET scoring = 'another'", {"I4": 1}),
        ("UPDATE submission SET state = 'rejected'", {"I5": 1}),
        ("DELETE FROM event WHERE kind = 'evaluation.state' AND to_state = 'running'", {"I5": 1}),
        ("UPDATE event SET from_state = 'queued' WHERE to_state = 'scored'", {"I5": 1}),
        ("UPDATE event SET detail = '{\"token\": \"x\"}' WHERE kind = 'work.committed'", {"I9": 2}),
        (SECOND_COMMIT, {"I9": 1}),
    ],
)
def test_a_violation_is_found(scored: World, statement: str, broken: dict[str, int]) -> None:
    scored.execute(statement)

    assert scored.violations() == broken


def test_a_damaged_blob_is_found(scored: World) -> None:
    blob = _blob(scored)
    blob.write_bytes(blob.read_bytes().replace(b"pN2", b"pN1"))

    assert scored.violations() == {"I1": 1}


def test_too_many_attempts_are_found(scored: World) -> None:
    if scored.database.name == "sqlite":
        pytest.skip("SQLite cannot drop the constraint that refuses a fourth attempt")
    scored.execute("ALTER TABLE evaluation DROP CONSTRAINT ck_evaluation_attempt")
    scored.execute("UPDATE evaluation SET attempt = 4")

    assert scored.violations() == {"I6": 1}


def test_a_lease_that_nobody_recovers_is_found(scored: World) -> None:
    scored.execute(DEAD_LEASE)

    assert scored.violations() == {"I5": 1, "I7": 1}


def test_a_forgotten_evaluation_is_found_while_a_worker_lives(scored: World) -> None:
    scored.execute(FORGOTTEN)
    assert scored.violations() == {"I5": 1}

    with scored.sessions() as session:
        heartbeat(session, "worker-1", "worker")

    assert scored.violations() == {"I5": 1, "I8": 1}


def test_a_blob_without_a_row_is_found_after_a_day(scored: World) -> None:
    scored.storage.put([b"orphan"], max_bytes=100, expected_bytes=None)
    assert scored.violations() == {}
    then = time.time() - 90_000
    for path in scored.storage.root.glob("??/*"):
        os.utime(path, (then, then))

    assert scored.violations() == {"I11": 1}


def test_an_upload_without_a_blob_is_found(scored: World) -> None:
    content = stages_csv(ONE_OFF)
    with scored.sessions() as session:
        sent = receive(
            session,
            scored.storage,
            user_id=1,
            phase_slug="stages",
            filename="stages.csv",
            chunks=[content],
            expected_bytes=len(content),
            max_bytes=1000,
            arrived_at=read_clock(session),
        )
    assert scored.violations() == {}

    scored.storage.delete(sent.sha256)

    assert scored.violations() == {"I11": 1}


def test_a_row_without_a_blob_is_found(scored: World) -> None:
    _blob(scored).unlink()

    assert scored.violations() == {"I1": 1}
