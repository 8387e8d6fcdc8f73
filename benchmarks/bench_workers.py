"""Measures what a second worker adds: submissions of heatmaps scored by one and by two, in turn.

Each worker does one item at a time on a processor of its own. The limit is a ratio of rates in one
run; the machine must have two processors that nothing else uses.
"""

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.judging import Figure, judge
from tests.faults.arena import Arena, arena
from tests.faults.test_recovery import heatmaps
from webapp.processes import programs
from webapp.processes.programs import WORKER
from webapp.services.records.slots import list_slots

SUBMISSIONS = 24
LEAST_RATIO = 1.6
_WAIT_SECONDS = 600.0


def main() -> None:
    """Print the ratio of both rates; end with 1 if a second worker adds too little."""
    with (
        tempfile.TemporaryDirectory() as folder,
        arena(Path(folder), files=heatmaps(), settings={"CAMELYON_WORKER_PROCESSES": "1"}) as place,
    ):
        _pin(place.service.process_id(WORKER) or 0, 0)
        _wait_for_slots(place, 1)
        alone = _rate(place)
        with _second_worker(place):
            _wait_for_slots(place, 2)
            together = _rate(place)
    reading = f"{alone:.2f} and {together:.2f} submissions a second"
    figure = Figure(
        "two workers beside one",
        together / alone,
        "times",
        LEAST_RATIO,
        is_least=True,
        reading=reading,
    )
    judge([figure])


def _rate(place: Arena) -> float:
    public_ids = [place.hand_in() for _ in range(SUBMISSIONS)]
    seconds = place.seconds_until_scored(public_ids, _WAIT_SECONDS)
    if seconds is None:
        raise RuntimeError("not scored in time")
    return SUBMISSIONS / seconds


@contextmanager
def _second_worker(place: Arena) -> Iterator[None]:
    process = subprocess.Popen(  # noqa: S603 - our own command line
        programs.worker().command,
        env=place.service.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _pin(process.pid, 1)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def _pin(process: int, processor: int) -> None:
    """Keep a process, with all that it has started and will start, on one processor."""
    for thread in Path(f"/proc/{process}/task").iterdir():
        os.sched_setaffinity(int(thread.name), {processor})
        for child in (thread / "children").read_text().split():
            _pin(int(child), processor)


def _wait_for_slots(place: Arena, number: int) -> None:
    deadline = time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < deadline:
        with place.runtime.reading() as session:
            waiting = [one for one in list_slots(session) if one.working_seconds is None]
        if len(waiting) == number:
            return
        time.sleep(0.1)
    raise RuntimeError("the slots did not come up")


if __name__ == "__main__":
    main()
