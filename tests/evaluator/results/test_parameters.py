import json

import pytest

from evaluator.results.parameters import (
    LesionParameters,
    SlideParameters,
    StagingParameters,
    default_parameters,
    parameters_from_json,
    parameters_to_json,
)
from ground_truth.types import Kind

DEFAULTS = {
    "max_detections_per_slide": 1000,
    "allows_heatmaps": True,
    "allows_mixed_forms": False,
    "threshold": 0.5,
    "lowest_threshold": 0.0,
    "highest_threshold": 0.99,
    "radius": 768.0,
    "lowest_radius": 64.0,
    "highest_radius": 4096.0,
    "sigma": 0.0,
    "lowest_sigma": 0.0,
    "highest_sigma": 1024.0,
    "ties": "interior",
    "allows_chosen_ties": True,
}


def test_defaults_of_each_kind() -> None:
    assert default_parameters(Kind.LESIONS) == LesionParameters(max_detections_per_slide=1000)
    assert default_parameters(Kind.SLIDES) == SlideParameters()
    assert default_parameters(Kind.STAGING) == StagingParameters()


@pytest.mark.parametrize("value", [1, 10_000])
def test_parameters_survive_the_way_through_json(value: int) -> None:
    body = {**DEFAULTS, "max_detections_per_slide": value}

    assert parameters_to_json(parameters_from_json(Kind.LESIONS, body)) == body


def test_a_whole_number_and_its_float_are_one_value() -> None:
    whole = parameters_to_json(parameters_from_json(Kind.LESIONS, {"radius": 512}))

    assert json.dumps(whole["radius"]) == "512.0"


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
        (Kind.LESIONS, {"threshold": 1.5}, r"threshold: must lie in 0\.\.1"),
        (Kind.LESIONS, {"threshold": float("nan")}, "threshold: must lie"),
        (Kind.LESIONS, {"lowest_sigma": "0"}, "lowest_sigma: must be a number"),
        (Kind.LESIONS, {"radius": True}, "radius: must be a number"),
        (Kind.LESIONS, {"radius": 10}, "radius must lie between lowest_radius and highest_radius"),
        (Kind.LESIONS, {"ties": "last"}, "ties: must be one of"),
        (Kind.LESIONS, {"allows_heatmaps": 1}, "allows_heatmaps: must be true or false"),
        (Kind.SLIDES, {"max_detections_per_slide": 5}, "unknown, none is taken"),
        (Kind.LESIONS, [], "must be a JSON object"),
    ],
)
def test_every_fault_of_parameters_is_named(kind: Kind, body: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parameters_from_json(kind, body)
