"""Checks paths of checksum lists and bucket listings: below their folder, or refused."""

import re
from pathlib import PurePosixPath

_LENGTH_LIMIT = 1024
"""Longest key of an S3 object, in bytes."""

_NAME_LIMIT = 255
"""Longest name of a file on the usual file systems, in bytes."""

_FORBIDDEN_CHARACTER = re.compile(r"[\x00-\x1f\x7f\\]")
_DRIVE = re.compile(r"[A-Za-z]:")


def relative_path(text: str) -> PurePosixPath:
    """Return a relative path that stays below its folder; a leading ``./`` is dropped.

    Raises
    ------
    ValueError
        In plain words, for an absolute path, a ``..``, a drive letter, a backslash, a control
        character, an empty name or one that is too long to be a file's.
    """
    shown = text[:120]
    if len(text.encode("utf-8", "surrogatepass")) > _LENGTH_LIMIT:
        raise ValueError(f"{shown!r}… is too long for a path")
    if _FORBIDDEN_CHARACTER.search(text):
        raise ValueError(f"{shown!r} has a backslash or a control character")
    parts = text.removeprefix("./").split("/")
    if text.startswith("/") or ".." in parts or _DRIVE.match(text):
        raise ValueError(f"{shown!r} leads out of its folder")
    if any(part in {"", "."} for part in parts):
        raise ValueError(f"{shown!r} has an empty name in it")
    if any(len(part.encode("utf-8", "surrogatepass")) > _NAME_LIMIT for part in parts):
        raise ValueError(f"{shown!r} has a name too long for a file")
    return PurePosixPath(*parts)
