"""Checks that slots which hang are seen, replaced, and cost nobody an answer."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.faults.arena import Arena, arena
from webapp.cli import app
from webapp.processes.programs import WORKER
from webapp.services.records.slots import SlotView, list_slots

pytestmark = pytest.mark.processes

REPLACED_SECONDS = 60.0
"""The promise: a slot without progress is replaced within this time."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    with arena(tmp_path_factory.mktemp("arena"), "pause-per-slide=0.5") as built:
        yield built


def slots_of(place: Arena) -> list[SlotView]:
    with place.runtime.reading() as session:
        return list_slots(session)


def slot_processes(place: Arena) -> dict[str, int]:
    """Return the processes of the slots by name."""
    worker = place.service.process_id(WORKER)
    found = {}
    for child in Path(f"/proc/{worker}/task").glob("*/children"):
        for process in child.read_text().split():
            command = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
            if b"webapp.worker.slot" in command:
                found[command[-3].decode()] = int(process)
    return found


def eventually(is_so: Callable[[], bool], seconds: float) -> float | None:
    """Wait; return how long it took, None if it is not so in time."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        if is_so():
            return time.monotonic() - began
        time.sleep(0.1)
    return None


def doctor_says(place: Arena) -> str:
    result = CliRunner().invoke(app, ["doctor", "--home", str(place.service.home.root)])
    return f"exit {result.exit_code}\n{result.output}"


def test_a_slot_that_is_stopped_in_mid_score_is_replaced_with_doctor_red_meanwhile(
    place: Arena,
) -> None:
    public_id = place.hand_in()
    place.wait_for_slide(public_id, 1)
    working = [one for one in slots_of(place) if one.working_seconds is not None]
    before = slot_processes(place)
    stopped = before[working[0].name]

    os.kill(stopped, signal.SIGSTOP)
    scored_after = place.seconds_until_scored([public_id], REPLACED_SECONDS)
    was_red = eventually(lambda: "BAD  slot" in doctor_says(place), REPLACED_SECONDS)
    replaced_after = eventually(
        lambda: (
            stopped not in slot_processes(place).values()
            and len(slot_processes(place)) == len(before)
        ),
        REPLACED_SECONDS + 30,
    )

    assert scored_after is not None  # by another slot, when the lease had run out
    assert was_red is not None
    assert replaced_after is not None
    assert eventually(lambda: not any(one.is_stuck for one in slots_of(place)), 60) is not None
    place.require_scored_once([public_id])


def test_told_to_stop_a_worker_gives_its_work_back_and_ends_at_once(place: Arena) -> None:
    public_id = place.hand_in()
    place.wait_for_slide(public_id, 1)
    worker = place.service.process_id(WORKER)

    began = time.monotonic()
    place.terminate(WORKER)
    gone_after = eventually(lambda: place.service.process_id(WORKER) != worker, 30)
    given_back = place.evaluation(public_id)

    assert gone_after is not None
    assert time.monotonic() - began < 30
    assert given_back is not None
    assert given_back.attempt <= 1
    assert place.seconds_until_scored([public_id], 60) is not None
    scored = place.evaluation(public_id)
    assert scored is not None
    assert scored.attempt == 1  # the attempt that was stopped does not count
    place.require_scored_once([public_id])
