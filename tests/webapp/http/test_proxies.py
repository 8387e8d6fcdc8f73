"""Behind proxies the client is told by what trusted ones wrote, and by nothing else."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.webapp.people import PASSWORD, World, csrf_token, make_world, post
from webapp.http.proxies import forwarded_address

STRANGER, NEIGHBOUR = "203.0.113.7", "203.0.113.8"
INNER_PROXY = "192.0.2.1"


def behind(folder: Path, template: World, n_proxies: int) -> World:
    return make_world(folder, template=template, trusted_proxies=n_proxies)


def fail(client: FlaskClient, forwarded_for: str, number: int) -> int:
    """Try a password for an account of its own, so that only the address can be too fast."""
    client.environ_base["HTTP_X_FORWARDED_FOR"] = forwarded_for
    form = {"email": f"nobody{number}@example.org", "password": "wrong"}
    return post(client, "/sign-in", form).status_code


def test_a_stranger_behind_the_same_proxy_uses_up_only_their_own_sign_ins(
    tmp_path: Path, template: World
) -> None:
    client = behind(tmp_path, template, 1).browser()

    strangers = [fail(client, STRANGER, number) for number in range(11)]
    client.environ_base["HTTP_X_FORWARDED_FOR"] = NEIGHBOUR
    neighbour = post(client, "/sign-in", {"email": "alice@example.org", "password": PASSWORD})

    assert strangers == [422] * 10 + [429]
    assert neighbour.status_code == 303


@pytest.mark.parametrize(
    ("n_proxies", "forwarded_for"),
    [
        (1, "198.51.100.{number}, 203.0.113.7"),
        (1, "198.51.100.{number}, 198.51.100.99, 203.0.113.7"),
        (2, "198.51.100.{number}, 203.0.113.7, 192.0.2.1"),
        (1, ", 198.51.100.{number}, , 203.0.113.7"),
    ],
)
def test_an_address_that_a_client_claims_does_not_count(
    tmp_path: Path, template: World, n_proxies: int, forwarded_for: str
) -> None:
    client = behind(tmp_path, template, n_proxies).browser()

    statuses = [fail(client, forwarded_for.format(number=number), number) for number in range(11)]

    assert statuses == [422] * 10 + [429]


@pytest.mark.parametrize("opened", ['"', 'x, "', '"\\"'])
def test_a_quotation_mark_does_not_hide_a_client_behind_the_address_of_the_proxy(
    tmp_path: Path, template: World, opened: str
) -> None:
    client = behind(tmp_path, template, 1).browser()
    for number in range(10):
        fail(client, STRANGER, number)

    status = fail(client, f"{opened}, {STRANGER}", 10)

    assert status == 429


def test_without_trusted_proxies_the_header_is_ignored(tmp_path: Path, template: World) -> None:
    client = behind(tmp_path, template, 0).browser()

    statuses = [fail(client, f"203.0.113.{number}", number) for number in range(11)]

    assert statuses == [422] * 10 + [429]


def test_a_header_shorter_than_the_row_of_proxies_leaves_the_address_of_the_connection(
    tmp_path: Path, template: World
) -> None:
    client = behind(tmp_path, template, 2).browser()

    statuses = [fail(client, f"203.0.113.{number}", number) for number in range(11)]

    assert statuses == [422] * 10 + [429]


def test_clients_of_two_proxies_are_told_apart(tmp_path: Path, template: World) -> None:
    client = behind(tmp_path, template, 2).browser()
    for number in range(11):
        fail(client, f"{STRANGER}, {INNER_PROXY}", number)

    status = fail(client, f"{NEIGHBOUR}, {INNER_PROXY}", 11)

    assert status == 422


@pytest.mark.parametrize(("n_proxies", "status"), [(0, 403), (1, 303), (2, 303)])
def test_the_scheme_of_our_own_origin_is_that_of_a_trusted_proxy(
    tmp_path: Path, template: World, n_proxies: int, status: int
) -> None:
    alice = behind(tmp_path, template, n_proxies).browser("alice")
    headers = {
        "Origin": "https://localhost",
        "Referer": "https://localhost/team",
        "X-Forwarded-Proto": "https",
    }

    answer = alice.post("/team/code", data={"csrf_token": csrf_token(alice)}, headers=headers)

    assert answer.status_code == status


def test_a_forwarded_host_is_no_origin_of_ours(tmp_path: Path, template: World) -> None:
    alice = behind(tmp_path, template, 1).browser("alice")
    headers = {"Origin": "http://evil.example", "X-Forwarded-Host": "evil.example"}

    answer = alice.post("/team/code", data={"csrf_token": csrf_token(alice)}, headers=headers)

    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("forwarded_for", "n_proxies", "address"),
    [
        (f"198.51.100.1, {STRANGER}", 1, STRANGER),
        (f"{STRANGER}, {INNER_PROXY}", 2, STRANGER),
        (STRANGER, 2, "127.0.0.1"),
        ("", 1, "127.0.0.1"),
        (STRANGER, 0, "127.0.0.1"),
        (f'"198.51.100.1, {STRANGER}', 1, STRANGER),
    ],
)
def test_connections_are_counted_by_the_address_that_requests_are(
    forwarded_for: str, n_proxies: int, address: str
) -> None:
    assert forwarded_address(forwarded_for, "127.0.0.1", n_proxies) == address
