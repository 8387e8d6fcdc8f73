import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from tests.soak.conducting import FAULTS, Conductor
from tests.soak.harm import Fault, Harm, Scene
from tests.soak.process_faults import kill_worker, stop_worker_group
from tests.soak.services import stack_of

SLEEP = (sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)")


@pytest.fixture
def sleeper() -> Iterator[int]:
    with subprocess.Popen(SLEEP, stdout=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process.pid
        process.kill()


@pytest.fixture
def scene(tmp_path: Path, sleeper: int) -> Iterator[Scene]:
    stack = stack_of(tmp_path, {"worker": sleeper})
    yield Scene(stack, Random(3))  # noqa: S311 - no secret
    stack.runtime.engine.dispose()


def works(scene: Scene) -> Harm:
    scene.figures["worked"] += 1
    yield 0.0
    return True


def misses(_: Scene) -> Harm:
    yield 0.0
    raise ProcessLookupError


def breaks(_: Scene) -> Harm:
    yield 0.0
    raise ZeroDivisionError


def test_each_fault_is_drawn_before_any_is_drawn_again(scene: Scene) -> None:
    names = [f"fault {number}" for number in range(5)]
    conductor = Conductor(scene, [Fault(name, works) for name in names], 0.4)

    conductor.run(60.0, lambda: sum(conductor.took_effect.values()) == 5)

    assert conductor.took_effect == dict.fromkeys(names, 1)


def test_a_fault_counts_only_if_it_took_effect(scene: Scene) -> None:
    conductor = Conductor(scene, [Fault("misses", misses)], 0.4)

    conductor.run(60.0, lambda: conductor.had_none["misses"] > 0)

    assert conductor.took_effect == {}
    assert conductor.history[0]["fault"] == "misses"
    assert conductor.history[0]["took_effect"] is False


def test_an_error_of_the_soak_itself_rises(scene: Scene) -> None:
    with pytest.raises(ZeroDivisionError):
        Conductor(scene, [Fault("breaks", breaks)], 0.4).run(60.0, lambda: False)


def test_a_killed_process_counts_and_one_that_is_gone_does_not(scene: Scene, sleeper: int) -> None:
    conductor = Conductor(scene, [Fault("killed", kill_worker)], 0.4)

    conductor.run(60.0, lambda: conductor.had_none["killed"] > 0)

    os.waitid(os.P_PID, sleeper, os.WEXITED | os.WNOWAIT)
    assert conductor.took_effect == {"killed": 1}


def test_whatever_is_still_stopped_at_the_end_is_woken(scene: Scene, sleeper: int) -> None:
    stat = Path(f"/proc/{sleeper}/stat")

    def is_stopped() -> bool:
        return stat.read_text().rpartition(")")[2].split()[0] == "T"

    Conductor(scene, [Fault("stopped", stop_worker_group)], 0.4).run(60.0, is_stopped)

    os.waitid(os.P_PID, sleeper, os.WCONTINUED)
    assert not is_stopped()


@pytest.mark.parametrize(("stack", "count"), [("S", 22), ("P", 26)])
def test_each_stack_has_its_faults(stack: str, count: int) -> None:
    assert len([fault for fault in FAULTS if stack in fault.stacks]) == count
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)
