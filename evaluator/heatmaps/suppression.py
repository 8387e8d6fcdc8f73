"""Finds the strongest points of a heatmap, each of which clears the square around it.

The rule is that of NCRF's extraction of tumour locations: take the highest value above the
threshold, report its pixel, set the half-open square around it to zero, repeat. Sorting the pixels
once and walking down gives exactly that list.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluator.heatmaps.plateaus import depths
from evaluator.results import Ties

Positions = NDArray[np.int64]

MOST_COUNTED_POINTS = 100_000
"""Most points of one heatmap that are counted; a map with more is noise at this radius."""

_FIRST_BLOCK = 256
_LARGEST_BLOCK = 8192
_KEY_BITS = 63


@dataclass(frozen=True, slots=True)
class Reach:
    """Half sides of the cleared square in map pixels, each at least 1."""

    rows: int
    columns: int


def repeated_maximum(values: NDArray[Any], cutoff: float, reach: Reach, ties: Ties) -> Positions:
    """Return the flat positions of the reported pixels in the order they are found.

    Parameters
    ----------
    values : (rows, columns) uint8, uint16, float32 or float64
        No NaN, nothing negative.
    cutoff : float
        Only values strictly above are reported; exact in the dtype of `values`.
    reach : Reach
        A pixel at (row, column) clears rows [row - reach.rows, row + reach.rows) and likewise
        columns, clipped to the map.
    ties : Ties
        The order of equal values.

    Returns
    -------
    (n,) int64
        At most `MOST_COUNTED_POINTS`.
    """
    flat = values.reshape(-1)
    at = np.flatnonzero(flat > flat.dtype.type(cutoff))
    if not at.size:
        return at
    depth = depths(values, at) if ties is Ties.INTERIOR else np.ones(at.size, dtype=np.int64)
    return _walk(at[_order(_strength(flat[at]), depth)], values.shape, reach)


def _strength(values: NDArray[Any]) -> Positions:
    """Return integers in the order of the values; for floats of at least 0 these are their bits."""
    is_float = values.dtype.kind == "f"
    plain: NDArray[Any] = values.view(f"i{values.dtype.itemsize}") if is_float else values
    found: Positions = plain.astype(np.int64)
    return found


def _order(strength: Positions, depth: Positions) -> Positions:
    """Sort by falling strength, falling depth and rising position."""
    weakness: Positions = np.subtract(strength.max(), strength)
    shallowness: Positions = np.subtract(depth.max(), depth)
    position_bits = int(strength.size - 1).bit_length()
    depth_bits = int(shallowness.max()).bit_length()
    if int(weakness.max()).bit_length() + depth_bits + position_bits > _KEY_BITS:
        return np.asarray(np.lexsort((shallowness, weakness)), dtype=np.int64)
    # One sort of plain integers is several times faster than a sort of positions by their keys.
    weakness <<= depth_bits
    weakness |= shallowness
    weakness <<= position_bits
    weakness |= np.arange(strength.size)
    weakness.sort()
    weakness &= (1 << position_bits) - 1
    return weakness


def _walk(ordered: Positions, shape: tuple[int, ...], reach: Reach) -> Positions:
    columns = shape[1]
    cleared = bytearray(shape[0] * columns)
    flat = np.frombuffer(cleared, dtype=np.uint8)
    frame = flat.reshape(shape)
    found: list[int] = []
    start, block = 0, _FIRST_BLOCK
    while start < ordered.size and len(found) < MOST_COUNTED_POINTS:
        some = ordered[start : start + block]
        alive = some[flat[some] == 0].tolist()
        for position in alive:
            if cleared[position]:
                continue
            found.append(position)
            row, column = divmod(position, columns)
            top, left = row - reach.rows, column - reach.columns
            frame[
                max(0, top) : row + reach.rows,
                max(0, left) : column + reach.columns,
            ] = 1
        start += block
        block = min(2 * block, _LARGEST_BLOCK)
    return np.array(found[:MOST_COUNTED_POINTS], dtype=np.int64)
