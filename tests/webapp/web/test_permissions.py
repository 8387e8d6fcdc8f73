"""Checks every route for every kind of person, and that no route is forgotten."""

import io
import zipfile
from dataclasses import dataclass

import pytest
from werkzeug.test import TestResponse

from tests.webapp.people import World, csrf_token, post

PEOPLE = ("nobody", "charlie", "alice", "olga", "alice-read", "alice-submit")
"""Signed out, another team, the own team's captain, an organiser, tokens of two scopes."""

Q = 303  # sent to sign in, or on to where the change is seen


@dataclass(frozen=True)
class Expected:
    """Status by person, in the order of PEOPLE; on pages a token counts as signed out."""

    statuses: tuple[int, int, int, int, int, int]


def everybody(status: int) -> Expected:
    return Expected((status,) * 6)


def pages(signed_out: int, other: int, own: int, organiser: int) -> Expected:
    return Expected((signed_out, other, own, organiser, signed_out, signed_out))


EXPECTED = {
    "GET /static/<path:filename>": everybody(200),
    "GET /": everybody(200),
    "GET /problems": everybody(200),
    "GET /healthz": everybody(200),
    "GET /readyz": everybody(503),  # no worker runs here
    "GET /register": everybody(200),
    "GET /sign-in": everybody(200),
    "POST /register": pages(422, 422, 422, 422),
    "POST /sign-in": pages(422, 422, 422, 422),
    "POST /sign-out": everybody(303),
    "GET /team": pages(Q, 200, 200, 200),
    "POST /team": pages(Q, 422, 422, 422),
    "POST /team/join": pages(Q, 422, 422, 422),
    "POST /team/code": pages(Q, 303, 303, 409),
    "POST /team/leave": pages(Q, 303, 409, 409),
    "GET /tokens": pages(Q, 200, 200, 200),
    "POST /tokens": pages(Q, 422, 422, 422),
    "POST /tokens/<int:token_id>/revoke": pages(Q, 404, 303, 404),
    "GET /phases/<slug>": everybody(200),
    "GET /phases/<slug>/leaderboard": everybody(200),
    "GET /phases/<slug>/leaderboard.csv": everybody(200),
    "GET /phases/<slug>/submit": pages(Q, 200, 200, 200),
    "POST /phases/<slug>/submit": pages(Q, 422, 422, 422),
    "GET /uploads/<public_id>": pages(Q, 404, 200, 409),
    "GET /uploads/<public_id>/check": pages(Q, 404, 286, 409),
    "POST /uploads/<public_id>/confirm": pages(Q, 404, 303, 409),
    "GET /submissions": pages(Q, 200, 200, 200),
    "GET /submissions/<public_id>": pages(Q, 404, 200, 200),
    "GET /submissions/<public_id>/status": pages(Q, 404, 286, 286),
    "POST /submissions/<public_id>/withdraw": pages(Q, 404, 303, 409),
    "POST /submissions/<public_id>/flags": pages(Q, 403, 403, 303),
    "GET /api/v1/openapi.json": everybody(200),
    "GET /api/v1/phases": Expected((200, 200, 200, 200, 200, 403)),
    "GET /api/v1/phases/<slug>": Expected((200, 200, 200, 200, 200, 403)),
    "GET /api/v1/phases/<slug>/cases": Expected((200, 200, 200, 200, 200, 403)),
    "GET /api/v1/phases/<slug>/leaderboard": Expected((200, 200, 200, 200, 200, 403)),
    "GET /api/v1/submissions": Expected((401, 200, 200, 200, 200, 403)),
    "POST /api/v1/submissions": Expected((401, 401, 401, 401, 403, 422)),
    "GET /api/v1/submissions/<public_id>": Expected((401, 404, 200, 200, 200, 403)),
    "GET /api/v1/submissions/<public_id>/events": Expected((401, 404, 200, 200, 200, 403)),
    "GET /api/v1/me": Expected((401, 200, 200, 200, 200, 403)),
    "GET /api/v1/me/quota": Expected((401, 200, 200, 409, 200, 403)),
}


def routes(world: World) -> set[str]:
    """Return every method and rule that the application answers."""
    return {
        f"{method} {rule.rule}"
        for rule in world.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def test_every_route_has_its_line_in_the_matrix(world: World) -> None:
    assert routes(world) == set(EXPECTED)


@pytest.mark.parametrize("route", sorted(EXPECTED))
def test_everybody_gets_what_the_matrix_says(world: World, route: str) -> None:
    method, rule = route.split(" ")
    paths = own_objects(world)

    found = tuple(ask(world, person, method, fill(rule, paths)).status_code for person in PEOPLE)

    assert found == EXPECTED[route].statuses


def ask(world: World, person: str, method: str, path: str) -> TestResponse:
    """Send a request without content as a person, or with a token."""
    is_token = person in world.tokens and person not in world.users
    client = world.browser(None if is_token or person == "nobody" else person)
    is_form = method == "POST" and not path.startswith("/api/")
    return client.open(
        path,
        method=method,
        buffered=True,
        headers=world.bearer(person) if is_token else {},
        data={"csrf_token": csrf_token(client)} if is_form else None,
        content_type=None if is_form or method == "GET" else "multipart/form-data; boundary=x",
    )


def own_objects(world: World) -> dict[str, str]:
    """Make the objects that routes name, all of Alice's team."""
    submission = world.submit("alice")
    alice = world.browser("alice")
    sent = post(
        alice, "/phases/lesions/submit", {"file": (io.BytesIO(lesions_zip()), "lesions.zip")}
    )
    world.do_all_work()
    return {
        "<public_id>": submission,
        "<upload>": sent.headers["Location"].rpartition("/")[2],
        "<slug>": "slides",
        "<int:token_id>": "1",
        "<path:filename>": "app.css",
    }


def fill(rule: str, objects: dict[str, str]) -> str:
    """Put the names of existing objects into a rule."""
    if rule.startswith("/uploads"):
        rule = rule.replace("<public_id>", "<upload>")
    for placeholder, value in objects.items():
        rule = rule.replace(placeholder, value)
    return rule + ("?phase=slides" if rule.endswith("/me/quota") else "")


def lesions_zip() -> bytes:
    """Return a clean submission to the kind lesions."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for number in range(1, 5):
            archive.writestr(f"slide_{number}.csv", "")
    return content.getvalue()
