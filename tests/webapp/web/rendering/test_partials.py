"""Checks that polling parts of pages are answered when there is something new."""

from tests.webapp.people import World


def test_a_page_that_shows_the_state_already_is_left_alone(world: World) -> None:
    status = f"/submissions/{world.submit('alice')}/status"
    alice = world.browser("alice")

    first = alice.get(status, query_string={"seen": "", "done": 0})
    again = alice.get(status, query_string={"seen": "received", "done": 0})

    assert first.status_code == 200
    assert 'id="spoken"' in first.get_data(as_text=True)  # read out once
    assert (again.status_code, again.data) == (204, b"")


def test_the_last_state_is_always_sent_and_ends_the_asking(world: World) -> None:
    status = f"/submissions/{world.submit('alice')}/status"
    world.do_all_work()

    response = world.browser("alice").get(status, query_string={"seen": "scored", "done": 4})

    assert response.status_code == 286
    assert "hx-get" not in response.get_data(as_text=True)
