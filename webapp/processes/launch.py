"""Starts programs that die with their parent and can hold a lock for their whole life.

``python -m webapp.processes.launch PARENT LOCK PROGRAM ARGUMENT…``, where LOCK is a path or ``-``.
The lock (flock) belongs to the open file, which the program inherits: it is held exactly as long
as the program lives, even if it is orphaned, and no second one can start on the same data.
"""

import ctypes
import fcntl
import os
import signal
import sys

LOCKED_EXIT_STATUS = 75
"""EX_TEMPFAIL of sysexits.h: another process holds the lock."""

_PR_SET_PDEATHSIG = 1
"""Option number of prctl(2), linux/prctl.h."""


def die_with_parent(parent: int) -> None:
    """Ask the kernel to kill this process when its parent dies; exit at once if it is dead already.

    The setting survives exec but not fork. On systems without prctl (macOS) this does nothing and a
    killed supervisor leaves its programs to be stopped by hand.

    Parameters
    ----------
    parent : int
        Process id of the parent as the parent itself knows it.

    Raises
    ------
    SystemExit
        If the parent is gone: it died between the fork and this call.
    """
    prctl = getattr(ctypes.CDLL(None, use_errno=True), "prctl", None)
    if prctl is None:
        return
    prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        raise SystemExit(1)


def launch(parent: int, lock: str, command: list[str]) -> None:
    """Replace this process by a program; return only by raising.

    Raises
    ------
    SystemExit
        With `LOCKED_EXIT_STATUS` if the lock is held by another process.
    """
    if lock != "-":
        _take_lock(lock)
    die_with_parent(parent)
    os.execv(command[0], command)  # noqa: S606 - the purpose of this program


def _take_lock(lock: str) -> None:
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.stderr.write(f"{lock} is held by another process\n")
        raise SystemExit(LOCKED_EXIT_STATUS) from None
    os.ftruncate(descriptor, 0)
    os.write(descriptor, f"{os.getpid()}\n".encode())
    os.set_inheritable(descriptor, True)  # noqa: FBT003 - its only form


if __name__ == "__main__":
    launch(int(sys.argv[1]), sys.argv[2], sys.argv[3:])
