"""Counts the image directories of a TIFF before any library follows their chain.

Structure by TIFF 6.0, section 2, and the BigTIFF design of Adobe's mailing list.
"""

import struct
from typing import BinaryIO

from evaluator.errors import Problem, ProblemCode, SubmissionError

MOST_DIRECTORIES = 16
MOST_TAGS = 512

_CLASSIC, _BIG = 42, 43
_HEAD_BYTES, _BIG_HEAD_BYTES = 8, 16


def check_directories(file: BinaryIO, name: str) -> None:
    """Refuse a chain that is long, circular or broken.

    Raises
    ------
    SubmissionError
        With the one fault found first.
    """
    file.seek(0)
    head = file.read(_BIG_HEAD_BYTES)
    order = {b"II": "<", b"MM": ">"}.get(head[:2])
    if order is None or len(head) < _HEAD_BYTES:
        raise _broken("it does not begin as a TIFF does", name)
    version = struct.unpack_from(f"{order}H", head, 2)[0]
    if version == _CLASSIC:
        (offset,) = struct.unpack_from(f"{order}I", head, 4)
        _follow(file, offset, (f"{order}H", 12, f"{order}I"), name)
    elif version == _BIG and len(head) == _BIG_HEAD_BYTES:
        (offset,) = struct.unpack_from(f"{order}Q", head, 8)
        _follow(file, offset, (f"{order}Q", 20, f"{order}Q"), name)
    else:
        raise _broken("it does not begin as a TIFF does", name)


def _follow(file: BinaryIO, offset: int, layout: tuple[str, int, str], name: str) -> None:
    count_form, tag_bytes, link_form = layout
    seen: set[int] = set()
    while offset:
        if offset in seen:
            raise _broken("its directories refer to each other in a circle", name)
        seen.add(offset)
        if len(seen) > MOST_DIRECTORIES:
            detail = f"The TIFF holds more than {MOST_DIRECTORIES} images; keep the first one."
            raise SubmissionError([Problem(ProblemCode.TOO_MANY_IMAGES, detail, name)])
        n_tags = _number_at(file, offset, count_form, name)
        if n_tags > MOST_TAGS:
            raise _broken(f"a directory has more than {MOST_TAGS} tags", name)
        behind = offset + struct.calcsize(count_form) + n_tags * tag_bytes
        offset = _number_at(file, behind, link_form, name)
    if not seen:
        raise _broken("it holds no image", name)


def _number_at(file: BinaryIO, offset: int, form: str, name: str) -> int:
    if offset < 2**63:
        file.seek(offset)
        content = file.read(struct.calcsize(form))
        if len(content) == struct.calcsize(form):
            return int(struct.unpack(form, content)[0])
    raise _broken("a directory lies beyond its end", name)


def _broken(reason: str, name: str) -> SubmissionError:
    detail = f"This TIFF cannot be read: {reason}. Write it anew."
    return SubmissionError([Problem(ProblemCode.BROKEN_IMAGE, detail, name)])
