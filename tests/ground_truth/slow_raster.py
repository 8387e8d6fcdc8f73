"""ASAP's pixel rule written a second way: every pixel against every edge, one at a time."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

F = np.float32
Ring = Sequence[tuple[float, float]]


def slow_fill(ring: Ring, level: int, columns: int, rows: int) -> NDArray[np.bool_]:
    """Return (rows, columns) bool: the pixels of a level that one ring fills."""
    filled = np.zeros((rows, columns), dtype=np.bool_)
    vertices = [(F(x), F(y)) for x, y in ring]
    if not vertices:
        return filled
    vertices = _turned(vertices)
    xs, ys = [x for x, _ in vertices], [y for _, y in vertices]
    tiny = F(1.17549435e-38)
    right, bottom = max([tiny, *xs]), max([tiny, *ys])
    for row in range(rows):
        for column in range(columns):
            x, y = F(column << level), F(row << level)
            if min(xs) < x < right and min(ys) < y < bottom:
                filled[row, column] = _winding(vertices, x, y) != 0
    return filled


def _turned(vertices: list[tuple[F, F]]) -> list[tuple[F, F]]:
    total = 0.0
    for (x0, y0), (x1, y1) in zip(vertices, vertices[1:] + vertices[:1], strict=True):
        total += float(F(F(x1 - x0) * F(y1 + y0)))
    return vertices if total < 0 else vertices[::-1]


def _winding(vertices: list[tuple[F, F]], x: F, y: F) -> int:
    winding = 0
    for (x0, y0), (x1, y1) in zip(vertices, vertices[1:] + vertices[:1], strict=True):
        if y0 <= y < y1 and _cross(x0, y0, x1, y1, x, y) > 0:
            winding += 1
        elif y1 <= y < y0 and _cross(x0, y0, x1, y1, x, y) < 0:
            winding -= 1
    return winding


def _cross(x0: F, y0: F, x1: F, y1: F, x: F, y: F) -> int:
    value = F(F(F(x1 - x0) * F(y0 - y)) - F(F(x - x0) * F(y0 - y1)))
    return int(value) if abs(value) < F(2.0**31) else -(2**31)
