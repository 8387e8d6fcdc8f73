"""Checks that every error is a problem detail."""

import pytest
from sqlalchemy import text

from tests.webapp.people import World
from webapp.errors import RefusalCode
from webapp.http.refusals import REFUSAL_KINDS


def test_every_refusal_has_a_status_and_a_title() -> None:
    assert set(REFUSAL_KINDS) == set(RefusalCode)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/nowhere", 404),
        ("GET", "/api/nowhere", 404),
        ("DELETE", "/api/v1/phases", 405),
        ("GET", "/api/v1/phases?colour=red", 400),
        ("GET", "/api/v1/phases?limit=0", 400),
        ("GET", "/api/v1/phases?limit=201", 400),
        ("GET", "/api/v1/phases?limit=x", 400),
        ("GET", "/api/v1/phases?cursor=-1", 400),
        ("GET", "/api/v1/phases/slides?x=1", 400),
        ("GET", "/api/v1/phases/nowhere", 404),
        ("GET", "/api/v1/me", 401),
    ],
)
def test_an_error_is_a_problem(world: World, method: str, path: str, status: int) -> None:
    response = world.browser().open(path, method=method)

    assert response.status_code == status
    assert response.mimetype == "application/problem+json"
    assert response.json is not None
    assert set(response.json) == {"type", "title", "status", "detail", "instance", "errors"}
    assert response.json["status"] == status
    assert set(response.json["errors"][0]) == {"code", "detail", "file", "line", "pointer"}


@pytest.mark.parametrize(
    "authorization", ["Bearer nonsense", "Bearer ", "Basic YTpi", "Bearer cam_" + "a" * 49, "x"]
)
def test_a_bad_token_is_401_even_where_none_is_needed(world: World, authorization: str) -> None:
    response = world.browser().get("/api/v1/phases", headers={"Authorization": authorization})

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="camelyon"'


def test_a_fault_of_ours_tells_nothing_of_its_inside(world: World) -> None:
    with world.runtime.engine.begin() as connection:
        connection.execute(text("ALTER TABLE phase RENAME TO elsewhere"))

    response = world.browser().get("/api/v1/phases")
    page = world.browser().get("/")

    assert response.status_code in {500, 503}
    assert response.mimetype == "application/problem+json"
    assert page.status_code in {500, 503}
    for answer in (response, page):
        assert "phase" not in answer.get_data(as_text=True).replace("/api/v1/phases", "")
        assert "SELECT" not in answer.get_data(as_text=True)
