"""Waits until something is so, and tells whether a process has ended."""

import time
from collections.abc import Callable
from pathlib import Path


def eventually(is_so: Callable[[], bool], seconds: float = 60.0) -> bool:
    """Wait until something is so; False if it does not come about in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if is_so():
            return True
        time.sleep(0.02)
    return False


def lives(process: int) -> bool:
    """Tell whether a process exists and is no zombie."""
    try:
        status = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def is_gone(process: int, seconds: float = 10.0) -> bool:
    """Wait until a process that is not our child has ended."""
    return eventually(lambda: not lives(process), seconds)
