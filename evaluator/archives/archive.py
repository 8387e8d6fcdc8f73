"""Opens a submission that may be hostile: zip, folder or one CSV, one file at a time."""

import hashlib
import os
import stat
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from evaluator.archives.member_names import file_name, report_unsafe, used_paths
from evaluator.archives.zip_directory import DEFLATED, MAX_UNPACKED_BYTES, ZipEntry, read_directory
from evaluator.errors import Findings, Problem, ProblemCode, SubmissionError, shown_name

MEMBERS_PER_SLIDE = 4
MEMBERS_BESIDE = 20
_CHUNK_BYTES = 64 * 1024
_PIECE_BYTES = 2**20
_ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06")
_OTHER_ARCHIVE_MAGICS = (
    b"\x1f\x8b",
    b"7z\xbc\xaf",
    b"Rar!",
    b"BZh",
    b"\xfd7zXZ",
    b"\x28\xb5\x2f\xfd",
)
_TAR_MAGIC_AT = 257


class Members(Protocol):
    """The used files of an opened submission."""

    paths: tuple[str, ...]

    def read(self, path: str, max_bytes: int = MAX_UNPACKED_BYTES) -> bytes:
        """Return one file's bytes.

        Raises
        ------
        SubmissionError
            When it is larger than `max_bytes` or damaged.
        """

    def copy(self, path: str, target: BinaryIO, max_bytes: int = MAX_UNPACKED_BYTES) -> str:
        """Write one file's bytes to `target` piece by piece; return their SHA-256.

        Raises
        ------
        SubmissionError
            When it is larger than `max_bytes` or damaged.
        """


@dataclass(frozen=True, slots=True)
class SingleFile:
    """A submission that is one file and no archive; its upload name is not kept."""

    path: Path

    def read(self, name: str, max_bytes: int) -> bytes:
        """Return the file's bytes; problems call it `name`."""
        with self.path.open("rb") as file:
            return _bounded(file.read(max_bytes + 1), max_bytes, name)


def max_members(n_slides: int) -> int:
    """Return how many files a submission for so many slides may hold."""
    return MEMBERS_PER_SLIDE * n_slides + MEMBERS_BESIDE


def open_zip(file: BinaryIO, n_slides: int, findings: Findings) -> Members:
    """Open a zip from its bytes.

    Raises
    ------
    SubmissionError
        When it cannot be trusted.
    """
    return _Zip(file, n_slides, findings)


@contextmanager
def open_submission(
    path: Path, n_slides: int, findings: Findings
) -> Iterator[Members | SingleFile]:
    """Open a zip, a folder or a single file.

    Raises
    ------
    SubmissionError
        When the container itself cannot be trusted.
    """
    if path.is_dir():
        yield _Folder(path, n_slides, findings)
        return
    with path.open("rb") as file:
        head = file.read(_TAR_MAGIC_AT + 5)
        if head.startswith(_ZIP_MAGICS):
            yield _Zip(file, n_slides, findings)
            return
    if head.startswith(_OTHER_ARCHIVE_MAGICS) or head[_TAR_MAGIC_AT:] == b"ustar":
        detail = "This kind of archive is not read; send a .zip (or, offline, a folder)."
        raise SubmissionError([Problem(ProblemCode.UNSUPPORTED_ARCHIVE, detail)])
    yield SingleFile(path)


class _Zip:
    """Used members of a zip whose directory has been checked."""

    def __init__(self, file: BinaryIO, n_slides: int, findings: Findings) -> None:
        self._file = file
        entries = read_directory(file, max_members(n_slides))
        files = [entry for entry in entries if not entry.is_folder]
        self._entries = {entry.path: entry for entry in files}
        self.paths = used_paths([entry.path for entry in files], findings)
        report_unsafe((entry.path[:-1] for entry in entries if entry.is_folder), findings)

    def read(self, path: str, max_bytes: int = MAX_UNPACKED_BYTES) -> bytes:
        """Inflate one member within its declared size and check its CRC."""
        return b"".join(self._pieces(path, max_bytes))

    def copy(self, path: str, target: BinaryIO, max_bytes: int = MAX_UNPACKED_BYTES) -> str:
        """Inflate one member piece by piece, as `read` does."""
        return _copy_and_digest(self._pieces(path, max_bytes), target)

    def _pieces(self, path: str, max_bytes: int) -> Iterator[bytes]:
        entry = self._entries[path]
        if entry.unpacked_bytes > max_bytes:
            raise _too_large(path, max_bytes)
        self._file.seek(entry.data_offset)
        size = crc = 0
        for piece in _unpacked(self._file, entry):
            size += len(piece)
            crc = zlib.crc32(piece, crc)
            if size > entry.unpacked_bytes:
                raise _corrupt(path)
            yield piece
        if size != entry.unpacked_bytes or crc != entry.crc:
            raise _corrupt(path)


class _Folder:
    """Used files of a folder: regular files at its top or in its single sub-folder."""

    def __init__(self, root: Path, n_slides: int, findings: Findings) -> None:
        self._root = root
        found = _regular_files(root, max_members(n_slides), findings)
        self.paths = used_paths(sorted(found), findings)

    def read(self, path: str, max_bytes: int = MAX_UNPACKED_BYTES) -> bytes:
        """Read one file without following a link."""
        descriptor = os.open(self._root / path, os.O_RDONLY | os.O_NOFOLLOW)
        with os.fdopen(descriptor, "rb") as file:
            return _bounded(file.read(max_bytes + 1), max_bytes, path)

    def copy(self, path: str, target: BinaryIO, max_bytes: int = MAX_UNPACKED_BYTES) -> str:
        """Copy one file piece by piece without following a link."""
        descriptor = os.open(self._root / path, os.O_RDONLY | os.O_NOFOLLOW)
        with os.fdopen(descriptor, "rb") as file:
            if os.fstat(file.fileno()).st_size > max_bytes:
                raise _too_large(path, max_bytes)
            return _copy_and_digest(_stored(file, max_bytes), target)


def _copy_and_digest(pieces: Iterable[bytes], target: BinaryIO) -> str:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
        target.write(piece)
    return digest.hexdigest()


def _regular_files(root: Path, limit: int, findings: Findings) -> list[str]:
    """Return relative paths of all regular files; note links and never follow them."""
    found: list[str] = []
    waiting = [""]
    n_seen = 0
    while waiting:
        folder = waiting.pop()
        with os.scandir(root / folder) as entries:
            for entry in entries:
                n_seen += 1
                if n_seen > limit:
                    raise _too_many(limit)
                path = f"{folder}/{entry.name}" if folder else entry.name
                mode = entry.stat(follow_symlinks=False).st_mode
                if stat.S_ISDIR(mode):
                    waiting.append(path)
                elif stat.S_ISREG(mode):
                    found.append(path)
                else:
                    detail = "A link or device; put the file itself into the folder."
                    findings.problem(ProblemCode.NOT_A_REGULAR_FILE, detail, shown_name(path))
    return found


def _too_many(limit: int) -> SubmissionError:
    detail = f"The folder holds more than {limit:,} files; send only what is asked for."
    return SubmissionError([Problem(ProblemCode.TOO_MANY_MEMBERS, detail)])


def _unpacked(file: BinaryIO, entry: ZipEntry) -> Iterator[bytes]:
    if entry.method == DEFLATED:
        return _inflated(file, entry)
    return _stored(file, entry.packed_bytes)


def _stored(file: BinaryIO, n_bytes: int) -> Iterator[bytes]:
    while n_bytes and (piece := file.read(min(n_bytes, _CHUNK_BYTES))):
        n_bytes -= len(piece)
        yield piece


def _inflated(file: BinaryIO, entry: ZipEntry) -> Iterator[bytes]:
    """Inflate raw Deflate data piece by piece, each of bounded size."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    left = entry.packed_bytes
    while left and not inflater.eof:
        piece = file.read(min(left, _CHUNK_BYTES))
        left -= len(piece)
        yield from _drained(inflater, piece, entry)
    if left or not inflater.eof or inflater.unused_data:
        raise _corrupt(entry.path)


def _drained(inflater: "zlib._Decompress", piece: bytes, entry: ZipEntry) -> Iterator[bytes]:
    """Yield all that the packed bytes so far unpack to."""
    is_full = True
    while is_full and not inflater.eof:
        try:
            content = inflater.decompress(piece, _PIECE_BYTES)
        except zlib.error:
            raise _corrupt(entry.path) from None
        yield content
        piece = inflater.unconsumed_tail
        is_full = len(content) == _PIECE_BYTES


def _bounded(content: bytes, max_bytes: int, path: str) -> bytes:
    if len(content) > max_bytes:
        raise _too_large(path, max_bytes)
    return content


def _too_large(path: str, max_bytes: int) -> SubmissionError:
    limit = f"{max_bytes >> 20:,} MiB" if max_bytes >> 20 else f"{max_bytes >> 10:,} KiB"
    detail = f"A file of this kind may have {limit}; this one is larger."
    code = ProblemCode.MEMBER_TOO_LARGE
    return SubmissionError([Problem(code, detail, shown_name(file_name(path)))])


def _corrupt(path: str) -> SubmissionError:
    detail = "The packed data are damaged (length or checksum is wrong); make the zip anew."
    code = ProblemCode.CORRUPT_MEMBER
    return SubmissionError([Problem(code, detail, shown_name(file_name(path)))])
