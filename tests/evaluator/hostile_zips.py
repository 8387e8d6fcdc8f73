"""Makes hostile zips byte by byte, by name, each with what it is refused for."""

import stat
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from tests.evaluator.makers import Fake, crafted_zip

ROW = b"0.5,1,1\n"
MIB = 2**20


def deflated(content: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(content) + packer.flush()


def overlapping(path: Path) -> Path:
    """Two entries on one body, as in zip bombs without nesting."""
    content = bytes(8 * MIB)
    twin = Fake(
        name=b"a.csv", content=content, packed=b"", packed_size=len(deflated(content)), offset=0
    )
    return crafted_zip(path, [Fake(name=b"a.csv", content=content, packed=deflated(content)), twin])


def inside_another(path: Path) -> Path:
    crafted_zip(path, [Fake(name=b"b.csv", content=ROW)])
    whole_member = path.read_bytes()[: 30 + len(b"b.csv") + len(deflated(ROW))]
    outer = Fake(name=b"a.csv", content=whole_member, method=0)
    return crafted_zip(path, [outer, Fake(name=b"b.csv", content=ROW, offset=30 + len(b"a.csv"))])


def one_gib_of_zeros(path: Path) -> Path:
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("test_001.csv", "w", force_zip64=True) as member,
    ):
        chunk = bytes(16 * MIB)
        for _ in range(64):
            member.write(chunk)
    return path


def zeros_told_as_small(path: Path) -> Path:
    packed = deflated(bytes(64 * MIB))
    return crafted_zip(path, [Fake(name=b"a.csv", packed=packed, content=bytes(100))])


def short_zip(path: Path, cut: int) -> Path:
    crafted_zip(path, [Fake(name=b"a.csv"), Fake(name=b"b.csv")])
    path.write_bytes(path.read_bytes()[:-cut])
    return path


def wrong_end(path: Path, field: str, value: int) -> Path:
    crafted_zip(path, [Fake(name=b"a.csv")])
    content = bytearray(path.read_bytes())
    at = len(content) - 22 + {"disk": 4, "entries": 10, "size": 12, "offset": 16}[field]
    width = 2 if field in {"disk", "entries"} else 4
    content[at : at + width] = value.to_bytes(width, "little")
    path.write_bytes(bytes(content))
    return path


def damaged_directory(path: Path) -> Path:
    crafted_zip(path, [Fake(name=b"a.csv")])
    path.write_bytes(path.read_bytes().replace(b"PK\x01\x02", b"PK\x01\x03"))
    return path


def directory_with_tail(path: Path) -> Path:
    crafted_zip(path, [Fake(name=b"a.csv")])
    content = path.read_bytes()
    body, end = content[:-22], bytearray(content[-22:])
    (size,) = struct.unpack_from("<L", end, 12)
    struct.pack_into("<L", end, 12, size + 10)
    path.write_bytes(body + bytes(10) + bytes(end))
    return path


def many(path: Path, count: int) -> Path:
    return crafted_zip(path, [Fake(name=b"%d.csv" % number) for number in range(count)])


def zip64_end(path: Path, *, magic: bytes = b"PK\x06\x06", offset: int | None = None,
              entries: int = 1, narrow: int = 0xFFFF) -> Path:  # fmt: skip
    crafted_zip(path, [Fake(name=b"a.csv")])
    content = path.read_bytes()
    *_, size, start, _ = struct.unpack("<4s4H2LH", content[-22:])
    body = content[:-22]
    wide = struct.pack("<4sQ2H2L4Q", magic, 44, 45, 45, 0, 0, entries, entries, size, start)
    place = len(body) if offset is None else offset
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, place, 1)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, narrow, narrow, 2**32 - 1, 2**32 - 1, 0)
    path.write_bytes(body + wide + locator + end)
    return path


HOSTILE: dict[str, tuple[Callable[[Path], Path], list[str]]] = {
    "overlapping members": (overlapping, ["zip_overlap"]),
    "a member inside another": (inside_another, ["zip_overlap"]),
    "one GiB of zeros": (one_gib_of_zeros, ["member_too_large"]),
    "zeros told as small": (zeros_told_as_small, ["corrupt_member"]),
    "a size told too large": (
        lambda path: crafted_zip(path, [Fake(name=b"a.csv", unpacked_size=9)]),
        ["corrupt_member"],
    ),
    "a stored size told too small": (
        lambda path: crafted_zip(path, [Fake(name=b"a.csv", method=0, unpacked_size=3)]),
        ["corrupt_member"],
    ),
    "a wrong checksum": (
        lambda path: crafted_zip(path, [Fake(name=b"a.csv", crc=1)]),
        ["corrupt_member"],
    ),
    "no deflate data": (
        lambda path: crafted_zip(path, [Fake(name=b"a.csv", packed=b"\xff\xff\xff")]),
        ["corrupt_member"],
    ),
    "deflate data cut short": (
        lambda path: crafted_zip(path, [Fake(name=b"a.csv", packed=deflated(ROW)[:-2])]),
        ["corrupt_member"],
    ),
    "bytes behind the deflate data": (
        lambda path: crafted_zip(path, [Fake(name=b"a.csv", packed=deflated(ROW) + b"xx")]),
        ["corrupt_member"],
    ),
    "13 GiB in all": (
        lambda path: crafted_zip(
            path, [Fake(name=b"%d.csv" % n, unpacked_size=255 * MIB) for n in range(60)]
        ),
        ["submission_too_large"],
    ),
    "an encrypted member": (
        lambda path: crafted_zip(path, [Fake(name=b"a.csv", flags=1)]),
        ["zip_encrypted"],
    ),
    "an LZMA member": (
        lambda path: crafted_zip(path, [Fake(name=b"a.csv", method=14)]),
        ["zip_method"],
    ),
    "a symbolic link": (
        lambda path: crafted_zip(
            path, [Fake(name=b"a.csv", content=b"/etc/passwd", mode=stat.S_IFLNK | 0o777)]
        ),
        ["not_a_regular_file"],
    ),
    "a device": (
        lambda path: crafted_zip(path, [Fake(name=b"a.csv", mode=stat.S_IFCHR | 0o666)]),
        ["not_a_regular_file"],
    ),
    "an absolute path": (
        lambda path: crafted_zip(path, [Fake(name=b"/etc/a.csv")]),
        ["unsafe_name"],
    ),
    "a path with a drive": (
        lambda path: crafted_zip(path, [Fake(name=b"C:/a.csv")]),
        ["unsafe_name"],
    ),
    "a path upwards": (
        lambda path: crafted_zip(path, [Fake(name=b"x/../../a.csv")]),
        ["unsafe_name"],
    ),
    "a folder upwards": (
        lambda path: crafted_zip(path, [Fake(name=b"../", content=b"", method=0)]),
        ["unsafe_name"],
    ),
    "a backslash": (
        lambda path: crafted_zip(path, [Fake(name=b"x\\a.csv")]),
        ["unsafe_name"],
    ),
    "a NUL in the name": (
        lambda path: crafted_zip(path, [Fake(name=b"a.csv\0.png")]),
        ["unsafe_name"],
    ),
    "an empty name": (lambda path: crafted_zip(path, [Fake(name=b"")]), ["unsafe_name"]),
    "a name of 300 bytes": (
        lambda path: crafted_zip(path, [Fake(name=b"a" * 300)]),
        ["unsafe_name"],
    ),
    "a name that is no UTF-8": (
        lambda path: crafted_zip(path, [Fake(name=b"\xff.csv", flags=0x800)]),
        ["unsafe_name"],
    ),
    "the same name twice": (
        lambda path: crafted_zip(path, [Fake(name=b"a.csv"), Fake(name=b"a.csv")]),
        ["duplicate_name"],
    ),
    "names that differ by capitals": (
        lambda path: crafted_zip(path, [Fake(name=b"a.csv"), Fake(name=b"A.CSV")]),
        ["duplicate_name"],
    ),
    "two folders": (
        lambda path: crafted_zip(path, [Fake(name=b"x/a.csv"), Fake(name=b"y/b.csv")]),
        ["nested_folder"],
    ),
    "a folder in a folder": (
        lambda path: crafted_zip(path, [Fake(name=b"x/y/a.csv")]),
        ["nested_folder"],
    ),
    "another name in the local header": (
        lambda path: crafted_zip(path, [Fake(name=b"a.csv", local_name=b"b.csv")]),
        ["zip_headers_disagree"],
    ),
    "another method in the local header": (
        lambda path: crafted_zip(path, [Fake(name=b"a.csv", local_method=0)]),
        ["zip_headers_disagree"],
    ),
    "other flags in the local header": (
        lambda path: crafted_zip(path, [Fake(name=b"a.csv", local_flags=1)]),
        ["zip_headers_disagree"],
    ),
    "other sizes in the local header": (
        lambda path: crafted_zip(path, [Fake(name=b"a.csv", local_sizes=(1, 2, 3))]),
        ["zip_headers_disagree"],
    ),
    "a streamed member without descriptor": (
        lambda path: crafted_zip(path, [Fake(name=b"a.csv", flags=8, local_sizes=(0, 0, 0))]),
        ["zip_headers_disagree"],
    ),
    "a descriptor that disagrees": (
        lambda path: crafted_zip(
            path,
            [
                Fake(
                    name=b"a.csv",
                    flags=8,
                    local_sizes=(0, 0, 0),
                    descriptor=b"PK\x07\x08" + struct.pack("<3L", 1, 2, 3),
                )
            ],
        ),
        ["zip_headers_disagree"],
    ),
    "the end cut off": (lambda path: short_zip(path, 1), ["broken_zip"]),
    "the directory cut off": (lambda path: short_zip(path, 60), ["broken_zip"]),
    "a damaged directory": (damaged_directory, ["broken_zip"]),
    "a directory with a tail": (directory_with_tail, ["broken_zip"]),
    "a zip in parts": (lambda path: wrong_end(path, "disk", 1), ["broken_zip"]),
    "a directory told shorter": (lambda path: wrong_end(path, "size", 20), ["broken_zip"]),
    "a directory told elsewhere": (lambda path: wrong_end(path, "offset", 2), ["broken_zip"]),
    "fewer entries than told": (
        lambda path: crafted_zip(path, [Fake(name=b"a.csv")], entries=2),
        ["broken_zip"],
    ),
    "a header behind the end": (
        lambda path: crafted_zip(path, [Fake(name=b"a.csv", offset=2**31)]),
        ["broken_zip"],
    ),
    "a Zip64 size without its field": (
        lambda path: crafted_zip(path, [Fake(name=b"a.csv", unpacked_size=2**32 - 1)]),
        ["broken_zip"],
    ),
    "a Zip64 offset of 2^63": (
        lambda path: crafted_zip(
            path,
            [
                Fake(
                    name=b"a.csv",
                    offset=2**32 - 1,
                    extra=struct.pack("<2HQ", 1, 8, 2**63),
                )
            ],
        ),
        ["broken_zip"],
    ),
    "a Zip64 end outside the file": (lambda path: zip64_end(path, offset=2**40), ["broken_zip"]),
    "a damaged Zip64 end": (lambda path: zip64_end(path, magic=b"PKxx"), ["broken_zip"]),
    "two ends that disagree": (lambda path: zip64_end(path, narrow=7), ["broken_zip"]),
    "more entries than allowed": (lambda path: many(path, 37), ["too_many_members"]),
    "a million entries in Zip64": (
        lambda path: zip64_end(path, entries=10**6),
        ["too_many_members"],
    ),
}
