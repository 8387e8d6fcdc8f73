import json
from typing import Any

import numpy as np
import pytest

from evaluator.errors import Findings, ProblemCode
from evaluator.forms.detections import DetectionBounds, Detections
from evaluator.forms.geojson import read_geojson
from evaluator.forms.interior_point import interior_point

BOUNDS = DetectionBounds(1600, 3200, 1000)
SQUARE = [[[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]]]


def feature(kind: str, coordinates: Any, measured: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "geometry": {"type": kind, "coordinates": coordinates},
        "properties": {"measurements": measured},
    }


def read(body: Any, measurement: str | None = None) -> tuple[Detections, list[str]]:
    findings = Findings()
    found = read_geojson(json.dumps(body).encode(), BOUNDS, measurement, "a.geojson", findings)
    return found, [str(problem.code) for problem in findings.problems]


@pytest.mark.parametrize(
    "measured",
    [
        {"Confidence": 0.5},
        [{"name": "confidence", "value": 0.5}],
        {"Area": 5.0, "score": 0.5},
        [{"name": "Area", "value": 5}, {"name": "Probability", "value": 0.5}],
    ],
)
def test_both_forms_of_measurements_are_read(measured: Any) -> None:
    found, problems = read(feature("Point", [10, 20.5], measured))

    assert problems == []
    assert (found.confidence.tolist(), found.x.tolist(), found.y.tolist()) == ([0.5], [10], [20.5])


def test_a_named_measurement_is_taken() -> None:
    measured = {"score": 0.1, "Tumour: mean": 0.7}

    assert read(feature("Point", [1, 2], measured), "Tumour: mean")[0].confidence.tolist() == [0.7]
    assert read(feature("Point", [1, 2], measured), "Tumor")[1] == ["missing_value"]


def test_several_candidates_are_ambiguous() -> None:
    assert read(feature("Point", [1, 2], {"score": 0.1, "p": 0.7}))[1] == ["repeated_column"]


@pytest.mark.parametrize(
    "wrap", [list, lambda items: {"type": "FeatureCollection", "features": items}]
)
def test_lists_and_collections_are_read(wrap: Any) -> None:
    points = [
        feature("MultiPoint", [[1, 2], [3, 4]], {"p": 0.5}),
        feature("Polygon", SQUARE, {"p": 0.9}),
    ]

    found, problems = read(wrap(points))

    assert problems == []
    assert found.confidence.tolist() == [0.5, 0.5, 0.9]
    assert (found.x.tolist(), found.y.tolist()) == ([1, 3, 5], [2, 4, 5])


def test_confidence_0_is_not_reported() -> None:
    assert read(feature("Point", [1, 2], {"p": 0}))[0].confidence.size == 0


def ring(*points: tuple[float, float]) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.array(points, dtype=np.float64)


def test_the_point_of_a_u_lies_in_an_arm() -> None:
    shape = ring((0, 0), (2, 0), (2, 8), (6, 8), (6, 0), (9, 0), (9, 10), (0, 10))

    # Half way between the heights 0 and 8 the right arm is the wider: 6 to 9.
    assert interior_point([shape]) == (7.5, 4.0)


def test_the_point_of_a_ring_lies_beside_its_hole() -> None:
    outer = ring((0, 0), (10, 0), (10, 10), (0, 10))
    hole = ring((1, 1), (6, 1), (6, 9), (1, 9))

    assert interior_point([outer, hole]) == (8.0, 5.0)


@pytest.mark.parametrize("points", [[(1, 1)], [(1, 1), (5, 1)], [(1, 1), (1, 5)]])
def test_what_has_no_area_has_no_point(points: list[tuple[float, float]]) -> None:
    assert interior_point([ring(*points)]) is None


FAULTY = """{"type": "FeatureCollection",
 "features": [
  {"type": "Feature",
   "geometry": {"type": "Point", "coordinates": [1, 2]},
   "properties": {"measurements": {"Area": 5,
     "Confidence": 0.5}}},
  {"type": "Feature",
   "geometry": {
     "type": "LineString"}},
  {"type": "Feature",
   "geometry": {"type": "Polygon",
     "coordinates": []}},
  {"type": "Feature",
   "geometry": {"type": "MultiPoint", "coordinates": [
     [1, 2],
     [-1, 2],
     [1, 3200]]},
   "properties": {"measurements": [
     {"name": "Area", "value": 5},
     {"name": "Confidence",
      "value": "high"}]}},
  {"geometry": {"type": "Point", "coordinates":
      [1600, 0]},
   "properties": {"measurements": {
      "p": 1.5}}},
  {"geometry": {"type": "Point", "coordinates": [1, 2]},
   "properties":
     {"measurements":
        {"Area": 1}}},
  {"geometry": {"type": "Point", "coordinates": [1, 2]},
   "properties": {"measurements": {"p": 0.5,
     "score": 0.5}}},
  null,
  {"geometry": {"type": "Point", "coordinates": [1, 2]}}
]}
"""

FOUND = [
    ("unsupported_shape", 2, 9),
    ("unsupported_shape", 3, 12),
    ("outside_slide", 4, 16),
    ("outside_slide", 4, 17),
    ("not_a_number", 4, 21),
    ("outside_slide", 5, 23),
    ("confidence_out_of_range", 5, 25),
    ("missing_value", 6, 29),
    ("repeated_column", 7, 32),
    ("unsupported_shape", 8, 33),
    ("missing_value", 9, 34),
]
"""Code, feature and line of every fault of FAULTY."""


def faults(content: bytes, bounds: DetectionBounds = BOUNDS) -> list[tuple[str, int, int | None]]:
    """Return code, number of the feature that the detail names, and line of every problem."""
    findings = Findings()
    read_geojson(content, bounds, None, "a.geojson", findings)
    return [
        (str(problem.code), int(problem.detail.split()[1]), problem.line)
        for problem in findings.problems
    ]


@pytest.mark.parametrize("head", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_every_problem_names_its_feature_and_the_line_of_the_value_at_fault(
    head: str, end: str
) -> None:
    assert faults((head + FAULTY.replace("\n", end)).encode()) == FOUND


def test_every_problem_of_a_file_of_one_line_is_on_line_1() -> None:
    content = json.dumps(json.loads(FAULTY), separators=(",", ":")).encode()

    found = faults(content)

    assert sorted(found) == sorted((code, feature, 1) for code, feature, _ in FOUND)


def test_a_list_of_features_and_a_single_one_have_lines_too() -> None:
    assert faults(b"[\n{},\n{}]") == [("unsupported_shape", 1, 2), ("unsupported_shape", 2, 3)]
    assert faults(b'\n{"type": "Feature",\n"geometry": 1}') == [("unsupported_shape", 1, 3)]
    assert faults(b'\n{"type": "FeatureCollection"}') == [("unsupported_shape", 1, 2)]


def test_the_detection_that_is_one_too_many_is_named_by_its_line() -> None:
    lines = [json.dumps(feature("Point", [1, 2], {"p": 0.5})) for _ in range(4)]
    findings = Findings()

    read_geojson(
        ("[\n" + ",\n".join(lines) + "\n]").encode(),
        DetectionBounds(1600, 3200, 2),
        None,
        "a.geojson",
        findings,
    )

    (problem,) = findings.problems
    assert (str(problem.code), problem.line) == ("too_many_detections", 4)
    assert problem.detail == "More than 2 detections; keep those of highest confidence."


def test_of_many_problems_the_first_hundred_lines_are_listed() -> None:
    content = "[\n" + ",\n".join(['{"geometry": {"type": "No"}}'] * 150) + "]"
    findings = Findings()

    read_geojson(content.encode(), BOUNDS, None, "a.geojson", findings)

    assert [problem.line for problem in findings.problems] == list(range(2, 102))
    assert findings.counts[ProblemCode.UNSUPPORTED_SHAPE] == 150
