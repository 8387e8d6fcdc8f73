"""Reads GeoJSON annotations, as QuPath exports them: points and polygons become detections."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from evaluator.archives import CONFIDENCE_NAMES, Step, parsed_json
from evaluator.errors import Findings, ProblemCode, quoted
from evaluator.forms.detections import MAX_ROWS, DetectionBounds, Detections
from evaluator.forms.feature_lines import COORDINATES, FeatureLines
from evaluator.forms.geometry import UNMEASURED_BOUND
from evaluator.forms.interior_point import interior_point

_FARTHEST = 2.0**40
"""No polygon's vertex lies farther; keeps sums finite."""

_MEASUREMENTS = ("properties", "measurements")

Point = tuple[float, float]


def read_geojson(
    content: bytes,
    bounds: DetectionBounds,
    measurement: str | None,
    file: str,
    findings: Findings,
) -> Detections:
    """Read the features of a slide; what is wrong with them goes to `findings`, by line.

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
    features, path = _features(parsed_json(content, file))
    lines = FeatureLines(content, path)
    kept: list[tuple[float, float, float]] = []
    n_points, first_over = 0, None
    for number, body in enumerate(features, start=1):
        feature = _Feature(body, number, lines, file, findings)
        points = feature.points()
        n_points += len(points)
        if n_points <= MAX_ROWS:
            kept.extend(feature.detections(points, bounds, measurement))
        if first_over is None and (n_points > MAX_ROWS or len(kept) > bounds.max_detections):
            first_over = lines.line(number)
        if n_points > MAX_ROWS:
            break
    if first_over is not None:
        limit = min(MAX_ROWS, bounds.max_detections)
        detail = f"More than {limit:,} detections; keep those of highest confidence."
        findings.problem(ProblemCode.TOO_MANY_DETECTIONS, detail, file, first_over)
    table = np.array(kept, dtype=np.float64).reshape(-1, 3)
    return Detections(*(np.ascontiguousarray(column) for column in table.T))


def _features(body: Any) -> tuple[list[Any], tuple[str, ...]]:
    """Return the features of a collection, a list or a single one, and the path that leads there.

    Anything else is a feature with a fault.
    """
    path: tuple[str, ...] = ()
    if isinstance(body, dict) and body.get("type") == "FeatureCollection":
        body, path = body.get("features"), ("features",)
    return (body if isinstance(body, list) else [body]), path


class _Feature:
    """One feature, which names itself and the line of what is wrong in problems."""

    def __init__(
        self, body: Any, number: int, lines: FeatureLines, file: str, findings: Findings
    ) -> None:
        self._body = body if isinstance(body, dict) else {}
        self._number, self._lines = number, lines
        self._file, self._findings = file, findings

    def points(self) -> list[Point]:
        """Return its points' level-0 (x, y); none, with a problem noted, at a fault."""
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
                *("geometry", "type"),
            )
            return []
        if found is None:
            words = f"is no valid {kind} with an area or place"
            self._fault(ProblemCode.UNSUPPORTED_SHAPE, words, *COORDINATES)
        return found or []

    def detections(
        self, points: list[Point], bounds: DetectionBounds, measurement: str | None
    ) -> list[tuple[float, float, float]]:
        """Return (confidence, x, y) of its points on the slide; none of confidence 0."""
        if not points:
            return []
        confidence = self._confidence(measurement)
        inside = [
            point for index, point in enumerate(points) if self._is_inside(index, point, bounds)
        ]
        return [(confidence, *point) for point in inside] if confidence else []

    def _confidence(self, measurement: str | None) -> float | None:
        """Return its confidence; None, with a problem noted, where there is none."""
        found = list(self._measured(measurement))
        wanted = quoted(measurement) if measurement else ", ".join(sorted(CONFIDENCE_NAMES))
        if not found:
            self._fault(ProblemCode.MISSING_VALUE, f"has no measurement {wanted}", *_MEASUREMENTS)
            return None
        path, value = found[-1]
        if len(found) > 1:
            self._fault(ProblemCode.REPEATED_COLUMN, f"has several measurements {wanted}", *path)
        elif not _is_number(value):
            self._fault(ProblemCode.NOT_A_NUMBER, "has a confidence that is no number", *path)
        elif not 0.0 <= value <= 1.0:
            words = f"has confidence {value:.12g}"
            self._fault(ProblemCode.CONFIDENCE_OUT_OF_RANGE, words, *path)
        else:
            return float(value)
        return None

    def _is_inside(self, index: int, point: Point, bounds: DetectionBounds) -> bool:
        """Whether a point lies on the slide; notes it if not."""
        width, height = bounds.width or UNMEASURED_BOUND, bounds.height or UNMEASURED_BOUND
        if 0 <= point[0] < width and 0 <= point[1] < height:
            return True
        if self._body["geometry"]["type"] == "MultiPoint":
            line = self._lines.line_of_point(self._number, index)
        else:
            line = self._lines.line(self._number, *COORDINATES)
        words = (
            f"lies at ({point[0]:.12g}, {point[1]:.12g}), outside the slide's {width} x {height} "
            "level-0 pixels"
        )
        self._note(ProblemCode.OUTSIDE_SLIDE, words, line)
        return False

    def _measured(self, wanted: str | None) -> Iterator[tuple[tuple[Step, ...], Any]]:
        """Yield the wanted measurement, with the path to its value, from both forms.

        They are a list of name and value, or an object.
        """
        properties = self._body.get("properties")
        measured = properties.get("measurements") if isinstance(properties, dict) else None
        if isinstance(measured, dict):
            for name, value in measured.items():
                if _is_wanted(name, wanted):
                    yield (*_MEASUREMENTS, name), value
        elif isinstance(measured, list):
            for index, item in enumerate(measured):
                if isinstance(item, dict) and _is_wanted(item.get("name"), wanted):
                    yield (*_MEASUREMENTS, index, "value"), item.get("value")

    def _fault(self, code: ProblemCode, words: str, *path: Step) -> None:
        self._note(code, words, self._lines.line(self._number, *path))

    def _note(self, code: ProblemCode, words: str, line: int) -> None:
        self._findings.problem(code, f"Feature {self._number} {words}.", self._file, line)


def _is_wanted(name: Any, wanted: str | None) -> bool:
    if not isinstance(name, str):
        return False
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
