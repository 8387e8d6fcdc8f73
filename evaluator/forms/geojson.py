"""GeoJSON annotations, as QuPath exports them, to detections: points and polygons."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from evaluator.archives import CONFIDENCE_NAMES, parsed_json
from evaluator.errors import Findings, ProblemCode, quoted
from evaluator.forms.detections import MAX_ROWS, DetectionBounds, Detections
from evaluator.forms.geometry import UNMEASURED_BOUND
from evaluator.forms.interior_point import interior_point

_FARTHEST = 2.0**40
"""No polygon's vertex lies farther; keeps sums finite."""

Point = tuple[float, float]


def read_geojson(
    content: bytes,
    bounds: DetectionBounds,
    measurement: str | None,
    file: str,
    findings: Findings,
) -> Detections:
    """Read the features of a slide; what is wrong with them goes to `findings`.

    A point is a detection, each point of a MultiPoint is one, a polygon is one at a point inside.

    Parameters
    ----------
    measurement : str or None
        Name of the measurement that holds the confidence; without it, the one that is called
        what a confidence column may be called.

    Raises
    ------
    SubmissionError
        When the text is no such JSON.
    """
    kept: list[tuple[float, float, float]] = []
    n_points = 0
    for number, feature in enumerate(_features(parsed_json(content, file)), start=1):
        reader = _Feature(feature, f"Feature {number}", file, findings)
        points = reader.points()
        n_points += len(points)
        if n_points > MAX_ROWS:
            break
        if not points:
            continue
        confidence = reader.confidence(measurement)
        inside = [point for point in points if reader.is_inside(point, bounds)]
        if confidence is not None and confidence > 0.0:
            kept.extend((confidence, *point) for point in inside)
    if n_points > MAX_ROWS or len(kept) > bounds.max_detections:
        limit = min(MAX_ROWS, bounds.max_detections)
        detail = f"More than {limit:,} detections; keep those of highest confidence."
        findings.problem(ProblemCode.TOO_MANY_DETECTIONS, detail, file)
    table = np.array(kept, dtype=np.float64).reshape(-1, 3)
    return Detections(*(np.ascontiguousarray(column) for column in table.T))


def _features(body: Any) -> Iterator[Any]:
    """Yield features of a collection, a list or a single one; anything else is its own fault."""
    if isinstance(body, dict) and body.get("type") == "FeatureCollection":
        body = body.get("features")
    if isinstance(body, list):
        yield from body
    else:
        yield body


class _Feature:
    """One feature, which names itself in problems."""

    def __init__(self, body: Any, name: str, file: str, findings: Findings) -> None:
        self._body = body if isinstance(body, dict) else {}
        self._name, self._file, self._findings = name, file, findings

    def points(self) -> list[Point]:
        """Return its detections' level-0 (x, y); none, with a problem noted, at a fault."""
        geometry = self._body.get("geometry")
        shape = geometry if isinstance(geometry, dict) else {}
        kind, coordinates = shape.get("type"), shape.get("coordinates")
        found: list[Point] | None
        if kind == "Point":
            found = _points([coordinates])
        elif kind == "MultiPoint":
            found = _points(coordinates)
        elif kind == "Polygon":
            found = _polygon(coordinates)
        else:
            self._fault(
                ProblemCode.UNSUPPORTED_SHAPE,
                f"is {quoted(str(kind)) if isinstance(kind, str) else 'no geometry'}; there may "
                "be Point, MultiPoint and Polygon",
            )
            return []
        if found is None:
            self._fault(ProblemCode.UNSUPPORTED_SHAPE, f"is no valid {kind} with an area or place")
        return found or []

    def confidence(self, measurement: str | None) -> float | None:
        """Return its confidence; None, with a problem noted, where there is none."""
        found = list(self._measured(measurement))
        wanted = quoted(measurement) if measurement else ", ".join(sorted(CONFIDENCE_NAMES))
        if not found:
            self._fault(ProblemCode.MISSING_VALUE, f"has no measurement {wanted}")
            return None
        value = found[0]
        if len(found) > 1:
            self._fault(ProblemCode.REPEATED_COLUMN, f"has several measurements {wanted}")
        elif not _is_number(value):
            self._fault(ProblemCode.NOT_A_NUMBER, "has a confidence that is no number")
        elif not 0.0 <= value <= 1.0:
            self._fault(ProblemCode.CONFIDENCE_OUT_OF_RANGE, f"has confidence {value:.12g}")
        else:
            return float(value)
        return None

    def is_inside(self, point: Point, bounds: DetectionBounds) -> bool:
        """Whether a point lies on the slide; notes it if not."""
        width, height = bounds.width or UNMEASURED_BOUND, bounds.height or UNMEASURED_BOUND
        if 0 <= point[0] < width and 0 <= point[1] < height:
            return True
        self._fault(
            ProblemCode.OUTSIDE_SLIDE,
            f"lies at ({point[0]:.12g}, {point[1]:.12g}), outside the slide's {width} x {height} "
            "level-0 pixels",
        )
        return False

    def _measured(self, wanted: str | None) -> Iterator[Any]:
        """Yield the wanted measurement from both forms: a list of name and value, or an object."""
        properties = self._body.get("properties")
        measured = properties.get("measurements") if isinstance(properties, dict) else None
        pairs: Sequence[tuple[Any, Any]] = []
        if isinstance(measured, dict):
            pairs = list(measured.items())
        elif isinstance(measured, list):
            items = [item for item in measured if isinstance(item, dict)]
            pairs = [(item.get("name"), item.get("value")) for item in items]
        for name, value in pairs:
            if isinstance(name, str) and _is_wanted(name, wanted):
                yield value

    def _fault(self, code: ProblemCode, words: str) -> None:
        self._findings.problem(code, f"{self._name} {words}.", self._file)


def _is_wanted(name: str, wanted: str | None) -> bool:
    return name.casefold() in CONFIDENCE_NAMES if wanted is None else name == wanted


def _points(coordinates: Any) -> list[Point] | None:
    if not isinstance(coordinates, list) or not coordinates:
        return None
    found: list[Point] = []
    for item in coordinates:
        if not isinstance(item, list) or len(item) not in {2, 3}:
            return None
        if not all(_is_number(value) for value in item):
            return None
        found.append((float(item[0]), float(item[1])))
    return found


def _polygon(coordinates: Any) -> list[Point] | None:
    if not isinstance(coordinates, list) or not coordinates:
        return None
    rings = [_points(ring) for ring in coordinates]
    known = [np.array(ring, dtype=np.float64) for ring in rings if ring is not None]
    if len(known) < len(rings) or max(np.abs(ring).max() for ring in known) > _FARTHEST:
        return None
    inside = interior_point(known)
    return None if inside is None else [inside]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
