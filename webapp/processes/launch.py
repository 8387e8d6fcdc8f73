"""Becomes another program that dies with its parent and may hold a lock for its whole life.

``python -m webapp.processes.launch PARENT LOCK PROGRAM ARGUMENT…``, where LOCK is a path or ``-``.
The lock (flock) belongs to the open file, which the program inherits: it is held exactly as long
as the program lives, also when it has been orphaned, and no second one can start on the same data.
"""

import fcntl
import os
import sys

from webapp.processes.lifeline import die_with_parent

LOCKED_EXIT_STATUS = 75
"""EX_TEMPFAIL of sysexits.h: somebody else holds the lock."""


def launch(parent: int, lock: str, command: list[str]) -> None:
    """Replace this process by a program; return only by raising.

    Raises
    ------
    SystemExit
        With `LOCKED_EXIT_STATUS` if the lock is held by another process.
    """
    if lock != "-":
        _hold(lock)
    die_with_parent(parent)
    os.execv(command[0], command)  # noqa: S606 - this is what a launcher is for


def _hold(lock: str) -> None:
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
