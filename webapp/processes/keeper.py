"""Starts programs, restarts dead ones after growing pauses, and stops all in order."""

import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from webapp.processes.programs import Program

STOP_SECONDS = 10.0
"""Time to finish after SIGTERM; work that is cut off is recovered by its lease."""

FIRST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 15.0
HEALTHY_SECONDS = 10.0
"""A program that lived this long is restarted without a pause when it dies."""

MENDING_SECONDS = 1.0
"""A program that fails once its pauses have grown so long is mended, if something can be done."""

_POLL_SECONDS = 0.05
_OUTPUT_TAIL_BYTES = 4000
_STANDARD_ERROR = 2

log = structlog.stdlib.get_logger(__name__)


@dataclass(slots=True)
class _KeptProgram:
    program: Program
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    due_at: float = 0.0
    pause_seconds: float = 0.0
    starts: int = 0
    may_restart: bool = True
    has_started: threading.Event = field(default_factory=threading.Event)


class Keeper:
    """Keeps programs running, all started by one thread.

    The kernel regards a child's parent as dead when the *thread* that forked it ends, so a single
    thread, which outlives all programs, starts them.

    Parameters
    ----------
    environment : mapping of str to str
        Of every program.
    logs : Path or None
        Folder for the programs' output; None passes it on to standard error.
    """

    def __init__(self, environment: Mapping[str, str], logs: Path | None) -> None:
        self._environment = dict(environment)
        self._logs = logs
        self._kept: dict[str, _KeptProgram] = {}
        self._new: queue.SimpleQueue[_KeptProgram] = queue.SimpleQueue()
        self._is_stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="keeper", daemon=True)
        self._thread.start()

    def keep(self, program: Program) -> None:
        """Start a program and restart it whenever it dies; return after the first start."""
        kept = _KeptProgram(program)
        self._new.put(kept)
        kept.has_started.wait()

    def process_id(self, name: str) -> int | None:
        """Return the id of a program's process and process group; None while it is down."""
        kept = self._kept.get(name)
        process = kept.process if kept else None
        return process.pid if process and process.poll() is None else None

    def starts(self, name: str) -> int:
        """Return how often a program has been started."""
        return self._kept[name].starts

    def forbid_restart(self, name: str) -> None:
        """Do not restart a program after it has died."""
        self._kept[name].may_restart = False

    def allow_restart(self, name: str) -> None:
        """Restart a program again when it is down."""
        self._kept[name].may_restart = True

    def last_output(self, name: str) -> str:
        """Return the end of a program's log, for the message that it failed."""
        path = self._logs / f"{name}.log" if self._logs else None
        output_tail = (
            path.read_bytes()[-_OUTPUT_TAIL_BYTES:].decode(errors="replace")
            if path
            else "see above"
        )
        return f"{name} did not come up: {output_tail}"

    def stop(self) -> None:
        """Stop every program, the last started first, and wait until all are gone."""
        self._is_stopping.set()
        self._thread.join()

    def _loop(self) -> None:
        while not self._is_stopping.wait(_POLL_SECONDS):
            self._start_new_programs()
            for kept in self._kept.values():
                self._restart_if_dead(kept)
        for kept in reversed(self._kept.values()):
            if kept.process is not None:
                _stop(kept.process)

    def _start_new_programs(self) -> None:
        with suppress(queue.Empty):
            while True:
                kept = self._new.get_nowait()
                self._kept[kept.program.name] = kept
                self._start(kept)
                kept.has_started.set()

    def _restart_if_dead(self, kept: _KeptProgram) -> None:
        if kept.process is not None:
            status = kept.process.poll()
            if status is None:
                return
            _kill_group(kept.process)
            log.warning("program died", program=kept.program.name, status=status)
            kept.process = None
            kept.pause_seconds = _next_pause(kept)
            kept.due_at = time.monotonic() + kept.pause_seconds
            if status > 0 and kept.pause_seconds >= MENDING_SECONDS and kept.program.mend:
                kept.program.mend()
        if kept.may_restart and time.monotonic() >= kept.due_at:
            self._start(kept)

    def _start(self, kept: _KeptProgram) -> None:
        with _output(self._logs, kept.program.name) as output:
            kept.process = subprocess.Popen(  # noqa: S603 - our own command lines
                kept.program.launch_command(os.getpid()),
                env=_environment_for(kept.program, self._environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        kept.started_at = time.monotonic()
        kept.starts += 1


def _environment_for(program: Program, environment: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value for name, value in environment.items() if name not in program.hidden_variables
    }


@contextmanager
def _output(logs: Path | None, name: str) -> Iterator[int]:
    if logs is None:
        yield _STANDARD_ERROR
        return
    with (logs / f"{name}.log").open("ab") as file:
        yield file.fileno()


def _next_pause(kept: _KeptProgram) -> float:
    if time.monotonic() - kept.started_at >= HEALTHY_SECONDS:
        return 0.0
    return min(max(FIRST_PAUSE_SECONDS, 2 * kept.pause_seconds), LONGEST_PAUSE_SECONDS)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(STOP_SECONDS)
    _kill_group(process)
    process.wait()


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a program with all that it started: it leads its own process group."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
