"""The list of submissions comes in pages that are linked and need no script."""

import re

import pytest
from flask.testing import FlaskClient

from tests.webapp.people import World
from webapp.database.models import Submission, SubmissionState
from webapp.services.people.teams import team_of
from webapp.services.phases import challenges
from webapp.services.records.identifiers import new_public_id


def add_submissions(world: World, person: str, count: int) -> None:
    """Add rows as they are before a worker has seen them; the methods tell their order."""
    user_id = world.users[person].id
    with world.runtime.session() as session:
        team, phase = team_of(session, user_id), challenges.phase(session, "slides")
        assert team is not None
        for number in range(1, count + 1):
            row = Submission(
                public_id=new_public_id("sub"),
                phase_id=phase.id,
                team_id=team.id,
                user_id=user_id,
                filename="slides.csv",
                sha256="0" * 64,
                size=1,
                method=f"Method {number}",
                state=SubmissionState.RECEIVED,
            )
            session.add(row)
            session.flush()
        session.commit()


def methods_of(page: str) -> list[int]:
    return [int(number) for number in re.findall(r">Method (\d+)</a>", page)]


def links_of(page: str) -> dict[str, str]:
    """Return the links to other pages of the list, by their words."""
    found = re.search(
        r'<nav class="pages" aria-label="Pages of submissions">(.*?)</nav>', page, re.DOTALL
    )
    links = re.findall(r'<a href="([^"]+)"[^>]*>([^<]+)</a>', found.group(1)) if found else []
    return {words: address for address, words in links}


def read(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_organisers_read_every_submission_page_by_page(world: World) -> None:
    add_submissions(world, "alice", 120)
    olga = world.browser("olga")

    first = read(olga, "/submissions")
    second = read(olga, links_of(first)["Older"])
    third = read(olga, links_of(second)["Older"])

    assert methods_of(first) == list(range(120, 70, -1))
    assert methods_of(second) == list(range(70, 20, -1))
    assert methods_of(third) == list(range(20, 0, -1))
    assert "51 to 100 of 120 submissions" in second
    assert '<span aria-current="page">Page 2 of 3</span>' in second


def test_links_lead_to_the_pages_that_there_are(world: World) -> None:
    add_submissions(world, "alice", 120)
    olga = world.browser("olga")

    links = [links_of(read(olga, f"/submissions?page={number}")) for number in (1, 2, 3)]

    newest, oldest = "/submissions", "/submissions?page=3"
    assert links == [
        {"Older": "/submissions?page=2", "Oldest": oldest},
        {"Newest": newest, "Newer": "/submissions?page=1", "Older": oldest, "Oldest": oldest},
        {"Newest": newest, "Newer": "/submissions?page=2"},
    ]


@pytest.mark.parametrize(
    ("count", "words"), [(1, "1 submission"), (2, "2 submissions"), (50, "50 submissions")]
)
def test_a_list_of_one_page_has_its_number_and_no_links(
    world: World, count: int, words: str
) -> None:
    add_submissions(world, "alice", count)

    page = read(world.browser("alice"), "/submissions")

    assert re.search(rf"^\s*{words}$", page, re.MULTILINE)
    assert "Pages of submissions" not in page


def test_a_team_pages_through_its_own_submissions_alone(world: World) -> None:
    add_submissions(world, "alice", 51)
    add_submissions(world, "charlie", 2)

    page = read(world.browser("alice"), "/submissions?page=2")

    assert methods_of(page) == [1]
    assert "51 to 51 of 51 submissions" in page


@pytest.mark.parametrize("number", ["0", "-1", "x", "2", "9999999999999999999"])
def test_a_page_that_is_not_there_is_not_found(world: World, number: str) -> None:
    add_submissions(world, "alice", 3)

    assert world.browser("alice").get(f"/submissions?page={number}").status_code == 404
