"""Reads one slide's detection CSV: confidence and level-0 (x, y) of every reported point."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluator.archives import (
    CONFIDENCE_NAMES,
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
from evaluator.errors import Findings, ProblemCode, SubmissionError
from evaluator.forms.geometry import UNMEASURED_BOUND

MAX_CSV_BYTES = 4 * 2**20
"""Ten thousand rows of 400 bytes; bounds the work that a hostile file can cause."""
MAX_ROWS = 10_000
MAX_LINES = 2 * MAX_ROWS + 2
DETECTION_COLUMNS = {
    "confidence": CONFIDENCE_NAMES,
    "x": frozenset({"x", "x_coord"}),
    "y": frozenset({"y", "y_coord"}),
}
_IN_ORDER = {"confidence": 0, "x": 1, "y": 2}

_PLAIN_HEADERS = {
    "confidence,x,y": (0, 1, 2),
    "x,y,confidence": (2, 0, 1),
    "x,y,score": (2, 0, 1),
}
_ROW_END = b",,\n"
_PARTS_OF_NUMBERS = b"0123456789.eE+-"
_AS_ZERO_AND_MINUS = bytes.maketrans(b"0123456789E+", b"0" * 10 + b"e-")
_TOO_LONG = b"0" * 21
_TOO_LARGE = (b"e0000", b"e-0000")
"""Exponents of more digits than a number may have."""


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """Detections of one slide with confidence above 0, in the order of the file.

    Three arrays of shape (n,), float64; x to the right and y down in level-0 pixels.
    """

    confidence: NDArray[np.float64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DetectionBounds:
    """Limits of a detection file; sizes in level-0 pixels, None where unmeasured."""

    width: int | None
    height: int | None
    max_detections: int


def read_detections(
    content: bytes, bounds: DetectionBounds, file: str, findings: Findings
) -> Detections:
    """Parse one detection CSV; its problems go to `findings`.

    An empty file, or one with a header only, holds zero detections.
    """
    try:
        text = decoded_text(content, file)
    except SubmissionError as error:
        findings.merge(error)
        return _detections(np.empty((0, 3)))
    table = plain_table(text, MAX_ROWS)
    if table is None and text.count("\n") > MAX_LINES:
        _report_too_many(f"More than {MAX_LINES:,} lines", MAX_ROWS, file, findings)
        return _detections(np.empty((0, 3)))
    if table is None or not _is_within(table, bounds):
        table = _checked_table(text, bounds, file, findings)
    detections = _detections(table)
    if detections.confidence.size > bounds.max_detections:
        found = f"{detections.confidence.size:,} detections"
        _report_too_many(found, bounds.max_detections, file, findings)
    return detections


def plain_table(text: str, most_rows: int) -> NDArray[np.float64] | None:
    """Parse the common form at once: three columns, commas, no quotes or blanks.

    Returns
    -------
    (n, 3) float64 or None
        Confidence, x and y; None for any other form, which is then read line by line.
    """
    header, _, rest = text.partition("\n")
    order = _PLAIN_HEADERS.get(header)
    table = _plain_rows(text if order is None else rest, most_rows)
    return table if table is None or order is None else table[:, list(order)]


def _plain_rows(body: str, most_rows: int) -> NDArray[np.float64] | None:
    """Parse rows of three numbers; None for any other form, and for more rows.

    What is accepted here is accepted line by line too: the separators alone determine the columns,
    numbers and exponents have no more digits than there, and NumPy's reader refuses whatever else
    is no number. It gives each number the same value as Python's float.
    """
    content = body.encode("utf-8")
    separators = content.translate(None, _PARTS_OF_NUMBERS).removesuffix(b"\n") + b"\n"
    n_rows = len(separators) // len(_ROW_END)
    if n_rows > most_rows or separators != _ROW_END * n_rows:
        return None
    shape = content.translate(_AS_ZERO_AND_MINUS)
    if _TOO_LONG in shape or (b"e" in shape and any(part in shape for part in _TOO_LARGE)):
        return None
    try:
        return np.loadtxt(body.splitlines(), delimiter=",", comments=None, ndmin=2)
    except ValueError:
        return None


def _detections(table: NDArray[np.float64]) -> Detections:
    is_reported = table[:, 0] > 0.0
    reported = table if np.all(is_reported) else table[is_reported]
    return Detections(*(np.ascontiguousarray(column) for column in reported.T))


def _is_within(table: NDArray[np.float64], bounds: DetectionBounds) -> bool:
    top = (
        1.0,
        np.nextafter(bounds.width or UNMEASURED_BOUND, 0),
        np.nextafter(bounds.height or UNMEASURED_BOUND, 0),
    )
    return table.min() >= 0.0 and bool(np.all(table.max(axis=0) <= top))


def _checked_table(
    text: str, bounds: DetectionBounds, file: str, findings: Findings
) -> NDArray[np.float64]:
    found = split_rows(text, file, findings)
    first = next(found, None)
    if first is None:
        return np.empty((0, 3))
    if any(looks_numeric(cell) for cell in first.cells):
        return _rows_table(
            _chained(first, found), _IN_ORDER, 3, bounds, ProblemPlace(findings, file, 0)
        )
    columns = columns_of(first, DETECTION_COLUMNS, file, findings)
    if columns is None:
        return np.empty((0, 3))
    place = ProblemPlace(findings, file, 0)
    return _rows_table(found, columns, len(first.cells), bounds, place)


def _chained(first: Row, rest: Iterator[Row]) -> Iterator[Row]:
    yield first
    yield from rest


def _rows_table(
    found: Iterator[Row],
    columns: dict[str, int],
    width: int,
    bounds: DetectionBounds,
    file: ProblemPlace,
) -> NDArray[np.float64]:
    kept: list[tuple[float, float, float]] = []
    outside: list[tuple[float, float]] = []
    for n_before, row in enumerate(found):
        if n_before == MAX_ROWS:
            _report_too_many(f"More than {MAX_ROWS:,} rows", MAX_ROWS, file.file, file.findings)
            return np.empty((0, 3))
        place = ProblemPlace(file.findings, file.file, row.line)
        if not has_width(row, width, place):
            continue
        confidence = confidence_in(row.cells[columns["confidence"]], place)
        x = number_in(row.cells[columns["x"]], "x", place)
        y = number_in(row.cells[columns["y"]], "y", place)
        is_inside_x = x is not None and _is_on_axis("x", x, bounds.width, place)
        is_inside_y = y is not None and _is_on_axis("y", y, bounds.height, place)
        if x is None or y is None:
            continue
        if not (is_inside_x and is_inside_y):
            outside.append((x, y))
        elif confidence is not None:
            kept.append((confidence, x, y))
    _warn_if_swapped(outside, kept, bounds, file)
    return np.array(kept, dtype=np.float64).reshape(-1, 3)


def _is_on_axis(axis: str, value: float, size: int | None, place: ProblemPlace) -> bool:
    bound = size or UNMEASURED_BOUND
    if 0 <= value < bound:
        return True
    whose = "the slide has" if size else "a slide of unknown size has"
    limit = f"{whose} {axis} from 0 to below {bound}"
    reason = limit if value >= 0 else "coordinates are never negative"
    place.problem(ProblemCode.OUTSIDE_SLIDE, f"{axis} = {value:.12g}: {reason} (level-0 pixels).")
    return False


def _warn_if_swapped(
    outside: Sequence[tuple[float, float]],
    kept: Sequence[tuple[float, float, float]],
    bounds: DetectionBounds,
    file: ProblemPlace,
) -> None:
    if not outside or bounds.width is None or bounds.height is None:
        return
    points = [*outside, *((x, y) for _, x, y in kept)]
    if all(0 <= y < bounds.width and 0 <= x < bounds.height for x, y in points):
        file.findings.warn(
            ProblemCode.AXES_SWAPPED,
            "Detections leave the slide, but all would fit with x and y exchanged: "
            "x runs to the right, y down.",
            file.file,
        )


def _report_too_many(found: str, limit: int, file: str, findings: Findings) -> None:
    findings.problem(
        ProblemCode.TOO_MANY_DETECTIONS,
        f"{found}; at most {limit:,} a slide. Keep those of highest confidence.",
        file,
    )
