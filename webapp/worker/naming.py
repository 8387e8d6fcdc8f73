"""Gives each worker of a machine a name of its own, the same again after a restart."""

import fcntl
import os
import tempfile
from itertools import count
from pathlib import Path


def take_worker_name(folder: Path | None = None) -> tuple[str, int]:
    """Take the first free name; it is held until the process ends, however it ends.

    Parameters
    ----------
    folder : Path, optional
        Where the names are locked; by default the machine's folder of temporary files.

    Returns
    -------
    str
        Such as ``worker-1@host``.
    int
        The descriptor of the lock, which must stay open and is not inherited.
    """
    folder = Path(tempfile.gettempdir()) if folder is None else folder
    for number in count(1):
        path = folder / f"camelyon-worker-{os.getuid()}-{number}.lock"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            continue
        return f"worker-{number}@{os.uname().nodename}", descriptor
    raise AssertionError("there are more numbers than workers")
