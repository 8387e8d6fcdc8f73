"""Turns a patch-grid CSV into detections, by suppression around the patches' centres."""

from dataclasses import dataclass
from math import floor

import numpy as np
from numpy.typing import NDArray

from evaluator.archives import (
    ProblemPlace,
    Row,
    columns_of,
    confidence_in,
    decoded_text,
    has_width,
    looks_numeric,
    number_in,
    split_rows,
)
from evaluator.errors import Findings, ProblemCode
from evaluator.forms import CENTRE, DETECTION_COLUMNS, SlideSize, plain_table
from evaluator.heatmaps.suppression import MOST_COUNTED_POINTS
from evaluator.results import Suppression

Floats = NDArray[np.float64]
Cell = tuple[int, int]
Point = tuple[float, float]

MOST_PATCHES = 250_000
"""A slide of 100,000 x 200,000 pixels in patches of 284 without overlap."""

_AROUND = tuple((across, down) for across in (-1, 0, 1) for down in (-1, 0, 1))


@dataclass(frozen=True, slots=True, eq=False)
class Patches:
    """Scored patches of one slide: three arrays of shape (n,), float64, level-0 pixels.

    ``x`` and ``y`` are the patches' centres.
    """

    confidence: Floats
    x: Floats
    y: Floats


def read_patches(
    content: bytes, patch_size: float, anchor: str, size: SlideSize, place: ProblemPlace
) -> Patches | None:
    """Parse a patch grid; where it cannot be used, note problems and return None.

    Raises
    ------
    SubmissionError
        When the bytes are not UTF-8 text.
    """
    text = decoded_text(content, place.file)
    table = plain_table(text, MOST_PATCHES) if text[:1].isalpha() else None
    if table is None or not np.all(table[:, 0] <= 1.0):
        table = _checked_table(text, place.file, place.findings)
    if table is None:
        return None
    shift = 0.0 if anchor == CENTRE else patch_size / 2.0
    patches = Patches(table[:, 0].copy(), table[:, 1] + shift, table[:, 2] + shift)
    is_placed = _is_on_slide(patches, patch_size, size, place)
    return patches if is_placed and _is_unrepeated(patches, place) else None


def suppressed_patches(patches: Patches, suppression: Suppression) -> NDArray[np.int64]:
    """Return the indices of the reported patches in the order they are found, (n_found,) int64.

    The strongest above the threshold is reported and removes all centres in the half-open square
    [p - radius, p + radius) around it; equal ones go by y, then x.
    """
    kept: dict[Cell, list[Point]] = {}
    found: list[int] = []
    radius = suppression.radius
    above = np.flatnonzero(patches.confidence > suppression.threshold)
    order = np.lexsort((patches.x[above], patches.y[above], -patches.confidence[above]))
    chosen = above[order]
    places = zip(
        chosen.tolist(), patches.x[chosen].tolist(), patches.y[chosen].tolist(), strict=True
    )
    for index, x, y in places:
        # Cells of twice the radius, so that rounding never puts a neighbour two cells away.
        cell = (floor(x / (2.0 * radius)), floor(y / (2.0 * radius)))
        if _is_removed(x, y, cell, kept, radius):
            continue
        found.append(index)
        if len(found) == MOST_COUNTED_POINTS:
            break
        kept.setdefault(cell, []).append((x, y))
    return np.array(found, dtype=np.int64)


def _is_removed(
    x: float, y: float, cell: Cell, kept: dict[Cell, list[Point]], radius: float
) -> bool:
    return any(
        px - radius <= x < px + radius and py - radius <= y < py + radius
        for across, down in _AROUND
        for px, py in kept.get((cell[0] + across, cell[1] + down), ())
    )


def _checked_table(text: str, file: str, findings: Findings) -> Floats | None:
    found = split_rows(text, file, findings)
    first = next(found, None)
    if first is None:
        return np.empty((0, 3))
    place = ProblemPlace(findings, file, first.line)
    if any(looks_numeric(cell) for cell in first.cells):
        detail = "A patch grid needs a header that names x, y and score."
        place.problem(ProblemCode.MISSING_COLUMN, detail)
        return None
    columns = columns_of(first, DETECTION_COLUMNS, file, findings)
    if columns is None:
        return None
    kept: list[tuple[float, float, float]] = []
    n_faulty = 0
    for number, row in enumerate(found):
        if number == MOST_PATCHES:
            detail = f"More than {MOST_PATCHES:,} patches; leave out those without tissue."
            findings.problem(ProblemCode.TOO_MANY_PATCHES, detail, file)
            return None
        values = _values(row, columns, len(first.cells), ProblemPlace(findings, file, row.line))
        if values is None:
            n_faulty += 1
        else:
            kept.append(values)
    return None if n_faulty else np.array(kept, dtype=np.float64).reshape(-1, 3)


def _values(
    row: Row, columns: dict[str, int], width: int, place: ProblemPlace
) -> tuple[float, float, float] | None:
    if not has_width(row, width, place):
        return None
    cells = row.cells
    confidence = confidence_in(cells[columns["confidence"]], place)
    x = number_in(cells[columns["x"]], "x", place)
    y = number_in(cells[columns["y"]], "y", place)
    return None if confidence is None or x is None or y is None else (confidence, x, y)


def _is_on_slide(patches: Patches, patch_size: float, size: SlideSize, place: ProblemPlace) -> bool:
    """Whether the patches leave the slide by at most one patch; note a problem if not."""
    if not patches.x.size:
        return True
    half = patch_size / 2.0
    left, top = float(patches.x.min()) - half, float(patches.y.min()) - half
    right, bottom = float(patches.x.max()) + half, float(patches.y.max()) + half
    width, height = size.bounds
    is_there = min(left, top) >= -patch_size
    if is_there and right <= width + patch_size and bottom <= height + patch_size:
        return True
    place.findings.problem(
        ProblemCode.HEATMAP_OUTSIDE_SLIDE,
        f"The patches cover x from {left:.10g} to {right:.10g} and y from {top:.10g} to "
        f"{bottom:.10g}, the slide x from 0 to {width} and y from 0 to {height}: give level-0 "
        "pixels, x to the right, y down.",
        place.file,
    )
    return False


def _is_unrepeated(patches: Patches, place: ProblemPlace) -> bool:
    order = np.lexsort((patches.x, patches.y))
    x, y = patches.x[order], patches.y[order]
    again = np.flatnonzero((x[1:] == x[:-1]) & (y[1:] == y[:-1]))
    if not again.size:
        return True
    place.findings.problem(
        ProblemCode.REPEATED_PATCH,
        f"{again.size:,} patch(es) repeat a centre, such as ({x[again[0]]:.10g}, "
        f"{y[again[0]]:.10g}); keep one score each.",
        place.file,
    )
    return False
