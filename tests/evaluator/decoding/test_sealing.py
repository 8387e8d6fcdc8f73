import json
import os
import platform
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from evaluator.decoding import confinement, sealing
from evaluator.decoding.confinement import ConfinementError, ConfinementLevel
from evaluator.decoding.decode import decoder
from tests.evaluator.decoding.test_decode import asked, innermost
from tests.evaluator.hostile_images import GOOD, png

LAST_CALL = 600
X32_BIT = 0x4000_0000

SEALED = f"""
import ctypes, json, os, sys
sys.path.insert(0, {str(Path(__file__).resolve().parents[3])!r})
from evaluator.decoding import sealing
libc = ctypes.CDLL(None, use_errno=True)
def tried(number, *arguments):
    ctypes.set_errno(0)
    result = libc.syscall(ctypes.c_long(number), *map(ctypes.c_long, arguments or (0,) * 6))
    return ctypes.get_errno() if result == -1 else 0
INDEX = sealing._ARCHITECTURES.index({platform.machine()!r})
LISTED = {{numbers[INDEX] for numbers in sealing._ALLOWED.values()}}
FCNTL = sealing._CONDITIONS["fcntl"].numbers[INDEX]
"""

EVERY_CALL = """
CONDITIONAL = {one.numbers[INDEX] for one in sealing._CONDITIONS.values()}
# uretprobe and uprobe of x86-64: the kernel asks no filter and kills who calls them from here.
SUICIDAL = ({335, 336}, set())[INDEX]
sealing.seal()
passed_over = LISTED | CONDITIONAL | SUICIDAL
beyond = [n for n in range(LAST + 1) if n not in passed_over and tried(n) != 1]
beyond += [n | X32 for n in range(LAST + 1) if tried(n | X32) != 1]
print(json.dumps(beyond))
"""

EVERY_FCNTL = """
sealing.seal()
print(json.dumps([command for command in range(1100) if tried(FCNTL, 0, command, 0) != 1]))
"""

HUNT = """
parent, bystander, pipe = map(int, sys.argv[1:])
O_ASYNC, F_SETFL, F_SETOWN, F_SETSIG, F_SETOWN_EX = 0o20000, 4, 8, 10, 15
numbers = {name: one.numbers[INDEX] for name, one in sealing._CONDITIONS.items()}
kill = (62, 129)[INDEX]
sealing.seal()
reached = []
for process in (parent, bystander, 1, os.getppid()):
    for call in (
        (numbers["sched_getaffinity"], process, 0, 0),
        (numbers["prlimit64"], process, 0, 0, 0),
        (kill, process, 0),
        (kill, process, 9),
        (FCNTL, pipe, F_SETOWN, process),
        (FCNTL, pipe, F_SETSIG, 9),
        (FCNTL, pipe, F_SETOWN_EX, 0),
        (FCNTL, pipe, F_SETFL, O_ASYNC),
    ):
        if tried(*call) != 1:
            reached.append(call)
print(json.dumps(reached))
sys.stdout.flush()
os.read(0, 1)
"""

REFUSE = """
import ctypes, os, struct, sys
seccomp = {number}
libc = ctypes.CDLL(None, use_errno=True)
libc.prctl(38, 1, 0, 0, 0)
program = b"".join(struct.pack("HBBI", *one) for one in (
    (0x20, 0, 0, 0), (0x15, 0, 1, seccomp), (6, 0, 0, 0x00050016), (6, 0, 0, 0x7FFF0000)))
code = ctypes.create_string_buffer(program, len(program))
libc.syscall(ctypes.c_long(seccomp), 1, 0, struct.pack("HxxxxxxP", 4, ctypes.addressof(code)))
os.execv(sys.argv[1], sys.argv[1:])
"""


def sealed(script: str, *arguments: str) -> object:
    """Run a script in a process that seals itself, and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", SEALED + script, *arguments],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return json.loads(done.stdout)


def test_no_call_beyond_the_list_gets_through_in_either_form_of_numbers() -> None:
    script = EVERY_CALL.replace("LAST", str(LAST_CALL)).replace("X32", str(X32_BIT))

    assert sealed(script) == []


def test_of_fcntl_only_reading_flags_is_left() -> None:
    assert sealed(EVERY_FCNTL) == [1, 3]  # F_GETFD and F_GETFL


def test_sealed_code_reaches_no_process_and_no_signal_arrives() -> None:
    arrived: list[int] = []
    watched = (signal.SIGIO, signal.SIGTERM, signal.SIGUSR1)
    before = {number: signal.signal(number, lambda n, _: arrived.append(n)) for number in watched}
    bystander = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    reading, writing = os.pipe()
    try:
        hunter = subprocess.Popen(
            [
                *(sys.executable, "-I", "-c", SEALED + HUNT),
                *map(str, (os.getpid(), bystander.pid, reading)),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=(reading,),
        )
        assert hunter.stdout is not None
        reached = json.loads(hunter.stdout.readline())
        os.write(writing, b"x")  # what would set off the signal
        hunter.communicate(b"x", timeout=60)
        is_alive = bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()
        os.close(reading)
        os.close(writing)
        for number, handler in before.items():
            signal.signal(number, handler)

    assert reached == []
    assert arrived == []
    assert is_alive
    assert hunter.returncode == 0


@pytest.fixture
def refusing_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start decoders where the kernel refuses another filter, as a narrow container does."""
    number = sealing._SECCOMP[sealing._ARCHITECTURES.index(platform.machine())]
    prefix = (sys.executable, "-c", REFUSE.format(number=number))
    monkeypatch.setattr(confinement, "namespace_command", lambda: prefix)


@pytest.mark.usefixtures("refusing_kernel")
def test_where_the_filter_is_refused_no_file_is_read() -> None:
    with decoder() as reader, pytest.raises(ConfinementError, match="seccomp"):
        asked(reader, png(GOOD))


@pytest.mark.usefixtures("refusing_kernel")
def test_where_the_filter_is_refused_there_is_no_level() -> None:
    with pytest.raises(ConfinementError, match="none is decoded here"):
        confinement.confinement_level.__wrapped__()


def test_a_decoder_belongs_to_a_user_of_its_own_where_users_may_be_changed() -> None:
    with decoder() as reader:
        asked(reader, png(GOOD))
        status = Path(f"/proc/{innermost(reader)}/status").read_text()

    users = next(line for line in status.splitlines() if line.startswith("Uid:")).split()[1:]
    expected = sealing.DECODER_ID if os.geteuid() == 0 else os.getuid()
    assert users == [str(expected)] * 4


def test_a_decoder_in_namespaces_sees_itself_as_their_first_process() -> None:
    with decoder() as reader:
        asked(reader, png(GOOD))
        status = Path(f"/proc/{innermost(reader)}/status").read_text()

    numbers = next(line for line in status.splitlines() if line.startswith("NSpid:")).split()[1:]
    is_isolated = confinement.confinement_level() is ConfinementLevel.ISOLATED
    assert numbers[1:] == (["1"] if is_isolated else [])
