"""Ties a process to its parent, so that a killed supervisor leaves no orphan behind."""

import ctypes
import os
import signal

_PR_SET_PDEATHSIG = 1
"""Option number of prctl(2), linux/prctl.h."""


def die_with_parent(parent: int) -> None:
    """Ask the kernel to kill this process when its parent dies; leave at once if it has already.

    The wish survives exec but not fork. On systems without prctl (macOS) this does nothing and a
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
