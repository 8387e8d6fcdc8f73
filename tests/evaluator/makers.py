"""Makes small truths, and zips with any header field false, for tests of the evaluator."""

import stat
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ground_truth.types import (
    Dimensions,
    EvaluationMask,
    GroundTruth,
    Kind,
    PatientTruth,
    SlideTruth,
)

BOTH = frozenset({Kind.LESIONS, Kind.SLIDES})


def mask(
    rows: Sequence[Sequence[int]], itc: Sequence[int] = (), x0: int = 0, y0: int = 0
) -> EvaluationMask:
    """Return a mask from literal label rows; ``itc`` lists the ignored labels."""
    labels = np.array(rows, dtype=np.uint16).reshape(len(rows), len(rows[0]) if rows else 0)
    n_labels = int(labels.max(initial=0))
    flags = np.array([label in itc for label in range(n_labels + 1)])
    return EvaluationMask(labels, x0, y0, flags)


def slide(
    name: str,
    regions: EvaluationMask | None = None,
    *,
    label: str | None = None,
    size: tuple[int, int] | None = (3200, 1600),
    kinds: frozenset[Kind] = BOTH,
    own: EvaluationMask | None = None,
    spacing_um: float = 0.243,
) -> SlideTruth:
    """Return a slide; without regions it is normal."""
    found = regions or mask([])
    has_label = label or ("tumour" if regions else "normal")
    return SlideTruth(
        slide=name,
        width=size[0] if size else None,
        height=size[1] if size else None,
        dimensions=Dimensions.MEASURED if size else Dimensions.ASSUMED,
        spacing_um=spacing_um,
        label=has_label,
        category=None,
        centre=None,
        kinds=kinds,
        mask=found,
        mask_own_spacing=own or found,
    )


def truth(
    slides: Sequence[SlideTruth] = (),
    patients: Sequence[PatientTruth] = (),
    excluded: Mapping[str, str] | None = None,
) -> GroundTruth:
    """Return a truth; ``excluded`` maps slide to the kind it is publicly excluded from."""
    listed = [
        {"slide": name, "kind": kind, "reason": "test"} for name, kind in (excluded or {}).items()
    ]
    return GroundTruth(
        "0123456789ab", "camelyon16", tuple(slides), tuple(patients), {"exclusions": listed}
    )


def patient(name: str, stage: str, categories: Sequence[str]) -> PatientTruth:
    """Return a patient with numbered nodes."""
    nodes = {f"{name}_node_{index}": category for index, category in enumerate(categories)}
    return PatientTruth(name, stage, None, nodes)


def folder(path: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files into a new folder."""
    for name, content in files.items():
        target = path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@dataclass(frozen=True, slots=True, kw_only=True)
class Fake:
    """One zip member; fields that are None get true values, ``local_`` ones differ from central."""

    name: bytes
    content: bytes = b"0.5,1,1\n"
    method: int = 8
    flags: int = 0
    mode: int = stat.S_IFREG | 0o644
    packed: bytes | None = None
    crc: int | None = None
    unpacked_size: int | None = None
    packed_size: int | None = None
    local_name: bytes | None = None
    local_method: int | None = None
    local_flags: int | None = None
    local_sizes: tuple[int, int, int] | None = None
    descriptor: bytes = b""
    extra: bytes = b""
    offset: int | None = None


def crafted_zip(path: Path, members: Sequence[Fake], *, entries: int | None = None) -> Path:
    """Write a zip field by field."""
    body, directory = b"", b""
    for member in members:
        packed = member.packed
        if packed is None:
            packed = _deflated(member.content) if member.method == 8 else member.content
        told = (
            zlib.crc32(member.content) if member.crc is None else member.crc,
            len(packed) if member.packed_size is None else member.packed_size,
            len(member.content) if member.unpacked_size is None else member.unpacked_size,
        )
        directory += _central_header(
            member, told, len(body) if member.offset is None else member.offset
        )
        body += _local_header(member, told) + packed + member.descriptor
    count = len(members) if entries is None else entries
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(directory), len(body), 0)
    path.write_bytes(body + directory + end)
    return path


def _local_header(member: Fake, told: tuple[int, int, int]) -> bytes:
    name = member.name if member.local_name is None else member.local_name
    flags = member.flags if member.local_flags is None else member.local_flags
    method = member.method if member.local_method is None else member.local_method
    sizes = told if member.local_sizes is None else member.local_sizes
    fixed = struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, flags, method, 0, 0, *sizes, len(name), 0)
    return fixed + name


def _central_header(member: Fake, told: tuple[int, int, int], offset: int) -> bytes:
    before = (b"PK\x01\x02", 0x0314, 20, member.flags, member.method, 0, 0)
    lengths = (len(member.name), len(member.extra), 0)
    behind = (0, 0, member.mode << 16, offset)
    fixed = struct.pack("<4s6H3L5H2L", *before, *told, *lengths, *behind)
    return fixed + member.name + member.extra


def _deflated(content: bytes) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(content) + packer.flush()
