import os
import signal
import sys
import time
from pathlib import Path

import pytest

from tests.waiting import eventually
from webapp.processes.keeper import Keeper
from webapp.processes.programs import Program, with_own_packages

pytestmark = pytest.mark.processes

SLEEPER = "import time; time.sleep(60)"
PARENT_OF_ONE = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {SLEEPER!r}])"


def python(name: str, code: str) -> Program:
    return Program(name, (sys.executable, "-c", code))


def members(group: int) -> list[int]:
    """Return the living processes of a process group."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[2]) == group and fields[0] != "Z":
            found.append(int(folder.name))
    return found


@pytest.fixture
def keeper(tmp_path: Path) -> Keeper:
    return Keeper(with_own_packages(os.environ), tmp_path)


def test_a_killed_program_is_started_again(keeper: Keeper) -> None:
    keeper.keep(python("sleeper", SLEEPER))
    first = keeper.process_id("sleeper")
    assert first is not None

    os.kill(first, signal.SIGKILL)

    assert eventually(lambda: keeper.process_id("sleeper") not in {None, first})
    keeper.stop()


def test_what_a_dead_program_had_started_dies_with_it(keeper: Keeper) -> None:
    keeper.keep(python("parent", PARENT_OF_ONE))
    group = keeper.process_id("parent")
    assert group is not None
    assert eventually(lambda: len(members(group)) == 2)

    os.kill(group, signal.SIGKILL)

    assert eventually(lambda: members(group) == [])
    keeper.stop()


def test_a_program_that_cannot_run_is_tried_at_growing_pauses(keeper: Keeper) -> None:
    began = time.monotonic()

    keeper.keep(python("broken", "raise SystemExit('no luck')"))

    assert eventually(lambda: keeper.starts("broken") >= 4)
    assert time.monotonic() - began > 1.75  # 0.25 + 0.5 + 1
    assert "no luck" in keeper.last_output("broken")
    keeper.stop()


def test_a_program_may_be_left_down(keeper: Keeper) -> None:
    keeper.keep(python("sleeper", SLEEPER))
    process = keeper.process_id("sleeper")
    assert process is not None

    keeper.forbid_restart("sleeper")
    os.kill(process, signal.SIGKILL)

    assert eventually(lambda: keeper.process_id("sleeper") is None)
    time.sleep(0.6)
    assert keeper.starts("sleeper") == 1
    keeper.stop()


def test_stopping_ends_every_program(keeper: Keeper) -> None:
    keeper.keep(python("one", SLEEPER))
    keeper.keep(python("two", PARENT_OF_ONE))
    groups = [keeper.process_id("one"), keeper.process_id("two")]

    keeper.stop()

    assert all(members(group) == [] for group in groups if group)
