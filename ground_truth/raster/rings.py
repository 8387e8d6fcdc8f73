"""Traces labelled regions along the sides of their pixels, as rings of corners."""

import numpy as np
from numpy.typing import NDArray

from ground_truth.types import EVALUATION_LEVEL, EvaluationMask

Ring = NDArray[np.int64]
Corner = tuple[int, int]

_SIDE_PX = 2**EVALUATION_LEVEL


def region_rings(mask: EvaluationMask, label: int) -> tuple[Ring, ...]:
    """Return the outer rings of one region, clockwise on the screen, not repeated at the end.

    Each has shape (n, 2): level-0 (x, y) of the corners of its level-5 pixels, which stand for 32 x
    32 level-0 pixels. Parts that touch only at a corner have a ring each; regions have no holes.
    """
    rows, columns = np.nonzero(mask.labels == label)
    if not len(rows):
        return ()
    top, left = int(rows.min()), int(columns.min())
    window = mask.labels[top : int(rows.max()) + 1, left : int(columns.max()) + 1] == label
    following = _sides(np.pad(window, 1))
    origin = np.array([left + mask.x0 - 1, top + mask.y0 - 1])
    rings = []
    while following:
        ring = np.array(_corners_only(_walk(following)), dtype=np.int64)
        rings.append((ring + origin) * _SIDE_PX)
    return tuple(rings)


def _sides(is_inside: NDArray[np.bool_]) -> dict[Corner, list[Corner]]:
    """Return, by corner, where sides with the region to their right lead."""
    following: dict[Corner, list[Corner]] = {}
    above, left = np.zeros_like(is_inside), np.zeros_like(is_inside)
    above[1:], left[:, 1:] = is_inside[:-1], is_inside[:, :-1]
    horizontal = is_inside.astype(np.int8) - above
    vertical = is_inside.astype(np.int8) - left
    for change, steps in ((horizontal, ((1, 0), (-1, 0))), (vertical, ((0, -1), (0, 1)))):
        for sign, (step_x, step_y) in zip((1, -1), steps, strict=True):
            for y, x in np.argwhere(change == sign).tolist():
                # A side runs from its first corner, or back to it.
                start = (x - min(step_x, 0), y - min(step_y, 0))
                following.setdefault(start, []).append((start[0] + step_x, start[1] + step_y))
    return following


def _walk(following: dict[Corner, list[Corner]]) -> list[Corner]:
    """Take one closed ring out of the sides; where two meet, turn right to stay on one part."""
    start = next(iter(following))
    ring, here, came = [start], start, (0, 0)
    while True:
        choices = following[here]
        step = max(choices, key=lambda there: _turn(came, here, there))
        choices.remove(step)
        if not choices:
            del following[here]
        came, here = (step[0] - here[0], step[1] - here[1]), step
        if here == start:
            return ring
        ring.append(here)


def _turn(came: Corner, here: Corner, there: Corner) -> int:
    """Return 1 for a turn to the right, -1 for one to the left (y runs down)."""
    return came[0] * (there[1] - here[1]) - came[1] * (there[0] - here[0])


def _corners_only(ring: list[Corner]) -> list[Corner]:
    """Drop the points at which a ring goes straight on."""
    before = [ring[-1], *ring[:-1]]
    after = [*ring[1:], ring[0]]
    return [
        here
        for previous, here, following in zip(before, ring, after, strict=True)
        if _turn((here[0] - previous[0], here[1] - previous[1]), here, following)
    ]
