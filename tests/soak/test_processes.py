import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.soak.processes import NoTargetError, children_of, is_alive, kill, stopped

SLEEP = (sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)")


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(SLEEP, stdout=subprocess.PIPE, start_new_session=True) as found:
        assert found.stdout is not None
        found.stdout.readline()
        yield found
        found.kill()


def state(process: int) -> str:
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]


def test_a_process_is_found_as_a_child_until_it_has_been_killed(
    process: subprocess.Popen[bytes],
) -> None:
    assert process.pid in children_of(os.getpid())

    assert kill(process.pid)
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)

    assert not is_alive(process.pid)  # a zombie
    assert process.pid not in children_of(os.getpid())
    assert not kill(process.pid)


@pytest.mark.parametrize("is_group", [False, True])
def test_a_stopped_process_is_woken_however_the_block_is_left(
    process: subprocess.Popen[bytes], *, is_group: bool
) -> None:
    with suppress(RuntimeError), stopped(process.pid, is_group=is_group):
        os.waitid(os.P_PID, process.pid, os.WSTOPPED)
        assert state(process.pid) == "T"
        raise RuntimeError

    os.waitid(os.P_PID, process.pid, os.WCONTINUED)
    assert state(process.pid) != "T"


def test_what_is_not_there_cannot_be_stopped() -> None:
    with pytest.raises(NoTargetError), stopped(2**22 + 1):
        pass
