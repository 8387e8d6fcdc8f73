"""Checks that text from outside is shown, never run."""

import pytest

from tests.webapp.people import World, post
from webapp.web.guards import safe_target
from webapp.web.rendering.board_csv import escape_formula

PAYLOAD = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>{{7*7}}"


def test_a_method_card_is_inert_on_every_page_that_shows_it(world: World) -> None:
    submission = world.submit("alice", method=PAYLOAD, description=PAYLOAD)
    world.do_all_work()
    alice = world.browser("alice")

    for path in ("/submissions", f"/submissions/{submission}", "/phases/slides/leaderboard"):
        page = alice.get(path).get_data(as_text=True)

        assert "&lt;script&gt;alert(1)" in page, path
        assert "<script>alert" not in page, path
        assert "<img src=x" not in page, path
        assert "{{7*7}}" in page, path


def test_names_and_refused_input_are_inert(world: World) -> None:
    dora = world.browser("dora")

    pages = [
        post(dora, "/team", {"name": PAYLOAD}),
        post(dora, "/tokens", {"name": PAYLOAD, "days": PAYLOAD, "scope": "read"}),
        post(dora, "/register", {"name": PAYLOAD, "email": PAYLOAD, "password": "x"}),
        post(dora, "/sign-in", {"email": PAYLOAD, "password": "x", "next": PAYLOAD}),
    ]

    for page in pages:
        assert "<script>alert" not in page.get_data(as_text=True)
        assert "<img src=x" not in page.get_data(as_text=True)


def test_a_persons_name_is_inert(world: World) -> None:
    client = world.browser()
    form = {"name": PAYLOAD, "email": "eve@example.org", "password": "eleven quiet llamas"}
    assert post(client, "/register", form).status_code == 303

    page = client.get("/team").get_data(as_text=True)

    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page


def test_a_link_that_is_no_web_link_is_refused(world: World) -> None:
    response = world.app.test_client().post(
        "/api/v1/submissions",
        headers=world.bearer("alice"),
        data={"phase": "slides", "link": "javascript:alert(1)", "file": (b"x", "a.csv")},
    )

    assert response.status_code == 422


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@x", "\tx", "\u00a0 =1", "|calc", "%0A", "\uff1d1"]
)
def test_no_cell_of_a_csv_starts_a_formula(text: str) -> None:
    assert escape_formula(text) == f"'{text}"


def test_ordinary_cells_of_a_csv_stay_as_they_are() -> None:
    assert escape_formula("ResNet-50 = good") == "ResNet-50 = good"


def test_the_boards_csv_holds_the_rows_as_shown(world: World) -> None:
    world.submit("alice", method="=HYPERLINK(1)")
    world.do_all_work()

    lines = (
        world.browser().get("/phases/slides/leaderboard.csv").get_data(as_text=True).split("\r\n")
    )

    assert lines[0] == (
        "rank,best_rank,worst_rank,team,method,score,interval_low,interval_high,submission,"
        "submitted_at,attempts,badges,protocol,scoring,truth_version"
    )
    assert lines[1].startswith("1,1,1,Alpha,'=HYPERLINK(1),1.0000,")


@pytest.mark.parametrize("target", ["/team", "/phases/slides?x=1"])
def test_a_path_of_this_site_is_kept(target: str) -> None:
    assert safe_target(target) == target
