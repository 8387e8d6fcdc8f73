"""Checks submitting, following and listing submissions by API."""

import io
from datetime import timedelta

import pytest
from sqlalchemy import event
from werkzeug.test import TestResponse

from tests.webapp.people import BROKEN_SLIDES, GOOD_SLIDES, POOR_SLIDES, World, post
from webapp.database.models import Submission

PATH = "/api/v1/submissions"
PROBLEM = "application/problem+json"


def hand_in(
    world: World,
    who: str = "alice",
    content: bytes = GOOD_SLIDES,
    key: str | None = None,
    **fields: str,
) -> TestResponse:
    headers = world.bearer(who) | ({} if key is None else {"Idempotency-Key": key})
    form = {"phase": "slides", **fields, "file": (io.BytesIO(content), "slides.csv")}
    return world.app.test_client().post(PATH, headers=headers, data=form)


def code_of(response: TestResponse) -> str:
    assert response.mimetype == PROBLEM
    assert response.json is not None
    assert response.json["status"] == response.status_code
    code: str = response.json["errors"][0]["code"]
    return code


def test_a_submission_is_accepted_followed_and_scored(world: World) -> None:
    accepted = hand_in(world, method="By script")
    location = accepted.headers["Location"]
    client, headers = world.app.test_client(), world.bearer("alice")
    pending = client.get(location, headers=headers)
    world.do_all_work()
    scored = client.get(location, headers=headers)

    assert accepted.status_code == 202
    assert accepted.json == {"id": location.rpartition("/")[2], "location": location}
    assert pending.json is not None
    assert pending.json["state"] == "received"
    assert pending.headers["Retry-After"] == "2"
    assert scored.json is not None
    assert scored.json["state"] == "scored"
    assert scored.json["score"] == 1.0
    assert scored.json["submitted_at"].endswith("Z")
    assert scored.json["result"]["aggregates"]["auc"]["value"] == 1.0
    assert "Retry-After" not in scored.headers


def test_an_accepted_submission_is_asked_for_soon_not_when_the_rate_limit_ends(
    world: World,
) -> None:
    first, second = hand_in(world), hand_in(world)

    assert second.headers["Retry-After"] == "2"
    assert second.headers["RateLimit-Limit"] == "300"
    assert second.headers["RateLimit-Remaining"] == "298"
    assert 3500 < int(second.headers["RateLimit-Reset"]) <= 3600  # seconds, not a date
    assert len(first.headers.get_all("RateLimit-Reset")) == 1


def test_a_person_has_one_rate_limit_whatever_the_token_and_nobody_else_has_any(
    world: World,
) -> None:
    hand_in(world, "alice")
    other_token = hand_in(world, "alice-submit")
    unknown = world.app.test_client().post(PATH, headers={"Authorization": "Bearer cam_x"})

    assert other_token.headers["RateLimit-Remaining"] == "298"
    assert unknown.status_code == 401
    assert "RateLimit-Remaining" not in unknown.headers


def test_what_has_not_changed_is_not_sent_again(world: World) -> None:
    location = hand_in(world).headers["Location"]
    client, headers = world.app.test_client(), world.bearer("alice")
    tag = client.get(location, headers=headers).headers["ETag"]

    same = client.get(location, headers={**headers, "If-None-Match": tag})
    world.do_all_work()
    changed = client.get(location, headers={**headers, "If-None-Match": tag})

    assert not tag.startswith("W/")
    assert same.status_code == 304
    assert changed.status_code == 200


def test_the_same_key_and_content_give_the_same_submission_once(world: World) -> None:
    first = hand_in(world, key="run-1", method="M")
    second = hand_in(world, key="run-1", method="M")
    quota = world.app.test_client().get(
        "/api/v1/me/quota?phase=slides", headers=world.bearer("alice")
    )

    assert first.status_code == second.status_code == 202
    assert first.json == second.json
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert quota.json is not None
    assert (quota.json["used"], quota.json["remaining"]) == (1, 2)


def test_the_same_key_with_other_content_is_refused(world: World) -> None:
    hand_in(world, key="run-1")

    response = hand_in(world, content=POOR_SLIDES, key="run-1")

    assert response.status_code == 422
    assert code_of(response) == "idempotency_key_reused"


def test_the_fourth_submission_of_three_is_its_own_kind_of_problem(world: World) -> None:
    for _ in range(3):
        assert hand_in(world).status_code == 202

    response = hand_in(world)

    assert response.status_code == 429
    assert code_of(response) == "quota_exhausted"
    assert response.json is not None
    assert response.json["type"] == "http://127.0.0.1:8000/problems#quota_exhausted"


def test_a_rejected_submission_says_why_and_gives_its_charge_back(world: World) -> None:
    location = hand_in(world, content=BROKEN_SLIDES).headers["Location"]
    world.do_all_work()

    body = world.app.test_client().get(location, headers=world.bearer("alice")).json

    assert body is not None
    assert body["state"] == "rejected"
    assert body["refunded"] is True
    assert {problem["code"] for problem in body["report"]["problems"]} == {
        "confidence_out_of_range",
        "not_a_number",
        "unknown_slide",
        "missing_slide",
    }
    assert {problem["line"] for problem in body["report"]["problems"]} == {None, 2, 3, 4}


def test_a_checked_upload_is_submitted_by_its_id(world: World) -> None:
    alice = world.browser("alice")
    sent = post(alice, "/phases/slides/submit", {"file": (io.BytesIO(GOOD_SLIDES), "s.csv")})
    upload = sent.headers["Location"].rpartition("/")[2]
    world.do_all_work()

    response = world.app.test_client().post(
        PATH, headers=world.bearer("alice"), json={"phase": "slides", "upload": upload}
    )
    world.do_all_work()

    assert response.status_code == 202
    body = (
        world.app.test_client()
        .get(response.headers["Location"], headers=world.bearer("alice"))
        .json
    )
    assert body is not None
    assert body["state"] == "scored"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"phase": "slides"}, "/upload"),
        ({"phase": "slides", "upload": "upl_x", "colour": "red"}, "/colour"),
        ({"phase": 1, "upload": "upl_x"}, "/phase"),
    ],
)
def test_a_json_body_that_does_not_fit_is_refused_with_a_pointer(
    world: World, body: dict[str, object], pointer: str
) -> None:
    response = world.app.test_client().post(PATH, headers=world.bearer("alice"), json=body)

    assert response.status_code == 422
    assert response.json is not None
    assert response.json["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize(
    ("who", "fields", "status", "code"),
    [
        ("alice", {"phase": "nowhere"}, 404, "unknown_phase"),
        ("alice", {"phase": ""}, 422, "invalid_field"),
        ("alice", {"colour": "red"}, 422, "invalid_field"),
        ("dora", {}, 409, "no_team"),
        ("alice-read", {}, 403, "forbidden"),
        ("olga", {}, 403, "forbidden"),
    ],
)
def test_what_cannot_be_accepted_is_refused_by_its_code(
    world: World, who: str, fields: dict[str, str], status: int, code: str
) -> None:
    form = {"phase": "slides", **fields, "file": (io.BytesIO(GOOD_SLIDES), "slides.csv")}

    response = world.app.test_client().post(PATH, headers=world.bearer(who), data=form)

    assert response.status_code == status
    assert code_of(response) == code


def test_an_empty_file_is_refused(world: World) -> None:
    assert code_of(hand_in(world, content=b"")) == "file_empty"


def test_a_phase_that_is_closed_or_not_open_takes_nothing(world: World) -> None:
    world.move_window("slides", timedelta(days=1), None)
    early = hand_in(world)
    world.move_window("slides", timedelta(days=-3), timedelta(days=-2))
    late = hand_in(world)

    assert (early.status_code, code_of(early)) == (409, "phase_not_open")
    assert (late.status_code, code_of(late)) == (409, "phase_closed")


def test_another_kind_of_body_is_no_supported_media_type(world: World) -> None:
    response = world.app.test_client().post(
        PATH, headers=world.bearer("alice"), data=b"x", content_type="text/csv"
    )

    assert (response.status_code, code_of(response)) == (415, "unsupported_media_type")


def test_the_browsers_session_cannot_write_by_api(world: World) -> None:
    response = world.browser("alice").post(PATH, json={"phase": "slides", "upload": "upl_x"})

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


def test_lists_come_in_pages(world: World) -> None:
    made = [hand_in(world).json for _ in range(3)]
    client, headers = world.app.test_client(), world.bearer("alice")

    first = client.get(f"{PATH}?limit=2", headers=headers).json
    assert first is not None
    second = client.get(f"{PATH}?limit=2&cursor={first['next_cursor']}", headers=headers).json
    assert second is not None

    assert [item["id"] for item in first["items"] + second["items"]] == [
        item["id"] for item in reversed(made) if item is not None
    ]
    assert second["next_cursor"] is None


def test_of_a_list_only_the_page_is_read_from_the_database(world: World) -> None:
    made = [hand_in(world).json for _ in range(3)]
    read: list[str] = []

    def note(row: Submission, context: object) -> None:
        del context
        read.append(row.public_id)

    event.listen(Submission, "load", note)
    page = world.app.test_client().get(f"{PATH}?limit=1&cursor=1", headers=world.bearer("olga"))
    event.remove(Submission, "load", note)

    assert page.json is not None
    assert [item["id"] for item in page.json["items"]] == read == [made[1] and made[1]["id"]]
    assert page.json["next_cursor"] == "2"


@pytest.mark.parametrize(
    ("query", "count", "next_cursor"),
    [
        ("limit=2", 2, "2"),
        ("limit=3", 3, None),
        ("limit=4", 3, None),
        ("limit=2&cursor=1", 2, None),
        ("limit=1&cursor=2", 1, None),
        ("limit=1&cursor=3", 0, None),
        ("cursor=999999999", 0, None),
        ("limit=2&phase=slides", 2, "2"),
        ("limit=2&phase=hidden", 0, None),
    ],
)
def test_a_cursor_counts_items_and_ends_with_the_list(
    world: World, query: str, count: int, next_cursor: str | None
) -> None:
    for _ in range(3):
        hand_in(world)

    page = world.app.test_client().get(f"{PATH}?{query}", headers=world.bearer("alice"))

    assert page.json is not None
    assert (len(page.json["items"]), page.json["next_cursor"]) == (count, next_cursor)


def test_events_tell_the_submissions_way_from_a_point_on(world: World) -> None:
    location = hand_in(world).headers["Location"]
    world.do_all_work()
    client, headers = world.app.test_client(), world.bearer("alice")

    every = client.get(f"{location}/events", headers=headers).json
    assert every is not None
    states = [item["to_state"] for item in every["items"]]
    later = client.get(f"{location}/events?after={every['items'][-1]['id']}", headers=headers).json
    first = client.get(f"{location}/events?limit=1", headers=headers).json
    assert first is not None
    rest = client.get(f"{location}/events?cursor={first['next_cursor']}", headers=headers).json
    assert rest is not None

    assert states[0] == "received"
    assert states[-1] == "scored"
    assert later == {"items": [], "next_cursor": None}
    assert first["items"] + rest["items"] == every["items"]
