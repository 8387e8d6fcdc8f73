"""ASAP's choice of annotations, labels and order, on top of our runs, to replay its rasters."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ground_truth.asap import NO_GROUP, Annotation
from ground_truth.raster import paint, winding_runs


def asap_raster(
    annotations: Sequence[Annotation],
    labels: Mapping[str, int],
    order: Sequence[str],
    size: tuple[int, int],
    level: int = 0,
    *,
    has_groups: bool,
    x0: int = 0,
) -> NDArray[np.uint8]:
    """Return ASAP's raster at a level: (rows, columns) uint8, from column x0 on.

    Without labels every annotation is 1; without order the larger label wins; with both a painter
    overwrites in order, label 0 included.
    """
    columns, rows = size[0] >> level, size[1] >> level
    keys = [a.group if has_groups else a.name for a in annotations]
    chosen: list[tuple[Annotation, int]]
    if not labels:
        chosen = [(annotation, 1) for annotation in annotations]
    elif not order:
        chosen = [
            (a, labels.get(key, 0))
            for a, key in zip(annotations, keys, strict=True)
            if not (has_groups and a.group == NO_GROUP)
        ]
        chosen.sort(key=lambda pair: pair[1])
        chosen = [pair for pair in chosen if pair[1] > 0]
    else:
        chosen = [
            (a, labels.get(name, 0))
            for name in order
            for a, key in zip(annotations, keys, strict=True)
            if key == name and not (has_groups and a.group == NO_GROUP)
        ]
    raster = np.zeros((rows, columns - x0), dtype=np.uint8)
    runs = winding_runs([a.vertices for a, _ in chosen], level, columns, rows)
    inside = runs.stop > x0
    shown = type(runs)(
        runs.outline[inside],
        runs.row[inside],
        np.maximum(runs.start[inside], x0),
        runs.stop[inside],
    )
    paint(raster, shown, [label & 255 for _, label in chosen], x0=x0)
    return raster
