"""Checks the id and the access line of requests, on the application as it is served."""

import io
import json
import logging

import pytest
from flask import request
from flask.testing import FlaskClient

from tests.webapp.http.conftest import Log
from tests.webapp.people import GOOD_SLIDES, World, post


def submit(world: World, client: FlaskClient, request_id: str) -> str:
    answer = client.post(
        "/api/v1/submissions",
        headers={**world.bearer("alice"), "X-Request-Id": request_id},
        data={"phase": "slides", "file": (io.BytesIO(GOOD_SLIDES), "slides.csv")},
    )
    assert answer.status_code == 202
    assert answer.json is not None
    return str(answer.json["id"])


def test_a_request_is_one_line_with_its_route_and_what_was_sent(
    client: FlaskClient, log: Log
) -> None:
    answer = client.get("/api/v1/phases/slides?colour=blue", headers={"X-Request-Id": "r-1"})

    line = log.answered()
    assert line.pop("seconds") >= 0
    assert line.pop("timestamp")
    assert line == {
        "event": "request answered",
        "level": "info",
        "logger": "webapp.http.tracing",
        "method": "GET",
        "request": "r-1",
        "route": "/api/v1/phases/<slug>",
        "sent_bytes": len(answer.data),
        "status": answer.status_code,
    }


def test_a_submission_is_named_with_its_team(world: World, client: FlaskClient, log: Log) -> None:
    public_id = submit(world, client, "r-2")

    line = log.answered()
    assert (line["submission"], line["route"]) == (public_id, "/api/v1/submissions")
    assert line["team"].startswith("tea")


def test_a_page_of_a_person_names_the_team_and_the_upload_that_it_leads_to(
    world: World, client: FlaskClient, log: Log
) -> None:
    del client
    browser = world.browser("alice")
    form = {"file": (io.BytesIO(GOOD_SLIDES), "slides.csv")}
    log.lines()

    answer = post(browser, "/phases/slides/submit", form)

    assert answer.status_code == 303
    line = log.lines("request answered")[-1]
    assert line["upload"] == answer.headers["Location"].rpartition("/")[2]


def test_an_address_that_does_not_exist_is_not_repeated(client: FlaskClient, log: Log) -> None:
    client.get("/reset/cam_secret?code=cam_secret")

    line = log.answered()
    assert (line["route"], line["status"]) == (None, 404)
    assert "cam_secret" not in json.dumps(line)


def test_a_method_that_nobody_knows_is_not_repeated(client: FlaskClient, log: Log) -> None:
    client.open("/", method="CAM_SECRET")

    assert log.answered()["method"] == "other"


def test_static_files_and_health_checks_are_left_out(client: FlaskClient, log: Log) -> None:
    static = client.get("/static/app.css")
    health = client.get("/healthz")

    assert (static.status_code, health.status_code) == (200, 200)
    assert static.headers["X-Request-Id"]
    assert log.lines() == []
    static.close()


@pytest.mark.parametrize("given", ["a", "0Az._-", "x" * 64])
def test_a_plain_id_is_kept_and_answered(client: FlaskClient, log: Log, given: str) -> None:
    answer = client.get("/", headers={"X-Request-Id": given})

    assert answer.headers.getlist("X-Request-Id") == [given]
    assert log.answered()["request"] == given


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", "é", "a,b", "<b>", "a=1", 'a"b'])
def test_any_other_id_is_replaced(client: FlaskClient, log: Log, given: str) -> None:
    answer = client.get("/", headers={"X-Request-Id": given})

    made = answer.headers["X-Request-Id"]
    assert len(made) == 32
    assert made.isalnum()
    assert log.answered()["request"] == made


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/none", 404),
        ("/api/v1/none", 404),
        ("/api/v1/me", 401),
        ("/sign-out", 405),
        ("/boom", 500),
        ("/api/v1/boom", 500),
    ],
)
def test_every_answer_has_an_id_of_its_own(
    world: World, client: FlaskClient, log: Log, path: str, status: int
) -> None:
    break_something(world)

    answers = [client.get(path) for _ in range(2)]

    assert {answer.status_code for answer in answers} == {status}
    ids = [answer.headers["X-Request-Id"] for answer in answers]
    assert len(set(ids)) == 2
    assert [line["request"] for line in log.lines("request answered")] == ids


def break_something(world: World) -> None:
    """Add addresses at which a bug shows itself."""

    def fail() -> str:
        raise RuntimeError(request.args.get("secret", ""))

    for number, path in enumerate(("/boom", "/api/v1/boom")):
        world.app.add_url_rule(path, f"boom{number}", fail)
    world.app.config["PROPAGATE_EXCEPTIONS"] = False


def test_a_bug_is_logged_with_the_request_and_without_its_text(
    world: World, client: FlaskClient, log: Log
) -> None:
    break_something(world)

    client.get("/boom?secret=canary", headers={"X-Request-Id": "r-3"})

    error, line = lines = log.lines()
    assert (error["event"], error["request"]) == ("unexpected error", "r-3")
    assert error["exception"].startswith("RuntimeError\n")
    assert "in fail" in error["exception"]
    assert (line["level"], line["status"], line["route"]) == ("error", 500, "/boom")
    assert "canary" not in json.dumps(lines)


def test_a_line_of_the_standard_library_names_the_request(
    world: World, client: FlaskClient, log: Log
) -> None:
    def say() -> str:
        logging.getLogger("anything").warning("said")
        return "said"

    world.app.add_url_rule("/say", "say", say)

    client.get("/say", headers={"X-Request-Id": "r-4"})
    logging.getLogger("anything").warning("said outside")

    said, _, outside = log.lines()
    assert said["request"] == "r-4"
    assert "request" not in outside


def test_a_client_that_goes_away_has_its_line_too(client: FlaskClient, log: Log) -> None:
    answer = client.get("/", buffered=False)
    answer.close()

    assert log.answered()["status"] == 200


def test_a_submission_is_followed_from_its_post_to_its_score(
    world: World, client: FlaskClient, log: Log
) -> None:
    public_id = submit(world, client, "post-7")
    world.do_all_work()

    ended = [
        (line["kind"], line["state"], line["request"], line["submission"], line["attempt"])
        for line in log.lines("work ended")
        if line["kind"] != "rank"  # of no submission
    ]
    assert ended == [
        ("validate", "accepted", "post-7", public_id, 1),
        ("evaluate", "scored", "post-7", public_id, 1),
    ]


def test_an_upload_is_followed_through_its_check(world: World, log: Log) -> None:
    browser = world.browser("alice")
    form = {"file": (io.BytesIO(GOOD_SLIDES), "slides.csv")}
    answer = post(browser, "/phases/slides/submit", form)
    world.do_all_work()

    (ended,) = log.lines("work ended")
    assert (ended["kind"], ended["state"]) == ("check", "checked")
    assert ended["request"] == answer.headers["X-Request-Id"]
    assert ended["upload"] == answer.headers["Location"].rpartition("/")[2]
