"""Measures maximum Feret diameters: the largest distance between two points of a region."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ground_truth.raster import Runs

Ints = NDArray[np.int64]
Point = tuple[int, int]


def feret_diameters_px(
    pixels: Runs, regions: NDArray[np.int32], n_regions: int
) -> NDArray[np.float64]:
    """Return the diameter of the pixels inside each region, in pixels.

    A pixel counts with its whole square, so one pixel alone measures the square root of 2.

    Parameters
    ----------
    pixels
        What to measure, in raster order; every run lies within one region.
    regions : (m, 4) int32
        Row, first column, end column and label (1 to n_regions) of the regions' runs, in raster
        order.

    Returns
    -------
    (n_regions,) float64
        By label, from label 1 on; 0 where a region holds none of the pixels.
    """
    diameters = np.zeros(n_regions, dtype=np.float64)
    label = _labels_of(pixels, regions)
    for index in range(n_regions):
        chosen = np.flatnonzero(label == index + 1)
        if len(chosen):
            corners = _corners(pixels.row[chosen], pixels.start[chosen], pixels.stop[chosen])
            diameters[index] = _diameter(corners)
    return diameters


def _labels_of(pixels: Runs, regions: NDArray[np.int32]) -> Ints:
    """Return the label of the region that each run starts in, 0 for none."""
    if not len(regions):
        return np.zeros(len(pixels.row), dtype=np.int64)
    row, first, end, label = regions.astype(np.int64).T
    place = np.searchsorted((row << 32) | first, (pixels.row << 32) | pixels.start, side="right")
    before = np.maximum(place - 1, 0)
    is_inside = (place > 0) & (row[before] == pixels.row) & (pixels.start < end[before])
    found: Ints = np.where(is_inside, label[before], 0)
    return found


def _corners(row: Ints, start: Ints, stop: Ints) -> list[Point]:
    """Return the outermost corners of each row of pixels as (x, y), sorted."""
    rows, first = np.unique(row, return_index=True)
    left = np.minimum.reduceat(start, first)
    right = np.maximum.reduceat(stop, first)
    points = {
        (x, y + below)
        for side in (left.tolist(), right.tolist())
        for x, y in zip(side, rows.tolist(), strict=True)
        for below in (0, 1)
    }
    return sorted(points)


def _diameter(points: Sequence[Point]) -> float:
    hull = np.array([*_half_hull(points), *_half_hull(points[::-1])], dtype=np.int64)
    longest = 0
    for corner in hull:
        longest = max(longest, int(((hull - corner) ** 2).sum(axis=1).max()))
    return float(np.sqrt(longest))


def _half_hull(points: Sequence[Point]) -> list[Point]:
    """Return one side of the convex hull of sorted points (Andrew's monotone chain)."""
    hull: list[Point] = []
    for x, y in points:
        while len(hull) > 1:
            (x0, y0), (x1, y1) = hull[-2:]
            if (x1 - x0) * (y - y0) > (y1 - y0) * (x - x0):
                break
            hull.pop()
        hull.append((x, y))
    return hull
