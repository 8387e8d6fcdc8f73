"""Turns heatmaps into detections: smooths if asked, then takes the repeated maximum."""

from dataclasses import dataclass
from math import floor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluator.forms import Geometry, SlideSize
from evaluator.heatmaps.suppression import Reach, repeated_maximum
from evaluator.results import Suppression

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Heatmap:
    """Confidences of one slide.

    Attributes
    ----------
    values : (rows, columns) uint8, uint16, float32 or float64
        Contiguous, native byte order, no NaN, between 0 and `maximum`.
    maximum : float
        The value that stands for confidence 1; it is 1 where values are floats.
    """

    values: NDArray[Any]
    maximum: float


@dataclass(frozen=True, slots=True, eq=False)
class StrongestDetections:
    """The strongest detections of one slide, strongest first, and the number of all.

    Three arrays of shape (n,), float64; x to the right and y down in level-0 pixels.
    """

    confidence: Floats
    x: Floats
    y: Floats
    n_found: int


def detections_of(
    heatmap: Heatmap, geometry: Geometry, suppression: Suppression, size: SlideSize, most: int
) -> StrongestDetections:
    """Take detections from a heatmap; points outside the slide are dropped.

    Parameters
    ----------
    most : int
        The weakest are left out beyond this many.

    Raises
    ------
    ValueError
        When the radius is below one map pixel.
    """
    reach = reach_of(suppression.radius, geometry)
    if min(reach.rows, reach.columns) < 1:
        raise ValueError(f"a radius of {suppression.radius} is below one map pixel")
    if suppression.sigma > 0.0:
        heatmap = smoothed(heatmap, geometry, suppression.sigma)
    cutoff = cutoff_of(heatmap, suppression.threshold)
    at = repeated_maximum(heatmap.values, cutoff, reach, suppression.ties)
    row, column = np.divmod(at, heatmap.values.shape[1])
    x, y = geometry.points(row, column)
    # A sum of weights can miss 1 by its last bit.
    strongest = heatmap.values.reshape(-1)[at].astype(np.float64) / heatmap.maximum
    return strongest_on_slide(np.minimum(strongest, 1.0), x, y, size, most)


def reach_of(radius: float, geometry: Geometry) -> Reach:
    """Return a radius of level-0 pixels in map pixels by axis, rounded half up."""
    return Reach(
        rows=floor(radius / geometry.stride_y + 0.5),
        columns=floor(radius / geometry.stride_x + 0.5),
    )


def smoothed(heatmap: Heatmap, geometry: Geometry, sigma: float) -> Heatmap:
    """Smooth in double precision by scipy's Gaussian; sigma in level-0 pixels."""
    from scipy.ndimage import gaussian_filter  # few submissions smooth

    confidence = heatmap.values.astype(np.float64) / heatmap.maximum
    spread = (sigma / geometry.stride_y, sigma / geometry.stride_x)
    return Heatmap(np.asarray(gaussian_filter(confidence, spread)), 1.0)


def cutoff_of(heatmap: Heatmap, threshold: float) -> float:
    """Return the largest value of the map's own type whose confidence is not above a threshold.

    Comparing values with it is the same as comparing confidences, in double precision, with the
    threshold.
    """
    kind = heatmap.values.dtype
    if kind.kind == "f":
        nearest = kind.type(threshold)
        return float(
            nearest if float(nearest) <= threshold else np.nextafter(nearest, kind.type(0))
        )
    value = floor(threshold * heatmap.maximum)
    while (value + 1) / heatmap.maximum <= threshold:
        value += 1
    while value / heatmap.maximum > threshold:
        value -= 1
    return min(value, int(np.iinfo(kind).max))


def strongest_on_slide(
    confidence: Floats, x: Floats, y: Floats, size: SlideSize, most: int
) -> StrongestDetections:
    """Drop points outside the slide, then the weakest beyond `most`; order is kept.

    Parameters
    ----------
    confidence, x, y : (n,) float64
        Strongest first; x and y in level-0 pixels.
    """
    width, height = size.bounds
    is_inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    kept = np.flatnonzero(is_inside)
    first = kept[:most]
    return StrongestDetections(confidence[first], x[first], y[first], int(kept.size))
