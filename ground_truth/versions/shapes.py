"""Turns what a truth version holds into named rings and points for other tools."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ground_truth.annotations import Outlines
from ground_truth.raster import region_rings
from ground_truth.types import EvaluationMask

Colour = tuple[int, int, int]

LESION, ITC_SIZED = "lesion", "ITC-sized region"
COLOURS: Mapping[str, Colour] = {
    LESION: (200, 0, 0),
    ITC_SIZED: (230, 160, 0),
}
_TUMOUR_COLOUR = (200, 0, 0)
_CUT_OUT_COLOUR = (0, 120, 200)

PIXEL_EDGE_OF_ASAP_PX = -0.5
"""ASAP asks whether a pixel's number lies within a ring, so an edge between pixels n - 1 and n is
at n - 0.5; tools that take a pixel for a square from n to n + 1 have it at n."""


@dataclass(frozen=True, slots=True)
class Shape:
    """One annotation.

    Attributes
    ----------
    group : str
        Its class in QuPath, its group in ASAP.
    rings : sequence of (n, 2) float64
        Level-0 (x, y), each ring not repeated at its end; together they are one thing. A single
        ring of one vertex is a point.
    edge_px : float
        What ASAP's reading of pixels adds to both coordinates.
    """

    name: str
    group: str
    colour: Colour
    rings: Sequence[NDArray[np.float64]]
    measurements: Mapping[str, float] = field(default_factory=dict)
    edge_px: float = 0.0

    @property
    def is_point(self) -> bool:
        """True for a shape without an area."""
        return len(self.rings) == 1 and len(self.rings[0]) == 1


def lesion_shapes(mask: EvaluationMask) -> list[Shape]:
    """Return a shape for each region of a slide, in the order of labels."""
    shapes = []
    for label in range(1, len(mask.is_itc_sized)):
        group = ITC_SIZED if mask.is_itc_sized[label] else LESION
        shapes.append(region_shape(mask, label, f"{group} {label}", group, COLOURS[group]))
    return shapes


def region_shape(mask: EvaluationMask, label: int, name: str, group: str, colour: Colour) -> Shape:
    """Return the shape of one region."""
    measurements = {"label": float(label)}
    if mask.feret_um is not None:
        measurements["Feret diameter um"] = float(mask.feret_um[label])
    rings = [ring.astype(np.float64) for ring in region_rings(mask, label)]
    return Shape(name, group, colour, rings, measurements, PIXEL_EDGE_OF_ASAP_PX)


def outline_shapes(outlines: Outlines, tumour_group: str, cut_out_group: str) -> list[Shape]:
    """Return a shape for each stored ring, tumour first, in the groups given."""
    roles = (
        (tumour_group, _TUMOUR_COLOUR, outlines.tumour),
        (cut_out_group, _CUT_OUT_COLOUR, outlines.cut_out),
    )
    return [
        Shape(f"{group} {number}", group, colour, [ring.astype(np.float64)])
        for group, colour, rings in roles
        for number, ring in enumerate(rings, start=1)
    ]
