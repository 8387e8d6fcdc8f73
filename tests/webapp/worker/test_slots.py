"""Checks that slots are started, woken and replaced, with small programs in their place."""

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest

from tests.waiting import eventually, lives
from webapp.processes.programs import with_own_packages
from webapp.worker import slots
from webapp.worker.slots import Slots

pytestmark = pytest.mark.processes

WAITS = """
import os, select, sys
name, signs, folder = sys.argv[1], int(sys.argv[2]), sys.argv[3]
with open(os.path.join(folder, f"{name}-{os.getpid()}"), "w"):
    pass
os.write(signs, b"w")
while True:
    ready, _, _ = select.select([0], [], [], 0.1)
    if ready:
        if not os.read(0, 100):
            sys.exit(0)
        os.write(signs, b"bw")
    os.write(signs, b".")
"""
SPINS = """
import os, sys
name, signs, folder = sys.argv[1], int(sys.argv[2]), sys.argv[3]
with open(os.path.join(folder, f"{name}-{os.getpid()}"), "w"):
    pass
os.write(signs, b"b")
while True:
    pass
"""
STUBBORN = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + SPINS
DIES = "import os, sys\nos.write(int(sys.argv[2]), b'w')\nsys.exit(3)\n"

FAILS_TO_START = """
import time
from webapp.worker import slots
slots._FIRST_PAUSE_SECONDS = 0.01
kept = slots.Slots("w", 1, lambda: None, lambda: None, lambda name, signs: ["/bin/false"])
kept.start()
time.sleep(30)
"""


@dataclass(slots=True)
class Kept:
    """Slots that run one program, and what they said."""

    slots: Slots
    folder: Path
    changes: list[float] = field(default_factory=list)
    more: list[float] = field(default_factory=list)

    def processes(self) -> list[int]:
        """Return the process ids of all that were ever started."""
        return [int(path.name.rpartition("-")[2]) for path in self.folder.iterdir()]


@contextmanager
def kept(folder: Path, program: str, count: int = 1) -> Iterator[Kept]:
    changes: list[float] = []
    more: list[float] = []

    def command(name: str, signs: int) -> list[str]:
        return [sys.executable, "-c", program, name, str(signs), str(folder)]

    made = Slots(
        "w",
        count,
        lambda: changes.append(time.monotonic()),
        lambda: more.append(time.monotonic()),
        command,
    )
    made.start()
    try:
        yield Kept(made, folder, changes, more)
    finally:
        made.stop()


def n_waiting(made: Slots) -> int:
    return sum(pulse.working_seconds is None for pulse in made.pulses())


def test_every_slot_is_started_and_said_to_wait(tmp_path: Path) -> None:
    with kept(tmp_path, WAITS, count=3) as made:
        assert eventually(lambda: n_waiting(made.slots) == 3)

        assert [pulse.number for pulse in made.slots.pulses()] == [1, 2, 3]
        assert len(made.processes()) == 3


def test_a_slot_that_waits_is_woken(tmp_path: Path) -> None:
    with kept(tmp_path, WAITS) as made:
        assert eventually(lambda: n_waiting(made.slots) == 1)
        before = len(made.changes)

        made.slots.wake()

        assert eventually(lambda: len(made.changes) > before)
        assert eventually(lambda: n_waiting(made.slots) == 1)


def test_waking_more_slots_than_there_are_does_nothing(tmp_path: Path) -> None:
    with kept(tmp_path, WAITS) as made:
        assert eventually(lambda: n_waiting(made.slots) == 1)

        for _ in range(10_000):
            made.slots.wake()

        assert eventually(lambda: n_waiting(made.slots) == 1)
        assert len(made.processes()) == 1


def test_a_slot_that_spins_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots, "PROGRESS_SECONDS", 1.0)
    with kept(tmp_path, SPINS) as made:
        assert eventually(lambda: len(made.processes()) == 1)
        (first,) = made.processes()

        assert eventually(lambda: len(made.processes()) >= 2)
        assert eventually(lambda: not lives(first))


def test_a_slot_that_is_stopped_by_a_signal_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slots, "PROGRESS_SECONDS", 1.0)
    with kept(tmp_path, WAITS) as made:
        assert eventually(lambda: n_waiting(made.slots) == 1)
        (first,) = made.processes()

        os.kill(first, 19)  # SIGSTOP

        assert eventually(lambda: not lives(first))
        assert eventually(lambda: len(made.processes()) == 2 and n_waiting(made.slots) == 1)


def test_a_slot_that_dies_is_replaced(tmp_path: Path) -> None:
    with kept(tmp_path, WAITS) as made:
        assert eventually(lambda: n_waiting(made.slots) == 1)
        (first,) = made.processes()

        os.kill(first, 9)

        assert eventually(lambda: len(made.processes()) == 2 and n_waiting(made.slots) == 1)


def test_a_slot_that_works_on_one_item_for_too_long_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = WAITS.replace('b"w")', 'b"b")', 1)  # its signs go on, its item does not end
    monkeypatch.setattr(slots, "ITEM_SECONDS", 1.0)
    with kept(tmp_path, busy) as made:
        assert eventually(lambda: len(made.processes()) >= 2)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_of_ten_thousand_replaced_slots_none_hangs_under_a_flood_of_log_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slot that inherited a lock which another thread held would wait for it for ever."""
    monkeypatch.setattr(slots, "HEALTHY_SECONDS", 0.0)
    monkeypatch.setattr(slots, "_LOOK_SECONDS", 0.01)
    is_done = threading.Event()
    flood = [threading.Thread(target=_log_until, args=(is_done,)) for _ in range(4)]
    for thread in flood:
        thread.start()
    once = WAITS.replace("while True:", "sys.exit(0)\nwhile True:")
    with kept(tmp_path, once, count=4) as made:
        assert eventually(lambda: len(made.processes()) >= 10_000, 3600)
        assert all(pulse.idle_seconds < 60 for pulse in made.slots.pulses())
    is_done.set()
    for thread in flood:
        thread.join()


def _log_until(is_done: threading.Event) -> None:
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        logger = logging.Logger("flood")  # noqa: LOG001 - a handler of its own
        logger.addHandler(logging.StreamHandler(nowhere))
        while not is_done.is_set():
            logger.warning("a line from another thread")


def test_stopping_ends_a_slot_that_does_not_listen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slots, "STOP_SECONDS", 0.5)
    with kept(tmp_path, STUBBORN) as made:
        assert eventually(lambda: len(made.processes()) == 1)

    assert not any(lives(process) for process in made.processes())


def test_a_worker_whose_slots_do_not_start_makes_place_for_a_fresh_one() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FAILS_TO_START],
        env=with_own_packages(os.environ),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 75
    assert "a slot does not start" in done.stdout + done.stderr


def test_more_work_than_slots_is_told_to_whoever_announces(tmp_path: Path) -> None:
    more = WAITS.replace('b"w")', 'b"bm")', 1)
    with kept(tmp_path, more) as made:
        assert eventually(lambda: len(made.more) == 1)


def test_slots_that_die_at_once_are_not_started_without_a_pause(tmp_path: Path) -> None:
    starts: list[float] = []

    def command(name: str, signs: int) -> list[str]:
        starts.append(time.monotonic())
        return [sys.executable, "-c", DIES, name, str(signs), str(tmp_path)]

    made = Slots("w", 1, lambda: None, lambda: None, command)
    made.start()
    assert eventually(lambda: len(starts) >= 4)
    made.stop()

    pauses = [after - before for before, after in pairwise(starts)]
    assert pauses[1] >= 0.5
    assert pauses[2] >= 1.0
