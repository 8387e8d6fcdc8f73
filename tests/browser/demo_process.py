"""Runs the demonstration as a visitor does: one command in its own process, on its own home."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

PHASES = ("lesions", "slides", "staging")

READY_SECONDS = 150.0
"""Three times the promised time, for machines that do other work too."""

STOP_SECONDS = 40.0


@dataclass(frozen=True, slots=True)
class Demo:
    """A running demonstration and what it printed.

    Attributes
    ----------
    ready_seconds : float
        From the start of the command to its last line.
    """

    process: subprocess.Popen[str]
    home: Path
    lines: tuple[str, ...]
    ready_seconds: float

    @property
    def organiser(self) -> tuple[str, str]:
        """Mail address and password."""
        _, email, password = self.lines[0].split(" ")
        return email, password

    @property
    def participant(self) -> tuple[str, str]:
        """Mail address and password."""
        _, _, email, password, _ = self.lines[1].split(" ")
        return email, password

    @property
    def url(self) -> str:
        """Its address."""
        return self.lines[1].split(" ")[1]

    @property
    def token(self) -> str:
        """The participant's API token."""
        return self.lines[1].split(" ")[4]


Boards = dict[str, list[dict[str, object]]]


@dataclass(frozen=True, slots=True)
class Start:
    """A demonstration at the moment when it was ready; its exit code if it has ended."""

    demo: Demo
    boards: Boards
    exit_code: int | None = None


@contextmanager
def running_demo(home: Path, *options: str) -> Iterator[Demo]:
    """Run ``camelyon demo`` until the block is left, then interrupt it as Ctrl-C does."""
    command = [sys.executable, "-m", "webapp.cli", "demo", "--no-browser", "--port", "0"]
    started = time.monotonic()
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # as a shell does for background programs
    process = subprocess.Popen(
        [*command, "--home", str(home), *options], stdout=subprocess.PIPE, text=True
    )
    signal.signal(signal.SIGINT, before)
    try:
        lines = _read_lines(process, 2)
        yield Demo(process, home, lines, time.monotonic() - started)
    finally:
        stop(process)


def stop(process: "subprocess.Popen[str]") -> int:
    """Interrupt a demonstration and return its exit code."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    try:
        return process.wait(STOP_SECONDS)
    finally:
        process.kill()
        if process.stdout is not None:
            process.stdout.close()


def boards_of(url: str) -> Boards:
    """Read every phase's board without signing in."""
    return {
        phase: httpx.get(f"{url}/api/v1/phases/{phase}/leaderboard")
        .raise_for_status()
        .json()["items"]
        for phase in PHASES
    }


def process_group(demo: Demo, program: str) -> int:
    """Return the process group of one of a demonstration's programs, such as ``worker``."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            status = (folder / "stat").read_text()
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:  # it has ended meanwhile
            continue
        parent = int(status.rpartition(")")[2].split()[1])
        if parent == demo.process.pid and program.encode() in words:
            return os.getpgid(int(folder.name))
    raise LookupError(f"no {program} below process {demo.process.pid}")


def _read_lines(process: "subprocess.Popen[str]", count: int) -> tuple[str, ...]:
    if process.stdout is None:
        raise ValueError("the process has no standard output")
    watchdog = threading.Timer(READY_SECONDS, process.kill)
    watchdog.start()
    lines = [process.stdout.readline() for _ in range(count)]
    watchdog.cancel()
    if not all(line.endswith("\n") for line in lines):
        raise TimeoutError(f"the demonstration ended, or was not ready in {READY_SECONDS:.0f} s")
    return tuple(line.removesuffix("\n") for line in lines)
