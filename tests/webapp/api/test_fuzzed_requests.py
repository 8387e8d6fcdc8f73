"""Checks that requests drawn by schemathesis get described answers and cause no fault."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from tests.webapp.people import World

PATH = "/api/v1/openapi.json"
EXAMPLES = 15
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.unsupported_method,
]


@pytest.mark.parametrize("who", ["alice", "olga", "nobody"])
def test_no_drawn_request_meets_a_fault_or_an_undescribed_answer(world: World, who: str) -> None:
    headers = {} if who == "nobody" else world.bearer(who)
    asked = set()

    for found in schemathesis.openapi.from_wsgi(PATH, world.app).get_all_operations():
        operation = found.ok()  # type: ignore[union-attr]  # an Err has none: the test fails

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def ask(case: Any) -> None:
            case.call_and_validate(headers=headers, checks=CHECKS)

        ask()
        asked.add(operation.label)

    assert "POST /api/v1/submissions" in asked
    assert len(asked) == 10  # it does not request the description itself
