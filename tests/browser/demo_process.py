"""The demonstration as a visitor starts it: one command in its own process, on an own home."""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

READY_SECONDS = 150.0
"""Three times the promise, for machines that do other work beside."""

STOP_SECONDS = 40.0


@dataclass(frozen=True, slots=True)
class Demo:
    """A running demonstration and what it said.

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
        """Where it answers."""
        return self.lines[1].split(" ")[1]

    @property
    def token(self) -> str:
        """The participant's API token."""
        return self.lines[1].split(" ")[4]


@contextmanager
def running_demo(home: Path, *options: str) -> Iterator[Demo]:
    """Run ``camelyon demo`` until the block is left, then interrupt it as Ctrl-C does."""
    command = [sys.executable, "-m", "webapp.cli", "demo", "--no-browser", "--port", "0"]
    started = time.monotonic()
    process = subprocess.Popen(
        [*command, "--home", str(home), *options], stdout=subprocess.PIPE, text=True
    )
    try:
        lines = tuple(_read_line(process, started) for _ in range(2))
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


def process_group(demo: Demo, program: str) -> int:
    """Return the process group of one of a demonstration's programs, such as ``worker``."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            status = (folder / "stat").read_text()
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:  # it ended while we looked
            continue
        parent = int(status.rpartition(")")[2].split()[1])
        if parent == demo.process.pid and program.encode() in words:
            return os.getpgid(int(folder.name))
    raise LookupError(f"no {program} below process {demo.process.pid}")


def _read_line(process: "subprocess.Popen[str]", started: float) -> str:
    if process.stdout is None:
        raise ValueError("the process has no standard output")
    left = READY_SECONDS - (time.monotonic() - started)
    readable, _, _ = select.select([process.stdout], [], [], max(left, 0.0))
    line = process.stdout.readline() if readable else ""
    if not line.endswith("\n"):
        raise TimeoutError(f"the demonstration said nothing in {READY_SECONDS:.0f} s, or ended")
    return line.removesuffix("\n")
