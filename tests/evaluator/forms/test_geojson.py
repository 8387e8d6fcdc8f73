import json
from typing import Any

import numpy as np
import pytest

from evaluator.errors import Findings
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
