import pytest

from evaluator.parameters import (
    LesionParameters,
    SlideParameters,
    StagingParameters,
    default_parameters,
    parameters_from_json,
    parameters_to_json,
)
from ground_truth.types import Kind


def test_defaults_of_each_kind() -> None:
    assert default_parameters(Kind.LESIONS) == LesionParameters(max_detections_per_slide=1000)
    assert default_parameters(Kind.SLIDES) == SlideParameters()
    assert default_parameters(Kind.STAGING) == StagingParameters()


@pytest.mark.parametrize("value", [1, 10_000])
def test_parameters_survive_the_way_through_json(value: int) -> None:
    body = {"max_detections_per_slide": value}

    assert parameters_to_json(parameters_from_json(Kind.LESIONS, body)) == body


def test_what_is_left_out_keeps_its_default() -> None:
    assert parameters_from_json(Kind.LESIONS, {}) == LesionParameters()
    assert parameters_to_json(parameters_from_json(Kind.STAGING, {})) == {}


@pytest.mark.parametrize(
    ("kind", "body", "words"),
    [
        (Kind.LESIONS, {"max_detections_per_slide": 0}, r"must lie in 1\.\.10000"),
        (Kind.LESIONS, {"max_detections_per_slide": 10_001}, r"must lie in 1\.\.10000"),
        (Kind.LESIONS, {"max_detections_per_slide": True}, "whole number"),
        (Kind.LESIONS, {"max_detections_per_slide": 5.0}, "whole number"),
        (Kind.LESIONS, {"max_detections_per_slide": None}, "whole number"),
        (Kind.LESIONS, {"a": 1, "max_detections_per_slide": 0, "b": 2}, "a: .*b: .*must lie"),
        (Kind.SLIDES, {"max_detections_per_slide": 5}, "unknown, none is taken"),
        (Kind.LESIONS, [], "must be a JSON object"),
    ],
)
def test_every_fault_of_parameters_is_named(kind: Kind, body: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parameters_from_json(kind, body)
