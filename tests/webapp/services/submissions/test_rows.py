"""A list of submissions is cut by the database, and no more of it is read than is asked for."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from tests.webapp.world import Member, World
from webapp.database.models import Submission, SubmissionState
from webapp.services.records.identifiers import new_public_id
from webapp.services.release.allow_list import Viewer
from webapp.services.submissions.rows import Extent, list_part

ORGANISER = Viewer(is_organiser=True)


def add_submissions(world: World, member: Member, *methods: str) -> None:
    """Add rows as they are before a worker has seen them; nobody asks for their files."""
    with world.sessions() as session:
        for method in methods:
            session.add(
                Submission(
                    public_id=new_public_id("sub"),
                    phase_id=world.phase.id,
                    team_id=member.team_id,
                    user_id=member.user_id,
                    filename="stages.csv",
                    sha256="0" * 64,
                    size=1,
                    method=method,
                    state=SubmissionState.RECEIVED,
                )
            )
            session.flush()
        session.commit()


def part(
    world: World, start: int, limit: int, viewer: Viewer = ORGANISER, phase: str | None = None
) -> tuple[list[str], int]:
    with world.sessions() as session:
        found = list_part(session, Extent(start, limit), viewer=viewer, phase_slug=phase)
    return [view.method for view in found.items], found.total


@contextmanager
def loaded() -> Iterator[list[str]]:
    """Collect the submissions that are read from the database."""
    methods: list[str] = []

    def note(row: Submission, context: object) -> None:
        del context
        methods.append(row.method)

    event.listen(Submission, "load", note)
    yield methods
    event.remove(Submission, "load", note)


@pytest.mark.parametrize(
    ("start", "limit", "methods"),
    [
        (0, 2, ["e", "d"]),
        (2, 2, ["c", "b"]),
        (4, 2, ["a"]),
        (5, 2, []),
        (999_999_999, 200, []),
        (0, 5, ["e", "d", "c", "b", "a"]),
        (0, 6, ["e", "d", "c", "b", "a"]),
    ],
)
def test_a_part_is_a_slice_of_the_whole_list_newest_first(
    world: World, start: int, limit: int, methods: list[str]
) -> None:
    add_submissions(world, world.member(), "a", "b", "c", "d", "e")

    assert part(world, start, limit) == (methods, 5)


def test_of_a_long_list_only_the_rows_of_the_part_are_read(world: World) -> None:
    add_submissions(world, world.member(), *"abcdefghij")

    with loaded() as methods:
        part(world, 3, 2)

    assert methods == ["g", "f"]


def test_a_long_list_takes_as_many_statements_as_a_short_one(world: World) -> None:
    add_submissions(world, world.member(), *"abcdefghij")
    statements: list[str] = []

    def note(*arguments: object) -> None:
        statements.append(str(arguments[2]))

    event.listen(world.database.engine, "before_cursor_execute", note)
    part(world, 0, 10)
    event.remove(world.database.engine, "before_cursor_execute", note)

    assert sum(statement.startswith("SELECT") for statement in statements) == 2


def test_parts_and_totals_are_of_what_the_viewer_may_see(world: World) -> None:
    one, other = world.member("Alpha"), world.member("Beta")
    add_submissions(world, one, "a", "b", "c")
    add_submissions(world, other, "d")

    assert part(world, 0, 2, one.viewer) == (["c", "b"], 3)
    assert part(world, 0, 2, other.viewer) == (["d"], 1)
    assert part(world, 0, 2, Viewer()) == ([], 0)
    assert part(world, 0, 2, ORGANISER) == (["d", "c"], 4)


def test_parts_and_totals_are_of_the_phase_that_is_asked_for(world: World) -> None:
    add_submissions(world, world.member(), "a", "b", "c")

    assert part(world, 1, 1, phase="stages") == (["b"], 3)
    assert part(world, 0, 1, phase="other") == ([], 0)
