"""Extracts the vertices of plain ASAP files before they are parsed, which is fast.

ASAP writes every vertex as ``<Coordinate Order="0" X="1" Y="2" />``. A block that holds nothing
else is read here in a few passes over its bytes, and the parser then finds it empty. A block that
differs in any way, or breaks a rule, is left to the parser, which reports what is wrong and where.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ground_truth.annotations.vertices import COORDINATE_LIMIT_PX

Ring = NDArray[np.float32]

_OPENING = b"<Coordinates>"
_CLOSING = b"</Coordinates>"
_TAG = b"<Coordinates"
_VERTEX_MARKUP = (
    (b'<Coordinate Order="', b"<"),
    (b'" X="', b"x"),
    (b'" Y="', b"y"),
    (b'" />', b">"),
)
_VERTEX = b"<xy>"
_FIELDS = ("Order", "X", "Y")
_NUMBER_BYTES = b"0123456789.eE+-"
_TO_BLANKS = bytes.maketrans(b"<xy>", b"    ")
_ORDER_DIGITS = 9


@dataclass(frozen=True, slots=True)
class ExtractedRings:
    """The rings of a file's plain blocks, and the file without them, its line numbers kept.

    ``rings`` has an entry for each ``Coordinates`` tag, in file order: the ring, (n, 2) float32
    level-0 (x, y), or None where the block was left in place.
    """

    remainder: bytes
    rings: Sequence[Ring | None]


def extract_rings(content: bytes) -> ExtractedRings:
    """Take the plain blocks out of a file; a file that may hide tags in comments is left as is."""
    has_instruction = content.count(b"<?") > content.startswith(b"<?")
    if has_instruction or b"<!" in content or not content.isascii():
        return ExtractedRings(content, ())
    pieces: list[bytes] = []
    rings: list[Ring | None] = []
    place = 0
    while (start := content.find(_TAG, place)) >= 0:
        end = content.find(_CLOSING, start) if content.startswith(_OPENING, start) else -1
        block = content[start + len(_OPENING) : end] if end >= 0 else b""
        ring = _ring(block) if block else None
        rings.append(ring)
        if ring is None:
            end = start + len(_TAG)
            pieces.append(content[place:end])
        else:
            pieces += [content[place : start + len(_OPENING)], b"\n" * block.count(b"\n")]
        place = end
    return ExtractedRings(b"".join([*pieces, content[place:]]), rings)


def _ring(block: bytes) -> Ring | None:
    """Return the ring of a plain block, None where the block is not plain."""
    for long, short in _VERTEX_MARKUP:
        block = block.replace(long, short)
    if b"".join(block.translate(None, _NUMBER_BYTES).split(_VERTEX)).strip(b" \t\r\n"):
        return None
    tokens = block.translate(_TO_BLANKS).split()
    count = block.count(b"<")
    if len(tokens) != len(_FIELDS) * count:  # one is empty
        return None
    order = _orders(tokens[::3])
    if order is None:
        return None
    try:
        places = np.array([tokens[1::3], tokens[2::3]], dtype="S").astype(np.float64)
    except ValueError:
        return None
    if not (np.abs(places) < COORDINATE_LIMIT_PX).all():
        return None
    ring = np.empty((count, 2), dtype=np.float32)
    ring[order] = places.T
    return ring


def _orders(tokens: list[bytes]) -> NDArray[np.int64] | None:
    """Return each vertex's place, None where they are not 0 to n - 1, each once."""
    if not tokens or not b"".join(tokens).isdigit() or max(map(len, tokens)) > _ORDER_DIGITS:
        return None
    order = np.array(list(map(int, tokens)), dtype=np.int64)
    expected = np.arange(len(order))
    if (order == expected).all() or (np.sort(order) == expected).all():
        return order
    return None
