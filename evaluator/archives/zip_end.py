"""Finds the central directory of an untrusted zip from the end records after it.

Structures follow PKWARE's APPNOTE 6.3.10, sections 4.3.14 to 4.3.16.
"""

import struct
from dataclasses import dataclass
from typing import BinaryIO

from evaluator.errors import Problem, ProblemCode, SubmissionError

_END_MAGIC = b"PK\x05\x06"
_END = struct.Struct("<4s4H2LH")
_END64_LOCATOR = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LONGEST_COMMENT = 65535
_FULL16, _FULL32 = 0xFFFF, 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class DirectoryExtent:
    """Where the central directory lies, and how many members it claims."""

    offset: int
    size: int
    entries: int
    end: int


def directory_extent(file: BinaryIO) -> DirectoryExtent:
    """Return where the central directory lies.

    Raises
    ------
    SubmissionError
        When it cannot be told, or the end records disagree.
    """
    size = file.seek(0, 2)
    tail_offset = max(0, size - _END.size - _LONGEST_COMMENT)
    tail = read_at(file, tail_offset, size - tail_offset)
    at = _end_record_at(tail)
    _, disk, first_disk, here, entries, length, offset, _ = _END.unpack_from(tail, at)
    end = tail_offset + at
    wide = _zip64_extent(file, end)
    if wide is None:
        if disk or first_disk or here != entries:
            raise broken_zip("it is split over several files; send one file")
        return _within(DirectoryExtent(offset, length, entries, end))
    if (
        entries not in {_FULL16, wide.entries}
        or length not in {_FULL32, wide.size}
        or offset not in {_FULL32, wide.offset}
    ):
        raise broken_zip("its two end records disagree")
    return _within(wide)


def read_at(file: BinaryIO, offset: int, length: int) -> bytes:
    """Return exactly `length` bytes; raise SubmissionError where the file ends before."""
    size = file.seek(0, 2)
    found = b""
    if offset + length <= size:
        file.seek(offset)
        found = file.read(length)
    if len(found) != length:
        raise broken_zip("it points behind its own end; the upload may be cut short")
    return found


def broken_zip(reason: str) -> SubmissionError:
    """Return the error of a zip that cannot be read."""
    detail = f"The zip cannot be read: {reason}."
    return SubmissionError([Problem(ProblemCode.BROKEN_ZIP, detail)])


def _end_record_at(tail: bytes) -> int:
    """Return where the end record starts: the last one whose comment reaches the file's end."""
    at = tail.rfind(_END_MAGIC)
    while at >= 0:
        behind = at + _END.size
        if behind <= len(tail) and behind + _END.unpack_from(tail, at)[7] == len(tail):
            return at
        at = tail.rfind(_END_MAGIC, 0, at)
    raise broken_zip("its directory at the end is missing; the upload may be cut short")


def _zip64_extent(file: BinaryIO, end: int) -> DirectoryExtent | None:
    if end < _END64_LOCATOR.size:
        return None
    magic, _, offset, _ = _END64_LOCATOR.unpack(
        read_at(file, end - _END64_LOCATOR.size, _END64_LOCATOR.size)
    )
    if magic != b"PK\x06\x07":
        return None
    if offset + _END64.size > end:
        raise broken_zip("its Zip64 end record lies outside the file")
    fields = _END64.unpack(read_at(file, offset, _END64.size))
    magic, _, _, _, disk, first_disk, here, entries, length, start = fields
    if magic != b"PK\x06\x06" or disk or first_disk or here != entries:
        raise broken_zip("its Zip64 end record is damaged")
    return DirectoryExtent(start, length, entries, offset)


def _within(extent: DirectoryExtent) -> DirectoryExtent:
    if extent.offset + extent.size != extent.end:
        raise broken_zip("its directory is not where its end record says")
    return extent
