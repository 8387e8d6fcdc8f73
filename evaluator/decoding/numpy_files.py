"""Reads untrusted NPY and NPZ bytes into arrays; runs only in the confined decoder."""

import io
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from evaluator.archives import open_zip
from evaluator.decoding.images import ACCEPTED_FILES_TEXT, check_shape, refused
from evaluator.errors import Findings, ProblemCode
from evaluator.forms import GEOMETRY_KEYS

MAX_HEADER_BYTES = 10_000

_TYPES = {"u1", "u2", "f2", "f4", "f8"}
_MAGIC = b"\x93NUMPY"
_PICKLE = b"\x80"
_LONGEST_WORD = 20
_SUFFIX = ".npy"


@dataclass(frozen=True, slots=True, eq=False)
class NumpyFile:
    """The array of a file and its other keys, which tell the geometry."""

    values: NDArray[Any]
    geometry: dict[str, float | str] = field(default_factory=dict)


def read_npy(file: BinaryIO, name: str) -> NumpyFile:
    """Read one array of two axes.

    Raises
    ------
    SubmissionError
        When it is no such array, or beyond the limits.
    """
    file.seek(0)
    shape, is_fortran, kind = _header(file, name)
    return NumpyFile(_values(file, shape, kind, name, is_fortran=is_fortran))


def read_npz(file: BinaryIO, name: str, findings: Findings) -> NumpyFile | None:
    """Read the one array of an NPZ, and the single values beside it.

    Raises
    ------
    SubmissionError
        When there is no such array, or it is beyond the limits.
    """
    file.seek(0)
    members = open_zip(file, 0, findings)
    if findings.counts:
        return None
    geometry: dict[str, float | str] = {}
    arrays: list[NDArray[Any]] = []
    for path in members.paths:
        key = path.removesuffix(_SUFFIX)
        content = io.BytesIO(members.read(path))
        shape, is_fortran, kind = _header(content, name)
        if key in GEOMETRY_KEYS:
            geometry[key] = _single(content, shape, kind, key, name)
        elif arrays:
            detail = f"More than one array; keep one, besides {', '.join(sorted(GEOMETRY_KEYS))}."
            raise refused(ProblemCode.SEVERAL_ARRAYS, detail, name)
        else:
            arrays.append(_values(content, shape, kind, name, is_fortran=is_fortran))
    if not arrays:
        raise refused(ProblemCode.BROKEN_IMAGE, "The NPZ holds no array.", name)
    return NumpyFile(arrays[0], geometry)


def _header(file: BinaryIO, name: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    start = file.read(len(_MAGIC))
    if start.startswith(_PICKLE):
        raise _pickled(name)
    if start != _MAGIC:
        raise refused(ProblemCode.BROKEN_IMAGE, "This is no NPY array; write it anew.", name)
    file.seek(-len(_MAGIC), io.SEEK_CUR)
    try:
        version = npy.read_magic(file)
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, is_fortran, kind = read(file, max_header_size=MAX_HEADER_BYTES)
    except ValueError:
        detail = "The header of this NPY array is damaged; write it anew."
        raise refused(ProblemCode.BROKEN_IMAGE, detail, name) from None
    if kind.hasobject:
        raise _pickled(name)
    return shape, bool(is_fortran), kind


def _values(
    file: BinaryIO, shape: tuple[int, ...], kind: np.dtype[Any], name: str, *, is_fortran: bool
) -> NDArray[Any]:
    if kind.str[1:] not in _TYPES:
        detail = (
            f"Values of type {kind} are not read: {ACCEPTED_FILES_TEXT} (u8, u16, f16, f32 or f64)."
        )
        raise refused(ProblemCode.UNSUPPORTED_TYPE, detail, name)
    check_shape(shape, name)
    n_bytes = shape[0] * shape[1] * kind.itemsize
    content = file.read(n_bytes)
    if len(content) != n_bytes:
        detail = (
            f"{len(content):,} bytes of values where its header tells {n_bytes:,}; write it anew."
        )
        raise refused(ProblemCode.BROKEN_IMAGE, detail, name)
    return np.frombuffer(content, dtype=kind).reshape(shape, order="F" if is_fortran else "C")


def _single(
    file: BinaryIO, shape: tuple[int, ...], kind: np.dtype[Any], key: str, name: str
) -> float | str:
    is_word = kind.kind == "U" and kind.itemsize <= 4 * _LONGEST_WORD
    content = file.read(kind.itemsize)
    is_single = shape in {(), (1,)} and len(content) == kind.itemsize
    if not is_single or not (is_word or kind.kind in "iuf"):
        detail = f"'{key}' must be a single number or word."
        raise refused(ProblemCode.BAD_METADATA, detail, name)
    value = np.frombuffer(content, dtype=kind)[0].item()
    return value if isinstance(value, str) else float(value)


def _pickled(name: str) -> "Exception":
    detail = "Pickled Python objects are never opened; save with allow_pickle=False."
    return refused(ProblemCode.PICKLED_ARRAY, detail, name)
