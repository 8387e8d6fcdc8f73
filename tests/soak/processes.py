"""Finds and signals the processes of a running service."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


class NoTargetError(Exception):
    """There is nothing at this moment that the fault could hit."""


def children_of(process: int) -> list[int]:
    """Return the living children of a process, started by any of its threads."""
    found: list[int] = []
    for path in Path(f"/proc/{process}/task").glob("*/children"):
        with suppress(OSError):
            found += map(int, path.read_text().split())
    return [child for child in found if is_alive(child)]


def is_alive(process: int) -> bool:
    """Tell whether a process exists and is no zombie."""
    try:
        status = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] not in {"Z", "X"}


def kill(process: int) -> bool:
    """Kill a process; tell whether it lived until then."""
    was_alive = is_alive(process)
    os.kill(process, signal.SIGKILL)
    return was_alive


@contextmanager
def stopped(process: int, *, is_group: bool = False) -> Iterator[None]:
    """Stop a process, or a whole group, until the block is left, however that is left."""
    send = os.killpg if is_group else os.kill
    if not is_alive(process):
        raise NoTargetError
    send(process, signal.SIGSTOP)
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            send(process, signal.SIGCONT)
