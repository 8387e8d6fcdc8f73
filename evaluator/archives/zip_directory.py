"""Reads the directory of an untrusted zip and checks it against the headers of the data.

Everything is checked before a byte is inflated: extent of the directory, number of members,
sizes, methods, flags, links, agreement of both headers, and that no two members share bytes.
Structures and field names follow PKWARE's APPNOTE 6.3.10, sections 4.3 and 4.5.3.
"""

import stat
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from evaluator.archives.zip_end import broken_zip, directory_extent, read_at
from evaluator.errors import Problem, ProblemCode, SubmissionError, shown_name

STORED = 0
DEFLATED = 8
MAX_PACKED_BYTES = 128 * 2**20
MAX_UNPACKED_BYTES = 256 * 2**20
MAX_TOTAL_BYTES = 12 * 2**30

_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_DIRECTORY_BYTES_PER_MEMBER = 2048
_FULL32 = 0xFFFFFFFF
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_STREAMED = 0x8
_UTF8_NAME = 0x800
# Bits 1 and 2 tell only how hard the writer tried to compress.
_FLAGS_THAT_MATTER = 0xFFFF & ~0x6
_ZIP64_EXTRA = 1


@dataclass(frozen=True, slots=True)
class ZipEntry:
    """One member as the central directory describes it; offsets and sizes in bytes."""

    path: str
    raw_name: bytes
    flags: int
    method: int
    crc: int
    packed_bytes: int
    unpacked_bytes: int
    header_offset: int
    mode: int
    data_offset: int = 0

    @property
    def is_folder(self) -> bool:
        """Whether the entry only names a folder."""
        return self.path.endswith("/")


def read_directory(file: BinaryIO, max_members: int) -> tuple[ZipEntry, ...]:
    """Return the members of a zip, folders included, in directory order.

    Raises
    ------
    SubmissionError
        At the first fault of the container, or with all members that break a limit.
    """
    extent = directory_extent(file)
    if extent.entries > max_members or extent.size > max_members * _DIRECTORY_BYTES_PER_MEMBER:
        raise _fault(
            ProblemCode.TOO_MANY_MEMBERS,
            f"The zip holds more than {max_members:,} files; send only what is asked for.",
        )
    entries = _central_entries(read_at(file, extent.offset, extent.size), extent.entries)
    _check_each(entries)
    located = [_locate(file, entry) for entry in entries]
    _check_overlap(located, extent.offset)
    return tuple(entry for entry, _ in located)


def _central_entries(directory: bytes, count: int) -> list[ZipEntry]:
    entries: list[ZipEntry] = []
    at = 0
    while at < len(directory):
        if len(directory) - at < _CENTRAL.size:
            raise broken_zip("its directory is cut short")
        fields = _CENTRAL.unpack_from(directory, at)
        name_end = at + _CENTRAL.size + fields[10]
        extra_end = name_end + fields[11]
        at_next = extra_end + fields[12]
        if fields[0] != b"PK\x01\x02" or at_next > len(directory):
            raise broken_zip("its directory is damaged")
        entries.append(
            _entry(fields, directory[at + _CENTRAL.size : name_end], directory[name_end:extra_end])
        )
        at = at_next
    if len(entries) != count:
        raise broken_zip("its directory holds another number of files than it says")
    return entries


def _entry(fields: Sequence[int], raw_name: bytes, extra: bytes) -> ZipEntry:
    flags, method, crc, packed, unpacked = fields[3], fields[4], *fields[7:10]
    unpacked, packed, offset = _widened((unpacked, packed, fields[16]), extra)
    return ZipEntry(
        path=_decoded(raw_name, flags),
        raw_name=raw_name,
        flags=flags,
        method=method,
        crc=crc,
        packed_bytes=packed,
        unpacked_bytes=unpacked,
        header_offset=offset,
        mode=fields[15] >> 16,
    )


def _decoded(raw_name: bytes, flags: int) -> str:
    try:
        return raw_name.decode("utf-8" if flags & _UTF8_NAME else "cp437")
    except UnicodeDecodeError:
        raise _fault(
            ProblemCode.UNSAFE_NAME, "A file name in the zip is not valid UTF-8; rename the file."
        ) from None


def _widened(values: tuple[int, ...], extra: bytes) -> tuple[int, ...]:
    """Replace saturated 32-bit fields by those of the Zip64 extra field, in order."""
    if _FULL32 not in values:
        return values
    body = _zip64_extra(extra)
    wide: list[int] = []
    for value in values:
        if value != _FULL32:
            wide.append(value)
            continue
        if len(body) < struct.calcsize("<Q"):
            raise broken_zip("a Zip64 size is missing")
        wide.append(int.from_bytes(body[:8], "little"))
        body = body[8:]
    return tuple(wide)


def _zip64_extra(extra: bytes) -> bytes:
    at = 0
    while at + 4 <= len(extra):
        tag, length = struct.unpack_from("<2H", extra, at)
        if tag == _ZIP64_EXTRA:
            return extra[at + 4 : at + 4 + length]
        at += 4 + length
    return b""


def _check_each(entries: Sequence[ZipEntry]) -> None:
    problems = [
        Problem(code, detail, shown_name(entry.path))
        for entry in entries
        for is_so, code, detail in _faults_of(entry)
        if is_so
    ]
    if sum(entry.unpacked_bytes for entry in entries) > MAX_TOTAL_BYTES:
        problems.append(
            Problem(ProblemCode.SUBMISSION_TOO_LARGE, "Unpacked, the zip is larger than 12 GiB.")
        )
    if problems:
        raise SubmissionError(problems)


def _faults_of(entry: ZipEntry) -> tuple[tuple[bool, ProblemCode, str], ...]:
    too_large = entry.packed_bytes > MAX_PACKED_BYTES or entry.unpacked_bytes > MAX_UNPACKED_BYTES
    return (
        (
            bool(entry.flags & _ENCRYPTED),
            ProblemCode.ZIP_ENCRYPTED,
            "Encrypted; make the zip without a password.",
        ),
        (
            entry.method not in {STORED, DEFLATED},
            ProblemCode.ZIP_METHOD,
            f"Compression method {entry.method} is not read; use Deflate or none.",
        ),
        (
            stat.S_IFMT(entry.mode) not in {0, stat.S_IFREG, stat.S_IFDIR},
            ProblemCode.NOT_A_REGULAR_FILE,
            "A link or device; put the file itself into the zip.",
        ),
        (
            too_large,
            ProblemCode.MEMBER_TOO_LARGE,
            "A file may have 128 MiB packed and 256 MiB unpacked.",
        ),
    )


def _locate(file: BinaryIO, entry: ZipEntry) -> tuple[ZipEntry, int]:
    """Return the entry with its data's offset, and the offset after the data."""
    fixed = read_at(file, entry.header_offset, _LOCAL.size)
    fields = _LOCAL.unpack(fixed)
    magic, _, flags, method = fields[:4]
    crc, packed, unpacked, name_length, extra_length = fields[6:]
    rest = read_at(file, entry.header_offset + _LOCAL.size, name_length + extra_length)
    agree = (
        magic == b"PK\x03\x04"
        and rest[:name_length] == entry.raw_name
        and method == entry.method
        and (flags ^ entry.flags) & _FLAGS_THAT_MATTER == 0
    )
    unpacked, packed = _widened((unpacked, packed), rest[name_length:])
    central = (entry.crc, entry.packed_bytes, entry.unpacked_bytes)
    local = (crc, packed, unpacked)
    is_streamed = bool(flags & _STREAMED)
    if not agree or not (local == central or (is_streamed and not any(local))):
        raise _disagree(entry)
    start = entry.header_offset + _LOCAL.size + name_length + extra_length
    end = start + entry.packed_bytes
    if is_streamed:
        end += _descriptor_length(file, end, central, entry)
    located = ZipEntry(
        entry.path, entry.raw_name, entry.flags, entry.method, *central, entry.header_offset,
        entry.mode, start,
    )  # fmt: skip
    return located, end


def _descriptor_length(
    file: BinaryIO, at: int, central: tuple[int, int, int], entry: ZipEntry
) -> int:
    """Return the length of the data descriptor: with or without magic, 32 or 64 bit wide."""
    file.seek(at)
    found = file.read(24)
    for layout in ("<3L", "<L2Q"):
        body = struct.pack(layout, *central)
        for descriptor in (b"PK\x07\x08" + body, body):
            if found.startswith(descriptor):
                return len(descriptor)
    raise _disagree(entry)


def _check_overlap(located: Sequence[tuple[ZipEntry, int]], directory_offset: int) -> None:
    reached = 0
    for entry, end in sorted(located, key=lambda pair: pair[0].header_offset):
        if entry.header_offset < reached or end > directory_offset:
            raise _fault(
                ProblemCode.ZIP_OVERLAP,
                "Shares its bytes with another part of the zip; make the zip anew.",
                entry.path,
            )
        reached = end


def _disagree(entry: ZipEntry) -> SubmissionError:
    return _fault(
        ProblemCode.ZIP_HEADERS_DISAGREE,
        "The two headers of this file in the zip contradict each other; make the zip anew.",
        entry.path,
    )


def _fault(code: ProblemCode, detail: str, path: str | None = None) -> SubmissionError:
    return SubmissionError([Problem(code, detail, None if path is None else shown_name(path))])
