"""Checks that every answer has the security headers, and cookies follow the public address."""

from pathlib import Path

import pytest

from tests.webapp.people import World, make_world, post
from tests.webapp.web.test_permissions import EXPECTED, fill, own_objects

ROUTE_VALUES = {
    "<slug>": "slides",
    "<public_id>": "sub_x",
    "<upload>": "upl_x",
    "<int:token_id>": "99",
    "<path:filename>": "app.css",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


@pytest.mark.parametrize("person", [None, "alice"])
def test_every_route_and_error_is_protected(world: World, person: str | None) -> None:
    client = world.browser(person)
    asked = [tuple(route.split(" ")) for route in EXPECTED]
    asked += [
        ("GET", "/nowhere"),
        ("GET", "/api/v1/nowhere"),
        ("DELETE", "/"),
        ("PUT", "/api/v1/me"),
    ]

    for method, rule in asked:
        headers = client.open(fill(rule, ROUTE_VALUES), method=method, buffered=True).headers

        assert headers.get_all("Content-Security-Policy") == [POLICY], rule
        assert headers["X-Content-Type-Options"] == "nosniff", rule
        assert headers["Referrer-Policy"] == "same-origin", rule
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin", rule
        assert "Strict-Transport-Security" not in headers, rule


@pytest.mark.parametrize(
    "path", ["/", "/team", "/tokens", "/submissions", "/nowhere", "/static/nowhere.css"]
)
def test_what_a_signed_in_person_sees_is_kept_by_no_cache(world: World, path: str) -> None:
    assert world.browser("alice").get(path).headers["Cache-Control"] == "no-store"


def test_on_https_cookies_are_bound_to_the_host_and_https_is_insisted_on(tmp_path: Path) -> None:
    world = make_world(tmp_path, public_url="https://board.example.org")

    response = world.app.test_client().get("/sign-in")

    cookie = response.headers["Set-Cookie"]
    assert cookie.startswith("__Host-session=")
    assert "Secure" in cookie
    assert "HttpOnly" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    assert response.headers["Strict-Transport-Security"] == "max-age=63072000"


def test_signing_in_changes_the_cookie_and_signing_out_ends_the_session(world: World) -> None:
    client = world.browser("alice")
    stolen = client.get_cookie("session")
    assert stolen is not None
    assert client.get("/team").status_code == 200

    post(client, "/sign-out", {})

    thief = world.browser()
    thief.set_cookie("session", stolen.value)
    assert thief.get("/team").status_code == 303


def test_no_page_holds_script_or_style_of_its_own(world: World) -> None:
    alice, own = world.browser("alice"), own_objects(world)
    pages = 0

    for method, rule in (route.split(" ") for route in sorted(EXPECTED)):
        response = alice.open(fill(rule, own), method=method, buffered=True)
        page = response.get_data(as_text=True).casefold()
        if response.mimetype != "text/html":
            continue
        pages += 1
        assert "<style" not in page, rule
        assert " style=" not in page, rule
        assert " onclick=" not in page, rule
        assert page.count("<script") == page.count("<script src="), rule
        assert "http://" not in page, rule

    assert pages > 20
