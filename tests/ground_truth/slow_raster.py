"""Fills by ASAP's pixel rule a second, slow way: every pixel against every edge."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

F = np.float32
Ring = Sequence[tuple[float, float]]


def slow_fill(ring: Ring, level: int, columns: int, rows: int) -> NDArray[np.bool_]:
    """Return (rows, columns) bool: the pixels of a level that one ring fills."""
    with np.errstate(over="ignore", invalid="ignore"):
        return _filled(ring, level, columns, rows)


def _filled(ring: Ring, level: int, columns: int, rows: int) -> NDArray[np.bool_]:
    filled = np.zeros((rows, columns), dtype=np.bool_)
    vertices = [(F(x), F(y)) for x, y in ring]
    if not vertices:
        return filled
    vertices = _turned(vertices)
    left, right = _extremes([x for x, _ in vertices])
    top, bottom = _extremes([y for _, y in vertices])
    for row in range(rows):
        for column in range(columns):
            x, y = F(column << level), F(row << level)
            if left < x < right and top < y < bottom:
                filled[row, column] = _winding(vertices, x, y) != 0
    return filled


def slow_painting(
    layers: Sequence[tuple[Ring, int, bool]], columns: int, rows: int
) -> NDArray[np.uint8]:
    """Return (rows, columns) uint8 after layers of (ring, value, larger value wins)."""
    raster = np.zeros((rows, columns), dtype=np.uint8)
    for ring, value, is_maximum in layers:
        for row, column in np.argwhere(slow_fill(ring, 0, columns, rows)).tolist():
            if not is_maximum or value > raster[row, column]:
                raster[row, column] = value
    return raster


def _extremes(values: list[F]) -> tuple[F, F]:
    smallest, largest = F(3.40282347e38), F(1.17549435e-38)
    for value in values:
        # As in ASAP's comparisons, NaN is neither smaller nor larger.
        smallest, largest = (min(smallest, value)), (max(largest, value))
    return smallest, largest


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
