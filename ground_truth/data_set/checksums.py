"""Reads lists of checksums: GNU's ``digest  name``, BSD's ``MD5 (name) = digest``."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from ground_truth.data_set.paths import relative_path
from ground_truth.errors import Problem

LIST_LIMIT_BYTES = 16 * 2**20
"""A line has about 100 bytes, the data sets about 3,000 files."""

_ALGORITHMS = {32: "md5", 64: "sha256"}
"""By the number of hexadecimal digits."""

_GNU = re.compile(r"([0-9A-Fa-f]+) [ *](.+)")
_LOOSE = re.compile(r"([0-9A-Fa-f]{32,})\s+\*?(.+)")
_BSD = re.compile(r"(MD5|SHA256|SHA2-256) ?\((.+)\) ?= ?([0-9A-Fa-f]+)", re.IGNORECASE)
_LIST_NAME = re.compile(
    r".*\.(md5|sha256)(sums?)?|(md5|sha256)sums?(\.txt)?|checksums?\.(md5|sha256|txt)"
)


@dataclass(frozen=True, slots=True)
class Checksum:
    """One line of a list: the digest that a file below the list's own folder must have.

    ``algorithm`` is ``md5`` or ``sha256``; ``digest`` is lower-case hexadecimal.
    """

    path: str
    algorithm: str
    digest: str
    line: int


@dataclass(frozen=True, slots=True)
class ChecksumList:
    """The checksums of a list, and a problem for each line that could not be read."""

    checksums: tuple[Checksum, ...]
    problems: tuple[Problem, ...]


def is_checksum_list(name: str) -> bool:
    """Tell by a file's name: ``checksums.md5``, ``MD5SUMS``, ``images.sha256`` and the like."""
    return _LIST_NAME.fullmatch(name.casefold()) is not None


def read_checksum_list(content: bytes, file: str) -> ChecksumList:
    """Read a list; blank lines and lines that begin with ``#`` are skipped.

    A line that cannot be read, or whose path leads out of the list's folder, is a problem with its
    number; the others still count.
    """
    if len(content) > LIST_LIMIT_BYTES:
        limit = LIST_LIMIT_BYTES // 2**20
        return ChecksumList((), (Problem(file, None, f"larger than {limit} MiB"),))
    checksums, problems = [], []
    text = content.decode("utf-8-sig", errors="surrogateescape")
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            checksums.append(_checksum_of(line.rstrip("\r"), number))
        except ValueError as error:
            problems.append(Problem(file, number, str(error)))
    return ChecksumList(tuple(checksums), tuple(problems))


def read_checksum_lists(root: Path, names: Iterable[str]) -> ChecksumList:
    """Read lists that lie below a folder; the paths returned are relative to that folder."""
    checksums: list[Checksum] = []
    problems: list[Problem] = []
    for name in names:
        folder = PurePosixPath(name).parent
        try:
            with (root / name).open("rb") as stream:
                read = read_checksum_list(stream.read(LIST_LIMIT_BYTES + 1), name)
        except OSError as error:
            problems.append(Problem(name, None, f"cannot be read: {error.strerror}"))
            continue
        checksums += [replace(each, path=str(folder / each.path)) for each in read.checksums]
        problems += read.problems
    return ChecksumList(tuple(checksums), tuple(problems))


def _checksum_of(line: str, number: int) -> Checksum:
    name, digest = _name_and_digest(line)
    algorithm = _ALGORITHMS.get(len(digest))
    if algorithm is None:
        raise ValueError(f"a digest of {len(digest)} digits is neither md5 (32) nor sha256 (64)")
    return Checksum(str(relative_path(name)), algorithm, digest.casefold(), number)


def _name_and_digest(line: str) -> tuple[str, str]:
    if match := _BSD.fullmatch(line):
        return match[2], match[3]
    match = _GNU.fullmatch(line) or _LOOSE.fullmatch(line.strip())
    if match is None:
        raise ValueError(f"is not 'digest  name': {line[:80]!r}")
    return match[2], match[1]
