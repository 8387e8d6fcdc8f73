"""Checks that an attempt counts only when the work failed or its process died in it."""

import errno
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from ground_truth.types import GroundTruth
from tests.webapp.world import HASTY, POLICY, World, stages_csv
from webapp.services.work.execution import (
    Slot,
    WorkStopped,
    is_platform_fault,
    run_next,
    settle,
)
from webapp.services.work.queue import WorkItem, claim
from webapp.services.work.recovery import give_back, recover_expired

PATIENT = replace(HASTY, doubt_seconds=60.0)


def slot_of(world: World) -> Slot:
    return Slot(world.sessions, world.sessions, world.storage, world.load_truth, POLICY)


def work_all(slot: Slot) -> None:
    while run_next(slot) is not None:
        pass


def submitted(world: World) -> WorkItem:
    world.submit(world.member(), stages_csv())
    (item,) = world.waiting()
    return item


def state_and_attempt(world: World) -> tuple[str, int]:
    (row,) = world.execute("SELECT state, attempt FROM submission")
    return (row[0], row[1])


@contextmanager
def commits_lost(world: World, number: int) -> Iterator[None]:
    """Cut the connection at the first of these many commits, after the database has committed."""
    left = number

    def lose(connection: Any) -> None:
        nonlocal left
        left -= 1
        if left >= 0:
            connection.connection.commit()
            raise OperationalError("COMMIT", None, ConnectionError("the answer was lost"))

    event.listen(world.database.engine, "commit", lose)
    try:
        yield
    finally:
        event.remove(world.database.engine, "commit", lose)


def test_a_claim_that_is_given_back_does_not_count(world: World) -> None:
    item = submitted(world)
    with world.sessions() as session:
        claimed = claim(session, item, POLICY)
        assert claimed is not None

        give_back(session, item, claimed.token, "platform")
        give_back(session, item, claimed.token, "platform")

    assert state_and_attempt(world) == ("received", 0)
    assert world.violations() == {}


def test_a_claim_that_another_has_requeued_meanwhile_does_not_count_either(world: World) -> None:
    item = submitted(world)
    with world.sessions() as session:
        claimed = claim(session, item, HASTY)
        assert claimed is not None
        time.sleep(0.25)
        recover_expired(session)
        assert state_and_attempt(world) == ("received", 1)

        for _ in range(3):  # safe to repeat, since its own COMMIT can be cut too
            give_back(session, item, claimed.token, "platform")

    assert state_and_attempt(world) == ("received", 0)
    assert world.violations() == {}


def test_a_claim_that_never_was_is_not_taken_back(world: World) -> None:
    item = submitted(world)
    with world.sessions() as session:
        claimed = claim(session, item, POLICY)
        assert claimed is not None

        give_back(session, item, "0" * 32, "platform")

    assert state_and_attempt(world) == ("validating", 1)


def test_a_row_whose_last_lease_ran_out_waits_for_its_holder_before_it_is_given_up(
    world: World,
) -> None:
    item = submitted(world)
    world.execute("UPDATE submission SET attempt = 2")
    with world.sessions() as session:
        claimed = claim(session, item, PATIENT)
        assert claimed is not None
        time.sleep(0.25)
        recover_expired(session, doubt_seconds=PATIENT.doubt_seconds)
        assert state_and_attempt(world) == ("validating", 3)

        give_back(session, item, claimed.token, "platform")

    assert state_and_attempt(world) == ("received", 2)


@pytest.mark.parametrize("n_lost", [1, 2, 3, 4])
def test_a_claim_whose_commit_was_cut_is_given_back_and_done_once(
    world: World, n_lost: int
) -> None:
    submitted(world)
    slot = slot_of(world)
    for _ in range(2):  # the validation and the evaluation
        with commits_lost(world, n_lost), pytest.raises(OperationalError):
            work_all(slot)
        settle(slot)
        for table in ("submission", "evaluation"):
            world.execute(f"UPDATE {table} SET not_before = NULL WHERE attempt = 0")  # noqa: S608
        run_next(slot)

    work_all(slot)

    assert world.execute("SELECT state, attempt FROM submission") == [("accepted", 1)]
    assert world.execute("SELECT state, attempt FROM evaluation") == [("scored", 1)]
    assert world.execute("SELECT count(*) FROM event WHERE kind = 'alert.quarantined'") == [(0,)]
    assert world.violations() == {}


def test_a_full_disk_does_not_use_up_attempts(world: World) -> None:
    submitted(world)
    slot = slot_of(world)
    run_next(slot)

    def fail(version: str) -> GroundTruth:
        raise OSError(errno.ENOSPC, "no space left", version)

    slot.load_truth = fail
    for _ in range(5):
        world.execute("UPDATE evaluation SET not_before = NULL")
        with pytest.raises(OSError, match="no space"):
            run_next(slot)

    assert world.execute("SELECT state, attempt FROM evaluation") == [("queued", 0)]
    assert world.execute("SELECT count(*) FROM evaluation WHERE not_before IS NULL") == [(0,)]
    assert world.violations() == {}


def test_work_that_is_stopped_goes_back_at_once_and_does_not_count(world: World) -> None:
    item = submitted(world)
    slot = slot_of(world)

    def stop() -> None:
        raise WorkStopped

    slot.on_step = stop
    with pytest.raises(WorkStopped):
        run_next(slot)

    assert state_and_attempt(world) == ("received", 0)
    assert world.waiting() == [item]
    assert world.violations() == {}


def test_what_cannot_be_given_back_now_is_given_back_later(world: World) -> None:
    item = submitted(world)
    slot = slot_of(world)
    with world.sessions() as session:
        claimed = claim(session, item, POLICY)
        assert claimed is not None
    slot.undecided.append((item, claimed.token, "database"))
    with commits_lost(world, 1), pytest.raises(OperationalError):
        settle(slot)
    assert len(slot.undecided) == 1

    settle(slot)

    assert slot.undecided == []
    assert state_and_attempt(world) == ("received", 0)


@pytest.mark.parametrize(
    ("error", "is_platforms"),
    [
        (OperationalError("SELECT", None, Exception()), True),
        (OSError(errno.ENOSPC, "disk"), True),
        (OSError(errno.EIO, "disk"), True),
        (FileNotFoundError(errno.ENOENT, "truth"), False),
        (ValueError("work"), False),
        (MemoryError(), False),
    ],
)
def test_only_faults_of_database_and_disk_are_the_platforms(
    error: Exception,
    is_platforms: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    assert is_platform_fault(error) is is_platforms
