"""Reads the vertices of one outline: strict numbers, placed as their ``Order`` says."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

COORDINATE_LIMIT_PX = 2**20
"""No slide is this large; a vertex beyond it is a typing error."""

Coordinate = tuple[str, str, str, int]
"""Texts of Order, X and Y (empty where missing), and their line."""

_MATCH_BATCH = 10_000
_DECIMAL = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?"
_NUMBER = re.compile(_DECIMAL)
_ORDER = re.compile(r"[0-9]{1,9}")
_COORDINATES = re.compile(rf"(?:[0-9]{{1,9}};{_DECIMAL};{_DECIMAL}\n)*+")


@dataclass(frozen=True, slots=True)
class VertexFault:
    """What is wrong on one line."""

    line: int
    message: str


def read_vertices(
    coordinates: Sequence[Coordinate],
) -> tuple[NDArray[np.float32], Iterable[VertexFault]]:
    """Return the ring, (n, 2) float32 level-0 (x, y) by rising Order, or no vertex and all faults.

    Numbers are plain decimals, read as doubles and rounded once to single precision, as ASAP does.
    """
    if _are_plain(coordinates):
        order = np.array([int(order) for order, _, _, _ in coordinates], dtype=np.int64)
        xs = np.array([float(x) for _, x, _, _ in coordinates], dtype=np.float64)
        ys = np.array([float(y) for _, _, y, _ in coordinates], dtype=np.float64)
        ring = np.stack([xs, ys], axis=1)[np.argsort(order)]
        is_near = bool((np.abs(ring) < COORDINATE_LIMIT_PX).all())
        if is_near and np.array_equal(np.sort(order), np.arange(len(order))):
            return ring.astype(np.float32), ()
    return np.empty((0, 2), dtype=np.float32), _faults(coordinates)


def _are_plain(coordinates: Sequence[Coordinate]) -> bool:
    """Tell whether all texts have the right form; many are matched at once, which is fast."""
    return all(
        _COORDINATES.fullmatch("".join(f"{order};{x};{y}\n" for order, x, y, _ in part))
        for part in (
            coordinates[start : start + _MATCH_BATCH]
            for start in range(0, len(coordinates), _MATCH_BATCH)
        )
    )


def _faults(coordinates: Sequence[Coordinate]) -> Iterator[VertexFault]:
    taken: set[int] = set()
    for order, x, y, line in coordinates:
        messages = (
            _number_fault("X", x),
            _number_fault("Y", y),
            _order_fault(order, len(coordinates), taken),
        )
        yield from (VertexFault(line, message) for message in messages if message)


def _number_fault(name: str, text: str) -> str | None:
    if not text:
        return f"a vertex has no {name}"
    if not _NUMBER.fullmatch(text):
        return f"{name} {text[:40]!r} is not a plain decimal number"
    if abs(float(text)) >= COORDINATE_LIMIT_PX:
        return f"{name} {text[:40]} is 2^20 pixels or more from 0"
    return None


def _order_fault(text: str, count: int, taken: set[int]) -> str | None:
    """Return what is wrong with one ``Order``; right ones are added to those taken."""
    if not text:
        return "a vertex has no Order"
    if not _ORDER.fullmatch(text):
        return f"Order {text[:40]!r} is not a whole number from 0"
    order = int(text)
    if order >= count:
        return f"Order {order} is beyond the {count} vertices of its outline"
    if order in taken:
        return f"Order {order} is used twice in one outline"
    taken.add(order)
    return None
