"""Checks phases, case lists, boards and the caller as the API shows them."""

from datetime import timedelta

import pytest

from tests.webapp.people import CANARY, POOR_SLIDES, TRUTH_VERSION, World


def get(world: World, path: str, who: str | None = None) -> dict[str, object]:
    headers = {} if who is None else world.bearer(who)
    response = world.browser().get(f"/api/v1{path}", headers=headers)
    assert response.status_code == 200, response.json
    body: dict[str, object] = response.json or {}
    return body


def test_phases_are_listed_with_what_a_client_needs(world: World) -> None:
    listed = get(world, "/phases")["items"]
    phase = get(world, "/phases/lesions")

    assert isinstance(listed, list)
    assert len(listed) == 7
    assert phase in listed
    assert phase["kind"] == "lesions"
    assert phase["state"] == "open"
    assert phase["parameters"]["max_detections_per_slide"] == 1000  # type: ignore[index]  # JSON
    assert phase["truth_version"] == TRUTH_VERSION
    assert phase["release"] == "open"


def test_the_case_list_is_the_public_one(world: World) -> None:
    cases = get(world, "/phases/slides/cases")

    assert cases["slides"][0] == {  # type: ignore[index]  # JSON
        "slide": "slide_1",
        "width": 4096,
        "height": 4096,
        "spacing_um": 0.243,
        "kinds": ["lesions", "slides"],
    }
    assert cases["patients"] == [
        {"patient": "patient_1", "nodes": ["patient_1_node_0"]},
        {"patient": "patient_2", "nodes": ["patient_2_node_0"]},
    ]


def test_a_board_item_has_the_fields_of_the_contract(world: World) -> None:
    submission = world.submit("alice", method="M")
    world.submit("charlie", POOR_SLIDES)
    world.do_all_work()

    board = get(world, "/phases/slides/leaderboard")

    rows = board["items"]
    assert isinstance(rows, list)
    assert [(row["rank"], row["team"], row["score"]) for row in rows] == [
        (1, "Alpha", 1.0),
        (2, "Gamma", 0.5),
    ]
    assert set(rows[0]) == {
        "rank",
        "rank_set",
        "team",
        "method",
        "score",
        "interval",
        "submission",
        "submitted_at",
        "attempts",
        "badges",
    }
    assert rows[0]["submission"] == submission
    assert board["truth_is_public"] is True


def test_a_board_is_not_sent_again_until_it_changes(world: World) -> None:
    world.submit("alice")
    world.do_all_work()
    path = "/api/v1/phases/slides/leaderboard"
    tag = world.browser().get(path).headers["ETag"]

    same = world.browser().get(path, headers={"If-None-Match": tag})
    world.submit("charlie")
    world.do_all_work()
    changed = world.browser().get(path, headers={"If-None-Match": tag})

    assert same.status_code == 304
    assert changed.status_code == 200
    assert not tag.startswith("W/")


def test_a_private_board_needs_a_token_or_a_session(world: World) -> None:
    path = "/api/v1/phases/private/leaderboard"

    assert world.browser().get(path).status_code == 401
    assert world.browser("dora").get(path).status_code == 200
    assert world.browser().get(path, headers=world.bearer("dora")).status_code == 200


def test_a_sealed_board_shows_participants_no_score_and_organisers_all(world: World) -> None:
    world.submit("alice", phase="sealed")
    world.do_all_work()

    own = get(world, "/phases/sealed/leaderboard", "alice")["items"]
    organisers = get(world, "/phases/sealed/leaderboard", "olga")["items"]

    assert get(world, "/phases/sealed/leaderboard", "charlie")["items"] == []
    assert isinstance(own, list)
    assert [(row["rank"], row["score"]) for row in own] == [(None, None)]
    assert isinstance(organisers, list)
    assert [row["score"] for row in organisers] == [1.0]


def test_organisers_eyes_need_the_scope_organise(world: World) -> None:
    submission = world.submit("alice", phase="hidden")
    world.do_all_work()

    path = f"/submissions/{submission}"

    assert get(world, path, "olga")["result"] is not None
    response = world.browser().get(f"/api/v1{path}", headers=world.bearer("olga-read"))
    assert response.status_code == 404


def test_hidden_truth_reaches_no_participant(world: World) -> None:
    submission = world.submit("alice", phase="hidden")
    world.do_all_work()

    view = get(world, f"/submissions/{submission}", "alice")

    assert view["result"] is None
    assert view["score"] == 1.0
    client = world.browser("alice")
    for path in (
        "/api/v1/phases/hidden",
        "/api/v1/phases/hidden/cases",
        "/api/v1/phases/hidden/leaderboard",
        f"/api/v1/submissions/{submission}",
        f"/api/v1/submissions/{submission}/events",
        "/api/v1/submissions",
        "/phases/hidden",
        "/phases/hidden/leaderboard",
        "/phases/hidden/leaderboard.csv",
        f"/submissions/{submission}",
        "/submissions",
    ):
        text = client.get(path).get_data(as_text=True)
        assert CANARY not in text, path
        assert "tumour" not in text, path


def test_the_caller_and_the_quota_are_told(world: World) -> None:
    me = get(world, "/me", "bob")
    quota = get(world, "/me/quota?phase=slides", "bob")

    assert (me["name"], me["team"], me["is_organiser"]) == ("Bob", "Alpha", False)
    assert quota == {
        "phase": "slides",
        "limit": 3,
        "granted": 0,
        "used": 0,
        "remaining": 3,
        "window_days": None,
        "next_at": None,
    }


def test_the_state_follows_the_window(world: World) -> None:
    for opens, closes, state in (
        (timedelta(hours=1), None, "upcoming"),
        (timedelta(hours=-1), timedelta(hours=1), "open"),
        (timedelta(hours=-1), timedelta(minutes=-1), "grace"),
        (timedelta(hours=-3), timedelta(hours=-1), "closed"),
    ):
        world.move_window("slides", opens, closes)
        assert get(world, "/phases/slides")["state"] == state


@pytest.mark.parametrize("path", ["/phases", "/phases/slides", "/phases/slides/cases"])
def test_reading_needs_no_token_where_everybody_may_read(world: World, path: str) -> None:
    get(world, path)
