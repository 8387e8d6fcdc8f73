"""Labels the regions of tumour outlines that detections are matched with.

The rule is CAMELYON16's evaluation mask: every level-5 pixel nearer to tumour than 37.5 um, holes
filled, regions labelled; a region whose ellipse is shorter than 275 um is ITC-sized and ignored.
Everything is computed on runs of pixels, with the same result as on rasters of the whole frame.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ground_truth.annotations import Outlines
from ground_truth.raster import (
    Runs,
    RunSet,
    Stroke,
    connected_parts,
    fill_outlines,
    union_of_runs,
    without_holes,
)
from ground_truth.types import EVALUATION_LEVEL

PROTOCOL_SPACING_UM = 0.243
"""The spacing CAMELYON16's evaluation script takes for every slide."""

GROWTH_UM = 75.0
"""Diameter that tumour grows by: tumour within 75 um of each other is one lesion (CAMELYON16)."""

ITC_LIMIT_UM = 275.0
"""Major axes below this are ITC-sized: the 200 um of isolated tumour cells plus the growth."""

LARGEST_SPAN_PX5 = 2**26
"""Three times the level-5 pixels of the largest CAMELYON16 slide (97,792 x 221,184)."""

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Region:
    """One labelled region; pixels are level 5, in the slide's frame.

    ``row5``, ``column5`` is a pixel of the region: the first of its topmost row.
    """

    label: int
    area_px5: int
    major_axis_px5: float
    is_itc_sized: bool
    row5: int
    column5: int


@dataclass(frozen=True, slots=True)
class Regions:
    """All regions of one slide at one spacing, labels 1..n in raster order.

    ``runs`` is (m, 4) int32: row, first column, end column (excluded), label of each stretch of
    labelled pixels at level 5, in raster order.
    """

    table: tuple[Region, ...]
    runs: NDArray[np.int32]


def find_regions(
    outlines: Outlines, spacing_um: float, size: tuple[int, int] | None = None
) -> Regions:
    """Label one slide's tumour at a spacing in um per level-0 pixel.

    Parameters
    ----------
    size
        The slide's (width, height) in level-0 pixels where it is measured: pixels beyond are
        background. None where it is not; then only negative coordinates are cut.

    Raises
    ------
    ValueError
        When the outlines span more than any slide does, or there are more than 65,535 regions.
    """
    return regions_of(_tumour_runs(outlines, size), spacing_um, _level_size(size))


def regions_of(tumour: Runs, spacing_um: float, level_size: tuple[int, int]) -> Regions:
    """Label tumour given as level-5 runs, in a frame of (columns, rows) level-5 pixels.

    Without a tumour pixel there is no region. Raises ValueError as `find_regions` does.
    """
    if not len(tumour.row):
        return Regions((), np.empty((0, 4), dtype=np.int32))
    radius_px5 = GROWTH_UM / (spacing_um * 2**EVALUATION_LEVEL * 2)
    near = without_holes(_grown(tumour, radius_px5, level_size), level_size[1])
    columns = (near.row, near.start, near.stop, connected_parts(near) + 1)
    runs = np.stack(columns, axis=1).astype(np.int32)
    table = _table(runs, ITC_LIMIT_UM / (spacing_um * 2**EVALUATION_LEVEL))
    if len(table) > np.iinfo(np.uint16).max:
        raise ValueError(f"{len(table)} regions are more than any slide has")
    return Regions(table, runs)


def runs_of(raster: Mask, x0: int = 0, y0: int = 0) -> Runs:
    """Return the stretches of True in raster order; ``raster[0, 0]`` is pixel (x0, y0)."""
    rows, columns = raster.shape
    padded = np.zeros((rows, columns + 2), dtype=np.int8)
    padded[:, 1:-1] = raster
    change = np.diff(padded.ravel())
    row, start = np.divmod(np.flatnonzero(change == 1), columns + 2)
    stop = np.flatnonzero(change == -1) % (columns + 2)
    return Runs(row + y0, start + x0, stop + x0, np.ones_like(row))


def _level_size(size: tuple[int, int] | None) -> tuple[int, int]:
    """Return the level-5 (columns, rows); without a measured size, enough for any slide."""
    if size is None:
        return 2**20, 2**20
    return size[0] >> EVALUATION_LEVEL, size[1] >> EVALUATION_LEVEL


def _tumour_runs(outlines: Outlines, size: tuple[int, int] | None) -> Runs:
    """Return tumour less what is cut out, as level-5 runs in raster order."""
    rings = [*outlines.tumour, *outlines.cut_out]
    strokes = [Stroke(1)] * len(outlines.tumour) + [Stroke(0)] * len(outlines.cut_out)
    return fill_outlines(rings, strokes, EVALUATION_LEVEL, *_level_size(size))


def _grown(tumour: Runs, radius_px5: float, size: tuple[int, int]) -> RunSet:
    """Return the pixels strictly nearer to tumour than the radius.

    Each run is widened in the rows above and below it by what a disc spans there: the same pixels
    as thresholding a distance transform, without one.
    """
    _check_span(tumour)
    reach = int(np.ceil(radius_px5))
    across = np.arange(reach + 1, dtype=np.float64)
    parts = []
    for offset in range(-reach, reach + 1):
        half_width = int(np.count_nonzero(np.sqrt(across**2 + offset**2) < radius_px5)) - 1
        if half_width >= 0:
            row = tumour.row + offset
            parts.append((row, tumour.start - half_width, tumour.stop + half_width))
    row, start, stop = (np.concatenate(part) for part in zip(*parts, strict=True))
    inside = np.flatnonzero((row >= 0) & (row < size[1]))
    return union_of_runs(
        row[inside], np.maximum(start[inside], 0), np.minimum(stop[inside], size[0])
    )


def _check_span(tumour: Runs) -> None:
    columns = int(tumour.stop.max() - tumour.start.min())
    rows = int(tumour.row[-1] - tumour.row[0]) + 1
    if rows * columns > LARGEST_SPAN_PX5:
        raise ValueError(f"the outlines span {columns * 32} x {rows * 32} pixels: no slide does")


def _table(runs: NDArray[np.int32], itc_limit_px5: float) -> tuple[Region, ...]:
    """Measure each region from its runs, which are in raster order."""
    ordered = runs[np.argsort(runs[:, 3], kind="stable")].astype(np.int64)
    begin = np.flatnonzero(np.diff(ordered[:, 3], prepend=0))
    regions = []
    for first, sums in zip(ordered[begin].tolist(), _sums(ordered, begin).T.tolist(), strict=True):
        axis = _major_axis(*sums)
        row, column, _, label = first
        regions.append(Region(label, sums[0], axis, axis < itc_limit_px5, row, column))
    return tuple(regions)


def _sums(runs: Ints, begin: Ints) -> Ints:
    """Return pixel count and sums of x, y, xx, xy, yy of each region, shape (6, n).

    x and y count from the region's first run, and the sums are exact, so that every machine gets
    the same last bit of what follows from them.
    """
    length = np.diff(np.append(begin, len(runs)))
    origin = np.repeat(runs[begin], length, axis=0)
    first, end = runs[:, 1] - origin[:, 1], runs[:, 2] - origin[:, 1]
    y, count = runs[:, 0] - origin[:, 0], end - first
    x = (first + end - 1) * count // 2
    xx = _squares_below(end) - _squares_below(first)
    terms = np.stack([count, x, count * y, xx, x * y, count * y * y])
    sums: Ints = np.add.reduceat(terms, begin, axis=1)
    return sums


def _major_axis(n: int, sum_x: int, sum_y: int, sum_xx: int, sum_xy: int, sum_yy: int) -> float:
    """Return the major axis of the ellipse with a region's second moments.

    It is 4 * sqrt(largest eigenvalue of the biased covariance of pixel positions).
    """
    var_x = (n * sum_xx - sum_x**2) / n**2
    var_y = (n * sum_yy - sum_y**2) / n**2
    cov = (n * sum_xy - sum_x * sum_y) / n**2
    half_difference = (var_x - var_y) / 2
    largest = (var_x + var_y) / 2 + float(np.sqrt(half_difference**2 + cov**2))
    return 4.0 * float(np.sqrt(largest))


def _squares_below(end: Ints) -> Ints:
    """Return the sum of k^2 for 0 <= k < end; for a negative end minus that over end <= k < 0."""
    return (end - 1) * end * (2 * end - 1) // 6
