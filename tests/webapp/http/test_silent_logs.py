"""Checks that nothing secret comes into a log line, whatever people send and whatever breaks."""

import io
import re

import pytest
from flask import request
from flask.testing import FlaskClient

from ground_truth.types import GroundTruth
from tests.webapp.http.conftest import Log
from tests.webapp.people import CANARY, World, csrf_token, post
from webapp.services.work import execution

EMAIL = "canary-mail@example.org"
PASSWORD = "canary password of llamas"
TEXTS = (
    CANARY,  # of the truth
    "canary-mail",
    "canary password",
    "wrong password",
    "Canary Name",
    "canary-token-name",
    "canary-file",
    "canary-content",
    "canary-method",
    "canary-description",
    "canary-link",
    "canary-code",
    "canary-query",
)
CARD = {
    "method": "canary-method",
    "description": "canary-description",
    "link": "https://canary-link.example.org",
}
CONTENT = b"image,confidence\nslide_1,0.9\nslide_2,0.8\nslide_3,0.2\nslide_4,0.1\n"
BROKEN = b"image,confidence\ncanary-content,0.9\nslide_2,canary-content\n"


def register(client: FlaskClient) -> None:
    person = {"email": EMAIL, "name": "Canary Name", "password": PASSWORD}
    assert post(client, "/register", person).status_code == 303
    assert post(client, "/register", {**person, "name": "Again"}).status_code == 422
    assert post(client, "/team/join", {"join_code": "canary-code"}).status_code == 422
    assert post(client, "/team", {"name": "Blue"}).status_code == 303


def sign_in(client: FlaskClient) -> None:
    """Sign in, wrongly first and so often that the limit tells."""
    right = {"email": EMAIL, "password": PASSWORD}
    statuses = [
        post(client, "/sign-in?next=/canary-query", {**right, "password": "wrong password"})
        for _ in range(11)
    ]
    assert statuses[0].status_code == 422
    assert statuses[-1].status_code == 429


def make_token(client: FlaskClient) -> str:
    form = {"name": "canary-token-name", "scope": ["submit", "read"], "days": "7"}
    page = post(client, "/tokens", form).get_data(as_text=True)
    found = re.search(r"cam_\w+", page)
    assert found is not None
    return found.group()


def join_code_of(client: FlaskClient, world: World) -> str:
    with world.runtime.engine.connect() as connection:
        codes = connection.exec_driver_sql("SELECT join_code FROM team").scalars().all()
    page = client.get("/team").get_data(as_text=True)
    (code,) = [one for one in codes if one in page]
    return str(code)


def upload(client: FlaskClient, world: World, content: bytes) -> str:
    """Upload in the page, have it checked, and try to confirm it; return its address."""
    form = {"file": (io.BytesIO(content), "canary-file.csv")}
    address = post(client, "/phases/slides/submit", form).headers["Location"]
    world.do_all_work()
    post(client, f"{address}/confirm", CARD)
    world.do_all_work()
    return str(address)


def submit(client: FlaskClient, token: str, content: bytes) -> int:
    answer = client.post(
        "/api/v1/submissions",
        headers={"Authorization": f"Bearer {token}"},
        data={"phase": "staging", **CARD, "file": (io.BytesIO(content), "canary-file.csv")},
    )
    return answer.status_code


def work_that_fails(world: World) -> None:
    """Do waiting work with a truth that cannot be read, for a reason that quotes it."""

    def broken_truth(version: str) -> GroundTruth:
        secret, none = f"{version} {CANARY} canary-content", dict[str, GroundTruth]()
        try:
            return none[secret]
        except KeyError as error:
            raise ValueError(secret) from error

    stages = b"patient,stage\npatient_1.zip,pN0\npatient_2.zip,pN1\n"
    assert submit(world.app.test_client(), world.tokens["alice"], stages) == 202
    runtime, policy = world.runtime, world.runtime.policy("test")
    (validate,) = world._waiting()
    first = execution.run(runtime.sessions, runtime.storage, broken_truth, validate, policy)
    assert first is not None
    with pytest.raises(ValueError, match=CANARY):
        execution.run(runtime.sessions, runtime.storage, broken_truth, first.follow_up[0], policy)


def add_a_bug(world: World) -> None:
    """Add an address whose error quotes all that it was sent."""

    def fail(text: str) -> str:
        raise RuntimeError(f"{text} {request.url} {request.form} {request.headers}")

    world.app.add_url_rule("/bug/<text>", "bug", fail, methods=["POST"])
    world.app.config["PROPAGATE_EXCEPTIONS"] = False


def ask_for_the_bug(client: FlaskClient) -> None:
    form = {"password": PASSWORD, "csrf_token": csrf_token(client)}
    assert client.post("/bug/canary-query?token=canary-query", data=form).status_code == 500


def test_no_line_has_content_truth_tokens_passwords_or_mail_addresses(
    world: World, client: FlaskClient, log: Log
) -> None:
    add_a_bug(world)
    register(client)
    token = make_token(client)
    code = join_code_of(client, world)
    upload(client, world, CONTENT)
    upload(client, world, BROKEN)
    assert submit(client, token, BROKEN) == 202
    assert submit(client, token + "x", CONTENT) == 401
    world.do_all_work()
    work_that_fails(world)
    ask_for_the_bug(client)
    sign_in(client)

    written = log.text()

    cookie = client.get_cookie("session")
    assert cookie is not None
    found = [text for text in (*TEXTS, token, code, cookie.value) if text in written]
    assert found == []
    events = {line["event"].split("\n", 1)[0] for line in log.lines()}
    assert events >= {
        "request answered",
        "work ended",
        "work failed: ValueError",
        "unexpected error",
    }
