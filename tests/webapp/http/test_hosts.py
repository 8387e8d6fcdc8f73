"""Checks that only our own hosts are served, and no redirect leads to one that a client names."""

from pathlib import Path

import pytest

from tests.webapp.people import World, make_world


@pytest.fixture
def public(tmp_path: Path, template: World) -> World:
    return make_world(tmp_path, public_url="https://Bücher.Example", template=template)


@pytest.mark.parametrize(
    "host",
    [
        "xn--bcher-kva.example",
        "XN--BCHER-KVA.EXAMPLE.",
        "xn--bcher-kva.example:443",
        "127.0.0.1:8000",
        "localhost",
        "[::1]:8000",
    ],
)
def test_our_own_hosts_are_served_at_any_port(public: World, host: str) -> None:
    assert public.browser().get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "xn--bcher-kva.example@evil.example",
        "evil.example:8000",
        "a.xn--bcher-kva.example",
        "[::1",
        "a b",
        "",
        "10.0.0.1",
    ],
)
def test_any_other_host_is_refused_by_pages_and_api(public: World, host: str) -> None:
    page = public.browser().get("/", headers={"Host": host})
    problem = public.browser().get("/api/v1/phases", headers={"Host": host})
    nowhere = public.browser().get("//nowhere//", headers={"Host": host})

    assert (page.status_code, problem.status_code, nowhere.status_code) == (400, 400, 400)
    assert problem.mimetype == "application/problem+json"
    assert "evil" not in page.get_data(as_text=True) + problem.get_data(as_text=True)


@pytest.mark.parametrize(
    ("path", "status", "location"),
    [
        ("//phases//slides", 404, None),
        ("/phases//slides", 404, None),
        ("/team/", 404, None),
        ("//evil.example/..", 404, None),
        ("//team", 303, "/sign-in?next=/team"),
        ("", 308, "/"),
    ],
)
def test_no_redirect_names_the_host_of_the_request(
    world: World, path: str, status: int, location: str | None
) -> None:
    answer = world.browser().get(
        "/", headers={"Host": "127.0.0.1:9"}, environ_overrides={"PATH_INFO": path}
    )

    assert (answer.status_code, answer.headers.get("Location")) == (status, location)


def test_no_address_ends_with_a_slash_to_which_the_framework_would_redirect(world: World) -> None:
    rules = [rule.rule for rule in world.app.url_map.iter_rules()]

    assert [rule for rule in rules if rule.endswith("/")] == ["/"]
