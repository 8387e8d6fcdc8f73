"""Compares files with their checksums, and records the results so that a run can resume."""

import hashlib
import json
import os
import stat
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import cast

from ground_truth.data_set.checksums import Checksum

STATE_NAME = ".camelyon-verified.json"
"""Kept in the folder that is checked; deleting it makes the next check read every file again."""

_STATE_FORMAT = 1
_BLOCK_BYTES = 8 * 2**20
SAVE_EVERY_SECONDS = 15.0
"""A killed run loses no more of its reading than this."""

Advance = Callable[[int], None]
"""Called with the number of bytes done since its last call."""


class ComparisonOutcome(StrEnum):
    """How comparing a file with one line of a checksum list ended."""

    EQUAL = "equal"
    DIFFERS = "differs"
    ABSENT = "absent"
    UNREADABLE = "unreadable"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class FileComparison:
    """One comparison; ``was_known`` where the digest came from an earlier one."""

    path: str
    outcome: ComparisonOutcome
    was_known: bool = False
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A file as it was when its digest was taken."""

    size_bytes: int
    mtime_ns: int
    algorithm: str
    digest: str


@dataclass(slots=True)
class VerificationState:
    """The digests taken so far, by path below the folder; written to the state file whole.

    ``notice`` says why an existing state file was not used, or why none could be written.
    """

    file: Path
    fingerprints: dict[str, Fingerprint]
    notice: str | None = None

    def digest(self, path: str, status: os.stat_result, algorithm: str) -> str | None:
        """Return the digest of an unchanged file, by size and time of change, or None."""
        known = self.fingerprints.get(f"{algorithm}:{path}")
        if known is None or (known.size_bytes, known.mtime_ns) != _version(status):
            return None
        return known.digest

    def remember(self, path: str, status: os.stat_result, algorithm: str, digest: str) -> None:
        """Note the digest of a file as it is now."""
        size_bytes, mtime_ns = _version(status)
        self.fingerprints[f"{algorithm}:{path}"] = Fingerprint(
            size_bytes, mtime_ns, algorithm, digest
        )

    def save(self) -> None:
        """Write the state file, or say in the notice why it cannot be written."""
        try:
            self._write()
        except OSError as error:
            self.notice = f"{self.file} cannot be written ({error.strerror}): nothing is remembered"

    def _write(self) -> None:
        """Write under another name first, so that a crash leaves the old file."""
        files = {
            key: [each.size_bytes, each.mtime_ns, each.digest]
            for key, each in sorted(self.fingerprints.copy().items())
        }
        draft = self.file.with_name(f"{self.file.name}.{os.getpid()}")
        with draft.open("w", encoding="utf-8", errors="surrogateescape") as stream:
            json.dump({"format": _STATE_FORMAT, "files": files}, stream, indent=0)
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(self.file)


def load_verified(file: Path) -> VerificationState:
    """Read the state file; without one the state is empty, and for a broken one has a notice."""
    try:
        document = json.loads(file.read_bytes())
        return VerificationState(file, _fingerprints(document))
    except FileNotFoundError:
        return VerificationState(file, {})
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        reason = f"{file.name} cannot be used ({type(error).__name__}): every file is read again"
        return VerificationState(file, {}, notice=reason)


def verify(
    root: Path, checksums: Iterable[Checksum], state: VerificationState, advance: Advance
) -> Iterable[FileComparison]:
    """Compare each file below ``root`` with its checksum, in the order given.

    The state is saved every few seconds and at the end, also of an interrupted run; where it
    cannot be saved (in a read-only folder), its notice says so.
    """
    saved_at = time.monotonic()
    try:
        for checksum in checksums:
            yield _verify_one(root, checksum, state, advance)
            if time.monotonic() - saved_at > SAVE_EVERY_SECONDS:
                state.save()
                saved_at = time.monotonic()
    finally:
        state.save()


def digest_of(file: Path, algorithm: str, advance: Advance) -> str:
    """Return the hexadecimal digest of a file's content, read in blocks."""
    digest = hashlib.new(algorithm, usedforsecurity=False)
    with file.open("rb", buffering=0) as stream:
        while block := stream.read(_BLOCK_BYTES):
            digest.update(block)
            advance(len(block))
    return digest.hexdigest()


def _version(status: os.stat_result) -> tuple[int, int]:
    return status.st_size, status.st_mtime_ns


def _fingerprints(document: object) -> dict[str, Fingerprint]:
    fields = cast("dict[str, object]", document)  # json gives Any; what is not one raises below
    if fields["format"] != _STATE_FORMAT:
        raise ValueError("another format")
    files = cast("dict[str, tuple[int, int, str]]", fields["files"])
    return {
        key: Fingerprint(int(size), int(mtime), key.partition(":")[0], str(digest))
        for key, (size, mtime, digest) in files.items()
    }


def _verify_one(
    root: Path, checksum: Checksum, state: VerificationState, advance: Advance
) -> FileComparison:
    file = root / checksum.path
    try:
        status = file.stat()
        if not stat.S_ISREG(status.st_mode):
            return FileComparison(checksum.path, ComparisonOutcome.UNREADABLE, reason="not a file")
        known = state.digest(checksum.path, status, checksum.algorithm)
        found = known or digest_of(file, checksum.algorithm, advance)
        if known:
            advance(status.st_size)
        elif _version(file.stat()) != _version(status):
            return FileComparison(
                checksum.path, ComparisonOutcome.CHANGED, reason="changed while it was read"
            )
    except FileNotFoundError:
        return FileComparison(checksum.path, ComparisonOutcome.ABSENT)
    except OSError as error:
        return FileComparison(checksum.path, ComparisonOutcome.UNREADABLE, reason=error.strerror)
    if not known:
        state.remember(checksum.path, status, checksum.algorithm, found)
    outcome = ComparisonOutcome.EQUAL if found == checksum.digest else ComparisonOutcome.DIFFERS
    return FileComparison(checksum.path, outcome, was_known=known is not None)
