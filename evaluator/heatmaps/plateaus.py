"""Measures how deep inside an area of one value each pixel lies, by chessboard distance."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Positions = NDArray[np.int64]

ROUNDS_OF_PEELING = 32
"""Areas deeper than this are searched by sums over squares, in a table of the whole frame."""

DENSE_FRAME_FACTOR = 8
"""Peeling is left out too where the frame is less than this many times larger than the inside."""


def depths(values: NDArray[Any], at: Positions) -> Positions:
    """Return the chessboard distance from each pixel to the nearest one of another value.

    Parameters
    ----------
    values : (rows, columns) array
        Without NaN; what lies outside counts as another value.
    at : (n,) int64
        Flat positions of the pixels asked for. They must include every pixel whose value is among
        theirs, unless its area touches none of theirs.

    Returns
    -------
    (n,) int64
        At least 1. A distance above k means that the square of 2 k + 1 pixels around it is of one
        value and inside the frame.
    """
    found = np.ones(at.size, dtype=np.int64)
    inside = _with_equal_neighbours(values, at)
    if not inside.size:
        return found
    columns = values.shape[1]
    is_inside = np.zeros(values.size, dtype=bool)
    is_inside[at[inside]] = True
    for _ in range(ROUNDS_OF_PEELING):
        if DENSE_FRAME_FACTOR * inside.size > values.size:
            break
        found[inside] += 1
        kept = _with_neighbours_inside(is_inside, at[inside], columns)
        is_inside[at[inside[~kept]]] = False
        inside = inside[kept]
        if not inside.size:
            return found
    found[inside] += _distances(is_inside.reshape(values.shape), at[inside])
    return found


def _with_equal_neighbours(values: NDArray[Any], at: Positions) -> Positions:
    """Return the indices in `at` of pixels with eight neighbours, all of their own value."""
    rows, columns = values.shape
    row, column = np.divmod(at, columns)
    is_away = (row > 0) & (row < rows - 1) & (column > 0) & (column < columns - 1)
    kept = np.flatnonzero(is_away)
    flat = values.reshape(-1)
    for step in _steps(columns):
        kept = kept[flat[at[kept] + step] == flat[at[kept]]]
    return kept


def _with_neighbours_inside(
    is_inside: NDArray[np.bool_], at: Positions, columns: int
) -> NDArray[np.bool_]:
    kept = np.ones(at.size, dtype=bool)
    for step in _steps(columns):
        kept &= is_inside[at + step]
    return kept


def _steps(columns: int) -> tuple[int, ...]:
    """Return the steps to the eight neighbours; straight ones first, which differ most often."""
    return (1, -columns, -1, columns, 1 - columns, -1 - columns, columns - 1, columns + 1)


def _distances(is_inside: NDArray[np.bool_], at: Positions) -> Positions:
    """Search, for all pixels at once, the largest square around each that is inside altogether."""
    row, column = np.divmod(at, is_inside.shape[1])
    # One pixel around the crop is outside, since the frame's border never is inside.
    top, left = int(row.min()) - 1, int(column.min()) - 1
    crop = is_inside[top : int(row.max()) + 2, left : int(column.max()) + 2]
    row, column = row - top, column - left
    sums = _sums_before(crop)
    low = np.ones(at.size, dtype=np.int64)
    high = np.minimum.reduce([row, column, crop.shape[0] - 1 - row, crop.shape[1] - 1 - column]) + 1
    while (is_open := np.flatnonzero(high - low > 1)).size:
        middle = (low[is_open] + high[is_open]) >> 1
        # A distance above k needs the square that reaches k pixels each way.
        is_full = (
            _square_sums(sums, row[is_open], column[is_open], middle - 1) == (2 * middle - 1) ** 2
        )
        low[is_open[is_full]] = middle[is_full]
        high[is_open[~is_full]] = middle[~is_full]
    return low


def _sums_before(crop: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Return the number of pixels inside, above and left of each corner."""
    sums = np.zeros((crop.shape[0] + 1, crop.shape[1] + 1), dtype=np.int32)
    np.cumsum(crop, axis=0, dtype=np.int32, out=sums[1:, 1:])
    np.cumsum(sums[1:, 1:], axis=1, out=sums[1:, 1:])
    return sums


def _square_sums(
    sums: NDArray[np.int32], row: Positions, column: Positions, reach: Positions
) -> NDArray[np.int32]:
    top, bottom, left, right = row - reach, row + reach + 1, column - reach, column + reach + 1
    return np.asarray(
        sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left],
        dtype=np.int32,
    )
