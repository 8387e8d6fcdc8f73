"""Checks that the OpenAPI description is valid, and true of what the API answers."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it has no hints
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.webapp.people import BROKEN_SLIDES, World

Json = dict[str, Any]

ROOT = Path(__file__).parents[3]
ERRORS = {"400", "401", "403", "503", "default"}
CONDITIONAL = {"200", "304"}


@pytest.fixture
def described(world: World) -> Json:
    body: Json = world.browser().get("/api/v1/openapi.json").json or {}
    return body


def operations(described: Json) -> dict[str, Json]:
    return {
        f"{method.upper()} {path.removeprefix('/api/v1')}": operation
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    }


def faults(described: Json, schema: str, body: object) -> list[str]:
    validator = Draft202012Validator(
        {"$ref": f"#/components/schemas/{schema}", "components": described["components"]},
        format_checker=Draft202012Validator.FORMAT_CHECKER,
    )
    return [error.message for error in validator.iter_errors(body)]


def test_it_is_valid_openapi_3_1_that_names_every_schema_once(described: Json) -> None:
    text = json.dumps(described)

    assert described["openapi"] == "3.1.0"
    assert list(OpenAPIV31SpecValidator(described).iter_errors()) == []
    assert "$defs" not in text
    assert all("." not in name for name in described["components"]["schemas"])
    assert "HTTPError" not in text


def test_every_answer_of_every_operation_is_described(described: Json) -> None:
    statuses = {name: set(one["responses"]) for name, one in operations(described).items()}

    assert statuses == {
        "GET /openapi.json": CONDITIONAL | ERRORS,
        "GET /phases": CONDITIONAL | ERRORS,
        "GET /phases/{slug}": CONDITIONAL | ERRORS | {"404"},
        "GET /phases/{slug}/cases": CONDITIONAL | ERRORS | {"404"},
        "GET /phases/{slug}/leaderboard": CONDITIONAL | ERRORS | {"404"},
        "GET /submissions": CONDITIONAL | ERRORS,
        "POST /submissions": ERRORS
        | {"202", "404", "409", "411", "413", "415", "422", "429", "507"},
        "GET /submissions/{public_id}": CONDITIONAL | ERRORS | {"404"},
        "GET /submissions/{public_id}/events": CONDITIONAL | ERRORS | {"404"},
        "GET /me": CONDITIONAL | ERRORS,
        "GET /me/quota": CONDITIONAL | ERRORS | {"404", "409"},
    }


def test_every_error_is_described_as_a_problem(described: Json) -> None:
    for name, operation in operations(described).items():
        for status, response in operation["responses"].items():
            if status[0] in "45d":
                assert list(response["content"]) == ["application/problem+json"], (name, status)


def test_what_a_client_follows_is_described(described: Json) -> None:
    headers = operations(described)["POST /submissions"]["responses"]["202"]["headers"]

    assert {"Location", "Retry-After", "Idempotency-Replayed"} <= set(headers)
    assert operations(described)["GET /phases"]["security"] == [{}, {"bearer_token": []}]
    assert operations(described)["GET /me"]["security"] == [{"bearer_token": []}]


def test_what_is_answered_fits_its_description(world: World, described: Json) -> None:
    scored = world.submit("alice", method="M")
    rejected = world.submit("alice", BROKEN_SLIDES)
    pending = world.submit("charlie", phase="hidden")
    world.do_all_work()
    checked = 0

    for path, schema, who in (
        ("/phases", "PhasesOut", "alice"),
        ("/phases/slides", "PhaseOut", "alice"),
        ("/phases/hidden", "PhaseOut", "alice"),
        ("/phases/slides/cases", "CasesOut", "alice"),
        ("/phases/slides/leaderboard", "BoardOut", "alice"),
        ("/phases/sealed/leaderboard", "BoardOut", "olga"),
        ("/submissions", "SubmissionsOut", "alice"),
        (f"/submissions/{scored}", "SubmissionOut", "alice"),
        (f"/submissions/{rejected}", "SubmissionOut", "alice"),
        (f"/submissions/{pending}", "SubmissionOut", "olga"),
        (f"/submissions/{scored}/events", "EventsOut", "alice"),
        ("/me", "MeOut", "alice"),
        ("/me/quota?phase=slides", "QuotaOut", "alice"),
        ("/me/quota", "ProblemOut", "alice"),
        ("/submissions/sub_x", "ProblemOut", "alice"),
    ):
        body = world.browser().get(f"/api/v1{path}", headers=world.bearer(who)).json
        assert faults(described, schema, body) == [], path
        assert isinstance(body, dict)
        assert set(body) == set(described["components"]["schemas"][schema]["properties"]), path
        checked += 1

    assert checked == 15


def test_the_guide_names_every_operation(described: Json) -> None:
    guide = (ROOT / "docs/api.md").read_text(encoding="utf-8")

    for name in operations(described):
        assert f"`{name.replace('{public_id}', '{id}')}" in guide, name
