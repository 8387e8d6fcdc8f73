"""Stores files under their own sha256, each whole or not at all."""

import errno
import fcntl
import hashlib
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from webapp.errors import RefusalCode, Refused

READ_CHUNK_BYTES = 1024 * 1024

_DISK_FULL_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_SHA256_LENGTH = 64
_PARTIAL_FOLDER = "partial"


class BlobMissing(Exception):  # noqa: N818 - names what happened
    """A blob that a row refers to is not in the store."""


@dataclass(frozen=True, slots=True)
class StoredBlob:
    """A blob that is safely on disk."""

    sha256: str
    size: int


class BlobStore(Protocol):
    """Stores submitted files; few methods, so that an object store can replace the folder."""

    def put(
        self, chunks: Iterable[bytes], *, max_bytes: int, expected_bytes: int | None
    ) -> StoredBlob:
        """Store a stream whole or not at all."""
        ...

    @contextmanager
    def local_path(self, sha256: str) -> Iterator[Path]:
        """Provide the blob as a local file."""
        ...

    def verify(self, sha256: str, size: int, on_piece: Callable[[], None] | None = None) -> bool:
        """Tell whether the blob is there and unchanged; call ``on_piece`` now and then."""
        ...

    def size(self, sha256: str) -> int | None:
        """Return the blob's size in bytes, None where there is no such blob."""
        ...

    def exists(self, sha256: str) -> bool:
        """Tell whether the blob is there."""
        ...

    def free_bytes(self) -> int:
        """Return how many bytes the store has room for."""
        ...

    def list_blobs(self) -> Iterator[tuple[str, float]]:
        """Yield every blob's name and age in seconds."""
        ...

    def delete(self, sha256: str, *, minimum_age_seconds: float = 0.0) -> bool:
        """Delete a blob unless it is younger; tell whether it was deleted."""
        ...

    def delete_partial(self, minimum_age_seconds: float) -> int:
        """Delete files of interrupted writers; return how many."""
        ...


class FolderBlobStore:
    """Blobs in a local folder, two levels deep: ``ab/abcdef…``.

    Attributes
    ----------
    partial_folder : Path
        Folder on the same disk for files that are still arriving; cleaned by `delete_partial`.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.partial_folder = root / _PARTIAL_FOLDER
        self.partial_folder.mkdir(parents=True, exist_ok=True)

    def put(
        self, chunks: Iterable[bytes], *, max_bytes: int, expected_bytes: int | None
    ) -> StoredBlob:
        """Write to a temporary file, sync it, rename it to its sha256, sync the folder.

        Raises
        ------
        Refused
            `file_too_large`, `incomplete_upload` if fewer or more bytes arrived than were declared
            (a client that goes away looks like a normal end), `storage_full`. In every case,
            and on any other error, nothing is left behind.
        """
        partial = self.partial_folder / uuid.uuid4().hex
        try:
            with partial.open("xb") as file:
                blob = _copy(chunks, file, max_bytes)
                _check_length(blob.size, expected_bytes)
                self._sync(file.fileno())
            self._place(partial, self._path(blob.sha256))
        except OSError as error:
            if is_disk_full(error):
                raise storage_full_refusal() from error
            raise
        finally:
            with suppress(OSError):
                partial.unlink(missing_ok=True)
        return blob

    @contextmanager
    def local_path(self, sha256: str) -> Iterator[Path]:
        """Provide the blob's own file, for reading only; raise `BlobMissing` if there is none."""
        path = self._path(sha256)
        if not path.is_file():
            raise BlobMissing(sha256)
        yield path

    def verify(self, sha256: str, size: int, on_piece: Callable[[], None] | None = None) -> bool:
        """Read the blob whole and compare size and sha256; call ``on_piece`` after each piece."""
        path = self._path(sha256)
        if self.size(sha256) != size:
            return False
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while piece := file.read(READ_CHUNK_BYTES):
                digest.update(piece)
                if on_piece is not None:
                    on_piece()
        return digest.hexdigest() == sha256

    def size(self, sha256: str) -> int | None:
        """Return the blob's size in bytes, None where there is no such blob."""
        try:
            return self._path(sha256).stat().st_size
        except FileNotFoundError:
            return None

    def exists(self, sha256: str) -> bool:
        """Tell whether the blob is there."""
        return self.size(sha256) is not None

    def free_bytes(self) -> int:
        """Return how many bytes the disk has room for."""
        return shutil.disk_usage(self.root).free

    def list_blobs(self) -> Iterator[tuple[str, float]]:
        """Yield every blob's name and age in seconds, in no order."""
        for path in self.root.glob("[0-9a-f][0-9a-f]/*"):
            with suppress(FileNotFoundError):
                yield path.name, _age_seconds(path)

    def delete(self, sha256: str, *, minimum_age_seconds: float = 0.0) -> bool:
        """Delete a blob unless it is younger; tell whether it was deleted.

        Storing a blob again makes it young. Its age is checked and the blob deleted under the lock
        that `put` takes to place a blob, so one that has just been stored again is never deleted.
        """
        path = self._path(sha256)
        with self._placing_lock():
            if not path.exists() or _age_seconds(path) < minimum_age_seconds:
                return False
            path.unlink()
            return True

    def delete_partial(self, minimum_age_seconds: float) -> int:
        """Delete files of killed writers; return how many."""
        deleted = 0
        for path in self.partial_folder.iterdir():
            with suppress(FileNotFoundError):
                if _age_seconds(path) >= minimum_age_seconds:
                    path.unlink()
                    deleted += 1
        return deleted

    def _path(self, sha256: str) -> Path:
        if len(sha256) != _SHA256_LENGTH or not set(sha256) <= set("0123456789abcdef"):
            raise ValueError("a blob's name is 64 lower-case hexadecimal digits")
        return self.root / sha256[:2] / sha256

    def _place(self, partial: Path, path: Path) -> None:
        if not path.parent.exists():
            path.parent.mkdir(exist_ok=True)
            self._sync_folder(self.root)
        with self._placing_lock():
            self._rename(partial, path)
        self._sync_folder(path.parent)

    @contextmanager
    def _placing_lock(self) -> Iterator[None]:
        with (self.root / ".lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _sync_folder(self, folder: Path) -> None:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            self._sync(descriptor)
        finally:
            os.close(descriptor)

    def _sync(self, descriptor: int) -> None:
        os.fsync(descriptor)

    def _rename(self, partial: Path, path: Path) -> None:
        partial.replace(path)


def is_disk_full(error: OSError) -> bool:
    """Tell whether an error means that a disk is full."""
    return error.errno in _DISK_FULL_ERRORS


def storage_full_refusal() -> Refused:
    """Return the refusal of a file because the disk is full."""
    return Refused(
        RefusalCode.STORAGE_FULL,
        "The server has no room for this file at the moment; please try again later.",
    )


def _copy(chunks: Iterable[bytes], file: IO[bytes], max_bytes: int) -> StoredBlob:
    digest, size = hashlib.sha256(), 0
    for chunk in chunks:
        size += len(chunk)
        if size > max_bytes:
            raise Refused(
                RefusalCode.FILE_TOO_LARGE,
                f"The file is larger than the {max_bytes} bytes allowed here.",
                field="file",
                extra={"max_bytes": max_bytes},
            )
        digest.update(chunk)
        file.write(chunk)
    file.flush()
    return StoredBlob(digest.hexdigest(), size)


def _check_length(size: int, expected_bytes: int | None) -> None:
    if expected_bytes is not None and size != expected_bytes:
        raise Refused(
            RefusalCode.INCOMPLETE_UPLOAD,
            f"{size} of {expected_bytes} bytes arrived; please send the file again.",
            field="file",
        )


def _age_seconds(path: Path) -> float:
    return time.time() - path.stat().st_mtime
