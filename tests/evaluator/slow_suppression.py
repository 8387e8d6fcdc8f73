"""Takes the repeated maximum by the letter of its rule, one whole map at a time."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluator.heatmaps.suppression import Reach
from evaluator.results.parameters import Ties


def slow_repeated_maximum(
    values: NDArray[Any], cutoff: float, reach: Reach, ties: Ties
) -> list[int]:
    """Return flat positions in the order found."""
    left = values.astype(np.float64)
    depth = slow_depths(left) if ties is Ties.INTERIOR else np.zeros(left.shape)
    found: list[int] = []
    while left.max() > cutoff:
        equal = np.argwhere(left == left.max()).tolist()
        row, column = min(equal, key=lambda at: (-depth[at[0], at[1]], at))
        found.append(row * left.shape[1] + column)
        top, first = max(0, row - reach.rows), max(0, column - reach.columns)
        left[top : row + reach.rows, first : column + reach.columns] = 0.0
    return found


def slow_depths(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return each pixel's chessboard distance to another value or the outside."""
    rows, columns = values.shape
    found = np.zeros(values.shape, dtype=np.int64)
    for row in range(rows):
        for column in range(columns):
            distance = 1
            while _is_plain(values, row, column, distance):
                distance += 1
            found[row, column] = distance
    return found


def _is_plain(values: NDArray[np.float64], row: int, column: int, distance: int) -> bool:
    rows, columns = values.shape
    if row < distance or column < distance:
        return False
    if row + distance >= rows or column + distance >= columns:
        return False
    around = values[row - distance : row + distance + 1, column - distance : column + distance + 1]
    return bool((around == values[row, column]).all())
