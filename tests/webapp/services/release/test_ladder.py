"""Checks that a ladder release shows clear improvements alone."""

import pytest

from tests.webapp.world import FAR_OFF, ONE_OFF, PERFECT, Maker, Member, World, stages_csv
from webapp.database.models import Release, Selection, TruthAccess
from webapp.errors import Refused
from webapp.services.boards.leaderboard import Standings, standings
from webapp.services.release.allow_list import Viewer
from webapp.services.submissions.submissions import withdraw

ORGANISER = Viewer(is_organiser=True)


@pytest.fixture
def world(make: Maker) -> World:
    return make(release=Release.LADDER, quota_limit=9)


def shown(world: World, member: Member, *files: tuple[str, ...]) -> list[float | None]:
    """Submit and score files one after the other; return the score finally shown for each."""
    ids = []
    for stages in files:
        ids.append(world.submit(member, stages_csv(stages)).public_id)
        world.work()
    return [world.view(one, member.viewer).score for one in ids]


def board(world: World, viewer: Viewer | None = None) -> Standings:
    with world.sessions() as session:
        return standings(session, phase_slug="stages", viewer=viewer or Viewer())


def test_a_score_is_shown_on_the_grid_and_stands_until_it_is_clearly_beaten(world: World) -> None:
    # Kappas of -0.9429, 0.9286, 0.9286, -0.9429 and 1.
    files = (FAR_OFF, ONE_OFF, ONE_OFF, FAR_OFF, PERFECT)

    assert shown(world, world.member(), *files) == [-0.94, 0.92, 0.92, 0.92, 1.0]


def test_each_team_has_a_ladder_of_its_own_and_the_board_shows_its_rung(world: World) -> None:
    shown(world, world.member("First"), ONE_OFF, FAR_OFF)
    shown(world, world.member("Second"), FAR_OFF)

    found = board(world)

    assert [(row.rank, row.team, row.score) for row in found.rows] == [
        (1, "First", 0.92),
        (2, "Second", -0.94),
    ]
    assert found.decimals == 2
    assert "more than 0.02 above" in found.rule


def test_intervals_and_rank_sets_are_for_organisers_alone(world: World) -> None:
    member = world.member()
    public_id = world.submit(member, stages_csv(ONE_OFF)).public_id
    world.work()

    (own,), (told,) = board(world, member.viewer).rows, board(world, ORGANISER).rows

    assert (own.score, own.interval, own.rank_set) == (0.92, None, None)
    assert board(world).rank_set_note is None
    assert world.view(public_id, member.viewer).interval is None
    assert world.view(public_id, member.viewer).result is None
    assert (told.score, told.rank_set) == (0.9286, (1, 1))
    assert told.interval is not None
    assert world.view(public_id, ORGANISER).score == 0.9286


def test_what_was_shown_before_a_withdrawal_still_counts(world: World) -> None:
    member = world.member()
    public_id = world.submit(member, stages_csv(ONE_OFF)).public_id
    world.work()
    with world.sessions() as session:
        withdraw(session, public_id=public_id, user_id=member.user_id)

    assert shown(world, member, FAR_OFF) == [0.92]
    assert world.view(public_id, member.viewer).score is None


def test_the_latest_submission_stands_with_the_score_shown_last(make: Maker) -> None:
    world = make(release=Release.LADDER, quota_limit=9, selection=Selection.LATEST)
    shown(world, world.member(), ONE_OFF, FAR_OFF)

    assert [row.score for row in board(world).rows] == [0.92]


@pytest.mark.parametrize(
    ("access", "release", "after_close"),
    [
        (TruthAccess.PUBLIC, Release.LADDER, Release.AGGREGATE),
        (TruthAccess.PUBLIC, Release.AGGREGATE, Release.LADDER),
        (TruthAccess.PUBLIC_AFTER_CLOSE, Release.AGGREGATE, Release.LADDER),
    ],
)
def test_there_is_no_ladder_where_the_truth_is_public(
    make: Maker, access: TruthAccess, release: Release, after_close: Release
) -> None:
    with pytest.raises(Refused, match="only while the truth is hidden"):
        make(truth_access=access, release=release, after_close=after_close)
