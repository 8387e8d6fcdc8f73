"""Writes the directories of a tiled 8-bit BigTIFF pyramid, with the tags of ASAP's masks."""

import struct
from dataclasses import dataclass
from enum import IntEnum
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ground_truth.masks.tiles import TILE_PX

HEADER_BYTES = 16

_UM_PER_CM = 10_000
_BYTE, _SHORT, _LONG, _RATIONAL, _LONG8 = 1, 3, 4, 5, 16
_LARGEST_LONG = 2**32 - 1


class Compression(IntEnum):
    """Values of the tag Compression."""

    LZW = 5
    DEFLATE = 8
    ZSTD = 50_000


@dataclass(frozen=True, slots=True)
class Directory:
    """What one level's directory states.

    Attributes
    ----------
    pixels_per_cm : (float, float) or None
        Resolution in x and y; None where the spacing is not known.
    range : (int, int) or None
        Smallest and largest value of the whole tiles, stated for level 0 only.
    offsets, sizes : (n,) int64
        Where each tile's bytes are in the file and how many; 0 and 0 for a tile not written.
    """

    columns: int
    rows: int
    compression: Compression
    pixels_per_cm: tuple[float, float] | None
    range: tuple[int, int] | None
    offsets: NDArray[np.int64]
    sizes: NDArray[np.int64]


def header(first_directory: int) -> bytes:
    """Return the file's first 16 bytes."""
    return b"II" + struct.pack("<HHHQ", 43, 8, 0, first_directory)


def resolution(spacing_um: float) -> float:
    """Return level-0 pixels per cm in single precision, which ASAP computes in."""
    return float(np.float32(_UM_PER_CM / spacing_um))


def directory_bytes(directory: Directory, place: int, *, has_next: bool) -> bytes:
    """Return a directory and its arrays, for a place in the file that is a multiple of 8.

    The arrays follow the directory; the next one, where there is any, follows at a multiple of 8.
    """
    fields = _fields(directory)
    behind = place + 8 + 20 * len(fields) + 8
    entries, arrays = [struct.pack("<Q", len(fields))], []
    for tag, kind, count, value in fields:
        held = value
        if len(value) > 8:  # noqa: PLR2004 - what an entry holds itself
            held = struct.pack("<Q", behind)
            arrays.append(value + b"\0" * (-len(value) % 8))
            behind += len(arrays[-1])
        entries.append(struct.pack("<HHQ", tag, kind, count) + held.ljust(8, b"\0"))
    entries.append(struct.pack("<Q", behind + -behind % 8 if has_next else 0))
    return b"".join(entries + arrays)


def _fields(directory: Directory) -> list[tuple[int, int, int, bytes]]:
    """Return tag, type, count and bytes of each field in rising order of tags."""
    fields = [
        (256, _LONG, 1, struct.pack("<I", directory.columns)),
        (257, _LONG, 1, struct.pack("<I", directory.rows)),
        (258, _SHORT, 1, struct.pack("<H", 8)),
        (259, _SHORT, 1, struct.pack("<H", directory.compression)),
        (262, _SHORT, 1, struct.pack("<H", 1)),
        (274, _SHORT, 1, struct.pack("<H", 1)),
        (277, _SHORT, 1, struct.pack("<H", 1)),
        (284, _SHORT, 1, struct.pack("<H", 1)),
        (296, _SHORT, 1, struct.pack("<H", 3)),
        (322, _LONG, 1, struct.pack("<I", TILE_PX)),
        (323, _LONG, 1, struct.pack("<I", TILE_PX)),
        (324, _LONG8, len(directory.offsets), directory.offsets.astype("<u8").tobytes()),
        (325, _LONG, len(directory.sizes), directory.sizes.astype("<u4").tobytes()),
        (339, _SHORT, 1, struct.pack("<H", 1)),
    ]
    if directory.range is None:
        fields.append((254, _LONG, 1, struct.pack("<I", 1)))
    else:
        fields += [(340 + i, _BYTE, 1, bytes([value])) for i, value in enumerate(directory.range)]
    if directory.pixels_per_cm is not None:
        x, y = map(_packed, directory.pixels_per_cm)
        fields += [(282, _RATIONAL, 1, x), (283, _RATIONAL, 1, y)]
    return sorted(fields)


def _packed(number: float) -> bytes:
    ratio = Fraction(number).limit_denominator(_LARGEST_LONG)
    return struct.pack("<II", ratio.numerator, ratio.denominator)
