"""Holds what a worker knows of one slot: its process, its pipes, and what it last said."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from webapp.services.records.slots import SlotPulse


@dataclass(slots=True)
class KeptSlot:
    """One slot, and its process while there is one; times are of `time.monotonic`, in seconds.

    Attributes
    ----------
    signs : int
        Descriptor from which its signs are read; -1 without one.
    waits : bool
        Whether it has said that it waits, and has not been woken since.
    due_at : float
        Not started before.
    """

    number: int
    process: subprocess.Popen[bytes] | None = None
    signs: int = -1
    went_on_at: float = 0.0
    working_since: float | None = None
    waits: bool = False
    has_signed: bool = False
    killed_at: float | None = None
    due_at: float = 0.0
    started_at: float = 0.0
    n_quick_ends: int = 0

    def start(self, command_of: Callable[[int], list[str]]) -> None:
        """Start its process, which inherits nothing but the pipe for its signs."""
        reading, writing = os.pipe()
        try:
            self.process = subprocess.Popen(  # noqa: S603 - our own interpreter and program
                command_of(writing), stdin=subprocess.PIPE, pass_fds=(writing,)
            )
        except OSError:
            os.close(reading)
            raise
        finally:
            os.close(writing)
        now = time.monotonic()
        self.signs = reading
        self.went_on_at, self.working_since, self.waits = now, now, False  # not ready for work yet
        self.has_signed, self.killed_at, self.started_at = False, None, now

    def wake(self) -> bool:
        """Wake it if it waits; tell whether it did."""
        if not self.waits or self.process is None or self.process.stdin is None:
            return False
        # Until it says so again, so that the next call wakes another slot.
        self.working_since, self.waits = time.monotonic(), False
        with suppress(OSError):
            os.write(self.process.stdin.fileno(), b"\n")
        return True

    def pulse(self, now: float) -> SlotPulse:
        """Return how it does, for the records."""
        working_seconds = None if self.working_since is None else now - self.working_since
        return SlotPulse(self.number, now - self.went_on_at, working_seconds)

    def close(self) -> None:
        """Forget a process that has ended."""
        if self.signs >= 0:
            os.close(self.signs)
        if self.process is not None and self.process.stdin is not None:
            with suppress(OSError):
                self.process.stdin.close()
        self.process, self.signs, self.working_since, self.waits = None, -1, None, False


def slot_command(name: str, descriptor: int) -> list[str]:
    """Return the command of a slot that is a child of this process."""
    program = (sys.executable, "-P", "-m", "webapp.worker.slot")
    return [*program, str(os.getpid()), name, str(descriptor)]
