"""Goes from a file in a browser to a rank on the board."""

import io
import re
import time
from collections.abc import Callable
from datetime import timedelta

from flask.testing import FlaskClient
from typing_extensions import Buffer

from tests.webapp.people import BROKEN_SLIDES, GOOD_SLIDES, World, csrf_token, post


def send(client: FlaskClient, slug: str, content: bytes, name: str = "slides.csv") -> str:
    response = post(client, f"/phases/{slug}/submit", {"file": (io.BytesIO(content), name)})
    assert response.status_code == 303, response.get_data(as_text=True)
    return str(response.headers["Location"])


def test_a_clean_file_is_checked_confirmed_scored_and_ranked(world: World) -> None:
    alice = world.browser("alice")
    upload = send(alice, "slides", GOOD_SLIDES)
    waiting = alice.get(f"{upload}/check")
    world.do_all_work()
    checked = alice.get(f"{upload}/check")
    confirmed = post(alice, f"{upload}/confirm", {"method": "Nearest neighbour"})
    submission = confirmed.headers["Location"]
    queued = alice.get(f"{submission}/status")
    world.do_all_work()
    scored = alice.get(f"{submission}/status")
    board = world.browser().get("/phases/slides/leaderboard").get_data(as_text=True)

    assert waiting.status_code == 200
    assert 'hx-trigger="every 1s"' in waiting.get_data(as_text=True)
    assert checked.status_code == 286
    assert "attempt <strong>1 of 3</strong>" in checked.get_data(as_text=True)
    assert confirmed.status_code == 303
    assert queued.status_code == 200
    assert scored.status_code == 286
    assert 'data-state="scored"' in scored.get_data(as_text=True)
    assert "1.0000" in scored.get_data(as_text=True)
    assert re.search(r"Alpha.*Nearest neighbour.*1\.0000", board, re.DOTALL)
    assert "Truth is public: results are self-declared" in board


def test_a_file_with_problems_is_reported_by_file_and_line_and_costs_nothing(world: World) -> None:
    alice = world.browser("alice")
    upload = send(alice, "slides", BROKEN_SLIDES)
    world.do_all_work()

    page = alice.get(upload).get_data(as_text=True)

    assert "This file cannot be submitted yet" in page
    assert "confidence_out_of_range" in page
    assert "missing_slide" in page
    assert "Confirm submission" not in page
    assert post(alice, f"{upload}/confirm", {}).status_code == 409
    assert "<strong>3</strong> of 3 submissions left" in alice.get("/").get_data(as_text=True)


def test_confirming_twice_gives_the_same_submission_and_one_charge(world: World) -> None:
    alice = world.browser("alice")
    upload = send(alice, "slides", GOOD_SLIDES)
    world.do_all_work()

    first = post(alice, f"{upload}/confirm", {}).headers["Location"]
    second = post(alice, f"{upload}/confirm", {}).headers["Location"]

    assert first == second
    assert "<strong>2</strong> of 3 submissions left" in alice.get("/").get_data(as_text=True)


def test_the_same_file_again_is_warned_of_before_it_costs_an_attempt(world: World) -> None:
    alice = world.browser("alice")
    first = send(alice, "slides", GOOD_SLIDES)
    world.do_all_work()
    submission = post(alice, f"{first}/confirm", {}).headers["Location"].rpartition("/")[2]

    again = send(alice, "slides", GOOD_SLIDES)
    world.do_all_work()
    page = alice.get(again).get_data(as_text=True)

    assert "Your team has submitted this very file already" in page
    assert submission in page
    assert "attempt <strong>2 of 3</strong>" in page


def test_a_table_above_its_limit_is_refused_with_413(world: World) -> None:
    alice = world.browser("alice")

    token = csrf_token(alice)
    body = (
        f'--x\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{token}\r\n'
        '--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
        f"{'x' * (1024 * 1024 + 1)}\r\n--x--\r\n"
    )
    response = alice.post(
        "/phases/slides/submit", data=body, content_type="multipart/form-data; boundary=x"
    )

    assert response.status_code == 413
    assert "larger than" in response.get_data(as_text=True)


def test_a_body_far_above_the_limit_is_refused_before_it_is_read(world: World) -> None:
    alice = world.browser("alice")

    response = alice.post(
        "/phases/slides/submit",
        input_stream=io.BytesIO(b"--x\r\n"),
        content_type="multipart/form-data; boundary=x",
        environ_overrides={"CONTENT_LENGTH": "3000000"},
    )

    assert response.status_code == 413


def test_without_a_file_the_form_says_so(world: World) -> None:
    response = post(world.browser("alice"), "/phases/slides/submit", {})

    assert response.status_code == 422
    assert "Choose a file first" in response.get_data(as_text=True)


def test_a_pending_page_refreshes_itself_without_javascript(world: World) -> None:
    alice = world.browser("alice")
    upload = send(alice, "slides", GOOD_SLIDES)

    page = alice.get(upload).get_data(as_text=True)

    assert re.search(r'<noscript>\s*<meta http-equiv="refresh"', page)


def test_captains_withdraw_and_members_do_not(world: World) -> None:
    submission = f"/submissions/{world.submit('alice')}"
    bob, alice = world.browser("bob"), world.browser("alice")

    assert post(bob, f"{submission}/withdraw", {}).status_code == 403
    assert "Withdraw this submission" not in bob.get(submission).get_data(as_text=True)
    assert "Withdraw this submission" in alice.get(submission).get_data(as_text=True)
    assert post(alice, f"{submission}/withdraw", {}).status_code == 303
    assert 'data-state="withdrawn"' in alice.get(submission).get_data(as_text=True)


def test_organisers_hide_a_submission_from_the_board(world: World) -> None:
    submission = world.submit("alice", method="Shy method")
    world.do_all_work()
    olga = world.browser("olga")

    assert post(olga, f"/submissions/{submission}/flags", {"hidden": "on"}).status_code == 303

    public = world.browser().get("/phases/slides/leaderboard").get_data(as_text=True)
    assert "Shy method" not in public
    assert "Shy method" in olga.get("/phases/slides/leaderboard").get_data(as_text=True)


class ClosesPhaseWhileRead(io.BytesIO):
    """A slow request body; the phase closes while it is read."""

    def __init__(self, content: bytes, close: Callable[[], None]) -> None:
        super().__init__(content)
        self._close = close

    def readinto(self, buffer: Buffer, /) -> int:
        """Close the phase, and wait a moment."""
        self._close()
        time.sleep(0.05)
        return super().readinto(buffer)


def test_a_file_that_is_on_its_way_when_the_phase_ends_is_taken(world: World) -> None:
    alice = world.browser("alice")
    token = csrf_token(alice)
    head = f'--x\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{token}\r\n'.encode()
    file = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
    body = head + file + GOOD_SLIDES + b"\r\n--x--\r\n"

    response = alice.post(
        "/phases/slides/submit",
        input_stream=ClosesPhaseWhileRead(
            body, lambda: world.move_window("slides", timedelta(days=-3), timedelta(0))
        ),
        content_type="multipart/form-data; boundary=x",
        environ_overrides={"CONTENT_LENGTH": str(len(body))},
    )

    assert response.status_code == 303
    world.do_all_work()
    confirmed = post(alice, f"{response.headers['Location']}/confirm", {})
    assert confirmed.status_code == 303
