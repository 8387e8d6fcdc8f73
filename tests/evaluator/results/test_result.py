import hashlib
import json

import pytest

from evaluator.errors import Problem, ProblemCode
from evaluator.results.parameters import LesionParameters, SlideParameters, parameters_to_json
from evaluator.results.result import (
    Result,
    canonical_json,
    content_sha256,
    provenance_of,
    result_from_json,
    scoring_digest,
)
from ground_truth.types import Kind


def result() -> Result:
    warning = Problem(ProblemCode.FEW_CONFIDENCES, "Only 3.", None, None)
    provenance = provenance_of(
        Kind.LESIONS, LesionParameters(), "0123456789ab", "f" * 64, (warning,)
    )
    return Result(Kind.LESIONS, {"score": 0.5}, {"test_001": {"ignored": 0}}, provenance)


def test_a_result_survives_the_way_through_json() -> None:
    text = canonical_json(result().to_json())

    again = result_from_json(json.loads(text))

    assert again == result()
    assert canonical_json(again.to_json()) == text


def test_a_result_has_the_three_sections_of_the_contract() -> None:
    body = result().to_json()

    assert body["aggregates"] == {"score": 0.5, "kind": "lesions"}
    assert body["case"] == {"test_001": {"ignored": 0}}
    assert body["provenance"] == {
        "scoring": scoring_digest(Kind.LESIONS, LesionParameters()),
        "evaluator_version": "1",
        "protocol": "camelyon16",
        "truth_version": "0123456789ab",
        "content_sha256": "f" * 64,
        "resample_sha256": None,
        "submitted": {},
        "parameters": parameters_to_json(LesionParameters()),
        "warnings": [{"code": "few_confidences", "detail": "Only 3.", "file": None, "line": None}],
    }


@pytest.mark.parametrize(
    "body",
    [{}, {"aggregates": {"kind": "lesions"}}, {"aggregates": 1}, {"aggregates": {"kind": "x"}}],
)
def test_what_is_no_result_is_refused(body: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"not a result|not a valid Kind"):
        result_from_json(body)


def test_canonical_json_is_sorted_dense_and_plain() -> None:
    assert canonical_json({"b": [1, 0.1], "a": "größe", "c": None}) == (
        '{"a":"größe","b":[1,0.1],"c":null}\n'
    )


@pytest.mark.parametrize("number", [float("inf"), float("nan")])
def test_canonical_json_holds_no_infinity(number: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json({"a": number})


def test_the_content_digest_follows_the_contract() -> None:
    lines = b"test_001.csv\0" + b"a" * 64 + b"\ntest_002.csv\0" + b"b" * 64 + b"\n"

    found = content_sha256({"test_002.csv": "b" * 64, "test_001.csv": "a" * 64})

    assert found == hashlib.sha256(lines).hexdigest()


def test_the_scoring_digest_moves_with_everything_that_moves_numbers() -> None:
    digests = [
        scoring_digest(Kind.LESIONS, LesionParameters()),
        scoring_digest(Kind.LESIONS, LesionParameters(500)),
        scoring_digest(Kind.LESIONS, LesionParameters(), n_resamples=10_000),
        scoring_digest(Kind.SLIDES, SlideParameters()),
    ]

    assert len(set(digests)) == 4
    rules = '{"B":0,"evaluator_version":"1","parameters":{},"protocol":"camelyon16-slides"}\n'
    assert digests[3] == hashlib.sha256(rules.encode()).hexdigest()[:12]
