"""Finds a point inside a polygon: the middle of its widest stretch on a line across it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Ring = NDArray[np.float64]


def interior_point(rings: Sequence[Ring]) -> tuple[float, float] | None:
    """Return an (x, y) inside a polygon with holes, or None where it has no area on that line.

    The line runs half way between the two vertex heights next to the middle of the polygon, so
    that it meets no vertex; a point is inside where an odd number of ring crossings is left of it.

    Parameters
    ----------
    rings : sequence of (n, 2) float64
        Outline and holes as (x, y), closed or not.
    """
    heights = np.concatenate([ring[:, 1] for ring in rings])
    middle = (heights.min() + heights.max()) / 2.0
    above, below = heights[heights <= middle], heights[heights > middle]
    if not below.size:
        return None
    y = float((above.max() + below.min()) / 2.0)
    crossings = np.sort(np.concatenate([_crossings(ring, y) for ring in rings]))
    starts, stops = crossings[: crossings.size // 2 * 2 : 2], crossings[1::2]
    if not starts.size or not (stops > starts).any():
        return None
    widest = int((stops - starts).argmax())
    return float((starts[widest] + stops[widest]) / 2.0), y


def _crossings(ring: Ring, y: float) -> NDArray[np.float64]:
    x0, y0 = ring[:, 0], ring[:, 1]
    x1, y1 = np.roll(x0, -1), np.roll(y0, -1)
    is_crossed = (y0 <= y) != (y1 <= y)
    part = (y - y0[is_crossed]) / (y1 - y0)[is_crossed]
    return np.asarray(x0[is_crossed] + part * (x1 - x0)[is_crossed])
