"""Keeps the service's files from the machine's other users: new ones by umask, old ones by mode."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

OTHERS = 0o077
"""All that group and others may do; as umask it lets them do nothing."""

_ENTER = 0o011
"""What group and others need in order to reach what is in a folder."""


def keep_new_files_private() -> int:
    """Let this process and those that it starts make files for their owner alone.

    Return the umask of before.
    """
    return os.umask(OTHERS)


@contextmanager
def private_new_files() -> Iterator[None]:
    """Make files for their owner alone until the block is left."""
    before = keep_new_files_private()
    try:
        yield
    finally:
        os.umask(before)


def make_private(path: Path) -> list[Path]:
    """Take from group and others all that they may do with a file, or a folder and all in it.

    Return the paths that were open. A folder is closed before what is in it. Links are not
    followed: what they point at is not part of the folder.

    Raises
    ------
    OSError
        If a mode cannot be changed: the path is another user's, or its file system keeps no modes.
    """
    return [one for one, mode in _walk(path) if close_path(one, mode)]


def close_path(path: Path, mode: int) -> bool:
    """Take from group and others what they may do with one path; tell whether that was anything."""
    if not mode & OTHERS:
        return False
    with suppress(FileNotFoundError):
        path.chmod(stat.S_IMODE(mode) & ~OTHERS)
        if path.lstat().st_mode & OTHERS:
            raise PermissionError(errno.EPERM, "its file system keeps no modes", str(path))
    return True


def exposed_paths(path: Path) -> list[Path]:
    """Return what group or others can reach from a path on and may read, write or enter."""
    return [one for one, mode in _walk(path, entered_by=_ENTER) if mode & OTHERS]


def is_closed(folder: Path) -> bool:
    """Tell whether group and others can reach nothing in a folder."""
    return not folder.lstat().st_mode & _ENTER


def _walk(path: Path, entered_by: int = stat.S_IRWXU) -> Iterator[tuple[Path, int]]:
    """Yield a path and, in a folder, all below it with their modes; what vanishes is left out.

    Of a folder that none of the bits ``entered_by`` opens, nothing more is looked at.
    """
    waiting = [path]
    while waiting:
        one = waiting.pop()
        try:
            mode = one.lstat().st_mode
        except FileNotFoundError:
            continue
        if stat.S_ISLNK(mode):
            continue
        yield one, mode
        if stat.S_ISDIR(mode) and mode & entered_by:
            with suppress(FileNotFoundError, PermissionError):  # another user's, closed to us too
                waiting += one.iterdir()
