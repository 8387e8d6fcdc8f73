"""Tumour outlines to the labelled regions that detections are matched with.

The rule is CAMELYON16's evaluation mask: every level-5 pixel nearer to tumour than 37.5 um, holes
filled, regions labelled; a region whose ellipse is shorter than 275 um is ITC-sized and ignored.
Only a crop around the tumour is ever held, and it gives what the whole frame would.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ground_truth.raster import Runs, paint, winding_runs
from ground_truth.roles import Outlines
from ground_truth.types import EVALUATION_LEVEL

PROTOCOL_SPACING_UM = 0.243
"""The spacing CAMELYON16's evaluation script takes for every slide."""

GROWTH_UM = 75.0
"""Diameter that tumour grows by: tumour within 75 um of each other is one lesion (CAMELYON16)."""

ITC_LIMIT_UM = 275.0
"""Major axes below this are ITC-sized: the 200 um of isolated tumour cells plus the growth."""

LARGEST_CROP_PX = 2**26
"""Three times the level-5 pixels of the largest CAMELYON16 slide (97,792 x 221,184)."""

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

_FOUR_CONNECTED = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]])
_EIGHT_CONNECTED = np.ones((3, 3), dtype=np.int64)


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
    near, x0, y0 = _grown(tumour, radius_px5, level_size)
    runs = _label_runs(_labelled(near), x0, y0)
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
    return Runs(np.zeros_like(row), row + y0, start + x0, stop + x0)


def _level_size(size: tuple[int, int] | None) -> tuple[int, int]:
    """Return the level-5 (columns, rows); where no size is measured, as much as may be needed."""
    if size is None:
        return 2**20, 2**20
    return size[0] >> EVALUATION_LEVEL, size[1] >> EVALUATION_LEVEL


def _tumour_runs(outlines: Outlines, size: tuple[int, int] | None) -> Runs:
    """Return tumour less what is cut out, as level-5 runs in raster order."""
    rings = [*outlines.tumour, *outlines.cut_out]
    runs = winding_runs(rings, EVALUATION_LEVEL, *_level_size(size))
    if not len(runs.row):
        return runs
    x0, y0 = int(runs.start.min()), int(runs.row.min())
    columns, rows = int(runs.stop.max()) - x0, int(runs.row.max()) + 1 - y0
    raster = np.zeros(_checked_shape(rows, columns), dtype=np.uint8)
    paint(raster, runs, [1] * len(outlines.tumour) + [0] * len(outlines.cut_out), x0, y0)
    return runs_of(raster.view(np.bool_), x0, y0)


def _checked_shape(rows: int, columns: int) -> tuple[int, int]:
    if rows * columns > LARGEST_CROP_PX:
        raise ValueError(f"the outlines span {columns * 32} x {rows * 32} pixels: no slide does")
    return rows, columns


def _grown(tumour: Runs, radius_px5: float, size: tuple[int, int]) -> tuple[Mask, int, int]:
    """Return the pixels strictly nearer to tumour than the radius, as a crop and its (x0, y0).

    Each run is widened in the rows above and below it by what a disc spans there: the same pixels
    as thresholding a distance transform, without one. A margin of background stays around them
    except at the slide's own borders, so that holes open to the outside stay open.
    """
    reach = int(np.ceil(radius_px5))
    x0, y0 = max(int(tumour.start.min()) - reach - 1, 0), max(int(tumour.row.min()) - reach - 1, 0)
    columns = min(int(tumour.stop.max()) + reach + 1, size[0]) - x0
    rows = min(int(tumour.row.max()) + reach + 2, size[1]) - y0
    near = np.zeros(_checked_shape(rows, columns), dtype=np.bool_)
    start, stop = tumour.start - x0, tumour.stop - x0
    for offset in range(-reach, reach + 1):
        across = np.arange(reach + 1, dtype=np.float64)
        half_width = int(np.count_nonzero(np.sqrt(across**2 + offset**2) < radius_px5)) - 1
        row = tumour.row - y0 + offset
        inside = (row >= 0) & (row < rows) & (half_width >= 0)
        places = (row[inside], np.maximum(start[inside] - half_width, 0), stop[inside] + half_width)
        for at, first, end in zip(*(place.tolist() for place in places), strict=True):
            near[at, first:end] = True
    return near, x0, y0


def _labelled(near: Mask) -> NDArray[np.int32]:
    """Fill holes (background 4-connected) and label regions (8-connected) in raster order."""
    background, _ = ndimage.label(~near, _FOUR_CONNECTED)
    border = (background[0], background[-1], background[:, 0], background[:, -1])
    is_filled = np.ones(int(background.max()) + 1, dtype=np.bool_)
    is_filled[np.concatenate(border)] = False
    is_filled[0] = True
    labels, _ = ndimage.label(is_filled[background], _EIGHT_CONNECTED)
    return np.asarray(labels, dtype=np.int32)


def _label_runs(labels: NDArray[np.int32], x0: int, y0: int) -> NDArray[np.int32]:
    # Neighbours in a row are connected, so a stretch of labelled pixels has one label.
    runs = runs_of(labels > 0, x0, y0)
    found = labels[runs.row - y0, runs.start - x0]
    return np.stack([runs.row, runs.start, runs.stop, found], axis=1).astype(np.int32)


def _table(runs: NDArray[np.int32], itc_limit_px5: float) -> tuple[Region, ...]:
    """Measure each region from its runs."""
    regions = []
    order = np.argsort(runs[:, 3], kind="stable")
    for part in np.split(runs[order], np.flatnonzero(np.diff(runs[order, 3])) + 1):
        row, column, _, label = part[0].tolist()
        area, axis = _area_and_axis(part.astype(np.int64))
        regions.append(Region(label, area, axis, axis < itc_limit_px5, row, column))
    return tuple(regions)


def _area_and_axis(runs: Ints) -> tuple[int, float]:
    """Return a region's pixel count and the major axis of the ellipse with its second moments.

    The axis is 4 * sqrt(largest eigenvalue of the biased covariance of pixel positions). Sums are
    exact integers, so that every machine gets the same last bit.
    """
    first, end = runs[:, 1] - runs[0, 1], runs[:, 2] - runs[0, 1]
    y, count = runs[:, 0] - runs[0, 0], end - first
    n, sum_y, sum_yy = (int((count * y**power).sum()) for power in (0, 1, 2))
    line_x = (first + end - 1) * count // 2
    sum_x, sum_xy = int(line_x.sum()), int((line_x * y).sum())
    sum_xx = int((_squares_below(end) - _squares_below(first)).sum())
    var_x = (n * sum_xx - sum_x**2) / n**2
    var_y = (n * sum_yy - sum_y**2) / n**2
    cov = (n * sum_xy - sum_x * sum_y) / n**2
    half_difference = (var_x - var_y) / 2
    largest = (var_x + var_y) / 2 + float(np.sqrt(half_difference**2 + cov**2))
    return n, 4.0 * float(np.sqrt(largest))


def _squares_below(end: Ints) -> Ints:
    """Return the sum of k^2 for 0 <= k < end; for a negative end minus that over end <= k < 0."""
    return (end - 1) * end * (2 * end - 1) // 6
