"""Checks that a worker woken after its lease has run out commits nothing."""

import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.faults.arena import GRACE_SECONDS, LEASE_SECONDS, Arena, arena
from webapp.processes import programs

pytestmark = pytest.mark.processes

PAUSE_SWITCH = "pause-per-slide=1.0"
SLIDES = 4


def test_a_worker_woken_after_its_lease_commits_nothing(tmp_path: Path) -> None:
    with arena(tmp_path, PAUSE_SWITCH) as place:
        public_id = wake_a_worker_after_its_lease(place)

        place.require_scored_once([public_id])


def test_without_the_fence_a_worker_woken_after_its_lease_commits(tmp_path: Path) -> None:
    with arena(tmp_path, PAUSE_SWITCH, "no-fence") as place:
        wake_a_worker_after_its_lease(place)

        assert "I9" in place.broken_invariants()


def wake_a_worker_after_its_lease(place: Arena) -> str:
    """Pause a worker just before it commits, and wake it while another one is scoring."""
    public_id = place.hand_in()
    place.wait_for_slide(public_id, SLIDES - 1)
    paused = place.service.process_id(programs.WORKER)
    assert paused is not None
    stop_outside_a_transaction(paused, place.service.home.database)
    with second_worker(place):
        place.wait_for_attempt(public_id, 2, LEASE_SECONDS + GRACE_SECONDS)
        os.killpg(paused, signal.SIGCONT)
        seconds = place.seconds_until_scored([public_id], LEASE_SECONDS + GRACE_SECONDS)
        time.sleep(SLIDES)  # until the slower worker has tried to commit too
    assert seconds is not None
    return public_id


def stop_outside_a_transaction(group: int, database: Path) -> None:
    """Stop a process group at a moment when it does not hold SQLite's one write lock."""
    while True:
        os.killpg(group, signal.SIGSTOP)
        with closing(sqlite3.connect(database, timeout=0.2, isolation_level=None)) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("ROLLBACK")
            except sqlite3.OperationalError:
                os.killpg(group, signal.SIGCONT)
                continue
        return


@contextmanager
def second_worker(place: Arena) -> Iterator[None]:
    """Run a second worker beside the supervisor's own."""
    log = place.service.home.logs / "second.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            programs.worker().launch_command(os.getpid()),
            env=place.service.environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
