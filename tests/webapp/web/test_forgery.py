"""Checks that requests which another site makes in a person's name are refused."""

import io
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from werkzeug.test import TestResponse

from tests.webapp.people import World, csrf_token, post

FORMS = ["/team", "/team/join", "/team/code", "/team/leave", "/tokens", "/sign-out", "/sign-in"]


@pytest.mark.parametrize("path", FORMS)
def test_a_form_without_its_token_is_refused(world: World, path: str) -> None:
    assert world.browser("alice").post(path, data={}).status_code == 400


@pytest.mark.parametrize("path", FORMS)
def test_a_form_from_another_origin_is_refused_even_with_a_token(world: World, path: str) -> None:
    alice = world.browser("alice")
    form = {"csrf_token": csrf_token(alice)}

    for origin in ("https://evil.example", "null", "http://127.0.0.1:9"):
        assert alice.post(path, data=form, headers={"Origin": origin}).status_code == 403


def test_a_form_from_our_own_origin_is_taken(world: World) -> None:
    alice = world.browser("alice")
    form = {"csrf_token": csrf_token(alice)}

    response = alice.post("/team/code", data=form, headers={"Origin": "http://127.0.0.1:8000"})

    assert response.status_code == 303


def test_a_file_is_not_read_from_somebody_signed_out(world: World) -> None:
    response = world.browser().post(
        "/phases/slides/submit",
        input_stream=io.BytesIO(b""),
        content_type="multipart/form-data; boundary=x",
        environ_overrides={"CONTENT_LENGTH": "99000000"},
    )

    assert response.status_code == 303
    assert response.headers["Location"] == "/sign-in"


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:x"]
)
def test_signing_in_leads_to_no_other_site(world: World, target: str) -> None:
    client = world.browser()
    form = {"email": "alice@example.org", "password": "eleven quiet llamas", "next": target}

    assert post(client, "/sign-in", form).headers["Location"] == "/"


def test_unknown_accounts_and_wrong_passwords_get_the_same_answer(world: World) -> None:
    client = world.browser()

    unknown = post(client, "/sign-in", {"email": "nobody@example.org", "password": "x"})
    wrong = post(client, "/sign-in", {"email": "alice@example.org", "password": "x"})

    assert unknown.status_code == wrong.status_code == 422
    assert without_names(unknown) == without_names(wrong)


def test_the_eleventh_wrong_password_in_five_minutes_must_wait(world: World) -> None:
    client = world.browser()
    form = {"email": "alice@example.org", "password": "wrong"}

    answers = [post(client, "/sign-in", form) for _ in range(11)]

    assert [answer.status_code for answer in answers] == [422] * 10 + [429]
    assert "Retry-After" not in answers[9].headers
    assert 0 < int(answers[10].headers["Retry-After"]) <= 300


def test_many_passwords_at_once_are_no_way_around_the_limit(world: World) -> None:
    clients = [world.browser() for _ in range(24)]
    form = {"email": "alice@example.org", "password": "wrong"}
    forms = [{**form, "csrf_token": csrf_token(client)} for client in clients]

    with ThreadPoolExecutor(24) as pool:
        answers = pool.map(
            lambda one: one[0].post("/sign-in", data=one[1]), zip(clients, forms, strict=True)
        )
        statuses = [answer.status_code for answer in answers]

    assert sorted(statuses) == [422] * 10 + [429] * 14


def test_whoever_signs_in_properly_may_do_so_often(world: World) -> None:
    client = world.browser()
    form = {"email": "alice@example.org", "password": "eleven quiet llamas"}

    assert [post(client, "/sign-in", form).status_code for _ in range(12)] == [303] * 12


def without_names(response: TestResponse) -> str:
    """Return a page without the form's token and the typed address."""
    page = re.sub(r'(name="csrf_token"\s+value=")[^"]+', r"\1", response.get_data(as_text=True))
    return page.replace("nobody@example.org", "").replace("alice@example.org", "")
